"""The report of very large runs: how large it is, how long it takes to be written, and until it can be used.

Beside it, in the same run, pytest-html with 10,000 tests: a page of the same purpose that many know. Run by
``make bench``; needs Chromium. ``--steps`` and ``--rounds`` change what is tried.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import a_report, a_result, a_step, a_usage
from cursus_readiness.analysis.critical_path import critical_path
from cursus_readiness.model.attachments import Attachments, LogTail, StepDetail, StepSeries
from cursus_readiness.model.report import ReadinessReport
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.render.html import render_html

POINTS = 60
ENVIRONMENT = Path.home() / ".cache" / "cursus-readiness-bench" / "pytest-html"
NOTE_LONG_TASKS = """
window.tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.startTime + task.duration)))
  .observe({ entryTypes: ["longtask"] });
new MutationObserver((_, watcher) => {
  if (document.documentElement && "ready" in document.documentElement.dataset) {
    window.readyAt = performance.now();
    watcher.disconnect();
  }
}).observe(document, { attributes: true, subtree: true });
"""
OPENED = """() => ({
  painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  interactive: Math.max(window.readyAt || 0, performance.getEntriesByType("navigation")[0].loadEventEnd, ...tasks),
  nodes: document.querySelectorAll("*").length,
})"""
FILTERED = """() => {
  const input = document.querySelector("#explorer input");
  return ["s", "st", "status:failed", "mem>1g step:*7*"].map((query) => {
    input.value = query;
    const start = performance.now();
    input.dispatchEvent(new Event("input"));
    document.body.offsetHeight;
    return performance.now() - start;
  });
}"""
LOG_OPENED = """async () => {
  const link = document.querySelector("#explorer tbody a").getAttribute("href");
  const start = performance.now();
  location.hash = link;
  while (!document.querySelector(".step-page .log pre")) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


def a_large_run(count: int, scenario_count: int) -> tuple[ReadinessReport, Attachments]:
    """Steps with noisy series, jittered times and a log each; one in a hundred failed."""
    source = random.Random(20260314)
    scenarios: list[E2ETestResult] = []
    series, logs, details = [], [], []
    for number in range(scenario_count):
        name = f"scenario-{number}"
        steps: list[StepResult] = []
        at_s = 0.0
        for place in range(count // scenario_count):
            step = _a_step(source, f"Step-{number:03d}-{place:05d}", place, at_s, steps)
            steps.append(step)
            at_s += (step.wall_s or 0.0) / 2
            series.append(_a_series(source, name, step))
            text = f"INFO part {place}: {source.randrange(10**6)} rows in {step.wall_s} s\nINFO done\n"
            logs.append(LogTail(scenario=name, step=step.step_name, stream="stdout", text=text))
            details.append(
                StepDetail(
                    scenario=name,
                    step=step.step_name,
                    variables={"PART": str(place), "REGION": "eu-west-1"},
                    rerun=f"readiness run scenarios --only {name}/{step.step_name} --cached --out reports",
                )
            )
        result = a_result(steps, scenario_name=name, total_duration=at_s + 5)
        scenarios.append(result.model_copy(update={"critical_path": critical_path(steps)}))
    return a_report(*scenarios), Attachments(series=tuple(series), logs=tuple(logs), details=tuple(details))


def _a_step(source: random.Random, name: str, place: int, at_s: float, before: list[StepResult]) -> StepResult:
    wall_s, peak = round(source.lognormvariate(1, 1), 3), int(source.lognormvariate(19, 1))
    has_failed = source.random() < 0.01
    return a_step(
        name,
        status=StepStatus.FAILED if has_failed else StepStatus.SUCCEEDED,
        reason=f"exit code 1: ValueError: bad value {source.randrange(5)}" if has_failed else None,
        exit_code=int(has_failed),
        wall_s=wall_s,
        offset_s=round(at_s, 3),
        process_offset_s=round(at_s + source.random() / 50, 3),
        depends_on=(before[-1].step_name,) if place % 10 else (),
        command=("python3", f"step_{place % 20}.py", "--part", str(place)),
        usage=a_usage(
            cpu_s=round(wall_s * source.random(), 3),
            peak_memory_bytes=peak,
            peak_rss_bytes=peak,
            largest_process_bytes=peak,
            read_bytes=source.randrange(10**8),
            written_bytes=source.randrange(10**7),
            sampler_cpu_s=round(wall_s / 100, 4),
        ),
    )


def _a_series(source: random.Random, scenario: str, step: StepResult) -> StepSeries:
    wall_s, peak = step.wall_s or 0.0, step.usage.peak_memory_bytes or 0
    level, memory = 0.3, []
    for _ in range(POINTS):
        level = min(max(level + source.gauss(0.01, 0.03), 0.0), 1.0)
        memory.append(int(level * peak))
    memory[source.randrange(POINTS)] = peak
    return StepSeries(
        scenario=scenario,
        step=step.step_name,
        sample_count=POINTS,
        elapsed_s=tuple(round(wall_s * point / POINTS + source.random() * wall_s / 400, 3) for point in range(POINTS)),
        memory_bytes=tuple(memory),
        cpu_ratio=tuple(round(abs(source.gauss(1, 0.2)), 3) for _ in range(POINTS)),
    )


def opened(browser: Browser, path: Path, rounds: int, *, throttle: int = 1, is_ours: bool = True) -> dict[str, Any]:
    """Medians over fresh profiles: ms until the first paint and until it can be used, elements, ms of what users do."""
    found: list[dict[str, Any]] = []
    for _ in range(rounds):
        context = browser.new_context(offline=True, viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
        page = context.new_page()
        page.set_default_timeout(180_000)
        if throttle > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        page.add_init_script(NOTE_LONG_TASKS)
        page.goto(path.as_uri())
        if is_ours:
            page.wait_for_selector(":root[data-ready]", state="attached")
        _until_quiet(page)
        seen = page.evaluate(OPENED)
        if is_ours:
            seen["filter"] = max(page.evaluate(FILTERED))
            seen["log"] = page.evaluate(LOG_OPENED)
        found.append(seen)
        context.close()
    return {key: statistics.median(seen[key] for seen in found) for key in found[0]}


def _until_quiet(page: Page) -> None:
    """Until no long task has ended for a second."""
    page.wait_for_function(
        "() => document.readyState === 'complete' && performance.now() - Math.max(0, ...tasks) > 1000", polling=100
    )


def pytest_html(folder: Path, count: int) -> Path | None:
    """Its report of so many tests; ``None`` where it cannot be installed."""
    python = ENVIRONMENT / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "-q", "pytest-html==4.2.0"], check=True)
        (folder / "test_many.py").write_text(
            "import pytest\n"
            f"@pytest.mark.parametrize('number', range({count}))\n"
            "def test_it(number):\n"
            "    print(number)\n"
            "    assert number % 100\n"
        )
        out = folder / "peer.html"
        command = ["-m", "pytest", "-q", "--no-header", "--tb=line", f"--html={out}", "--self-contained-html"]
        subprocess.run([str(python), *command, "-p", "no:cacheprovider", str(folder)], check=False, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return out if out.exists() else None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, nargs="*", default=[10_000])
    parser.add_argument("--scenarios", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        print("page: left out, chromium is not installed")
        return
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        interactive_ms = {}
        for count in asked.steps:
            report, attachments = a_large_run(count, asked.scenarios)
            start_s = time.perf_counter()
            text = render_html(report, attachments)
            took_s = time.perf_counter() - start_s
            path = Path(name) / f"{count}.html"
            path.write_text(text, encoding="utf-8")
            print(f"{count:,} steps: {len(text.encode()) / 1e6:.2f} MB, rendered in {took_s:.1f} s")
            for throttle in (1, 4):
                seen = opened(browser, path, asked.rounds, throttle=throttle)
                interactive_ms[count, throttle] = seen["interactive"]
                print(
                    f"  CPU / {throttle}: painted {seen['painted']:.0f} ms, interactive {seen['interactive']:.0f} ms, "
                    f"{seen['nodes']:.0f} elements, filter {seen['filter']:.0f} ms, log {seen['log']:.0f} ms"
                )
        peer = pytest_html(Path(name), 10_000)
        if peer is None:
            print("pytest-html: left out, it cannot be installed here")
        else:
            seen = opened(browser, peer, asked.rounds, is_ours=False)
            print(
                f"pytest-html, 10,000 tests: {peer.stat().st_size / 1e6:.2f} MB, painted {seen['painted']:.0f} ms, "
                f"interactive {seen['interactive']:.0f} ms, {seen['nodes']:.0f} elements"
            )
            if (10_000, 1) in interactive_ms:
                print(f"  {seen['interactive'] / interactive_ms[10_000, 1]:.1f} times ours of 10,000 steps")
        browser.close()


if __name__ == "__main__":
    main()
