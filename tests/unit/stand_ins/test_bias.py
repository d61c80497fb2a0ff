"""Metrics of bias agree with what SciPy and plain counting say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bias_columns import column, read_dataset, split
from bias_metrics import bias_metrics
from check_ending import MistakeError
from clarify_check import analyse, compare, metrics_by_place, read_config, value_of
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

ALL = ["CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
rows_of = st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from("uvw")), min_size=2, max_size=40)


def measured(rows: list[tuple[bool, bool, str]], *, with_group: bool = True) -> dict[str, dict[str, Any]]:
    positive, facet, group = (pd.Series(list(values)) for values in zip(*rows, strict=True))
    found = bias_metrics(ALL, positive, facet, group if with_group else None)
    assert [metric["name"] for metric in found] == ALL
    return {metric["name"]: metric for metric in found}


@given(rows_of)
def test_metrics_agree_with_an_independent_calculation(rows: list[tuple[bool, bool, str]]) -> None:
    found = measured(rows)
    a = [positive for positive, facet, _ in rows if not facet]
    d = [positive for positive, facet, _ in rows if facet]
    if not a or not d:
        assert all(metric["value"] is None and metric["error"] for metric in found.values())
        return
    assert found["CI"]["value"] == pytest.approx((len(a) - len(d)) / len(rows))
    assert found["DPL"]["value"] == pytest.approx(np.mean(a) - np.mean(d))
    shares = [(np.mean([x is truth for x in a]), np.mean([x is truth for x in d])) for truth in (False, True)]
    common = [(float(p), float(q)) for p, q in shares if p and q]
    if not common:
        assert found["KL"] == {**found["KL"], "value": None, "error": "the two groups have no outcome in common"}
        return
    p, q = np.array(common).T
    assert found["KL"]["value"] == pytest.approx(float(np.sum(p * np.log(p / q))))
    assert found["LP"]["value"] == pytest.approx(distance.euclidean(p, q))
    assert found["TVD"]["value"] == pytest.approx(distance.cityblock(p, q) / 2)
    assert found["KS"]["value"] == pytest.approx(distance.chebyshev(p, q))
    if len(common) == 2:
        assert found["KL"]["value"] == pytest.approx(stats.entropy(p, q), abs=1e-12)
        assert found["JS"]["value"] == pytest.approx(distance.jensenshannon(p, q) ** 2, abs=1e-9)


@given(rows_of)
def test_disparity_within_groups_agrees_with_counting(rows: list[tuple[bool, bool, str]]) -> None:
    found = measured(rows)["CDDL"]
    if found["value"] is None:
        assert found["error"]
        return
    total = 0.0
    for name in "uvw":
        inside = [(positive, facet) for positive, facet, group in rows if group == name]
        rejected = [facet for positive, facet in inside if not positive]
        accepted = [facet for positive, facet in inside if positive]
        gap = (sum(rejected) / len(rejected) if rejected else 0) - (sum(accepted) / len(accepted) if accepted else 0)
        total += len(inside) * gap
    assert found["value"] == pytest.approx(total / len(rows))


def test_without_a_group_there_is_no_conditional_disparity() -> None:
    found = measured([(True, True, "u"), (False, False, "u")], with_group=False)
    assert found["CDDL"]["value"] is None
    assert found["CDDL"]["error"] == "no group variable is given"


def test_the_numbers_of_a_small_table() -> None:
    rows = [(True, False, "u")] * 6 + [(False, False, "u")] * 2 + [(True, True, "v")] * 1 + [(False, True, "v")] * 3
    found = {name: metric["value"] for name, metric in measured(rows).items()}
    assert found == pytest.approx(
        {
            "CI": (8 - 4) / 12,
            "DPL": 0.75 - 0.25,
            "KL": 0.75 * np.log(3) + 0.25 * np.log(1 / 3),
            "JS": 0.75 * np.log(1.5) + 0.25 * np.log(0.5),
            "LP": 2**0.5 / 2,
            "TVD": 0.5,
            "KS": 0.5,
            "CDDL": 0.0,  # each group is all of one facet
        }
    )


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(MistakeError, match="'XX' is no metric of bias before training"):
        bias_metrics(["XX"], pd.Series([True]), pd.Series([True]), None)


@pytest.mark.parametrize(
    ("values", "chosen", "text", "meant"),
    [
        (["f", "m", None], ["f"], "f", [True, False, False]),
        (["f", "m", "x"], ["f", "x"], "f,x", [True, False, True]),
        ([0.1, 0.7, 0.7001], [0.7], "(0.7, 0.7001]", [False, False, True]),
        (list(range(21)), [19], "(19, 20]", [False] * 20 + [True]),
        ([0, 1] * 30, [1], "1", [False, True] * 30),
        ([0, 1] * 30, ["1"], "1", [False, True] * 30),
        ([True, False], ["True"], "True", [True, False]),
        ([1, 2, 3], [1, 3], "1,3", [True, False, True]),
    ],
)
def test_rows_are_meant_by_value_or_above_a_threshold(
    values: list[Any], chosen: list[Any], text: str, meant: list[bool]
) -> None:
    series = column(pd.DataFrame({"a": values}), "a", "facet")
    ((found_text, found),) = split(series, chosen, "facet")
    assert (found_text, found.tolist()) == (text, meant)


def test_each_value_is_meant_once_when_none_is_chosen() -> None:
    series = column(pd.DataFrame({"a": ["x", "y", "x", None]}), "a", "facet")
    assert [text for text, _ in split(series, None, "facet")] == ["x", "y"]
    with pytest.raises(MistakeError, match="'a' is continuous and needs a threshold"):
        split(pd.Series([0.1, 0.2], name="a"), None, "facet")
    with pytest.raises(MistakeError, match="'high' is no threshold"):
        split(pd.Series([0.1, 0.2], name="a"), ["high"], "facet")


CONFIG: dict[str, Any] = {
    "dataset_type": "text/csv",
    "label": "y",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
    "methods": {"pre_training_bias": {"methods": "all"}},
}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("y,sex\n1,f\n0,m\n", {}),
        ("y,sex\n1,f\n0,m\n", {"headers": ["y", "sex"]}),
        ("1,f\n0,m\n", {"headers": ["y", "sex"]}),
        ("1,f\n0,m\n", {"label": 0, "facet": [{"name_or_index": 1}]}),
        ("y,sex\n1,f\n0,m\n", {"label": 0, "facet": [{"name_or_index": 1}]}),
    ],
)
def test_a_first_row_of_names_is_told_from_one_of_data(tmp_path: Path, text: str, change: dict[str, Any]) -> None:
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    table = read_dataset(str(tmp_path), {**CONFIG, **change})
    assert column(table, 0, "label").tolist() == [1, 0]


def test_records_may_nest_their_features(tmp_path: Path) -> None:
    records = [
        {"data": {"features": {"values": [9, "f"]}, "label": 1}},
        {"data": {"features": {"values": [8, "m"]}, "label": 0}},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    config = {"dataset_type": "application/jsonlines", "features": "data.features.values", "label": "data.label"}
    table = read_dataset(str(tmp_path), {**config, "headers": ["age", "sex", "y"]})
    assert table.to_dict("list") == {"age": [9, 8], "sex": ["f", "m"], "data.label": [1, 0]}
    with pytest.raises(MistakeError, match="only a path of names"):
        read_dataset(str(tmp_path), {**config, "features": "data[0]"})
    with pytest.raises(MistakeError, match=r"has no data\.rows"):
        read_dataset(str(tmp_path), {**config, "features": "data.rows"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": {"post_training_bias": {}}}, "asks for no bias before training"),
        ({"facet": []}, "needs a facet, a label and label_values_or_threshold"),
        ({"label_values_or_threshold": None}, "needs a facet, a label and label_values_or_threshold"),
        ({"facet": [{}]}, "cannot be read: KeyError"),
        ({"facet_dataset_uri": "s3://b/x"}, "lie in a dataset of their own"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_why(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    (tmp_path / "analysis_config.json").write_text(json.dumps({**CONFIG, **change}), encoding="utf-8")
    with pytest.raises(MistakeError, match=message):
        read_config(str(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "z"}, "the dataset has no column 'z' for the label; there are y, sex"),
        ({"facet": [{"name_or_index": 7}]}, "the dataset has no column 7 for the facet"),
        ({"label_values_or_threshold": [5]}, "no row has the label 5"),
    ],
)
def test_a_dataset_that_does_not_fit_says_why(change: dict[str, Any], message: str) -> None:
    table = pd.DataFrame({"y": ["1", "0"] * 30, "sex": ["f", "m"] * 30})
    with pytest.raises(MistakeError, match=message):
        analyse(table, {**CONFIG, **change})


def test_a_group_is_told_by_its_values_or_its_threshold() -> None:
    assert value_of("(35, 79]") == value_of("(35.0, 80.5]") == "> 35.0"
    assert [value_of(text) for text in ("f", "f,x", "(a, b]", "(1)")] == ["f", "f,x", "(a, b]", "(1)"]


def test_an_analysis_differs_from_its_baseline_where_its_metrics_do() -> None:
    table = pd.DataFrame({"y": ["1", "0", "1", "0"] * 10, "sex": ["f", "m", "m", "m"] * 10, "age": np.arange(40) / 3})
    config = {**CONFIG, "facet": [*CONFIG["facet"], {"name_or_index": "age", "value_or_threshold": [6]}]}
    before = json.loads(json.dumps(analyse(table, config)))
    assert compare(metrics_by_place(analyse(table, config)), metrics_by_place(before)) == []
    longer = pd.concat([table, pd.DataFrame({"y": ["1"], "sex": ["f"], "age": [50.0]})], ignore_index=True)
    found = compare(metrics_by_place(analyse(longer, config)), metrics_by_place(before))
    assert {(item["facet"], item["facet_value"]) for item in found} == {("sex", "f"), ("age", "> 6.0")}
    assert {item["constraint_check_type"] for item in found} == {"bias_drift_check"}
    gone = compare(metrics_by_place(analyse(table, CONFIG)), metrics_by_place(before))
    assert {item["facet"] for item in gone} == {"age"}
    assert gone[0]["description"].startswith("Value None does not meet")
