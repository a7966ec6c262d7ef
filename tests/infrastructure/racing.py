"""Races of sweeps: `python racing.py URL` sweeps the database in four processes at once, whenever it is told to.

A line on standard input is the moment, and for each process how many writes it may do before it is killed in the
middle of things (0: it is left alone). When all have ended, a line on standard output says how many were killed.
The processes are forked from this one, which has no connection and no thread then: to start one costs next to
nothing. A line with a moment alone has this one sweep: the statements that it has made ready, the others have too.
"""

import os
import signal
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from operations import sweep as sweeping
from operations.write import Author
from views.database import prepare_sqlite

CHUNK = 2  # crossings in one transaction, so that each process has several


def run(engine: Engine, moment: datetime, writes: int) -> None:
    """Sweep once, or until that many writes are done."""
    left = [writes]

    def count_down(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count_down)
    with Session(engine) as session:
        sweeping.sweep(session, moment, Author(None, "sweep"))


def race(engine: Engine, moment: datetime, writes: list[int]) -> int:
    """Sweep in as many processes as there are numbers; returns how many were killed. Any other end is an error."""
    started = []
    for number in writes:
        process = os.fork()
        if process == 0:
            status = 1
            try:
                run(engine, moment, number)
                status = 0
            finally:
                os._exit(status)
        started.append(process)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in started]
    assert set(statuses) <= {0, -signal.SIGKILL}, statuses
    return statuses.count(-signal.SIGKILL)


def main(url: str) -> None:
    """Race for each line."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    sweeping.CHUNK = CHUNK
    for line in sys.stdin:
        moment, *writes = line.split()
        if not writes:
            run(engine, datetime.fromisoformat(moment), 0)
            engine.dispose()
        sys.stdout.write(f"{race(engine, datetime.fromisoformat(moment), [int(number) for number in writes])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
