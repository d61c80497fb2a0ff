"""QualityCheck and ClarifyCheck steps are calculated for real, compared with a baseline, and fail by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cursus_readiness import preparation, workflow
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from pipelines import output_of, processing, write_pipeline
from service_steps import ANALYSIS_CONFIG, clarify_check, quality_check

pytestmark = pytest.mark.slow
CODE = {"s3://bucket/code/": "local:code/"}
CONSTRAINTS = "s3://bucket/base/constraints.json"


def run(path: Path) -> tuple[E2ETestResult, Path]:
    """The result and the folder that stood for S3."""
    outcome = workflow.run(path, path.parent / "reports")
    return outcome.report.scenarios[0], outcome.layout.folder / ".work/pipeline/s3"


def step_of(result: E2ETestResult, name: str) -> StepResult:
    return next(step for step in result.steps if step.step_name == name)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def rows(folder: Path, *, bad: bool = False) -> pd.DataFrame:
    """A dataset in CSV at ``folder``/rows.csv."""
    table = pd.DataFrame({"age": range(100), "sex": ["f", "m"] * 50, "amount": [number / 4 for number in range(100)]})
    if bad:
        table.loc[0, "amount"] = None
        table.loc[1, "age"] = -1
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "rows.csv", index=False)
    return table


def test_a_baseline_is_calculated_and_what_later_steps_get_leads_to_it(tmp_path: Path) -> None:
    table = rows(tmp_path / "data")
    write = processing("Write", "write.py", inputs={"data": "s3://bucket/data/"}, outputs={"rows": "s3://bucket/rows"})
    check = quality_check("Check", output_of("Write", "rows"), RegisterNewBaseline=True)
    uris = [
        {"Get": f"Steps.Check.{when}{what}"}
        for when in ("CalculatedBaseline", "BaselineUsedForDriftCheck")
        for what in ("Constraints", "Statistics")
    ]
    use = processing("Use", "use.py", inputs={"constraints": uris[0]}, arguments=uris)
    script = """
import json, sys
assert sys.argv[1:] == ["s3://bucket/quality/constraints.json", "s3://bucket/quality/statistics.json"] * 2, sys.argv
assert json.load(open("/opt/ml/processing/input/constraints/constraints.json"))["features"]
"""
    copy = """
