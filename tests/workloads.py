"""Programs of which the answer is known, run for real and watched by the tool's own sampler."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from cursus_readiness.analysis.diagnosis import with_diagnoses
from cursus_readiness.audits.policy import Policy
from cursus_readiness.audits.runner import run_audits
from cursus_readiness.clock import SystemClock
from cursus_readiness.model.audit import OptimizationRecommendation
from cursus_readiness.model.diagnosis import StepDiagnosis
from cursus_readiness.model.result import E2ETestResult, StepResult, StepStatus
from cursus_readiness.sampling.procfs import ProcfsProbe
from cursus_readiness.sampling.sampler import Sampler
from cursus_readiness.sampling.summary import usage_of
from cursus_readiness.units import GIB

_HEAD = """
import hashlib, os, sys, threading, time
end = time.monotonic() + float(sys.argv[1])
def compute():
    while time.monotonic() < end:
        hashlib.sha256(bytes(1_000_000)).digest()  # gives the lock of the interpreter back meanwhile
def in_threads(count):
    threads = [threading.Thread(target=compute) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
PROGRAMS = {
    "single thread": "while time.monotonic() < end: sum(range(10_000))",
    "oversubscribed threads": "in_threads(8 * os.cpu_count())",
    "idle waiter": "time.sleep(float(sys.argv[1]))",
    "storage, written": """
file = os.open(sys.argv[2], os.O_CREAT | os.O_RDWR)
block = os.urandom(1 << 20)
while time.monotonic() < end:
    os.pwrite(file, block, 0)
    os.fsync(file)
""",
    "storage, read": """
file = os.open(sys.argv[2], os.O_CREAT | os.O_RDWR)
os.write(file, os.urandom(1 << 20) * 128)
os.fsync(file)
while time.monotonic() < end:
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.lseek(file, 0, os.SEEK_SET)
    while os.read(file, 1 << 20):
        pass
""",
    "leak of 50 MB a minute": """
kept, start = [], time.monotonic()
while (now := time.monotonic()) < end:
    while len(kept) < (now - start) * 100:
        kept.append(bytearray(b"x" * 8_333))
    sum(range(1_000))
""",
    "fork pool": """
held = bytearray(b"x" * (200 << 20))
children = []
for _ in range(max(os.cpu_count(), 3)):
    child = os.fork()
    if child == 0:
        compute()
        os._exit(0)
    children.append(child)
[os.waitpid(child, 0) for child in children]
""",
    "clean": "in_threads(os.cpu_count())",
    "clean, warms up": """
held = []
def warm_up():
    for _ in range(60):
        held.append(bytearray(b"x" * (1 << 20)))
        time.sleep(float(sys.argv[1]) / 200)
warming = threading.Thread(target=warm_up)
warming.start()
in_threads(os.cpu_count())
""",
}


def diagnosed(
    program: str, seconds: float, folder: Path
) -> tuple[StepDiagnosis | None, list[OptimizationRecommendation]]:
    """Run a program for some seconds; its diagnosis and the advice of all audits."""
    code, clock = _HEAD + PROGRAMS[program], SystemClock()
    with subprocess.Popen([sys.executable, "-c", code, str(seconds), str(folder / "file")]) as process:
        sampler = Sampler(ProcfsProbe(process.pid, with_root=True), clock)
        while process.poll() is None:
            sampler.tick()
            time.sleep(max(sampler.next_due - clock.monotonic(), 0))
    wall_s = sampler.elapsed_s
    usage = usage_of(
        sampler,
        wall_s=wall_s,
        cpu_s=sampler.cpu_growth_s(),
        max_rss_bytes=None,
        read_bytes=sampler.growth("read_bytes"),
        written_bytes=sampler.growth("written_bytes"),
    )
    step = StepResult(
        step_name="A",
        step_type="Processing",
        status=StepStatus.SUCCEEDED,
        wall_s=wall_s,
        usage=usage,
        memory_limit_bytes=4 * GIB,
    )
    result = E2ETestResult(
        scenario_name="known",
        success=True,
        total_duration=wall_s,
        peak_memory_usage=float("nan"),
        steps_executed=1,
        steps_failed=0,
        validation_results={},
        steps=(step,),
    )
    columns = {name: np.array(values) for name, values in sampler.columns.items()}
    found = with_diagnoses(result, lambda _step: columns, os.cpu_count())
    return found.steps[0].diagnosis, run_audits([found], Policy(), {})[1]
