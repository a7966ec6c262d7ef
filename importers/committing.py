"""A staged batch made real: all in one transaction, and only once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from importers.loading import Counts, Loading, RefusedRowsError
from models.base import entities
from models.import_batch import ImportBatch
from operations.write import Author, writing


def commit(session: Session, batch_id: int, by: Author, at: datetime, *, all_or_nothing: bool = False) -> Counts:
    """Load the good lines of the batch; rows that somebody changed since the preview are refused, not overwritten.

    With `all_or_nothing`, one refused line keeps everything from being loaded and the batch stays as it was. Raises
    Fault when the batch was loaded or dropped before.
    """
    batch = session.get_one(ImportBatch, batch_id)
    loading = Loading(session, batch_id, entities()[batch.entity], batch.estate_id, by, at, dict(batch.report))
    counts = Counts(batch.new_count, batch.changed_count, batch.unchanged_count, batch.refused_count)
    if all_or_nothing and counts.refused:
        return replace(counts, new=0, changed=0, is_loaded=False)
    staged = loading.staged()
    try:
        with writing(session):
            return loading.run(staged, counts, all_or_nothing=all_or_nothing)
    except RefusedRowsError as refused:
        return Counts(0, 0, counts.unchanged, counts.refused + refused.count, is_loaded=False)
