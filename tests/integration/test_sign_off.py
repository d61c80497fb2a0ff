"""A project is validated for production, judged by its policy, signed and verified."""

from __future__ import annotations

import base64
import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cursus_readiness import recovery, signoff, workflow
from cursus_readiness.errors import InvalidInputError, ReadinessError, UsageError
from cursus_readiness.evidence.records import record_facts
from cursus_readiness.model.audit import Outcome
from cursus_readiness.model.policy import Stage
from cursus_readiness.model.report import RunSettings, Verdict
from cursus_readiness.signing.keys import generate
from cursus_readiness.store.layout import RunLayout
from judged_projects import HEALTHY, POLICY, put, write_project

pytestmark = pytest.mark.slow
GREEN = {Verdict.READY: 2, Verdict.READY_WITH_WAIVERS: 1}
WAIVER = """
[[waivers]]
audit = "broken-rule"
scenario = "pipeline"
step = "Train"
reason = "known"
owner = "team"
issue = "https://example.org/1"
expires = {}
"""


class CalendarClock:
    """A clock that shows a day."""

    def __init__(self, day: datetime) -> None:
        self.day = day

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return self.day


def today() -> datetime:
    return datetime.now(UTC)


def validate(root: Path, policy: str = POLICY, auc: str = "auc >= 0.8") -> workflow.RunOutcome:
    write_project(root, today().date(), policy=policy, auc=auc)
    settings = RunSettings(stage=Stage.PRODUCTION)
    return workflow.run(root / "pipelines", root / "reports", settings=settings, health=HEALTHY)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is ready for production."""
    outcome = validate(tmp_path_factory.mktemp("ready") / "project")
    assert (outcome.report.verdict, outcome.report.reason) == (Verdict.READY, outcome.report.reason)
    return outcome.layout.folder


@pytest.fixture(scope="module")
def waived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is ready for production with a waiver until the day after tomorrow."""
    ends = today().date() + timedelta(days=2)
    outcome = validate(tmp_path_factory.mktemp("waived") / "project", POLICY + WAIVER.format(ends), "auc >= 0.95")
    assert outcome.report.verdict is Verdict.READY_WITH_WAIVERS
    return outcome.layout.folder


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    generate(folder)
    return folder


@pytest.fixture
def run(ready: Path, tmp_path: Path) -> Path:
    """A copy of the run that is ready."""
    return Path(shutil.copytree(ready, tmp_path / "reports" / ready.name))


def sign(run: Path, keys: Path, name: str = "Ada", role: str = "release-manager", day: datetime | None = None) -> Path:
    clock = CalendarClock(day or today())
    done = signoff.sign(run, keys / "readiness.key", name=name, role=role, stage=Stage.PRODUCTION, clock=clock)
    assert done.statement is not None
    return done.statement


def problems(run: Path, keys: Path) -> tuple[str, ...]:
    return signoff.verify(run, keys=[keys / "readiness.pub"]).problems


