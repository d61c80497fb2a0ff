"""The step types that are executed: one explicit line each."""

from __future__ import annotations

from cursus_readiness.jobs.base import JobType
from cursus_readiness.jobs.callback import Callback
from cursus_readiness.jobs.clarify_check import ClarifyCheck
from cursus_readiness.jobs.lambda_step import Lambda
from cursus_readiness.jobs.model import Model
from cursus_readiness.jobs.processing import Processing
from cursus_readiness.jobs.quality_check import QualityCheck
from cursus_readiness.jobs.register_model import RegisterModel
from cursus_readiness.jobs.training import Training
from cursus_readiness.jobs.transform import Transform
from cursus_readiness.jobs.tuning import Tuning

JOB_TYPES: dict[str, JobType] = {
    job_type.step_type: job_type
    for job_type in (
        Processing(),
        Training(),
        Tuning(),
        Model(),
        RegisterModel(),
        Transform(),
        Lambda(),
        Callback(),
        QualityCheck(),
        ClarifyCheck(),
    )
}
