"""Parse the JSON text of a definition, and say of each mistake of shape where it is."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from cursus_readiness.definitions.model import (
    PARAMETER_TYPES,
    VERSION,
    Branch,
    Dependency,
    InvalidDefinitionError,
    Parameter,
    PipelineDefinition,
    PropertyFile,
    Step,
    Trigger,
    hint,
    invalid,
)
from cursus_readiness.model.finding import Finding, Severity

Json = Any
_DEEPEST = 100
_TRIGGERS = ("Succeeded", "Failed", "Stopped", "Any")
_BRANCHES = (("IfSteps", True), ("ElseSteps", False))
_COMMON = ("Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description", "PropertyFiles", "CacheConfig")
_MEMBERS = (*_COMMON, "RetryPolicies")
_EXCEPTIONS = (
    *("Step.SERVICE_FAULT", "Step.THROTTLING", "SageMaker.JOB_INTERNAL_ERROR"),
    *("SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"),
)
# The spellings of a duration that definitions in use have: P30D, p30d, 30d, T12H, 30dT5h, PT1H.
_DURATION = re.compile(r"p?(\d+[ymwd])*(t?(\d+[hms])+)?", re.IGNORECASE)


def parse(text: str) -> PipelineDefinition:
    """The definition that a JSON text holds.

    Raises InvalidDefinitionError with every mistake of shape that was found.
    """
    document = _document(text)
    findings: list[Finding] = []
    parameters = _parameters(document.get("Parameters") or [], findings)
    reader = _StepReader(findings)
    reader.read(document["Steps"], "$.Steps", None)
    if not reader.steps and not findings:
        findings.append(invalid("$.Steps", "the pipeline has no steps"))
    experiment = document.get("PipelineExperimentConfig") or {}
    if not isinstance(experiment, dict):
        findings.append(invalid("$.PipelineExperimentConfig", "an object is expected"))
    notes = _version(document.get("Version"), findings)
    if findings:
        raise InvalidDefinitionError(findings)
    return PipelineDefinition(parameters, reader.steps, experiment, notes)


def _document(text: str) -> dict[str, Json]:
    """The JSON object, which can be stored as UTF-8 and is not nested beyond reason."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "$"
        reason = "nested too deeply" if isinstance(error, RecursionError) else getattr(error, "msg", str(error))
        raise InvalidDefinitionError([invalid(where, f"not valid JSON: {reason}")]) from error
    deepest = _deep_place(document)
    if deepest:
        raise InvalidDefinitionError([invalid(deepest, f"nested more than {_DEEPEST} levels deep")])
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidDefinitionError(
            [invalid("$", "holds text that UTF-8 cannot: half of a surrogate pair")]
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("Steps"), list):
        message = "not a SageMaker pipeline definition: an object with a list 'Steps' is expected"
        remedy = "write it with `Pipeline.definition()` or `cursus compile`"
        raise InvalidDefinitionError([invalid("$", message, remedy=remedy)])
    return document


def _deep_place(document: Json) -> str | None:
    """Where the document is nested too deeply, found without recursion."""
    pending: list[tuple[Json, str, int]] = [(document, "$", 0)]
    while pending:
        value, at, depth = pending.pop()
        if depth > _DEEPEST:
            return at[:200]
        if isinstance(value, dict):
            pending += [
                (item, f"{at}.{key}", depth + 1) for key, item in value.items() if isinstance(item, dict | list)
            ]
        elif isinstance(value, list):
            pending += [
                (item, f"{at}[{index}]", depth + 1) for index, item in enumerate(value) if isinstance(item, dict | list)
            ]
    return None


def _version(version: Json, findings: list[Finding]) -> tuple[Finding, ...]:
    if version == VERSION:
        return ()
    if version is not None:
        findings.append(invalid("$.Version", f"version {version!r} is not known; {VERSION!r} is the only one"))
        return ()
    message = f"the definition has no Version; SageMaker demands {VERSION!r}"
    return (Finding(id="no-version", severity=Severity.WARNING, message=message, place="$.Version"),)


def _parameters(items: Json, findings: list[Finding]) -> dict[str, Parameter]:
    if not isinstance(items, list):
        findings.append(invalid("$.Parameters", "a list is expected"))
        return {}
    parameters: dict[str, Parameter] = {}
    for index, item in enumerate(items):
        at = f"$.Parameters[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("Name"), str):
            findings.append(invalid(at, "a parameter needs a 'Name'"))
            continue
        kind = item.get("Type", "String")
        if not isinstance(kind, str) or kind not in PARAMETER_TYPES:
            known = hint(str(kind), PARAMETER_TYPES) or f"; known are {', '.join(PARAMETER_TYPES)}"
            findings.append(invalid(f"{at}.Type", f"unknown parameter type {kind!r}{known}"))
            continue
        if item["Name"] in parameters:
            findings.append(invalid(at, f"parameter {item['Name']!r} is declared twice"))
        enum = item.get("EnumValues") or []
        if not isinstance(enum, list):
            findings.append(invalid(f"{at}.EnumValues", "a list is expected"))
            continue
        parameters[item["Name"]] = Parameter(item["Name"], kind, item.get("DefaultValue"), tuple(enum), at)
    return parameters


