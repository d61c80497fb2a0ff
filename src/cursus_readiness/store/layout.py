"""Every path of a run folder is spelled here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

JOURNAL_NAME = "events.jsonl"  # what every run folder has, and nothing else
_LONGEST_NAME = 120
_RENDERED = {"xml": "junit.xml", "svg": "badge.svg", "trace": "trace.json"}


def folder_name(name: str) -> str:
    """A name of a scenario or step as a folder name: readable, and different names stay different."""
    safe = quote(name, safe=" -_").replace(".", "%2E")
    if len(safe) <= _LONGEST_NAME:
        return safe
    return f"{safe[:_LONGEST_NAME]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class StepLayout:
    """The files of one step; each path is put together once."""

    folder: Path

    @cached_property
    def result(self) -> Path:
        """What was measured."""
        return self.folder / "result.json"

    @cached_property
    def samples(self) -> Path:
        """The samples, one row a tick."""
        return self.folder / "samples.parquet"

    @property
    def again(self) -> StepLayout:
        """The logs of its second run."""
        return StepLayout(self.folder / "again")

    @cached_property
    def stdout(self) -> Path:
        """What the step wrote to standard output."""
        return self.folder / "stdout.log"

    @cached_property
    def stderr(self) -> Path:
        """What the step wrote to standard error."""
        return self.folder / "stderr.log"


@dataclass(frozen=True, slots=True)
class ScenarioLayout:
    """The files of one scenario."""

    folder: Path
    work: Path

    @property
    def record(self) -> Path:
        """When it ran, and why it could not."""
        return self.folder / "scenario.json"

    @property
    def plan(self) -> Path:
        """What was to be run."""
        return self.folder / "plan.json"

    @property
    def dataset(self) -> Path:
        """What served its inputs."""
        return self.folder / "dataset.json"

    @property
    def findings(self) -> Path:
        """What rules and preparation found."""
        return self.folder / "findings.json"

    @property
    def reference(self) -> Path:
        """What it is compared with: an earlier run as it was then."""
        return self.folder / "reference.json"

    @property
    def objects(self) -> Path:
        """The folder that stands for S3."""
        return self.work / "s3"

    @property
    def known(self) -> Path:
        """What steps that have ended told those after them; kept beside the objects, for runs that go on from there."""
        return self.work / "known.jsonl"

    def step(self, name: str) -> StepLayout:
        """The files of one of its steps."""
        return StepLayout(self.folder / folder_name(name))

    def second_objects(self, step: str) -> Path:
        """The folder that stands for S3 while a step is run once more."""
        return self.work / "again" / folder_name(step)

    def root(self, slot: int) -> Path:
        """The root directory of the steps that run at one place, made ready anew for each attempt."""
        return self.work / f"root-{slot}"

    def spare_logs(self, slot: int) -> Path:
        """Logs that wait for the next step that runs at one place."""
        return self.work / f"logs-{slot}"


@dataclass(frozen=True, slots=True)
class RunLayout:
    """A run folder."""

    folder: Path

    @property
    def run_id(self) -> str:
        """The folder's own name."""
        return self.folder.name

    @property
    def manifest(self) -> Path:
        """``run.json``, written last."""
        return self.folder / "run.json"

    @property
    def journal(self) -> Path:
        """One line per event, flushed."""
        return self.folder / JOURNAL_NAME

    @property
    def summary(self) -> Path:
        """What the run measured, in short: what the history of its folder is read from."""
        return self.folder / "summary.json"

    @property
    def policy(self) -> Path:
        """The policy that it is judged by."""
        return self.folder / "policy.json"

    @property
    def project(self) -> Path:
        """What was looked up about the project."""
        return self.folder / "project.json"

    @property
    def seal(self) -> Path:
        """The sums of what its verdict rests on."""
        return self.folder / "seal.json"

    @property
    def signatures(self) -> Path:
        """One signed statement a file."""
        return self.folder / "signatures"

    @property
    def signed_page(self) -> Path:
        """The page with the signatures under it; it is not part of what is signed."""
        return self.folder / "signed.html"

    @property
    def work(self) -> Path:
        """Object stores and root directories; not part of what is judged."""
        return self.folder / ".work"

    def scenario(self, name: str) -> ScenarioLayout:
        """The files of one scenario."""
        return ScenarioLayout(self.folder / folder_name(name), self.work / folder_name(name))

    @property
    def metrics(self) -> Path:
        """All samples of all steps."""
        return self.folder / "metrics.parquet"

    def rendered(self, suffix: str) -> Path:
        """A rendered report: ``readiness.json``, ``.html`` or ``.md``, ``junit.xml``, ``badge.svg``, ``trace.json``."""
        return self.folder / _RENDERED.get(suffix, f"readiness.{suffix}")


@dataclass(frozen=True, slots=True)
class OutLayout:
    """The folder that run folders are created in."""

    folder: Path

    @property
    def index(self) -> Path:
        """The page that lists every run."""
        return self.folder / "index.html"

    @property
    def baselines(self) -> Path:
        """What runs are compared with."""
        return self.folder / "baselines"

    def baseline(self, name: str) -> Path:
        """One promoted summary."""
        return self.baselines / f"{name}.json"

    @property
    def health(self) -> Path:
        """What the last health check found, as evidence that there was one."""
        return self.folder / "health.json"

    @property
    def speed_records(self) -> Path:
        """How fast classes of machines were, for health checks."""
        return self.folder / "speed.json"

    @property
    def care(self) -> Path:
        """When which duty of care was done, and by whom."""
        return self.folder / "care.json"
