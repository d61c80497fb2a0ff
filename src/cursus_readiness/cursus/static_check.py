"""What can be said about a graph and its configuration without Cursus."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from cursus_readiness.cursus.binding import NOT_NODES, bind, has_class_form, nearest, step_name, step_type, suffix
from cursus_readiness.cursus.config import CursusConfig
from cursus_readiness.cursus.dag import CursusDag
from cursus_readiness.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class StaticCheck:
    """Looks at one graph with one configuration.

    ``config_file`` and ``dag_file`` are how the two are shown. ``files`` are the project's, relative to its root.
    """

    config: CursusConfig
    dag: CursusDag
    config_file: str
    dag_file: str
    files: frozenset[str]

    def findings(self) -> list[Finding]:
        """Everything found: the graph first, then the configuration."""
        return [*self._graph(), *self._entries(), *self._nodes(), *self._step_names(), *self._source_dirs()]

    def _graph(self) -> Iterator[Finding]:
        for node, count in Counter(self.dag.nodes).items():
            if count > 1:
                yield self._dag_error(f"nodes[{self.dag.nodes.index(node)}]", f"node {node!r} is there {count} times")
        known = set(self.dag.nodes)
        for index, edge in enumerate(self.dag.edges):
            for end in edge:
                if end not in known:
                    yield self._dag_error(f"edges[{index}]", f"the edge leads to or from {end!r}, which is no node")
        cycle = self.dag.cycle()
        if cycle:
            yield self._dag_error("edges", f"no order of steps: {', '.join(cycle)} wait for each other")

    def _entries(self) -> Iterator[Finding]:
        for key, name in self.config.config_types.items():
            at = f"metadata.config_types['{key}']"
            stored = self.config.specific.get(key, {}).get("__model_type__", name)
            if stored != name:
                yield self._config_error(at, f"{key!r} is a {name} here and a {stored} in configuration.specific")
            elif not has_class_form(name):
                yield self._config_error(at, f"{name!r} is no name of a configuration class", Severity.WARNING)
        for key in self.config.specific:
            if key not in self.config.config_types:
                message = f"metadata.config_types has no {key!r}: Cursus does not load this entry"
                yield self._config_error(f"configuration.specific['{key}']", message)

    def _nodes(self) -> Iterator[Finding]:
        used = set()
        for index, node in enumerate(dict.fromkeys(self.dag.nodes)):
            bound = bind(node, self.config)
            if bound.key is None:
                yield self._unbound(index, node, bound.rivals)
                continue
            used.add(bound.key)
            if bound.rivals:
                message = f"node {node!r} could mean any of {', '.join(bound.rivals)}"
                yield self._dag_error(f"nodes[{index}]", message, Severity.WARNING)
            yield from self._job_type(node, bound.key)
        unused = [key for key in self.config.config_types if key not in used | NOT_NODES]
        if unused:
            message = f"no node of {self.dag_file} uses {', '.join(unused)}"
            yield self._config_error("metadata.config_types", message, Severity.WARNING)

    def _unbound(self, index: int, node: str, rivals: tuple[str, ...]) -> Finding:
        close = nearest(node, tuple(self.config.config_types))
        if rivals:
            reason = f"fits each of {', '.join(rivals)}"
        else:
            reason = "has no entry" + (f" (the nearest is {close!r})" if close else "")
        message = f"node {node!r} {reason}: Cursus would guess one from words in the name, or give up"
        remedy = f"add configuration.specific['{node}'] and metadata.config_types['{node}'], or rename the node"
        return self._dag_error(f"nodes[{index}]", message, remedy=remedy)

    def _job_type(self, node: str, key: str) -> Iterator[Finding]:
        named, job_type = suffix(node, step_type(self.config, key)), self.config.text(key, "job_type")
        if named and job_type and named.lower() != job_type.lower():
            message = f"node {node!r} is configured for job type {job_type!r}"
            yield self._config_error(f"configuration.specific['{key}'].job_type", message, Severity.WARNING)

    def _step_names(self) -> Iterator[Finding]:
        names: dict[str, list[str]] = {}
        for node in dict.fromkeys(self.dag.nodes):
            key = bind(node, self.config).key
            if key is not None:
                names.setdefault(step_name(self.config, key), []).append(node)
        for name, nodes in names.items():
            if len(nodes) > 1:
                yield self._dag_error("nodes", f"the nodes {', '.join(nodes)} all become step {name!r}")

    def _source_dirs(self) -> Iterator[Finding]:
        missing: dict[str, list[tuple[str, str]]] = {}
        for node in dict.fromkeys(self.dag.nodes):
            key = bind(node, self.config).key
            script = self.config.script(key) if key is not None else None
            if key is None or script is None or script[0].startswith(("/", "s3://")):
                continue
            folder = script[0]
            if folder != "." and not any(file.startswith(folder + "/") for file in self.files):
                missing.setdefault(folder, []).append((key, script[1]))
            elif posixpath.normpath(f"{folder}/{script[1]}") not in self.files:
                yield self._missing_script(key, folder, script[1])
        for folder, uses in missing.items():
            yield self._missing_folder(folder, uses)

    def _missing_script(self, key: str, folder: str, entry: str) -> Finding:
        field = "processing_entry_point" if self.config.text(key, "processing_entry_point") else "training_entry_point"
        owner = f"specific['{key}']" if field in self.config.specific.get(key, {}) else "shared"
        elsewhere = sorted(file for file in self.files if PurePosixPath(file).name == entry)
        return Finding(
            id="missing-script",
            severity=Severity.WARNING,
            message=f"{'the root of the project' if folder == '.' else folder} has no {entry}, which {key} names",
            place=f"{self.config_file}: $.configuration.{owner}.{field}",
            remedy=f"it is in {', '.join(elsewhere)}" if elsewhere else f"add it, or correct {field}",
        )

    def _missing_folder(self, folder: str, uses: list[tuple[str, str]]) -> Finding:
        keys = [key for key, _ in uses]
        moved = relocation(folder, [entry for _, entry in uses], self.files)
        if moved:
            remedy = f'its scripts are elsewhere: set cursus.source_dirs: {{"{moved[0]}": "{moved[1]}"}}'
        else:
            remedy = "set cursus.source_dirs of the scenario to where the folder is now"
        field = "processing_source_dir" if "processing_source_dir" in self.config.merged(keys[0]) else "source_dir"
        owner = f"specific['{keys[0]}']" if field in self.config.specific.get(keys[0], {}) else "shared"
        return Finding(
            id="stale-source-dir",
            severity=Severity.WARNING,  # Cursus looks in further places, which only compiling can tell
            message=f"the folder {folder} of {', '.join(keys)} is not in the project",
            place=f"{self.config_file}: $.configuration.{owner}.{field}",
            remedy=remedy,
        )

    def _dag_error(
        self, at: str, message: str, severity: Severity = Severity.ERROR, *, remedy: str | None = None
    ) -> Finding:
        place = f"{self.dag_file}: $.dag.{at}"
        return Finding(id="cursus-dag", severity=severity, message=message, place=place, remedy=remedy)

    def _config_error(self, at: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(id="cursus-config", severity=severity, message=message, place=f"{self.config_file}: $.{at}")


def relocation(folder: str, entries: list[str], files: frozenset[str]) -> tuple[str, str] | None:
    """The stale folder and where it is now, both without the end that they share.

    Only when one folder alone holds all the entry points.
    """
    homes = [
        {str(PurePosixPath(file).parent) for file in files if PurePosixPath(file).name == name} for name in entries
    ]
    common = set.intersection(*homes) if homes else set()
    if len(common) != 1:
        return None
    old, new = list(PurePosixPath(folder).parts), list(PurePosixPath(common.pop()).parts)
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old.pop()
        new.pop()
    return "/".join(old), "/".join(new) or "."
