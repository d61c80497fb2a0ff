"""Is a copy of a run folder as good as the folder? Tried, and kept as evidence."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path

from cursus_readiness.clock import Clock
from cursus_readiness.evidence.records import record_evidence
from cursus_readiness.judging import judge
from cursus_readiness.model.evidence import EvidenceKind
from cursus_readiness.render.json import render_json
from cursus_readiness.signing.statement import run_sums
from cursus_readiness.store.reading import read_run


def drill(folder: Path, evidence: Path, clock: Clock) -> tuple[Path, list[str]]:
    """Archive a run folder, restore it elsewhere, compare every file and judge it again.

    The record, and what was not as before. Raises InvalidInputError when it is no run folder.
    """
    stored = read_run(folder)
    layout = stored.layout
    sums = run_sums(layout)
    with tempfile.TemporaryDirectory() as place:
        archive, elsewhere = Path(place) / "run.tar.gz", Path(place) / "restored"
        with tarfile.open(archive, "w:gz") as tar:
            for name in sums:
                tar.add(layout.folder / name, f"{layout.run_id}/{name}", recursive=False)
        with tarfile.open(archive) as tar:
            tar.extractall(elsewhere, filter="data")
        restored = read_run(elsewhere / layout.run_id)
        found = run_sums(restored.layout)
        problems = [f"{name} was lost or changed" for name in sorted(sums) if found.get(name) != sums[name]]
        if render_json(judge(restored)) != render_json(judge(stored)):
            problems.append("the copy is judged otherwise")
        report = {
            "run_id": layout.run_id,
            "file_count": len(sums),
            "archive_bytes": archive.stat().st_size,
            "at": clock.now().isoformat(),
            "problems": problems,
        }
        file = Path(place) / "drill.json"
        file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        record = record_evidence(
            evidence,
            EvidenceKind.RECOVERY_DRILL,
            file,
            source="readiness evidence drill",
            valid_days=None,
            by=None,
            today=clock.now().date(),
        )
    return record, problems
