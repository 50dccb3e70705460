"""A key that cannot leave KMS signs a release: cosign's AWS provider with a stand-in.

The stand-in has the key and the three actions that the role of the release has. moto's Sign hashes
the digest of cosign again, as if it were a message.
"""

import base64
import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from f1_release.commands import ROOT, run, tool
from f1_release.errors import ReleaseError
from f1_release.signing.signatures import Signer, Verifier

KEY = "awskms:///alias/f1-releases"
ARN = "arn:aws:kms:eu-west-1:123456789012:key/1"
SPEC = {"KeyId": ARN, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
ALGORITHMS = {"SigningAlgorithms": ["ECDSA_SHA_256"]}


class Kms(http.server.ThreadingHTTPServer):
    """KMS with one key; it records the called actions."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.called: set[str] = set()

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, as documented by AWS."""
        assert request["KeyId"] in ("alias/f1-releases", ARN)
        self.called.add(f"kms:{action}")
        if action == "DescribeKey":
            return {"KeyMetadata": {**SPEC, **ALGORITHMS, "Arn": ARN, "Enabled": True}}
        if action == "GetPublicKey":
            der = self.key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return {**SPEC, **ALGORITHMS, "PublicKey": base64.b64encode(der).decode()}
        assert action == "Sign"
        assert request["MessageType"] == "DIGEST"
        digest = base64.b64decode(request["Message"])
        signature = self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return {**SPEC, "Signature": base64.b64encode(signature).decode()}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Kms)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.headers["X-Amz-Target"].removeprefix("TrentService.")
        answer = json.dumps(self.server.answer(action, json.loads(body))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its name
        """Print nothing."""


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    if not os.environ.get("F1_REQUIRE_SUPPLY"):
        pytest.skip("takes cosign: make supply-chain")
    with Kms() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield server
        server.shutdown()


def test_a_file_signed_by_kms_verifies_and_one_changed_byte_is_found(
    kms: Kms, tmp_path: Path
) -> None:
    file = tmp_path / "release.json"
    file.write_text('{"version": "0.3.0"}')
    Signer(KEY).sign_file(file, tmp_path)
    public = tmp_path / "cosign.pub"
    public.write_text(run(tool("cosign"), "public-key", "--key", KEY))
    for verifier in (Verifier(KEY), Verifier(str(public))):
        verifier.verify_file(file)
    file.write_text('{"version": "0.3.1"}')
    with pytest.raises(ReleaseError, match="verify-blob"):
        Verifier(str(public)).verify_file(file)
    assert kms.called == actions_of_the_release()


def actions_of_the_release() -> set[str]:
    """The actions on the key that the role of Jenkins' release job may use."""
    text = (ROOT / "infra" / "cloudformation" / "platform.yaml").read_text()
    line = text[text.index("Sid: SignReleases") :].split("Action: ")[1].splitlines()[0]
    return set(yaml.safe_load(line))