class _StepReader:
    """Collects steps, those in the branches of conditions too."""

    def __init__(self, findings: list[Finding]) -> None:
        self.steps: dict[str, Step] = {}
        self._findings = findings

    def read(self, items: list[Json], at: str, branch: Branch | None) -> None:
        """Read a list of steps."""
        for index, item in enumerate(items):
            self._step(item, f"{at}[{index}]", branch)

    def _step(self, item: Json, at: str, branch: Branch | None) -> None:
        if not isinstance(item, dict):
            self._wrong(at, "a step must be an object")
            return
        name, kind = item.get("Name"), item.get("Type")
        if not isinstance(name, str) or not name or not isinstance(kind, str) or not kind:
            self._wrong(at, "a step needs a 'Name' and a 'Type'")
            return
        if name in self.steps:
            self._wrong(f"{at}.Name", f"step {name!r} is there twice", name)
            return
        arguments = item.get("Arguments")
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            self._wrong(f"{at}.Arguments", "an object is expected", name)
            return
        for key in item:
            near = "" if key in _MEMBERS else hint(key, _MEMBERS, similarity=0.8)
            if near:
                self._wrong(f"{at}.{key}", f"unknown member {key!r}{near}", name)
        self._cache_config(item.get("CacheConfig"), f"{at}.CacheConfig", name)
        self._retry_policies(item.get("RetryPolicies"), f"{at}.RetryPolicies", name)
        sides = {key: arguments[key] for key, _ in _BRANCHES if key in arguments} if kind == "Condition" else {}
        self.steps[name] = Step(
            name,
            kind,
            {key: value for key, value in arguments.items() if key not in sides},
            self._depends_on(item.get("DependsOn"), f"{at}.DependsOn", name),
            at,
            {key: value for key, value in item.items() if key not in _MEMBERS},
            self._property_files(item.get("PropertyFiles"), f"{at}.PropertyFiles", name),
            branch,
        )
        for key, is_if in _BRANCHES:
            inner = sides.get(key) or []
            if isinstance(inner, list):
                self.read(inner, f"{at}.Arguments.{key}", Branch(name, is_if))
            else:
                self._wrong(f"{at}.Arguments.{key}", "a list of steps is expected", name)

    def _wrong(self, at: str, message: str, step: str | None = None) -> None:
        self._findings.append(invalid(at, message, step=step))

    def _list(self, items: Json, at: str, step: str, what: str) -> list[Json]:
        if items is None:
            return []
        if not isinstance(items, list):
            self._wrong(at, f"a list of {what} is expected", step)
            return []
        return items

    def _depends_on(self, items: Json, at: str, step: str) -> tuple[Dependency, ...]:
        """Names; version 3 of the SDK may write ``{"Step": NAME, "Trigger": ...}``."""
        found: list[Dependency] = []
        for index, item in enumerate(self._list(items, at, step, "step names")):
            name, trigger = (item.get("Step"), item.get("Trigger")) if isinstance(item, dict) else (item, None)
            trigger = trigger or "Succeeded"
            if not isinstance(name, str):
                self._wrong(f"{at}[{index}]", "a step name is expected", step)
            elif trigger not in _TRIGGERS:
                self._wrong(f"{at}[{index}].Trigger", f"unknown trigger {trigger!r}; use {', '.join(_TRIGGERS)}", step)
            else:
                found.append(Dependency(name, cast("Trigger", trigger)))
        return tuple(found)

    def _property_files(self, items: Json, at: str, step: str) -> dict[str, PropertyFile]:
        found: dict[str, PropertyFile] = {}
        for index, item in enumerate(self._list(items, at, step, "property files")):
            keys = ("PropertyFileName", "OutputName", "FilePath")
            texts = [item.get(key) if isinstance(item, dict) else None for key in keys]
            name, output, path = texts
            if not (isinstance(name, str) and isinstance(output, str) and isinstance(path, str)):
                self._wrong(f"{at}[{index}]", f"a property file needs {', '.join(keys)}", step)
            elif path.startswith("/") or ".." in path.split("/"):
                self._wrong(f"{at}[{index}].FilePath", f"{path!r} leaves the output {output!r}", step)
            elif name in found:
                self._wrong(f"{at}[{index}].PropertyFileName", f"property file {name!r} is there twice", step)
            else:
                found[name] = PropertyFile(output, path)
        return found

    def _cache_config(self, config: Json, at: str, step: str) -> None:
        """Checked only: whether a step runs again is the service's affair, here every step runs."""
        if config is None:
            return
        expires = config.get("ExpireAfter") if isinstance(config, dict) else None
        if not isinstance(config, dict) or not isinstance(config.get("Enabled"), bool | dict):
            self._wrong(at, "an object with 'Enabled': true or false is expected", step)
        elif isinstance(expires, str) and not (expires and _DURATION.fullmatch(expires)):
            self._wrong(f"{at}.ExpireAfter", f"{expires!r} is not a duration such as 'P30D'", step)

    def _retry_policies(self, items: Json, at: str, step: str) -> None:
        """Checked only: they are for failures of the service, never of a script."""
        for index, item in enumerate(self._list(items, at, step, "retry policies")):
            kinds = item.get("ExceptionType") if isinstance(item, dict) else None
            if not isinstance(kinds, list) or not kinds:
                self._wrong(f"{at}[{index}].ExceptionType", "a list of exception types is expected", step)
                continue
            for kind in kinds:
                if kind not in _EXCEPTIONS:
                    near = hint(str(kind), _EXCEPTIONS) or f"; known are {', '.join(_EXCEPTIONS)}"
                    self._wrong(f"{at}[{index}].ExceptionType", f"unknown exception type {kind!r}{near}", step)
