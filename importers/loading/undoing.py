"""A batch taken back, any time: what it added goes, what it changed is as it was, as far as nothing stands on it."""

import gc
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from importers.loading.committing import CLAIMED
from importers.loading.progress import Progress, silent
from importers.loading.staged import LEFT, Record, fault_as_json, store
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
    """Take the batch back, once, in one transaction; the rows that were left are kept with it as lines of the kind
    `left`. Where nothing could be taken back the batch stays loaded.

    Killed at any moment it stays being undone with nothing written, and the same call goes on with it as with a
    commit. Raises Fault when the batch was not loaded, or was taken back already.
    """
    _begin(session, batch_id, by, at, is_claimed)
    try:
        with at_full_speed(session) as speed_up, writing(session):
            speed_up()
            return _carry_out(session, batch_id, by, at, within, roles, progress)
    except BaseException:
        _back(session, batch_id)
        raise


def _begin(session: Session, batch_id: int, by: Author, at: datetime, is_claimed: bool) -> None:
    """Take the batch in a short transaction of its own, so that everybody sees that it is being undone."""
    with writing(session):
        batch = session.get_one(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
        if batch.state is BatchState.UNDOING:
            if not is_claimed and batch.claimed_until is not None and batch.claimed_until > at:
                raise Fault(N_("This import is being undone: wait for it"))
        else:
            _must_be_loaded(batch.state)
        taken = {"state": BatchState.UNDOING, "claimed_until": at + CLAIMED, "undone_by_id": by.account_id}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(taken))


def _must_be_loaded(state: BatchState) -> None:
    if state is BatchState.UNDONE:
        raise Fault(N_("This import was undone already"))
    if state is not BatchState.COMMITTED:
        raise Fault(N_("This import was not loaded: there is nothing to undo"))


def _back(session: Session, batch_id: int) -> None:
    """Nothing was written: the batch is loaded as before."""
    session.rollback()
    with writing(session):
        is_undoing = (ImportBatch.id == batch_id, ImportBatch.state == BatchState.UNDOING)
        values = {"state": BatchState.COMMITTED, "claimed_until": None, "undone_by_id": None}
        session.execute(update(ImportBatch).where(*is_undoing).values(values))


def _carry_out(
    session: Session,
    batch_id: int,
    by: Author,
    at: datetime,
    within: ScopeOf,
    roles: Collection[Role],
    progress: Progress,
) -> Outcome:
    state = session.execute(select(ImportBatch.state).where(ImportBatch.id == batch_id).with_for_update()).scalar_one()
    if state is not BatchState.UNDOING:  # of two only one gets past here
        _must_be_loaded(state)
    total = session.scalar(select(func.count()).select_from(History).where(History.batch_id == batch_id))
    outcome, done = Outcome([], []), 0
    for some in _slices(session, batch_id):
        progress("undoing", done, total)
        part = undo(session, some, by, at, within, roles, came_back=True)
        outcome.done.extend(part.done)
        outcome.left.extend(part.left)
        done += len(part.done) + len(part.left)
        gc.collect(0)
    _note(session, batch_id, outcome, by, at)
    return outcome


def _slices(session: Session, batch_id: int) -> Iterator[ColumnElement[bool]]:
    """What the batch wrote, some thousand rows at a time, those that refer to others before these: all that it added
    of a kind can then go. What was written about tickets hangs together and is taken back at once.
    """
    written = set(session.scalars(select(_told.entity).where(_told.batch_id == batch_id).distinct()))
    if entity_name(Ticket) in written:
        yield _told.batch_id == batch_id
        return
    for name in reversed([name for name in _names() if name in written]):
        of_kind = (
            select(_told.row_id)
            .where(_told.batch_id == batch_id, _told.entity == name)
            .distinct()
            .order_by(_told.row_id)
        )
        rows = iter(session.scalars(of_kind).all())
        while some := list(islice(rows, AT_ONCE)):
            for condition in among(session, _told.row_id, some):
                # Not by the index of the batch: each slice would walk all of it.
                yield (func.coalesce(_told.batch_id, 0) == batch_id) & (_told.entity == name) & condition


def _names() -> list[str]:
    """How history calls the models, those that others refer to first."""
    mapped: set[type[Base]] = {mapper.class_ for mapper in Base.registry.mappers}
    by_table = {str(model.__tablename__): model for model in mapped}
    return [entity_name(by_table[table.name]) for table in Base.metadata.sorted_tables if table.name in by_table]


def _note(session: Session, batch_id: int, outcome: Outcome, by: Author, at: datetime) -> None:
    session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id, ImportChunk.kind == LEFT))
    store(session, batch_id, LEFT, [_kept(number, *each) for number, each in enumerate(outcome.left, start=1)])
    values = {
        "state": BatchState.UNDONE,
        "undone_at": at,
        "undone_by_id": by.account_id,
        "undone_count": len(outcome.done),
        "left_count": len(outcome.left),
        "claimed_until": None,
    }
    if outcome.left and not outcome.done:
        values |= {"state": BatchState.COMMITTED, "undone_at": None, "undone_by_id": None}
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(values))


def _kept(number: int, row: Row, fault: Fault) -> Record:
    """The row and why it was left, as a line; what it is called is looked up when it is shown."""
    model, row_id = row
    said = {"column": "", "value": "", **fault_as_json(fault)}
    return [number, [], None, None, {"entity": entity_name(model), "row": row_id}, {"faults": [said], "warnings": []}]
