"""Season and driver pages in the browser, without a mouse or a script."""

import re
from typing import Any

from browser_visit import PHONE, Open


def test_a_status_page_with_problems_is_accessible(
    visit: Open, fresh_api: Any, season: Any
) -> None:
    season.capture("laps", round=2, state="held", reason="it is empty")
    season.capture("results", round=2, state="quarantined", reason="page 2 is cut off")
    season.execute(
        "INSERT INTO budgets (source, opens_at, per_window, window_s)"
        " VALUES ('jolpica', now() + interval '1 hour', 200, 3600)"
    )
    season.execute(
        "INSERT INTO ingest_runs (run_id, kind, source, season, scheduled_at, started_at, outcome)"
        " VALUES ('r', 'poll', 'jolpica', 2024, now() - interval '1 hour',"
        " now() - interval '1 hour', 'failed')"
    )
    assert visit(fresh_api.url + "/", theme="dark", width=PHONE).violations() == []
    opened = visit(fresh_api.url + "/")
    assert opened.violations() == []
    opened.page.get_by_role("link", name="2 captures need attention.").click()
    assert "f1-worker confirm" in opened.page.inner_text("main")


def test_a_driver_is_found_with_the_keyboard_alone(visit: Open, api: Any) -> None:
    opened = visit(api.url + "/drivers")
    opened.page.get_by_label("Part of a name").focus()
    opened.page.keyboard.type("falk")
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url("**/drivers?q=falk&season=")
    assert opened.page.locator("tbody tr").count() == 1
    opened.page.get_by_role("link", name="Ada Falk", exact=True).focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_url("**/drivers/ada")
    assert opened.page.inner_text("h1") == "Ada Falk"


def test_a_choice_in_the_legend_highlights_a_driver(visit: Open, api: Any) -> None:
    opened = visit(api.url + "/seasons/2024")
    legend = opened.page.get_by_role("list", name="Drivers")
    legend.get_by_role("link", name="Bruno Keller").click()
    opened.page.wait_for_url("**/seasons/2024?driver=bruno#plots")
    assert opened.page.locator(".plot .s.on").count() == 2  # a line in each of both plots
    legend.get_by_role("link", name="Bruno Keller").click()
    opened.page.wait_for_url("**/seasons/2024")


def test_plots_describe_their_content(visit: Open, api: Any) -> None:
    opened = visit(api.url + "/seasons/2024")
    plot = opened.page.get_by_role("img", name=re.compile("^Points by round, 2024"))
    assert plot.count() == 1
    assert "Ada Falk: 51 points" in plot.inner_html()
    opened = visit(api.url + "/drivers/ada")
    assert opened.page.get_by_role("img", name="Finishing places of Ada Falk, 2024").count() == 1
