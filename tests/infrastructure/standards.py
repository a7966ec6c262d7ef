"""The shipped standards as the rules see them, read from the fixtures without a database."""

import csv
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from models.base import Base
from models.fields import parse
from models.standard import LadderRule, StandardRule
from rules.deadlines import DeadlineRule
from rules.ladder import LevelRule

FOLDER = Path(__file__).parents[2] / "fixtures" / "standards"


@cache
def deadline_rules(set_code: str = "default") -> list[DeadlineRule]:
    return [DeadlineRule(**row) for row in _rows("standard_rule.csv", StandardRule, DeadlineRule, set_code)]


@cache
def level_rules(set_code: str = "default") -> list[LevelRule]:
    return [LevelRule(**row) for row in _rows("ladder_rule.csv", LadderRule, LevelRule, set_code)]


def _rows(file_name: str, model: type[Base], mirror: type[Any], set_code: str) -> list[dict[str, Any]]:
    columns, wanted = model.__table__.columns, {each.name for each in fields(mirror)}
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["standard_set"] == set_code]
    return [
        {"id": number} | {name: parse(columns[name].type, text).value for name, text in line.items() if name in wanted}
        for number, line in enumerate(lines, 1)
    ]
