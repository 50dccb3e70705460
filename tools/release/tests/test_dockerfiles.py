"""Images are assembled as their Dockerfiles describe; other instructions are refused."""

from pathlib import Path

import pytest

from f1_release.commands import ROOT
from f1_release.errors import ReleaseError
from f1_release.images import dockerfile
from f1_release.steps import PROGRAMS


@pytest.mark.parametrize("folder", PROGRAMS)
def test_a_dockerfile_is_read(folder: str) -> None:
    image = dockerfile.read(ROOT, folder)
    assert image.entrypoint == (image.name,)
    assert image.user == "10001:10001"
    assert image.projects[-1] == folder
    assert image.name in image.locked
    assert image.env["PATH"] == "/opt/program/bin:/opt/f1/bin:$PATH"
    assert image.labels["org.opencontainers.image.revision"] == "$REVISION"


def test_ports_are_those_that_the_program_listens_on() -> None:
    ports = {folder: dockerfile.read(ROOT, folder).ports for folder in PROGRAMS}
    assert ports["services/api"] == ("8000", "9103")
    assert ports["jobs/ingest"] == ()


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("USER 10001:10001", "RUN apt-get update\nUSER 10001:10001", "cannot assemble `RUN apt"),
        ("COPY --from=build /image/program/ /\n", "", "the final stage copies"),
        ("RUN /stage/program", "RUN make", "no `RUN /stage/program`"),
    ],
)
def test_an_unsupported_dockerfile_is_refused(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    text = (ROOT / "operator" / "Dockerfile").read_text()
    assert before in text
    (tmp_path / "operator").mkdir()
    (tmp_path / "operator" / "Dockerfile").write_text(text.replace(before, after))
    with pytest.raises(ReleaseError, match=problem):
        dockerfile.read(tmp_path, "operator")
