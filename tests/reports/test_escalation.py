from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Role
from models.estate import Estate
from models.milestone import LadderStep, LimitUnit, Milestone
from models.standard import HIGHEST_LEVEL, LadderRule, RuleKind, StandardSet
from models.ticket import Severity, Ticket, TicketKind
from operations.sweep import sweep
from operations.tickets import act
from operations.write import Insert, write, writing
from reports.escalation import (
    Age,
    EscalationReport,
    Promise,
    escalation_report,
    promises_behind,
    tickets_behind,
    times_behind,
)
from reports.listing import Listing, count
from rules.permissions import EVERYTHING, NOTHING, Scope
from rules.satisfaction import Share
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle
from tests.infrastructure.statements import selects

NOW = datetime(2026, 11, 15, 4, 0, 0, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
FIRST_OF_SEPTEMBER = datetime(2026, 8, 31, 16, 0, 0, tzinfo=UTC)  # in the estate
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
MAJOR = {"kind": TicketKind.COMPLAINT, "severity": Severity.MAJOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def neighbour(session: Session, cast: Cast) -> Cast:
    """Another estate with a place and people of its own."""
    return settle(session, "E2")


def end(session: Session, ticket_id: int, at: datetime, action: Action = Action.RESOLVE) -> None:
    with writing(session):
        act(session, ticket_id, action, BY, list(Role), at, reason="重复登记")


def every_fifty_hours(session: Session, cast: Cast, neighbour: Cast) -> int:
    """Tickets of all ages in both estates; returns how many."""
    moments = [NOW - hours * HOUR for hours in range(0, 1000, 50)]
    ids = [report(session, cast, moment, **MINOR) for moment in moments]
    return len(ids + [report(session, neighbour, moment) for moment in moments])


def figures(found: EscalationReport) -> dict[tuple[int, Age], int]:
    return {(level, age): number for (_, level, age), number in found.open_tickets.items()}


def listed(session: Session, scope: Scope, level: int | None = None, age: Age | None = None) -> int:
    """How many rows the list behind a figure of open tickets has."""
    return count(session, Listing(Ticket, ("id",), where=tickets_behind(NOW, level, age)), scope)


@pytest.mark.parametrize(
    ("open_for", "level", "age"),
    [
        (2 * DAY - SECOND, 0, Age.UNDER_TWO_DAYS),
        (2 * DAY, 1, Age.TWO_TO_SEVEN_DAYS),
        (7 * DAY - SECOND, 1, Age.TWO_TO_SEVEN_DAYS),
        (7 * DAY, 2, Age.SEVEN_TO_THIRTY_DAYS),
        (30 * DAY - SECOND, 2, Age.SEVEN_TO_THIRTY_DAYS),
        (30 * DAY, 2, Age.OVER_THIRTY_DAYS),
    ],
)
def test_a_ticket_stands_at_the_level_and_age_of_the_moment(
    session: Session, cast: Cast, open_for: timedelta, level: int, age: Age
) -> None:
    report(session, cast, NOW - open_for)
    assert figures(escalation_report(session, NOW, EVERYTHING)) == {(level, age): 1}
    assert (listed(session, EVERYTHING, level, age), listed(session, EVERYTHING)) == (1, 1)


def test_a_ladder_may_have_any_number_of_levels(session: Session, cast: Cast) -> None:
    highest = {"kind": RuleKind.NOT_COMPLAINT, "level": HIGHEST_LEVEL, "value": 8, "unit": LimitUnit.DAYS}
    set_id = session.scalars(select(StandardSet.id).where(StandardSet.code == "default")).one()
    words = {"standard_set_id": set_id, "code": "top", "source": "自定", "valid_from": date(2020, 1, 1)}
    with writing(session):
        write(session, [Insert(LadderRule, {**highest, **words})], by=BY, at=OPENED)
    report(session, cast, NOW - 9 * DAY)
    found = figures(escalation_report(session, NOW, EVERYTHING))
    assert [level for level, _ in found] == [HIGHEST_LEVEL]


def test_the_sweep_changes_no_figure(session: Session, cast: Cast) -> None:
    report(session, cast, NOW - 3 * DAY)
    report(session, cast, NOW - HOUR, **MAJOR)
    before = escalation_report(session, NOW, EVERYTHING)
    sweep(session, NOW, BY)
    assert escalation_report(session, NOW, EVERYTHING) == before
    assert figures(before) == {(1, Age.TWO_TO_SEVEN_DAYS): 1, (3, Age.UNDER_TWO_DAYS): 1}


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.CLOSE_UNRESOLVED, Action.VOID])
def test_a_ticket_that_has_ended_is_not_open(session: Session, cast: Cast, action: Action) -> None:
    end(session, report(session, cast, NOW - 3 * DAY), NOW - DAY, action)
    assert figures(escalation_report(session, NOW, EVERYTHING)) == {}
    assert listed(session, EVERYTHING) == 0


