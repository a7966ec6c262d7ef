"""A staged batch made real: all in one transaction, and only once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from importers.loading import Counts, Loading, RefusedRowsError
from models.base import N_, entities
from models.faults import Fault
from models.import_batch import ImportBatch
from operations.write import Author, Refused, Stale, writing

# SQLite has one writer: so many rows hold its lock for some seconds, and who waits longer than 10 s is turned away.
LARGEST_ON_SQLITE = 25_000


def commit(session: Session, batch_id: int, by: Author, at: datetime, *, all_or_nothing: bool = False) -> Counts:
    """Load the good lines of the batch; rows that somebody changed since the preview are refused, not overwritten.

    With `all_or_nothing`, one refused line keeps everything from being loaded and the batch stays as it was. Raises
    Fault when the batch was loaded or dropped before, or is too large for the database.
    """
    batch = session.get_one(ImportBatch, batch_id)
    loading = Loading(session, batch_id, entities()[batch.entity], batch.estate_id, by, at, dict(batch.report))
    counts = Counts(batch.new_count, batch.changed_count, batch.unchanged_count, batch.refused_count)
    if all_or_nothing and counts.refused:
        return replace(counts, new=0, changed=0, is_loaded=False)
    staged = loading.staged()
    if len(staged) > LARGEST_ON_SQLITE and session.get_bind().dialect.name == "sqlite":
        raise Fault(
            N_("%(count)s rows at once would keep everybody waiting: split the file at %(limit)s, or use PostgreSQL"),
            count=len(staged),
            limit=LARGEST_ON_SQLITE,
        )
    try:
        with writing(session):
            return loading.run(staged, counts, all_or_nothing=all_or_nothing)
    except RefusedRowsError as refused:
        return Counts(0, 0, counts.unchanged, counts.refused + refused.count, is_loaded=False)
    except (Refused, Stale) as beaten:  # by somebody who wrote between our look and our write
        raise Fault(N_("Records changed while the file was loaded, and nothing was: try again")) from beaten
