from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import RuleKind
from models.ticket import OPEN_STATES, Category, Severity, TicketKind, TicketState
from models.ticket_event import EventKind
from rules.clocks import Calendar, Pause
from rules.deadlines import Basis, DeadlineRule, Due, dues, late_seconds, was_in_time
from rules.facts import Round, SourceWord, TicketClass, TicketFacts
from tests.infrastructure.facts import OPENED, SHANGHAI, ticket_facts
from tests.infrastructure.standards import deadline_rules

K = TicketKind
S = Severity
C = Category
M = MilestoneKind
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)

# The shipped default set, row by row: kind, severity, category, milestone, limit
CLAUSES = [
    (K.CONSULTATION, None, None, M.FIRST_RESPONSE, 4 * HOUR),
    (K.SUGGESTION, None, None, M.PROGRESS_REPLY, 4 * HOUR),
    (K.REPAIR, S.URGENT, None, M.ON_SITE, 30 * MINUTE),
    (K.REPAIR, S.ORDINARY, C.COMMUNAL_LIFT, M.RESOLUTION, 30 * MINUTE),
    (K.REPAIR, S.ORDINARY, C.COMMUNAL_POWER, M.RESOLUTION, 30 * MINUTE),
    (K.REPAIR, S.ORDINARY, C.COMMUNAL_WATER, M.RESOLUTION, 30 * MINUTE),
    (K.REPAIR, S.ORDINARY, C.LIGHTING_GENERAL, M.RESOLUTION, 8 * HOUR),
    (K.REPAIR, S.ORDINARY, C.LIGHTING_COMPLEX, M.RESOLUTION, 48 * HOUR),
    (K.COMPLAINT, S.MINOR, None, M.ON_SITE, HOUR),
    (K.COMPLAINT, S.MAJOR, None, M.PROGRESS_REPLY, 4 * HOUR),
    (K.COMPLAINT, S.MINOR, None, M.RESOLUTION, 2 * DAY),
    (K.COMPLAINT, S.IMPORTANT, None, M.REPORT_SUPERVISOR, HOUR),
    (K.COMPLAINT, S.IMPORTANT, None, M.RESOLUTION, 7 * DAY),
    (K.COMPLAINT, S.MAJOR, None, M.REPORT_HQ, 12 * HOUR),
    (K.COMPLAINT, S.MAJOR, None, M.ANSWER, 2 * DAY),
    (K.COMPLAINT, S.MAJOR, None, M.RESOLUTION, 10 * DAY),
    (K.EMERGENCY, None, C.FIRE, M.ON_SITE, 2 * MINUTE),
    (K.EMERGENCY, None, None, M.ON_SITE, 3 * MINUTE),
    (K.HELP, None, None, M.HAND_OVER_SUPERVISOR, 2 * DAY),
    (K.SPECIAL_SERVICE, None, None, M.HAND_OVER_MANAGER, 7 * DAY),
]


def judged(facts: TicketFacts, set_code: str = "default") -> dict[tuple[M, int], Due]:
    return {(due.kind, due.round): due for due in dues(facts, deadline_rules(set_code))}


def kinds(facts: TicketFacts) -> set[M]:
    return {due.kind for due in dues(facts, deadline_rules())}


@pytest.mark.parametrize(("case", "offset"), list(product(CLAUSES, (-SECOND, 0 * SECOND, SECOND))))
def test_each_clause_is_kept_to_the_second(case: tuple[K, S | None, C | None, M, timedelta], offset: timedelta) -> None:
    kind, severity, category, milestone, limit = case
    due = judged(ticket_facts(kind, severity, category))[milestone, 0]
    assert due.is_open
    assert due.started_at == OPENED
    assert late_seconds(due.due_at, OPENED + limit + offset) == max(0, offset.total_seconds())


