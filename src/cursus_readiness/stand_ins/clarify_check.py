"""Measures the bias of a dataset before training in the place of Clarify's own program."""

from __future__ import annotations

import json
import math

from bias_columns import column, read_dataset, split
from bias_metrics import DESCRIPTIONS, bias_metrics
from check_ending import MistakeError, baseline, end, end_with, write
from check_tables import files_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    Metrics = dict[tuple[str, str, str], float | None]

_SECTION = "pre_training_bias_metrics"


def main(told: dict[str, Any]) -> None:
    """Analyse the dataset, then compare the metrics with those of the baseline that was supplied."""
    config = read_config(told["inputs"]["analysis_config"])
    table = read_dataset(told["inputs"]["dataset"], config)
    print(f"{len(table)} rows, {len(table.columns)} columns", flush=True)
    analysis = analyse(table, config)
    write(told, "analysis.json", analysis)
    supplied = baseline(told, "constraints")
    if supplied is None:
        end(told, [], None)
        return
    try:
        before = metrics_by_place(supplied)
    except (KeyError, TypeError, AttributeError) as error:
        raise MistakeError(f"the supplied baseline has no {_SECTION} that can be read: {error!r}") from error
    end(told, compare(metrics_by_place(analysis), before), len(before))


def read_config(folder: str) -> dict[str, Any]:
    """The configuration of the analysis, as the SDK uploads it.

    Raises MistakeError for one that is none, or asks for something else.
    """
    (path, *_) = files_below(folder)
    try:
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        methods = config["methods"].get("pre_training_bias")
        facets = [facet["name_or_index"] for facet in config["facet"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MistakeError(f"the analysis configuration cannot be read: {error!r}") from error
    if not methods:
        raise MistakeError("the analysis configuration asks for no bias before training (methods.pre_training_bias)")
    if not facets or "label" not in config or not config.get("label_values_or_threshold"):
        raise MistakeError("the analysis configuration needs a facet, a label and label_values_or_threshold")
    if config.get("facet_dataset_uri"):
        raise MistakeError("the facets lie in a dataset of their own, which is not read here")
    return config  # type: ignore[no-any-return]


def analyse(table: pd.DataFrame, config: dict[str, Any]) -> dict[str, Any]:
    """The content of ``analysis.json``."""
    wanted = config["methods"]["pre_training_bias"].get("methods", "all")
    names = list(DESCRIPTIONS) if wanted in ("all", ["all"]) else list(wanted)
    label = column(table, config["label"], "label")
    (positive_text, is_positive), *_ = split(label, config["label_values_or_threshold"], "label")
    if not is_positive.any():
        raise MistakeError(f"no row has the label {positive_text}")
    group_name = config.get("group_variable")
    group = None if group_name is None else column(table, group_name, "group variable")
    facets = {}
    for facet in config["facet"]:
        series = column(table, facet["name_or_index"], "facet")
        facets[str(facet["name_or_index"])] = [
            {"value_or_threshold": text, "metrics": bias_metrics(names, is_positive, is_disfavoured, group)}
            for text, is_disfavoured in split(series, facet.get("value_or_threshold"), "facet")
        ]
    found = {"label": str(config["label"]), "facets": facets, "label_value_or_threshold": positive_text}
    return {"version": "1.0", _SECTION: found}


def metrics_by_place(analysis: dict[str, Any]) -> Metrics:
    """Every metric by facet, value and name; of an interval its lower end counts, the upper one is the data's."""
    return {
        (facet, value_of(part["value_or_threshold"]), metric["name"]): metric["value"]
        for facet, parts in analysis[_SECTION]["facets"].items()
        for part in parts
        for metric in part["metrics"]
    }


def value_of(text: str) -> str:
    """What tells a group in any dataset: its values or its threshold, which ``(35, 79]`` and ``(35.0, 80.5]`` share."""
    low, comma, _ = text.partition(",")
    if not (comma and text.startswith("(") and text.endswith("]")):
        return text
    try:
        return f"> {float(low.lstrip('('))}"
    except ValueError:
        return text


def compare(now: Metrics, before: Metrics) -> list[dict[str, Any]]:
    """A metric that differs from its peer in the baseline is a violation, says *Bias Drift Violations* of the guide."""
    violations = []
    for (facet, value, name), expected in before.items():
        found = now.get((facet, value, name))
        if expected is None or (
            found is not None and math.isclose(found, float(expected), rel_tol=1e-9, abs_tol=1e-12)
        ):
            continue
        description = f"Value {found} does not meet the constraint requirement {expected}"
        violations.append(
            {
                "facet": facet,
                "facet_value": value,
                "metric_name": name,
                "constraint_check_type": "bias_drift_check",
                "description": description,
            }
        )
    return violations


if __name__ == "__main__":
    end_with(main)
