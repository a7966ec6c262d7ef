"""Rows put in while Python goes on: whoever looks sees all of them, and what went wrong is not lost."""

from collections.abc import Callable
from functools import partial
from threading import active_count, current_thread
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.building import Building
from models.history import History
from operations.behind import behind, carried_out
from operations.inserting import MANY
from operations.write import Insert, Refused, write, writing
from tests.infrastructure.loading import AT, BY, estate


def buildings(estate_id: int, count: int = MANY) -> list[Insert]:
    return [Insert(Building, {"estate_id": estate_id, "code": f"B{number}"}) for number in range(count)]


def failing() -> None:
    raise OSError("the disk is full")


def together(session: Session, *deeds: Callable[[], object]) -> None:
    with writing(session), behind(session):
        for deed in deeds:
            deed()


def test_work_is_done_at_once_by_itself_and_by_another_thread_behind(session: Session) -> None:
    threads: list[object] = []
    note: Callable[[], None] = lambda: threads.append(current_thread())  # noqa: E731
    with writing(session):
        carried_out(session, note)
        with behind(session):
            carried_out(session, note)
    assert [thread is current_thread() for thread in threads] == [True, False]


def test_the_next_statement_sees_every_row_that_is_on_its_way(session: Session) -> None:
    estate_id = estate(session)
    with writing(session), behind(session):
        ids = write(session, buildings(estate_id), by=BY, at=AT)
        seen = session.scalars(select(Building.id).order_by(Building.id)).all()
    told = select(func.count()).select_from(History).where(History.entity == "buildings")
    assert (seen, session.scalar(told)) == (ids, MANY)


def test_what_failed_is_raised_by_the_next_statement(session: Session) -> None:
    look, further = Mock(side_effect=lambda: session.scalar(select(func.count()).select_from(Building))), Mock()
    with pytest.raises(OSError, match="full"):
        together(session, lambda: carried_out(session, failing), look, further)
    assert (look.called, further.called) == (True, False)


def test_what_failed_last_of_all_is_raised_at_the_end_and_nothing_is_kept(session: Session) -> None:
    estate_id = estate(session)
    adding = partial(write, session, buildings(estate_id), by=BY, at=AT)
    with pytest.raises(OSError, match="full"):
        together(session, adding, lambda: carried_out(session, failing))
    assert session.scalar(select(func.count()).select_from(Building)) == 0


def test_a_taken_key_is_named_as_by_any_other_write(session: Session) -> None:
    estate_id = estate(session)
    with writing(session):
        write(session, buildings(estate_id, 1), by=BY, at=AT)
    with pytest.raises(Refused) as refused:
        together(session, partial(write, session, buildings(estate_id), by=BY, at=AT))
    assert (refused.value.model, list(refused.value.faults)) == (Building, ["code"])


def test_an_error_of_the_caller_is_the_one_that_is_told_and_no_thread_stays(session: Session) -> None:
    before = active_count()
    elsewhere = Mock(side_effect=LookupError("elsewhere"))
    with pytest.raises(LookupError, match="elsewhere"):
        together(session, lambda: carried_out(session, failing), elsewhere)
    assert active_count() == before


def test_a_savepoint_waits_for_what_came_before_it(session: Session) -> None:
    estate_id = estate(session)
    with writing(session), behind(session):
        write(session, buildings(estate_id), by=BY, at=AT)
        session.begin_nested().rollback()
    assert session.scalar(select(func.count()).select_from(Building)) == MANY
