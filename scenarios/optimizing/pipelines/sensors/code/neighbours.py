"""Finds the nearest neighbour of each reading: the distances of all pairs are held at once."""

import csv
from pathlib import Path

import numpy as np

INPUT = Path("/opt/ml/processing/input/readings")
OUTPUT = Path("/opt/ml/processing/output/neighbours")
FEATURES = ["temperature", "humidity", "pressure"]


def main() -> None:
    rows = []
    for path in sorted(INPUT.glob("*.csv")):
        with path.open(newline="") as file:
            rows += list(csv.DictReader(file))
    values = np.array([[float(row[name]) for name in FEATURES] for row in rows])
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    distances = np.zeros((len(values), len(values)))
    for column in values.T:
        for place, value in enumerate(column):
            distances[place] += (column - value) ** 2
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with (OUTPUT / "neighbours.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reading_id", "neighbour_id", "distance"])
        for place, other in enumerate(nearest):
            distance = round(float(np.sqrt(distances[place, other])), 6)
            writer.writerow([rows[place]["reading_id"], rows[other]["reading_id"], distance])


if __name__ == "__main__":
    main()
