"""Which rule speaks of a ticket: the most specific one that fits, and since when it has."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

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
Target = TypeVar("Target", bound=Hashable)


def most_specific(
    rules: Iterable[AnyRule], ticket: TicketClass, target: Callable[[AnyRule], Target]
) -> dict[Target, AnyRule]:
    """The rule that decides, by what it decides: category before severity before kind, then the newer."""
    fitting = sorted((rule for rule in rules if rule.fits(ticket)), key=_specificity)
    return {target(rule): rule for rule in fitting}


def fitting_since(
    rules: Sequence[AnyRule], classes: Iterable[TicketClass], target: Callable[[AnyRule], Target]
) -> dict[Target, tuple[AnyRule, datetime]]:
    """The rule that decides now, by what it decides, with the moment since which it does so uninterrupted.

    A reclassification counts from its moment (ours), but not for a rule that fits before and after it.
    """
    found: dict[Target, tuple[AnyRule, datetime]] = {}
    for each in classes:
        deciding = most_specific(rules, each, target)
        found = {key: (rule, _since(found.get(key), rule, each.since)) for key, rule in deciding.items()}
    return found


def _since(before: tuple[AnyRule, datetime] | None, rule: AnyRule, moment: datetime) -> datetime:
    return before[1] if before is not None and before[0] is rule else moment


def _specificity(rule: Rule) -> tuple[bool, bool, bool, date, int]:
    is_of_one_kind = rule.kind is not RuleKind.NOT_COMPLAINT
    return rule.category is not None, rule.severity is not None, is_of_one_kind, rule.valid_from, rule.id