@pytest.mark.parametrize(
    ("kind", "severity", "expected"),
    [
        (K.COMPLAINT, S.MINOR, {M.ON_SITE, M.PROGRESS_REPLY, M.PROMISED_REPLY, M.RESOLUTION}),
        (
            K.REPAIR,
            S.ORDINARY,
            {M.ON_SITE, M.FIRST_RESPONSE, M.PROGRESS_REPLY, M.HAND_OVER_SUPERVISOR, M.HAND_OVER_MANAGER},
        ),
        (
            K.CONSULTATION,
            None,
            {M.FIRST_RESPONSE, M.PROGRESS_REPLY, M.HAND_OVER_SUPERVISOR, M.HAND_OVER_MANAGER},
        ),
    ],
)
def test_a_ticket_owes_what_its_rows_say_and_no_more(kind: K, severity: S | None, expected: set[M]) -> None:
    assert kinds(ticket_facts(kind, severity)) == expected


@pytest.mark.parametrize(
    ("kind", "severity"),
    [(K.CONSULTATION, None), (K.COMPLAINT, S.MINOR)],
)
def test_the_butler_estate_answers_sooner(kind: K, severity: S | None) -> None:
    found = judged(ticket_facts(kind, severity), "butler-estate")
    assert found[M.FIRST_RESPONSE, 0].due_at == OPENED + 15 * MINUTE


def test_harm_is_stopped_at_once() -> None:
    due = judged(ticket_facts(K.COMPLAINT, S.MINOR, is_harm_ongoing=True))[M.HARM_STOPPED, 0]
    assert (due.due_at, due.limit_unit, due.is_open) == (OPENED, LimitUnit.AT_ONCE, True)


def test_harm_that_was_stopped_stays_to_be_seen() -> None:
    stopped = OPENED + MINUTE
    due = judged(ticket_facts(K.COMPLAINT, S.MINOR, done={EventKind.HARM_STOPPED: [stopped]}))[M.HARM_STOPPED, 0]
    assert (due.done_at, due.is_open) == (stopped, False)


@pytest.mark.parametrize(
    ("kind", "severity", "milestone", "field", "basis"),
    [
        (K.REPAIR, S.ORDINARY, M.ON_SITE, "appointment_at", Basis.APPOINTMENT),
        (K.COMPLAINT, S.MINOR, M.PROMISED_REPLY, "promised_reply_at", Basis.AGREED),
    ],
)
def test_what_is_to_be_agreed_is_owed_once_a_date_is(
    kind: K, severity: S, milestone: M, field: str, basis: Basis
) -> None:
    without = judged(ticket_facts(kind, severity))[milestone, 0]
    agreed = judged(replace(ticket_facts(kind, severity), **{field: OPENED + 3 * DAY}))[milestone, 0]  # type: ignore[arg-type]
    assert (without.due_at, without.is_open) == (None, True)
    assert (agreed.due_at, agreed.basis) == (OPENED + 3 * DAY, basis)


def test_an_appointment_does_not_put_off_an_urgent_repair() -> None:
    due = judged(ticket_facts(K.REPAIR, S.URGENT, appointment_at=OPENED + DAY))[M.ON_SITE, 0]
    assert (due.due_at, due.basis) == (OPENED + 30 * MINUTE, Basis.LIMIT)


@pytest.mark.parametrize(
    ("severity", "expected", "basis"),
    [
        (S.MINOR, DAY, Basis.OWNER_DEADLINE),
        (S.IMPORTANT, 7 * DAY, Basis.LIMIT),
        (S.MAJOR, 10 * DAY, Basis.LIMIT),
    ],
)
def test_the_owners_own_deadline_replaces_the_limit_of_a_minor_complaint_only(
    severity: S, expected: timedelta, basis: Basis
) -> None:
    due = judged(ticket_facts(K.COMPLAINT, severity, owner_deadline_at=OPENED + DAY))[M.RESOLUTION, 0]
    assert (due.due_at, due.basis) == (OPENED + expected, basis)


def test_the_owners_own_deadline_leaves_the_other_milestones_alone() -> None:
    due = judged(ticket_facts(K.COMPLAINT, S.MINOR, owner_deadline_at=OPENED + DAY))[M.ON_SITE, 0]
    assert due.due_at == OPENED + HOUR


