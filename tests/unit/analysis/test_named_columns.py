"""Which columns a step is told of."""

from __future__ import annotations

import json

import pytest

from builders import a_job
from cursus_readiness.analysis.named_columns import named_columns


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("LABEL_FIELD", "churned", ["churned"]),
        ("ID_COLUMN", "customer_id", ["customer_id"]),
        ("label_name", "y", ["y"]),
        ("CATEGORICAL_COLUMNS", '["plan", "region"]', ["plan", "region"]),
        ("FEATURE_COLUMNS", "age, plan", ["age", "plan"]),
        ("tab_field_list", '["a"]', ["a"]),
        ("NUM_FEATURES", "12", []),
        ("model_name", "xgb", []),
        ("OUTPUT_COLUMN", "score", []),
        ("DROP_COLUMNS", "a,b", []),
        ("PREDICTION_FIELD", "p", []),
        ("max_features", "sqrt", []),
        ("LABEL_FIELD", "{not a name}", []),
        ("FEATURES", "all", []),
        ("PATH", "/usr/bin,/bin", []),
    ],
)
def test_settings_are_known_by_their_names(setting: str, value: str, expected: list[str]) -> None:
    assert [column for _, column in named_columns(a_job(environment={setting: value}))] == expected


def test_hyperparameters_and_arguments_are_settings_too() -> None:
    given = {"label_name": '"y"', "id_name": "id", "cat_field_list": '["a", "b"]', "eta": "0.1", "fields": ["c"]}
    job = a_job(
        command=("python3", "train.py", "--target-column", "t", "--group-field=g", "--verbose", "--date-col", "--x"),
        files={"/opt/ml/input/config/hyperparameters.json": json.dumps(given)},
    )
    assert [column for _, column in named_columns(job)] == ["y", "id", "a", "b", "c", "t", "g"]


@pytest.mark.parametrize("text", ["{", "[1]", "null"])
def test_hyperparameters_that_are_none_are_passed_over(text: str) -> None:
    assert list(named_columns(a_job(files={"/opt/ml/input/config/hyperparameters.json": text}))) == []
