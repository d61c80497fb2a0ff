"""Compiling with the real SageMaker SDK and a stand-in for Cursus, in an interpreter of their own."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cursus_projects import PREPARE, a_config, a_cursus, a_graph, a_project
from cursus_readiness import preparation, workflow
from cursus_readiness.cursus.compiling import Compiled, compile_pipeline
from cursus_readiness.cursus.installation import find_installation
from cursus_readiness.cursus.project import InvalidProjectError
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.finding import Severity
from cursus_readiness.model.scenario import CursusSettings, E2ETestScenario
from cursus_readiness.planning.plan import build_plan
from cursus_readiness.sources.registry import check_sources
from processes import processes_marked

_SDK = "sagemaker==2.257.7"

Project = Callable[..., E2ETestScenario]


@pytest.fixture(scope="session")
def sdk(pytestconfig: pytest.Config) -> Path:
    """An interpreter with the SDK that Cursus pins, kept from run to run."""
    folder = Path(pytestconfig.cache.mkdir("sagemaker-sdk")) if pytestconfig.cache else Path()
    python = folder / "venv" / "bin" / "python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of one test run share it
        if not (folder / _SDK).exists():
            shutil.rmtree(folder / "venv", ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
            pip = [str(python), "-m", "pip", "install", "-q"]
            uv = shutil.which("uv")
            install = [uv, "pip", "install", "-q", "--python", str(python)] if uv else pip
            outcome = subprocess.run([*install, _SDK], capture_output=True, text=True, check=False)
            if outcome.returncode != 0:
                pytest.skip(f"{_SDK} cannot be installed: {outcome.stderr[-300:]}")
            (folder / _SDK).touch()
    return python


@pytest.fixture(scope="session")
def cache(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all projects, which have folders of their own; Python's bytecode is kept from run to run."""
    folder = tmp_path_factory.mktemp("compiled")
    bytecode = sdk.parents[2] / "bytecode"
    bytecode.mkdir(exist_ok=True)
    (folder / "bytecode").symlink_to(bytecode)
    return folder


@pytest.fixture
def project(tmp_path: Path, sdk: Path) -> Project:
    """A project whose scenario uses the stand-in."""

    def build(*arguments: Any, body: str = "", **settings: Any) -> E2ETestScenario:
        a_cursus(tmp_path / "cursus", body)
        cursus = {"python": str(sdk), "source": "cursus", **settings.pop("cursus", {})}
        return a_project(tmp_path, *arguments, cursus=CursusSettings.model_validate(cursus), **settings)

    return build


def refused(scenario: E2ETestScenario, cache: Path) -> str:
    with pytest.raises(CannotRunError) as raised:
        compile_pipeline(scenario, cache)
    return f"{raised.value.message} | {raised.value.fix}"


def broken(scenario: E2ETestScenario, cache: Path) -> str:
    with pytest.raises(InvalidProjectError) as raised:
        compile_pipeline(scenario, cache)
    found = raised.value.findings[0]
    assert found.severity is Severity.ERROR
    return f"{found.line()} | {found.remedy}"


def by_id(compiled: Compiled, name: str) -> list[str]:
    return [finding.message for finding in compiled.findings if finding.id == name]


@pytest.mark.slow
def test_a_project_becomes_a_definition_that_can_be_planned_with_the_code_it_uploads(
    project: Project, cache: Path
) -> None:
    scenario = project()
    compiled = compile_pipeline(scenario, cache)
    assert compiled.versions["cursus"] == "9.9.9"
    assert compiled.versions["sagemaker"] == "2.257.7"
    assert compiled.parameters == {"EXECUTION_S3_PREFIX": "s3://team-bucket/small/readiness"}
    names = {uri.rpartition("/")[2]: path for uri, path in compiled.uploads.items()}
    assert names["prepare.py"].read_text(encoding="utf-8") == PREPARE
    assert all(uri.startswith("s3://team-bucket/") for uri in compiled.uploads)

    uploads = compiled.bindings()
    plan = build_plan(
        compiled.with_parameters(scenario),
        compiled.definition_text,
        started_at="2026-03-14T09:26:53+00:00",
        uploads=uploads,
    )
    assert check_sources(plan) == []
    assert {step.name for step in plan.steps} == {
        "CradleDataLoading-Training",
        "TabularPreprocessing-Training",
        "Package",
    }
    assert "s3://team-bucket/tree" in uploads, "an input that is a folder of uploads"