@pytest.mark.parametrize(
    ("event", "milestone", "kind", "severity"),
    [
        (EventKind.RESPONDED, M.FIRST_RESPONSE, K.CONSULTATION, None),
        (EventKind.ARRIVED, M.FIRST_RESPONSE, K.REPAIR, S.URGENT),
        (EventKind.ARRIVED, M.ON_SITE, K.REPAIR, S.URGENT),
        (EventKind.REPLIED, M.PROGRESS_REPLY, K.COMPLAINT, S.MINOR),
        (EventKind.ANSWERED, M.PROMISED_REPLY, K.COMPLAINT, S.MINOR),
        (EventKind.ANSWERED, M.ANSWER, K.COMPLAINT, S.MAJOR),
        (EventKind.REPORTED, M.REPORT_SUPERVISOR, K.COMPLAINT, S.IMPORTANT),
        (EventKind.HANDED_SUPERVISOR, M.REPORT_SUPERVISOR, K.COMPLAINT, S.IMPORTANT),
        (EventKind.REPORTED_HQ, M.REPORT_HQ, K.COMPLAINT, S.MAJOR),
        (EventKind.HANDED_SUPERVISOR, M.HAND_OVER_SUPERVISOR, K.HELP, None),
        (EventKind.HANDED_MANAGER, M.HAND_OVER_MANAGER, K.HELP, None),
    ],
)
def test_an_event_does_its_milestone_the_first_time(
    event: EventKind, milestone: M, kind: K, severity: S | None
) -> None:
    facts = ticket_facts(kind, severity, done={event: [OPENED + HOUR, OPENED + 2 * HOUR]})
    due = judged(facts)[milestone, 0]
    assert (due.done_at, due.is_open) == (OPENED + HOUR, False)


def test_a_progress_reply_does_not_keep_the_promise_of_an_answer() -> None:
    facts = ticket_facts(K.COMPLAINT, S.MINOR, done={EventKind.REPLIED: [OPENED + HOUR]})
    assert judged(facts)[M.PROMISED_REPLY, 0].is_open


def resolved(kind: K, severity: S | None, at: datetime, **others: Any) -> TicketFacts:
    return ticket_facts(kind, severity, state=TicketState.RESOLVED, rounds=[Round(0, OPENED, at, at)], **others)


@pytest.mark.parametrize(("kind", "severity"), [(K.REPAIR, S.URGENT), (K.HELP, None)])
def test_resolving_does_all_that_was_still_owed(kind: K, severity: S | None) -> None:
    found = dues(resolved(kind, severity, OPENED + 3 * DAY), deadline_rules())
    assert {due.done_at for due in found} == {OPENED + 3 * DAY}
    assert {due.is_open for due in found} == {False}


def test_resolving_changes_nothing_that_was_done_before() -> None:
    facts = resolved(K.REPAIR, S.URGENT, OPENED + DAY, done={EventKind.ARRIVED: [OPENED + MINUTE]})
    assert judged(facts)[M.ON_SITE, 0].done_at == OPENED + MINUTE


def test_the_record_is_owed_by_the_end_of_the_day_of_resolution() -> None:
    at = datetime(2026, 3, 5, 22, 30, tzinfo=SHANGHAI)
    due = judged(resolved(K.COMPLAINT, S.MINOR, at))[M.RECORD_HANDED_IN, 0]
    assert (due.started_at, due.is_open, due.limit_unit) == (at, True, LimitUnit.END_OF_DAY)
    assert due.due_at == datetime(2026, 3, 5, 23, 59, 59, tzinfo=SHANGHAI)


def test_the_record_is_not_owed_before_a_resolution() -> None:
    facts = ticket_facts(K.COMPLAINT, S.MINOR, done={EventKind.RECORD_HANDED_IN: [OPENED]})
    assert M.RECORD_HANDED_IN not in kinds(facts)


def test_the_record_counts_as_handed_in_only_after_the_resolution() -> None:
    at = OPENED + DAY
    handed_in = {EventKind.RECORD_HANDED_IN: [OPENED + HOUR, at + HOUR]}
    due = judged(resolved(K.COMPLAINT, S.MINOR, at, done=handed_in))[M.RECORD_HANDED_IN, 0]
    assert (due.done_at, due.is_open) == (at + HOUR, False)


