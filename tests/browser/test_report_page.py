"""The page in a real browser: drawn, inert, readable everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from builders import a_report, a_result, a_step, a_usage
from cursus_readiness.analysis.series import step_series
from cursus_readiness.model.attachments import Attachments
from cursus_readiness.model.report import ReadinessReport, Verdict
from cursus_readiness.render.anchors import anchor
from cursus_readiness.render.html import render_html
from cursus_readiness.units import GIB, MIB, format_bytes, format_seconds
from report_pages import a_full_report, attachments_of

expect.set_options(timeout=60_000)  # a busy machine is no failure

pytestmark = pytest.mark.browser

DRAWN = "plot => plot.querySelectorAll('.main-svg .trace, .main-svg .bars, .main-svg .scatter').length > 0"
LARGEST_PAGE_BYTES = 2_600_000
READY = ":root[data-ready]"
SCENARIO, STEP = "#churn-e2e/", "#churn-e2e/Train"


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

    def opened(path: Path, address: str = "", *, width: int = 1280, height: int = 800, **options: Any) -> Visit:
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
        found.page.goto(path.as_uri() + address)
        if options.get("java_script_enabled", True):
            found.page.wait_for_selector(READY, state="attached")
        return found

    return opened


def draw_all(page: Page) -> int:
    """Bring every chart to the screen, one after the other, and wait until it has traces; how many there are."""
    plots = page.locator(".plot").all()
    for plot in plots:
        plot.scroll_into_view_if_needed()
        expect(plot).to_have_class("plot js-plotly-plot")
        page.wait_for_function(DRAWN, arg=plot.element_handle())
    return len(plots)


def shown_rows(page: Page) -> list[str]:
    """The names in the table of steps that is on the page."""
    return page.locator("[data-explorer=steps] tbody th a").all_inner_texts()


@pytest.mark.parametrize(("address", "count"), [("", 0), (SCENARIO, 4), (STEP, 2)])
def test_charts_draw_without_a_request_a_complaint_or_a_violation(
    visit: Visitor, page_file: Path, address: str, count: int
) -> None:
    found = visit(page_file, address)
    assert draw_all(found.page) == count
    assert {request.partition("#")[0] for request in found.requests} == {page_file.as_uri()}
    assert found.complaints == []
    assert found.page.evaluate("violations") == []


def test_the_chart_library_waits_until_a_chart_is_near(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file)
    assert found.page.evaluate("typeof Plotly") == "undefined"


def test_nothing_can_be_shared_with_a_cloud(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, STEP).page
    draw_all(page)
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(button => button.dataset.title)")
    assert "Zoom" in titles
    assert not [title for title in titles if "share" in title.lower() or "cloud" in title.lower()]
    assert page.locator(".plotlyjsicon").count() == 0


def test_saving_a_picture_of_a_chart_is_allowed_by_the_policy(visit: Visitor, page_file: Path) -> None:
    found = visit(page_file, STEP)
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


@pytest.mark.parametrize("has_script", [True, False])
def test_every_link_leads_somewhere(visit: Visitor, page_file: Path, *, has_script: bool) -> None:
    page = visit(page_file, java_script_enabled=has_script).page
    links = set(page.locator("a").evaluate_all("all => all.map(link => link.getAttribute('href'))"))
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    missing = {link for link in links if link.partition("?")[0][1:] not in ids}
    if not has_script:
        assert {link for link in missing if not link.startswith("#findings")} == set()
        return
    for link in sorted(missing):
        page.evaluate("address => { location.hash = address; }", link)
        expect(page.locator("#lost")).to_be_hidden()
        wanted = "[data-explorer=findings]" if link.startswith("#findings") else "#page > section, #page > div"
        expect(page.locator(wanted).first).to_be_attached()


def test_the_page_is_complete_without_javascript(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, java_script_enabled=False).page
    expect(page.get_by_role("heading", name="NOT READY")).to_be_visible()
    expect(page.locator(".eight li").first).to_be_visible()
    note = page.locator("noscript").first.bounding_box()  # locators of text leave noscript out
    assert note is not None
    assert note["height"] > 10
    expect(page.locator("#steps")).to_be_hidden()
    expect(page.locator("table.steps").first.get_by_role("rowheader", name="Simulate")).to_be_visible()
    expect(page.locator("table.audits").first).to_be_visible()
    page.locator(".eight a[href='#item-1']").click()
    expect(page.locator("#item-1")).to_be_in_viewport()


def test_a_server_that_forbids_scripts_leaves_the_verdict_and_the_tables(
    browser: Browser, contexts: list[BrowserContext], page_file: Path
) -> None:
    context = browser.new_context()
    contexts.append(context)
    policy = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"  # Jenkins' own
    content = page_file.read_text(encoding="utf-8")
    context.route(
        "http://ci.example/**",
        lambda route: route.fulfill(
            body=content, content_type="text/html", headers={"Content-Security-Policy": policy}
        ),
    )
    page = context.new_page()
    page.goto("http://ci.example/readiness.html")
    expect(page.get_by_role("heading", name="NOT READY")).to_be_visible()
    expect(page.locator("table.steps").first).to_be_visible()


def test_a_frame_without_storage_or_history_shows_the_whole_page(
    browser: Browser, contexts: list[BrowserContext], page_file: Path
) -> None:
    context = browser.new_context()
    contexts.append(context)
    content = page_file.read_text(encoding="utf-8")
    context.route(
        "http://ci.example/**",
        lambda route: route.fulfill(
            body=content, content_type="text/html", headers={"Content-Security-Policy": "sandbox allow-scripts"}
        ),
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("http://ci.example/readiness.html" + SCENARIO)
    page.wait_for_selector(READY, state="attached")
    assert draw_all(page) == 4
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_no_page_sideways(visit: Visitor, page_file: Path, scheme: str) -> None:
    for address in ("", SCENARIO, STEP):
        page = visit(page_file, address, width=390, height=844, color_scheme=scheme).page
        draw_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_names_and_logs_stay_text(visit: Visitor, page_file: Path, report: ReadinessReport) -> None:
    hostile = report.scenarios[1]
    addresses = [
        "",
        "#" + anchor(hostile.scenario_name),
        "#" + anchor(hostile.scenario_name, hostile.steps[0].step_name),
    ]
    for address in addresses:
        found = visit(page_file, address)
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
    log = visit(page_file, STEP).page.locator(".log").first
    expect(log.locator("mark")).to_have_text("builtins.ValueError: could not convert string to float: 'n/a'")
    expect(log).to_contain_text("20 KiB")
    log.locator("pre").scroll_into_view_if_needed()
    expect(log.locator("mark")).to_be_in_viewport()


def test_a_log_is_searched_to_and_fro(visit: Visitor, page_file: Path) -> None:
    log = visit(page_file, STEP).page.locator(".log").first
    search = log.get_by_role("searchbox")
    search.fill("ValueE")
    expect(log.locator("mark")).to_have_text("ValueE")
    search.fill("t")
    expect(log.get_by_role("status")).to_contain_text("1 of")
    search.press("Enter")
    expect(log.get_by_role("status")).to_contain_text("2 of")
    search.press("Shift+Enter")
    expect(log.get_by_role("status")).to_contain_text("1 of")
    search.fill("nowhere at all")
    expect(log.get_by_role("status")).to_have_text("not found")


def test_a_failure_is_two_clicks_from_its_log(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    page.locator("#failures").get_by_role("link", name="Simulate").click()
    expect(page.locator("#step-title")).to_contain_text("Simulate")
    expect(page.locator(".log pre").first).to_be_visible()
    expect(page.get_by_text("stopped at its memory limit of 4 GiB").first).to_be_visible()


def test_an_address_leads_to_a_step_and_back_again(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, STEP).page
    expect(page.locator("#step-title")).to_contain_text("Train")
    page.get_by_role("link", name="churn-e2e", exact=True).first.click()
    expect(page.locator("#page h2").first).to_contain_text("churn-e2e")
    page.go_back()
    expect(page.locator("#step-title")).to_contain_text("Train")
    page.get_by_role("link", name="Checklist").click()
    expect(page.locator("#checklist")).to_be_in_viewport()


def test_an_address_that_is_not_there_says_so(visit: Visitor, page_file: Path) -> None:
    expect(visit(page_file, "#no-such-scenario/Train").page.locator("#lost")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status:out_of_memory", ["Simulate"]),
        ("feature-0* -step:feature-01 mem<300m", ["Feature-00"]),
        ("used>90%", ["Simulate"]),
        ("wall<1s scenario:churn*", ["Unwatched"]),
        ("type:processing evaluate", ["Evaluate"]),
        ("no such step", []),
    ],
)
def test_a_query_finds_its_steps(visit: Visitor, page_file: Path, query: str, names: list[str]) -> None:
    page = visit(page_file).page
    page.locator("#explorer").get_by_role("searchbox").fill(query)
    expect(page.locator("#explorer").get_by_role("status")).to_contain_text(f"{len(names)} of")
    assert shown_rows(page) == names


def test_a_query_that_is_not_understood_says_what(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    page.locator("#explorer").get_by_role("searchbox").fill("colour:red")
    expect(page.locator("#explorer").get_by_role("status")).to_contain_text("not understood: colour:red")


def test_an_address_brings_filter_and_order_back(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file).page
    page.locator("#explorer").get_by_role("searchbox").fill("step:feature*")
    page.locator("#explorer").get_by_role("button", name="Peak memory").click()
    largest = shown_rows(page)
    assert largest[0] == "Feature-21"
    again = visit(page_file, page.evaluate("location.hash")).page
    expect(again.locator("#explorer").get_by_role("searchbox")).to_have_value("step:feature*")
    assert shown_rows(again) == largest


def test_findings_are_searched_and_shown_whole(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, "#findings?q=id%3Anulls").page
    row = page.locator("[data-explorer=findings] tbody tr").first
    row.get_by_role("button").click()
    expect(page.locator("[data-chosen]")).to_contain_text("for example row 7")


def test_charts_of_a_scenario_move_together(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, SCENARIO).page
    draw_all(page)
    memory = page.locator(".plot[data-kind=memory]")
    memory.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=memory.element_handle())
    page.evaluate(
        "() => Plotly.relayout(document.querySelector('.plot[data-kind=memory]'), {'xaxis.range': [80, 110]})"
    )
    page.locator(".plot[data-kind=timeline]").scroll_into_view_if_needed()
    page.wait_for_function(
        "() => { const plot = document.querySelector('.plot[data-kind=timeline]');"
        " return plot.layout && plot.layout.xaxis.range[0] === 80 && plot.layout.xaxis.range[1] === 110; }"
    )


def test_the_keyboard_goes_from_mark_to_mark_of_a_chart(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, SCENARIO).page
    timeline = page.locator(".plot[data-kind=timeline]")
    timeline.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN, arg=timeline.element_handle())
    timeline.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".chart-timeline [aria-live]")).to_contain_text("Feature-0")
    page.keyboard.press("End")
    expect(page.locator(".chart-timeline [aria-live]")).to_contain_text("Otherwise")
    page.keyboard.press("Enter")
    expect(page.locator("#step-title")).to_contain_text("Otherwise")


def test_the_scale_of_memory_goes_to_the_limit_and_back(
    visit: Visitor, page_file: Path, report: ReadinessReport
) -> None:
    page = visit(page_file, "#" + anchor(report.scenarios[1].scenario_name)).page
    chart = page.locator(".chart-memory")
    chart.scroll_into_view_if_needed()
    top = "plot => plot.layout.yaxis.range[1]"
    expect(chart.locator(".scale")).to_have_text("Fit to the data")
    to_limit = chart.locator(".plot").evaluate(top)
    chart.locator(".scale").click()
    expect(chart.locator(".scale")).to_have_text("Show the limit")
    assert chart.locator(".plot").evaluate(top) < to_limit


def test_charts_take_the_colours_of_the_theme(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, STEP, color_scheme="light").page
    draw_all(page)
    ink = "() => document.querySelector('.js-plotly-plot').layout.font.color"
    assert page.evaluate(ink) == "#1b2430"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => ({ink})() === '#e7ecf2'")
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function(f"() => ({ink})() === '#1b2430'")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "#findings", SCENARIO, STEP])
def test_the_page_keeps_the_rules_of_accessibility(visit: Visitor, page_file: Path, address: str, scheme: str) -> None:
    page = visit(page_file, address, color_scheme=scheme).page
    draw_all(page)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found.response["violations"]] == []


def test_figures_are_written_as_elsewhere(visit: Visitor, page_file: Path) -> None:
    page = visit(page_file, "#steps?sort=-peak").page
    told = page.locator("[data-explorer=steps] tbody tr:not(.gap)").first.locator("td.num").all_inner_texts()
    assert told[:3] == [format_seconds(10.0), format_seconds(10.0), format_bytes(int(4.02 * GIB))]


def test_a_spike_of_one_sample_reaches_its_full_height_on_the_page(visit: Visitor, tmp_path: Path) -> None:
    step = a_step(usage=a_usage(peak_memory_bytes=3 * GIB))
    memory = [100 * MIB] * 1000
    memory[617] = 3 * GIB
    samples = {
        "elapsed_s": np.arange(1000) / 100,
        "pss_bytes": np.full(1000, np.nan),
        "rss_bytes": np.array(memory, dtype=float),
        "cpu_ratio": np.ones(1000),
    }
    series = step_series("churn", "Train", samples)
    assert series is not None
    path = tmp_path / "readiness.html"
    path.write_text(render_html(a_report(a_result([step])), Attachments(series=(series,))), encoding="utf-8")
    page = visit(path, "#churn/Train").page
    draw_all(page)
    page.locator(".plot[data-kind=memory]").scroll_into_view_if_needed()
    highest = page.locator(".plot[data-kind=memory]").evaluate("plot => Math.max(...plot.data[0].y)")
    assert highest == 3 * GIB / MIB
    expect(page.locator(".chart-memory figcaption")).to_contain_text("of 1,000 samples are drawn")


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
    page = visit(page_file, "#steps?q=unwatched").page
    unwatched = page.locator("[data-explorer=steps] tbody tr").first
    expect(unwatched.get_by_text("not measured").first).to_be_visible()
    expect(unwatched).to_contain_text("no limit")
    page.locator("#explorer").get_by_role("searchbox").fill("evaluate")
    blocked = page.locator("[data-explorer=steps] tbody tr").first
    expect(blocked).to_contain_text("blocked")
    assert blocked.locator("td.num").all_inner_texts()[:3] == ["not measured"] * 3
    invalid = page.locator("#scenario-table tbody tr", has=page.get_by_role("link", name="invalid.yaml"))
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
    expect(page.locator("#steps")).to_be_hidden()
    expect(page.locator(".masthead")).to_be_hidden()
    assert page.locator("#failures").is_visible()


def test_the_document_is_well_formed(page_file: Path) -> None:
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(page_file.read_text(encoding="utf-8"))


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
