"""Which configuration belongs to a node, by the rules that leave no doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cursus_readiness.cursus.config import CursusConfig

NOT_NODES = frozenset({"Base", "Processing"})  # abstract entries that older files hold
_CLASS_NAME = re.compile(r"[A-Za-z_]\w*Config")


@dataclass(frozen=True, slots=True)
class Bound:
    """The entry of a node, ``None`` when no rule gives one; ``rivals`` are entries that fit as well."""

    key: str | None
    rivals: tuple[str, ...] = ()


def bind(node: str, config: CursusConfig) -> Bound:
    """The entry of a node: that of its name, that of its name in other case, the only one of its step type.

    These are the first rules of Cursus 2.9.32 (step_catalog/adapters/config_resolver.py). What it tries after them
    are guesses from words in the names: such a binding is never made here.
    """
    types = config.config_types
    if node in types:
        return Bound(node)
    same_case = [key for key in types if key.lower() == node.lower()]
    if same_case:
        return Bound(same_case[0], tuple(same_case) if len(same_case) > 1 else ())
    bare = [key for key in types if canonical(step_type(config, key)) == canonical(node)]
    return Bound(bare[0]) if len(bare) == 1 else Bound(None, tuple(bare))


def step_type(config: CursusConfig, key: str) -> str:
    """The step type of an entry: its class without ``Config``."""
    return config.class_of(key).removesuffix("Config")


def has_class_form(name: str) -> bool:
    """Whether a name can be that of a configuration class."""
    return _CLASS_NAME.fullmatch(name) is not None


def canonical(name: str) -> str:
    """A name without case and separators, as Cursus compares them."""
    return "".join(character for character in name.lower() if character.isalnum())


def suffix(node: str, kind: str) -> str | None:
    """What follows the step type in a node's name; ``None`` when nothing does or the name is made otherwise."""
    parts = node.split("_")
    for end in range(len(parts), 0, -1):
        if canonical("_".join(parts[:end])) == canonical(kind):
            return "_".join(parts[end:]) or None
    return None


def step_name(config: CursusConfig, key: str) -> str:
    """The name that the step of an entry has in the pipeline, without the region that some steps add."""
    job_type = config.text(key, "job_type")
    return f"{step_type(config, key)}-{job_type.capitalize()}" if job_type else step_type(config, key)


def nearest(node: str, keys: Sequence[str]) -> str | None:
    """The entry that shares the longest beginning with a node, for a hint."""

    def common(key: str) -> int:
        pairs = zip(canonical(node), canonical(key), strict=False)
        return next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(node), len(key)))

    best = max(keys, key=common, default=None)
    return best if best is not None and common(best) >= 6 else None
