"""Everything that can be plugged in is registered, under the name of its file."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import cursus_readiness
from cursus_readiness.audits.registry import AUDITS
from cursus_readiness.environments.registry import PROVIDERS
from cursus_readiness.health.checker import HealthChecker
from cursus_readiness.jobs.registry import JOB_TYPES
from cursus_readiness.model.scenario import EnvironmentKind
from cursus_readiness.rules.registry import RULES
from cursus_readiness.sources.registry import SOURCES

PACKAGE = Path(cursus_readiness.__file__).parent


def modules(*packages: str) -> Iterator[ModuleType]:
    for package in packages:
        for found in pkgutil.iter_modules([str(PACKAGE.joinpath(*package.split(".")))]):
            if not found.ispkg:
                yield importlib.import_module(f"cursus_readiness.{package}.{found.name}")


def classes(module: ModuleType, attribute: str) -> list[type[Any]]:
    """Classes that a module defines itself and that say who they are."""
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__
        and attribute in vars(found)
        and not getattr(found, "_is_protocol", False)
        and not dataclasses.is_dataclass(found)
    ]


def implementations(attribute: str, *packages: str) -> dict[type[Any], str]:
    """Class -> the name of its file."""
    return {
        kind: module.__name__.rpartition(".")[2] for module in modules(*packages) for kind in classes(module, attribute)
    }


AUDIT_FILES = implementations("meta", "audits.performance", "audits.validation")
RULE_FILES = implementations("key", "rules")
JOB_FILES = implementations("step_type", "jobs")
SOURCE_FILES = implementations("scheme", "sources")
ENVIRONMENT_FILES = implementations("kind", "environments")
HEALTH_FILES = implementations("id", "health")


def test_every_audit_is_registered() -> None:
    assert {type(audit) for audit in AUDITS} == set(AUDIT_FILES)


def test_every_rule_is_registered() -> None:
    assert {type(rule) for rule in RULES.values()} == set(RULE_FILES)


def test_every_step_type_is_registered() -> None:
    assert {type(job_type) for job_type in JOB_TYPES.values()} == set(JOB_FILES)


def test_every_source_is_registered() -> None:
    assert {type(source) for source in SOURCES.values()} == set(SOURCE_FILES)


def test_every_kind_of_environment_is_registered_and_can_be_asked_for() -> None:
    assert {type(provider) for provider in PROVIDERS.values()} == set(ENVIRONMENT_FILES)
    assert list(PROVIDERS) == list(EnvironmentKind)


@pytest.mark.parametrize(("kind", "file"), ENVIRONMENT_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_kind_of_environment_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.kind == file


def test_every_health_check_is_run(tmp_path: Path) -> None:
    assert {kind.id for kind in HEALTH_FILES} == set(HealthChecker(tmp_path).check_system_health()["checks"])


@pytest.mark.parametrize(("kind", "file"), AUDIT_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_an_audit_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.meta.id == file.replace("_", "-")
    assert kind.__name__ == file.title().replace("_", "")


@pytest.mark.parametrize(("kind", "file"), RULE_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_rule_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.key == file
    assert RULES[file].__class__ is kind


@pytest.mark.parametrize(("kind", "file"), JOB_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_step_type_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.step_type == file.removesuffix("_step").title().replace("_", "")  # lambda is a keyword


@pytest.mark.parametrize(("kind", "file"), SOURCE_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_source_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.scheme == file


@pytest.mark.parametrize(("kind", "file"), HEALTH_FILES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_health_check_is_named_like_its_file(kind: type[Any], file: str) -> None:
    assert kind.id == file.replace("_", "-")
