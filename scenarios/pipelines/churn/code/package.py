"""Put the model, its calibration and its serving code into one archive, laid out as SageMaker expects it.

The archive holds ``model.joblib``, ``features.json``, ``hyperparameters.json``, ``calibration/calibration.json``
and ``code/inference.py``. Same content, same bytes: times and owners are left out.

Container contract (SageMaker Processing):
  reads   /opt/ml/processing/input/model        model.tar.gz of the training step
          /opt/ml/processing/input/script       the source folder that holds the serving entry point
          /opt/ml/processing/input/calibration  calibration.json of the calibration step
  writes  /opt/ml/processing/output             model.tar.gz
  env     INFERENCE_ENTRY_POINT, WORKING_DIRECTORY
"""

from __future__ import annotations

import argparse
import ast
import gzip
import io
import logging
import os
import shutil
import sys
import tarfile
from pathlib import Path

MODEL_ARCHIVE = Path("/opt/ml/processing/input/model/model.tar.gz")
SCRIPT_DIR = Path("/opt/ml/processing/input/script")
CALIBRATION_FILE = Path("/opt/ml/processing/input/calibration/calibration.json")
PACKAGE = Path("/opt/ml/processing/output/model.tar.gz")
MODEL_FILES = ("model.joblib", "features.json", "hyperparameters.json")
HANDLERS = ("model_fn", "input_fn", "predict_fn", "output_fn")

log = logging.getLogger("package")


class PackagingError(Exception):
    """Something that belongs into the archive is missing or not usable; the message says what."""


def check_entry_point(script: Path) -> None:
    """The serving container calls four functions by name; a script without them starts and then fails."""
    if not script.is_file():
        raise PackagingError(f"the serving entry point {script} is missing")
    try:
        tree = ast.parse(script.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise PackagingError(f"{script.name} does not parse: {error}") from error
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    absent = [name for name in HANDLERS if name not in defined]
    if absent:
        raise PackagingError(f"{script.name} does not define {', '.join(absent)}")


def assemble(folder: Path, script: Path) -> None:
    """Lay out the content of the archive in a fresh folder."""
    if not MODEL_ARCHIVE.is_file():
        raise PackagingError(f"{MODEL_ARCHIVE} is missing")
    if not CALIBRATION_FILE.is_file():
        raise PackagingError(f"{CALIBRATION_FILE} is missing")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    with tarfile.open(MODEL_ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
    absent = [name for name in MODEL_FILES if not (folder / name).is_file()]
    if absent:
        raise PackagingError(f"{MODEL_ARCHIVE.name} lacks {', '.join(absent)}")
    for source, target in ((CALIBRATION_FILE, "calibration"), (script, "code")):
        (folder / target).mkdir()
        shutil.copy(source, folder / target)


def pack(folder: Path, archive: Path) -> list[str]:
    """Write a reproducible archive and return its members, whose names have no leading ``./``."""
    members = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in members:
            tar.add(folder / name, name, filter=anonymous)
    archive.write_bytes(gzip.compress(content.getvalue(), mtime=0))
    return members


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member without time and owner."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main() -> None:
    """Check, assemble, pack."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    folder = Path(os.environ.get("WORKING_DIRECTORY", "/tmp/packaging"))
    script = SCRIPT_DIR / os.environ.get("INFERENCE_ENTRY_POINT", "inference.py")
    check_entry_point(script)
    assemble(folder, script)
    members = pack(folder, PACKAGE)
    log.info("%s: %d bytes: %s", PACKAGE.name, PACKAGE.stat().st_size, ", ".join(members))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
    try:
        main()
    except PackagingError as error:
        sys.exit(f"package: {error}")
