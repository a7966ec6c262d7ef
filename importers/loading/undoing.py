"""A batch taken back, any time: what it added goes, what it changed is as it was, as far as nothing stands on it."""

import gc
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from importers.loading.committing import CLAIMED
from importers.loading.progress import Progress, silent
from importers.loading.staged import LEFT, Record, all_lines, fault_as_json, store
from models.account import Role
from models.base import N_, Base
from models.faults import Fault
from models.history import History
from models.import_batch import BatchState, ImportBatch, ImportChunk
from models.ticket import Ticket
from operations.chunks import among
from operations.inserting import at_full_speed
from operations.recording import Author, entity_name
from operations.undo import Outcome, Row, ScopeOf, everywhere, undo
from operations.write import writing

AT_ONCE = 2_000  # rows that are taken back together

_told = History.__table__.c


def undo_import(
    session: Session,
    batch_id: int,
    by: Author,
    at: datetime,
    within: ScopeOf = everywhere,
    roles: Collection[Role] = tuple(Role),
    *,
    is_claimed: bool = False,
    progress: Progress = silent,
) -> Outcome:
    """Take the batch back in one transaction; the rows that were left are kept with it as lines of the kind `left`.
    Where nothing could be taken back the batch stays loaded. A batch that was taken back but for some rows is taken
    up again for these alone.

    Killed at any moment it stays being undone with nothing written, and the same call goes on with it as with a
    commit. Raises Fault when the batch was not loaded, or when nothing is left of it.
    """
    before = _begin(session, batch_id, by, at, is_claimed)
    try:
        with at_full_speed(session) as speed_up, writing(session):
            speed_up()
            return _carry_out(session, batch_id, by, at, within, roles, progress, before)
    except BaseException:
        _back(session, batch_id, before)
        raise


def may_be_undone(session: Session, batch: ImportBatch) -> bool:
    """Whether there is anything to take back: what was loaded, or what an undo left of it and is still known."""
    return batch.state is BatchState.COMMITTED or (batch.state is BatchState.UNDONE and _knows_left(session, batch))


def _knows_left(session: Session, batch: ImportBatch) -> bool:
    """What was written about tickets hangs together, and cannot be taken up again in part."""
    kept = select(ImportChunk.id).where(ImportChunk.batch_id == batch.id, ImportChunk.kind == LEFT).limit(1)
    return batch.entity != entity_name(Ticket) and session.scalar(kept) is not None


def _begin(session: Session, batch_id: int, by: Author, at: datetime, is_claimed: bool) -> dict[str, Any]:
    """Take the batch in a short transaction of its own, so that everybody sees that it is being undone; returns how it
    stood before.
    """
    with writing(session):
        batch = session.get_one(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
        if batch.state is BatchState.UNDOING:
            if not is_claimed and batch.claimed_until is not None and batch.claimed_until > at:
                raise Fault(N_("This import is being undone: wait for it"))
        elif not may_be_undone(session, batch):
            raise _nothing_to_undo(batch.state)
        is_again = batch.undone_at is not None
        before = {
            "state": BatchState.UNDONE if is_again else BatchState.COMMITTED,
            "undone_by_id": batch.undone_by_id if is_again else None,
            "claimed_until": None,
        }
        taken = {"state": BatchState.UNDOING, "claimed_until": at + CLAIMED, "undone_by_id": by.account_id}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(taken))
    return before


def _nothing_to_undo(state: BatchState) -> Fault:
    if state is BatchState.UNDONE:
        return Fault(N_("This import was undone already"))
    return Fault(N_("This import was not loaded: there is nothing to undo"))


def _back(session: Session, batch_id: int, before: Mapping[str, Any]) -> None:
    """Nothing was written: the batch is as it was."""
    session.rollback()
    with writing(session):
        is_undoing = (ImportBatch.id == batch_id, ImportBatch.state == BatchState.UNDOING)
        session.execute(update(ImportBatch).where(*is_undoing).values(before))


