"""The code of steps is looked at before they run."""

from __future__ import annotations

import dataclasses
import io
import marshal
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cursus_readiness.environments import code_inspector
from cursus_readiness.environments.base import PythonEnvironment
from cursus_readiness.environments.code_inspector import Inspection
from cursus_readiness.environments.host import host_environment
from cursus_readiness.environments.preflight import examine, preflight
from cursus_readiness.errors import CannotRunError
from cursus_readiness.model.finding import Finding, Severity
from cursus_readiness.model.job import Job, JobInput, Packing
from cursus_readiness.objectstore.archives import pack
from cursus_readiness.objectstore.store import ObjectStore
from pythons import MINORS, interpreter

CODE = "/opt/ml/processing/input/code"
ERROR, WARNING = Severity.ERROR, Severity.WARNING


class Steps:
    """Steps with their code, ready to be looked at."""

    def __init__(self, root: Path) -> None:
        self.store = ObjectStore(root)
        self.jobs: list[tuple[Job, PythonEnvironment]] = []

    def add(
        self, name: str = "Step", entry: str = "main.py", python: PythonEnvironment | None = None, **files: str
    ) -> None:
        folder = self.store.path_of(f"s3://b/{name}")
        for path, text in files.items():
            file = folder / path.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        job = Job(
            step_name=name, step_type="Processing", command=("python3", f"{CODE}/{entry}"), working_directory="/",
            environment={}, inputs=(JobInput(name="code", uri=f"s3://b/{name}", path=CODE, is_code=True),),
        )  # fmt: skip
        self.jobs.append((job, python or host_environment(None)))

    def findings(self) -> list[Finding]:
        return preflight(self.jobs, self.store)

    def seen(self) -> list[tuple[str, Severity, str]]:
        """Id, severity, and place below the code folder."""
        return [(item.id, item.severity, item.place.removeprefix(CODE + "/")) for item in self.findings()]


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path)


def test_code_that_is_right_is_silent(steps: Steps) -> None:
    steps.add(
        main_py="import os.path, pandas, pip\nfrom xml.etree import ElementTree\nfrom own.deep import thing\n"
        "import helper\nif __name__ == '__main__':\n    import json\n",
        own__deep_py="from . import beside\nfrom ..helper import x\nfrom .beside import *\n",
        own__beside_py="from six import moves\nthing = 1\n",
        helper_py="",
    )
    assert steps.seen() == []
    modules = examine(steps.jobs, steps.store)["Step"].imports
    assert {"os", "pandas", "json", "six"} <= modules
    assert "own" not in modules


def test_a_missing_entry_point_is_named_with_what_is_like_it(steps: Steps) -> None:
    steps.add(entry="mian.py", main_py="")
    (finding,) = steps.findings()
    assert (finding.id, finding.severity, finding.place) == ("missing-entry-point", ERROR, f"{CODE}/mian.py")
    assert f"did you mean {CODE}/main.py?" in finding.message


def test_what_does_not_compile_matters_where_the_entry_script_comes_to_it(steps: Steps) -> None:
    steps.add(
        main_py="import own\ndef later():\n    import lazy\n",
        own_py="x = 1\nreturn x\n",
        lazy_py="print 'two'\n",
        never_py="def f(:\n",
        nul_py="x\0",
    )
    kind = "script-does-not-compile"
    found = steps.seen()
    assert {item for item in found if item[2] != "nul.py"} >= {
        (kind, WARNING, "lazy.py:1"), (kind, WARNING, "never.py:1"), (kind, ERROR, "own.py:2")
    }  # fmt: skip
    assert len(found) == 4


def test_a_missing_module_is_an_error_where_it_is_imported_for_sure(steps: Steps) -> None:
    steps.add(
        main_py="import own\nimport cv2x\nclass A:\n    import in_class\nwith open('x'):\n    import in_with\n"
        "if 1:\n    import under_if\ntry:\n    import tried\nexcept ImportError:\n    import fallback\n"
        "def f():\n    import in_function\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import typed\n"
        "from contextlib import suppress\nwith suppress(ImportError):\n    import suppressed\n"
        "if __name__ == '__main__':\n    import in_main\n",
        own_py="import smdebug\nif __name__ == '__main__':\n    import own_main\n",
    )
    severities = {item.message.split("'")[1]: item.severity for item in steps.findings()}
    assert severities == {
        "cv2x": ERROR, "in_class": ERROR, "in_with": ERROR, "smdebug": ERROR, "in_main": ERROR, "under_if": WARNING,
        "tried": WARNING, "fallback": WARNING, "in_function": WARNING, "suppressed": WARNING, "own_main": WARNING,
    }  # fmt: skip


def test_a_missing_module_is_found_through_own_modules_and_told_once(steps: Steps) -> None:
    steps.add(
        main_py="def f():\n    import no_such\nimport pkg.inner\n",
        pkg____init___py="",
        pkg__inner_py="import no_such.deep\n",
    )
    (finding,) = steps.findings()
    assert (finding.severity, finding.place) == (ERROR, f"{CODE}/pkg/inner.py:1")
    assert finding.remedy == "add no-such to 'requirements' of the step's environment (kind uv)"


def test_the_remedy_says_where_a_module_is_to_be_had(steps: Steps) -> None:
    steps.add(
        main_py="import skopt\nimport sagemaker_xgboost_container\nimport json.no_such\nimport own.gone\n",
        own__here_py="",
    )
    found = {item.message.split("'")[1]: item for item in steps.findings()}
    assert "scikit-optimize" in (found["skopt"].remedy or "")
    assert "on no index" in (found["sagemaker_xgboost_container"].remedy or "")
    assert (found["own.gone"].severity, found["own.gone"].remedy) == (ERROR, "add the module to the step's source")
    assert found["json.no_such"].severity is WARNING


