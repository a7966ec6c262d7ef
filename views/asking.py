"""What the address of a summary asks for: each parameter read, and a sentence for what could not be."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from flask import request

from models.base import N_, Labelled
from rules.months import Month, read_month
from rules.permissions import Scope
from views.access import ServedEstate, estates
from views.language import translate

Choice = TypeVar("Choice", bound=Labelled)


@dataclass(frozen=True, slots=True)
class Field:
    """A control of the form above a summary: a month, or a choice among options (value, label)."""

    name: str
    label: str
    value: str
    options: Sequence[tuple[str, str]] = ()


@dataclass
class Asking:
    """Reads parameters of the request; what makes no sense is left out and said in `faults`."""

    faults: list[str] = field(default_factory=list)

    def only(self, known: Collection[str]) -> None:
        """Say which parameters nobody knows, so that a slip does not pass for an answer."""
        for name in request.args:
            if name not in known:
                self.refuse(N_("This page knows no %(value)s"), name)

    def month(self, name: str) -> Month | None:
        text = request.args.get(name, "").strip()
        found = read_month(text) if text else None
        if text and found is None:
            self.refuse(N_("%(value)s is not a month: write it like 2026-10"), text)
        return found

    def choice(self, name: str, members: type[Choice]) -> Choice | None:
        text = request.args.get(name, "").strip()
        found = next((member for member in members if member.value == text), None)
        if text and found is None:
            self.refuse(N_("%(value)s is not one of the choices"), text)
        return found

    def number(self, name: str, largest: int = 2**63 - 1) -> int | None:
        text = request.args.get(name, "").strip()
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= largest:
            return int(text)
        self.refuse(N_("%(value)s is not the number of a record"), text)
        return None

    def estate(self, name: str, scope: Scope) -> int | None:
        """The estate asked for; one that the person does not reach is answered like one that does not exist."""
        asked = self.number(name)
        if asked is None or asked in {estate.id for estate in reached(scope)}:
            return asked
        self.refuse(N_("There is no estate %(value)s here"), str(asked))
        return None

    def refuse(self, message: str, value: str) -> None:
        """Keep the sentence about a value that was left out."""
        self.faults.append(translate(message) % {"value": value[:40]})


def reached(scope: Scope) -> list[ServedEstate]:
    """The estates within the scope, by code."""
    if scope.is_empty:
        return []
    return [estate for estate in estates() if scope.estates is None or estate.id in scope.estates]


def estate_field(scope: Scope, chosen: int | None) -> Field:
    """The choice of an estate."""
    options = [(str(estate.id), f"{estate.code} {estate.name}") for estate in reached(scope)]
    every = ("", translate(N_("All estates")))
    return Field("estate_id", translate(N_("Estate")), str(chosen or ""), [every, *options])
