"""Compile a step's code and follow its imports, under the interpreter that the step will have (Python 3.7 or later).

Run as a script: ``marshal`` on standard input and output, none of the code is executed. It imports as little as it can,
modules of the standard library that are written in C: the others take as long as the interpreter's own start.
"""

from __future__ import annotations

import _ast
import importlib.machinery
import marshal
import posixpath
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Import = tuple[str, list[str], int]  # ``from module import names``, with the number of leading dots

MARSHAL_VERSION = 2  # every Python 3 reads it
OPENING = b"cursus-readiness\n"  # of an answer: what else an interpreter may print is none
_ONLY_AST = 0x400  # ``ast.PyCF_ONLY_AST``
_compiled_sources: dict[bytes, tuple[_ast.Module | None, int | None, str]] = {}  # steps of a pipeline share theirs
_existing: dict[str, bool] = {}
_missing_parts: dict[tuple[str, ...], str | None] = {}


class Inspection:
    """One step: ``files`` (path in the container -> source), its import path, its entry script."""

    def __init__(self, files: dict[str, bytes], folders: list[str], entry: str | None) -> None:
        self.errors: list[dict[str, Any]] = []
        self.imports: list[dict[str, Any]] = []
        self.installs: set[str] = set()
        self._files = files
        self._folders = folders
        self._trees = dict(self._compiled())
        self._reached: dict[str, bool] = {}
        self._changes_path = any(b"sys.path" in source for source in files.values())
        if entry is not None:
            self._follow(entry)
        for error in self.errors:
            error["reached"] = self._reached.get(error["path"])

    def _compiled(self) -> Iterator[tuple[str, _ast.Module]]:
        for path in sorted(self._files):
            if path.endswith(".py"):
                tree, line, message = _compiled(self._files[path])
                if tree is None:
                    self.errors.append({"path": path, "line": line, "message": message})
                else:
                    yield path, tree

    def _follow(self, entry: str) -> None:
        """Walk the entry script and every module of its own that it imports; the surest way to each comes first."""
        pending = [(entry, False)]
        while pending:
            pending.sort(key=lambda item: item[1])
            path, is_conditional = pending.pop(0)
            if path in self._reached:
                continue
            self._reached[path] = is_conditional
            if path not in self._trees:
                continue
            tree = self._trees[path]
            self._note_installs(tree, path)
            for wanted, line, is_guarded in _imports(tree.body, is_entry=path == entry):
                for own in self._resolve(path, wanted, line, is_conditional=is_conditional or is_guarded):
                    pending.append((own, is_conditional or is_guarded))

    def _note_installs(self, tree: _ast.Module, path: str) -> None:
        """Names of what a script may install itself: texts that look like requirements, where pip is called."""
        if b"pip" not in self._files[path] or b"install" not in self._files[path]:
            return
        import re

        requirement = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*([=<>!~].*)?")
        for node in _walk(tree):
            value = getattr(node, "value", None) if isinstance(node, _ast.Constant) else getattr(node, "s", None)
            if isinstance(value, str):
                for text in value.split() if " install " in value else [value]:
                    if len(text) < 100 and requirement.fullmatch(text):
                        self.installs.add(re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~\s]", text)[0]).lower())

    def _resolve(self, path: str, wanted: Import, line: int, *, is_conditional: bool) -> list[str]:
        """Own files that an import executes; what is nowhere is noted."""
        module, attributes, level = wanted
        if level:
            base = path
            for _ in range(level):
                base = posixpath.dirname(base)
            roots, parts = [base], [part for part in module.split(".") if part]
        else:
            roots, parts = self._folders, module.split(".")
        root = next((folder for folder in roots if self._is_own(folder, parts[:1])), None)
        if root is None and not level and not _exists(parts[0]) and self._changes_path:
            folders = sorted({posixpath.dirname(file) for file in self._files})
            root = next((folder for folder in folders if self._is_own(folder, parts[:1])), None)
        if root is None:
            missing = None if level else _missing(tuple(parts))
            self._note(parts[0], missing, (path, line), is_conditional=is_conditional)
            return []
        found, known = [], 0
        for count in range(1, len(parts) + 1):
            if self._is_own(root, parts[:count]):
                known = count
                found += self._own_files(root, parts[:count])
        if known < len(parts) and not self._is_module(root, parts[:known]):
            self._note("", ".".join(parts[: known + 1]), (path, line), is_conditional=is_conditional)
        for attribute in attributes:
            found += self._own_files(root, [*parts, attribute])
        return found

    def _note(self, top: str, missing: str | None, at: tuple[str, int], *, is_conditional: bool) -> None:
        self.imports.append(
            {"module": top, "missing": missing, "path": at[0], "line": at[1], "is_conditional": is_conditional}
        )

    def _own_files(self, root: str, parts: list[str]) -> list[str]:
        stem = posixpath.join(root, *parts)
        return [path for path in (stem + "/__init__.py", stem + ".py") if path in self._files][:1]

    def _is_module(self, root: str, parts: list[str]) -> bool:
        return posixpath.join(root, *parts) + ".py" in self._files

    def _is_own(self, root: str, parts: list[str]) -> bool:
        if not parts:
            return True
        stem = posixpath.join(root, *parts)
        return bool(self._own_files(root, parts)) or any(path.startswith(stem + "/") for path in self._files)