def _carry_out(
    session: Session,
    batch_id: int,
    by: Author,
    at: datetime,
    within: ScopeOf,
    roles: Collection[Role],
    progress: Progress,
    before: Mapping[str, Any],
) -> Outcome:
    state = session.execute(select(ImportBatch.state).where(ImportBatch.id == batch_id).with_for_update()).scalar_one()
    if state is not BatchState.UNDOING:  # of two only one gets past here
        raise _nothing_to_undo(state)
    rows = _left(session, batch_id) if before["state"] is BatchState.UNDONE else None
    total = _count(session, batch_id) if rows is None else sum(map(len, rows.values()))
    outcome, done = Outcome([], []), 0
    for some in _slices(session, batch_id, rows):
        progress("undoing", done, total)
        part = undo(session, some, by, at, within, roles, came_back=True)
        outcome.done.extend(part.done)
        outcome.left.extend(part.left)
        done += len(part.done) + len(part.left)
        gc.collect(0)
    _note(session, batch_id, outcome, by, at, before)
    return outcome


Rows = Mapping[str, Sequence[int]]  # ids by kind, as history calls it


def _left(session: Session, batch_id: int) -> Rows:
    """The rows that an undo left."""
    found: dict[str, list[int]] = defaultdict(list)
    for line in all_lines(session, batch_id, [LEFT]):
        found[line.more["entity"]].append(line.more["row"])
    return {name: sorted(ids) for name, ids in found.items()}


def _count(session: Session, batch_id: int) -> int:
    of_batch = select(func.count()).select_from(History).where(History.batch_id == batch_id)
    return session.scalars(of_batch).one()


def _written(session: Session, batch_id: int, name: str) -> Sequence[int]:
    of_kind = select(_told.row_id).where(_told.batch_id == batch_id, _told.entity == name)
    return session.scalars(of_kind.distinct().order_by(_told.row_id)).all()


def _slices(session: Session, batch_id: int, of: Rows | None) -> Iterator[ColumnElement[bool]]:
    """What the batch wrote, of these rows or of all, some thousand rows at a time, those that refer to others before
    these: all that it added of a kind can then go. What was written about tickets hangs together and is taken back at
    once.
    """
    written = set(session.scalars(select(_told.entity).where(_told.batch_id == batch_id).distinct()))
    if entity_name(Ticket) in written:
        yield _told.batch_id == batch_id
        return
    for name in reversed([name for name in _names() if name in (written if of is None else of)]):
        rows = iter(_written(session, batch_id, name) if of is None else of[name])
        while some := list(islice(rows, AT_ONCE)):
            for condition in among(session, _told.row_id, some):
                # Not by the index of the batch: each slice would walk all of it.
                yield (func.coalesce(_told.batch_id, 0) == batch_id) & (_told.entity == name) & condition


def _names() -> list[str]:
    """How history calls the models, those that others refer to first."""
    mapped: set[type[Base]] = {mapper.class_ for mapper in Base.registry.mappers}
    by_table = {str(model.__tablename__): model for model in mapped}
    return [entity_name(by_table[table.name]) for table in Base.metadata.sorted_tables if table.name in by_table]


def _note(
    session: Session, batch_id: int, outcome: Outcome, by: Author, at: datetime, before: Mapping[str, Any]
) -> None:
    session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id, ImportChunk.kind == LEFT))
    store(session, batch_id, LEFT, [_kept(number, *each) for number, each in enumerate(outcome.left, start=1)])
    values: dict[str, Any] = {"left_count": len(outcome.left), "claimed_until": None}
    if outcome.left and not outcome.done:
        values |= before
    else:
        values |= {"state": BatchState.UNDONE, "undone_at": at, "undone_by_id": by.account_id}
        values |= {"undone_count": ImportBatch.undone_count + len(outcome.done)}
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(values))


def _kept(number: int, row: Row, fault: Fault) -> Record:
    """The row and why it was left, as a line; what it is called is looked up when it is shown."""
    model, row_id = row
    said = {"column": "", "value": "", **fault_as_json(fault)}
    return [number, [], None, None, {"entity": entity_name(model), "row": row_id}, {"faults": [said], "warnings": []}]
