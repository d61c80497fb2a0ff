"""Which columns a step is told of by name: in its environment, its hyperparameters, its arguments. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

from cursus_readiness.model.job import Job

_HYPERPARAMETERS = "/opt/ml/input/config/hyperparameters.json"
_ONE = re.compile(
    r"(?:^|_)(?:(?:label|target|id|key|weight|group|time|timestamp|date|feature|text|category|stratify)_"
    r"(?:field|column|col)|(?:label|target|id)_name)$"
)
_SEVERAL = re.compile(r"(?:^|_)(?:field_list|fields|columns|cols|features)$")
# What a step makes, leaves out or calls otherwise need not be there before.
_NOT_READ = re.compile(
    r"(?:^|_)(?:output|pred|prediction|predictions|score|scores|result|new|created|derived|add|added|drop|dropped|"
    r"exclude|excluded|ignore|ignored|remove|removed|rename|renamed|optional|num|n|max|min|number)(?:_|$)"
)
_NAME = re.compile(r"[A-Za-z_][\w .-]{0,99}")


def named_columns(job: Job) -> Iterator[tuple[str, str]]:
    """Setting and column, for settings whose names say that they name columns that a step reads."""
    for setting, value in _settings(job):
        words = re.sub(r"[^0-9a-z]+", "_", setting.lower().lstrip("-"))
        if _NOT_READ.search(words):
            continue
        if _ONE.search(words):
            names = [value]
        elif _SEVERAL.search(words):
            names = _listed(value)
        else:
            continue
        for name in names:
            if _NAME.fullmatch(name):
                yield setting, name


def _settings(job: Job) -> Iterator[tuple[str, str]]:
    yield from job.environment.items()
    with suppress(ValueError, TypeError):
        given = json.loads(job.files.get(_HYPERPARAMETERS, "{}"))
        for name, value in given.items() if isinstance(given, dict) else ():
            text = _unquoted(value) if isinstance(value, str) else value
            yield str(name), text if isinstance(text, str) else json.dumps(text)
    arguments = [part for word in job.command for part in (word.split("=", 1) if word.startswith("--") else [word])]
    for name, value in pairwise(arguments):
        if name.startswith("--") and not value.startswith("--"):
            yield name, value


def _unquoted(text: str) -> object:
    """Hyperparameters of script mode are JSON in JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _listed(text: str) -> list[str]:
    """A list as JSON, or with commas; nothing for what is neither."""
    found = _unquoted(text)
    if isinstance(found, list):
        return [item for item in found if isinstance(item, str)]
    return [item.strip() for item in text.split(",")] if isinstance(found, str) and "," in text else []
