"""Answers in pip's place, under the step's interpreter (Python 3.7 or later) with its standard library alone.

Every call leaves one JSON line in ``$HOME/.readiness-pip.jsonl``: arguments (without credentials), and for each
requirement what the environment has and whether that satisfies it (``null`` where that cannot be told).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

LOG = ".readiness-pip.jsonl"
_WITH_VALUE = {
    "-c", "--constraint", "-i", "--index-url", "--pypi-url", "--extra-index-url", "-f", "--find-links",
    "-t", "--target",
    "--prefix", "--root", "--trusted-host", "--timeout", "--default-timeout", "--retries", "--proxy", "--cert",
    "--client-cert", "--platform", "--python-version", "--implementation", "--abi", "--only-binary", "--no-binary",
    "--progress-bar", "--log", "--cache-dir", "--upgrade-strategy", "--src", "--config-settings", "--global-option",
    "--install-option", "--report", "--use-feature", "--use-deprecated", "--python", "--exists-action", "--format",
    "-d", "--dest", "-w", "--wheel-dir", "-b", "--build", "--keyring-provider", "--root-user-action",
}  # fmt: skip
_INSTALLING = ("install", "download", "wheel")
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*([^;@]*)(;.*|@.*)?$")
_CLAUSE = re.compile(r"^(===|==|!=|~=|>=|<=|>|<)\s*([^\s]+)$")


def run(arguments: list[str]) -> int:
    """Do what a call of pip asks for as far as it changes nothing; its exit code."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    command = words[0] if words else ""
    answer = {"list": _list, "freeze": _freeze, "show": _show, "check": _check}.get(command)
    if answer:
        return answer(arguments, words[1:])
    if not command:
        folder, version = os.path.dirname(os.path.abspath(__file__)), installed_version("pip") or "0"
        print(
            f"pip {version} from {folder} (python {sys.version_info[0]}.{sys.version_info[1]}; installs nothing here)"
        )
        return 0
    found = list(_judged(arguments[arguments.index(command) + 1 :])) if command in _INSTALLING else []
    _log({"argv": [_without_credentials(item) for item in arguments], "command": command, "requirements": found})
    absent = [item["text"] for item in found if _is_absent(item["text"])]
    if absent:
        print("ERROR: Could not open " + ", ".join(absent) + ": no such file", file=sys.stderr, flush=True)
        return 1
    print(f"pip {command}: nothing is changed here{_summary(found)}", flush=True)
    return 0


def _is_absent(text: str) -> bool:
    """Whether a requirement is a file, of requirements or a package, that is not there."""
    path = text[3:] if text.startswith("-r ") else text
    is_file = text.startswith("-r ") or (path.endswith((".whl", ".gz", ".zip")) and "://" not in path)
    return is_file and not os.path.exists(path)


def _summary(found: list[dict[str, Any]]) -> str:
    missing = [item["text"] for item in found if item["satisfied"] is False]
    if not found:
        return ""
    unknown = [item["text"] for item in found if item["satisfied"] is None]
    if missing:
        return "; the environment does not satisfy " + ", ".join(missing)
    return "; nothing can be said of " + ", ".join(unknown) if unknown else "; the environment has it all"


def _log(record: dict[str, Any]) -> None:
    try:
        with open(os.path.join(os.path.expanduser("~"), LOG), "a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")
    except OSError:  # a step that has made its HOME read-only installs nothing all the same
        pass


