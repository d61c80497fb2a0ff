"""Files and folders of this machine, linked into the object store, or a sample of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path

from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.objectstore.archives import pack
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.sources.checksums import content_of
from cursus_readiness.sources.tables import Sampling, form_of
from cursus_readiness.store.layout import JOURNAL_NAME


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """What serves an input: files by their names below it, or the one file or packed folder that it is itself."""

    files: dict[str, Path]
    packed: Path | None = None


class LocalSource:
    """``local:PATH``, where the path may be a pattern; a folder that serves a ``.tar.gz`` object is packed."""

    scheme = "local"

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """The file or folder must be there; where rows are asked for, tables to take them from."""
        found = self.locate(served, scenario)
        if served.binding.rows is not None:
            from cursus_readiness.sources.subset import check_subset  # numpy and pyarrow are slow to import

            check_subset(list(found.files.values()), _sampling(served))

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Link every file; nothing is copied until a step takes it, and what is there already stays.

        Where rows are asked for, the tables among the files are written anew with fewer of them.
        """
        found = self.locate(served, scenario)
        if found.packed:
            pack(found.packed, target)
            return _dataset(served, {"": target})
        placed = {name: target / name if name else target for name in found.files}
        tables = {file: placed[name] for name, file in found.files.items() if form_of(file.name)}
        if served.binding.rows is None:
            tables = {}
        written = {file: place for file, place in tables.items() if not place.exists()}
        for name, file in found.files.items():
            if file not in tables:
                _link(file, placed[name])
        row_count = None
        if written:
            from cursus_readiness.sources.subset import write_subset  # numpy and pyarrow are slow to import

            row_count = write_subset(written, _sampling(served))
        dataset = _dataset(
            served, {name: placed[name] if file in tables else file for name, file in found.files.items()}
        )
        return dataset.model_copy(update={"row_count": row_count}) if len(written) == len(tables) > 0 else dataset

    @staticmethod
    def locate(served: ServedInput, scenario: E2ETestScenario) -> LocalFiles:
        """The files that serve an input.

        Raises SourceError when there are none.
        """
        source = served.binding.source.removeprefix("local:")
        base = scenario.path_of(source)
        rest = served.uri.removeprefix(served.prefix.rstrip("/")).strip("/")
        if has_magic(source) and not base.exists():
            parts = Path(source).parts
            depth = next(index for index, part in enumerate(parts) if has_magic(part))
            return _matching(scenario.path_of(str(Path(*parts[:depth]))), str(Path(*parts[depth:])), rest, served.uri)
        path = base / rest if rest else base
        if not path.exists():
            raise SourceError(f"{served.uri} is to be served by {path}, which is not there")
        if not path.is_dir():
            return LocalFiles({"": path})
        if served.uri.endswith(".tar.gz"):
            return LocalFiles({}, packed=path)
        return LocalFiles({str(file.relative_to(path)): file for file in walk_files(path, without=JOURNAL_NAME)})


def _matching(folder: Path, pattern: str, rest: str, uri: str) -> LocalFiles:
    """The files below a folder that a pattern matches, by their names below it."""
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    names = {str(path.relative_to(folder)): path for path in found}
    if rest:
        names = {
            name[len(rest) :].strip("/"): path for name, path in names.items() if f"{name}/".startswith(f"{rest}/")
        }
    if not names:
        raise SourceError(f"{uri} is to be served by {folder / pattern / rest}, which matches nothing")
    return LocalFiles(names)


def _dataset(served: ServedInput, files: Mapping[str, Path]) -> Dataset:
    content = content_of(files.items())
    return Dataset(
        uri=served.uri,
        source=served.binding.source,
        file_count=len(files),
        size_bytes=sum(path.stat().st_size for path in files.values()),
        row_count=content.row_count,
        sha256=content.sha256,
        seed=None if served.binding.rows is None else served.binding.seed or 0,
    )


def _sampling(served: ServedInput) -> Sampling:
    return Sampling(served.binding.rows or 0, served.binding.stratify, served.binding.seed or 0)


def _link(file: Path, target: Path) -> None:
    """Folders are real and files are links, so that nothing written to the store reaches the user's files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(file)
