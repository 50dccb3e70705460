"""The raw store: captures and decisions as objects in an S3 bucket. Objects are never changed,
except derived ones under `DERIVED`, which can be rebuilt at any time.
"""

import base64
import contextlib
import functools
import hashlib
import re
import threading
import zlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from f1_core.configuration.certificates import CaFile
from f1_core.errors import StoreUnavailable, TooLarge
from f1_core.store.metrics import count_calls

DERIVED = "processed/"
"""Only objects under this prefix are replaced and removed."""

_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OWN_FOLDERS = ("raw", "decisions", "processed")

_making_clients = threading.Lock()


@functools.cache
def _session() -> boto3.session.Session:
    """One for the process: reading botocore's tables takes 0.3 s each time."""
    return boto3.session.Session()


def _folder(prefix: str) -> str:
    prefix = prefix.strip("/")
    if not prefix:
        return ""
    if len(prefix) > 200 or not _PREFIX.fullmatch(prefix):
        raise ValueError(
            "write names of letters, digits, '.', '_' and '-' with '/' between them, such as "
            "team-a/f1, at most 200 characters"
        )
    if prefix.split("/")[0] in _OWN_FOLDERS:
        raise ValueError(
            f"{', '.join(_OWN_FOLDERS)} are folders of an installation without a prefix: write a "
            "prefix that begins with another name"
        )
    return f"{prefix}/"


class StoreSettings(BaseSettings, env_prefix="F1_S3_", extra="ignore"):
    """The bucket of the raw objects. Without keys, boto3's own chain is used (Pod Identity, IRSA).

    Attributes:
        prefix: a folder of the bucket for all objects, so that installations may share a bucket;
            ends with `/`, or is empty. Keys in the ledger do not contain it.
        addressing_style: whether the bucket is in the path or in the host name of an address; if
            not given, `path` with an endpoint and botocore's `auto` without.
        ca_file: certificates of the authority that signed the endpoint's, instead of the public
            ones.
        processed_bucket: the bucket of derived objects, if not `bucket`: they cannot be in a bucket
            that never deletes objects (object lock).
        max_object_mb: larger objects are not read; the object of an archive may be a third larger
            than F1_ARCHIVE_MAX_MB.
    """

    bucket: str
    processed_bucket: str | None = None
    prefix: Annotated[str, AfterValidator(_folder)] = ""
    addressing_style: Literal["auto", "path", "virtual"] | None = None
    endpoint: str | None = None
    region: str = "us-east-1"
    ca_file: CaFile | None = None
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    attempts: int = 6
    max_object_mb: int = Field(default=384, ge=1)


