"""Undo: what was written together is taken back together, as far as nothing was built on it since."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_, Base, entities, model_of_table
from models.bulk_change import BulkAction, BulkChange
from models.faults import Fault
from models.history import ChangeKind, History
from models.pause import Pause
from models.ticket import Ticket
from models.ticket_event import TicketEvent
from operations import integrity
from operations.chunks import chunks, spans
from operations.recording import entity_name, restored
from operations.scope import conditions
from operations.tickets import too_late, undoing
from operations.write import Author, Change, Delete, Insert, InTheWay, Refused, Stale, Update, attempt, write
from rules.permissions import EVERYTHING, Scope

Row = tuple[type[Base], int]
ScopeOf = Callable[[type[Base]], Scope]

# Only events tell of these: there is nothing to put back, and what was said was said.
FINAL = frozenset({BulkAction.URGE})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The rows that are again as they were, and those that were left, with the reason."""

    done: list[Row]
    left: list[tuple[Row, Fault]]


@dataclass(slots=True)
class _Trace:
    """What was written to one row: how it began and ended, each field from the first value to the last."""

    model: type[Base]
    id: int
    first: ChangeKind
    last: ChangeKind
    last_entry: int
    estate_id: int | None
    changes: dict[str, list[Any]]

    @property
    def row(self) -> Row:
        return self.model, self.id

    def before(self) -> dict[str, Any]:
        """The fields as they were, those that are no more left out."""
        columns = self.model.__table__.columns
        return {name: restored(columns[name].type, kept[0]) for name, kept in self.changes.items() if name in columns}


@dataclass(frozen=True, slots=True)
class _Step:
    """What takes one row back: its changes belong together."""

    row: Row
    changes: list[Change]


def everywhere(model: type[Base]) -> Scope:
    """The scope of a command: no bounds."""
    return EVERYTHING


def undo_bulk(
    session: Session,
    bulk_id: int,
    by: Author,
    at: datetime,
    within: ScopeOf = everywhere,
    roles: Collection[Role] = tuple(Role),
) -> Outcome:
    """Take a bulk change back, once. Inside `writing`. Raises Fault when it was or cannot be."""
    bulk = session.execute(select(BulkChange).where(BulkChange.id == bulk_id).with_for_update()).scalar_one()
    if bulk.undone_at is not None:
        raise Fault(N_("This bulk change was undone already"))
    if bulk.action in FINAL:
        raise Fault(N_("%(action)s cannot be undone: it was said and changed nothing else"), action=bulk.action)
    outcome = undo(session, History.bulk_id == bulk_id, by, at, within, roles)
    if outcome.done:
        said = {"undone_at": at, "undone_by_id": by.account_id}
        counts = {"undone_count": len(outcome.done), "left_count": len(outcome.left)}
        session.execute(update(BulkChange).where(BulkChange.id == bulk_id).values(**said, **counts))
    return outcome


def undo(
    session: Session,
    written: ColumnElement[bool],
    by: Author,
    at: datetime,
    within: ScopeOf = everywhere,
    roles: Collection[Role] = tuple(Role),
    *,
    came_back: bool = False,
) -> Outcome:
    """Take back what these entries of the history wrote: `History.bulk_id == 5`, `History.batch_id == 7`.

    Fields go back to what they were, deleted rows come back under their ids, added ones go. A row is left as it is
    when one of these fields changed since, when something stands against it, or when it is out of reach. Events on
    a ticket stay; another one says that they count no longer. With `came_back` a field that changed since and is again
    as it was left, such as by a later batch that was undone, did not change. Inside `writing`.
    """
    traces, events = _traces(session, written)
    _lock(session, traces)
    belonging = _belonging(session, traces)
    reached = _reached(session, [trace for trace in traces if trace.last is not ChangeKind.DELETE], within)
    steps: list[_Step] = []
    left: list[tuple[Row, Fault]] = []
    since, versions = _since(session, traces), _versions(session, traces)
    worked = {trace.id: trace.before() for trace in traces if trace.model is Ticket and not _is_of_source(trace)}
    ended = too_late(session, worked, roles, at)
    together = {trace.row: [trace] for trace in traces if trace.row not in belonging}
    for trace in traces:
        together[belonging.get(trace.row, trace.row)] += [trace] if trace.row in belonging else []
    for row, parts in together.items():
        faults = filter(None, (_against(trace, since[trace.row], reached, came_back) for trace in parts))
        fault = next(faults, None) or (ended.get(row[1]) if row[0] is Ticket else None)
        if fault is not None:
            left.append((row, fault))
        else:
            steps.append(_Step(row, [change for each in parts for change in _back(each, events, versions, by, at)]))
    done: list[Row] = []
    for group in _ordered(steps):
        _do(session, group, by, at, within, done, left)
    return Outcome(done, left)


