"""Which rules speak of a ticket: the most specific ones that fit, and since when they have."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Self, TypeVar

from models.standard import RuleKind
from models.ticket import Category, Severity, TicketKind
from rules.facts import TicketClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What any rule says of the tickets it speaks of, and of the days on which it holds."""

    id: int
    kind: RuleKind
    category: Category | None = None
    severity: Severity | None = None
    valid_from: date
    valid_to: date | None = None

    @property
    def target(self) -> Hashable:
        """What the rule decides about: of rules with one target the most specific decides."""
        return None

    @property
    def variant(self) -> Hashable:
        """What tells it from rules that are as specific and decide beside it; the newer of one variant decides."""
        return None

    def counts(self, is_special: bool) -> bool:
        """Whether it counts for a ticket that is, or is not, the special case that some rules are for."""
        return True

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def fits(self, ticket: TicketClass) -> bool:
        return (
            (self.kind.value == ticket.kind.value or self._is_any_but(ticket.kind))
            and self.category in {None, ticket.category}
            and self.severity in {None, ticket.severity}
        )

    def _is_any_but(self, kind: TicketKind) -> bool:
        return self.kind is RuleKind.NOT_COMPLAINT and kind is not TicketKind.COMPLAINT


AnyRule = TypeVar("AnyRule", bound=Rule)


class Rulebook(tuple[AnyRule, ...], Generic[AnyRule]):
    """The rules of a set. What decides about a class of tickets is found once, so that many are judged quickly."""

    _turns: list[date]  # the days on which other rules hold than on the day before
    _found: dict[Hashable, tuple[AnyRule, ...]]

    def __new__(cls, rules: Iterable[AnyRule] = ()) -> Self:
        book = super().__new__(cls, rules)
        book._turns = sorted({day for rule in book for day in (rule.valid_from, rule.valid_to) if day is not None})
        book._found = {}
        return book

    @classmethod
    def of(cls, rules: Iterable[AnyRule]) -> "Rulebook[AnyRule]":
        """The rules themselves if they are a book already."""
        return rules if isinstance(rules, Rulebook) else Rulebook(rules)

    def deciding(self, day: date, ticket: TicketClass, is_special: bool) -> tuple[AnyRule, ...]:
        """The rules that held on that day and decide about such a ticket."""
        key = bisect_right(self._turns, day), ticket.kind, ticket.category, ticket.severity, is_special
        found = self._found.get(key)
        if found is None:
            holding = (rule for rule in self if rule.holds_on(day) and rule.counts(is_special))
            found = self._found[key] = most_specific(holding, ticket)
        return found


def most_specific(rules: Iterable[AnyRule], ticket: TicketClass) -> tuple[AnyRule, ...]:
    """Those that decide, by target: category before severity before kind, then the newer."""
    deciding: dict[Hashable, dict[Hashable, AnyRule]] = {}
    for rule in sorted((rule for rule in rules if rule.fits(ticket)), key=_in_order):
        others = deciding.get(rule.target, {})
        is_as_specific = any(_specificity(other) == _specificity(rule) for other in others.values())
        deciding[rule.target] = {**(others if is_as_specific else {}), rule.variant: rule}
    return tuple(rule for variants in deciding.values() for rule in variants.values())


def fitting_since(
    book: Rulebook[AnyRule], day: date, classes: Sequence[TicketClass], is_special: bool = False
) -> list[tuple[AnyRule, datetime]]:
    """The rules that decide now, each with the moment since which it does so uninterrupted.

    A reclassification counts from its moment (ours), but not for a rule that fits before and after it.
    """
    if len(classes) == 1:
        only = classes[0]
        return [(rule, only.since) for rule in book.deciding(day, only, is_special)]
    since: dict[int, datetime] = {}
    deciding: tuple[AnyRule, ...] = ()
    for each in classes:
        deciding = book.deciding(day, each, is_special)
        since = {rule.id: since.get(rule.id, each.since) for rule in deciding}
    return [(rule, since[rule.id]) for rule in deciding]


def _specificity(rule: Rule) -> tuple[bool, bool, bool]:
    return rule.category is not None, rule.severity is not None, rule.kind is not RuleKind.NOT_COMPLAINT


def _in_order(rule: Rule) -> tuple[tuple[bool, bool, bool], date, int]:
    return _specificity(rule), rule.valid_from, rule.id
