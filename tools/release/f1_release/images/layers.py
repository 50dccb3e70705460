"""Layers of images as tar files, the same bytes for the same inputs."""

import gzip
import tarfile
from pathlib import Path

EPOCH = 0  # as tools/images/stage/settle: the date of every file


def write(folder: Path, layer: Path) -> None:
    """Pack all files below `folder` as a gzipped tar: sorted, owned by root, with one date."""
    with (
        layer.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=EPOCH) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_settled)


def _settled(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = EPOCH
    executable = member.isdir() or member.mode & 0o100
    member.mode = 0o755 if executable else 0o644
    return member
