"""All packages in the images have licences that are allowed, or explained."""

import pytest

from f1_release.errors import ReleaseError
from f1_release.packages import licences


def test_every_licence_is_allowed_or_explained() -> None:
    found = licences.check()
    assert found["fastapi"] == "MIT"
    assert found["psycopg2-binary"].startswith("LGPL-3.0")


def test_the_page_is_current() -> None:
    assert licences.PAGE.read_text() == licences.page(), "run make licences"


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        ("MIT", False),
        ("Apache-2.0 AND BSD-2-Clause", False),
        ("GPL-3.0-only OR MIT", False),
        ("GPL-3.0-only", True),
        ("MIT AND AGPL-3.0-only", True),
        ("unknown", True),
    ],
)
def test_copyleft_and_unknown_licences_are_refused(expression: str, refused: bool) -> None:
    assert licences.refused("some-package", expression) is refused


def test_a_copyleft_package_without_a_reason_ends_the_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(licences, "REASONS", {})
    with pytest.raises(ReleaseError, match=r"psycopg2-binary: LGPL-3\.0"):
        licences.check()


def test_a_reason_for_a_package_that_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "REASONS", {**licences.REASONS, "gone": "It was used before."})
    with pytest.raises(ReleaseError, match="packages that no image has: gone"):
        licences.check()
