"""Rules for every page: accessible, on every screen, without other hosts."""

from typing import Any

import pytest
from browser_visit import Open
from html_pages import not_among

from f1_api.app import routers
from f1_api.pages.layout import race_tabs

TABS = race_tabs(route for router in routers() for route in router.routes)
PAGES = [
    "/",
    "/docs",
    "/seasons",
    "/seasons/2024",
    "/seasons/2023",
    "/seasons/2099",
    "/seasons/2024/datasets",
    "/races",
    "/races/2024-monaco",
    "/races/2024-monaco/lap-times?driver=ada",
    *(f"/races/2024-monaco{tab}" for tab in TABS),
    "/races/2024-spa?session=sprint",
    "/races/2099-oslo",
    "/races/2024-monaco/datasets",
    "/drivers",
    "/drivers/ada",
    "/drivers/stub",
    "/drivers/ada/stats?by=race",
]

OF_PROVENANCE = {
    *("/races/{race_id}/provenance", "/races/{race_id}/changes", "/captures/{key}"),
    *("/seasons/{year}/provenance", "/seasons/{year}/changes", "/seasons/{year}/corrections"),
    "/drivers/{driver_id}/provenance",
}
"""Those of test_provenance.py, which need captures that correct others."""


def test_every_html_page_is_tested(api: Any) -> None:
    assert not_among(api.json("/openapi.json"), PAGES) == OF_PROVENANCE


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_fits_on_a_phone(visit: Open, api: Any, path: str) -> None:
    """axe-core: contrast, names of controls, order of headings, and a hundred rules more."""
    opened = visit(api.url + path)
    assert opened.scripts() == []
    assert opened.violations() == []
    assert opened.violations_on_a_phone() == []
    assert opened.overflow() == 0


@pytest.mark.parametrize("path", PAGES)
def test_all_functions_work_with_the_keyboard(visit: Open, api: Any, path: str) -> None:
    opened = visit(api.url + path)
    assert opened.unreachable() == []
    opened.page.keyboard.press("Tab")
    assert opened.focused() == "Skip to the content"
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url("**#main")


def test_an_unknown_page_names_the_documentation(visit: Open, api: Any) -> None:
    opened = visit(f"{api.url}/races/2024-99", status=404)
    assert "There is no race '2024-99' here" in opened.page.inner_text("main")
    assert opened.violations() == []
    opened.page.get_by_role("link", name="/races?season=2024").click()
    opened.page.wait_for_url("**/races?season=2024")
