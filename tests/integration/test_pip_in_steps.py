"""Steps that call pip, in their own root."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness import workflow
from cursus_readiness.model.result import StepStatus
from cursus_readiness.scenarios.loading import load_scenario
from pipelines import processing, write_pipeline

LOOK = """
import json, os, subprocess, sys
print(os.environ["PYTHONPATH"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "pydantic>=2", "no-such-thing==1"])
subprocess.check_call(["pip", "install", "-r", "/opt/ml/processing/input/code/requirements.txt"])
import pip
calls = [json.loads(line)["requirements"] for line in open(os.path.expanduser("~/.readiness-pip.jsonl"))]
print(json.dumps([[item["satisfied"] for item in call] for call in calls]))
"""
RUNPROC = """set -e
cd /opt/ml/processing/input/code/
pip uninstall --yes typing
pip install -r requirements.txt
python look.py "$@"
"""


def test_pip_changes_nothing_and_is_noted_and_the_jobs_own_path_comes_first(tmp_path: Path) -> None:
    code = {"S3Uri": "s3://bucket/code/", "LocalPath": "/opt/ml/processing/input/code"}
    step = processing("Look", "look.py", entrypoint=["/bin/bash", "/opt/ml/processing/input/code/runproc.sh"])
    step["Arguments"]["ProcessingInputs"] = [{"InputName": "code", "S3Input": code}]
    step["Arguments"]["Environment"] = {"PYTHONPATH": "/opt/ml/own"}
    scripts = {"look.py": LOOK, "runproc.sh": RUNPROC, "requirements.txt": "pydantic\n"}
    scenario = load_scenario(write_pipeline(tmp_path, [step], scripts))
    outcome = workflow.run_scenarios([scenario], tmp_path / "reports")
    assert [item.status for item in outcome.report.scenarios[0].steps] == [StepStatus.SUCCEEDED]
    files = outcome.layout.scenario("pipeline")
    said = files.step("Look").stdout.read_text(encoding="utf-8")
    assert "pip uninstall: nothing is changed here" in said
    assert "/opt/ml/own:" in said
    assert "does not satisfy no-such-thing==1" in said
    assert said.count("the environment has it all") == 2
    assert "[[], [true], [true, false], [true]]" in said
