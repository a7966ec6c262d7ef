"""What a draft would have done: a run over past and open tickets, counted in slices by any number of workers.

A slice is claimed, computed without any lock, and stored once. A worker that dies leaves a claim that runs out; a draft
that changes meanwhile stops the run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from models.base import N_
from models.draft import DraftEffect, DraftRun, DraftSlice, DraftState, StandardDraft
from models.faults import Fault
from models.ticket import Ticket
from operations.chunks import chunks
from operations.draft_changes import conflicts, read
from operations.draft_counting import Counts, Worker, of_set
from operations.drafts import open_draft
from operations.write import writing

YEAR = timedelta(days=365)
SLICE = 2000  # tickets: less than a second of work
CLAIM = timedelta(minutes=2)

NowCall = Callable[[], datetime]
_run, _slice, _effect = (cast(Table, model.__table__) for model in (DraftRun, DraftSlice, DraftEffect))
_ticket = cast(Table, Ticket.__table__)


def start_run(session: Session, draft_id: int, version: int, day: date, now: datetime) -> int:
    """Lay out a run over the tickets of the set opened in the past 12 months and all open ones; returns its id.

    `day` is the day as of which open tickets would go over to the draft. Raises Stale, or Fault for a draft that
    changes nothing or whose base changed.
    """
    draft = session.get_one(StandardDraft, draft_id)
    spans = list(_spans(session, draft.standard_set_id, now - YEAR, now))
    with writing(session):
        draft = open_draft(session, draft_id, version)
        demand_current(session, draft)
        number = sum(each["ticket_count"] for each in spans)
        values = {"draft_id": draft_id, "draft_version": version, "since": now - YEAR, "until": now, "day": day}
        finished_at = None if spans else now
        asked = insert(_run).values(**values, ticket_count=number, finished_at=finished_at).returning(_run.c.id)
        run_id: int = session.execute(asked).scalar_one()
        if spans:
            session.execute(insert(_slice), [{**each, "run_id": run_id} for each in spans])
    forget_runs(session, draft_id, run_id)
    return run_id


def demand_current(session: Session, draft: StandardDraft) -> None:
    """Raises Fault for a draft that changes nothing, or whose base is no longer as it was."""
    if not read(draft.changes):
        raise Fault(N_("The draft changes nothing yet: change a limit, the ladder, the hours or a day first"))
    if found := conflicts(session, draft.changes):
        named = ", ".join(each.title for each in found)
        raise Fault(N_("The standards changed since the draft was made: %(rules)s. Take the new base"), rules=named)


def _spans(session: Session, set_id: int, since: datetime, until: datetime) -> Iterator[dict[str, int]]:
    """The tickets cut into ranges of ids, read as a stream."""
    asked = select(_ticket.c.id).where(of_set(set_id, since, until)).order_by(_ticket.c.id)
    for ids in session.scalars(asked, execution_options={"yield_per": SLICE}).partitions(SLICE):
        yield {"first_id": ids[0], "last_id": ids[-1], "ticket_count": len(ids)}


def forget_runs(session: Session, draft_id: int, but: int | None = None) -> None:
    """Remove the runs of the draft, but for one, a slice at a time: none holds the lock for long."""
    old = select(_run.c.id).where(_run.c.draft_id == draft_id, _run.c.id != (but or 0))
    for slice_id in session.scalars(select(_slice.c.id).where(_slice.c.run_id.in_(old))).all():
        with writing(session):
            session.execute(delete(_effect).where(_effect.c.slice_id == slice_id))
            session.execute(delete(_slice).where(_slice.c.id == slice_id))
    with writing(session):
        session.execute(delete(_run).where(_run.c.id.in_(old)))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the latest run of a draft is. Overtaken: the draft was changed since, or adopted or dropped before it
    was over.
    """

    run_id: int
    since: datetime
    until: datetime
    tickets: int
    done: int
    is_finished: bool
    is_overtaken: bool


