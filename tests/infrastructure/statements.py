"""How many statements a piece of code sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def selects(session: Session) -> Iterator[list[str]]:
    """A list that fills with the SELECT statements sent meanwhile."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)
