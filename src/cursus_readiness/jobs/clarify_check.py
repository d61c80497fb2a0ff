"""ClarifyCheck steps: the bias of a dataset before training, compared with a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cursus_readiness.jobs.base import ArgumentsError, JobContext, UnsupportedJobError
from cursus_readiness.jobs.checks import Check, check_job, check_properties, read_check
from cursus_readiness.jobs.programs import program
from cursus_readiness.model.job import Job

Json = Any
_CHECK_TYPES = ("DATA_BIAS", "MODEL_BIAS", "MODEL_EXPLAINABILITY")
_FILES = {"constraints": "analysis.json"}
_CONFIG, _DATASET = "analysis_config", "dataset"
_BESIDE = ("bias_columns.py", "bias_metrics.py", "check_ending.py", "check_tables.py")


class ClarifyCheck:
    """A DATA_BIAS check, calculated with pandas in the place of Clarify's own program.

    The other two ask an endpoint that the service deploys for the length of the job.
    """

    step_type = "ClarifyCheck"

    def build(self, name: str, arguments: Mapping[str, Json], context: JobContext) -> Job:
        """The job of resolved Arguments."""
        check = _check(context)
        if check.check_type != "DATA_BIAS":
            raise UnsupportedJobError(
                f"a {check.check_type} check asks a deployed endpoint for predictions, and none is deployed here; "
                f"steps.{name}.fixture can stand for it"
            )
        calculation = program("clarify_check.py", "pandas for the program of Clarify", *_BESIDE)
        job = check_job(name, self.step_type, arguments, context, check=check, program=calculation)
        names = [item.name for item in job.inputs]
        if _CONFIG not in names or _DATASET not in names:
            raise ArgumentsError(".ProcessingInputs", f"inputs named {_CONFIG} and {_DATASET} are expected")
        inputs = (item.model_copy(update={"is_code": True}) if item.name == _CONFIG else item for item in job.inputs)
        return job.model_copy(update={"inputs": tuple(inputs)})

    def properties(self, arguments: Mapping[str, Json], context: JobContext) -> dict[str, Json]:
        """As DescribeProcessingJob answers, with the URIs of baselines."""
        return check_properties(arguments, context, _check(context), _FILES)


def _check(context: JobContext) -> Check:
    return read_check(context.members, _CHECK_TYPES, tuple(_FILES))
