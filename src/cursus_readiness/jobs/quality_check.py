"""QualityCheck steps: statistics and constraints of a dataset or of predictions, compared with a baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError, mapping_of
from cursus_readiness.jobs.checks import Check, check_job, check_properties, read_check
from cursus_readiness.jobs.programs import program
from cursus_readiness.model.job import Job

Json = Any
_FORMATS = ("csv", "json", "parquet")
_FILES = {"constraints": "constraints.json", "statistics": "statistics.json"}
_BESIDE = ("check_ending.py", "check_tables.py", "data_quality.py", "model_quality.py")


class QualityCheck:
    """A DATA_QUALITY or MODEL_QUALITY check, calculated with pandas in the place of Model Monitor's own program."""

    step_type = "QualityCheck"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        check = _check(context)
        environment = mapping_of(arguments.get("Environment"), ".Environment")
        _require_format(environment.get("dataset_format"))
        if environment.get("record_preprocessor_script"):
            raise UnsupportedJobError(
                "records go through a preprocessor script of Model Monitor's, which is not run here"
            )
        label = "pandas for the program of Model Monitor"
        if environment.get("post_analytics_processor_script"):
            label += "; the post-analytics script is not run"
        calculation = program("quality_check.py", label, *_BESIDE)
        return check_job(name, self.step_type, arguments, context, check=check, program=calculation)

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeProcessingJob answers, with the URIs of baselines."""
        return check_properties(arguments, context, _check(context), _FILES)


def _check(context: JobContext) -> Check:
    return read_check(context.members, ("DATA_QUALITY", "MODEL_QUALITY"), tuple(_FILES))


def _require_format(text: Json) -> None:
    """Let pass the formats that are read.

    Raises UnsupportedJobError for others, ArgumentsError for none.
    """
    if is_late(text):
        return
    at = ".Environment.dataset_format"
    try:
        written = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        raise ArgumentsError(at, f"a format as JSON is expected, not {text!r}") from None
    if not isinstance(written, dict) or len(written) != 1:
        raise ArgumentsError(at, f"one format is expected, not {text!r}")
    kind = next(iter(written))
    if kind not in _FORMATS:
        raise UnsupportedJobError(f"the dataset is {kind}; {', '.join(_FORMATS)} are read here")