@pytest.mark.parametrize("state", [TicketState.CLOSED_UNRESOLVED, TicketState.VOID])
def test_a_ticket_that_ends_without_resolution_owes_nothing_more_and_has_done_nothing(
    state: TicketState,
) -> None:
    facts = ticket_facts(K.COMPLAINT, S.MAJOR, state=state, rounds=[Round(0, OPENED, OPENED + DAY)])
    found = dues(facts, deadline_rules())
    assert {(due.is_open, due.done_at) for due in found} == {(False, None)}


@pytest.mark.parametrize("state", list(TicketState))
def test_only_an_open_ticket_owes_a_resolution_whatever_moments_its_row_lacks(state: TicketState) -> None:
    due = judged(ticket_facts(K.COMPLAINT, S.MINOR, state=state))[M.RESOLUTION, 0]
    assert due.is_open is (state in OPEN_STATES)


def reopened(kind: K, severity: S | None, **others: Any) -> TicketFacts:
    rounds = [Round(0, OPENED, OPENED + DAY, OPENED + DAY), Round(1, OPENED + 5 * DAY)]
    return ticket_facts(kind, severity, state=TicketState.REOPENED, rounds=rounds, **others)


def test_a_reopening_starts_a_new_resolution_clock_and_keeps_the_old_one() -> None:
    found = judged(reopened(K.COMPLAINT, S.MINOR))
    assert found[M.RESOLUTION, 0].done_at == OPENED + DAY
    assert found[M.RESOLUTION, 1].started_at == OPENED + 5 * DAY
    assert found[M.RESOLUTION, 1].due_at == OPENED + 7 * DAY
    assert found[M.RESOLUTION, 1].is_open


def test_a_reopening_starts_nothing_else_of_a_complaint() -> None:
    found = judged(reopened(K.COMPLAINT, S.MINOR))
    assert {kind for kind, number in found if number == 1} == {M.RESOLUTION}
    assert found[M.ON_SITE, 0].done_at == OPENED + DAY


def test_the_record_of_an_earlier_resolution_stays_owed() -> None:
    assert judged(reopened(K.COMPLAINT, S.MINOR))[M.RECORD_HANDED_IN, 0].is_open


def test_a_reopened_repair_is_to_be_handed_over_anew() -> None:
    found = judged(reopened(K.REPAIR, S.ORDINARY))
    assert found[M.HAND_OVER_SUPERVISOR, 0].done_at == OPENED + DAY
    assert found[M.HAND_OVER_SUPERVISOR, 1].due_at == OPENED + 7 * DAY


def test_what_was_handed_over_is_not_to_be_handed_over_again() -> None:
    found = judged(reopened(K.REPAIR, S.ORDINARY, done={EventKind.HANDED_SUPERVISOR: [OPENED + HOUR]}))
    assert (M.HAND_OVER_SUPERVISOR, 1) not in found
    assert found[M.HAND_OVER_SUPERVISOR, 0].done_at == OPENED + HOUR


def test_an_owners_deadline_from_before_the_reopening_is_spent() -> None:
    found = judged(reopened(K.COMPLAINT, S.MINOR, owner_deadline_at=OPENED + DAY))
    assert found[M.RESOLUTION, 0].basis is Basis.OWNER_DEADLINE
    assert (found[M.RESOLUTION, 1].due_at, found[M.RESOLUTION, 1].basis) == (OPENED + 7 * DAY, Basis.LIMIT)


def reclassified(*since: tuple[timedelta, K, S | None], **others: Any) -> TicketFacts:
    classes = [TicketClass(OPENED + delay, kind, None, severity) for delay, kind, severity in since]
    return ticket_facts(classes=classes, **others)


