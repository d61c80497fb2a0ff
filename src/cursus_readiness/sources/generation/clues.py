"""What a Cursus configuration says of the data that its pipeline reads: fields, label, identifier, format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from cursus_readiness.cursus.binding import step_name
from cursus_readiness.cursus.config import CursusConfig, InvalidConfigError, parse_config
from cursus_readiness.cursus.project import project_root, shown
from cursus_readiness.model.scenario import E2ETestScenario

# What Cradle calls its formats; the rest of them is not written here.
_FORMATS = {"PARQUET": "parquet", "CSV": "csv", "UNESCAPED_TSV": "tsv", "JSON": "jsonl"}
_SUFFIXES = {"jsonl": ".json", "tsv": ".csv"}  # by which its preprocessing finds them
_LISTS = ("tab_field_list", "cat_field_list", "full_field_list", "multiclass_categories")
_NAMES = ("label_name", "id_name")
_STRENGTH = 2.0


@dataclass(frozen=True, slots=True)
class Clues:
    """Fields of a schema, and in words where they come from."""

    fields: dict[str, Any]
    origin: str


def clues_of(uri: str, scenario: E2ETestScenario) -> Clues | None:
    """The schema of what lies at a URI; ``None`` where no Cursus configuration names its fields.

    The URI tells the step whose data it is, or at least its job type; what only the configuration as a whole or its
    hyperparameters say holds for every URI.
    """
    path = scenario.path_of(scenario.pipeline_config_path)
    config = _config(path)
    if config is None:
        return None
    key = _key_at(uri, config)
    entry = config.merged(key) if key else {}
    said = _said(config, path)
    output = entry.get("output_spec")
    output = output if isinstance(output, dict) else {}
    names = _texts(output.get("output_schema")) or said["full_field_list"]
    columns = [*dict.fromkeys([*names, *said["tab_field_list"], *said["cat_field_list"]])]
    if not columns:
        return None
    fields = {
        "seed": crc32((key or "").encode()),  # what is loaded for training and for calibration are different rows
        **_layout(uri, output),
        **_columns(columns, said, restores_dots=output.get("keep_dot_in_output_schema") is False),
    }
    return Clues(fields, f"fields that {shown(path)} names")


def _layout(uri: str, output: Mapping[str, Any]) -> dict[str, Any]:
    last = uri.rstrip("/").rpartition("/")[2].lower()
    if last in ("signature", "metadata"):  # the outputs of Cursus's loading steps
        return {"format": last}
    kind = _FORMATS.get(str(output.get("output_format", "")).upper(), "csv")
    suffix = {"suffix": _SUFFIXES[kind]} if kind in _SUFFIXES else {}
    return {"format": kind, **suffix, "header": output.get("include_header_in_s3_output") is not False}


def _columns(names: list[str], said: Mapping[str, Any], *, restores_dots: bool) -> dict[str, Any]:
    label, identifier, categories = said["label_name"], said["id_name"], set(said["cat_field_list"])
    numbers = set(said["tab_field_list"])

    def written(name: str) -> str:
        return name.replace(".", "__DOT__") if restores_dots else name

    columns: dict[str, Any] = {}
    for name in names:
        if name == label:
            continue
        if name == identifier:
            columns[written(name)] = {"type": "id", "prefix": "ID"}
        elif name in categories:
            columns[written(name)] = {
                "type": "category",
                "values": {"A": 0.5, "B": 0.3, "C": 0.2},
                "missing_ratio": 0.02,
            }
        elif name in numbers:
            columns[written(name)] = {
                "type": "number", "distribution": "lognormal", "median": 10, "sigma": 1, "decimals": 3,
                "missing_ratio": 0.02,
            }  # fmt: skip
        else:
            columns[written(name)] = _by_its_name(name)
    if not label:
        return {"columns": columns}
    weights: dict[str, Any] = {}
    for index, name in enumerate([name for name in names if name in numbers][:5]):
        weights[written(name)] = 1.0 if index % 2 == 0 else -0.7
    for name in [name for name in names if name in categories][:1]:
        weights[written(name)] = {"A": 1.0}
    told: dict[str, Any] = {"name": written(label), "strength": _STRENGTH, "weights": weights}
    classes = said["multiclass_categories"]
    if len(classes) > 2:
        told |= {"task": "multiclass", "classes": {str(value): 1.0 for value in classes}}
    else:
        told |= {"positive_ratio": 0.3}
    return {"columns": columns, "label": told}


def _by_its_name(name: str) -> dict[str, Any]:
    """A field of which nothing but its name is known."""
    words = name.lower()
    if "date" in words or words.endswith(("_time", "timestamp")):
        return {"type": "date", "low": "2024-01-01", "high": "2024-12-31"}
    if words in ("marketplace_id", "marketplaceid"):
        return {"type": "category", "values": {"1": 0.6, "3": 0.2, "4": 0.2}}
    if words.endswith(("id", "_key")):
        return {"type": "id", "form": "uuid"}
    return {"type": "category", "values": {"A": 0.6, "B": 0.4}, "missing_ratio": 0.02}


def _said(config: CursusConfig, path: Path) -> dict[str, Any]:
    """What any entry of the configuration says, the hyperparameters where it says nothing."""
    found: dict[str, Any] = {**{name: [] for name in _LISTS}, **dict.fromkeys(_NAMES)}
    for fields in (*_everywhere(config), *_hyperparameters(config, path)):
        for name in _LISTS:
            if not found[name] and isinstance(fields.get(name), list):
                found[name] = [str(value) for value in fields[name]]
        for name in _NAMES:
            if not found[name] and isinstance(fields.get(name), str):
                found[name] = fields[name]
    return found


def _everywhere(config: CursusConfig) -> Iterator[dict[str, Any]]:
    """The fields of every entry, and of what an entry holds."""
    for key in config.config_types:
        fields = config.merged(key)
        yield fields
        yield from (value for value in fields.values() if isinstance(value, dict))


def _hyperparameters(config: CursusConfig, path: Path) -> Iterator[dict[str, Any]]:
    """The files that Cursus's training scripts read, that of the configuration's region first."""
    root, region = project_root(path), str(config.shared.get("region"))
    folders = {config.text(key, "source_dir") or "." for key in config.config_types}
    files = {file for folder in folders for file in (root / folder).glob("hyperparam*/hyperparameters*.json")}
    for file in sorted(files, key=lambda item: (not item.stem.endswith(f"_{region}"), str(item))):
        document = _json_of(file)
        if isinstance(document, dict):
            yield document


def _key_at(uri: str, config: CursusConfig) -> str | None:
    """The entry whose step, or else whose job type, a URI names; the first loading step where it names none."""
    parts = uri.lower().split("/")
    keys = sorted(config.config_types, key=lambda key: "output_spec" not in config.merged(key))
    names = {key: (step_name(config, key), config.text(key, "job_type")) for key in keys}
    for kind in (0, 1):
        for key, told in names.items():
            if (name := told[kind]) and name.lower() in parts:
                return key
    return next(iter(keys), None)


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _config(path: Path) -> CursusConfig | None:
    try:
        return parse_config(_json_of(path))
    except InvalidConfigError:
        return None


def _json_of(path: Path) -> Any:
    try:
        facts = path.stat()
        return _document(path, facts.st_mtime_ns, facts.st_size)
    except (OSError, ValueError, RecursionError):
        return None


@lru_cache(maxsize=16)
def _document(path: Path, mtime_ns: int, size_bytes: int) -> Any:  # noqa: ARG001 - of that state
    return json.loads(path.read_text(encoding="utf-8-sig"))
