"""What drafts wait for, done a stretch at a time: runs to be counted, dates of open tickets to be moved."""

from datetime import datetime

from sqlalchemy.orm import Session

from operations import adoption, what_if


def work_on_drafts(session: Session, now: what_if.NowCall, until: datetime | None = None) -> None:
    """Go on with every run and every move that waits, until then at the latest. Any number may do so at once."""
    for draft_id in what_if.going(session):
        what_if.run(session, draft_id, now, until)
    for draft_id in adoption.moving(session):
        adoption.move_dates(session, draft_id, now, until)


def work_on_draft(session: Session, draft_id: int, now: what_if.NowCall, until: datetime) -> None:
    """Go on with what that draft waits for, until then at the latest."""
    what_if.run(session, draft_id, now, until)
    adoption.move_dates(session, draft_id, now, until)
