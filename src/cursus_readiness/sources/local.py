"""Files and folders of this machine, linked into the object store."""

from __future__ import annotations

from pathlib import Path

from cursus_readiness.model.plan import ServedInput
from cursus_readiness.model.scenario import E2ETestScenario
from cursus_readiness.objectstore.archives import pack
from cursus_readiness.objectstore.files import walk_files
from cursus_readiness.sources.base import Dataset, SourceError
from cursus_readiness.store.layout import JOURNAL_NAME


class LocalSource:
    """``local:PATH``; a folder that serves a ``.tar.gz`` object is packed."""

    scheme = "local"

    def check(self, served: ServedInput, scenario: E2ETestScenario) -> None:
        """The file or folder must be there."""
        self._locate(served, scenario)

    def materialise(self, served: ServedInput, scenario: E2ETestScenario, target: Path) -> Dataset:
        """Link every file; nothing is copied until a step takes it, and what is there already stays."""
        path = self._locate(served, scenario)
        if path.is_dir() and served.uri.endswith(".tar.gz"):
            pack(path, target)
            files = [target]
        else:
            files = list(walk_files(path, without=JOURNAL_NAME)) if path.is_dir() else [path]
            for file in files:
                _link(file, target / file.relative_to(path) if path.is_dir() else target)
        size = sum(file.stat().st_size for file in files)
        return Dataset(uri=served.uri, source=served.binding.source, file_count=len(files), size_bytes=size)

    @staticmethod
    def _locate(served: ServedInput, scenario: E2ETestScenario) -> Path:
        base = scenario.path_of(served.binding.source.removeprefix("local:"))
        rest = served.uri.removeprefix(served.prefix.rstrip("/")).strip("/")
        path = base / rest if rest else base
        if not path.exists():
            raise SourceError(f"{served.uri} is to be served by {path}, which is not there")
        return path


def _link(file: Path, target: Path) -> None:
    """Folders are real and files are links, so that nothing written to the store reaches the user's files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(file)