@pytest.mark.parametrize(
    ("script", "requirements"),
    [
        ("import sys, subprocess\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'No.Such==1'])\n", ""),
        ("import os\nos.system('python -m pip install -q no-such')\n", ""),
        ("", "no-such>=2\n"),
    ],
)
def test_what_a_step_installs_itself_is_a_warning(steps: Steps, script: str, requirements: str) -> None:
    steps.add(main_py=script + "import no_such\n", requirements_txt=requirements)
    (finding,) = steps.findings()
    assert finding.severity is WARNING
    assert "changes nothing here" in finding.message


def test_a_script_that_changes_its_path_may_import_from_all_its_folders(steps: Steps) -> None:
    steps.add("Fixed", entry="scripts/main.py", scripts__main_py="import beside\n", lib__beside_py="")
    text = "import sys\nsys.path.insert(0, '..')\nimport beside\n"
    steps.add("Changed", entry="scripts/main.py", scripts__main_py=text, lib__beside_py="import no_such\n")
    assert [(item.step, item.message.split("'")[1]) for item in steps.findings()] == [
        ("Fixed", "beside"), ("Changed", "no_such")
    ]  # fmt: skip


def test_nothing_of_the_code_is_executed(steps: Steps, tmp_path: Path) -> None:
    bomb = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    steps.add(main_py=bomb + "import own.deep\n", own____init___py=bomb, own__deep_py=bomb)
    assert steps.seen() == []
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("minor", MINORS)
def test_every_python_judges_by_its_own_grammar(steps: Steps, minor: str) -> None:
    found = interpreter(minor)
    python = PythonEnvironment(found.path, found.prefixes, found.version, found.paths, f"Python {minor}")
    steps.add(python=python, main_py="import json\nmatch json:\n    case _: import no_such\n")
    number = int(minor.split(".")[1])
    (item,) = steps.seen()
    assert item == ("script-does-not-compile", ERROR, "main.py:2") if number < 10 else item[0] == "missing-import"


def test_an_interpreter_that_fails_at_it_is_told(steps: Steps, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module ast >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    steps.add(python=dataclasses.replace(host_environment(None), interpreter=broken), main_py="")
    with pytest.raises(CannotRunError, match="cannot inspect the code: no module ast"):
        steps.findings()
    broken.write_text("#!/bin/sh\necho no json\n", encoding="utf-8")
    with pytest.raises(CannotRunError, match="cannot inspect the code"):
        steps.findings()


def test_the_inspector_answers_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the step's interpreter runs it, in this process."""
    files = {
        "/a/main.py": "import sys, own.deep\nfrom own import side\nsys.path.append('x')\nimport beside\n"
        "def f():\n    try:\n        import no_such, json.none, six.moves\n"
        "    except ImportError:\n        import gone\n"
        "print('pip', 'install', 'gone==1')\nimport own.missing\n",
        "/a/own/deep.py": "from . import side\nfrom .side import x\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import never\nelse:\n    from contextlib import suppress\n"
        "with suppress(ImportError):\n    import no_such\n",
        "/a/own/side.py": "class A:\n    import os\nif __name__ == '__main__':\n    import gone\n",
        "/lib/beside.py": "return\n",
    }
    step = {
        "files": {path: text.encode() for path, text in files.items()},
        "folders": ["/a"],
        "entry": "/a/main.py",
    }
    written = io.BytesIO()
    question = io.BytesIO(marshal.dumps({"extra_paths": [], "steps": {"A": step}}))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(question))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written))
    code_inspector.main()
    found = marshal.loads(written.getvalue().removeprefix(code_inspector.OPENING))["A"]
    assert {(item["missing"], item["is_conditional"]) for item in found["imports"] if item["missing"]} == {
        ("no_such", True), ("json.none", True), ("gone", True), ("own.missing", False)
    }  # fmt: skip
    assert [(item["path"], item["line"], item["reached"]) for item in found["errors"]] == [("/lib/beside.py", 1, False)]
    assert "gone" in found["installs"]


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["/a/m.py", "/a/b.py", "/a/c/d.py"]), st.text() | st.binary(), min_size=1))
def test_any_content_can_be_inspected(files: dict[str, str | bytes]) -> None:
    contents = {
        path: text if isinstance(text, bytes) else text.encode("utf-8", "replace") for path, text in files.items()
    }
    Inspection(contents, ["/a"], sorted(contents)[0])


def test_what_the_toolkit_would_install_is_missed_before_the_run(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text("", encoding="utf-8")
    (source / "requirements.txt").write_text("pydantic>=2\nno-such-thing==1.0\n", encoding="utf-8")
    pack(source, store.path_of("s3://b/sourcedir.tar.gz"))
    archive = JobInput(
        name="code", uri="s3://b/sourcedir.tar.gz", path="/opt/ml/code", is_code=True, packing=Packing.TAR_GZ
    )
    job = Job(
        step_name="Train", step_type="Training", command=("python3", "train.py"), working_directory="/opt/ml/code",
        environment={}, inputs=(archive,),
    )  # fmt: skip
    (finding,) = preflight([(job, host_environment(None))], store)
    assert (finding.id, finding.severity, finding.step) == ("unmet-requirement", WARNING, "Train")
    assert "asks for no-such-thing, which" in finding.message
