"""Damaged zips, many more than `make test` tries."""

import io
import random
import zipfile

from f1_core.store.zips import BadZip, Caps, open_zip, reading

MB = 2**20


def test_4000_damaged_zips_are_read_or_refused() -> None:
    """Each is read, or refused with one sentence."""
    chance = random.Random(14)
    caps = Caps(unpacked=4 * MB, ratio=100, members=20)
    originals = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", method) as archive:
            for name in ("races.csv", "drivers.csv", "circuits.csv"):
                archive.writestr(name, "id,name\n1,a\n" * 20)
        originals.append(made.getvalue())
    refused = 0
    for number in range(4000):
        content = bytearray(originals[number % 4])
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(content))
            content[at : at + chance.choice([0, 1, 4, 20])] = chance.randbytes(
                chance.choice([0, 1, 4])
            )
        try:
            archive, members = open_zip(bytes(content), caps)
            with reading():
                for member in members:
                    archive.read(member)
        except BadZip:
            refused += 1
    assert refused > 3000
