"""Signs and verifies with cosign: by a key, or keyless by the identity of the pipeline.

With a key no external service is needed: no transparency log, no certificate authority. Keyless,
Fulcio issues a certificate for the pipeline's OIDC token, and Rekor records the signature.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from f1_release.commands import run, tool
from f1_release.errors import ReleaseError

SLSA = "slsaprovenance1"
CYCLONEDX = "cyclonedx"
PREDICATES = {SLSA: "https://slsa.dev/provenance/v1", CYCLONEDX: "https://cyclonedx.org/bom"}


def _cosign(*words: str | Path, cwd: Path | None = None) -> str:
    """Run cosign; without COSIGN_PASSWORD, with an empty password instead of a prompt."""
    password = {"COSIGN_PASSWORD": os.environ.get("COSIGN_PASSWORD", "")}
    return run(tool("cosign"), *words, cwd=cwd, env=password)


@dataclass(frozen=True)
class Signer:
    """Signs with the private key's file or KMS URI, or without one by the OIDC identity."""

    key: str = ""

    def sign(self, reference: str, work: Path) -> None:
        """Sign an image with all its platforms, or the chart."""
        _cosign("sign", *self._how(work), "--recursive", reference)

    def attest(self, reference: str, kind: str, predicate: Path, work: Path) -> None:
        """Attach a signed statement: `kind` is SLSA or CYCLONEDX."""
        statement = ("--type", kind, "--predicate", predicate)
        _cosign("attest", *self._how(work), *statement, reference)

    def sign_file(self, path: Path, work: Path) -> Path:
        """Sign a file; the signature's bundle is written beside it."""
        bundle = path.with_name(f"{path.name}.sigstore.json")
        _cosign("sign-blob", *self._how(work), "--bundle", bundle, path)
        return bundle

    def _how(self, work: Path) -> list[str]:
        if not self.key:
            return ["--yes"]
        services = work / "no-services.json"
        if not services.exists():
            _cosign("signing-config", "create", "--out", services)
        return ["--yes", "--key", self.key, "--signing-config", str(services)]


@dataclass(frozen=True)
class Verifier:
    """Verifies signatures by a public key, or by an identity and its issuer."""

    key: str = ""
    identity: str = ""  # a regular expression
    issuer: str = ""

    def verify(self, reference: str) -> None:
        """Verify the signature of an image or the chart.

        Raises:
            ReleaseError: there is no signature by this key or identity.
        """
        _cosign("verify", *self._by(), reference)

    def statement(self, reference: str, kind: str) -> Mapping[str, Any]:
        """The verified in-toto statement about `reference`.

        Raises:
            ReleaseError: no attestation of this kind verifies.
        """
        verify = ("verify-attestation", *self._by(), "--type", kind)
        for line in _cosign(*verify, reference).splitlines():
            envelope = json.loads(line)
            payload = envelope.get("payload") or envelope["dsseEnvelope"]["payload"]
            statement: dict[str, Any] = json.loads(base64.b64decode(payload))
            if statement["predicateType"] == PREDICATES[kind]:
                return statement
        raise ReleaseError(f"{reference} has no attestation of type {kind}")

    def verify_file(self, path: Path) -> None:
        """Verify a file by the bundle beside it.

        Raises:
            ReleaseError: the file or its signature was changed, or has another signer.
        """
        bundle = path.with_name(f"{path.name}.sigstore.json")
        if not bundle.exists():
            raise ReleaseError(f"{path} has no signature: {bundle} is missing")
        _cosign("verify-blob", *self._by(), "--bundle", bundle, path)

    def _by(self) -> list[str]:
        if self.key:
            return ["--key", self.key, "--insecure-ignore-tlog=true"]
        if self.identity and self.issuer:
            named = ["--certificate-identity-regexp", self.identity]
            return [*named, "--certificate-oidc-issuer", self.issuer]
        raise ReleaseError("say who signed: KEY=cosign.pub, or IDENTITY=... and ISSUER=...")


def new_key(folder: Path) -> Path:
    """Make a key pair for a dry run; returns the private key's file. The password is empty."""
    _cosign("generate-key-pair", cwd=folder)
    return folder / "cosign.key"
