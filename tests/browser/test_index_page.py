"""The page of all runs in a real browser: found, filtered, readable everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from builders import a_result
from cursus_readiness import past
from cursus_readiness.model.result import StepStatus
from earlier_runs import a_run_id, a_summary, a_timed_step, write_run

expect.set_options(timeout=60_000)  # a busy machine is no failure

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.harmed=1</script><img src=x onerror=window.harmed=1> \u202eevil\u202c \x1b[31m"
RUNS = 500
LARGEST_NODE_COUNT, LARGEST_PAGE_BYTES = 8_000, 500_000

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five hundred runs of two scenarios, one of them with a hostile name, and one folder that cannot be read."""
    out = tmp_path_factory.mktemp("reports")
    for number in range(RUNS):
        status = StepStatus.FAILED if number % 9 == 4 else StepStatus.SUCCEEDED
        steps = [a_timed_step(status=status, reason=HOSTILE, wall_s=9.0 if number < 450 else 14.0)]
        scenarios = [a_result(steps, scenario_name=name, total_duration=steps[0].wall_s) for name in ("churn", HOSTILE)]
        write_run(out, a_summary(number=number, scenarios=scenarios, is_complete=number != 499))
    (out / "20260101T000000Z-abcdef").mkdir()
    past.write_index(out)
    return out / "index.html"


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Iterator[Opener]:
    """Open the page offline; nothing that it does may break its policy, complain or ask for anything."""
    pages: list[tuple[Page, list[str]]] = []

    def open_page(*, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(offline=True, viewport={"width": width, "height": 800}, **options)
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url))
        page.goto(page_file.as_uri())
        pages.append((page, said))
        return page

    yield open_page
    for page, said in pages:
        assert said == [page_file.as_uri()]
        page.context.close()


def test_the_newest_run_is_on_top_and_leads_to_its_report(opened: Opener) -> None:
    page = opened()
    first = page.locator(".runs tbody tr").first
    expect(first).to_contain_text(a_run_id(499))
    expect(first).to_contain_text("incomplete")
    assert first.locator("th a").get_attribute("href") == f"{a_run_id(499)}/readiness.html"


def test_filtering_leaves_the_rows_that_have_all_words(opened: Opener) -> None:
    page = opened()
    page.get_by_label("Filter").fill("not 2026-03-15 ready")
    expect(page.locator("#shown")).to_have_text("2 of 500")
    expect(page.locator(".runs tbody tr:visible")).to_have_count(2)
    page.get_by_label("Filter").fill("")
    expect(page.locator(".runs tbody tr:visible")).to_have_count(500)


def test_it_is_readable_without_javascript(opened: Opener) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator(".filter")).to_be_hidden()
    expect(page.locator(".runs tbody tr").first).to_be_visible()
    expect(page.locator(".trends .spark").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_page_sideways(opened: Opener, scheme: str) -> None:
    page = opened(width=390, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_names_stay_text(opened: Opener) -> None:
    page = opened()
    assert page.evaluate("window.harmed") is None
    assert page.locator("img").count() == 0
    expect(page.locator(".trends th[scope=row]").first).to_contain_text("</script><script>window.harmed=1</script>")


def test_another_level_is_marked(opened: Opener) -> None:
    row = opened().locator(".trends tbody tr", has_text="churn")
    expect(row).to_contain_text(f"another level since {a_run_id(450)}")
    assert row.locator(".shift").count() == 1


def test_printing_leaves_the_filter_out(opened: Opener) -> None:
    page = opened()
    page.emulate_media(media="print")
    expect(page.locator(".filter")).to_be_hidden()
    expect(page.locator(".runs tbody tr").last).to_be_visible()


def test_five_hundred_runs_stay_a_light_page(opened: Opener, page_file: Path) -> None:
    assert opened().evaluate("document.querySelectorAll('*').length") <= LARGEST_NODE_COUNT
    assert page_file.stat().st_size <= LARGEST_PAGE_BYTES


def test_what_is_left_out_is_announced(opened: Opener) -> None:
    expect(opened().get_by_text("1 older run is left out")).to_be_visible()
