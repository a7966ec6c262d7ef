"""What runs keep of their files, and until when: cells of people's data do not stay because nobody came back."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading import staged
from importers.loading.runs import drop
from models.import_batch import BatchState, ImportBatch, ImportChunk
from operations.write import writing

WAITING = timedelta(days=30)  # ours: a file that nobody decides about
KEPT_LINES = timedelta(days=90)  # ours: refused lines for download, and what an undo left

_UNDECIDED = (BatchState.ASKING, BatchState.UNREADABLE, BatchState.PREVIEWED)
_OVER = (BatchState.COMMITTED, BatchState.UNDONE)


def forget_old(session: Session, at: datetime) -> int:
    """Drop the runs that nobody decided about, and forget the lines of those that are long over; returns how many."""
    ended = func.coalesce(ImportBatch.undone_at, ImportBatch.committed_at)
    undecided = session.scalars(
        select(ImportBatch.id).where(ImportBatch.state.in_(_UNDECIDED), ImportBatch.created_at < at - WAITING)
    ).all()
    has_lines = select(ImportChunk.id).where(ImportChunk.batch_id == ImportBatch.id).exists()
    over = session.scalars(
        select(ImportBatch.id).where(ImportBatch.state.in_(_OVER), ended < at - KEPT_LINES, has_lines)
    ).all()
    for batch_id in undecided:
        drop(session, batch_id)
    for batch_id in over:
        with writing(session):
            staged.forget(session, batch_id)
    return len(undecided) + len(over)
