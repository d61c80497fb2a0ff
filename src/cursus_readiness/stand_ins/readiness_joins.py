"""What is sent of a record, and what of record and answer goes into the output file: filters and joins.

Source: the SageMaker developer guide, *Associate prediction results with input records*.
"""

from __future__ import annotations

import csv
import io
import json

from readiness_artifact import MistakeError
from readiness_paths import selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DataProcessing:
    """``InputFilter``, ``JoinSource`` and ``OutputFilter`` of a job."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._reads_csv, self._writes_csv = (_is_csv(told[name]) for name in ("content_type", "accept"))
        self._takes_all = told["input_filter"] == "$"
        self._select = selector(told["input_filter"], is_row=self._reads_csv)
        self._joins = told["join"] == "Input"
        self._is_plain = not self._joins and told["output_filter"] == "$"
        self._choose = selector(told["output_filter"], is_row=self._writes_csv)

    def sent(self, record: bytes) -> bytes:
        """What is sent of a record; a line keeps its end."""
        if self._takes_all:
            return record
        end = b"\n" if record.endswith(b"\n") else b""
        return _text(self._select(_value(record, is_csv=self._reads_csv)), is_csv=self._reads_csv) + end

    def kept(self, batch: list[bytes], answer: bytes) -> bytes:
        """What goes into the output file for the records of a payload and their answer.

        Raises MistakeError when the answer does not have a part for each record.
        """
        if self._is_plain:
            return answer
        answers = answer.splitlines() if self._writes_csv or len(batch) > 1 else [answer]
        if self._joins and len(answers) != len(batch):
            raise MistakeError(f"the model gives {len(answers)} lines for {len(batch)} records: they cannot be joined")
        outputs = [_value(line, is_csv=self._writes_csv) for line in answers]
        if self._joins:
            inputs = [_value(record, is_csv=self._reads_csv) for record in batch]
            outputs = [_joined(one, other, is_csv=self._writes_csv) for one, other in zip(inputs, outputs)]
        return b"".join(_text(self._choose(value), is_csv=self._writes_csv) + b"\n" for value in outputs)


def _joined(record: Any, answer: Any, *, is_csv: bool) -> Any:
    if is_csv:
        return [*record, *answer]
    return (
        {**record, "SageMakerOutput": answer}
        if isinstance(record, dict)
        else {"SageMakerInput": record, "SageMakerOutput": answer}
    )


def _is_csv(content_type: str | None) -> bool:
    return (content_type or "").partition(";")[0].strip().lower() == "text/csv"


def _value(text: bytes, *, is_csv: bool) -> Any:
    """A record as data: the fields of a row, or JSON."""
    try:
        decoded = text.decode("utf-8")
        return next(csv.reader([decoded.rstrip("\r\n")]), []) if is_csv else json.loads(decoded)
    except (ValueError, RecursionError, csv.Error) as error:
        raise MistakeError(f"a record is not {'CSV' if is_csv else 'JSON'}: {error}") from error


def _text(value: Any, *, is_csv: bool) -> bytes:
    if not is_csv:
        return json.dumps(value, ensure_ascii=False).encode("utf-8")
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(value)
    return text.getvalue().encode("utf-8")