def _without_credentials(text: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//", text)


def _judged(arguments: list[str]) -> Iterator[dict[str, Any]]:
    for text, place in _requirements(arguments):
        name, installed, satisfied = judge(text)
        yield {
            "text": _without_credentials(text), "name": name, "installed": installed, "satisfied": satisfied,
            "from": place,
        }  # fmt: skip


def _requirements(arguments: list[str]) -> Iterator[tuple[str, str | None]]:
    """Each requirement of the command line and of the files that it names, with its file."""
    pending = list(arguments)
    while pending:
        option, _, value = pending.pop(0).partition("=") if pending[0].startswith("--") else (pending.pop(0), "", "")
        if option in ("-r", "--requirement"):
            for text in _lines(value or (pending.pop(0) if pending else ""), set()):
                yield text
        elif option.startswith("-r") and not option.startswith("--"):
            for text in _lines(option[2:], set()):
                yield text
        elif option in ("-e", "--editable"):
            yield value or (pending.pop(0) if pending else ""), None
        elif option in _WITH_VALUE and not value:
            del pending[:1]
        elif not option.startswith("-"):
            yield option, None


def _lines(name: str, seen: Any) -> Iterator[tuple[str, str | None]]:
    if name in seen:
        return
    seen.add(name)
    try:
        with open(name, encoding="utf-8-sig", errors="replace") as file:
            content = file.read().replace("\\\n", " ")
    except OSError:
        yield "-r " + name, name
        return
    for line in content.splitlines():
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        nested = re.match(r"(?:-r|--requirement)[\s=]*(\S+)$", text)
        if nested:
            for found in _lines(os.path.join(os.path.dirname(name), nested.group(1)), seen):
                yield found
        elif text and not text.startswith("-"):
            yield re.split(r"\s--hash", text)[0], name


def judge(text: str) -> tuple[str | None, str | None, bool | None]:
    """Name of a requirement, the version that is installed, and whether that is what it wants."""
    matched = _REQUIREMENT.match(text.strip())
    if not matched or "/" in re.split("[;@]", text)[0] or text == "." or text.endswith((".whl", ".gz", ".zip")):
        return None, None, None
    name, _, bounds, rest = matched.groups()
    return name, installed_version(name), _is_satisfied(text, installed_version(name), bounds, rest)


def _is_satisfied(text: str, version: str | None, bounds: str, rest: str | None) -> bool | None:
    kind = _requirement_class()
    if kind is None:
        return None if rest else version is not None and _plainly(version, bounds)
    try:
        wanted = kind(text)
    except ValueError:
        return None
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return True
    if version is None or wanted.url:
        return None if version else False
    return bool(wanted.specifier.contains(version, prereleases=True))


def _requirement_class() -> Any:
    for module in ("packaging.requirements", "pip._vendor.packaging.requirements"):
        try:
            return __import__(module, fromlist=["Requirement"]).Requirement
        except Exception:
            continue
    return None


def _plainly(installed: str, bounds: str) -> bool | None:
    """The comparison of numbers, for environments without ``packaging``; ``None`` for what is more than that."""
    have = _numbers(installed)
    for clause in filter(None, (part.strip() for part in bounds.strip("() ").split(","))):
        matched = _CLAUSE.match(clause)
        if not matched or have is None:
            return None
        operator, version = matched.groups()
        is_family = version.endswith(".*")
        want = _numbers(version[:-2] if is_family else version)
        if want is None:
            return None
        width = max(len(have), len(want))
        left, right = have + [0] * (width - len(have)), want + [0] * (width - len(want))
        is_alike = left[: len(want)] == want if is_family else left == right
        holds = {
            "==": is_alike, "===": installed == version, "!=": not is_alike, ">=": left >= right, "<=": left <= right,
            ">": left > right, "<": left < right, "~=": left >= right and left[: len(want) - 1] == want[:-1],
        }[operator]  # fmt: skip
        if not holds:
            return False
    return True


def _numbers(version: str) -> list[int] | None:
    matched = re.match(r"^v?(\d+(?:\.\d+)*)(?:\.?post\d+)?(?:\+.*)?$", version)
    return [int(part) for part in matched.group(1).split(".")] if matched else None


@lru_cache(maxsize=None)
def installed() -> dict[str, tuple[str, str]]:
    """Normalised name -> (name, version) of every distribution on the path."""
    found: dict[str, tuple[str, str]] = {}
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        for folder in sys.path:
            for entry in os.listdir(folder) if os.path.isdir(folder) else []:
                matched = re.match(r"^(.+?)-(\d[^-]*)(?:-py.*)?\.(?:dist|egg)-info$", entry)
                if matched:
                    found.setdefault(_normalised(matched.group(1)), (matched.group(1), matched.group(2)))
        return found
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(_normalised(name), (name, distribution.version))
    return found


def installed_version(name: str) -> str | None:
    """The version of a distribution; ``None`` when it is not there."""
    return installed().get(_normalised(name), (name, None))[1]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _list(arguments: list[str], words: list[str]) -> int:
    rows = [pair for _, pair in sorted(installed().items())]
    form = [argument.partition("=")[2] for argument in arguments if argument.startswith("--format=")] + words
    if "json" in form:
        print(json.dumps([{"name": name, "version": version} for name, version in rows]))
    elif "freeze" in form:
        return _freeze(arguments, words)
    else:
        width = max([len("Package")] + [len(name) for name, _ in rows])
        print("Package".ljust(width), "Version")
        print("-" * width, "-------")
        for name, version in rows:
            print(name.ljust(width), version)
    return 0


def _freeze(_arguments: list[str], _words: list[str]) -> int:
    for _, (name, version) in sorted(installed().items()):
        print(f"{name}=={version}")
    return 0


def _show(_arguments: list[str], words: list[str]) -> int:
    known = installed()
    shown = [known[_normalised(name)] for name in words if _normalised(name) in known]
    print("\n---\n".join(f"Name: {name}\nVersion: {version}" for name, version in shown))
    return 0 if shown else 1


def _check(_arguments: list[str], _words: list[str]) -> int:
    """Distributions whose requirements are not met, as pip words it."""
    try:
        from importlib import metadata
    except ImportError:
        print("pip check: not answered on Python 3.7")
        return 0
    broken = 0
    for distribution in metadata.distributions():
        for text in distribution.requires or []:
            name, version, satisfied = judge(text) if "extra ==" not in text else (None, None, None)
            if satisfied is False:
                broken += 1
                has = "which is not installed." if version is None else f"but you have {name} {version}."
                print(f"{distribution.metadata['Name']} {distribution.version} requires {text}, {has}")
    if not broken:
        print("No broken requirements found.")
    return 1 if broken else 0