def progress(session: Session, draft_id: int) -> Progress | None:
    """How far the latest run of the draft is; None before the first."""
    asked = (
        select(_run, StandardDraft.version, StandardDraft.state)
        .join_from(_run, StandardDraft, StandardDraft.id == _run.c.draft_id)
        .where(_run.c.draft_id == draft_id)
        .order_by(_run.c.id.desc())
    )
    row = session.execute(asked).first()
    if row is None:
        return None
    counts = select(func.coalesce(func.sum(_slice.c.ticket_count), 0))
    done = session.scalar(counts.where(_slice.c.run_id == row.id, _slice.c.done_at.is_not(None))) or 0
    is_current = row.state is DraftState.DRAFT and row.version == row.draft_version
    was_run = row.state is not DraftState.DRAFT and row.finished_at is not None  # its last figures stand
    return Progress(
        row.id,
        row.since,
        row.until,
        row.ticket_count,
        int(done),
        row.finished_at is not None,
        not (is_current or was_run),
    )


def going(session: Session) -> list[int]:
    """The drafts whose runs wait for work."""
    is_current = and_(StandardDraft.version == _run.c.draft_version, StandardDraft.state == DraftState.DRAFT)
    asked = (
        select(_run.c.draft_id)
        .join_from(_run, StandardDraft, StandardDraft.id == _run.c.draft_id)
        .where(_run.c.finished_at.is_(None), is_current)
        .order_by(_run.c.id)
    )
    return list(dict.fromkeys(session.scalars(asked)))


def run(session: Session, draft_id: int, now: NowCall, until: datetime | None = None) -> Progress | None:
    """Work on the latest run of the draft until nothing of it is left to claim, or until then; at least one slice.

    Any number may do so at once, and go on where another stopped.
    """
    found = progress(session, draft_id)
    if found is None or found.is_finished or found.is_overtaken:
        return found
    worker: Worker | None = None
    while (claimed := _claim(session, found.run_id, now())) is not None:
        worker = worker or Worker(session, found.run_id)
        counts = worker.count(claimed.first_id, claimed.last_id)
        session.rollback()
        if not _store(session, claimed, counts, now()) or (until is not None and now() >= until):
            break
    return progress(session, draft_id)


def _claim(session: Session, run_id: int, now: datetime) -> Any:
    """A slice that nobody works on, claimed for a while; None when there is none."""
    is_free = or_(_slice.c.claimed_until.is_(None), _slice.c.claimed_until < now)
    asked = select(_slice).where(_slice.c.run_id == run_id, _slice.c.done_at.is_(None), is_free)
    with writing(session):
        found = session.execute(asked.order_by(_slice.c.id).limit(1).with_for_update(skip_locked=True)).first()
        if found is not None:
            session.execute(update(_slice).where(_slice.c.id == found.id).values(claimed_until=now + CLAIM))
    return found


def _store(session: Session, claimed: Any, counts: Counts, now: datetime) -> bool:
    """Keep what was counted, once; False when the draft changed meanwhile and the run is over."""
    with writing(session):
        if not _is_current(session, claimed.run_id):
            return False
        is_mine = and_(_slice.c.id == claimed.id, _slice.c.done_at.is_(None))
        kept = update(_slice).where(is_mine).values(done_at=now, figures=counts.figures()).returning(_slice.c.id)
        if session.execute(kept).first() is None:
            return True  # somebody else was faster
        rows = [{**each, "run_id": claimed.run_id, "slice_id": claimed.id} for each in counts.effects]
        for some in chunks(rows):
            session.execute(insert(_effect), some)
        is_left = select(_slice.c.id).where(_slice.c.run_id == claimed.run_id, _slice.c.done_at.is_(None)).exists()
        session.execute(update(_run).where(_run.c.id == claimed.run_id, ~is_left).values(finished_at=now))
    return True


def _is_current(session: Session, run_id: int) -> bool:
    """Whether the draft is as it was when the run began; locks the run, so that one of two last slices ends it."""
    asked = (
        select(_run.c.id)
        .join_from(_run, StandardDraft, StandardDraft.id == _run.c.draft_id)
        .where(
            _run.c.id == run_id,
            StandardDraft.version == _run.c.draft_version,
            StandardDraft.state == DraftState.DRAFT,
        )
    )
    return session.scalar(asked.with_for_update(of=_run)) is not None
