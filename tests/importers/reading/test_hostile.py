import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.hostile import HUGE, KINDS

SENTENCES = {
    "bomb": "times its size: copy the table",
    "liar": "is damaged: open it in Excel",
    "nested": "is packed (ZIP): unpack it",
    "long_cell": "longer than 16 MB",
    "long_packed_cell": "times its size",
    "laughs": "is damaged",
    "columns": "has 1000000 columns",
    "packed_columns": "has 16384 columns",
    "far_cell": "spans 1048576 rows and 16384 columns: delete",
    "repeated_cells": "is damaged",
    "nuls": "longer than 16 MB",
    "endless_line": "longer than 16 MB",
    "protected": "protected by a password: save it without one",
    "old_with_macros": "holds macros: save it as XLSX without them",
    "with_macros": "holds macros",
    "picture": "no table but PNG",
    "web_page": "is a web page",
    "damaged_sheet": "is damaged",
}
READ = {"many_merges", "endless_quotes", "long_quoted_cell"}  # there is a table in them, and it does no harm


def outcomes_of(folder: Path, makers: dict[str, Callable[[Path], Path]]) -> dict[str, Any]:
    for name, make in makers.items():
        make(folder / name)
    reader = [sys.executable, "-m", "tests.infrastructure.reading_hostile", str(folder)]
    found = subprocess.run(reader, capture_output=True, check=True).stdout
    return dict(json.loads(found))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return outcomes_of(tmp_path_factory.mktemp("hostile"), KINDS)


def test_every_kind_of_hostile_file_is_expected() -> None:
    assert set(KINDS) == set(SENTENCES) | READ


@pytest.mark.parametrize("name", SENTENCES)
def test_a_hostile_file_is_refused_with_a_sentence(outcomes: dict[str, Any], name: str) -> None:
    assert SENTENCES[name] in outcomes[name]["said"]
    assert outcomes[name]["rows"] == 0


@pytest.mark.parametrize("name", KINDS)
def test_it_takes_less_than_five_seconds_and_two_hundred_megabytes(outcomes: dict[str, Any], name: str) -> None:
    assert outcomes[name]["seconds"] < 5
    assert outcomes[name]["growth"] < 200


@pytest.mark.soak
def test_at_full_size_they_are_no_worse(tmp_path: Path) -> None:
    found = outcomes_of(tmp_path, HUGE)
    assert {name for name, outcome in found.items() if outcome["seconds"] >= 5 or outcome["growth"] >= 200} == set()
    assert "longer than 16 MB" in found["huge_cell"]["said"]
    assert "unpacks to 200 MB" in found["huge_packed_cell"]["said"]
    assert "far too long: shorten it" in found["hard_packed_cell"]["said"]
    assert "unpacks to 1000 MB" in found["huge_bomb"]["said"]