def _traces(session: Session, written: ColumnElement[bool]) -> tuple[list[_Trace], Mapping[int, list[int]]]:
    """What was written, by row; and the ids of the events added, by ticket, which stay."""
    found: dict[Row, _Trace] = {}
    events: dict[int, list[int]] = defaultdict(list)
    told = History.__table__.c
    columns = (told.id, told.entity, told.row_id, told.kind, told.estate_id, told.changes)
    for entry in session.connection().execute(select(*columns).where(written).order_by(told.id)).all():
        model = _model(entry.entity)
        if model is TicketEvent:
            events[entry.changes["ticket_id"][1]].append(entry.row_id)
            continue
        start = _Trace(model, entry.row_id, entry.kind, entry.kind, entry.id, entry.estate_id, {})
        trace = found.setdefault(start.row, start)
        trace.last, trace.last_entry = entry.kind, entry.id
        for name, (before, after) in entry.changes.items():
            trace.changes[name] = [trace.changes.get(name, [before])[0], after]
    return list(found.values()), events


def _belonging(session: Session, traces: Sequence[_Trace]) -> dict[Row, Row]:
    """The pauses that were written with their tickets, to these: no ticket goes back to waiting without its pause, and
    no pause goes on of a ticket that does not wait.
    """
    tickets = {trace.id for trace in traces if trace.model is Ticket}
    found: dict[Row, Row] = {}
    for chunk in chunks(sorted(trace.id for trace in traces if trace.model is Pause)):
        for pause_id, ticket_id in session.execute(select(Pause.id, Pause.ticket_id).where(Pause.id.in_(chunk))):
            found |= {(Pause, pause_id): (Ticket, ticket_id)} if ticket_id in tickets else {}
    return found


def _lock(session: Session, traces: Iterable[_Trace]) -> None:
    """Whoever else writes these rows waits, or has written them: what is read from here on stands. In the order of
    `write`.
    """
    by_model: dict[type[Base], list[int]] = defaultdict(list)
    for trace in traces:
        by_model[trace.model].append(trace.id)
    for table in Base.metadata.sorted_tables:
        for bounds in spans(table.c.id, ids) if (ids := by_model.get(model_of_table(table.name))) else ():
            session.execute(select(table.c.id).where(bounds).order_by(table.c.id).with_for_update())


@cache
def _model(name: str) -> type[Base]:
    return entities().get(name) or model_of_table(name)


def _since(session: Session, traces: Iterable[_Trace]) -> dict[Row, list[Any]]:
    """The entries of the history about these rows that came after, by row."""
    found: dict[Row, list[Any]] = defaultdict(list)
    told = History.__table__.c
    for name, by_id in _by_name(traces).items():
        first = min(trace.last_entry for trace in by_id.values())
        for bounds in spans(told.row_id, by_id):
            of_rows = (told.entity == name, bounds, told.id > first)
            entries = session.connection().execute(select(told.id, told.row_id).where(*of_rows).order_by(told.id)).all()
            after = [entry_id for entry_id, row_id in entries if entry_id > by_id[row_id].last_entry]
            for some in chunks(after):
                columns = (told.id, told.row_id, told.kind, told.changes)
                for entry in session.connection().execute(select(*columns).where(told.id.in_(some)).order_by(told.id)):
                    found[by_id[entry.row_id].row].append(entry)
    return found


def _reached(session: Session, traces: Iterable[_Trace], within: ScopeOf) -> set[Row]:
    by_model: dict[type[Base], list[int]] = defaultdict(list)
    for trace in traces:
        by_model[trace.model].append(trace.id)
    return {(model, row_id) for model, ids in by_model.items() for row_id in _ids_within(session, model, ids, within)}


def _ids_within(session: Session, model: type[Base], row_ids: Sequence[int], within: ScopeOf) -> Iterator[int]:
    key, bounds = model.__table__.columns["id"], conditions(model, within(model)) if model.__entity__ else []
    for some in spans(key, row_ids):
        yield from session.connection().execute(select(key).where(some, *bounds)).scalars().all()


def _is_of_source(trace: _Trace) -> bool:
    """Whether a ticket was brought in from elsewhere, or its end was: no work of ours is undone by taking it back."""
    return trace.first is ChangeKind.INSERT or "source_closed_at" in trace.changes


def _against(trace: _Trace, since: Sequence[Any], reached: set[Row], came_back: bool) -> Fault | None:
    """Why the row is left as it is, as far as the history tells; None when nothing speaks against it."""
    if not came_back and any(entry.kind is ChangeKind.DELETE for entry in since):
        return Fault(N_("It was deleted since"))
    if [entry.kind for entry in since if entry.kind is not ChangeKind.UPDATE][-1:] == [ChangeKind.DELETE]:
        return Fault(N_("It was deleted since"))
    if trace.last is ChangeKind.DELETE:
        return Fault(N_("Another record has taken its place since")) if since else None
    if trace.row not in reached:
        return Fault(N_("It is not among the records that you may change"))
    fields = _moved_since(since) if came_back else {name for entry in since for name in entry.changes}
    if fields & trace.changes.keys() or (fields and trace.first is ChangeKind.INSERT):
        return Fault(N_("It was changed since"))
    return None


