"""Runs a batch transform job: serves the model in this process, sends it every input file, writes what it says."""

from __future__ import annotations

import os
import time

from readiness_artifact import MistakeError, end_with, instructions, open_model
from readiness_handlers import serving
from readiness_joins import DataProcessing
from readiness_records import assembled, batches, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Server(Protocol):
        """A loaded model."""

        def answer(self, body: bytes, content_type: str | None, accept: str | None) -> bytes:
            """What it says to a request."""
            ...


INPUT_DIR, OUTPUT_DIR = "/opt/ml/transform/input", "/opt/ml/transform/output"


def main() -> None:
    """Transform every input file, in the order of their names."""
    told = instructions()
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(INPUT_DIR) for name in names)
    if not files:
        raise MistakeError(f"there is no input file below {told['input_uri']}")
    processing = DataProcessing(told)
    open_model(told["container"])
    server = serving(told["container"])
    if server is None:
        raise MistakeError(
            "there is no inference script: neither SAGEMAKER_PROGRAM nor code/inference.py in the artifact"
        )
    server.load()
    for path in files:
        name = os.path.relpath(path, INPUT_DIR)
        target = os.path.join(OUTPUT_DIR, f"{name}.out")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            transform_file(path, target, server, processing, told)
        except MistakeError as error:
            raise MistakeError(f"{name}: {error}") from error


def transform_file(path: str, target: str, server: Server, processing: DataProcessing, told: dict[str, Any]) -> None:
    """Send one file, payload after payload, and write the answers in their order.

    Raises MistakeError for the first payload that cannot be sent or answered.
    """
    began_s, record_count, request_count = time.perf_counter(), 0, 0
    is_single = told["strategy"] == "SingleRecord"
    found = records(path, told["split"], told["compression"], is_single=is_single)
    pairs = ((record, processing.sent(record)) for record in found)
    with open(target, "wb") as output:
        for batch in batches(pairs, is_single=is_single, max_payload_mb=told["max_payload_mb"]):
            body = b"".join(sent for _, sent in batch)
            try:
                answer = server.answer(body, told["content_type"], told["accept"])
                output.write(assembled(processing.kept([record for record, _ in batch], answer), told["assemble"]))
            except MistakeError as error:
                raise MistakeError(f"records {record_count + 1} to {record_count + len(batch)}: {error}") from error
            record_count += len(batch)
            request_count += 1
    name = os.path.relpath(path, INPUT_DIR)
    print(
        f"{name}: {record_count} records in {request_count} requests, {time.perf_counter() - began_s:.2f} s", flush=True
    )


if __name__ == "__main__":
    end_with(main)