@pytest.mark.slow
def test_what_compiled_without_an_error_and_is_hardly_meant_is_found(project: Project, cache: Path) -> None:
    own = {"processing_source_dir": "gone"}
    compiled = compile_pipeline(project(a_config(TabularPreprocessing_training=own)), cache)
    assert by_id(compiled, "stand-in") == [
        "step CradleDataLoading-Training comes from an in-house SDK that is not here; "
        "a stand-in without a script compiles"
    ]
    (wiring,) = by_id(compiled, "doubtful-wiring")
    assert "'DATA_SECONDARY' of step TabularPreprocessing-Training is fed from output 'METADATA'" in wiring
    assert "score 0.77" in wiring or "score 0.76" in wiring
    (substituted,) = by_id(compiled, "substituted-script")
    assert substituted.startswith("script gone/prepare.py of step TabularPreprocessing-Training was not found; ")
    assert "/cursus/steps/scripts/prepare.py was taken instead, from Cursus's own package" in substituted
    assert substituted.endswith("(the project has dockers/scripts/prepare.py)")
    assert "print('of the package')\n" in [path.read_text(encoding="utf-8") for path in compiled.uploads.values()]


@pytest.mark.slow
def test_a_cached_pipeline_is_the_same_and_any_change_compiles_anew(
    project: Project, tmp_path: Path, cache: Path
) -> None:
    scenario = project()
    first = compile_pipeline(scenario, cache)
    again = compile_pipeline(scenario, cache)
    assert (first.was_cached, again.was_cached) == (False, True)
    assert (again.definition_text, again.uploads, again.findings) == (
        first.definition_text,
        first.uploads,
        first.findings,
    )

    next(iter(first.uploads.values())).write_text("broken", encoding="utf-8")
    assert not compile_pipeline(scenario, cache).was_cached
    (tmp_path / "project" / "dockers" / "scripts" / "prepare.py").write_text("print('changed')\n", encoding="utf-8")
    changed = compile_pipeline(scenario, cache)
    assert not changed.was_cached
    assert "print('changed')\n" in [path.read_text(encoding="utf-8") for path in changed.uploads.values()]
    (tmp_path / "cursus" / "VERSION").write_text("9.9.10", encoding="utf-8")
    assert compile_pipeline(scenario, cache).versions["cursus"] == "9.9.10"