def _compiled(source: bytes) -> tuple[_ast.Module | None, int | None, str]:
    """The tree of a source that compiles, else line and message of what is wrong with it."""
    if source not in _compiled_sources:
        _compiled_sources[source] = _compile(source)
    return _compiled_sources[source]


def _compile(source: bytes) -> tuple[_ast.Module | None, int | None, str]:
    try:
        tree = compile(source, "<unknown>", "exec", _ONLY_AST, dont_inherit=True)
        compile(tree, "<step>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return None, getattr(error, "lineno", None), getattr(error, "msg", None) or str(error)
    return tree, None, ""


def _walk(node: _ast.AST) -> Iterator[_ast.AST]:
    """A node and all below it."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        for field in node._fields:
            value = getattr(node, field, None)
            pending += [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, _ast.AST)]


def _mentions(node: _ast.AST, word: str) -> bool:
    """Whether a word is in a name or a text below a node."""
    values = (getattr(item, field, None) for item in _walk(node) for field in item._fields)
    return any(isinstance(value, str) and word in value for value in values)


def _imports(body: list[Any], *, is_entry: bool, is_guarded: bool = False) -> Iterator[tuple[Import, int, bool]]:
    """Imports below statements: (module, names, level), line, and whether they may not be executed or may fail."""
    for node in body:
        if isinstance(node, _ast.Import):
            for alias in node.names:
                yield (alias.name, [], 0), node.lineno, is_guarded
        elif isinstance(node, _ast.ImportFrom):
            names = [alias.name for alias in node.names]
            yield (node.module or "", names, node.level), node.lineno, is_guarded
        elif isinstance(node, _ast.If) and _mentions(node.test, "TYPE_CHECKING"):
            yield from _imports(node.orelse, is_entry=is_entry, is_guarded=is_guarded)
        else:
            is_main = is_entry and isinstance(node, _ast.If) and _mentions(node.test, "__main__")
            is_plain = is_main or isinstance(node, _ast.ClassDef)
            if isinstance(node, _ast.With):
                is_plain = not _mentions(node.items[0], "suppress")
            for field in ("body", "orelse", "finalbody"):
                children = getattr(node, field, [])
                children = children if isinstance(children, list) else []
                is_main_body = is_plain and field == "body"
                yield from _imports(children, is_entry=is_entry, is_guarded=is_guarded or not is_main_body)
            for branch in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
                yield from _imports(branch.body, is_entry=is_entry, is_guarded=True)


def _exists(module: str) -> bool:
    if module not in _existing:
        _existing[module] = module in sys.modules or _spec(module) is not None
    return _existing[module]


def _spec(module: str) -> Any:
    """As ``importlib.util.find_spec`` finds a module that nothing lies above."""
    try:
        specs = (finder.find_spec(module, None) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        return next((spec for spec in specs if spec is not None), None)
    except (ImportError, ValueError, AttributeError):  # of what has hooked itself into the interpreter
        return None


def _missing(parts: tuple[str, ...]) -> str | None:
    """The first part of a dotted name that is not there; nothing is imported to find out.

    Below the top only folders of plain packages are looked into: others may make their submodules up.
    """
    if parts not in _missing_parts:
        _missing_parts[parts] = _first_missing(parts)
    return _missing_parts[parts]


def _first_missing(parts: tuple[str, ...]) -> str | None:
    if not _exists(parts[0]):
        return parts[0]
    spec = _spec(parts[0])
    for count in range(2, len(parts) + 1):
        if spec is None or not spec.submodule_search_locations:
            return None
        name = ".".join(parts[:count])
        spec = importlib.machinery.PathFinder.find_spec(name, list(spec.submodule_search_locations))
        if spec is None:
            return name
    return None


def main() -> None:
    """Answer one question: ``{"extra_paths": [...], "steps": {name: {"files", "folders", "entry"}}}``."""
    question = marshal.load(sys.stdin.buffer)  # noqa: S302 - the tool writes it
    sys.path += question["extra_paths"]
    answer = {}
    for name, step in question["steps"].items():
        found = Inspection(step["files"], step["folders"], step["entry"])
        answer[name] = {"errors": found.errors, "imports": found.imports, "installs": sorted(found.installs)}
    sys.stdout.buffer.write(OPENING + marshal.dumps(answer, MARSHAL_VERSION))


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main()
