"""The kinds of environments: one explicit line each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cursus_readiness.environments.base import EnvironmentProvider, EnvironmentRequest, StepEnvironment
from cursus_readiness.environments.container import Container
from cursus_readiness.environments.host import Host
from cursus_readiness.environments.uv import Uv

PROVIDERS: dict[str, EnvironmentProvider] = {provider.kind: provider for provider in (Host(), Uv(), Container())}


def default_cache() -> Path:
    """Where environments are kept between runs: ``$XDG_CACHE_HOME``, else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.path.abspath(base)) / "cursus-readiness" / "environments"


def build_environments(
    requests: Sequence[EnvironmentRequest], *, cache: Path, notify: Callable[[str], None]
) -> dict[str, StepEnvironment]:
    """The environment of every step, by its name; steps that ask for the same share one.

    As many are built at a time as there are CPUs; ``notify`` is called from their threads. Raises CannotRunError for
    the first request that cannot be met.
    """
    keys = {request.step_name: (request.spec.kind, PROVIDERS[request.spec.kind].key(request)) for request in requests}
    first = {keys[request.step_name]: request for request in reversed(requests)}
    ordered = dict.fromkeys(keys[request.step_name] for request in requests)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        building = {
            key: pool.submit(PROVIDERS[first[key].spec.kind].prepare, first[key], cache, notify) for key in ordered
        }
        built = {key: future.result() for key, future in building.items()}
    return {request.step_name: built[keys[request.step_name]] for request in requests}
