"""Bulk changes: one deed on many rows, what cannot stand left out and told."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction, BulkChange
from models.callback import Callback, CallbackOutcome, Satisfaction
from models.history import History
from models.milestone import Milestone, MilestoneKind
from models.owner import ContactPreference, Owner
from models.staff import Staff
from models.ticket import Category, Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Unit
from operations.bulk import Done, Order, carry_out
from operations.callbacks import record_callback
from operations.tickets import act_on
from operations.write import Insert, Update, write, writing
from rules.permissions import EVERYTHING, Scope
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle, ticket

SUPERVISOR, MANAGER = [Role.SUPERVISOR], [Role.MANAGER]


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def bulk(session: Session, order: Order, rows: Any, within: Scope = EVERYTHING, roles: Any = SUPERVISOR) -> Done:
    versions = rows if isinstance(rows, dict) else dict.fromkeys(rows)
    with writing(session):
        return carry_out(session, order, versions, within, by=BY, roles=roles, at=OPENED)


def owners(session: Session, cast: Cast, number: int) -> list[int]:
    rows = [{"estate_id": cast.estate_id, "number": f"N-{each}", "name": "张三"} for each in range(number)]
    with writing(session):
        return write(session, [Insert(Owner, row) for row in rows], by=BY, at=OPENED)


def prefer(preference: ContactPreference | None) -> Order:
    return Order(Owner, BulkAction.SET, {"contact_preference": preference})


def refusals(done: Done) -> list[tuple[int, str]]:
    return [(row_id, str(fault)) for row_id, fault in done.outcome.refused]


def test_a_field_is_set_on_all_and_what_was_so_already_is_told(session: Session, cast: Cast) -> None:
    first, second, third = owners(session, cast, 3)
    with writing(session):
        write(session, [Update(Owner, second, {"contact_preference": ContactPreference.VISIT})], by=BY, at=OPENED)
    done = bulk(session, prefer(ContactPreference.VISIT), [first, second, third])
    assert (done.outcome.done, done.outcome.unchanged, done.outcome.refused) == ([first, third], [second], [])
    assert session.get_one(Owner, first).contact_preference is ContactPreference.VISIT


def test_what_was_done_is_kept_with_its_counts_and_marks_the_history(session: Session, cast: Cast) -> None:
    ids = owners(session, cast, 2)
    done = bulk(session, prefer(ContactPreference.PHONE), [*ids, 10**9])
    kept = session.get_one(BulkChange, done.bulk_id)
    assert (kept.entity, kept.action, kept.what) == ("owners", BulkAction.SET, {"contact_preference": "phone"})
    assert (kept.done_count, kept.refused_count, kept.unchanged_count) == (2, 1, 0)
    assert kept.estate_id == cast.estate_id
    marked = session.scalars(select(History.row_id).where(History.bulk_id == done.bulk_id).order_by(History.row_id))
    assert list(marked) == ids


def test_when_nothing_was_done_nothing_is_kept(session: Session, cast: Cast) -> None:
    ids = owners(session, cast, 1)
    bulk(session, prefer(ContactPreference.PHONE), ids)
    assert bulk(session, prefer(ContactPreference.PHONE), ids).bulk_id is None
    assert session.scalar(select(func.count()).select_from(BulkChange)) == 1


def test_a_row_that_cannot_stand_leaves_the_rest(session: Session, cast: Cast) -> None:
    repair = report(session, cast, kind=TicketKind.REPAIR, severity=Severity.ORDINARY)
    consultation = report(session, cast)
    done = bulk(session, Order(Ticket, BulkAction.SET, {"severity": Severity.URGENT}), [repair, consultation])
    assert done.outcome.done == [repair]
    assert refusals(done) == [(consultation, "Only complaints and repairs have a severity: leave it empty")]
    assert ticket(session, repair).severity is Severity.URGENT


def test_a_reference_to_another_estate_is_refused_row_by_row(session: Session, cast: Cast) -> None:
    there = settle(session, "E2")
    order = Order(Ticket, BulkAction.SET, {"owner_id": cast.owner_id})
    own, theirs = report(session, cast, owner_id=None), report(session, there)
    done = bulk(session, order, [own, theirs])
    assert (done.outcome.done, [row_id for row_id, _ in done.outcome.refused]) == ([own], [theirs])


def test_a_row_that_somebody_changed_meanwhile_is_left(session: Session, cast: Cast) -> None:
    first, second = owners(session, cast, 2)
    with writing(session):
        write(session, [Update(Owner, first, {"name": "李四"})], by=BY, at=OPENED)
    done = bulk(session, prefer(ContactPreference.PHONE), {first: 1, second: 1})
    assert done.outcome.done == [second]
    assert refusals(done) == [(first, "Somebody else changed it meanwhile")]


def test_rows_out_of_reach_are_as_if_they_did_not_exist(session: Session, cast: Cast) -> None:
    (theirs,) = owners(session, settle(session, "E2"), 1)
    done = bulk(session, prefer(ContactPreference.PHONE), [theirs], Scope(frozenset({cast.estate_id})))
    assert refusals(done) == [(theirs, "There is no such record any more")]
    assert session.get_one(Owner, theirs).contact_preference is None


def test_nobody_takes_rows_out_of_their_own_reach(session: Session, cast: Cast) -> None:
    own = report(session, cast, unit_id=None, building_id=cast.building_id)
    scope = Scope(frozenset({cast.estate_id}), buildings=frozenset({cast.building_id}))
    done = bulk(session, Order(Ticket, BulkAction.SET, {"building_id": None}), [own], scope)
    assert refusals(done) == [(own, "You could not reach it any more afterwards")]
    assert ticket(session, own).building_id == cast.building_id


def test_what_others_refer_to_is_not_deleted_and_the_rest_is(session: Session, cast: Cast) -> None:
    report(session, cast)
    (free,) = owners(session, cast, 1)
    done = bulk(session, Order(Owner, BulkAction.DELETE), [cast.owner_id, free])
    assert done.outcome.done == [free]
    assert refusals(done) == [(cast.owner_id, "Other records refer to it: 1 of Ticket")]
    assert (session.get(Owner, free), session.get(Owner, cast.owner_id)) != (None, None)
    assert session.get(Owner, free) is None


def test_setting_a_class_is_an_event_on_each_ticket_and_moves_its_dates(session: Session, cast: Cast) -> None:
    ids = [report(session, cast, kind=TicketKind.COMPLAINT, severity=Severity.MINOR) for _ in range(2)]
    bulk(session, Order(Ticket, BulkAction.SET, {"severity": Severity.MAJOR}), ids)
    events = session.scalars(select(TicketEvent).where(TicketEvent.kind == EventKind.RECLASSIFIED)).all()
    assert sorted(event.ticket_id for event in events) == ids
    owed = select(Milestone.ticket_id).where(Milestone.kind == MilestoneKind.REPORT_HQ).order_by(Milestone.ticket_id)
    assert list(session.scalars(owed)) == ids


def test_a_date_of_a_ticket_that_has_ended_is_refused(session: Session, cast: Cast) -> None:
    ended, running = report(session, cast), report(session, cast)
    with writing(session):
        act_on(session, [ended], Action.RESOLVE, BY, MANAGER, OPENED)
    done = bulk(session, Order(Ticket, BulkAction.SET, {"category": Category.FEES}), [ended, running])
    assert (done.outcome.done, refusals(done)) == ([running], [(ended, "The ticket is closed: reopen it first")])


def test_tickets_are_reassigned_with_a_note(session: Session, cast: Cast) -> None:
    ids = [report(session, cast), report(session, cast)]
    order = Order(Ticket, BulkAction.ASSIGN, note="请今天处理", assignee_id=cast.engineer_id)
    assert bulk(session, order, ids).outcome.done == ids
    notes = session.scalars(select(TicketEvent.note).where(TicketEvent.kind == EventKind.ASSIGNED))
    assert list(notes) == ["请今天处理", "请今天处理"]


def test_a_ticket_is_not_assigned_again_to_whom_it_is_assigned(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    order = Order(Ticket, BulkAction.ASSIGN, assignee_id=cast.engineer_id)
    assert bulk(session, order, [ticket_id]).outcome.done == [ticket_id]
    again = bulk(session, order, [ticket_id]).outcome
    assert (again.done, again.unchanged) == ([], [ticket_id])


def test_only_a_manager_closes_unresolved_and_says_why(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    order = Order(Ticket, BulkAction.CLOSE_UNRESOLVED, reason="非物业管理范围")
    assert bulk(session, order, [ticket_id]).outcome.done == []
    assert bulk(session, order, [ticket_id], roles=MANAGER).outcome.done == [ticket_id]
    assert ticket(session, ticket_id).state is TicketState.CLOSED_UNRESOLVED


def test_callbacks_corrected_to_dissatisfied_reopen_their_tickets(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    values = {"ticket_id": ticket_id, "called_at": OPENED, "outcome": CallbackOutcome.REACHED}
    with writing(session):
        act_on(session, [ticket_id], Action.RESOLVE, BY, MANAGER, OPENED)
        answered = record_callback(session, {**values, "satisfaction": Satisfaction.VERY}, BY, OPENED)
    order = Order(Callback, BulkAction.SET, {"satisfaction": Satisfaction.DISSATISFIED})
    assert bulk(session, order, [answered]).outcome.done == [answered]
    assert ticket(session, ticket_id).state is TicketState.REOPENED


def test_a_value_that_no_row_may_have_is_refused_everywhere(session: Session, cast: Cast) -> None:
    done = bulk(session, Order(Staff, BulkAction.SET, {"name": None}), [cast.butler_id, cast.engineer_id])
    assert [text for _, text in refusals(done)] == ["A value is needed here"] * 2


def test_what_was_written_before_a_failure_is_not_kept(session: Session, cast: Cast) -> None:
    with pytest.raises(LookupError):
        bulk(session, Order(Unit, BulkAction.SET, {"no_such_column": 1}), [cast.unit_id])
    assert session.scalar(select(func.count()).select_from(BulkChange)) == 0
