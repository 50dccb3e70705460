"""The pages that show the source of a number, and the changes of a correction."""

from typing import Any

import pytest
from browser_visit import Open

PAGE = {
    "url": "https://example.org/ergast/f1/2024/2/laps/?limit=100&offset=0",
    "name": None,
    "sha256": "ab" * 32,
    "bytes": 12345,
    "fetched_at": "2024-06-01T12:00:00Z",
}


@pytest.fixture
def corrections(season: Any, corrected: dict[str, str]) -> dict[str, str]:
    """The corrected laps, with pages, a quarantined capture, and a decision."""
    season.pages(corrected["second"], [PAGE] * 12)
    quarantined = season.capture("laps", round=2, state="quarantined", reason="pages disagree")
    season.execute(
        "INSERT INTO decisions (capture_order, kind, capture_key, decided_by, decided_at, why)"
        " VALUES (99, 'release', :key, 'ada', '2024-06-02T12:00Z', 'looked at it')",
        key=quarantined,
    )
    return corrected


def test_a_race_links_to_its_changes(
    visit: Open, fresh_api: Any, corrections: dict[str, str]
) -> None:
    page = visit(f"{fresh_api.url}/races/2024-spa/provenance").page
    assert "pages disagree" in page.inner_text("main")
    assert f"aws s3 cp s3://f1-raw/{corrections['second']} -" in page.inner_text("main")
    page.get_by_role("link", name="would change").wait_for()
    page.get_by_role("link", name="changed", exact=False).filter(has_text="what changed").click()
    page.wait_for_url("**/races/2024-spa/changes?*")
    assert page.get_by_role("heading", level=1).inner_text() == "What changed: laps"
    assert "1 row changed, 1 added, 1 removed" in page.inner_text("main")
    row = page.get_by_role("row").filter(has_text="ada, lap 2")
    assert row.get_by_role("cell").all_inner_texts() == ["time_ms 1:25.000", "time_ms 1:24.999"]


def test_each_lap_time_links_to_its_provenance(visit: Open, fresh_api: Any) -> None:
    page = visit(f"{fresh_api.url}/races/2024-monaco/lap-times?driver=ada").page
    page.get_by_role("link", name="1:25.000").click()
    page.wait_for_url("**/races/2024-monaco/provenance?driver=ada&lap=2")
    assert page.get_by_role("heading", level=1).inner_text() == "Provenance: Monaco Grand Prix 2024"


def test_one_number_has_its_history(
    visit: Open, fresh_api: Any, corrections: dict[str, str]
) -> None:
    page = visit(f"{fresh_api.url}/races/2024-spa/provenance").page
    page.get_by_label("Driver").fill("ada")
    page.get_by_label("Lap", exact=True).fill("2")
    page.get_by_role("button", name="Provenance").click()
    page.wait_for_url("**/races/2024-spa/provenance?driver=ada&lap=2")
    versions = page.get_by_role("listitem").filter(has_text="since").all_inner_texts()
    assert len(versions) == 2
    assert "1:24.999" in versions[0]
    assert "1:25.000" in versions[1]


def test_a_capture_links_to_its_replacement(
    visit: Open, fresh_api: Any, corrections: dict[str, str]
) -> None:
    page = visit(f"{fresh_api.url}/captures/{corrections['first']}").page
    order = int(corrections["second"][-17:-5])
    page.get_by_role("link", name=f"synthetic {order}").first.click()
    page.wait_for_url(f"**/captures/{corrections['second']}")
    assert page.get_by_role("heading", level=1).inner_text() == f"Capture synthetic {order}"
    assert str(PAGE["sha256"]) in page.inner_text("main")


@pytest.mark.parametrize(
    "path",
    [
        "/races/2024-spa/provenance?driver=ada&lap=2",
        "/races/2024-spa/changes",
        "/races/2024-monaco/changes",
        "/seasons/2024/changes",
        "/seasons/2024/corrections",
        "/seasons/2023/corrections",
        "/seasons/2024/provenance",
        "/drivers/ada/provenance",
        "/captures/{second}",
    ],
)
def test_every_page_is_accessible_and_fits_on_a_phone(
    visit: Open, fresh_api: Any, corrections: dict[str, str], path: str
) -> None:
    opened = visit(fresh_api.url + path.format(**corrections))
    for summary in opened.page.locator("summary").all():
        summary.click()
    assert opened.scripts() == opened.unreachable() == []
    assert opened.violations() == []
    opened.shrink_to_a_phone()
    assert opened.overflow() == 0
    assert opened.violations_in_the_dark() == []