def test_every_figure_of_open_tickets_equals_its_list(session: Session, cast: Cast, neighbour: Cast) -> None:
    number = every_fifty_hours(session, cast, neighbour)
    found = escalation_report(session, NOW, EVERYTHING)
    assert sum(found.open_tickets.values()) == number
    lists = {
        key: count(
            session,
            Listing(Ticket, ("id",), where=tickets_behind(NOW, key[1], key[2], key[0].id)),
            EVERYTHING,
        )
        for key in found.open_tickets
    }
    assert lists == found.open_tickets


def test_steps_count_from_the_estates_first_of_the_month(session: Session, cast: Cast) -> None:
    midnight = datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC)
    report(session, cast, midnight - 2 * DAY - SECOND)  # level 1 in October, level 2 in November
    report(session, cast, midnight - 2 * DAY)
    report(session, cast, NOW - 2 * DAY)
    report(session, cast, NOW - 2 * DAY + SECOND)  # not yet
    found = escalation_report(session, NOW, EVERYTHING)
    assert {level: number for (_, level), number in found.steps.items()} == {1: 2, 2: 2}
    assert found.month_start(found.places[0]) == midnight


def test_where_months_begin_apart_there_is_no_common_beginning(session: Session, cast: Cast, neighbour: Cast) -> None:
    session.execute(update(Estate).where(Estate.id == neighbour.estate_id).values(time_zone="Europe/Berlin"))
    session.commit()
    found = escalation_report(session, NOW, EVERYTHING)
    assert found.month_start(None) is None
    assert {found.month_start(place) for place in found.places} == {
        datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 31, 23, 0, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("hours", "mean", "median"),
    [([4], 4, (4, 8)), ([2, 10], 6, (2, 4)), ([1, 2, 12], 5, (2, 4)), ([1, 2, 3, 34], 10, (2, 4))],
)
def test_time_to_resolve_has_a_mean_and_the_span_of_the_median(
    session: Session, cast: Cast, hours: list[int], mean: float, median: tuple[int, int]
) -> None:
    opened = [report(session, cast, NOW - 3 * DAY) for _ in hours]
    list(map(partial(end, session), opened, [NOW - 3 * DAY + number * HOUR for number in hours]))
    speed = escalation_report(session, NOW, EVERYTHING).speeds[TicketKind.CONSULTATION]
    assert speed.resolved == len(hours)
    assert speed.mean_seconds == mean * 3600
    assert (speed.median_from, speed.median_below) == (median[0] * 3600, median[1] * 3600)


@pytest.mark.parametrize("scope", ["whole", "part"])
@pytest.mark.parametrize(("resolved_at", "counts"), [(FIRST_OF_SEPTEMBER, True), (FIRST_OF_SEPTEMBER - SECOND, False)])
def test_time_to_resolve_looks_back_two_months_before_this(
    session: Session, cast: Cast, resolved_at: datetime, counts: bool, scope: str
) -> None:
    end(session, report(session, cast, resolved_at - HOUR), resolved_at)
    scopes = {"whole": EVERYTHING, "part": Scope(None, buildings=frozenset({cast.building_id}))}
    found = escalation_report(session, NOW, scopes[scope])
    behind = times_behind(session, NOW, scopes[scope], TicketKind.CONSULTATION)
    assert (TicketKind.CONSULTATION in found.speeds) is counts
    assert count(session, Listing(Ticket, ("id",), where=behind), scopes[scope]) == int(counts)


def test_a_part_of_an_estate_is_counted_like_the_whole(session: Session, cast: Cast) -> None:
    """The kept counts and counting row by row, held together on the same rows: all are of the one building."""
    opened = [report(session, cast, NOW - hours * HOUR, **MINOR) for hours in range(0, 2000, 50)]
    list(map(partial(end, session), opened[::3], [NOW - hours * HOUR / 2 for hours in range(0, 2000, 150)]))
    whole = escalation_report(session, NOW, Scope(frozenset({cast.estate_id})))
    part = Scope(frozenset({cast.estate_id}), buildings=frozenset({cast.building_id}))
    assert escalation_report(session, NOW, part) == whole
    assert len(whole.steps) + len(whole.speeds) + len(whole.promises) + len(whole.open_tickets) == 7


def test_a_resolution_is_in_time_up_to_its_due_second(session: Session, cast: Cast) -> None:
    opened = NOW - 10 * DAY
    end(session, report(session, cast, opened, **MINOR), opened + 2 * DAY)
    end(session, report(session, cast, opened, **MINOR), opened + 2 * DAY + SECOND)
    end(session, report(session, cast, opened, **MINOR), NOW - DAY, Action.CLOSE_UNRESOLVED)
    report(session, cast, opened, **MINOR)  # still open
    end(session, report(session, cast, opened, **MINOR), NOW - DAY, Action.VOID)  # does not count
    report(session, cast, NOW - 2 * DAY + SECOND, **MINOR)  # not yet due
    found = escalation_report(session, NOW, EVERYTHING)
    assert list(found.promises.values()) == [Share(1, 4)]
    behind = partial(promises_behind, session, NOW, EVERYTHING)
    lists = {
        promise: count(session, Listing(Milestone, ("id",), where=behind(promise)), EVERYTHING)
        for promise in (None, *Promise)
    }
    assert lists == {None: 4, Promise.IN_TIME: 1, Promise.LATE: 3}


