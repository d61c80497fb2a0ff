"""Tidies the texts of the tickets, adds features, and splits the table for training."""

import hashlib
from pathlib import Path

import pandas as pd

INPUT = Path("/opt/ml/processing/input/tickets")
OUTPUT = Path("/opt/ml/processing/output")
TEXTS = ["product", "channel", "topic", "first_answer", "resolution", "region", "agent_team"]


def tidied(frame: pd.DataFrame) -> pd.DataFrame:
    for name in TEXTS:
        frame[name] = frame[name].str.strip().str.lower().fillna("unknown")
    frame["minutes_open"] = frame["minutes_open"].fillna(frame["minutes_open"].median())
    frame["summary"] = frame["product"] + " | " + frame["topic"] + " | " + frame["resolution"]
    frame["answer_length"] = frame["first_answer"].str.len()
    return frame


def part_of(ticket: str) -> str:
    """The same ticket is always in the same part, whatever else is in the table."""
    place = int(hashlib.md5(ticket.encode()).hexdigest()[:4], 16) % 10
    return "train" if place < 7 else "validation" if place < 9 else "test"


def main() -> None:
    frame = pd.concat([pd.read_csv(path) for path in sorted(INPUT.glob("*.csv"))], ignore_index=True)
    frame = tidied(frame.drop_duplicates("ticket_id"))
    parts = frame["ticket_id"].map(part_of)
    for name in ("train", "validation", "test"):
        folder = OUTPUT / name
        folder.mkdir(parents=True, exist_ok=True)
        frame[parts == name].sort_values("ticket_id").to_csv(folder / "tickets.csv", index=False)


if __name__ == "__main__":
    main()
