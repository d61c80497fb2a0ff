"""The page in a real browser: drawn, inert, readable everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from builders import a_report, a_result, a_step
from cursus_readiness.model.attachments import Attachments
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.render.html import render_html
from report_pages import a_full_report, attachments_of

expect.set_options(timeout=60_000)  # a busy machine is no failure

pytestmark = pytest.mark.browser

DRAWN = "plot => plot.querySelectorAll('.main-svg .trace, .main-svg .bars, .main-svg .scatter').length > 0"
LARGEST_PAGE_BYTES = 2_600_000


@dataclass
class Visit:
    """A page in the browser and everything it complained about or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Visitor = Callable[..., Visit]


@pytest.fixture(scope="module")
def report() -> ReadinessReport:
    return a_full_report()


@pytest.fixture(scope="module")
def attachments(report: ReadinessReport) -> Attachments:
    return attachments_of(report)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory, report: ReadinessReport, attachments: Attachments) -> Path:
    """The page on disk."""
    path = tmp_path_factory.mktemp("page") / "readiness.html"
    path.write_text(render_html(report, attachments), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; skips where it is not installed."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("chromium is not installed: apt-get install -y chromium")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", *quiet]
        )
        yield launched
        launched.close()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Contexts that are closed after the test."""
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


@pytest.fixture
def visit(browser: Browser, contexts: list[BrowserContext]) -> Visitor:
    """Open a file offline, and note what the page says and asks for."""

    def opened(path: Path, *, width: int = 1280, height: int = 800, **options: Any) -> Visit:
        context = browser.new_context(
            offline=True, reduced_motion="reduce", viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        found = Visit(context.new_page())
        found.page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
        found.page.on("pageerror", lambda error: found.complaints.append(f"error: {error}"))
        found.page.on("request", lambda request: found.requests.append(request.url))
        if options.get("java_script_enabled", True):
            found.page.add_init_script(
                "window.violations = [];"
                "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective))"
            )
        found.page.goto(path.as_uri())
        return found

    return opened


def draw_all(page: Page) -> int:
    """Bring every chart to the screen and wait until each has traces; how many there are."""
    plots = page.locator(".plot").all()
    for plot in plots:
        plot.scroll_into_view_if_needed()
        expect(plot).to_have_class("plot js-plotly-plot")
        page.wait_for_function(DRAWN, arg=plot.element_handle())
    return len(plots)


def test_charts_draw_without_a_request_a_complaint_or_a_violation(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file)
    assert draw_all(found.page) == 8
    assert found.requests == [page_file.as_uri()]
    assert found.complaints == []
    assert found.page.evaluate("violations") == []


def test_the_chart_library_waits_until_a_chart_is_near(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file)
    assert found.page.evaluate("typeof Plotly") == "undefined"


def test_nothing_can_be_shared_with_a_cloud(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    draw_all(page)
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(button => button.dataset.title)")
    assert "Zoom" in titles
    assert not [title for title in titles if "share" in title.lower() or "cloud" in title.lower()]
    assert page.locator(".plotlyjsicon").count() == 0


def test_saving_a_picture_of_a_chart_is_allowed_by_the_policy(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file)
    draw_all(found.page)
    with found.page.expect_download() as download:
        found.page.locator(".modebar-btn[data-title^='Download']").first.evaluate("button => button.click()")
    assert download.value.suggested_filename.endswith(".png")
    assert found.page.evaluate("violations") == []


def test_the_first_screen_has_the_verdict_and_all_eight_items(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, width=1280, height=800).page
    shown = [page.get_by_role("heading", name="NOT READY"), page.locator(".reason")]
    shown += [page.locator(".tested"), page.locator(".tiles")]
    items = page.locator(".eight li")
    expect(items).to_have_count(8)
    for element in [*shown, *items.all()]:
        box = element.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800


@pytest.mark.parametrize("item", range(1, 9))
def test_each_item_leads_to_its_evidence(visit: Visitor, page_file: Path, item: int) -> None:
    page = visit(page_file).page
    page.locator(f".eight a[href='#item-{item}']").click()
    expect(page.locator(f"#item-{item}")).to_be_in_viewport()


def test_every_link_leads_somewhere(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    broken = page.evaluate(
        "() => [...document.querySelectorAll('a')].map(link => link.getAttribute('href'))"
        ".filter(href => !href.startsWith('#') || !document.getElementById(href.slice(1)))"
    )
    assert broken == []
    twice = page.evaluate(
        "() => { const ids = [...document.querySelectorAll('[id]')].map(one => one.id);"
        " return ids.filter((id, place) => ids.indexOf(id) !== place); }"
    )
    assert twice == []


def test_the_page_is_readable_without_javascript(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, java_script_enabled=False).page
    expect(page.get_by_role("heading", name="NOT READY")).to_be_visible()
    expect(page.locator(".eight li").first).to_be_visible()
    note = page.locator("noscript").first.bounding_box()  # locators of text leave noscript out
    assert note is not None
    assert note["height"] > 10
    expect(page.locator(".chart").first).to_be_hidden()
    expect(page.locator("table.steps").first.get_by_role("rowheader", name="Simulate")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_page_sideways(visit: Visitor, page_file: Path, scheme: str) -> None:
    page = visit(page_file, width=390, height=844, color_scheme=scheme).page
    draw_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_names_and_logs_stay_text(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file)
    draw_all(found.page)
    assert found.page.evaluate("window.harmed") is None
    assert found.page.locator("img").count() == 0
    text = found.page.locator("body").inner_text()
    assert "</script><script>window.harmed=1</script>" in text
    assert "\u202e" not in found.page.content()
    assert "\x1b" not in text
    assert "[31m" not in text
    assert "\n100%\n" in found.page.locator(".log pre").first.inner_text()


def test_the_first_error_of_a_log_stands_out(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    log = page.locator(".log").first
    expect(log.locator("mark")).to_have_text("builtins.ValueError: could not convert string to float: 'n/a'")
    expect(log.locator("summary")).to_contain_text("20 KiB")
    log.get_by_role("link", name="line 7").click()
    expect(log.locator("mark")).to_be_in_viewport()


def test_a_link_into_a_closed_part_opens_it(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    log = page.locator(".log").first
    log.evaluate("details => { details.open = false; }")
    page.locator(f"a[href='#{log.get_attribute('id')}']").first.click()
    expect(log.locator("pre")).to_be_visible()


def test_choosing_a_step_moves_the_charts_of_its_scenario_together(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    draw_all(page)
    page.locator("[data-look]").first.select_option("Simulate")
    ranges = "kinds => kinds.map(kind => document.querySelector(`.plot[data-kind=${kind}]`).layout.xaxis.range)"
    page.wait_for_function(
        f"() => ({ranges})(['timeline', 'memory', 'cpu']).every(([from, to]) => from > 80 && to < 110)"
    )
    timeline, memory, cpu = page.evaluate(ranges, ["timeline", "memory", "cpu"])
    assert timeline == memory == cpu


def test_the_scale_of_memory_goes_to_the_limit_and_back(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    draw_all(page)
    chart = page.locator(".chart-memory").nth(1)
    top = "plot => plot.layout.yaxis.range[1]"
    expect(chart.locator("[data-scale]")).to_have_text("Fit to the data")
    to_limit = chart.locator(".plot").evaluate(top)
    chart.locator("[data-scale]").click()
    expect(chart.locator("[data-scale]")).to_have_text("Show the limit")
    assert chart.locator(".plot").evaluate(top) < to_limit


def test_charts_take_the_colours_of_the_theme(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, color_scheme="light").page
    draw_all(page)
    ink = "() => document.querySelector('.js-plotly-plot').layout.font.color"
    assert page.evaluate(ink) == "#1b2430"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => ({ink})() === '#e7ecf2'")


def test_the_keyboard_reaches_the_content(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the report")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_headings_go_down_one_level_at_a_time(visit: Visitor, page_file: Path) -> None:
    levels = visit(page_file).page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(heading => +heading.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_was_not_measured_is_not_shown_as_zero(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    unwatched = page.locator("table.steps tbody tr", has=page.get_by_role("rowheader", name="Unwatched"))
    expect(unwatched.get_by_text("not measured").first).to_be_visible()
    blocked = page.locator("table.steps tbody tr", has=page.get_by_role("rowheader", name="Evaluate"))
    expect(blocked).to_contain_text("did not run, nothing to measure")
    invalid = page.locator("#scenarios tbody tr", has=page.get_by_role("link", name="invalid.yaml"))
    expect(invalid).to_contain_text("not measured")
    assert "0 ms" not in invalid.inner_text()


def test_the_page_of_thirty_steps_is_small_and_the_same_every_time(
    page_file: Path, report: ReadinessReport, attachments: Attachments
) -> None:
    text = render_html(report, attachments)
    assert text == page_file.read_text(encoding="utf-8")
    assert len(text.encode()) <= LARGEST_PAGE_BYTES


def test_printing_gives_a_sign_off_document(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    page.emulate_media(media="print")
    expect(page.get_by_text("Reviewed by")).to_be_visible()
    expect(page.locator(".charts").first).to_be_hidden()
    expect(page.locator(".masthead")).to_be_hidden()


@pytest.mark.parametrize(
    ("verdict", "words", "shape"),
    [
        (Verdict.READY, "READY", "#i-pass"),
        (Verdict.READY_WITH_WAIVERS, "READY WITH WAIVERS", "#i-waived"),
        (Verdict.NOT_READY, "NOT READY", "#i-fail"),
        (Verdict.INCONCLUSIVE, "INCONCLUSIVE", "#i-no-evidence"),
    ],
)
def test_each_verdict_has_its_word_and_shape(
    visit: Visitor, tmp_path: Path, verdict: Verdict, words: str, shape: str
) -> None:
    report = a_report(a_result([a_step()])).model_copy(update={"verdict": verdict})
    path = tmp_path / "readiness.html"
    path.write_text(render_html(report, Attachments()), encoding="utf-8")
    page = visit(path).page
    expect(page.locator("h1")).to_have_text(f"Verdict {words}")
    assert page.locator(".verdict > svg use").get_attribute("href") == shape


def test_an_incomplete_or_empty_run_says_so(visit: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "readiness.html"
    path.write_text(render_html(a_report(is_complete=False, wall_s=None), Attachments()), encoding="utf-8")
    page = visit(path).page
    expect(page.get_by_text("This run is incomplete.")).to_be_visible()
    expect(page.get_by_role("heading", name="INCONCLUSIVE")).to_be_visible()
    expect(page.get_by_text("No scenario was run.")).to_be_visible()
