"""Use of a race's plots by mouse and by keyboard: pointing at a driver, and selecting one."""

from typing import Any

from browser_visit import PHONE, Open
from playwright.sync_api import Page, expect

RACE = "/races/2024-monaco"


def _strength(page: Page, driver: str, plot: str) -> float:
    """The opacity of a driver's line after all animations."""
    line = page.locator(f"section[aria-labelledby={plot}-head] .s", has_text=driver).first
    return float(
        line.evaluate(
            "element => Promise.all(element.getAnimations().map(one => one.finished))"
            ".then(() => getComputedStyle(element).opacity)"
        )
    )


def test_pointing_at_a_driver_dims_the_others_in_all_plots(visit: Open, api: Any) -> None:
    page = visit(api.url + RACE).page
    assert _strength(page, "BRU", "gaps") == 1
    page.locator("section[aria-labelledby=stints-head] .s", has_text="ADA").locator(
        "rect"
    ).first.hover()
    for plot in ("positions", "gaps", "trace", "spread", "stints"):
        assert _strength(page, "ADA", plot) == 1
        assert _strength(page, "BRU", plot) < 0.5
    page.mouse.move(0, 0)
    assert _strength(page, "BRU", "gaps") == 1


def test_the_keyboard_highlights_a_driver_too(visit: Open, api: Any) -> None:
    opened = visit(api.url + RACE)
    page = opened.page
    page.get_by_role("link", name="Pit stops").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if opened.focused() == "Bruno Keller" and page.locator(".legend a:focus").count():
            break
    assert _strength(page, "BRU", "trace") == 1
    assert _strength(page, "ADA", "trace") < 0.5
    page.keyboard.press("Enter")
    page.wait_for_url("**?driver=bruno#plots")
    assert _strength(page, "ADA", "trace") < 0.5
    chosen = page.locator(".legend [aria-current=true]")
    expect(chosen).to_have_text("Bruno Keller")
    chosen.click()
    page.wait_for_url(f"**{RACE}")
    page.mouse.move(0, 0)
    assert _strength(page, "ADA", "trace") == 1


def test_every_plot_has_a_name_and_its_data(visit: Open, api: Any) -> None:
    page = visit(api.url + RACE).page
    assert page.get_by_role("img").count() == 5
    expect(
        page.get_by_role("img", name="Gap to the leader, Monaco Grand Prix 2024")
    ).to_be_visible()
    figures = page.locator("figure").all()
    assert len(figures) == 5
    for figure in figures:
        assert figure.get_by_role("link").count()
        for link in figure.get_by_role("link").all():
            answer = api.get(str(link.get_attribute("href")))
            assert answer.status_code == 200
            assert link.inner_text().lower() in answer.headers["content-type"]


def test_a_plot_is_scrolled_on_a_phone_by_the_keyboard_too(visit: Open, api: Any) -> None:
    opened = visit(api.url + RACE, width=PHONE)
    plot = opened.page.get_by_role("region", name="Lap times, plot")
    plot.focus()
    opened.page.keyboard.press("ArrowRight")
    scrolled = "element => element.scrollLeft > 0"
    opened.page.wait_for_function(scrolled, arg=plot.element_handle())
    assert opened.overflow() == 0


def test_a_very_long_name_does_not_widen_the_page(visit: Open, fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE drivers SET family_name = repeat('Wolfeschlegel', 7)")
    for path in (RACE, f"{RACE}/lap-times", f"{RACE}/pit-stops", "/seasons/2024", "/drivers/ada"):
        assert visit(fresh_api.url + path, width=PHONE).overflow() == 0
    page = visit(f"{fresh_api.url}{RACE}", width=PHONE).page
    name = page.get_by_role("table").get_by_role("link").first.bounding_box()
    assert name is not None
    assert name["width"] <= PHONE / 2  # the other columns fit beside it


def test_selected_laps_are_shown(visit: Open, api: Any) -> None:
    page = visit(f"{api.url}{RACE}/lap-times?driver=ada").page
    page.get_by_label("Laps from").fill("2")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**?driver=ada&from=2&to=3#plots")
    expect(page.get_by_role("row")).to_have_count(3)  # the heading, laps 2 and 3
