"""Statements of which nothing is asked, carried out by the database while Python goes on."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

_KEY = "behind"  # in Session.info
SWITCH_SECONDS = 0.0002  # after which the thread whose statement is done gets its turn
_USUAL = sys.getswitchinterval()


class _Behind:
    """One connection, and what is still to be carried out on it, in order. Nobody else uses it meanwhile: every
    statement, and the end of the transaction, waits until all of it is done, and raises what went wrong.
    """

    def __init__(self, connection: Connection, pool: ThreadPoolExecutor) -> None:
        self.connection, self._pool = connection, pool
        self._waiting: deque[Future[None]] = deque()

    def add(self, work: Callable[[], None]) -> None:
        """Have it done after what waits already."""
        self._waiting.append(self._pool.submit(work))

    def settle(self, *_: Any) -> None:
        """Wait for all of it. Raises what the first that failed raised; nothing may be kept of the transaction then."""
        while self._waiting:
            self._waiting.popleft().result()

    def give_up(self, *_: Any) -> None:
        """Wait for all of it, whatever came of it: it is rolled back."""
        while self._waiting:
            self._waiting.popleft().exception()


@contextmanager
def behind(session: Session) -> Iterator[None]:
    """In here `carried_out` returns before the work is done. Inside `writing`."""
    connection = session.connection()
    with ThreadPoolExecutor(1) as pool:
        found = _Behind(connection, pool)
        listening = [("before_cursor_execute", found.settle), ("commit", found.settle), ("rollback", found.give_up)]
        for name, listener in listening:
            event.listen(connection, name, listener)
        session.info[_KEY] = found
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            yield
            found.settle()
        finally:
            found.give_up()
            sys.setswitchinterval(_USUAL)
            del session.info[_KEY]
            for name, listener in listening:
                event.remove(connection, name, listener)


def carried_out(session: Session, work: Callable[[], None]) -> None:
    """Do the work on the session's connection: at once, or inside `behind` while the caller goes on."""
    found: _Behind | None = session.info.get(_KEY)
    if found is not None and found.connection is session.connection():
        found.add(work)
    else:
        work()
