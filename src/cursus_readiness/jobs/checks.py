"""What QualityCheck and ClarifyCheck steps share: a Processing job, and a baseline that it is checked against.

The lifecycle of baselines is that of the SageMaker developer guide, *Baseline calculation, drift detection and
lifecycle with ClarifyCheck and QualityCheck steps*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cursus_readiness.definitions.expressions import is_late
from cursus_readiness.jobs.base import ArgumentsError, JobContext, MembersError, s3_uri, text_member
from cursus_readiness.jobs.processing import Processing, processing_job
from cursus_readiness.jobs.programs import PROGRAM_DIR, Program
from cursus_readiness.model.job import Job, JobInput

Json = Any
_BASELINE_DIR = "/opt/ml/processing/baseline"


@dataclass(frozen=True, slots=True)
class Check:
    """What a check step is told beside its Arguments; ``supplied`` are the URIs of its baseline, by kind."""

    check_type: str
    is_skipped: bool
    fails_on_violation: bool
    registers: bool
    supplied: Mapping[str, str]

    @property
    def compares(self) -> bool:
        """Whether there is something to compare with, and it is to be compared."""
        return not self.is_skipped and "constraints" in self.supplied


def read_check(members: Mapping[str, Json], check_types: tuple[str, ...], baselines: tuple[str, ...]) -> Check:
    """The members of a check step of these types, with these kinds of baseline files.

    Raises MembersError for what does not fit.
    """
    kind = members.get("CheckType")
    if kind not in check_types:
        raise MembersError(".CheckType", f"{kind!r} is none of {', '.join(check_types)}")
    supplied = {name: members.get(f"SuppliedBaseline{name.title()}") for name in baselines}
    for name, uri in supplied.items():
        if uri is not None and not isinstance(uri, str):
            raise MembersError(f".SuppliedBaseline{name.title()}", f"text is expected, not {uri!r}")
    return Check(
        check_type=kind,
        is_skipped=_flag(members, "SkipCheck", default=False),
        fails_on_violation=_flag(members, "FailOnViolation", default=True),
        registers=_flag(members, "RegisterNewBaseline", default=False),
        supplied={name: _supplied_uri(name, uri) for name, uri in supplied.items() if uri},
    )


def check_job(
    name: str, step_type: str, arguments: Mapping[str, Json], context: JobContext, *, check: Check, program: Program
) -> Job:
    """The job of a check whose calculation is done by ``program``; what it cannot check is said in its label."""
    job = processing_job(name, step_type, ("python3", program.path), arguments, context)
    if not job.outputs:
        raise ArgumentsError(".ProcessingOutputConfig.Outputs", "a check needs an output")
    baseline = tuple(
        JobInput(name=f"baseline_{kind}", uri=uri, path=f"{_BASELINE_DIR}/{kind}", is_code=True)
        for kind, uri in (check.supplied.items() if check.compares else ())
    )
    instructions = {
        "check_type": check.check_type,
        "is_skipped": check.is_skipped,
        "fails_on_violation": check.fails_on_violation,
        "baseline": {item.name.removeprefix("baseline_"): item.path for item in baseline},
        "inputs": {item.name: item.path for item in job.inputs},
        "output": job.outputs[0].path,
        "message_file": job.message_files[0],
    }
    told = {f"{PROGRAM_DIR}/instructions.json": json.dumps(instructions)}
    return job.model_copy(
        update={
            "files": {**job.files, **program.files, **told},
            "inputs": (*job.inputs, *baseline),
            "stand_in": f"{program.stand_in}{_reservation(check)}",
            "own_requirements": ("pandas", "pyarrow"),
        }
    )


def check_properties(
    arguments: Mapping[str, Json], context: JobContext, check: Check, files: Mapping[str, str]
) -> dict[str, Json]:
    """As DescribeProcessingJob answers, with the URIs of baselines; ``files`` are the calculated ones, by kind.

    There is no model registry here: where the baseline of its latest approved model would be used, the calculated one
    is.
    """
    job = Processing().properties(arguments, context)
    folder = text_member(arguments, "ProcessingOutputConfig", "Outputs", 0, "S3Output", "S3Uri").rstrip("/")
    calculated = {kind: f"{folder}/{file}" for kind, file in files.items()}
    used = calculated if check.registers else {**calculated, **check.supplied}
    return {
        **job,
        **{f"CalculatedBaseline{kind.title()}": uri for kind, uri in calculated.items()},
        **{f"BaselineUsedForDriftCheck{kind.title()}": uri for kind, uri in used.items()},
    }


def _flag(members: Mapping[str, Json], name: str, *, default: bool) -> bool:
    """True or false, also when a parameter holds it as text."""
    value = members.get(name)
    if value is None or is_late(value):
        return default
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise MembersError(f".{name}", f"true or false is expected, not {value!r}")
    return value


def _supplied_uri(kind: str, uri: str) -> str:
    at = f".SuppliedBaseline{kind.title()}"
    try:
        return s3_uri(uri, at)
    except ArgumentsError as error:
        raise MembersError(at, error.message) from error


def _reservation(check: Check) -> str:
    if check.is_skipped:
        return "; SkipCheck is set, so nothing is compared"
    return "" if check.compares else "; no baseline is supplied, so nothing is compared"
