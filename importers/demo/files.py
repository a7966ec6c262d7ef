"""The files of the demo company in `fixtures/demo`: its register, its words, its habits."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "fixtures" / "demo"


def lines(file_name: str) -> list[dict[str, str]]:
    """The lines of a file, by heading."""
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