@pytest.mark.slow
def test_two_runs_at_once_get_the_same_pipeline(project: Project, cache: Path) -> None:
    scenario, texts = project(), []

    def compile_once() -> None:
        texts.append(compile_pipeline(scenario, cache).definition_text)

    threads = [threading.Thread(target=compile_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 2
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_a_script_outside_of_the_project_is_told_and_watched(project: Project, tmp_path: Path, cache: Path) -> None:
    outside = tmp_path / "elsewhere" / "prepare.py"
    outside.parent.mkdir()
    outside.write_text("print('outside')\n", encoding="utf-8")
    own = {"processing_source_dir": str(outside.parent)}
    scenario = project(a_config(TabularPreprocessing_training=own))
    compiled = compile_pipeline(scenario, cache)
    assert "from outside of the project" in by_id(compiled, "substituted-script")[0]
    assert compile_pipeline(scenario, cache).was_cached
    outside.write_text("print('changed')\n", encoding="utf-8")
    assert not compile_pipeline(scenario, cache).was_cached


@pytest.mark.slow
def test_stale_folders_of_the_scenario_are_replaced(project: Project, cache: Path) -> None:
    document = json.loads(json.dumps(a_config()).replace("dockers", "old/place"))
    said = broken(project(document), cache)
    assert "cannot compile node 'Package': " in said or "cannot compile node 'TabularPreprocessing_training': " in said
    assert said.endswith('| its scripts are elsewhere: set cursus.source_dirs: {"old/place": "dockers"}')
    mapped = project(document, cursus={"source_dirs": {"old/place": "dockers"}})
    assert by_id(compile_pipeline(mapped, cache), "stale-source-dir") == []


@pytest.mark.slow
def test_what_cursus_raises_is_told_with_its_node(project: Project, cache: Path) -> None:
    body = "        raise ValueError('Failed to build step Package: no') from KeyError('x')\n"
    said = broken(project(body=body), cache)
    assert "specific['Package']: Cursus cannot compile node 'Package': Failed to build step Package: no" in said
    assert not list(cache.glob(".compiling-*"))


_ASKING = """
        import socket, urllib.request
        client, said = self.session.boto_session.client, []
        for ask in (
            lambda: client("sagemaker").list_domains(),
            lambda: client("s3").get_object(Bucket="other", Key="k"),
            lambda: client("s3").head_object(Bucket="other", Key="k"),
            lambda: urllib.request.urlopen("http://example.com/"),
            lambda: socket.socket().connect(("127.0.0.1", 9)),
        ):
            try:
                ask()
            except Exception as error:
                said.append(str(error))
        raise ValueError(" + ".join(said))
"""


@pytest.mark.slow
def test_whatever_else_is_asked_of_the_network_fails_at_once(project: Project, cache: Path) -> None:
    said = broken(project(body=_ASKING), cache)
    assert said.count("compiling has no network") == 5
    assert "POST https://api.sagemaker.eu-west-1.amazonaws.com/: " in said
    assert "GET https://other.s3.eu-west-1.amazonaws.com/k: " in said
    assert "connection to example.com: " in said
    assert "connection to ('127.0.0.1', 9): " in said


@pytest.mark.slow
def test_a_compile_that_does_not_end_is_ended_with_all_its_processes(
    project: Project, tmp_path: Path, cache: Path
) -> None:
    mark = f"mark-{tmp_path.name}"
    child = f"[sys.executable, '-c', 'import time; time.sleep(600)', '{mark}']"
    body = f"        import subprocess, sys; subprocess.run({child})\n"
    scenario = project(body=body, cursus={"timeout_minutes": 0.2})
    assert "did not end within 12 s | set cursus.timeout_minutes higher" in refused(scenario, cache)
    assert processes_marked(mark) == []


@pytest.mark.slow
def test_a_driver_that_dies_is_told(project: Project, cache: Path) -> None:
    body = "        import os, sys; print('out of memory', file=sys.stderr, flush=True); os._exit(9)\n"
    assert "exits 9, saying: out of memory" in refused(project(body=body), cache)


@pytest.mark.slow
def test_a_cursus_that_cannot_be_imported_is_told(project: Project, tmp_path: Path, cache: Path) -> None:
    scenario = project()
    (tmp_path / "cursus" / "src" / "cursus" / "core" / "__init__.py").write_text(
        "import networkx_gone", encoding="utf-8"
    )
    said = refused(scenario, cache)
    assert "cannot import Cursus: ModuleNotFoundError: No module named 'networkx_gone'" in said


@pytest.mark.slow
def test_a_project_with_errors_is_not_compiled(project: Project, cache: Path) -> None:
    said = broken(project(graph=a_graph(["Package", "LightGBMTraining"], [])), cache)
    assert "node 'LightGBMTraining' has no entry" in said


@pytest.mark.slow
def test_another_project_named_cursus_is_told_apart(sdk: Path, tmp_path: Path, cache: Path) -> None:
    (tmp_path / "cursus" / "src" / "cursus").mkdir(parents=True)
    (tmp_path / "cursus" / "src" / "cursus" / "__init__.py").write_text("", encoding="utf-8")
    scenario = a_project(tmp_path, cursus=CursusSettings(python=str(sdk), source="cursus"))
    said = refused(scenario, cache)
    assert "is another project of that name: it has no pipeline compiler | the package index has only that one" in said


def without_sdk(folder: Path) -> Path:
    """An interpreter that has nothing installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    return folder / "venv" / "bin" / "python"


def test_an_interpreter_without_cursus_or_the_sdk_is_told(tmp_path: Path) -> None:
    python = without_sdk(tmp_path)
    bare = a_project(tmp_path, cursus=CursusSettings(python=str(python)))
    assert "has no Cursus | clone https://github.com/TianpeiLuke/cursus and set cursus.source" in refused(
        bare, tmp_path
    )
    a_cursus(tmp_path / "cursus")
    scenario = a_project(tmp_path, cursus=CursusSettings(python=str(python), source="cursus"))
    assert "has no SageMaker SDK; Cursus compiles with the 2.x" in refused(scenario, tmp_path)
    installed = next((tmp_path / "venv" / "lib").glob("python3*/site-packages")) / "sagemaker-3.27.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: sagemaker\nVersion: 3.27.0\n", encoding="utf-8")
    assert "has the SageMaker SDK 3.27.0; Cursus compiles with the 2.x | " in refused(scenario, tmp_path)
    assert 'pip install "sagemaker>=2.248,<3"' in refused(scenario, tmp_path)


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("./gone", "cannot be started: No such file or directory | set cursus.python to"),
        ("gone-python", "no 'gone-python' is found | set cursus.python to"),
        ("/bin/false", "exits 1, saying: nothing | set cursus.python to"),
    ],
)
def test_an_interpreter_that_does_not_start_is_told(tmp_path: Path, python: str, said: str) -> None:
    assert said in refused(a_project(tmp_path, cursus=CursusSettings(python=python)), tmp_path)


def test_a_scenario_that_does_not_say_where_cursus_is_is_told_how(tmp_path: Path) -> None:
    assert "does not say where Cursus is | set cursus.python" in refused(a_project(tmp_path), tmp_path)
    nowhere = a_project(tmp_path, cursus=CursusSettings(python="python3", source="gone"))
    assert "gone/src/cursus is not there | name a checkout of Cursus" in refused(nowhere, tmp_path)


@pytest.mark.slow
def test_an_older_interpreter_can_be_asked(tmp_path: Path) -> None:
    beside = Path(sys.base_prefix).parent.glob("3.8.*/bin/python3.8")  # as version managers lay them out
    python = next(beside, None) or shutil.which("python3.8")
    if python is None:
        pytest.skip("no Python 3.8 is here")
    a_cursus(tmp_path / "cursus")
    scenario = a_project(tmp_path, cursus=CursusSettings(python=str(python), source="cursus"))
    with pytest.raises(CannotRunError, match="no SageMaker SDK"):
        find_installation(scenario)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    a_cursus(tmp_path / "cursus")
    python = without_sdk(tmp_path)
    installed = next((tmp_path / "venv" / "lib").glob("python3*/site-packages")) / "sagemaker-2.257.7.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: sagemaker\nVersion: 2.257.7\n", encoding="utf-8")
    scenario = a_project(tmp_path, cursus=CursusSettings(python=str(python), source="cursus"))
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "File exists | check space and permissions" in refused(scenario, tmp_path / "file")


@pytest.mark.slow
def test_a_project_is_run_from_its_graph_and_configuration(
    project: Project, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    fixture = {"CradleDataLoading-Training": {"fixture": {"outputs": {"DATA": "synthetic:"}}}}
    scenario = E2ETestScenario.model_validate(
        {**project().model_dump(), "steps": fixture, "source_file": tmp_path / "scenario.yaml"}
    )
    outcome = workflow.run_scenarios([scenario], tmp_path / "reports")
    (result,) = outcome.report.scenarios
    assert {step.step_name: step.status.value for step in result.steps} == {
        "CradleDataLoading-Training": "not_executed",
        "TabularPreprocessing-Training": "succeeded",
        "Package": "succeeded",
    }, result.error_details
    assert outcome.report.exit_code == 0
    assert scenario.cursus
    place = preparation.CursusPlace(str(tmp_path / "dag.json"), scenario.cursus.python, str(tmp_path / "cursus"))
    config = scenario.path_of(scenario.pipeline_config_path)
    drafted = preparation.draft(config, tmp_path / "drafted.yaml", place)
    assert "  - TabularPreprocessing-Training\n" in drafted.read_text(encoding="utf-8")
