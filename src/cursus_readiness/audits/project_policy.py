"""The policy of a project: the text of ``readiness.toml`` becomes what runs are judged by, or a list of mistakes."""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, fields
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from cursus_readiness.audits.base import AuditMeta
from cursus_readiness.audits.criteria import CRITERIA
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.audits.toml_lines import line_of
from cursus_readiness.model.audit import Level
from cursus_readiness.model.base import Model
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.policy import (
    Budget,
    DiscoverySettings,
    PolicyWaiver,
    ProjectSettings,
    Stage,
    StagePolicy,
    Strictness,
    TrustedSigner,
    ValidationSettings,
    usual_stages,
)

PYPROJECT = "pyproject.toml"
METAS = {meta.id: meta for meta in (*(audit.meta for audit in AUDITS), *(item.meta for item in CRITERIA))}


class ProjectPolicy(Model):
    """``readiness.toml``, or ``[tool.readiness]`` of ``pyproject.toml``."""

    discovery: DiscoverySettings = DiscoverySettings()
    validation: ValidationSettings = ValidationSettings()
    thresholds: Policy = Field(default=Policy(), description="What counts as too much or too little.")
    levels: dict[str, Strictness] = Field(default_factory=dict, description="Audit -> gate or must; never weaker.")
    budgets: tuple[Budget, ...] = ()
    waivers: tuple[PolicyWaiver, ...] = ()
    environments: dict[Stage, StagePolicy] = Field(default_factory=usual_stages)
    project: ProjectSettings = ProjectSettings()
    signers: tuple[TrustedSigner, ...] = ()

    @field_validator("thresholds")
    @classmethod
    def _are_numbers(cls, value: Policy) -> Policy:
        for name, number in asdict(value).items():
            if not math.isfinite(number) or number < 0:
                raise _wrong("a number of 0 or more is expected", name)
        return value

    @field_validator("levels")
    @classmethod
    def _are_not_weaker(cls, value: dict[str, Strictness]) -> dict[str, Strictness]:
        for name, strictness in value.items():
            meta = _meta(name, name)
            if strictness is Strictness.ADVICE and meta.level is Level.GATE:
                raise _wrong("it is a gate and stays one; accept a failure of it with a waiver", name)
            if strictness is Strictness.GATE and meta.is_must:
                raise _wrong("it is a must and stays one", name)
        return value

    @field_validator("environments")
    @classmethod
    def _have_all(cls, value: dict[Stage, StagePolicy]) -> dict[Stage, StagePolicy]:
        return {**usual_stages(), **value}

    @model_validator(mode="after")
    def _waive_what_may_be_waived(self) -> ProjectPolicy:
        for number, waiver in enumerate(self.waivers):
            place = ("waivers", number, "audit")
            if self.is_must(_meta(waiver.audit, *place).id):
                raise _wrong(f"{waiver.audit} is a must: it cannot be waived", *place)
        return self

    def is_must(self, audit: str) -> bool:
        """Whether a failure of an audit cannot be waived."""
        return METAS[audit].is_must or self.levels.get(audit) is Strictness.MUST

    def is_gate(self, audit: str) -> bool:
        """Whether a failure of an audit keeps a run from being ready, where the policy says so."""
        return METAS[audit].level is Level.GATE or audit in self.levels


def policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy, for editors."""
    schema = ProjectPolicy.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _meta(name: str, *place: str | int) -> AuditMeta:
    if name not in METAS:
        raise _wrong(f"no audit is named {name!r}{_meant(name, METAS)}", *place)
    return METAS[name]


def _wrong(message: str, *place: str | int) -> PydanticCustomError:
    """A mistake at a place below the field that is looked at."""
    return PydanticCustomError("policy", "{message}", {"message": message, "place": place})


def _meant(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def parse_policy(text: str, source: str) -> tuple[ProjectPolicy | None, tuple[Finding, ...]]:
    """The policy, or every mistake as ``file:line: field: message``."""
    is_pyproject = source.rpartition("/")[2] == PYPROJECT
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, (_mistake(source, str(error)),)
    prefix = ("tool", "readiness") if is_pyproject else ()
    for name in prefix:
        table = table.get(name, {}) if isinstance(table, dict) else {}
    try:
        return ProjectPolicy.model_validate(table), ()
    except ValidationError as error:
        return None, tuple(_finding(text, source, prefix, item) for item in error.errors())


def broken_policy(source: str, problem: str) -> Finding:
    """The finding on a policy that could not be read."""
    return _mistake(source, problem)


def _mistake(place: str, message: str) -> Finding:
    return Finding(
        id="broken-policy", severity=Severity.ERROR, message=message, place=place, remedy="Correct the policy."
    )


def _finding(text: str, source: str, prefix: tuple[str, ...], item: Any) -> Finding:
    location: tuple[str | int, ...] = (*item["loc"], *item.get("ctx", {}).get("place", ()))
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        message = f"unknown field{_meant(str(location[-1]), _names_beside(location))}"
    elif item["type"] == "missing":
        message = "this field is required"
    field = ".".join(map(str, location))
    return _mistake(f"{source}:{line_of(text, (*prefix, *location))}: {field}", message)


def _names_beside(location: tuple[str | int, ...]) -> list[str]:
    """The fields that there are where one is not known."""
    if location[0] == "thresholds":
        return [field.name for field in fields(Policy)]
    nested: dict[str | int, type[BaseModel]] = {
        "discovery": DiscoverySettings,
        "validation": ValidationSettings,
        "budgets": Budget,
        "waivers": PolicyWaiver,
        "environments": StagePolicy,
        "project": ProjectSettings,
        "signers": TrustedSigner,
    }
    return list(
        nested.get(location[0], ProjectPolicy).model_fields if len(location) > 1 else ProjectPolicy.model_fields
    )
