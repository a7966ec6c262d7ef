"""Work on runs of the import: little ones within the request, large ones in the background, gone on with after a halt.

What is to be done stands in the notes of `import_orders` until it is done; whichever consumer lives carries it out, in
the name of the person and with the rights of then.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import func, or_, select, update

from importers.loading.committing import LARGEST_ON_SQLITE, commit
from importers.loading.expiring import forget_old
from importers.loading.runs import claim, drop, prepare
from importers.loading.undoing import undo_import
from models.base import N_, now
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportFile
from operations.write import Author, Refused, Stale, writing
from rules.permissions import Action
from views import import_orders
from views.access import author, in_the_name_of, model_scope, roles
from views.background import Job, later
from views.database import db
from views.import_access import is_reached
from views.import_orders import STARTS, UNDER_WAY, Order, Teller, Work, is_in_hand
from views.language import wordings

LITTLE_FILE = 1_000_000  # bytes: read and checked while the person waits
FEW_LINES = 5_000  # loaded or taken back while the person waits
CLAIM = 60  # seconds that a run stays with who reads it, without a word
MOST_TRIES = 3  # that end with the process: then nobody tries any more
JOB = "import"
ENDS = {Work.COMMIT: BatchState.COMMITTED, Work.UNDO: BatchState.UNDONE}
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")

CANCELLED = N_("Cancelled: nothing was loaded")
NOTHING = N_("Nothing was loaded, because rows are refused and you asked for all or nothing.")
CHANGED = N_("Records changed while the file was loaded, and nothing was: try again")
NOT_ANY_MORE = N_("Whoever wanted this may not do it any more: nothing was done")
GIVEN_UP = N_(
    "This was tried %(number)s times and broke off each time: nothing was written. Ask whoever runs the panel."
)


def have_done(batch_id: int, work: Work, *, all_or_nothing: bool = False) -> None:
    """Have it done in the name of the person: at once where it is little, else in the background."""
    is_again = db.session.get_one(ImportBatch, batch_id).state is BatchState.UNDONE
    import_orders.give(batch_id, work, author().account_id, all_or_nothing=all_or_nothing, is_again=is_again)
    if is_little(batch_id, work):
        work_on(batch_id)
    else:
        later(JOB, batch_id=batch_id)


def is_little(batch_id: int, work: Work) -> bool:
    """Whether the person can wait for it."""
    if work is Work.PREPARE:
        size = select(func.sum(func.length(ImportFile.body))).where(ImportFile.batch_id == batch_id)
        return (db.session.scalar(size) or 0) < LITTLE_FILE
    batch = db.session.get_one(ImportBatch, batch_id)
    return batch.new_count + batch.changed_count < FEW_LINES


def cancel(batch_id: int) -> None:
    """Have the work on the run stopped; where nobody has begun, it is not begun."""
    import_orders.stop(batch_id)
    if not is_in_hand(db.session.get_one(ImportBatch, batch_id)):
        work_on(batch_id)


def work_on(batch_id: int) -> None:
    """Do what was ordered for the run, unless it is done or somebody else does it. What stands against it is noted."""
    db.session.rollback()  # what was read before is of before
    order, batch = import_orders.ordered(batch_id), db.session.get(ImportBatch, batch_id)
    if order is None or batch is None:
        return
    work = Work(order.work)
    if not import_orders.fits(batch, order):
        import_orders.done(batch_id, order)
    elif not is_in_hand(batch):
        _in_their_name(batch, work, order)


def _in_their_name(batch: ImportBatch, work: Work, order: Order) -> None:
    """Do it with the rights that the person has now."""
    batch_id = batch.id
    with in_the_name_of(order.account_id or 0) as is_there:
        if not is_there or not is_reached(batch):
            _end(batch_id, work, order, Fault(NOT_ANY_MORE))
        elif import_orders.begin(batch_id) >= MOST_TRIES:
            _end(batch_id, work, order, Fault(GIVEN_UP, number=MOST_TRIES))
        else:
            if batch.claimed_until is not None:
                _free(batch_id)
            _carry_out(batch_id, work, order)


def _end(batch_id: int, work: Work, order: Order, fault: Fault) -> None:
    """Do it no more: the run is as it was before, a file that was not read is dropped."""
    import_orders.refuse(batch_id, fault)
    before, under_way = STARTS[work]
    if work is Work.PREPARE:
        drop(db.session(), batch_id)
    else:
        with writing(db.session()):
            is_under_way = (ImportBatch.id == batch_id, ImportBatch.state == under_way)
            is_again = db.session.get_one(ImportBatch, batch_id, populate_existing=True).undone_at is not None
            values = {"state": BatchState.UNDONE if is_again else before, "claimed_until": None}
            back = update(ImportBatch).where(*is_under_way).values(values)
            db.session.execute(back)
    import_orders.done(batch_id, order)


def _free(batch_id: int) -> None:
    """Take the run from a process that is gone, whatever it has claimed."""
    with writing(db.session()):
        claimed = (ImportBatch.id == batch_id, ImportBatch.claimed_until.is_not(None))
        db.session.execute(update(ImportBatch).where(*claimed).values(claimed_until=None))


def _carry_out(batch_id: int, work: Work, order: Order) -> None:
    """What stood against it is not worth saying where somebody else, such as a second click, did the same."""
    before = db.session.get_one(ImportBatch, batch_id, populate_existing=True).state
    found = _stood_against(batch_id, work, order)
    db.session.rollback()
    batch = db.session.get_one(ImportBatch, batch_id, populate_existing=True)
    is_elsewhere = import_orders.is_claimed(batch)
    is_done = batch.state is ENDS.get(work) and batch.state is not before
    if found is not None and not is_elsewhere and not is_done:
        import_orders.refuse(batch_id, found)
    if not is_elsewhere:
        import_orders.done(batch_id, order)


def _stood_against(batch_id: int, work: Work, order: Order) -> Fault | None:
    try:
        DEEDS[work](batch_id, order)
    except Fault as fault:
        return fault
    except (Refused, Stale):
        return Fault(CHANGED)
    return None


def _prepare(batch_id: int, order: Order) -> None:
    stopped = partial(import_orders.is_stopped, batch_id)
    if stopped():
        drop(db.session(), batch_id)
    elif claim(db.session(), batch_id, now(), CLAIM):
        told = Teller(batch_id, _line_ends(batch_id))
        prepare(db.session(), batch_id, now(), wordings=wordings, progress=told, is_cancelled=stopped)


def _line_ends(batch_id: int) -> int:
    """About how many lines the file has, if it is text; 0 for a workbook, which says so itself."""
    name = db.session.get_one(ImportBatch, batch_id).file_name
    if name.lower().endswith(WORKBOOKS):
        return 0
    parts = select(ImportFile.part).where(ImportFile.batch_id == batch_id)
    one = select(ImportFile.body).where(ImportFile.batch_id == batch_id)
    numbers = db.session.scalars(parts).all()
    return sum(db.session.execute(one.where(ImportFile.part == number)).scalar_one().count(b"\n") for number in numbers)


def _commit(batch_id: int, order: Order) -> None:
    stopped = partial(import_orders.is_stopped, batch_id)
    if stopped():
        _end(batch_id, Work.COMMIT, order, Fault(CANCELLED))
        return
    counts = commit(
        db.session(),
        batch_id,
        Author(order.account_id),
        now(),
        all_or_nothing=order.all_or_nothing,
        at_most=LARGEST_ON_SQLITE,
        progress=Teller(batch_id),
        is_cancelled=stopped,
    )
    if not counts.is_loaded:
        raise Fault(CANCELLED if stopped() else NOTHING)


def _undo(batch_id: int, order: Order) -> None:
    undo_import(
        db.session(),
        batch_id,
        Author(order.account_id),
        now(),
        lambda model: model_scope(model, Action.IMPORT),
        roles(),
        progress=Teller(batch_id),
    )


DEEDS: dict[Work, Callable[[int, Order], None]] = {
    Work.PREPARE: _prepare,
    Work.COMMIT: _commit,
    Work.UNDO: _undo,
}


def go_on() -> None:
    """Take up what was ordered and nobody works on: after a restart, after a consumer that was killed."""
    for batch_id in sorted(import_orders.all_ordered() | _without_order()):
        batch = db.session.get(ImportBatch, batch_id)
        if batch is not None and not is_in_hand(batch):
            later(JOB, batch_id=batch_id)


def _without_order() -> set[int]:
    """Runs under way whose order was lost with the queue: taken up in the name of who uploaded them."""
    unclaimed = or_(ImportBatch.claimed_until.is_(None), ImportBatch.claimed_until < now())
    who = (ImportBatch.id, ImportBatch.state, ImportBatch.account_id, ImportBatch.undone_by_id)
    found = db.session.execute(select(*who).where(ImportBatch.state.in_(UNDER_WAY), unclaimed)).all()
    for row in found:
        if import_orders.ordered(row.id) is None:
            person = row.undone_by_id if row.state is BatchState.UNDOING else row.account_id
            import_orders.give(row.id, UNDER_WAY[row.state], person)
    return {row.id for row in found}


def forget() -> None:
    """Let go of what runs have kept of their files for long enough."""
    forget_old(db.session(), now())


JOBS: dict[str, Job] = {JOB: work_on}
REPEATED: dict[str, Job] = {"imports": go_on, "old_imports": forget}
