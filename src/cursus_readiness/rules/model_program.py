"""A program that loads a model where it can do no harm, and answers on its output.

Started as ``python -I -B model_program.py FOLDER`` with what is wanted as JSON on its input. A pickle runs what it
likes when it is loaded: the process has no network, sees no other process, and all files are read-only but for a small
folder in memory.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
_SCRATCH = "size=512m"
_DEVICES = ("null", "zero", "random", "urandom")
# What can be installed; any other module that a pickle names must be among the code that comes with it.
_LIBRARIES = (
    "catboost", "category_encoders", "cloudpickle", "dill", "feature_engine", "imblearn", "joblib", "keras", "lightgbm",
    "numpy", "onnxruntime", "pandas", "pmdarima", "polars", "prophet", "pyarrow", "scipy", "sklearn", "skops",
    "statsmodels", "tensorflow", "torch", "transformers", "xgboost",
)  # fmt: skip
_TYPES = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonlines"}


def module_at(path: Path) -> Any:
    """A module by its file. Raises ValueError when the file is no script."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path.name} is no Python script")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def confine(kernel: Any) -> None:
    """Leave the machine, by the system calls of ``kernel``; the caller goes on in a child process.

    Raises OSError where the kernel does not allow it.
    """
    user, group = os.geteuid(), os.getegid()
    apart = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | _CLONE_NEWNET
    if user:
        kernel.unshare(kernel.CLONE_NEWUSER)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path(f"/proc/self/{name}").write_text(text, encoding="ascii")
    kernel.unshare(apart)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0x7F)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.make_read_only("/")
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV)
    kernel.mount("tmpfs", "/run", "tmpfs", kernel.MS_NOSUID, _SCRATCH)
    os.makedirs("/run/dev/shm")
    for name in _DEVICES:
        Path(f"/run/dev/{name}").touch()
        kernel.mount(f"/dev/{name}", f"/run/dev/{name}", None, kernel.MS_BIND)
    kernel.mount("/run/dev", "/dev", None, kernel.MS_BIND | kernel.MS_REC)


def load(path: Path) -> Any:
    """A model, by the suffix of its file."""
    suffix = path.suffix.lower()
    if suffix == ".joblib":
        import joblib

        return joblib.load(path)
    if suffix in (".pkl", ".pickle"):
        import pickle

        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - this is what the process is confined for
    if suffix in (".ubj", ".bst") or path.name == "xgboost-model":
        import xgboost

        booster = xgboost.Booster()
        booster.load_model(path)
        return booster
    if suffix == ".onnx":
        import onnxruntime

        return onnxruntime.InferenceSession(os.fspath(path))
    import torch

    return torch.load(path, weights_only=True, map_location="cpu")


def serve(folder: Path, script: str, requests: list[str]) -> int:
    """Answer requests with the functions that a serving container calls; how many numbers were answered.

    Raises ValueError for an answer without a number, or with one that is not finite.
    """
    path = folder / script
    sys.path.insert(0, os.fspath(path.parent))
    module = module_at(path)
    model, count = module.model_fn(os.fspath(folder)), 0
    for request in requests:
        data = module.input_fn(Path(request).read_bytes(), _TYPES[Path(request).suffix])
        answer = module.output_fn(module.predict_fn(data, model), "application/json")
        values = list(_numbers(json.loads(answer[0] if isinstance(answer, tuple) else answer)))
        if not values or not all(map(math.isfinite, values)):
            raise ValueError("an answer has no number" if not values else "an answer has a number that is not finite")
        count += len(values)
    return count


def _numbers(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
    elif value is None:
        yield math.nan
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)


def answer(folder: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """What became of what is wanted: ``ok``, ``failed`` or ``unavailable``."""
    where = "the sandbox"
    try:
        # By its file: the packages beside it are the tool's and not the model's.
        confine(module_at(Path(wanted["kernel"])))
        os.environ["TMPDIR"] = "/dev/shm"
        sys.path += [os.fspath(folder), os.fspath(folder / "code")]  # as in a serving container
        for name in wanted["models"]:
            where = name
            load(folder / name)
        where = wanted["script"] or ""
        count = serve(folder, where, wanted["requests"]) if where else 0
    except ModuleNotFoundError as error:
        is_library = (error.name or "").partition(".")[0] in _LIBRARIES
        told = f"{where} needs the module {error.name!r}"
        return {"unavailable": told} if is_library else {"failed": f"{told}, which is not in the archive"}
    except OSError as error:
        return {"unavailable" if where == "the sandbox" else "failed": f"{where}: {error}"}
    except BaseException as error:  # noqa: BLE001 - whatever a model raises is an answer
        return {"failed": f"{where}: {type(error).__name__}: {error}"}
    return {"ok": True, "count": count}


def main() -> None:
    """Answer on the descriptor that was standard output, which nothing that is loaded can write to by mistake."""
    out = os.dup(1)
    os.dup2(2, 1)
    wanted = json.loads(sys.stdin.read())
    os.write(out, json.dumps(answer(Path(sys.argv[1]), wanted)).encode())
    os._exit(0)  # threads of a library do not keep an answered question open


if __name__ == "__main__":
    main()
