"""A staged batch made real: all in one transaction, and only once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from importers.loading.applying import Loading, RefusedRowsError
from importers.loading.forgetting import bare_report, bare_settings
from importers.loading.progress import Cancelled, IsCancelled, Progress, never, silent
from importers.loading.runs import forget_file, too_late
from importers.loading.staged import rearrange
from importers.mapping.layouts import remember
from models.base import N_, entities
from models.estate import Estate
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportChunk, RowVerdict
from operations.behind import behind
from operations.inserting import at_full_speed
from operations.write import Author, Refused, Stale, writing

# SQLite has one writer, and who waits longer than 10 s for it is turned away: so many lines, measured, are loaded in
# less. The panel asks for no more; the command line takes files of any size, since who calls it knows the hour.
LARGEST_ON_SQLITE = 100_000
CLAIMED = timedelta(minutes=10)  # after which a run that nobody works on any more is gone on with


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines of a batch by what became of them; `is_loaded` is False when nothing was written."""

    new: int
    changed: int
    unchanged: int
    refused: int
    conflicts: int = 0
    is_loaded: bool = True


def commit(
    session: Session,
    batch_id: int,
    by: Author,
    at: datetime,
    *,
    all_or_nothing: bool = False,
    at_most: int | None = None,
    is_claimed: bool = False,
    progress: Progress = silent,
    is_cancelled: IsCancelled = never,
) -> Counts:
    """Load the good lines of the batch; a row that somebody changed since the preview is a conflict, not overwritten.

    With `all_or_nothing`, here or in the settings of the run, one line that cannot be loaded keeps all from being
    loaded. Then, and when cancelled, the batch is previewed as before. Killed at any moment it stays being loaded with
    nothing written, and the same call goes on with it once its claim has expired, or when the caller has claimed it
    (`runs.claim`). Raises Fault when the batch was loaded or dropped before, is being loaded, or has more lines than
    `at_most` (SQLite only).
    """
    batch = _begin(session, batch_id, at, at_most, is_claimed)
    loading = Loading(session, batch_id, entities()[batch.entity], batch.estate_id, by, at, progress, is_cancelled)
    try:
        return _carry_out(loading, batch, all_or_nothing=all_or_nothing or bool(batch.settings.get("all_or_nothing")))
    except RefusedRowsError as refused:
        _back(session, batch_id)
        return _nothing(batch, refused.count)
    except Cancelled:
        _back(session, batch_id)
        return _nothing(batch, 0)
    except (Refused, Stale) as beaten:  # by somebody who wrote between our look and our write
        _back(session, batch_id)
        raise Fault(N_("Records changed while the file was loaded, and nothing was: try again")) from beaten
    except BaseException:
        _back(session, batch_id)
        raise


@dataclass(frozen=True, slots=True)
class _Batch:
    """What of the batch a commit needs, as it was previewed."""

    entity: str
    estate_id: int | None
    settings: dict[str, Any]
    report: dict[str, Any]
    new: int
    changed: int
    unchanged: int
    refused: int
    conflicts: int


def _begin(session: Session, batch_id: int, at: datetime, at_most: int | None, is_claimed: bool) -> _Batch:
    """Take the batch in a short transaction of its own, so that everybody sees that it is being loaded."""
    with writing(session):
        found = session.get_one(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
        if found.state is BatchState.LOADING:
            if not is_claimed and found.claimed_until is not None and found.claimed_until > at:
                raise Fault(N_("This import is being loaded: wait for it"))
        elif found.state is not BatchState.PREVIEWED:
            raise too_late()
        batch = _Batch(
            found.entity,
            found.estate_id,
            dict(found.settings),
            dict(found.report),
            *(found.new_count, found.changed_count, found.unchanged_count, found.refused_count, found.conflict_count),
        )
        _not_too_many(session, batch.new + batch.changed, at_most)
        values = {"state": BatchState.LOADING, "claimed_until": at + CLAIMED}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(values))
    return batch


def _not_too_many(session: Session, count: int, at_most: int | None) -> None:
    if at_most is not None and count > at_most and session.get_bind().dialect.name == "sqlite":
        sentence = N_(
            "%(count)s rows at once would keep everybody waiting: split the file at %(limit)s, load it by the command "
            "line while nobody works, or use PostgreSQL"
        )
        raise Fault(sentence, count=count, limit=at_most)


def _back(session: Session, batch_id: int) -> None:
    """Nothing was written: the batch is as it was before."""
    session.rollback()
    with writing(session):
        is_loading = (ImportBatch.id == batch_id, ImportBatch.state == BatchState.LOADING)
        values = {"state": BatchState.PREVIEWED, "claimed_until": None}
        session.execute(update(ImportBatch).where(*is_loading).values(values))


def _nothing(batch: _Batch, late_conflicts: int) -> Counts:
    return Counts(0, 0, batch.unchanged, batch.refused, batch.conflicts + late_conflicts, is_loaded=False)


def _carry_out(loading: Loading, batch: _Batch, *, all_or_nothing: bool) -> Counts:
    if all_or_nothing and batch.refused + batch.conflicts:
        raise RefusedRowsError(0)
    session, batch_id = loading.session, loading.batch_id
    with at_full_speed(session) as speed_up, writing(session):
        speed_up()
        _turn(session, batch_id, batch.estate_id)
        with behind(session):
            loading.run(batch.new + batch.changed, all_or_nothing=all_or_nothing)
        late = len(loading.conflicts)
        counts = Counts(loading.new, loading.changed, batch.unchanged, batch.refused, batch.conflicts + late)
        rearrange(
            session, batch_id, {number: (RowVerdict.CONFLICT, kept) for number, kept in loading.conflicts.items()}
        )
        _forget(session, batch_id)
        remember(session, batch_id, loading.at)
        _note(loading, batch, counts)
    return counts


def _turn(session: Session, batch_id: int, estate_id: int | None) -> None:
    """Of two commits only one gets past here. Imports of one estate go one after the other."""
    state = select(ImportBatch.state).where(ImportBatch.id == batch_id).with_for_update()
    if session.execute(state).scalar_one() is not BatchState.LOADING:
        raise too_late()
    session.execute(select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True))


def _forget(session: Session, batch_id: int) -> None:
    """What was loaded stands in the records and their history: the file goes, and of its lines all but those that
    were refused or are in conflict, which stay for download.
    """
    staying = [str(each) for each in (RowVerdict.REFUSED, RowVerdict.CONFLICT)]
    session.execute(delete(ImportChunk).where(ImportChunk.batch_id == batch_id, ImportChunk.kind.not_in(staying)))
    forget_file(session, batch_id)


def _note(loading: Loading, batch: _Batch, counts: Counts) -> None:
    values = {
        "state": BatchState.COMMITTED,
        "committed_at": loading.at,
        "claimed_until": None,
        "new_count": counts.new,
        "changed_count": counts.changed,
        "conflict_count": counts.conflicts,
        "settings": bare_settings(batch.settings),
        "report": {**bare_report(batch.report), "created": loading.created},
    }
    loading.session.execute(update(ImportBatch).where(ImportBatch.id == loading.batch_id).values(values))