class RawStore:
    """One bucket, or one folder of it. Safe to share between threads.

    Keys are those of the ledger, such as `raw/2024-05-26/...`; the prefix of the settings is added
    and removed here.

    botocore retries after temporary errors (time-outs, 5xx, refused connections) with jittered
    back-off; the last one is raised as :class:`StoreUnavailable`.
    """

    def __init__(self, settings: StoreSettings) -> None:
        self.bucket = settings.bucket
        self._processed_bucket = settings.processed_bucket or settings.bucket
        self._prefix = settings.prefix
        self._max_bytes = settings.max_object_mb * 2**20
        secret = settings.secret_access_key
        addressing = settings.addressing_style or ("path" if settings.endpoint else "auto")
        with _making_clients:
            self._s3 = _session().client(
                "s3",
                endpoint_url=settings.endpoint,
                region_name=settings.region,
                verify=str(settings.ca_file) if settings.ca_file else None,
                aws_access_key_id=settings.access_key_id,
                aws_secret_access_key=secret.get_secret_value() if secret else None,
                config=Config(
                    connect_timeout=settings.connect_timeout,
                    read_timeout=settings.read_timeout,
                    retries={"mode": "standard", "total_max_attempts": settings.attempts},
                    max_pool_connections=32,
                    s3={"addressing_style": addressing},
                ),
            )
        count_calls(self._s3)

    @property
    def address(self) -> str:
        """The bucket of the raw objects, and after a `/` the prefix, if there is one."""
        return f"{self.bucket}/{self._prefix}".rstrip("/")

    def uri(self, key: str) -> str:
        """An object's address, such as `s3://f1-raw/raw/2024-05-26/...`."""
        return f"s3://{self._bucket_of(key)}/{self._prefix}{key}"

    def put(self, key: str, content: bytes, content_type: str = "application/json") -> bool:
        """Write a new object atomically; an existing object is not changed.

        Returns:
            True if it was written now. False is not an error: keys are unique to one fetch, and a
            PUT that is repeated after a lost response finds its own object.

        Raises:
            StoreUnavailable: S3 did not accept it.
        """
        with self._reporting("write", key):
            try:
                self._put(key, content, content_type, IfNoneMatch="*")
            except ClientError as error:
                if _status(error) == 412:
                    return False
                raise
        return True

    def get(self, key: str, at_most: int | None = None) -> bytes:
        """Read a whole object.

        Args:
            at_most: bytes; `max_object_mb` of the settings if not given.

        Raises:
            KeyError: there is no such object.
            TooLarge: it is larger than `at_most`, and was not read.
            StoreUnavailable: S3 did not respond.
        """
        limit = min(at_most or self._max_bytes, self._max_bytes)
        with self._reporting("read", key):
            try:
                response = self._s3.get_object(**self._place(key))
            except ClientError as error:
                if _code(error) in ("NoSuchKey", "404"):
                    raise KeyError(key) from error
                raise
            with contextlib.closing(response["Body"]) as body:
                size: int = response["ContentLength"]
                content: bytes = body.read() if size <= limit else b""
        if size > limit:
            raise TooLarge(
                f"the object has {size:,} bytes, more than the {limit:,} that are read of such an "
                "object; see F1_S3_MAX_OBJECT_MB"
            )
        return content

    def replace(self, key: str, content: bytes, content_type: str) -> bool:
        """Write a derived object atomically, in place of an existing one.

        Returns:
            False if the object already has this content.

        Raises:
            ValueError: the key is not a derived object's.
            StoreUnavailable: S3 did not accept it.
        """
        _check_derived(key)
        digest = hashlib.sha256(content).hexdigest()
        with self._reporting("write", key):
            if self._digest(key) == digest:
                return False
            self._put(key, content, content_type, Metadata={"sha256": digest})
        return True

    def remove(self, key: str) -> None:
        """Remove a derived object; no error if there is none.

        Raises:
            ValueError: the key is not a derived object's.
            StoreUnavailable: S3 did not remove it.
        """
        _check_derived(key)
        with self._reporting("remove", key):
            self._s3.delete_object(**self._place(key))

    def keys(self, prefix: str, after: str = "") -> Iterator[str]:
        """List keys under `prefix`, sorted, those greater than `after`.

        Folder objects as consoles create them, empty and with a key that ends in `/`, are
        skipped.

        Raises:
            StoreUnavailable: S3 did not respond.
        """
        start = f"{self._prefix}{after}" if after else ""
        for page in self._pages(prefix, StartAfter=start):
            for item in page.get("Contents", ()):
                if item["Size"] or not item["Key"].endswith("/"):
                    yield item["Key"].removeprefix(self._prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        """List the folders under `prefix`, each with its final `/`.

        Raises:
            StoreUnavailable: S3 did not respond.
        """
        for page in self._pages(prefix, Delimiter="/"):
            for item in page.get("CommonPrefixes", ()):
                yield item["Prefix"].removeprefix(self._prefix)

    def check(self) -> None:
        """Make sure that the bucket exists.

        Raises:
            StoreUnavailable: it does not, or S3 did not respond.
        """
        with self._reporting("reach", ""):
            self._s3.head_bucket(Bucket=self.bucket)

    def create(self) -> None:
        """Create the bucket, for the demo and tests; no error if it exists."""
        with self._reporting("create", ""):
            try:
                self._s3.create_bucket(Bucket=self.bucket)
            except ClientError as error:
                if _code(error) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, key: str, content: bytes, content_type: str, **how: Any) -> None:
        # The checksum as a header. Over HTTPS, botocore would send it after the body in
        # chunks, which some S3-compatible servers do not read to the end.
        checksum = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
        self._s3.put_object(
            **self._place(key),
            Body=content,
            ContentType=content_type,
            ChecksumCRC32=checksum,
            **how,
        )

    def _pages(self, prefix: str, **how: str) -> Iterator[dict[str, Any]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket_of(prefix), Prefix=f"{self._prefix}{prefix}", **how
        )
        with self._reporting("list", prefix):
            yield from pages

    def _digest(self, key: str) -> str | None:
        try:
            head = self._s3.head_object(**self._place(key))
        except ClientError as error:
            if _status(error) == 404:
                return None
            raise
        found: str | None = head["Metadata"].get("sha256")
        return found

    @contextlib.contextmanager
    def _reporting(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise StoreUnavailable(f"could not {verb} {self.uri(key)}: {error}") from error

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket_of(key), "Key": f"{self._prefix}{key}"}

    def _bucket_of(self, key: str) -> str:
        return self._processed_bucket if key.startswith(DERIVED) else self.bucket


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _check_derived(key: str) -> None:
    if not key.startswith(DERIVED):
        raise ValueError(f"{key} is not under {DERIVED}: raw objects are never changed")
