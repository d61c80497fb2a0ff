"""A saved Cursus configuration: one set of fields for each node, merged from what all share and what is its own."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# core/base/config_base.py of Cursus 2.9.32; whatever else stands there means the first.
REGIONS = {"NA": "us-east-1", "EU": "eu-west-1", "FE": "us-west-2"}
_CLASS = "__model_type__"
_WRAPPER = "__type_info__"


class InvalidConfigError(ValueError):
    """The text is no saved configuration."""


@dataclass(frozen=True, slots=True)
class CursusConfig:
    """The configuration file, as Cursus reads it: it loads the entries that ``metadata.config_types`` names."""

    shared: Mapping[str, Any]
    specific: Mapping[str, Mapping[str, Any]]
    config_types: Mapping[str, str]
    dag_path: str | None = None

    def merged(self, key: str) -> dict[str, Any]:
        """All fields of one entry: its own win over the shared ones, wrappers are unwrapped."""
        fields = {**self.shared, **self.specific.get(key, {})}
        return {name: plain(value) for name, value in fields.items() if name != _CLASS}

    def class_of(self, key: str) -> str:
        """The configuration class of an entry."""
        return str(self.specific.get(key, {}).get(_CLASS) or self.config_types[key])

    def text(self, key: str, field: str) -> str | None:
        """A field of an entry where it is a text that is not empty."""
        value = self.merged(key).get(field)
        return value if isinstance(value, str) and value else None

    def script(self, key: str) -> tuple[str, str] | None:
        """The folder (``.`` for the root) and the entry point that an entry names; ``None`` without a script."""
        for folder, entry in (("processing_source_dir", "processing_entry_point"), ("", "training_entry_point")):
            name = self.text(key, entry)
            if name:
                named = self.text(key, folder) or self.text(key, "source_dir") or "."
                return named if "://" in named else posixpath.normpath(named), name
        return None

    @property
    def region(self) -> str:
        """The AWS region that the configuration means."""
        return REGIONS.get(str(self.shared.get("region")), REGIONS["NA"])


def is_cursus_config(document: object) -> bool:
    """Whether a JSON document is a saved Cursus configuration."""
    if not isinstance(document, dict):
        return False
    configuration, metadata = document.get("configuration"), document.get("metadata")
    return (
        isinstance(configuration, dict)
        and isinstance(configuration.get("shared"), dict)
        and isinstance(configuration.get("specific"), dict)
        and isinstance(metadata, dict)
        and isinstance(metadata.get("config_types"), dict)
    )


def parse_config(document: object) -> CursusConfig:
    """The configuration in a JSON document.

    Raises InvalidConfigError when it is none, or when its parts are not of the form that Cursus saves.
    """
    if not is_cursus_config(document) or not isinstance(document, dict):
        raise InvalidConfigError("no configuration.shared, configuration.specific and metadata.config_types")
    configuration, types = document["configuration"], document["metadata"]["config_types"]
    for key, fields in configuration["specific"].items():
        if not isinstance(fields, dict):
            raise InvalidConfigError(f"configuration.specific.{key}: a mapping of fields is expected")
    for key, name in types.items():
        if not isinstance(name, str):
            raise InvalidConfigError(f"metadata.config_types.{key}: the name of a class is expected")
    dag_path = document.get("dag_path")
    if dag_path is not None and not isinstance(dag_path, str):
        raise InvalidConfigError("dag_path: a path is expected")
    return CursusConfig(configuration["shared"], configuration["specific"], types, dag_path)


def plain(value: Any) -> Any:
    """A saved value without the wrappers that keep its type."""
    if isinstance(value, dict):
        if _WRAPPER in value and "value" in value:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def with_source_dirs(text: str, source_dirs: Mapping[str, str]) -> str:
    """The configuration with every path at or below a stale folder leading to where it is now; longest folder first."""
    ordered = sorted(
        ((old.rstrip("/"), new.rstrip("/")) for old, new in source_dirs.items()), key=lambda it: -len(it[0])
    )

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: moved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [moved(item) for item in value]
        if isinstance(value, str):
            for old, new in ordered:
                if value.rstrip("/") == old or value.startswith(old + "/"):
                    return posixpath.normpath(posixpath.join(new, value[len(old) :].strip("/")))
        return value

    return json.dumps(moved(json.loads(text)), indent=1) if ordered else text