def _moved_since(since: Sequence[Any]) -> set[str]:
    """The fields that are not as they were before these entries, which are in order."""
    moved: dict[str, list[Any]] = {}
    for entry in since:
        for name, (before, after) in entry.changes.items():
            moved[name] = [moved.get(name, [before])[0], after]
    return {name for name, (before, after) in moved.items() if before != after}


def _back(
    trace: _Trace, events: Mapping[int, list[int]], versions: Mapping[Row, int], by: Author, at: datetime
) -> Iterator[Change]:
    if trace.first is ChangeKind.INSERT:
        if trace.last is not ChangeKind.DELETE:
            if trace.model is Ticket:  # a ticket that came from a file goes with the events that came with it
                yield from (Delete(TicketEvent, each) for each in events.get(trace.id, ()))
            yield Delete(trace.model, trace.id)
    elif trace.last is ChangeKind.DELETE:
        yield Insert(trace.model, {**trace.before(), "id": trace.id, "version": versions[trace.row]})
    else:
        yield Update(trace.model, trace.id, trace.before())
        if trace.model is Ticket and trace.estate_id is not None:
            yield undoing(trace.id, trace.estate_id, events.get(trace.id, []), by, at)


def _versions(session: Session, traces: Iterable[_Trace]) -> dict[Row, int]:
    """For rows that come back a version above all they had, each of which was an entry: no stale save gets past it."""
    found: dict[Row, int] = {}
    for name, by_id in _by_name(trace for trace in traces if trace.last is ChangeKind.DELETE).items():
        for chunk in chunks(sorted(by_id)):
            of_rows = (History.entity == name, History.row_id.in_(chunk))
            statement = select(History.row_id, func.count()).where(*of_rows).group_by(History.row_id)
            found |= {by_id[row_id].row: number + 1 for row_id, number in session.execute(statement)}
    return found


def _by_name(traces: Iterable[_Trace]) -> dict[str, dict[int, _Trace]]:
    """The traces by the name under which history keeps the model, and by id."""
    found: dict[str, dict[int, _Trace]] = defaultdict(dict)
    for trace in traces:
        found[entity_name(trace.model)][trace.id] = trace
    return found


def _ordered(steps: Iterable[_Step]) -> list[list[_Step]]:
    """Steps of one kind and model together: rows come back parents first, are set, and go children first."""
    rank = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
    groups: dict[tuple[int, int], list[_Step]] = defaultdict(list)
    for step in steps:
        for change in step.changes[:1]:
            table = rank[change.model.__tablename__]
            place = {Insert: (0, table), Update: (1, table), Delete: (2, -table)}[type(change)]
            groups[place].append(step)
    return [groups[place] for place in sorted(groups)]


def _do(
    session: Session,
    steps: Sequence[_Step],
    by: Author,
    at: datetime,
    within: ScopeOf,
    done: list[Row],
    left: list[tuple[Row, Fault]],
) -> None:
    """All of the steps at once; without those that others refer to; where something else stands against them, each
    half by itself, down to the single row.
    """
    if not steps:
        return
    try:
        with attempt(session):
            write(session, [change for step in steps for change in step.changes], by=by, at=at)
            _stay_within(session, steps, within)
        done += [step.row for step in steps]
    except (Refused, Stale, InTheWay, IntegrityError) as error:
        if len(steps) == 1:
            left.append((steps[0].row, _reason(error)))
            return
        if isinstance(error, InTheWay) and (blocked := _blocked(session, steps, error.model)):
            left += [(step.row, _reason(error)) for step in steps if step.row in blocked]
            _do(session, [step for step in steps if step.row not in blocked], by, at, within, done, left)
            return
        middle = len(steps) // 2
        for half in (steps[:middle], steps[middle:]):
            _do(session, half, by, at, within, done, left)


def _blocked(session: Session, steps: Sequence[_Step], model: type[Base]) -> set[Row]:
    """Of the rows of the model that are to go those that others refer to, all of them at once."""
    ids = [step.row[1] for step in steps if step.row[0] is model and isinstance(step.changes[0], Delete)]
    return {(model, row_id) for row_id in integrity.blockers(session, model, ids)}


def _stay_within(session: Session, steps: Sequence[_Step], within: ScopeOf) -> None:
    """Refuse rows that came back out of reach."""
    kept = [step.row for step in steps if not isinstance(step.changes[0], Delete)]
    for model in {model for model, _ in kept}:
        ids = [row_id for each, row_id in kept if each is model]
        if set(ids) - set(_ids_within(session, model, ids, within)):
            raise Refused(model, {"": Fault(N_("It is not among the records that you may change"))})


def _reason(error: Exception) -> Fault:
    match error:
        case Refused():
            return next(iter(error.faults.values()))
        case Stale():
            return Fault(N_("It was deleted since"))
        case InTheWay():
            return Fault(N_("Other records refer to it now"))
    return Fault(N_("Another record stands in its place now"))
