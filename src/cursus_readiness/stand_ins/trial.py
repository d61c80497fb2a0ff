"""One trial of a tuning job: a training job that finds the folders of a container of its own."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import IO, Any

FAILURE_FILE = "/opt/ml/output/failure"
_SCRATCH = ("/", "/opt", "/opt/ml", "/tmp", "/dev/shm")
_LOOK_S = 0.2  # how often a trial that says nothing is looked at
_LONGEST_LINE = 1 << 16
_REASON_LENGTH = 1024


class Folders:
    """The folders of a trial, which are as they were found whenever ``clear`` has been called."""

    def __init__(self, directories: Iterable[str]) -> None:
        paths = {*_SCRATCH, os.environ.get("HOME", "/")}
        for path in directories:
            parts = path.strip("/").split("/")
            paths.update("/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1))
        self._found = {path: set(os.listdir(path)) for path in sorted(paths) if os.path.isdir(path)}

    def clear(self) -> None:
        """Remove what a trial has left, and make folders again that it took away."""
        for path, names in self._found.items():
            os.makedirs(path, exist_ok=True)
            for name in set(os.listdir(path)) - names:
                _remove(os.path.join(path, name))


class Run:
    """A trial being run: ``reason`` says why it failed, ``value`` is the last value of its objective, if any."""

    def __init__(self, told: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.told = told
        self.reason: str | None = None
        self.value: float | None = None
        self.is_stopped = False
        self.started_s = self.ended_s = time.time()
        self._environment = environment
        self._pattern = re.compile(told["pattern"])
        self._process: subprocess.Popen[bytes] | None = None
        self._last_error = ""

    def place(self, *, is_last: bool) -> None:
        """Put files and inputs where the trial expects them; the last trial of its definition needs no copy."""
        for path in self.told["input_paths"]:
            source = self.told["inputs_dir"] + path
            if is_last:
                os.makedirs(path, exist_ok=True)
                os.rmdir(path)
                os.rename(source, path)
            else:
                shutil.rmtree(path, ignore_errors=True)  # an empty folder that was there for its parent
                shutil.copytree(source, path, symlinks=True)
        for path, text in self.told["files"].items():
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def execute(self) -> None:
        """Run the trial to its end, with its output on this program's own."""
        command = list(self.told["command"])
        if command[0] in ("python", "python3"):
            command[0] = sys.executable
        self.started_s = time.time()
        try:
            self._process = subprocess.Popen(
                command,
                cwd=self.told["working_directory"],
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self.reason = f"cannot start {command[0]!r}: {error.strerror}"
            return
        is_late = self._follow(self._process)
        code = self._process.wait()
        self.ended_s = time.time()
        if is_late:
            self.reason = f"stopped at its MaxRuntimeInSeconds of {self.told['time_limit_s']:g}"
        elif code != 0:
            ended = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
            said = _text_of(FAILURE_FILE) or self._last_error
            self.reason = f"{ended}: {said}" if said else ended

    def stop(self) -> None:
        """Ask the trial to end, as the service does; no other is started."""
        self.is_stopped = True
        self._signal(signal.SIGTERM)

    def keep(self) -> None:
        """Move what the trial has written to where its outputs are collected."""
        for path, kept in self.told["kept"].items():
            if os.path.isdir(path) and not os.path.islink(path):
                os.makedirs(kept, exist_ok=True)
                os.rmdir(kept)
                os.rename(path, kept)

    def _follow(self, process: subprocess.Popen[bytes]) -> bool:
        """Pass on what a process says until it and its output have ended; whether it was stopped at its time limit."""
        limit_s, is_late, began_s = self.told["time_limit_s"], False, time.monotonic()
        with selectors.DefaultSelector() as selector:
            for pipe, sink in ((process.stdout, sys.stdout), (process.stderr, sys.stderr)):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ, _Stream(pipe, sink.buffer))
            while selector.get_map():
                ready = selector.select(_LOOK_S)
                for key, _ in ready:
                    lines = key.data.read()
                    self._look_at(lines, is_error=key.data.sink is sys.stderr.buffer)
                    if key.data.is_at_end:
                        selector.unregister(key.fileobj)
                if not ready and process.poll() is not None:
                    break  # what it has started holds the pipe open
                if limit_s and not is_late and time.monotonic() - began_s > limit_s:
                    is_late = True
                    self._signal(signal.SIGKILL)
        self._signal(signal.SIGKILL)  # what outlived it, as the end of a container does
        return is_late

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                pass

    def _look_at(self, lines: list[bytes], *, is_error: bool) -> None:
        for line in lines:
            text = line.decode("utf-8", "replace").strip("\r\n")
            if is_error and text.strip():
                self._last_error = text.strip()
            found = self._pattern.search(text) or self._pattern.search(text.replace("\t", "#011"))
            if found:
                try:
                    self.value = float(found[1])
                except (TypeError, ValueError):
                    continue


class _Stream:
    """Copies a pipe to a sink, and gives its lines."""

    def __init__(self, pipe: IO[bytes], sink: IO[bytes]) -> None:
        self.sink = sink
        self.is_at_end = False
        self._pipe = pipe
        self._rest = b""

    def read(self) -> list[bytes]:
        """The lines that have come to their end."""
        data = os.read(self._pipe.fileno(), 1 << 16)
        self.is_at_end = not data
        self.sink.write(data)
        self.sink.flush()
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._rest and (self.is_at_end or len(self._rest) > _LONGEST_LINE):
            lines.append(self._rest)
            self._rest = b""
        return lines


def _text_of(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_REASON_LENGTH).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        os.unlink(path)
