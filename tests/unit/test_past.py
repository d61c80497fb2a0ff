"""What earlier runs tell: history, baselines, and which of them a run is compared with."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builders import an_environment
from cursus_readiness import past
from cursus_readiness.errors import InvalidInputError, UsageError
from cursus_readiness.model.comparison import Standing
from cursus_readiness.model.report import RunSettings
from cursus_readiness.model.result import StepStatus
from cursus_readiness.model.summary import RunSummary
from cursus_readiness.model.verdict import Verdict
from cursus_readiness.store.layout import OutLayout, RunLayout
from cursus_readiness.store.reading import read_run
from earlier_runs import a_run_id, a_summary, a_timed_step, write_run

OLD_RUN = Path(__file__).parents[1] / "compat" / "findings-of-the-whole-scenario"


def old_run(out: Path, name: str = "20260101T000000Z-abcdef") -> RunLayout:
    """A folder of a version that wrote no summary."""
    shutil.copytree(OLD_RUN, out / name)
    return RunLayout(out / name)


class TestHistory:
    def test_the_newest_run_comes_first(self, tmp_path: Path) -> None:
        for number in (1, 3, 2):
            write_run(tmp_path, a_summary(number=number), has_page=number != 2)
        found = past.history(tmp_path)
        assert [entry.run_id for entry in found] == [a_run_id(3), a_run_id(2), a_run_id(1)]
        assert [entry.has_page for entry in found] == [True, False, True]

    def test_a_run_without_a_summary_is_judged_once(self, tmp_path: Path) -> None:
        layout = old_run(tmp_path)
        found = past.history(tmp_path)[0]
        assert found.summary is not None
        assert found.summary.newest.verdict is Verdict.NOT_READY
        assert layout.summary.is_file()
        assert past.history(tmp_path)[0] == found

    def test_an_incomplete_run_is_judged_each_time(self, tmp_path: Path) -> None:
        layout = old_run(tmp_path)
        layout.manifest.unlink()
        found = past.history(tmp_path)[0]
        assert found.summary is not None
        assert not found.summary.newest.is_complete
        assert not layout.summary.exists()

    @pytest.mark.parametrize("damage", ["no journal", "half a summary", "a later version", "no folder of ours"])
    def test_a_folder_that_cannot_be_read_is_listed_as_such(self, tmp_path: Path, damage: str) -> None:
        folder = write_run(tmp_path, a_summary())
        summary = RunLayout(folder).summary
        if damage == "half a summary":
            summary.write_text('{"schema_version": 1, "ru', encoding="utf-8")
        elif damage == "a later version":
            summary.write_text('{"schema_version": 99}', encoding="utf-8")
        else:
            shutil.rmtree(folder)
            folder.mkdir()
        if damage == "no folder of ours":
            folder.rename(tmp_path / "notes")
        found = past.history(tmp_path)
        assert [entry.summary for entry in found] == ([] if damage == "no folder of ours" else [None])
        assert all(entry.problem and entry.started_at for entry in found)

    def test_links_and_baselines_are_no_runs(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path, a_summary())
        (tmp_path / "latest").symlink_to(folder.name)
        past.promote(tmp_path, [folder.name], "main")
        assert len(past.history(tmp_path)) == 1

    def test_a_folder_of_runs_may_have_any_name(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary()).rename(tmp_path / "nightly")
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "events.jsonl").touch()
        assert [entry.run_id for entry in past.history(tmp_path)] == ["nightly", "broken"]

    def test_there_is_no_history_of_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        assert past.history(tmp_path / "nowhere") == []


class TestPromote:
    def test_a_baseline_is_the_same_bytes_for_the_same_runs(self, tmp_path: Path) -> None:
        for number in range(3):
            write_run(tmp_path, a_summary(a_timed_step(wall_s=10.0 + number), number=number))
        path = past.promote(tmp_path, [a_run_id(2), a_run_id(0), a_run_id(1)], "main")
        first = path.read_bytes()
        past.promote(tmp_path, [a_run_id(number) for number in (0, 1, 2, 2)], "main")
        assert path.read_bytes() == first
        stored = json.loads(first)
        assert stored["schema_version"] == 1
        step = stored["scenarios"][0]["steps"][0]
        assert [item["wall_s"] for item in step["measurements"]] == [10.0, 11.0, 12.0]
        assert "forced_because" not in stored

    @pytest.mark.parametrize(
        ("runs", "reason"),
        [
            pytest.param([a_summary(is_complete=False)], "did not come to its end", id="incomplete"),
            pytest.param([a_summary(a_timed_step(status=StepStatus.FAILED))], "is NOT READY", id="not ready"),
            pytest.param([a_summary(settings=RunSettings(tags=("smoke",)))], "ran a selection", id="a selection"),
            pytest.param([a_summary(a_timed_step(status=StepStatus.REUSED))], "nothing was measured", id="all reused"),
            pytest.param(
                [a_summary(), a_summary(number=1, environment=an_environment(cpu_count=9))],
                "ran on different machines (CPUs: 4 before, 9 now)",
                id="other machines",
            ),
            pytest.param(
                [
                    a_summary(a_timed_step(fingerprint="0"), environment=an_environment(commit="1")),
                    a_summary(a_timed_step(), number=1),
                ],
                "executed the same",
                id="other code",
            ),
        ],
    )
    def test_what_is_not_fit_is_refused_unless_somebody_says_why(
        self, tmp_path: Path, runs: list[RunSummary], reason: str
    ) -> None:
        for summary in runs:
            write_run(tmp_path, summary)
        names = [summary.newest.run_id for summary in runs]
        with pytest.raises(UsageError) as caught:
            past.promote(tmp_path, names, "main")
        assert reason in caught.value.message
        past.promote(tmp_path, names, "main", forced_because="the only one there is")
        assert past.baselines(tmp_path)[0][1].forced_because == "the only one there is"

    def test_a_run_that_is_named_twice_counts_once(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path, a_summary())
        (tmp_path / "latest").symlink_to(folder.name)
        past.promote(tmp_path, ["latest", folder.name], "main")
        assert len(past.baselines(tmp_path)[0][1].scenarios[0].steps[0].measurements) == 1

    def test_a_reason_that_is_not_needed_is_not_recorded(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        past.promote(tmp_path, [a_run_id(0)], "main", forced_because="to be sure")
        assert past.baselines(tmp_path)[0][1].forced_because is None

    @pytest.mark.parametrize("name", ["none", "", "../x", ".hidden", "a/b", "x" * 65])
    def test_a_name_is_a_plain_one(self, tmp_path: Path, name: str) -> None:
        write_run(tmp_path, a_summary())
        with pytest.raises(UsageError, match="is no name for a baseline"):
            past.promote(tmp_path, [a_run_id(0)], name)

    def test_only_runs_can_be_promoted(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="is no run of"):
            past.promote(tmp_path, ["main"], "main")


class TestFind:
    def test_a_baseline_comes_before_a_run_of_that_name(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        write_run(tmp_path, a_summary(number=1)).rename(tmp_path / "main")
        assert past.find_summary(tmp_path, "main")[1].newest.run_id == a_run_id(1)
        past.promote(tmp_path, [a_run_id(0)], "main")
        assert past.find_summary(tmp_path, "main")[1].newest.run_id == a_run_id(0)

    def test_a_run_is_found_by_path_name_and_link(self, tmp_path: Path) -> None:
        folder = write_run(tmp_path, a_summary())
        (tmp_path / "latest").symlink_to(folder.name)
        for reference in (str(folder), folder.name, "latest"):
            assert past.find_summary(tmp_path, reference)[0] == folder.name
            assert past.resolve_baseline(tmp_path, reference) == folder.name
        assert past.resolve_baseline(tmp_path / "elsewhere", str(folder)) == str(folder)

    def test_what_is_meant_is_guessed(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        past.promote(tmp_path, [a_run_id(0)], "main")
        with pytest.raises(UsageError) as caught:
            past.resolve_baseline(tmp_path, "mian")
        assert caught.value.fix == "did you mean main?"
        with pytest.raises(UsageError) as caught:
            past.resolve_baseline(tmp_path, "weekly-of-march")
        assert caught.value.fix == f"choose from: main, {a_run_id(0)}"

    def test_a_broken_baseline_is_told_before_anything_runs(self, tmp_path: Path) -> None:
        path = OutLayout(tmp_path).baseline("default")
        path.parent.mkdir()
        path.write_text("{", encoding="utf-8")
        with pytest.raises(InvalidInputError) as caught:
            past.resolve_baseline(tmp_path, None)
        assert caught.value.fix == "promote it again, or choose another with --baseline"
        assert past.resolve_baseline(tmp_path, "none") == "none"


class TestCompareARun:
    @pytest.mark.parametrize(("names", "used"), [((), None), (("default",), "default"), (("default", "main"), "main")])
    def test_the_usual_baselines_are_taken_when_they_are_there(
        self, tmp_path: Path, names: tuple[str, ...], used: str | None
    ) -> None:
        layout = old_run(tmp_path)
        for name in names:
            past.promote(tmp_path, [layout.run_id], name, forced_because="a test")
        found = past.judge_beside_baseline(read_run(layout.folder), None).comparison
        assert (found.before.name if found else None) == used

    def test_none_is_no_baseline(self, tmp_path: Path) -> None:
        layout = old_run(tmp_path)
        past.promote(tmp_path, [layout.run_id], "main", forced_because="a test")
        assert past.judge_beside_baseline(read_run(layout.folder), "none").comparison is None

    def test_earlier_runs_that_executed_the_same_are_repeats(self, tmp_path: Path) -> None:
        names = [f"2026010{day}T000000Z-abcdef" for day in range(1, 5)]
        layouts = [old_run(tmp_path, name) for name in names]
        for day, layout in enumerate(layouts, 1):
            text = layout.journal.read_text(encoding="utf-8")
            event = json.loads(text.splitlines()[0])
            event["at"] = f"2026-01-0{day}T00:00:00Z"
            event["environment"] |= {"commit": "1" * 40, "is_commit_dirty": False}
            rest = text.splitlines()[1:]
            layout.journal.write_text("\n".join([json.dumps(event), *rest]) + "\n", encoding="utf-8")
        RunLayout(tmp_path / names[1]).journal.write_text("", encoding="utf-8")  # it cannot be read: of no use
        past.promote(tmp_path, [names[0]], "main", forced_because="a test")
        found = past.judge_beside_baseline(read_run(layouts[3].folder), None).comparison
        assert found is not None
        assert found.now.run_ids == (names[2], names[3])
        assert found.before.run_ids == (names[0],)
        assert found.count(Standing.REGRESSED) == 0


class TestIndex:
    def test_it_is_the_same_bytes_for_the_same_folder(self, tmp_path: Path) -> None:
        write_run(tmp_path, a_summary())
        past.write_index(tmp_path)
        first = OutLayout(tmp_path).index.read_bytes()
        past.write_index(tmp_path)
        assert OutLayout(tmp_path).index.read_bytes() == first
        assert sorted(entry.name for entry in tmp_path.iterdir()) == [a_run_id(0), "index.html"]

    def test_a_copy_of_the_folder_has_the_same_page(self, tmp_path: Path) -> None:
        write_run(tmp_path / "one", a_summary())
        (tmp_path / "one" / "20260101T000000Z-abcdef").mkdir()
        past.write_index(tmp_path / "one")
        shutil.copytree(tmp_path / "one", tmp_path / "other")
        past.write_index(tmp_path / "other")
        page = OutLayout(tmp_path / "other").index.read_text(encoding="utf-8")
        assert page == OutLayout(tmp_path / "one").index.read_text(encoding="utf-8")
        assert "unreadable" in page

    def test_runs_that_end_together_are_all_listed(self, tmp_path: Path) -> None:
        def end(number: int) -> None:
            write_run(tmp_path, a_summary(number=number))
            past.write_index(tmp_path)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(end, range(16)))
        page = OutLayout(tmp_path).index.read_text(encoding="utf-8")
        assert all(a_run_id(number) in page for number in range(16))

    def test_a_page_of_somebody_else_is_left_alone(self, tmp_path: Path) -> None:
        OutLayout(tmp_path).index.write_text("<h1>mine</h1>", encoding="utf-8")
        past.write_index(tmp_path)
        assert OutLayout(tmp_path).index.read_text(encoding="utf-8") == "<h1>mine</h1>"
