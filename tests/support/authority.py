"""A private certificate authority, as in companies or at operators of databases."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates of servers.

    Attributes:
        certificates: the PEM file that clients need.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Make the authority; its files are in `folder`."""
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = x509.BasicConstraints(ca=True, path_length=0)
        made = self._certificate(self._name, self._key, own, critical=True)
        self.certificates = folder / f"{name}.pem"
        self.certificates.write_bytes(made.public_bytes(Encoding.PEM))

    def issue(self, host: str) -> Path:
        """A PEM file with a certificate for a host name, and its key, readable by other users."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        made = self._certificate(subject, key, names, critical=False)
        file = self._folder / f"{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(made.public_bytes(Encoding.PEM) + private)
        file.chmod(0o644)
        return file

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
        *,
        critical: bool,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(extension, critical=critical)
            .sign(self._key, hashes.SHA256())
        )
