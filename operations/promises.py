"""What tickets were promised by stays as it was: standard rules in use, and the clock of an estate with tickets."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import N_, Base
from models.estate import Estate
from models.faults import Fault
from models.milestone import LadderStep, Milestone
from models.standard import LadderRule, StandardRule
from models.ticket import Ticket
from operations.chunks import chunks

AnyRow = Mapping[str, Any]
Pairs = Mapping[int, tuple[AnyRow, AnyRow]]  # by id: a row as it is and as it would be
Faults = dict[int, dict[str, Fault]]

# What a rule may still change once tickets were promised by it: words about it, and the day on which it ends.
_WORDS = frozenset({"id", "version", "code", "source", "text", "is_ours"})
_ENDS = "valid_to"


def broken(session: Session, model: type[Base], pairs: Pairs) -> Faults:
    """A sentence for each column, by id of the row, that must stay as it is because of what was promised by it."""
    return GUARDS[model](session, model, pairs) if pairs and model in GUARDS else {}


def _broken_rules(session: Session, model: type[Base], pairs: Pairs) -> Faults:
    last_used = _last_used(session, model, [row_id for row_id, pair in pairs.items() if _judged(*pair)])
    return {row_id: _rewritten(*pairs[row_id], day) for row_id, day in last_used.items()}


def _judged(before: AnyRow, after: AnyRow) -> list[str]:
    return [name for name in after if name not in _WORDS and after[name] != before[name]]


def _rewritten(before: AnyRow, after: AnyRow, last_used: date) -> dict[str, Fault]:
    fixed = Fault(N_("Tickets were promised by this rule: end it with 'valid to' and add a new one"))
    found = dict.fromkeys((name for name in _judged(before, after) if name != _ENDS), fixed)
    ends = after[_ENDS]
    if ends != before[_ENDS] and ends is not None and ends <= last_used:
        sentence = N_("A ticket of %(day)s was promised by this rule: give a later day")
        found[_ENDS] = Fault(sentence, day=last_used)
    return found


def _last_used(session: Session, model: type[Base], rule_ids: list[int]) -> dict[int, date]:
    """The last local day on which a ticket was opened that has a date by the rule, by rule; unused ones left out."""
    rule_id, ticket_id = _USES[model].__table__.c.rule_id, _USES[model].__table__.c.ticket_id
    found: dict[int, date] = {}
    for chunk in chunks(rule_ids):
        statement = (
            select(rule_id, Estate.time_zone, func.max(Ticket.opened_at))
            .join_from(Ticket, Estate, Estate.id == Ticket.estate_id)
            .join(_USES[model], ticket_id == Ticket.id)
            .where(rule_id.in_(chunk))
            .group_by(rule_id, Estate.time_zone)
        )
        for used_id, zone, opened_at in session.execute(statement):
            day = opened_at.astimezone(ZoneInfo(zone)).date()
            found[used_id] = max(day, found.get(used_id, day))
    return found


def _broken_estates(session: Session, model: type[Base], pairs: Pairs) -> Faults:
    moved = [row_id for row_id, (before, after) in pairs.items() if before["time_zone"] != after["time_zone"]]
    sentence = N_("The estate has tickets, whose dates were promised in %(zone)s: its time zone stays")
    found: Faults = {}
    for chunk in chunks(moved):
        for estate_id in session.scalars(select(Ticket.estate_id).where(Ticket.estate_id.in_(chunk)).distinct()):
            found[estate_id] = {"time_zone": Fault(sentence, zone=pairs[estate_id][0]["time_zone"])}
    return found


_USES: Mapping[type[Base], type[Base]] = {StandardRule: Milestone, LadderRule: LadderStep}

GUARDS: Mapping[type[Base], Callable[[Session, type[Base], Pairs], Faults]] = {
    StandardRule: _broken_rules,
    LadderRule: _broken_rules,
    Estate: _broken_estates,
}
