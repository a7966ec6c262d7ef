"""A bound on how long a statement may run for somebody who waits for a page."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

STEPS = 20_000  # of SQLite's machine between two looks at the clock: less than a millisecond


class TooSlow(Exception):
    """A list that was stopped: `columns` are those it was filtered by that no index serves."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(f"stopped; without an index: {list(columns)}")
        self.columns = columns


@contextmanager
def at_most(session: Session, seconds: float, columns: Sequence[str]) -> Iterator[None]:
    """Raise TooSlow when a statement inside runs longer; on PostgreSQL the bound then holds until the transaction
    ends.
    """
    try:
        if session.connection().dialect.name == "postgresql":
            session.connection().execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
            yield
        else:
            with _interrupted(session, seconds):
                yield
    except OperationalError as error:
        if not _was_stopped(error):
            raise
        session.rollback()
        raise TooSlow(columns) from error


@contextmanager
def _interrupted(session: Session, seconds: float) -> Iterator[None]:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    deadline = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _was_stopped(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "57014" or str(error.orig) == "interrupted"
