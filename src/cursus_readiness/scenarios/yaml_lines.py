"""YAML and JSON as data, with the line of every field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableYamlError(Exception):
    """The text is no YAML, or not safe YAML; ``line`` is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class LinedDocument:
    """A parsed document: its data, and where each field stands."""

    def __init__(self, text: str) -> None:
        """Parse YAML, or JSON (which YAML's own parser would read with other numbers and escapes).

        Raises UnreadableYamlError with the line of the first mistake, duplicate keys among them.
        """
        is_json, data = _as_json(text)
        try:
            loader = _Loader(text)
            try:
                self._root: yaml.Node | None = loader.get_single_node()
                _refuse_duplicates(self._root, set())
                self.data: Any = data if is_json or self._root is None else loader.construct_document(self._root)
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            if is_json:  # what only JSON allows: the data are right, the lines unknown
                self._root, self.data = None, data
                return
            mark = error.problem_mark or error.context_mark
            line = min(mark.line + 1, max(text.rstrip().count("\n") + 1, 1)) if mark else 1
            raise UnreadableYamlError(line, error.problem or str(error)) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise UnreadableYamlError(1, str(error).splitlines()[0] if str(error) else "nested too deeply") from error

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The 1-based line of a field; of the nearest thing above it when the field is not there."""
        node, line = self._root, 1
        for key in path:
            found = self._child(node, key)
            if found is None:
                break
            line, node = found
        return line

    @staticmethod
    def _child(node: yaml.Node | None, key: str | int) -> tuple[int, yaml.Node] | None:
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                if name.value == str(key):
                    return name.start_mark.line + 1, value
        if isinstance(node, yaml.SequenceNode) and str(key).isdigit() and int(key) < len(node.value):
            value = node.value[int(key)]
            return value.start_mark.line + 1, value
        return None


def _as_json(text: str) -> tuple[bool, Any]:
    """Whether the text is JSON, and its data."""
    if not text.lstrip().startswith("{"):
        return False, None
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _refuse_duplicates(node: yaml.Node | None, seen: set[int], above: tuple[int, ...] = ()) -> None:
    """Raise for a key that is there twice, and for a value that holds itself.

    Aliases lead to nodes that were seen: they are not looked at again.
    """
    if id(node) in above:
        raise UnreadableYamlError(node.start_mark.line + 1 if node else 1, "a value holds itself")
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode) and name.value in keys and name.value != "<<":
                raise UnreadableYamlError(name.start_mark.line + 1, f"{name.value!r} is there twice")
            keys.add(str(name.value))
            _refuse_duplicates(value, seen, above)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(item, seen, above)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file (a byte order mark is dropped).

    Raises UnreadableYamlError when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableYamlError(1, "not UTF-8 text") from error
    except OSError as error:
        raise UnreadableYamlError(1, error.strerror or str(error)) from error