def test_a_reclassification_counts_from_its_moment() -> None:
    found = judged(reclassified((0 * DAY, K.COMPLAINT, S.MINOR), (DAY, K.COMPLAINT, S.MAJOR)))
    assert found[M.RESOLUTION, 0].started_at == OPENED + DAY
    assert found[M.RESOLUTION, 0].due_at == OPENED + 11 * DAY
    assert found[M.REPORT_HQ, 0].due_at == OPENED + DAY + 12 * HOUR


def test_a_rule_that_fits_before_and_after_a_reclassification_keeps_its_clock() -> None:
    found = judged(reclassified((0 * DAY, K.COMPLAINT, S.MINOR), (DAY, K.COMPLAINT, S.MAJOR)))
    assert (found[M.ON_SITE, 0].started_at, found[M.ON_SITE, 0].due_at) == (OPENED, OPENED + HOUR)


def test_what_was_done_before_a_reclassification_stays_done() -> None:
    facts = reclassified(
        (0 * DAY, K.HELP, None), (DAY, K.COMPLAINT, S.MINOR), done={EventKind.ARRIVED: [OPENED + HOUR]}
    )
    assert not judged(facts)[M.ON_SITE, 0].is_open


def test_a_reclassification_after_the_end_moves_no_clock() -> None:
    ended = Round(0, OPENED, OPENED + 3 * DAY, OPENED + 3 * DAY)
    facts = reclassified(
        (0 * DAY, K.COMPLAINT, S.MINOR),
        (4 * DAY, K.COMPLAINT, S.MAJOR),
        state=TicketState.RESOLVED,
        rounds=[ended],
    )
    assert judged(facts)[M.RESOLUTION, 0].due_at == OPENED + 2 * DAY


def test_a_reclassification_in_a_later_round_leaves_the_earlier_ones_alone() -> None:
    rounds = [Round(0, OPENED, OPENED + DAY, OPENED + DAY), Round(1, OPENED + 2 * DAY)]
    facts = reclassified(
        (0 * DAY, K.COMPLAINT, S.MINOR),
        (3 * DAY, K.COMPLAINT, S.IMPORTANT),
        state=TicketState.REOPENED,
        rounds=rounds,
    )
    found = judged(facts)
    assert found[M.RESOLUTION, 0].due_at == OPENED + 2 * DAY
    assert found[M.RESOLUTION, 1].due_at == OPENED + 10 * DAY
    assert found[M.REPORT_SUPERVISOR, 0].is_open


@pytest.mark.parametrize(
    ("opened_at", "count"),
    [
        (datetime(2019, 12, 31, 15, 59, 59, tzinfo=UTC), 0),
        (datetime(2019, 12, 31, 16, 0, 0, tzinfo=UTC), 4),
    ],
)
def test_the_standards_of_the_local_day_of_opening_count(opened_at: datetime, count: int) -> None:
    facts = ticket_facts(classes=[TicketClass(opened_at, K.HELP)], rounds=[Round(0, opened_at)])
    assert len(dues(facts, deadline_rules())) == count


@pytest.mark.parametrize(
    ("severity", "limit"),
    [
        (S.MINOR, 8 * HOUR),
        (S.IMPORTANT, 7 * DAY),  # Wednesday and five working days
        (S.MAJOR, 7 * DAY),
    ],
)
def test_managed_service_counts_in_hours_and_working_days(severity: S, limit: timedelta) -> None:
    due = judged(ticket_facts(K.COMPLAINT, severity), "managed-service")[M.RESOLUTION, 0]
    assert (due.due_at, due.is_provisional) == (OPENED + limit, False)


def test_a_date_past_what_the_calendar_covers_says_so() -> None:
    calendar = Calendar(SHANGHAI, covered_until=date(2026, 3, 6))
    facts = ticket_facts(K.COMPLAINT, S.MAJOR, calendar=calendar)
    assert judged(facts, "managed-service")[M.RESOLUTION, 0].is_provisional
    assert not judged(facts)[M.RESOLUTION, 0].is_provisional


def pausing(*spans: tuple[timedelta, timedelta], **others: Any) -> TicketFacts:
    pauses = [Pause(OPENED + first, OPENED + last) for first, last in spans]
    return ticket_facts(K.REPAIR, S.URGENT, C.LIGHTING_GENERAL, pauses=pauses, **others)


