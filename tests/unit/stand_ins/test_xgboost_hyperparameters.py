"""Hyperparameters of the built-in algorithm are checked as its container does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xgboost_hyperparameters import CHOICES, INTEGERS, NUMBERS, TEXTS, MistakeError, checked


def test_texts_get_the_types_that_the_library_wants() -> None:
    given = {
        "num_round": "10",
        "learning_rate": "0.3",
        "objective": "binary:logistic",
        "eval_metric": "auc, error@0.7",
        "_tuning_objective_metric": "validation:auc",
        "sagemaker_job_name": "x",
    }
    assert checked(given) == {
        "num_round": 10,
        "eta": 0.3,
        "objective": "binary:logistic",
        "eval_metric": ["auc", "error@0.7"],
        "_tuning_objective_metric": "validation:auc",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"num_round": None}, "num_round is missing", id="no rounds"),
        pytest.param({"num_rounds": "3"}, "no 'num_rounds'", id="an unknown one"),
        pytest.param({"num_round": "0"}, r"0 is not in \[1, inf\]", id="too few rounds"),
        pytest.param({"num_round": "2.5"}, "'2.5' is not a whole number", id="half a round"),
        pytest.param({"eta": "fast"}, "'fast' is not a number", id="a word for a number"),
        pytest.param({"eta": "1.01"}, r"1.01 is not in \[0, 1\]", id="above an end that is in"),
        pytest.param({"subsample": "0"}, r"0.0 is not in \(0, 1\]", id="an end that is out"),
        pytest.param({"booster": "forest"}, "none of gbtree, gblinear, dart", id="an unknown choice"),
        pytest.param({"eval_metric": "rmse,rsme"}, "'rsme' is no metric", id="a misspelt metric"),
        pytest.param({"eval_metric": "error@x"}, "'x' is not a threshold", id="a threshold that is none"),
        pytest.param({"_tuning_objective_metric": "train:rmse"}, "is none of validation:", id="tuning on train"),
        pytest.param({"objective": "multi:softmax"}, "needs the hyperparameter num_class", id="no number of classes"),
        pytest.param({"eval_metric": "auc"}, "not for objective reg:squarederror", id="auc of a regression"),
        pytest.param({"eval_metric": "aft-nloglik"}, "is for objective survival:aft", id="another's likelihood"),
        pytest.param({"monotone_constraints": "(1,0)"}, "exact, hist", id="constraints without a method"),
    ],
)
def test_each_mistake_is_named(changes: dict[str, str | None], message: str) -> None:
    given = {"num_round": "10", **changes}
    with pytest.raises(MistakeError, match=message):
        checked({name: value for name, value in given.items() if value is not None})


@given(st.dictionaries(st.sampled_from([*INTEGERS, *NUMBERS, *CHOICES, *TEXTS, "else"]), st.text(max_size=6)))
def test_any_texts_are_accepted_or_explained(given: dict[str, str]) -> None:
    try:
        found = checked({"num_round": "1", **given})
    except MistakeError as error:
        found = {str(error): 0}
    assert all(found), "an explanation says something"
