"""Undo: a bulk change, or a loaded file, taken back as far as nothing was built on it since."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.building import Building
from models.bulk_change import BulkAction, BulkChange
from models.faults import Fault
from models.history import History
from models.import_batch import BatchState, ImportBatch
from models.milestone import Milestone
from models.owner import ContactPreference, Owner
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.bulk import Order, carry_out
from operations.tickets import act
from operations.undo import Outcome, undo, undo_bulk
from operations.write import Author, Delete, Insert, Stale, Update, write, writing
from rules.permissions import EVERYTHING, Scope
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle, ticket
from views.database import db

LATER = OPENED + timedelta(hours=1)
MANAGER = [Role.MANAGER]


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def bulk(session: Session, order: Order, row_ids: list[int]) -> int:
    with writing(session):
        done = carry_out(session, order, dict.fromkeys(row_ids), EVERYTHING, by=BY, roles=MANAGER, at=OPENED)
    assert done.bulk_id is not None
    return done.bulk_id


def take_back(session: Session, bulk_id: int, **others: Any) -> Outcome:
    with writing(session):
        return undo_bulk(session, bulk_id, BY, LATER, **others)


def add(session: Session, model: Any, by: Author = BY, **values: Any) -> int:
    with writing(session):
        return write(session, [Insert(model, values)], by=by, at=OPENED)[0]


def change(session: Session, model: Any, row_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(model, row_id, values)], by=BY, at=LATER)


def owner(session: Session, cast: Cast, number: str, **values: Any) -> int:
    return add(session, Owner, estate_id=cast.estate_id, number=number, name="张三", **values)


def prefer(preference: ContactPreference) -> Order:
    return Order(Owner, BulkAction.SET, {"contact_preference": preference})


def left(outcome: Outcome) -> list[tuple[int, str]]:
    return [(row_id, str(fault)) for (_, row_id), fault in outcome.left]


def due(session: Session, ticket_id: int) -> list[tuple[Any, ...]]:
    columns = (Milestone.kind, Milestone.round, Milestone.due_at, Milestone.done_at, Milestone.is_open)
    of_ticket = select(*columns).where(Milestone.ticket_id == ticket_id)
    return [tuple(row) for row in session.execute(of_ticket.order_by(Milestone.kind, Milestone.round))]


def test_every_field_goes_back_to_what_it_was(session: Session, cast: Cast) -> None:
    empty = owner(session, cast, "N-1")
    visited = owner(session, cast, "N-2", contact_preference=ContactPreference.VISIT)
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [empty, visited])
    outcome = take_back(session, bulk_id)
    assert (outcome.done, outcome.left) == ([(Owner, empty), (Owner, visited)], [])
    assert session.get_one(Owner, empty).contact_preference is None
    assert session.get_one(Owner, visited).contact_preference is ContactPreference.VISIT
    kept = session.get_one(BulkChange, bulk_id)
    assert (kept.undone_at, kept.undone_count, kept.left_count) == (LATER, 2, 0)


def test_a_row_whose_field_changed_since_is_left_and_the_rest_goes_back(session: Session, cast: Cast) -> None:
    first, second = owner(session, cast, "N-1"), owner(session, cast, "N-2")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [first, second])
    change(session, Owner, first, contact_preference=ContactPreference.MESSAGE)
    outcome = take_back(session, bulk_id)
    assert (outcome.done, left(outcome)) == ([(Owner, second)], [(first, "It was changed since")])
    assert session.get_one(Owner, first).contact_preference is ContactPreference.MESSAGE


def test_a_field_that_changed_and_came_back_since_is_left(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [row_id])
    change(session, Owner, row_id, contact_preference=ContactPreference.MESSAGE)
    change(session, Owner, row_id, contact_preference=ContactPreference.PHONE)
    assert left(take_back(session, bulk_id)) == [(row_id, "It was changed since")]


def test_a_change_of_another_field_since_is_kept(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [row_id])
    change(session, Owner, row_id, name="李四")
    assert take_back(session, bulk_id).left == []
    found = session.get_one(Owner, row_id)
    assert (found.name, found.contact_preference) == ("李四", None)


def test_who_saves_a_form_from_before_the_undo_is_told(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [row_id])
    shown = session.get_one(Owner, row_id).version
    take_back(session, bulk_id)
    with pytest.raises(Stale), writing(session):
        write(session, [Update(Owner, row_id, {"name": "李四"}, shown)], by=BY, at=LATER)


def test_it_is_undone_once(session: Session, cast: Cast) -> None:
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [owner(session, cast, "N-1")])
    take_back(session, bulk_id)
    with pytest.raises(Fault, match="undone already"):
        take_back(session, bulk_id)


def test_rows_out_of_reach_are_left(session: Session, cast: Cast) -> None:
    own, theirs = owner(session, cast, "N-1"), owner(session, settle(session, "E2"), "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [own, theirs])
    outcome = take_back(session, bulk_id, within=lambda model: Scope(frozenset({cast.estate_id})))
    assert outcome.done == [(Owner, own)]
    assert left(outcome) == [(theirs, "It is not among the records that you may change")]


def test_a_row_deleted_since_is_left(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [row_id])
    with writing(session):
        write(session, [Delete(Owner, row_id)], by=BY, at=LATER)
    assert left(take_back(session, bulk_id)) == [(row_id, "It was deleted since")]


def test_deleted_rows_come_back_under_their_ids_with_their_values(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1", phone="13812345678", contact_preference=ContactPreference.VISIT)
    owner(session, cast, "N-2")  # so that SQLite does not give the id away
    change(session, Owner, row_id, name="李四")
    bulk_id = bulk(session, Order(Owner, BulkAction.DELETE), [row_id])
    assert take_back(session, bulk_id).done == [(Owner, row_id)]
    found = session.get_one(Owner, row_id)
    assert (found.number, found.name, found.phone) == ("N-1", "李四", "13812345678")
    assert found.contact_preference is ContactPreference.VISIT
    assert found.version > 2


def test_a_deleted_row_whose_number_was_given_away_is_left(session: Session, cast: Cast) -> None:
    taken, free = owner(session, cast, "N-1"), owner(session, cast, "N-2")
    owner(session, cast, "N-3")
    bulk_id = bulk(session, Order(Owner, BulkAction.DELETE), [taken, free])
    owner(session, cast, "N-1")
    outcome = take_back(session, bulk_id)
    assert (outcome.done, [row_id for row_id, _ in left(outcome)]) == ([(Owner, free)], [taken])


def test_a_deleted_row_whose_place_was_taken_is_left(session: Session, cast: Cast) -> None:
    last = owner(session, cast, "N-1")
    bulk_id = bulk(session, Order(Owner, BulkAction.DELETE), [last])
    with writing(session):
        write(session, [Insert(Owner, {"id": last, **_somebody(cast)})], by=BY, at=LATER)
    assert left(take_back(session, bulk_id)) == [(last, "Another record has taken its place since")]


def _somebody(cast: Cast) -> dict[str, Any]:
    return {"estate_id": cast.estate_id, "number": "N-9", "name": "王五"}


def test_a_deleted_row_that_came_back_is_deleted_and_comes_back_again(session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    order = Order(Owner, BulkAction.DELETE)
    take_back(session, bulk(session, order, [row_id]))
    assert take_back(session, bulk(session, order, [row_id])).done == [(Owner, row_id)]


# Tickets


def test_a_reassignment_is_taken_back_with_an_event_that_says_so(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, assignee_id=cast.butler_id)
    before = ticket(session, ticket_id).state
    bulk_id = bulk(session, Order(Ticket, BulkAction.ASSIGN, assignee_id=cast.engineer_id), [ticket_id])
    take_back(session, bulk_id)
    assert (ticket(session, ticket_id).assignee_id, ticket(session, ticket_id).state) == (cast.butler_id, before)
    kinds = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id.desc())
    assert list(session.scalars(kinds.limit(2))) == [EventKind.UNDONE, EventKind.ASSIGNED]


def test_a_ticket_that_was_worked_since_stays_reassigned(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    bulk_id = bulk(session, Order(Ticket, BulkAction.ASSIGN, assignee_id=cast.engineer_id), [ticket_id])
    with writing(session):
        act(session, ticket_id, Action.START, BY, MANAGER, LATER)
    assert left(take_back(session, bulk_id)) == [(ticket_id, "It was changed since")]
    assert ticket(session, ticket_id).assignee_id == cast.engineer_id


@pytest.mark.parametrize(
    "order",
    [
        Order(Ticket, BulkAction.CLOSE_UNRESOLVED, reason="非物业管理范围"),
        Order(Ticket, BulkAction.RESOLVE, note="已处理"),
        Order(Ticket, BulkAction.SET, {"severity": Severity.MAJOR}),
        Order(Ticket, BulkAction.SET, {"kind": TicketKind.HELP, "severity": None}),
    ],
    ids=["close", "resolve", "set severity", "set kind"],
)
def test_the_dates_of_a_ticket_are_as_if_nothing_had_been_done(session: Session, cast: Cast, order: Order) -> None:
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    before = due(session, ticket_id)
    bulk_id = bulk(session, order, [ticket_id])
    assert due(session, ticket_id) != before
    take_back(session, bulk_id)
    found = ticket(session, ticket_id)
    assert due(session, ticket_id) == before
    assert (found.state, found.closed_at, found.close_reason, found.resolved_at) == (TicketState.NEW, None, None, None)


def test_a_resolution_after_one_that_was_undone_is_the_one_that_counts(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    take_back(session, bulk(session, Order(Ticket, BulkAction.RESOLVE), [ticket_id]))
    with writing(session):
        act(session, ticket_id, Action.RESOLVE, BY, MANAGER, LATER)
        act(session, ticket_id, Action.REOPEN, BY, MANAGER, LATER + timedelta(days=1))
    rounds = {row[1] for row in due(session, ticket_id)}
    assert rounds == {0, 1}
    assert ticket(session, ticket_id).reopen_count == 1


def test_who_was_urged_stays_urged(session: Session, cast: Cast) -> None:
    bulk_id = bulk(session, Order(Ticket, BulkAction.URGE), [report(session, cast)])
    with pytest.raises(Fault, match="cannot be undone"):
        take_back(session, bulk_id)


# What a file loaded


@pytest.fixture
def file(session: Session, cast: Cast) -> Author:
    """The author of what a file loads."""
    values = {"entity": "owners", "file_name": "a.csv", "file_hash": "0" * 64, "state": BatchState.COMMITTED}
    batch = ImportBatch(estate_id=cast.estate_id, created_at=OPENED, report={}, **values)
    session.add(batch)
    session.commit()
    return Author(None, "import", batch_id=batch.id)


def test_what_a_file_added_goes_and_what_it_changed_goes_back(session: Session, cast: Cast, file: Author) -> None:
    known = owner(session, cast, "N-1")
    place = {"estate_id": cast.estate_id, "code": "9"}
    building_id = add(session, Building, file, **place)
    unit_id = add(session, Unit, file, **{**place, "code": "9-1"}, building_id=building_id)
    with writing(session):
        write(session, [Update(Owner, known, {"name": "李四"})], by=file, at=OPENED)
    with writing(session):
        outcome = undo(session, History.batch_id == file.batch_id, BY, LATER)
    assert (set(outcome.done), outcome.left) == ({(Owner, known), (Building, building_id), (Unit, unit_id)}, [])
    assert (session.get(Building, building_id), session.get_one(Owner, known).name) == (None, "张三")


def test_what_a_file_added_and_others_use_stays(session: Session, cast: Cast, file: Author) -> None:
    used = add(session, Building, file, estate_id=cast.estate_id, code="9")
    free = add(session, Building, file, estate_id=cast.estate_id, code="10")
    add(session, Unit, estate_id=cast.estate_id, code="9-1", building_id=used)
    with writing(session):
        outcome = undo(session, History.batch_id == file.batch_id, BY, LATER)
    assert (outcome.done, left(outcome)) == ([(Building, free)], [(used, "Other records refer to it now")])


def test_what_a_file_added_and_somebody_changed_since_stays(session: Session, cast: Cast, file: Author) -> None:
    building_id = add(session, Building, file, estate_id=cast.estate_id, code="9")
    change(session, Building, building_id, name="九号楼")
    with writing(session):
        outcome = undo(session, History.batch_id == file.batch_id, BY, LATER)
    assert left(outcome) == [(building_id, "It was changed since")]


def test_a_ticket_that_has_ended_keeps_its_dates(session: Session, cast: Cast) -> None:
    """As by an edit: what came late would be in time."""
    ticket_id = report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    bulk_id = bulk(session, Order(Ticket, BulkAction.SET, {"severity": Severity.MAJOR}), [ticket_id])
    with writing(session):
        act(session, ticket_id, Action.CLOSE_UNRESOLVED, BY, MANAGER, LATER, reason="原因")
    before = due(session, ticket_id)
    assert left(take_back(session, bulk_id)) == [(ticket_id, "The ticket is closed: reopen it first")]
    assert due(session, ticket_id) == before


def test_who_changes_a_row_at_the_same_moment_keeps_the_change(app: Flask, session: Session, cast: Cast) -> None:
    row_id = owner(session, cast, "N-1")
    bulk_id = bulk(session, prefer(ContactPreference.PHONE), [row_id])

    def undo_it() -> Outcome:
        with app.app_context():
            outcome = take_back(db.session(), bulk_id)
            db.session.remove()
            return outcome

    with ThreadPoolExecutor(1) as other:
        with writing(session):
            write(session, [Update(Owner, row_id, {"contact_preference": ContactPreference.VISIT})], by=BY, at=LATER)
            undoing = other.submit(undo_it)
            wait([undoing], timeout=1)
        assert left(undoing.result()) == [(row_id, "It was changed since")]
    assert session.get_one(Owner, row_id).contact_preference is ContactPreference.VISIT