def test_a_pause_moves_every_milestone_but_the_first_response() -> None:
    found = judged(pausing((10 * MINUTE, 70 * MINUTE)))
    moved = {kind: (due.due_at, due.paused_seconds) for (kind, _), due in found.items()}
    assert moved == {
        M.FIRST_RESPONSE: (OPENED + 4 * HOUR, 0),
        M.PROGRESS_REPLY: (OPENED + 5 * HOUR, 3600),
        M.ON_SITE: (OPENED + 30 * MINUTE + HOUR, 3600),
        M.RESOLUTION: (OPENED + 9 * HOUR, 3600),
        M.HAND_OVER_SUPERVISOR: (OPENED + 2 * DAY + HOUR, 3600),
        M.HAND_OVER_MANAGER: (OPENED + 7 * DAY + HOUR, 3600),
    }


def test_a_pause_moves_no_agreed_date_and_nothing_that_is_due_at_once() -> None:
    pauses = [Pause(OPENED, OPENED + DAY)]
    agreed: dict[str, Any] = {"owner_deadline_at": OPENED + 3 * DAY, "promised_reply_at": OPENED + 2 * DAY}
    found = judged(ticket_facts(K.COMPLAINT, S.MINOR, pauses=pauses, is_harm_ongoing=True, **agreed))
    assert found[M.RESOLUTION, 0].due_at == OPENED + 3 * DAY
    assert found[M.PROMISED_REPLY, 0].due_at == OPENED + 2 * DAY
    assert found[M.HARM_STOPPED, 0].due_at == OPENED


def test_a_pause_does_not_move_what_was_done_before_it() -> None:
    done = {EventKind.ARRIVED: [OPENED + 20 * MINUTE]}
    due = judged(pausing((25 * MINUTE, 2 * HOUR), done=done))[M.ON_SITE, 0]
    assert (due.due_at, due.paused_seconds) == (OPENED + 30 * MINUTE, 0)


def test_a_pause_counts_until_the_milestone_was_done_in_it() -> None:
    done = {EventKind.ARRIVED: [OPENED + 40 * MINUTE]}
    due = judged(pausing((10 * MINUTE, 2 * HOUR), done=done))[M.ON_SITE, 0]
    assert (due.due_at, due.paused_seconds) == (OPENED + 60 * MINUTE, 1800)


def test_a_rule_runs_on_its_clock() -> None:
    windows = dict.fromkeys(range(5), ((9 * 3600, 12 * 3600), (14 * 3600, 18 * 3600)))
    limit = {"milestone": M.RESOLUTION, "value": 4, "unit": LimitUnit.HOURS, "valid_from": date(2020, 1, 1)}
    rules = [
        DeadlineRule(id=1, kind=RuleKind.HELP, clock=Clock.SERVICE, **limit),  # type: ignore[arg-type]
        DeadlineRule(id=2, kind=RuleKind.REPAIR, **limit),  # type: ignore[arg-type]
    ]
    calendar = Calendar(SHANGHAI, windows=windows)
    helped, repaired = (dues(ticket_facts(kind, severity, calendar=calendar), rules)[0] for kind, severity in KINDS)
    assert (helped.due_at, helped.clock) == (OPENED + 6 * HOUR, Clock.SERVICE)
    assert (repaired.due_at, repaired.clock) == (OPENED + 4 * HOUR, Clock.ELAPSED)


KINDS: list[tuple[K, S | None]] = [(K.HELP, None), (K.REPAIR, S.URGENT)]


@pytest.mark.parametrize(
    ("milestone", "expected"),
    [(M.ON_SITE, 7), (M.RESOLUTION, 9), (M.PROMISED_REPLY, 9)],
)
def test_who_did_it_is_who_did_it_for_itself_or_resolved_the_ticket(milestone: M, expected: int) -> None:
    arrived, at = OPENED + HOUR, OPENED + DAY
    doers = {(EventKind.ARRIVED, arrived): 7, (EventKind.RESOLVED, at): 9}
    facts = resolved(K.COMPLAINT, S.MINOR, at, done={EventKind.ARRIVED: [arrived]}, doers=doers)
    assert judged(facts)[milestone, 0].done_by == expected


