"""An engine that can be used, and an image made of the interpreter that the tests run with: no registry is needed."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

from cursus_readiness.environments.engines import Engine, find_engine
from cursus_readiness.errors import CannotRunError

IMAGE = "localhost/cursus-readiness-tests:own-python"
# For machines whose kernel or container has not all that podman asks for by itself.
MODEST = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""
_TOOLS = ("/bin/sh", "/bin/chown")
_LEFT_OUT = ("site-packages", "test", "idlelib", "__pycache__", "ensurepip")


def usable_engine(folder: Path) -> tuple[Engine, dict[str, str]] | str:
    """An engine that runs the image, with the environment variables that it needs; else why there is none."""
    try:
        engine = find_engine()
        if IMAGE not in engine.ask("images", "--format", "{{.Repository}}:{{.Tag}}"):
            _import(engine)
    except (CannotRunError, OSError, subprocess.CalledProcessError) as error:
        return str(error)
    (folder / "containers.conf").write_text(MODEST, encoding="utf-8")
    said = ""
    for variables in ({}, {"CONTAINERS_CONF": str(folder / "containers.conf")}):
        command = [engine.program, "run", "--rm", "--network", "host", "--memory", "64m", IMAGE, "python3", "-c", ""]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **variables})
        if outcome.returncode == 0:
            return engine, variables
        said = outcome.stderr.strip()
    return f"{engine} does not run a container: {said}"


def _import(engine: Engine) -> None:
    path = "ENV PATH=/usr/local/bin:/usr/bin:/bin"
    importing = subprocess.Popen([engine.program, "import", "--change", path, "-", IMAGE], stdin=subprocess.PIPE)
    assert importing.stdin is not None
    with importing.stdin as pipe, tarfile.open(fileobj=pipe, mode="w|") as archive:
        _fill(archive)
    if importing.wait() != 0:
        raise CannotRunError(f"{engine} cannot import an image")


def _fill(archive: tarfile.TarFile) -> None:
    for folder in ("tmp", "proc", "sys", "dev", "etc", "root", "opt"):
        made = tarfile.TarInfo(folder)
        made.type, made.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
        archive.addfile(made)
    interpreter = os.path.realpath(sys.executable)
    library = sysconfig.get_path("stdlib")
    modules = [str(file) for file in Path(library, "lib-dynload").glob("*.so")]
    programs = [interpreter, *_TOOLS]
    for file in {*programs, *_libraries([*programs, *modules])}:
        if not file.startswith(f"{library}/"):
            archive.add(os.path.realpath(file), arcname=file.lstrip("/"))
    archive.add(library, filter=lambda item: None if Path(item.name).name in _LEFT_OUT else item)
    link = tarfile.TarInfo("usr/local/bin/python3")
    link.type, link.linkname = tarfile.SYMTYPE, interpreter
    archive.addfile(link)
    passwd = b"root:x:0:0:root:/root:/bin/sh\n"
    entry = tarfile.TarInfo("etc/passwd")
    entry.size = len(passwd)
    archive.addfile(entry, io.BytesIO(passwd))


def _libraries(files: list[str]) -> set[str]:
    """What the dynamic loader would load for the files, and itself, as ldd(1) says."""
    said = subprocess.run(["ldd", *files], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/\S+) \(0x", said))
