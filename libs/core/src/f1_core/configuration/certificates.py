"""Certificate files of private authorities, given in settings."""

import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import AfterValidator

_VERIFYING = ("verify-full", "verify-ca")


def _readable(path: Path) -> Path:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        message = f"{path} has no certificate: write a file of certificates in PEM form"
        raise ValueError(message) from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    return path


CaFile = Annotated[Path, AfterValidator(_readable)]
"""A file with at least one certificate in PEM form, checked when settings are loaded."""


def verified(url: str, ca_file: Path) -> str:
    """A Postgres URL whose server must have a certificate of `ca_file`, and by default the host
    name of the URL (https://www.postgresql.org/docs/current/libpq-ssl.html).

    Raises:
        ValueError: the URL has an sslmode that does not verify the certificate.
    """
    address, _, query = url.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    mode = parameters.setdefault("sslmode", "verify-full")
    if mode not in _VERIFYING:
        raise ValueError(
            f"sslmode={mode} does not verify the server's certificate against F1_DATABASE_CA_FILE: "
            "write sslmode=verify-full, or leave sslmode out"
        )
    parameters.setdefault("sslrootcert", str(ca_file))
    return f"{address}?{urlencode(parameters)}"
