"""What owners say and staff write: matters and phrases out of the demo's files."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from importers.demo.files import lines
from models.ticket import Category, Severity, TicketKind


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that owners bring, about their unit or about the building; the texts have places to fill."""

    kind: TicketKind
    severity: Severity | None
    category: Category
    weight: int
    is_of_unit: bool
    subject: str
    description: str


@cache
def matters() -> tuple[Matter, ...]:
    """Every matter, with how often it comes."""
    return tuple(
        Matter(
            TicketKind(line["kind"]),
            severity_or_none(line["severity"]),
            Category(line["category"]),
            int(line["weight"]),
            line["place"] == "unit",
            line["subject"],
            line["description"],
        )
        for line in lines("matters.csv")
    )


def severity_or_none(value: str) -> Severity | None:
    """The severity of a cell, None for an empty one."""
    return Severity(value) if value else None


@cache
def _phrases() -> Mapping[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in lines("phrases.csv"):
        found[line["use"], line["about"]].append(line["text"])
    return found


def phrase(random: Random, use: str, *about: str) -> str | None:
    """A phrase for that use about the first of the things that there is one for; None when there is none at all."""
    choices = next((found for each in (*about, "") if (found := _phrases().get((use, each)))), [])
    return random.choice(choices) or None if choices else None
