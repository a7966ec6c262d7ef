"""Bulk changes: one deed on many rows in one transaction; what cannot stand is left out and told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import N_, Base, entity
from models.bulk_change import BulkAction, BulkChange
from models.callback import Callback
from models.faults import Fault
from models.ticket import Ticket
from operations import integrity, tickets
from operations.callbacks import edit_callback
from operations.chunks import chunks
from operations.recording import plain
from operations.scope import conditions, estate_column
from operations.tickets import Outcome
from operations.write import Author, Delete, Refused, Update, attempt, sift, write
from rules import transitions
from rules.permissions import Scope

__all__ = ["MOST_ROWS", "Done", "Order", "carry_out"]

# One transaction holds the write lock of SQLite, and who waits longer than 10 s for it is turned away.
MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: columns to set, or what the action on a ticket takes."""

    model: type[Base]
    action: BulkAction
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    reason: str | None = None
    assignee_id: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The bulk change as it is kept, None when nothing was done, and what became of each row."""

    bulk_id: int | None
    outcome: Outcome


def carry_out(
    session: Session,
    order: Order,
    rows: Mapping[int, int | None],
    within: Scope,
    *,
    by: Author,
    roles: Collection[Role],
    at: datetime,
) -> Done:
    """Do it on those of the rows that lie within the scope and, where a version was shown, still have it.

    Inside `writing`. Nobody takes rows out of their own reach by it.
    """
    reached = _reached(session, order.model, rows, within)
    bulk_id = _keep(session, order, _only_estate(session, order.model, list(reached)), by, at)
    by = replace(by, bulk_id=bulk_id)
    fresh = [row_id for row_id, version in reached.items() if rows[row_id] in {None, version}]
    outcome = _within(session, order, fresh, within, by, roles, at)
    beaten = [(row_id, _beaten()) for row_id in reached.keys() - set(fresh)]
    gone = [(row_id, Fault(N_("There is no such record any more"))) for row_id in rows.keys() - reached.keys()]
    outcome = replace(outcome, refused=sorted([*outcome.refused, *beaten, *gone], key=lambda each: each[0]))
    if not outcome.done:
        session.execute(delete(BulkChange).where(BulkChange.id == bulk_id))
        return Done(None, outcome)
    _count(session, bulk_id, outcome)
    return Done(bulk_id, outcome)


def _beaten() -> Fault:
    return Fault(N_("Somebody else changed it meanwhile"))


def _reached(session: Session, model: type[Base], row_ids: Collection[int], within: Scope) -> dict[int, int]:
    """The versions of those rows within the scope; who else writes them waits."""
    columns = model.__table__.columns
    bounds = conditions(model, within)
    found: dict[int, int] = {}
    for chunk in chunks(sorted(row_ids)):
        statement = select(columns["id"], columns["version"]).where(columns["id"].in_(chunk), *bounds)
        rows = session.execute(statement.order_by(columns["id"]).with_for_update(of=model.__table__))
        found |= {row.id: row.version for row in rows}
    return found


def _keep(session: Session, order: Order, estate_id: int | None, by: Author, at: datetime) -> int:
    said = {"note": order.note, "reason": order.reason, "assignee_id": order.assignee_id}
    what = {name: plain(value) for name, value in order.values.items()}
    what |= {name: value for name, value in said.items() if value is not None}
    kept = {"entity": entity(order.model).name, "action": order.action, "what": what, "estate_id": estate_id, "at": at}
    counts = dict.fromkeys(("done_count", "refused_count", "unchanged_count"), 0)
    statement = insert(BulkChange).values(**kept, **counts, account_id=by.account_id).returning(BulkChange.id)
    return session.execute(statement).scalar_one()


def _count(session: Session, bulk_id: int, outcome: Outcome) -> None:
    counts = {
        "done_count": len(outcome.done),
        "refused_count": len(outcome.refused),
        "unchanged_count": len(outcome.unchanged),
    }
    session.execute(update(BulkChange).where(BulkChange.id == bulk_id).values(counts))


def _only_estate(session: Session, model: type[Base], row_ids: Sequence[int]) -> int | None:
    """The estate to which all of the rows belong; None where there are several."""
    column = estate_column(model)
    if column is None:
        return None
    found: set[int] = set()
    for chunk in chunks(row_ids):
        found |= set(session.scalars(select(column).where(model.__table__.columns["id"].in_(chunk)).distinct()))
    return found.pop() if len(found) == 1 else None


class _Lost(Exception):
    """Rows that would leave the scope."""

    def __init__(self, row_ids: Collection[int]) -> None:
        super().__init__(row_ids)
        self.row_ids = row_ids


def _within(
    session: Session,
    order: Order,
    row_ids: Sequence[int],
    within: Scope,
    by: Author,
    roles: Collection[Role],
    at: datetime,
) -> Outcome:
    """Do it; if rows would leave the scope by it, once more without them."""
    if order.action is not BulkAction.SET:
        return _do(session, order, row_ids, by, roles, at)
    try:
        with attempt(session):
            outcome = _do(session, order, row_ids, by, roles, at)
            if lost := set(outcome.done) - _reached(session, order.model, outcome.done, within).keys():
                raise _Lost(lost)
            return outcome
    except _Lost as found:
        staying = [row_id for row_id in row_ids if row_id not in found.row_ids]
        outcome = _do(session, order, staying, by, roles, at)
        fault = Fault(N_("You could not reach it any more afterwards"))
        return replace(outcome, refused=[*outcome.refused, *((row_id, fault) for row_id in found.row_ids)])


def _do(
    session: Session, order: Order, row_ids: Sequence[int], by: Author, roles: Collection[Role], at: datetime
) -> Outcome:
    match order.action:
        case BulkAction.SET:
            return SETTING.get(order.model, _set)(session, order, row_ids, by, roles, at)
        case BulkAction.DELETE:
            return _delete(session, order.model, row_ids, by, at)
    said = {"note": order.note, "reason": order.reason, "assignee_id": order.assignee_id}
    action = transitions.Action(order.action.value)
    return tickets.act_on(session, row_ids, action, by, roles, at, **said)  # type: ignore[arg-type]  # by name


def _set(
    session: Session, order: Order, row_ids: Sequence[int], by: Author, roles: Collection[Role], at: datetime
) -> Outcome:
    sifted = sift(session, [Update(order.model, row_id, order.values) for row_id in row_ids])
    write(session, sifted.good, by=by, at=at)
    refused = [(row_id, next(iter(faults.values()))) for row_id, faults in sifted.refused.items()]
    return Outcome([change.id for change in sifted.good], refused, sifted.unchanged)


def _set_tickets(
    session: Session, order: Order, row_ids: Sequence[int], by: Author, roles: Collection[Role], at: datetime
) -> Outcome:
    return tickets.edit_on(session, row_ids, order.values, by, at, roles)


def _set_callbacks(
    session: Session, order: Order, row_ids: Sequence[int], by: Author, roles: Collection[Role], at: datetime
) -> Outcome:
    """One by one: an answer corrected to dissatisfied reopens the ticket."""
    sifted = sift(session, [Update(Callback, row_id, order.values) for row_id in row_ids])
    refused = {row_id: next(iter(faults.values())) for row_id, faults in sifted.refused.items()}
    for change in sifted.good:
        try:
            with attempt(session):
                edit_callback(session, change.id, change.values, None, by, at)
        except Refused as found:
            refused[change.id] = next(iter(found.faults.values()))
    done = [change.id for change in sifted.good if change.id not in refused]
    return Outcome(done, list(refused.items()), sifted.unchanged)


# Models of which a value is not set without what hangs on it.
_Setter = Callable[[Session, Order, Sequence[int], Author, Collection[Role], datetime], Outcome]
SETTING: Mapping[type[Base], _Setter] = {
    Callback: _set_callbacks,
    Ticket: _set_tickets,
}


def _delete(session: Session, model: type[Base], row_ids: Sequence[int], by: Author, at: datetime) -> Outcome:
    blocked = integrity.blockers(session, model, row_ids)
    done = [row_id for row_id in row_ids if row_id not in blocked]
    write(session, [Delete(model, row_id) for row_id in done], by=by, at=at)
    return Outcome(done, [(row_id, _in_the_way(blockers)) for row_id, blockers in blocked.items()])


def _in_the_way(blockers: Mapping[type[Base], int]) -> Fault:
    model, number = next(iter(blockers.items()))
    kind = model.__entity__ or entity(Account)  # to which the tables without screens belong
    return Fault(N_("Other records refer to it: %(number)s of %(kind)s"), number=number, kind=kind)
