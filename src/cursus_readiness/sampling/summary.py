"""What a step used: the samples and the kernel's own totals, brought together."""

from __future__ import annotations

from cursus_readiness.model.result import Usage
from cursus_readiness.sampling.sampler import Sampler


def usage_of(
    sampler: Sampler,
    *,
    wall_s: float | None,
    cpu_s: float | None,
    max_rss_bytes: int | None,
    read_bytes: int | None,
    written_bytes: int | None,
) -> Usage:
    """The usage of a step that has ended.

    Totals are the kernel's (``wait4`` of everything that was reaped): they hold children too short to be sampled. The
    peak is the larger of the kernel's high-water mark of the largest process and the largest sampled sum over the tree.
    """
    count = sampler.sample_count
    rss = sampler.columns["rss_bytes"]
    processes = sampler.columns["process_count"]
    peak_rss_bytes = int(max(rss)) if count else None
    several = count > 0 and max(processes) > 1
    candidates = {"kernel high-water mark of the largest process (wait4)": max_rss_bytes}
    if sampler.file_bytes and max_rss_bytes is not None:
        largest = max(max_rss_bytes - sampler.file_bytes, 0)
        candidates = {"kernel high-water mark of the largest process, less its mapped files": largest}
    if several and sampler.peak_pss_bytes is not None:
        candidates["sampled PSS of the process tree"] = sampler.peak_pss_bytes
    elif sampler.file_bytes:
        candidates["sampled PSS of the process tree, less mapped files"] = sampler.peak_pss_bytes
    elif several:
        candidates["sampled RSS of the process tree (shared pages counted more than once)"] = peak_rss_bytes
    elif peak_rss_bytes is not None:
        candidates["sampled RSS"] = peak_rss_bytes
    known = {method: value for method, value in candidates.items() if value is not None}
    method = max(known, key=lambda name: known[name]) if known else None
    waiting = sampler.columns["waiting_count"]
    return Usage(
        sample_count=count,
        cadence_hz=count / wall_s if wall_s and count else None,
        cpu_s=cpu_s,
        peak_memory_bytes=known[method] if method else None,
        peak_memory_method=method,
        largest_process_bytes=max_rss_bytes,
        peak_rss_bytes=peak_rss_bytes,
        peak_pss_bytes=sampler.peak_pss_bytes if count else None,
        read_bytes=read_bytes,
        written_bytes=written_bytes,
        peak_process_count=int(max(processes)) if count else None,
        io_wait_ratio=sum(1 for value in waiting if value > 0) / count if count else None,
        sampler_cpu_s=sampler.cpu_s,
    )