def test_another_estate_is_never_counted(session: Session, cast: Cast, neighbour: Cast) -> None:
    report(session, neighbour, NOW - 10 * DAY, **MAJOR)
    end(session, report(session, neighbour, NOW - 10 * DAY, **MINOR), NOW - DAY)
    own = Scope(frozenset({cast.estate_id}))
    found = escalation_report(session, NOW, own)
    assert (found.open_tickets, found.steps, found.speeds, found.promises) == ({}, {}, {}, {})
    assert [place.id for place in found.places] == [cast.estate_id]
    assert listed(session, own) == 0
    strange = escalation_report(session, NOW, own, neighbour.estate_id)
    assert (strange.places, strange.open_tickets) == ([], {})


def test_an_estate_asked_for_is_counted_alone(session: Session, cast: Cast, neighbour: Cast) -> None:
    report(session, cast, NOW - DAY)
    report(session, neighbour, NOW - 10 * DAY)
    found = escalation_report(session, NOW, EVERYTHING, cast.estate_id)
    assert figures(found) == {(0, Age.UNDER_TWO_DAYS): 1}


def test_a_butler_counts_her_buildings_and_an_engineer_his_tickets(session: Session, cast: Cast) -> None:
    report(session, cast, NOW - 3 * DAY)
    report(session, cast, NOW - 3 * DAY, assignee_id=cast.engineer_id)
    own = frozenset({cast.estate_id})
    here = Scope(own, buildings=frozenset({cast.building_id}))
    elsewhere = Scope(own, buildings=frozenset({cast.building_id + 1}))
    engineer = Scope(own, staff_id=cast.engineer_id)
    found = [sum(escalation_report(session, NOW, scope).steps.values()) for scope in (here, elsewhere, engineer)]
    assert found == [2, 0, 1]
    assert [listed(session, scope) for scope in (here, elsewhere, engineer)] == [2, 0, 1]


def test_who_reaches_nothing_gets_nothing(session: Session, cast: Cast) -> None:
    report(session, cast, NOW - 3 * DAY)
    found = escalation_report(session, NOW, NOTHING)
    assert (found.places, found.open_tickets, found.steps) == ([], {}, {})


def test_nine_statements_whatever_there_is_to_count_and_four_while_nothing_changes(
    session: Session, cast: Cast, neighbour: Cast
) -> None:
    every_fifty_hours(session, cast, neighbour)
    with selects(session) as first:
        escalation_report(session, NOW, EVERYTHING)
    with selects(session) as again:
        escalation_report(session, NOW + SECOND, EVERYTHING)
    assert (len(first), len(again)) == (9, 4)


def test_tickets_climb_and_age_by_the_clock_alone(session: Session, cast: Cast) -> None:
    list(map(partial(report, session, cast, **MINOR), [NOW - hours * HOUR for hours in range(0, 800, 37)]))
    whole, part = Scope(frozenset({cast.estate_id})), Scope(None, buildings=frozenset({cast.building_id}))
    moments = [NOW + hours * HOUR + second * SECOND for hours in range(0, 300, 7) for second in (-1, 0)]
    told = [escalation_report(session, moment, whole).open_tickets for moment in moments]
    assert told == [escalation_report(session, moment, part).open_tickets for moment in moments]


def test_what_somebody_does_is_counted_at_once(session: Session, cast: Cast) -> None:
    first, second = (report(session, cast, NOW - 3 * DAY) for _ in range(2))
    before = figures(escalation_report(session, NOW, EVERYTHING))
    end(session, first, NOW)
    after = figures(escalation_report(session, NOW, EVERYTHING))
    end(session, first, NOW, Action.REOPEN)
    end(session, second, NOW, Action.VOID)
    report(session, cast, NOW - 10 * DAY)
    again = figures(escalation_report(session, NOW, EVERYTHING))
    climbed = (1, Age.TWO_TO_SEVEN_DAYS)
    assert (before, after) == ({climbed: 2}, {climbed: 1})
    assert again == {climbed: 1, (2, Age.SEVEN_TO_THIRTY_DAYS): 1}


def test_the_steps_counted_are_rows_of_the_ladder(session: Session, cast: Cast) -> None:
    report(session, cast, NOW - 10 * DAY, **MINOR)
    found = escalation_report(session, NOW, EVERYTHING)
    due = session.scalars(select(LadderStep.level).where(LadderStep.due_at <= NOW)).all()
    assert sorted(level for _, level in found.steps) == sorted(due) == [1, 2]
