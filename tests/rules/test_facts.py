from datetime import timedelta

from models.ticket import Severity, TicketKind, TicketState
from models.ticket_event import EventKind
from rules.facts import Round, TicketClass, class_history, rounds
from tests.infrastructure.facts import OPENED, ticket_facts

HOUR = timedelta(hours=1)
MINOR = TicketClass(OPENED, TicketKind.COMPLAINT, severity=Severity.MINOR)
MAJOR = TicketClass(OPENED, TicketKind.COMPLAINT, severity=Severity.MAJOR)
CONSULTATION = TicketClass(OPENED, TicketKind.CONSULTATION)


def test_a_ticket_never_reclassified_has_one_class_since_its_opening() -> None:
    assert class_history(OPENED, MINOR, []) == [MINOR]


def test_each_class_begins_where_the_one_left_behind_ends() -> None:
    found = class_history(OPENED, MAJOR, [(OPENED + HOUR, CONSULTATION), (OPENED + 2 * HOUR, MINOR)])
    assert [(each.kind, each.severity, each.since) for each in found] == [
        (TicketKind.CONSULTATION, None, OPENED),
        (TicketKind.COMPLAINT, Severity.MINOR, OPENED + HOUR),
        (TicketKind.COMPLAINT, Severity.MAJOR, OPENED + 2 * HOUR),
    ]


def test_what_time_brought_about_earlier_does_not_overtake_what_was_decided_meanwhile() -> None:
    decided, since = OPENED + 2 * HOUR, OPENED + HOUR  # recorded last, though it came about first
    found = class_history(OPENED, MAJOR, [(decided, CONSULTATION), (since, MINOR)])
    assert [each.since for each in found] == [OPENED, decided, decided]


def test_classes_taken_on_after_the_end_are_left_out() -> None:
    facts = ticket_facts(classes=class_history(OPENED, MAJOR, [(OPENED + 2 * HOUR, MINOR)]))
    assert [each.severity for each in facts.classes_until(OPENED + HOUR)] == [Severity.MINOR]
    assert [each.severity for each in facts.classes_until(None)] == [Severity.MINOR, Severity.MAJOR]


def test_an_open_ticket_is_in_its_first_round() -> None:
    assert rounds(OPENED, [], TicketState.IN_PROGRESS, None, None) == [Round(0, OPENED)]


def test_a_resolved_ticket_ended_when_its_row_says() -> None:
    resolved = OPENED + HOUR
    turns = [(EventKind.RESOLVED, resolved)]
    found = rounds(OPENED, turns, TicketState.RESOLVED, resolved, None)
    assert found == [Round(0, OPENED, resolved, resolved)]


def test_a_ticket_without_events_ended_when_its_row_says() -> None:
    resolved = OPENED + HOUR
    found = rounds(OPENED, [], TicketState.CLOSED, resolved, OPENED + 2 * HOUR)
    assert found == [Round(0, OPENED, resolved, resolved)]


def test_a_reopening_begins_a_round_and_leaves_the_earlier_one_as_it_ended() -> None:
    turns = [(EventKind.RESOLVED, OPENED + HOUR), (EventKind.REOPENED, OPENED + 3 * HOUR)]
    assert rounds(OPENED, turns, TicketState.REOPENED, None, None) == [
        Round(0, OPENED, OPENED + HOUR, OPENED + HOUR),
        Round(1, OPENED + 3 * HOUR),
    ]


def test_a_round_closed_unresolved_ended_without_a_resolution() -> None:
    turns = [(EventKind.CLOSED_UNRESOLVED, OPENED + HOUR), (EventKind.REOPENED, OPENED + 3 * HOUR)]
    found = rounds(OPENED, turns, TicketState.REOPENED, None, None)
    assert found[0] == Round(0, OPENED, OPENED + HOUR, None)


def test_a_round_whose_end_nobody_recorded_ends_with_the_reopening() -> None:
    found = rounds(OPENED, [(EventKind.REOPENED, OPENED + HOUR)], TicketState.REOPENED, None, None)
    assert found[0] == Round(0, OPENED, OPENED + HOUR, None)


def test_a_void_ticket_ended_unresolved() -> None:
    found = rounds(OPENED, [], TicketState.VOID, None, OPENED + HOUR)
    assert found == [Round(0, OPENED, OPENED + HOUR, None)]
