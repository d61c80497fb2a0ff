"""What a step used: the samples and the kernel's own totals, brought together."""

from __future__ import annotations

from cursus_readiness.model.result import Usage
from cursus_readiness.sampling.estimate import Estimate
from cursus_readiness.sampling.sampler import Sampler

_PROCESS = "HWM: kernel high-water mark of the largest process"
_TREE_PSS = "PSS: process tree, shared pages counted once"
_TREE_MARKS = "HWM: sum over the process tree, what forks share by their page faults"
_TREE_RSS = "RSS: sum over the process tree, shared pages counted more than once"
_RSS = "RSS: sampled"
_CGROUP = "cgroup: kernel high-water mark of the control group, which is below what was sampled"


def usage_of(
    sampler: Sampler,
    *,
    wall_s: float | None,
    cpu_s: float | None,
    max_rss_bytes: int | None,
    read_bytes: int | None,
    written_bytes: int | None,
    cgroup_peak_bytes: int | None = None,
    is_cpu_lower_bound: bool = False,
) -> Usage:
    """The usage of a step that has ended.

    Totals are the kernel's (``wait4`` of everything that was reaped): they hold children too short to be sampled. The
    peak is the larger of the kernel's high-water mark of the largest process and the largest estimate over the tree.
    """
    count = sampler.sample_count
    processes = sampler.columns["process_count"]
    waiting = sampler.columns["waiting_count"]
    peak, method = _peak(sampler, max_rss_bytes, cgroup_peak_bytes)
    return Usage(
        sample_count=count,
        cadence_hz=count / wall_s if wall_s and count else None,
        cpu_s=cpu_s,
        is_cpu_lower_bound=is_cpu_lower_bound or sampler.is_cpu_lower_bound,
        peak_memory_bytes=peak.likely_bytes if peak else None,
        peak_memory_method=method,
        peak_memory_lower_bytes=peak.lower_bytes if peak else None,
        peak_memory_upper_bytes=peak.upper_bytes if peak else None,
        peak_anonymous_bytes=_anonymous_bytes(sampler, max_rss_bytes),
        cgroup_peak_bytes=cgroup_peak_bytes,
        largest_process_bytes=_largest(max_rss_bytes, sampler.memory.highest_process_bytes),
        peak_rss_bytes=int(max(sampler.columns["rss_bytes"])) if count else None,
        peak_pss_bytes=sampler.memory.peak_pss_bytes if count else None,
        read_bytes=read_bytes,
        written_bytes=written_bytes,
        peak_process_count=int(max(processes)) if count else None,
        io_wait_ratio=sum(1 for value in waiting if value > 0) / count if count else None,
        sampler_cpu_s=sampler.cpu_s,
    )


def _peak(
    sampler: Sampler, max_rss_bytes: int | None, cgroup_peak_bytes: int | None
) -> tuple[Estimate | None, str | None]:
    """The peak with its bounds, and how it was got."""
    tree = sampler.memory.peak()
    highest = _largest(max_rss_bytes, sampler.memory.highest_process_bytes)
    if tree is None and highest is None:
        return None, None
    tree = tree or Estimate(0, 0, 0)
    several = sampler.sample_count > 0 and max(sampler.columns["process_count"]) > 1
    one = highest or 0
    method = _PROCESS if one >= tree.likely_bytes else _tree_method(sampler, several=several)
    found = Estimate(
        max(tree.likely_bytes, one), max(tree.lower_bytes, one), max(tree.upper_bytes, one), tree.file_bytes
    )
    return _within_group(found, method, cgroup_peak_bytes)


def _within_group(found: Estimate, method: str, cgroup_peak_bytes: int | None) -> tuple[Estimate, str]:
    """The bounds tightened by the peak of a cgroup: all but pages of files that others had read before is in it."""
    if cgroup_peak_bytes is None or found.file_bytes is None:
        return found, method
    upper = max(min(found.upper_bytes, cgroup_peak_bytes + found.file_bytes), found.lower_bytes)
    if upper < found.likely_bytes:
        found.likely_bytes, method = upper, _CGROUP
    found.upper_bytes = upper
    return found, method


def _tree_method(sampler: Sampler, *, several: bool) -> str:
    if not several:
        return _RSS
    if sampler.memory.peak_pss_bytes is not None:
        return _TREE_PSS
    return _TREE_RSS if sampler.memory.highest_process_bytes is None else _TREE_MARKS


def _anonymous_bytes(sampler: Sampler, max_rss_bytes: int | None) -> int | None:
    """What must fit; a spike that only the end of the step told of is taken for anonymous memory."""
    sampled = sampler.memory.peak_anonymous_bytes
    tree = sampler.memory.peak()
    if sampled is None or tree is None:
        return None
    spike = 0
    if max_rss_bytes is not None and max_rss_bytes > (sampler.memory.highest_process_bytes or 0):
        spike = max_rss_bytes - (tree.file_bytes or 0)
    return max(sampled, spike)


def _largest(*sizes: int | None) -> int | None:
    return max((size for size in sizes if size is not None), default=None)