def damaged(path: Path) -> Iterator[bytes | None]:
    """A file that is lost, emptied, cut, and one with a byte that is another."""
    content = path.read_bytes()
    yield None
    yield b""
    yield content[: len(content) // 2]
    chosen = random.Random(content)  # the same for the same file
    for _ in range(4 if content else 0):
        place = chosen.randrange(len(content))
        yield content[:place] + bytes([content[place] ^ (1 << chosen.randrange(8))]) + content[place + 1 :]


def put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


def greenness(run: Path) -> int:
    """How good a run looks; what cannot be judged is no good."""
    try:
        return GREEN.get(workflow.report(run).report.verdict, 0)
    except ReadinessError:
        return 0


@pytest.mark.parametrize("which", ["ready", "waived"])
def test_no_file_of_a_run_makes_its_verdict_better_when_it_is_lost_or_changed(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(which)
    run = Path(shutil.copytree(folder, tmp_path / folder.name, ignore=shutil.ignore_patterns(".work")))
    sealed = {run / name for name in json.loads((run / "seal.json").read_text())["files"]} | {run / "seal.json"}
    before = greenness(run)
    assert before > 0
    for path in sorted(path for path in run.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for other in damaged(path):
            put_back(path, other)
            found = greenness(run)
            assert found <= (0 if path in sealed else before), f"{path}: {other!r:.200}"
            path.write_bytes(content)
    assert greenness(run) == before


def test_no_record_of_evidence_makes_a_verdict_better_when_it_is_lost_or_changed(ready: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(ready.parents[1], tmp_path / "project", ignore=shutil.ignore_patterns("reports")))
    files = sorted((root / "evidence").iterdir())
    assert len(files) == 16
    for path in files:
        content = path.read_bytes()
        kind = path.name.partition(".")[0]
        for other in damaged(path):
            put_back(path, other)
            found = [fact for fact in record_facts(root / "evidence") if fact.examined_count is None]
            assert len(found) == 1, f"{kind}: {path} {other!r:.200}"
            path.write_bytes(content)


def test_what_is_ready_for_production_has_all_eight_items(run: Path) -> None:
    items = workflow.report(run).report.checklist
    assert [(item.item, item.outcome) for item in items if item.item != 2] == [
        (number, Outcome.PASS) for number in (1, 3, 4, 5, 6, 7, 8)
    ]


def test_evidence_that_is_missing_is_inconclusive_and_says_what_makes_it(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", today().date())
    (root / "evidence/recovery-drill.json").unlink()
    settings = RunSettings(stage=Stage.PRODUCTION)
    report = workflow.run(root / "pipelines", root / "reports", settings=settings, health=HEALTHY).report
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.checklist[7].remedy == "Make the evidence: readiness evidence drill RUN"


@pytest.mark.parametrize("name", ["readiness.toml", None])
def test_a_policy_with_a_mistake_makes_the_run_inconclusive(name: str | None, tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", today().date(), policy="[levels]\nbroken-rul = 'must'\n")
    settings = RunSettings(policy=None if name else str(root / "missing.toml"))
    outcome = workflow.run(root / "pipelines", root / "reports", settings=settings)
    assert (outcome.report.verdict, outcome.report.exit_code) == (Verdict.INCONCLUSIVE, 4)
    said = "did you mean 'broken-rule'" if name else "missing.toml: No such file or directory"
    assert outcome.report.reason.startswith("The policy cannot be read: ")
    assert outcome.report.problems[0].id == "broken-policy"
    assert said in outcome.report.problems[0].line()


def test_judging_again_gives_the_same_whatever_the_day_and_the_project(waived: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(waived, tmp_path / waived.name))  # far from its policy
    later = CalendarClock(today() + timedelta(days=400))
    texts = []
    for clock in (None, later):
        workflow.report(run, clock=clock)
        texts.append((run / "readiness.json").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]


def test_a_waiver_that_has_expired_makes_no_run_ready(waived: Path, tmp_path: Path, keys: Path) -> None:
    run = Path(shutil.copytree(waived, tmp_path / waived.name))
    policy = waived.parents[1] / "readiness.toml"
    after = today() + timedelta(days=3)
    with pytest.raises(UsageError, match="the waiver of broken-rule in pipeline expired on"):
        sign(run, keys, day=after)
    assert workflow.report(run, policy=policy, clock=CalendarClock(after)).report.verdict is Verdict.NOT_READY
    assert workflow.report(run).report.verdict is Verdict.NOT_READY


def test_a_clock_behind_the_run_brings_no_waiver_back(waived: Path, tmp_path: Path, keys: Path) -> None:
    run = Path(shutil.copytree(waived, tmp_path / waived.name))
    started = workflow.report(run).report.started_at.date()
    before = CalendarClock(today() - timedelta(days=300))
    expired = put(tmp_path / "p/readiness.toml", POLICY + WAIVER.format(started - timedelta(days=1)))
    report = workflow.report(run, policy=expired, clock=before).report
    assert report.policy is not None
    assert (report.policy.judged_on, report.verdict) == (started, Verdict.NOT_READY)


def test_with_another_clock_nothing_is_signed(run: Path, keys: Path) -> None:
    with pytest.raises(UsageError, match="but the run is of"):
        sign(run, keys, day=today() - timedelta(days=2))


def test_another_policy_is_recorded_and_the_rest_stays_sealed(run: Path, tmp_path: Path) -> None:
    strict = put(tmp_path / "readiness.toml", "[validation]\nmin_scenarios = 2\n")
    assert workflow.report(run, policy=strict).report.verdict is Verdict.NOT_READY
    assert workflow.report(run).report.verdict is Verdict.NOT_READY
    usual = put(tmp_path / "readiness.toml", "")
    (run / "pipeline/plan.json").write_text((run / "pipeline/plan.json").read_text() + "\n")
    report = workflow.report(run, policy=usual).report
    assert report.reason == "Files of the run were changed or lost since: pipeline/plan.json"


def test_what_was_signed_can_be_verified(run: Path, keys: Path) -> None:
    path = sign(run, keys)
    found = signoff.verify(run, keys=[keys / "readiness.pub"])
    assert found.problems == ()
    assert found.are_all_trusted
    (signature,) = found.signatures
    assert (signature.name, signature.role, signature.environment) == ("Ada", "release-manager", "production")
    assert "<title>" in (run / "signed.html").read_text(encoding="utf-8")
    payload = json.loads(base64.b64decode(json.loads(path.read_text())["payload"]))
    names = {item["name"] for item in payload["subject"]}
    files = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    outside = {name for name in files if name.startswith((".work/", "signatures/"))} | {"signed.html"}
    assert names == files - outside
    assert payload["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert payload["predicate"]["result"] == "PASSED"


def test_several_can_sign_and_nobody_twice(run: Path, keys: Path, tmp_path: Path) -> None:
    sign(run, keys)
    other = tmp_path / "other"
    generate(other)
    sign(run, other, name="Grace", role="security")
    with pytest.raises(UsageError, match="has signed"):
        sign(run, keys)
    found = signoff.verify(run, keys=[keys / "readiness.pub", other / "readiness.pub"])
    assert (found.problems, [item.name for item in found.signatures]) == ((), ["Ada", "Grace"])
    assert signoff.verify(run, keys=[keys / "readiness.pub"]).problems == (
        "Grace (security) is no signer of the policy",
    )


def test_a_role_that_has_not_signed_is_missed(run: Path, keys: Path) -> None:
    sign(run, keys, role="developer")
    assert problems(run, keys) == ("the role release-manager has not signed",)


def test_only_signers_of_the_policy_count_each_in_a_role(run: Path, keys: Path, tmp_path: Path) -> None:
    sign(run, keys)
    public = (keys / "readiness.pub").read_text(encoding="ascii").strip()
    entry = '[[signers]]\nname = "Ada"\nrole = "{}"\npublic_key = "{}"\n'
    ours = put(tmp_path / "a.toml", entry.format("release-manager", public))
    assert signoff.verify(run, policy=str(ours)).problems == ()
    other = put(tmp_path / "b.toml", entry.format("developer", public))
    assert signoff.verify(run, policy=str(other)).problems == (
        "the role release-manager has not signed",
        "Ada (release-manager) is no signer of the policy",
    )


def test_without_a_key_that_somebody_vouches_for_nothing_is_proven(run: Path, keys: Path) -> None:
    sign(run, keys)
    found = signoff.verify(run, policy=str(put(run.parent / "p.toml", "")))
    assert (found.problems, found.are_all_trusted) == ((), False)


def test_what_nobody_signed_is_told(run: Path, keys: Path) -> None:
    assert f"{run.name}: nobody has signed it" in problems(run, keys)
    with pytest.raises(InvalidInputError, match="is not a run folder"):
        signoff.verify(run / "missing")


def test_what_was_signed_for_another_environment_is_told(run: Path, keys: Path) -> None:
    sign(run, keys)
    found = signoff.verify(run, keys=[keys / "readiness.pub"], stage=Stage.STAGING)
    assert "it was signed for production, not for staging" in found.problems


def test_files_that_were_added_and_lost_are_named(run: Path, keys: Path) -> None:
    sign(run, keys)
    (run / "new.txt").write_text("x")
    (run / "junit.xml").unlink()
    assert problems(run, keys) == ("junit.xml: it was lost", "new.txt: it was added")


def test_one_byte_that_is_another_is_found_and_its_file_is_named(run: Path, keys: Path) -> None:
    """A sample; all of a signed run was tried once, 1,000 times."""
    sign(run, keys)
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and ".work" not in path.parts]
    chosen = random.Random(8)
    for path in [*files, *chosen.choices(files, k=20)]:
        content = path.read_bytes()
        if not content:
            continue
        place = chosen.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ chosen.randrange(1, 256)]) + content[place + 1 :])
        assert any(path.name in problem for problem in problems(run, keys)), path
        path.write_bytes(content)
    assert problems(run, keys) == ()


def test_a_signed_run_is_not_judged_again(run: Path, keys: Path) -> None:
    sign(run, keys)
    with pytest.raises(UsageError, match="is signed: another report would not be what was signed"):
        workflow.report(run)


def test_a_run_that_was_changed_since_gets_no_second_signature(run: Path, keys: Path) -> None:
    sign(run, keys)
    (run / "readiness.md").write_text("READY")
    with pytest.raises(InvalidInputError, match="is not as it was signed") as caught:
        sign(run, keys, name="Grace")
    assert caught.value.problems == ("readiness.md: it was changed",)


def test_a_report_that_was_written_by_hand_is_not_what_gets_signed(run: Path, keys: Path) -> None:
    before = (run / "readiness.json").read_bytes()
    (run / "readiness.json").write_text("{}")
    sign(run, keys)
    assert (run / "readiness.json").read_bytes() == before


def test_a_run_that_is_not_ready_is_not_signed(run: Path, keys: Path) -> None:
    layout = RunLayout(run)
    layout.project.unlink()
    done = signoff.sign(run, keys / "readiness.key", name="Ada", role="x", stage=Stage.PRODUCTION)
    assert done.statement is None
    assert done.report.verdict is Verdict.INCONCLUSIVE
    assert not layout.signatures.exists()


def test_a_run_for_one_environment_is_not_signed_for_another(run: Path, keys: Path) -> None:
    with pytest.raises(UsageError, match="was judged for production, not for staging") as caught:
        signoff.sign(run, keys / "readiness.key", name="Ada", role="x", stage=Stage.STAGING)
    assert caught.value.fix is not None
    assert "--environment staging" in caught.value.fix


def test_a_drill_restores_a_run_and_is_kept_as_evidence(run: Path, tmp_path: Path) -> None:
    record, found = recovery.drill(run, tmp_path / "evidence", CalendarClock(today()))
    assert found == []
    report = json.loads((tmp_path / "evidence/recovery-drill.evidence.json").read_text(encoding="utf-8"))
    assert report["file_count"] == sum(path.is_file() and ".work" not in path.parts for path in run.rglob("*"))
    assert record.name == "recovery-drill.json"
