"""Commands that run no pipeline, and how each of them ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from builders import START, a_job, a_plan, a_scenario, a_step, a_step_that_never_ran, an_environment
from cursus_projects import a_config, a_project
from cursus_readiness import preparation
from cursus_readiness.cli.app import app, run_app
from cursus_readiness.errors import InterruptedRunError
from cursus_readiness.model.plan import PlannedStep
from cursus_readiness.model.report import RunManifest
from cursus_readiness.model.result import StepStatus
from cursus_readiness.planning.selection import Selection
from cursus_readiness.store.layout import RunLayout
from cursus_readiness.store.records import FindingsRecord, ScenarioRecord
from cursus_readiness.store.writing import write_shape, write_text
from pipelines import processing, write_pipeline


@pytest.fixture
def signals() -> Iterator[None]:
    """The signal handlers of the test run come back."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def readiness(signals: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """The command as the shell starts it: exit code, standard output, standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["readiness", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            run_app()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return call


def a_scenario_file(folder: Path, **scenario: Any) -> Path:
    step = processing("Prep", "prep.py", outputs={"data": "s3://bucket/out"}, environment={"API_TOKEN": "hunter2"})
    return write_pipeline(folder, [step], {"prep.py": ""}, **scenario)


def a_run_folder(folder: Path, status: StepStatus = StepStatus.SUCCEEDED, *, is_complete: bool = True) -> Path:
    layout = RunLayout(folder / "20260314T092653Z-abc123")
    scenario = layout.scenario("churn")
    environment = an_environment()
    event = {
        "event": "run_started",
        "at": START.isoformat(),
        "environment": environment.model_dump(mode="json"),
        "scenarios": ["churn"],
    }
    write_text(layout.journal, json.dumps(event) + "\n")
    write_shape(scenario.plan, a_plan(a_job("Train")))
    has_run = status is not StepStatus.NOT_EXECUTED
    result = a_step("Train", status=status) if has_run else a_step_that_never_ran("Train", status, "no such type")
    write_shape(scenario.step("Train").result, result)
    write_shape(scenario.findings, FindingsRecord())
    write_shape(scenario.record, ScenarioRecord(scenario_name="churn", started_at=START, total_duration_s=12.0))
    if is_complete:
        manifest = RunManifest(
            run_id=layout.run_id, started_at=START, finished_at=START, wall_s=12.5, environment=environment,
            scenarios=("churn",),
        )  # fmt: skip
        write_shape(layout.manifest, manifest)
    return layout.folder


class TestReport:
    @pytest.mark.parametrize(
        ("status", "is_complete", "code", "word"),
        [
            (StepStatus.SUCCEEDED, True, 0, "READY"),
            (StepStatus.FAILED, True, 10, "NOT READY"),
            (StepStatus.NOT_EXECUTED, True, 11, "INCONCLUSIVE"),
            (StepStatus.SUCCEEDED, False, 11, "INCONCLUSIVE"),
            (StepStatus.FAILED, False, 10, "NOT READY"),
        ],
    )
    def test_a_run_folder_is_judged_again(
        self, status: StepStatus, is_complete: bool, code: int, word: str, tmp_path: Path, readiness: Any
    ) -> None:
        folder = a_run_folder(tmp_path, status, is_complete=is_complete)
        found, out, _ = readiness("report", folder)
        assert found == code
        assert word in out.splitlines()
        assert out.splitlines()[-1] == str(folder / "readiness.html")

    def test_every_format_is_written(self, tmp_path: Path, readiness: Any) -> None:
        folder = a_run_folder(tmp_path)
        readiness("report", folder)
        for name in ("readiness.json", "readiness.md", "readiness.html", "junit.xml"):
            assert (folder / name).stat().st_size > 0
        assert json.loads((folder / "readiness.json").read_text(encoding="utf-8"))["verdict"] == "READY"
        assert (tmp_path / "latest").resolve() == folder.resolve()

    def test_judging_twice_gives_the_same_bytes(self, tmp_path: Path, readiness: Any) -> None:
        folder = a_run_folder(tmp_path)
        texts = []
        for _ in range(2):
            readiness("report", folder)
            texts.append([path.read_bytes() for path in sorted(folder.glob("readiness.*"))])
        assert texts[0] == texts[1]

    def test_an_older_run_does_not_become_the_latest(self, tmp_path: Path, readiness: Any) -> None:
        folder = a_run_folder(tmp_path)
        (tmp_path / "29990101T000000Z-ffffff").mkdir()
        (tmp_path / "latest").symlink_to("29990101T000000Z-ffffff")
        readiness("report", folder)
        assert (tmp_path / "latest").readlink() == Path("29990101T000000Z-ffffff")

    @pytest.mark.parametrize("name", ["empty", "missing"])
    def test_what_is_no_run_folder_is_a_mistake(self, name: str, tmp_path: Path, readiness: Any) -> None:
        (tmp_path / "empty").mkdir()
        code, _, err = readiness("report", tmp_path / name)
        assert code == 4
        assert "is not a run folder" in err
        assert "  fix: " in err


class TestCheck:
    def test_valid_scenarios_are_counted(self, tmp_path: Path, readiness: Any) -> None:
        a_scenario_file(tmp_path)
        code, out, _ = readiness("check", tmp_path)
        assert (code, out.splitlines()[-1]) == (0, "1 scenario is valid")

    @pytest.mark.parametrize(
        ("scenario", "line"),
        [
            ({"timeout_minuts": 3}, "pipeline.yaml:6: timeout_minuts: unknown field (did you mean 'timeout_minutes'?)"),
            ({"expected_steps": ["Pre"]}, "expected_steps.0: the definition has no step 'Pre' (did you mean 'Prep'?)"),
            ({"inputs": {}}, "inputs: nothing serves the code s3://bucket/code/prep.py of step 'Prep'"),
            ({"inputs": {"s3://bucket/code/": "local:nope/"}}, "which is not there"),
            ({"validation_rules": {"Prep": {"dta/x": "exists"}}}, "unknown output 'dta' (did you mean 'data'?)"),
            ({"pipeline_config_path": "nope.json"}, "nope.json: No such file"),
        ],
        ids=["field", "step", "code", "folder", "rule", "definition"],
    )
    def test_a_mistake_is_told_with_its_place(
        self, scenario: dict[str, Any], line: str, tmp_path: Path, readiness: Any
    ) -> None:
        a_scenario_file(tmp_path, **scenario)
        code, out, err = readiness("check", tmp_path)
        assert code == 4
        assert line in out
        assert out.startswith("error: ")
        assert "1 mistake in" in err

    def test_a_definition_that_is_not_utf_8_is_a_mistake(self, tmp_path: Path, readiness: Any) -> None:
        a_scenario_file(tmp_path)
        (tmp_path / "definition.json").write_bytes(b'"\xe9"')
        code, out, _ = readiness("check", tmp_path)
        assert code == 4
        assert "definition.json: not UTF-8 text" in out

    def test_mistakes_of_the_definition_have_its_name(self, tmp_path: Path, readiness: Any) -> None:
        a_scenario_file(tmp_path)
        (tmp_path / "definition.json").write_text("{", encoding="utf-8")
        assert "definition.json: line 1 column 2: not valid JSON" in readiness("check", tmp_path)[1]

    def test_notes_are_no_mistakes(self, tmp_path: Path, readiness: Any) -> None:
        step = processing("Prep", "prep.py", inputs={"raw": "s3://bucket/raw"})
        write_pipeline(tmp_path, [step], {"prep.py": ""})
        code, out, _ = readiness("check", tmp_path)
        assert code == 0
        assert out.startswith("note: ")

    def test_an_empty_folder_has_nothing_to_check(self, tmp_path: Path, readiness: Any) -> None:
        assert readiness("check", tmp_path)[0] == 3

    def test_a_missing_folder_is_a_mistake(self, tmp_path: Path, readiness: Any) -> None:
        assert readiness("check", tmp_path / "nope")[0] == 4


class TestPlan:
    def test_every_step_is_shown_with_what_it_gets(self, tmp_path: Path, readiness: Any) -> None:
        code, out, _ = readiness("plan", a_scenario_file(tmp_path))
        assert code == 0
        assert out.startswith("1. Prep (Processing)\n")
        assert "   command      python3 /opt/ml/processing/input/code/prep.py" in out
        assert "<- s3://bucket/code/prep.py" in out
        assert "local:code/" in out
        assert "   output       /opt/ml/processing/output/data -> s3://bucket/out" in out

    @pytest.mark.parametrize("option", [[], ["--json"]], ids=["text", "json"])
    def test_secrets_are_not_shown(self, option: list[str], tmp_path: Path, readiness: Any) -> None:
        _, out, _ = readiness("plan", a_scenario_file(tmp_path), *option)
        assert "API_TOKEN" in out
        assert "hunter2" not in out

    def test_a_plan_is_json_when_asked_for(self, tmp_path: Path, readiness: Any) -> None:
        plan = json.loads(readiness("plan", a_scenario_file(tmp_path), "--json")[1])
        assert [step["name"] for step in plan["steps"]] == ["Prep"]

    def test_a_step_that_cannot_run_says_why(self, tmp_path: Path, readiness: Any) -> None:
        steps = [{"Name": "Register", "Type": "EMR"}, processing("B", "b.py", depends_on=["Register"])]
        out = readiness("plan", write_pipeline(tmp_path, steps, {"b.py": ""}))[1]
        assert "   not executed step type EMR cannot be executed here" in out
        assert "   after        Register" in out

    def test_a_condition_is_shown_with_what_it_asks_and_its_branches(self, tmp_path: Path, readiness: Any) -> None:
        condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 2}
        stop = {"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": "too bad"}}
        arguments = {"Conditions": [condition], "IfSteps": [processing("B", "b.py")], "ElseSteps": [stop]}
        steps = [{"Name": "Check", "Type": "Condition", "Arguments": arguments}]
        out = readiness("plan", write_pipeline(tmp_path, steps, {"b.py": ""}))[1]
        assert "1. Check (Condition)\n   decides      1 == 2\n" in out
        assert "2. B (Processing)\n   after        Check\n   branch       Check is true\n" in out
        assert "   branch       Check is false\n   decides      end the pipeline: too bad\n" in out

    @pytest.mark.parametrize("text", ["scenario_name: x\n", None], ids=["invalid", "missing"])
    def test_a_broken_scenario_is_a_mistake(self, text: str | None, tmp_path: Path, readiness: Any) -> None:
        if text is not None:
            (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        assert readiness("plan", tmp_path / "a.yaml")[0] == 4

    def test_a_scenario_that_cannot_be_planned_has_its_lines(self, tmp_path: Path, readiness: Any) -> None:
        code, _, err = readiness("plan", a_scenario_file(tmp_path, expected_steps=["X"]))
        assert code == 4
        assert "expected_steps.0: the definition has no step 'X'" in err


class TestCursusWithoutCursus:
    """A graph and a configuration where no Cursus is: what can be said is said."""

    def scenario(self, folder: Path, *arguments: Any) -> Path:
        fields = a_project(folder, *arguments).model_dump(mode="json", exclude_defaults=True)
        path = folder / "small.yaml"
        path.write_text(json.dumps(fields), encoding="utf-8")
        return path

    @pytest.mark.parametrize("command", ["plan", "check"])
    def test_a_sound_project_is_checked(self, tmp_path: Path, readiness: Any, command: str) -> None:
        code, out, _ = readiness(command, self.scenario(tmp_path))
        assert code == 0
        assert "warning: " in out
        assert "fix: " in out

    @pytest.mark.parametrize("command", ["plan", "check"])
    def test_a_node_without_an_entry_is_a_mistake(self, tmp_path: Path, readiness: Any, command: str) -> None:
        code, out, _ = readiness(command, self.scenario(tmp_path, a_config(Package=None)))
        assert code == 4
        assert "'Package'" in out

    def test_a_run_says_what_to_do(self, tmp_path: Path, readiness: Any) -> None:
        code, out, _ = readiness("run", self.scenario(tmp_path), "--out", tmp_path / "reports")
        assert code == 5
        assert "does not say where Cursus is\n    fix: " in out

    def test_a_scenario_is_drafted_with_the_nodes(self, tmp_path: Path, readiness: Any) -> None:
        config = self.scenario(tmp_path).parent / "project/pipeline_config/config.json"
        out = tmp_path / "drafted.yaml"
        assert readiness("init", config, "--dag", tmp_path / "dag.json", "--out", out)[0] == 0
        text = out.read_text(encoding="utf-8")
        assert "pipeline_config_path: project/pipeline_config/config.json\ndag_path: dag.json\n" in text
        assert "#   Package\n" in text
        assert readiness("check", out)[0] == 0

    def test_a_definition_has_no_graph(self, tmp_path: Path, readiness: Any) -> None:
        definition = a_scenario_file(tmp_path).parent / "definition.json"
        code, _, err = readiness("init", definition, "--dag", "dag.json")
        assert code == 2
        assert "leave out --dag" in err


class TestInit:
    def test_a_scenario_is_written_beside_the_pipeline_and_is_valid(self, tmp_path: Path, readiness: Any) -> None:
        write_pipeline(tmp_path, [processing("A", "a.py")], {"a.py": ""}).unlink()
        code, out, _ = readiness("init", tmp_path / "definition.json")
        path = tmp_path / "definition.scenario.yaml"
        assert (code, out.splitlines()[0]) == (0, f"wrote {path}")
        assert f"scenario_name: {tmp_path.name}\n" in path.read_text(encoding="utf-8")
        assert readiness("check", path)[0] == 0

    def test_a_file_that_is_there_is_kept(self, tmp_path: Path, readiness: Any) -> None:
        out = tmp_path / "mine.yaml"
        out.write_text("mine", encoding="utf-8")
        code, _, err = readiness("init", a_scenario_file(tmp_path).parent / "definition.json", "--out", out)
        assert code == 2
        assert "is there already" in err
        assert out.read_text(encoding="utf-8") == "mine"

    @pytest.mark.parametrize(("text", "message"), [(None, "No such file"), ("{", "not valid JSON"), ("{}", "Steps")])
    def test_what_is_no_definition_is_a_mistake(
        self, text: str | None, message: str, tmp_path: Path, readiness: Any
    ) -> None:
        if text is not None:
            (tmp_path / "x.json").write_text(text, encoding="utf-8")
        code, _, err = readiness("init", tmp_path / "x.json")
        assert code == 4
        assert message in err
        assert list(tmp_path.glob("*.yaml")) == []


class TestRun:
    def test_nothing_selected_has_a_code_of_its_own(self, tmp_path: Path, readiness: Any) -> None:
        a_scenario_file(tmp_path)
        code, _, err = readiness("run", tmp_path, "--out", tmp_path / "out", "--only", "nope")
        assert code == 3
        assert "choose from: pipeline" in err
        assert not (tmp_path / "out").exists()

    def test_an_unknown_step_is_wrong_usage(self, tmp_path: Path, readiness: Any) -> None:
        path = a_scenario_file(tmp_path)
        code, _, err = readiness("run", path, "--out", tmp_path / "out", "--only", "pipeline/Nope")
        assert code == 2
        assert "has no step 'Nope'" in err

    def test_an_unknown_name_beside_a_known_one_is_not_ignored(self, tmp_path: Path, readiness: Any) -> None:
        path = a_scenario_file(tmp_path)
        arguments = ("run", path, "--out", tmp_path / "out", "--only", "pipeline/Nope", "--only", "pipelin")
        code, _, err = readiness(*arguments)
        assert code in (2, 3)
        assert "pipelin'" in err

    def test_a_folder_of_broken_scenarios_is_reported(self, tmp_path: Path, readiness: Any) -> None:
        (tmp_path / "a.yaml").write_text("scenario_name: x\n", encoding="utf-8")
        code, out, _ = readiness("run", tmp_path, "--out", tmp_path / "out")
        assert code == 4
        assert "INCONCLUSIVE" in out.splitlines()
        assert Path(out.splitlines()[-1]).is_file()


class TestSelection:
    def test_names_and_tags_select(self) -> None:
        scenario = a_scenario(scenario_name="a", tags=["smoke"])
        wants = [
            Selection(*arguments).wants(scenario)
            for arguments in (
                (),
                (("a",),),
                (("b",),),
                (("a/X", "b"),),
                ((), ("smoke",)),
                ((), ("x",)),
                (("a",), ("x",)),
            )
        ]
        assert wants == [True, True, False, True, True, False, False]

    def test_a_step_brings_what_it_depends_on(self) -> None:
        plan = a_plan()
        steps = tuple(PlannedStep(name=name, step_type="P", depends_on=needs) for name, needs in
                      (("A", ()), ("B", ("A",)), ("C", ("B",)), ("D", ())))  # fmt: skip
        plan = plan.model_copy(update={"steps": steps})
        assert Selection(("churn/C",)).steps(plan) == {"A", "B", "C"}
        assert Selection(("churn/D", "other/A")).steps(plan) == {"D"}
        assert Selection(("churn", "churn/D")).steps(plan) == {"A", "B", "C", "D"}
        assert Selection().steps(plan) == {"A", "B", "C", "D"}


@pytest.mark.parametrize("arguments", [["--nope"], ["nope"], ["run", "--nope"], ["plan"]], ids=" ".join)
def test_wrong_usage_has_a_code_of_its_own(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_asking_is_no_mistake(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 0


def test_an_interruption_has_a_code_of_its_own(readiness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise InterruptedRunError("interrupted in step Train", fix="run it again")

    monkeypatch.setattr(preparation, "check", interrupt)
    code, _, err = readiness("check")
    assert (code, err) == (130, "error: interrupted in step Train\n  fix: run it again\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_is_an_interruption(number: signal.Signals, readiness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "check", lambda *_: signal.raise_signal(number))
    assert readiness("check")[0] == 130


def test_the_cause_of_an_error_is_shown_when_asked_for(tmp_path: Path, readiness: Any) -> None:
    path = a_scenario_file(tmp_path)
    (tmp_path / "definition.json").write_text("{", encoding="utf-8")
    quiet, verbose = readiness("plan", path)[2], readiness("--verbose", "plan", path)[2]
    assert "because: " not in quiet
    assert "  because: InvalidPlanError: " in verbose


SLOW = {"pandas", "numpy", "pyarrow", "plotly", "boto3", "botocore", "jinja2", "yaml", "psutil"}


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        pytest.param(["--help"], {*SLOW, "pydantic"}, id="--help"),
        pytest.param(["run", "--help"], SLOW, id="run --help"),  # where pydantic is there, typer itself imports it
        pytest.param(["check", "--help"], SLOW, id="check --help"),
    ],
)
def test_help_imports_nothing_that_is_slow(arguments: list[str], slow: set[str]) -> None:
    code = (
        "import sys\n"
        "from cursus_readiness.cli.app import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit as end: assert not end.code\n"
        f"print(sorted({slow!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"


def test_importing_the_package_imports_nothing_that_is_slow() -> None:
    code = "import sys, cursus_readiness; print(sorted({'pandas', 'numpy', 'pydantic', 'plotly'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_package_is_a_command() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "cursus_readiness", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith("cursus-readiness ")
