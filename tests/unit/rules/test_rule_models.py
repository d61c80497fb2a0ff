"""Archives and models: opened here, loaded where they can do no harm."""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cursus_readiness.objectstore.archives import pack
from cursus_readiness.rules.base import UnreadableDataError
from rule_files import judge, put

SERVING = """
import json, math
def model_fn(folder):
    import pickle
    return pickle.load(open(folder + "/model.pkl", "rb"))
def input_fn(body, content_type):
    return json.loads(body)["x"]
def predict_fn(data, model):
    return [model["factor"] * item for item in data]
def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


class Malicious:
    """Runs a command when it is loaded."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def archive(folder: Path, **files: bytes | str) -> Path:
    """A model.tar.gz; two underscores in a name are a slash, one is a dot."""
    source = folder / "content"
    for name, content in files.items():
        put(source / name.replace("__", "/").replace("_", "."), content)
    pack(source, folder / "model.tar.gz")
    return folder / "model.tar.gz"


GOOD = pickle.dumps({"factor": 2.0})


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"model_pkl": GOOD[:-1]}, "model.pkl is a pickle that breaks off"),
        ({"model_pkl": b"weights"}, "model.pkl is no pickle"),
        ({"model_pkl": b""}, "model.pkl is empty"),
        ({"model_json": '{"a": '}, "model.json is not readable"),
        ({"model_pkl": GOOD, "code__inference_py": "def ("}, "code/inference.py is not readable as .py"),
        ({"README_md": "no model"}, "holds no model among 1 members"),
        ({"model_npy": b"\x93NUMPY\x01\x00"}, "model.npy is not readable"),
        ({"model_safetensors": (8).to_bytes(8, "little") + b"{}"}, "model.safetensors is not readable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_that_is_not_whole_is_found_without_loading_it(files: Any, message: str, tmp_path: Path) -> None:
    found = judge("model_artifact", True, archive(tmp_path, **files))
    assert found.held is False
    assert message in found.message


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)], ids=str)
def test_joblib_files_are_whole_or_not_in_every_compression(compress: Any, tmp_path: Path) -> None:
    joblib = pytest.importorskip("joblib", reason="the extra 'scenarios' is not installed")
    content = io.BytesIO()
    joblib.dump({"weights": list(range(5000))}, content, compress=compress)
    whole = content.getvalue()
    assert judge("readable", True, put(tmp_path / "a.joblib", whole)).held
    assert not judge("readable", True, put(tmp_path / "b.joblib", whole[:-20])).held


@pytest.mark.parametrize("cut", [1, 9, 100])
def test_an_archive_that_breaks_off_is_found(cut: int, tmp_path: Path) -> None:
    path = archive(tmp_path, model_pkl=GOOD, weights_bin=os.urandom(5000))
    put(path, path.read_bytes()[:-cut])
    for key, written in (("model_artifact", True), ("archive_members", ["model.pkl"])):
        with pytest.raises(UnreadableDataError, match="is no whole archive"):
            judge(key, written, path)
    assert judge("readable", True, path).held is False


def test_opening_a_model_runs_nothing_of_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    path = archive(tmp_path, model_pkl=pickle.dumps(Malicious(f"touch {mark}")))
    assert judge("model_artifact", True, path).held
    assert not mark.exists()


def test_a_model_that_is_loaded_can_write_and_reach_nothing(tmp_path: Path) -> None:
    marks = [tmp_path / "mark", Path("/tmp/mark-of-a-model"), Path("/dev/shm/mark-of-a-model")]
    command = "; ".join(f"touch {mark}" for mark in marks) + "; kill -9 1; exit $(ls /sys/class/net | wc -l)"
    path = archive(tmp_path, model_pkl=pickle.dumps(Malicious(command)))
    assert judge("model_artifact", {"loads": True}, path).held
    assert [mark for mark in marks if mark.exists()] == []


def test_a_model_that_answers_is_good(tmp_path: Path) -> None:
    path = archive(tmp_path, model_pkl=GOOD, code__inference_py=SERVING)
    request = put(tmp_path / "r.json", '{"x": [1, 2]}')
    found = judge("model_artifact", {"serves": "requests"}, path, requests=request)
    assert (found.held, found.message) == (True, "model.tar.gz: 1 models loaded, 1 requests answered with 2 numbers")


@pytest.mark.parametrize(
    ("model", "script", "request_body", "message"),
    [
        ({"factor": float("nan")}, SERVING, '{"x": [1]}', "a number that is not finite"),
        ({"factor": 2.0}, SERVING, '{"x": []}', "an answer has no number"),
        ({"other": 2.0}, SERVING, '{"x": [1]}', "KeyError"),
        ({"factor": 2.0}, SERVING.replace("predict_fn", "predict"), '{"x": [1]}', "AttributeError"),
        ({"factor": 2.0}, "import sys; sys.exit(3)", '{"x": [1]}', "SystemExit"),
        ({"factor": 2.0}, "import ctypes; ctypes.string_at(0)", '{"x": [1]}', "the process that loads it ended"),
    ],
    ids=["NaN", "nothing", "another model", "a function that is missing", "an exit", "a crash"],
)
def test_a_model_that_does_not_answer_is_found(
    model: Any, script: str, request_body: str, message: str, tmp_path: Path
) -> None:
    path = archive(tmp_path, model_pkl=pickle.dumps(model), code__inference_py=script)
    request = put(tmp_path / "r.json", request_body)
    found = judge("model_artifact", {"serves": "requests"}, path, requests=request)
    assert found.held is False
    assert message in found.message


@pytest.mark.parametrize(
    ("module", "held"), [("lightgbm.sklearn", None), ("models_of_last_year", False)], ids=["a library", "own code"]
)
def test_a_module_that_a_model_needs_is_a_library_or_missing(module: str, held: bool | None, tmp_path: Path) -> None:
    path = archive(tmp_path, model_pkl=f"\x80\x04c{module}\nModel\n.".encode("latin-1"))
    found = judge("model_artifact", {"loads": True}, path)
    assert found.held is held
    assert "needs the module" in found.message


@pytest.mark.parametrize(
    ("written", "held"),
    [
        (["model.pkl"], True),
        (["model.*", "code/*.py"], True),
        (["model.joblib"], False),
        ({"exact": ["model.pkl", "code/inference.py", "notes.txt"]}, True),
        ({"exact": ["model.pkl"]}, False),
        ({"exclude": ["*.txt"]}, False),
        ({"include": ["model.pkl"], "exclude": ["*.csv"]}, True),
        (["notes.txt"], False),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_members_of_an_archive(written: Any, held: bool, kind: str, tmp_path: Path) -> None:
    path = archive(tmp_path, model_pkl=GOOD, code__inference_py=SERVING, notes_txt="x" * int(written != ["notes.txt"]))
    if kind == "zip":
        zipped = tmp_path / "model.zip"
        with tarfile.open(path) as tar, zipfile.ZipFile(zipped, "w") as target:
            for item in tar:
                if item.isfile():
                    target.writestr(item.name, tar.extractfile(item).read())  # type: ignore[union-attr]
        path = zipped
    assert judge("archive_members", written, path).held is held


def test_a_member_that_would_land_elsewhere_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        header = tarfile.TarInfo("../outside")
        header.size = 1
        tar.addfile(header, io.BytesIO(b"x"))
    with pytest.raises(UnreadableDataError, match="is no whole archive"):
        judge("archive_members", ["outside"], path)
    assert not (tmp_path / "outside").exists()