def test_what_was_not_done_was_done_by_nobody() -> None:
    doers = {(EventKind.RESOLVED, OPENED): 9}
    assert judged(ticket_facts(K.COMPLAINT, S.MINOR, doers=doers))[M.RESOLUTION, 0].done_by is None


def test_a_ticket_may_keep_the_standards_of_another_day_than_that_of_its_opening() -> None:
    limit = {"milestone": M.RESOLUTION, "unit": LimitUnit.HOURS, "kind": RuleKind.HELP}
    turn = date(2026, 4, 1)
    rules = [
        DeadlineRule(id=1, value=4, valid_from=date(2020, 1, 1), valid_to=turn, **limit),  # type: ignore[arg-type]
        DeadlineRule(id=2, value=8, valid_from=turn, **limit),  # type: ignore[arg-type]
    ]
    before, after = (dues(ticket_facts(K.HELP, standards_on=day), rules)[0] for day in (None, turn))
    assert (before.due_at, after.due_at) == (OPENED + 4 * HOUR, OPENED + 8 * HOUR)


CLOSED_THERE = OPENED + timedelta(days=3)


def from_elsewhere(
    due_at: datetime | None, state: TicketState = TicketState.CLOSED, is_on_time: bool | None = None
) -> TicketFacts:
    """A complaint that another system promised, and closed unless it is open."""
    ended_at = None if state is TicketState.NEW else CLOSED_THERE
    word = SourceWord("Open 311", due_at, ended_at, is_on_time)
    rounds = [Round(0, OPENED, ended_at, ended_at)]
    return ticket_facts(rounds=rounds, state=state, severity=Severity.MINOR, source=word)


def test_a_ticket_promised_elsewhere_has_the_one_date_that_the_source_gives() -> None:
    (due,) = dues(from_elsewhere(OPENED + timedelta(days=4)), deadline_rules())
    assert (due.kind, due.due_at, due.done_at) == (M.RESOLUTION, OPENED + timedelta(days=4), CLOSED_THERE)
    assert (due.basis, due.rule_id, due.is_open) == (Basis.SOURCE, None, False)


def test_a_ticket_promised_elsewhere_without_a_date_owes_nothing() -> None:
    assert dues(from_elsewhere(None), deadline_rules()) == []


def test_an_open_ticket_promised_elsewhere_is_owed_by_the_date_of_the_source() -> None:
    (due,) = dues(from_elsewhere(OPENED + timedelta(days=4), TicketState.NEW, is_on_time=True), deadline_rules())
    assert (due.is_open, due.done_at, due.is_in_time) == (True, None, None)


@pytest.mark.parametrize("said", [True, False])
def test_whether_it_was_in_time_is_what_the_source_says(said: bool) -> None:
    (due,) = dues(from_elsewhere(OPENED + timedelta(days=2), is_on_time=said), deadline_rules())
    assert due.is_in_time is said


def test_the_verdict_of_the_source_does_not_hold_for_an_end_that_it_does_not_know() -> None:
    word = SourceWord("Open 311", OPENED + timedelta(days=2), None, is_on_time=True)
    resolved = [Round(0, OPENED, CLOSED_THERE, CLOSED_THERE)]
    (due,) = dues(ticket_facts(rounds=resolved, state=TicketState.RESOLVED, source=word), deadline_rules())
    assert due.is_in_time is None


@pytest.mark.parametrize(
    ("done_at", "said", "expected"),
    [
        (OPENED, None, True),
        (OPENED + timedelta(seconds=1), None, False),
        (OPENED + timedelta(seconds=1), True, True),
        (OPENED, False, False),
        (None, None, False),
    ],
)
def test_in_time_is_by_the_due_second_unless_somebody_else_promised_it(
    done_at: datetime | None, said: bool | None, expected: bool
) -> None:
    assert was_in_time(OPENED, done_at, said) is expected