import shutil
shutil.copytree("/opt/ml/processing/input/data", "/opt/ml/processing/output/rows", dirs_exist_ok=True)
"""
    inputs = {**CODE, "s3://bucket/data/": "local:data/"}
    result, objects = run(
        write_pipeline(tmp_path, [write, check, use], {"write.py": copy, "use.py": script}, inputs=inputs)
    )
    assert result.success, [step.reason for step in result.steps]
    checked = step_of(result, "Check")
    assert (
        checked.stand_in == "pandas for the program of Model Monitor; no baseline is supplied, so nothing is compared"
    )
    assert checked.usage.peak_memory_bytes
    features = {item["name"]: item for item in read(objects / "bucket/quality/statistics.json")["features"]}
    assert features["amount"]["numerical_statistics"]["mean"] == table["amount"].mean()
    assert features["sex"]["string_statistics"]["distinct_count"] == 2
    assert [item.message for item in result.findings if item.step == "Check"] == [
        f"step 'Check' is executed by a stand-in: {checked.stand_in}"
    ]


def a_baseline(tmp_path: Path) -> dict[str, str]:
    """What serves the data of a check, its baseline and the code; the baseline is that of the good dataset."""
    rows(tmp_path / "good")
    (tmp_path / "first").mkdir()
    first = write_pipeline(
        tmp_path / "first",
        [quality_check("Check", "s3://bucket/data/")],
        {},
        inputs={"s3://bucket/data/": "local:../good/"},
    )
    _, objects = run(first)
    return {**CODE, "s3://bucket/base/": f"local:{objects}/bucket/quality/", "s3://bucket/data/": "local:data/"}


SUPPLIED: dict[str, Any] = {
    "SuppliedBaselineConstraints": CONSTRAINTS,
    "SuppliedBaselineStatistics": "s3://bucket/base/statistics.json",
}


def test_data_that_keeps_to_its_baseline_passes_and_other_data_fails_by_name(tmp_path: Path) -> None:
    inputs = a_baseline(tmp_path)
    rows(tmp_path / "data")
    rows(tmp_path / "bad", bad=True)
    inputs["s3://bucket/bad/"] = "local:bad/"
    steps = [
        quality_check("Good", "s3://bucket/data/", output="s3://bucket/good", **SUPPLIED),
        quality_check("Bad", "s3://bucket/bad/", output="s3://bucket/bad-out", **SUPPLIED),
        quality_check("Told", "s3://bucket/bad/", output="s3://bucket/told", FailOnViolation=False, **SUPPLIED),
        quality_check("Skipped", "s3://bucket/bad/", output="s3://bucket/skipped", SkipCheck=True, **SUPPLIED),
    ]
    use = processing("Use", "use.py", arguments=[{"Get": "Steps.Told.ExitMessage"}])
    script = "import sys; assert sys.argv[1].startswith('CompletedWithViolations: '), sys.argv"
    result, objects = run(write_pipeline(tmp_path, [*steps, use], {"use.py": script}, inputs=inputs))
    statuses = {step.step_name: step.status.value for step in result.steps}
    assert statuses == {
        "Good": "succeeded", "Bad": "failed", "Told": "succeeded", "Skipped": "succeeded", "Use": "succeeded"
    }, [step.reason for step in result.steps]  # fmt: skip
    assert step_of(result, "Bad").reason == (
        "exit code 1: 2 violations of the baseline's constraints, the first: age: non_negative_check: "
        "No number below 0 is expected. Observed: -1.0."
    )
    assert read(objects / "bucket/good/constraint_violations.json") == {"violations": []}
    kinds = [
        item["constraint_check_type"] for item in read(objects / "bucket/told/constraint_violations.json")["violations"]
    ]
    assert kinds == ["non_negative_check", "completeness_check"]
    assert step_of(result, "Skipped").stand_in == (
        "pandas for the program of Model Monitor; SkipCheck is set, so nothing is compared"
    )
    assert not (objects / "bucket/skipped/constraint_violations.json").exists()


def test_a_baseline_that_nothing_serves_is_missed_before_the_run(tmp_path: Path) -> None:
    path = write_pipeline(
        tmp_path, [quality_check("Check", "s3://bucket/data/", SuppliedBaselineConstraints=CONSTRAINTS)], {}
    )
    _, ((_, findings),) = preparation.check(path)
    assert f"nothing serves the file {CONSTRAINTS} of step 'Check'" in [finding.message for finding in findings]


@pytest.mark.parametrize("kind", ["csv without a header", "json lines", "json", "parquet", "two files"])
def test_every_format_gives_the_same_statistics(tmp_path: Path, kind: str) -> None:
    table = rows(tmp_path / "data")
    file, written = tmp_path / "data/rows.csv", {"csv": {"header": True}}
    if kind == "csv without a header":
        table.columns = pd.Index(["_c0", "_c1", "_c2"])
        table.to_csv(file, index=False, header=False)
        written = {"csv": {"header": False}}
    elif kind == "two files":
        table[:50].to_csv(file, index=False)
        table[50:].to_csv(file.with_name("more.csv"), index=False)
        (tmp_path / "data/_SUCCESS").touch()
    else:
        file.unlink()
        written = {"parquet": {}} if kind == "parquet" else {"json": {"lines": kind == "json lines"}}
        if kind == "parquet":
            table.to_parquet(tmp_path / "data/rows.parquet")
        else:
            table.to_json(tmp_path / "data/rows.json", orient="records", lines=kind == "json lines")
    check = quality_check("Check", "s3://bucket/data/", dataset_format=written)
    inputs = {"s3://bucket/data/": "local:data/"}
    result, objects = run(write_pipeline(tmp_path, [check], {}, inputs=inputs))
    assert result.success, [step.reason for step in result.steps]
    features = read(objects / "bucket/quality/statistics.json")["features"]
    assert [item["name"] for item in features] == list(table.columns)
    assert [item["inferred_type"] for item in features] == ["Integral", "String", "Fractional"]
    assert features[2]["numerical_statistics"]["std_dev"] == pytest.approx(table.iloc[:, 2].std(ddof=0))


def test_predictions_are_held_to_the_thresholds_of_their_baseline(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/predictions.csv").write_text("1,0.9,1\n0,0.4,1\n0,0.2,0\n1,0.7,0\n", encoding="utf-8")
    told = {
        "problem_type": "BinaryClassification",
        "inference_attribute": "_c0",
        "probability_attribute": "_c1",
        "ground_truth_attribute": "_c2",
    }
    (tmp_path / "base").mkdir()
    limits = {
        name: {"threshold": limit, "comparison_operator": "LessThanThreshold"}
        for name, limit in (("accuracy", 0.5), ("auc", 0.8))
    }
    baseline = {"version": 0.0, "binary_classification_constraints": limits}
    (tmp_path / "base/constraints.json").write_text(json.dumps(baseline), encoding="utf-8")
    written = {"csv": {"header": False}}
    steps = [
        quality_check("First", "s3://bucket/data/", dataset_format=written, predictions=told),
        quality_check(
            "Held",
            "s3://bucket/data/",
            output="s3://bucket/held",
            dataset_format=written,
            predictions=told,
            SuppliedBaselineConstraints=CONSTRAINTS,
        ),
    ]
    inputs = {"s3://bucket/data/": "local:data/", "s3://bucket/base/": "local:base/"}
    result, objects = run(write_pipeline(tmp_path, steps, {}, inputs=inputs))
    assert step_of(result, "First").status is StepStatus.SUCCEEDED, step_of(result, "First").reason
    metrics = read(objects / "bucket/quality/statistics.json")["binary_classification_metrics"]
    assert (metrics["accuracy"]["value"], metrics["auc"]["value"]) == (0.5, 0.75)
    assert step_of(result, "Held").reason == (
        "exit code 1: 1 violation of the baseline's constraints, the first: auc: LessThanThreshold: "
        "Metric auc with 0.75 was LessThanThreshold '0.8'"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "rows.csv cannot be read as CSV"),
        ("age,sex\n", "the dataset has no rows"),
    ],
)
def test_a_dataset_that_cannot_be_checked_is_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rows.csv").write_text(text, encoding="utf-8")
    inputs = {"s3://bucket/data/": "local:data/"}
    result, _ = run(write_pipeline(tmp_path, [quality_check("Check", "s3://bucket/data/")], {}, inputs=inputs))
    assert result.steps[0].status is StepStatus.FAILED
    assert reason in (result.steps[0].reason or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "the supplied baseline constraints cannot be read"),
        ("[]", "the supplied baseline constraints hold no JSON object"),
        ('{"features": [{}]}', "the supplied baseline is not one of a data quality check: KeyError('name')"),
    ],
)
def test_a_baseline_that_is_none_is_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    rows(tmp_path / "data")
    (tmp_path / "constraints.json").write_text(text, encoding="utf-8")
    inputs = {"s3://bucket/data/": "local:data/", CONSTRAINTS: "local:constraints.json"}
    check = quality_check("Check", "s3://bucket/data/", SuppliedBaselineConstraints=CONSTRAINTS)
    result, _ = run(write_pipeline(tmp_path, [check], {}, inputs=inputs))
    assert reason in (result.steps[0].reason or "")


CONFIG = {
    "dataset_type": "text/csv",
    "headers": ["age", "sex", "amount"],
    "label": "amount",
    "label_values_or_threshold": [10],
    "facet": [
        {"name_or_index": "sex", "value_or_threshold": ["f"]},
        {"name_or_index": "age", "value_or_threshold": [40]},
    ],
    "group_variable": "sex",
    "methods": {"pre_training_bias": {"methods": "all"}, "report": {"name": "report", "title": "Analysis Report"}},
}


def test_bias_is_measured_and_held_to_its_baseline(tmp_path: Path) -> None:
    table = rows(tmp_path / "data")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    supplied = "s3://bucket/base/analysis.json"
    first = clarify_check("First", "s3://bucket/data/rows.csv", output="s3://bucket/first")
    again = clarify_check(
        "Again",
        "s3://bucket/data/rows.csv",
        output="s3://bucket/again",
        SuppliedBaselineConstraints={"Get": "Steps.First.CalculatedBaselineConstraints"},
    )
    drift = clarify_check(
        "Drift", "s3://bucket/data/rows.csv", output="s3://bucket/drift", SuppliedBaselineConstraints=supplied
    )
    metric = {"name": "CI", "description": "", "value": 0.5}
    parts = [{"value_or_threshold": "f", "metrics": [metric]}]
    (tmp_path / "analysis.json").write_text(
        json.dumps({"pre_training_bias_metrics": {"facets": {"sex": parts}}}), encoding="utf-8"
    )
    inputs = {
        "s3://bucket/data/": "local:data/",
        ANALYSIS_CONFIG: "local:config.json",
        supplied: "local:analysis.json",
    }
    result, objects = run(write_pipeline(tmp_path, [first, again, drift], {}, inputs=inputs))
    assert [step.status.value for step in result.steps] == ["succeeded", "succeeded", "failed"], [
        step.reason for step in result.steps
    ]
    analysis = read(objects / "bucket/first/analysis.json")["pre_training_bias_metrics"]
    assert analysis["label_value_or_threshold"] == "(10.0, 24.75]"
    found = {item["name"]: item["value"] for item in analysis["facets"]["age"][0]["metrics"]}
    older = table["age"] > 40
    positive = table["amount"] > 10
    assert found["CI"] == pytest.approx((41 - 59) / 100)
    assert found["DPL"] == pytest.approx(positive[~older].mean() - positive[older].mean())
    assert read(objects / "bucket/again/constraint_violations.json") == {"violations": []}
    assert step_of(result, "Drift").reason == (
        "exit code 1: 1 violation of the baseline's constraints, the first: sex f CI: bias_drift_check: "
        "Value 0.0 does not meet the constraint requirement 0.5"
    )


def test_an_environment_without_pandas_is_named(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    rows(tmp_path / "data")
    inputs = {"s3://bucket/data/": "local:data/"}
    steps = [quality_check("Check", "s3://bucket/data/")]
    result, _ = run(write_pipeline(tmp_path, steps, {}, inputs=inputs, python="venv/bin/python"))
    assert result.steps[0].reason == (
        "exit code 1: the check is calculated with pandas, which the step's environment does not have: "
        "No module named 'pandas'"
    )
