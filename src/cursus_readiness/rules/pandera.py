"""A schema of pandera, in its YAML form."""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

from cursus_readiness.objectstore.files import printable
from cursus_readiness.rules.base import Judgement, NoReferenceError, RuleSyntaxError, UnreadableDataError
from cursus_readiness.rules.schemas import REFERENCE
from cursus_readiness.rules.streaming import stream
from cursus_readiness.rules.target import Target
from cursus_readiness.units import MIB, format_bytes, one_line

_MOST_BYTES = 512 * MIB  # pandera judges a frame, which has to fit into memory


@dataclass(frozen=True, slots=True)
class _PanderaCheck:
    schema_file: str

    @property
    def references(self) -> tuple[str, ...]:
        return (self.schema_file,)

    def judge(self, target: Target) -> Judgement:
        size = sum(path.stat().st_size for path in target.files)
        if size > _MOST_BYTES:
            return Judgement.open(f"{format_bytes(size)} are too much for pandera, which needs all rows in memory")
        (path,) = target.refer(self.schema_file).files[:1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import pandera.errors
                from pandera.pandas import DataFrameSchema

                schema = DataFrameSchema.from_yaml(path)
            except ImportError as error:
                raise NoReferenceError(f"pandera cannot be used: {error}") from error
            except Exception as error:
                raise UnreadableDataError(f"{printable(path.name)} is no schema of pandera: {_line(error)}") from error
            if not schema.columns and not schema.checks:
                raise UnreadableDataError(f"{printable(path.name)} is no schema of pandera: it asks for nothing")
            frame = _frame(target)
            try:
                schema.validate(frame, lazy=True)
            except pandera.errors.SchemaErrors as error:
                return _judgement(error.failure_cases, target)
            except (pandera.errors.SchemaError, TypeError, ValueError) as error:
                return Judgement.broken(f"the schema cannot be applied: {type(error).__name__}")
        return Judgement.kept(f"{len(frame):,} rows keep {printable(path.name)}")


class Pandera:
    """``pandera: "file:schema.yaml"``: a schema that pandera wrote; the package is the user's to install."""

    key = "pandera"
    schema: ClassVar[dict[str, Any]] = REFERENCE

    def parse(self, written: Any) -> _PanderaCheck:
        """Read where the schema is."""
        if not isinstance(written, str) or not written.startswith("file:"):
            raise RuleSyntaxError("a file of pandera's YAML is expected, as in 'file:schema.yaml'")
        if importlib.util.find_spec("pandera") is None:
            raise RuleSyntaxError("the package pandera is not installed: pip install 'pandera[pandas,io]'")
        return _PanderaCheck(written)


def _frame(target: Target) -> Any:
    import pandas as pd

    parts = [piece.batch.to_pandas() for piece in stream(target.files, target.form)]
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True)


def _judgement(cases: Any, target: Target) -> Judgement:
    rows = [
        (str(case.get("column") or ""), str(case["check"]), case["failure_case"], case.get("index"))
        for case in cases.head(1000).to_dict(orient="records")
    ]
    checks = sorted({f"{column}: {check}".removeprefix(": ").removeprefix("None: ") for column, check, _, _ in rows})
    examples = [
        f"{column}: {target.show(value)}" + ("" if index is None or index != index else f" (row {int(index) + 1:,})")  # noqa: PLR0124 - NaN
        for column, _, value, index in rows[:5]
    ]
    return Judgement.broken(f"{len(cases):,} cases of {'; '.join(checks[:5])}", tuple(examples))


def _line(error: Exception) -> str:
    return one_line(str(error).splitlines()[0] if str(error) else type(error).__name__)[:200]
