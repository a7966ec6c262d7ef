"""Lists: conditions all and any, exact counts, computed columns, versions, and a bound on how long one may take."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal_column, select, text
from sqlalchemy.orm import Session

from models.callback import Callback
from models.milestone import LadderStep, Milestone
from models.owner import Owner
from models.ownership import Ownership
from models.ticket import Ticket, TicketKind, TicketState
from models.unit import Unit
from operations.write import Insert, Update, write, writing
from reports import listing as lists
from reports.levels import level_by
from reports.limits import at_most
from reports.listing import Cell, Condition, Listing, ListRow, TooSlow, count, page, stream, unindexed_columns
from reports.titles import title_of
from rules.permissions import EVERYTHING, Scope
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, Cast

# Counts to a hundred million, which takes both databases longer than any of these tests may wait.
ENDLESS = (
    "(WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000)"
    " SELECT count(*) FROM numbers) > 0"
)


def ids(session: Session, listing: Listing, scope: Scope = EVERYTHING) -> list[int]:
    found = [row.id for row in page(session, listing, scope).rows]
    assert count(session, listing, scope) == len(found)
    assert [row.id for row in stream(session, listing, scope, chunk=2)] == found
    return found


@pytest.fixture
def tickets(session: Session, cast: Cast) -> list[int]:
    """Six tickets without an owner: help and consultation by turns, the last two with a butler."""
    common = {"estate_id": cast.id_of("estates"), "opened_at": AT, "subject": "x"}
    kinds = (TicketKind.HELP, TicketKind.CONSULTATION)
    rows = [
        {**common, "code": f"L-{at}", "kind": kinds[at % 2], "butler_id": cast.id_of("staff") if at > 3 else None}
        for at in range(6)
    ]
    with writing(session):
        return write(session, [Insert(Ticket, row) for row in rows], by=BY, at=AT)


@pytest.mark.parametrize(
    ("match", "expected"),
    [("all", [4]), ("any", [0, 2, 4, 5])],
)
def test_conditions_hold_all_or_any(
    session: Session, cast: Cast, tickets: list[int], match: Any, expected: list[int]
) -> None:
    conditions = (Condition("kind", "in", (TicketKind.HELP,)), Condition("butler_id", "filled"))
    listing = Listing(Ticket, ("code",), conditions, match=match, ids=tuple(tickets))
    assert ids(session, listing) == [tickets[at] for at in expected]


def test_from_and_to_of_a_column_are_one_alternative(session: Session, cast: Cast, tickets: list[int]) -> None:
    later = AT + timedelta(days=1)
    bounds = (Condition("opened_at", "from", (later,)), Condition("opened_at", "to", (later + timedelta(days=1),)))
    conditions = (*bounds, Condition("butler_id", "filled"))
    listing = Listing(Ticket, (), conditions, match="any", ids=tuple(tickets))
    assert ids(session, listing) == tickets[4:]
    assert ids(session, replace(listing, conditions=bounds)) == []


def test_the_scope_holds_whatever_is_asked(session: Session, cast: Cast, tickets: list[int]) -> None:
    conditions = (Condition("kind", "in", (TicketKind.HELP,)), Condition("butler_id", "empty"))
    listing = Listing(Ticket, ("code",), conditions, match="any")
    assert cast.id_of("tickets", OTHER) in ids(session, listing)
    assert cast.id_of("tickets", OTHER) not in ids(session, listing, Scope(frozenset({cast.id_of("estates")})))


@pytest.mark.parametrize("sort", ["-id", "id", "-opened_at", "opened_at"])
def test_the_pages_of_alternatives_meet(session: Session, cast: Cast, tickets: list[int], sort: str) -> None:
    conditions = (Condition("butler_id", "filled"), Condition("kind", "in", (TicketKind.HELP,)))
    listing = Listing(Ticket, (), conditions, match="any", sort=sort, size=3, ids=tuple(tickets))
    first = page(session, listing, EVERYTHING)
    second = page(session, replace(listing, after=first.next), EVERYTHING)
    expected = [tickets[at] for at in (0, 2, 4, 5)]
    found = [row.id for row in (*first.rows, *second.rows)]
    assert found == (expected[::-1] if sort.startswith("-") else expected)
    assert [row.id for row in page(session, replace(listing, before=second.previous), EVERYTHING).rows] == found[:3]


def test_none_of_the_values_finds_empty_ones_too(session: Session, cast: Cast, tickets: list[int]) -> None:
    conditions = (Condition("butler_id", "not_in", (cast.id_of("staff"),)),)
    assert ids(session, Listing(Ticket, (), conditions, ids=tuple(tickets))) == tickets[:4]


@pytest.mark.parametrize(("cap", "expected"), [(10_000, 6), (6, 6), (5, 6), (2, 3), (None, 6)])
def test_a_count_goes_as_far_as_it_is_told(
    session: Session, cast: Cast, tickets: list[int], cap: int | None, expected: int
) -> None:
    listing = Listing(Ticket, (), ids=tuple(tickets))
    assert count(session, listing, EVERYTHING, cap=cap) == expected


def test_alternatives_are_counted_once(session: Session, cast: Cast, tickets: list[int]) -> None:
    conditions = (Condition("butler_id", "filled"), Condition("state", "in", (TicketState.NEW,)))
    listing = Listing(Ticket, (), conditions, match="any", ids=tuple(tickets))
    assert [count(session, listing, EVERYTHING, cap=cap) for cap in (None, 100, 3)] == [6, 6, 4]


def test_a_row_says_its_version_and_estate(session: Session, cast: Cast) -> None:
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "欧阳"})], by=BY, at=AT)
    (row,) = page(session, Listing(Owner, ("name",), ids=(cast.id_of("owners"),)), EVERYTHING).rows
    assert row == ListRow(row.id, cast.id_of("estates"), row.id, ("欧阳",), 2)


def test_a_reference_is_shown_by_its_title(session: Session, cast: Cast) -> None:
    (row,) = page(
        session, Listing(Ownership, ("unit_id", "owner_id"), ids=(cast.id_of("ownerships"),)), EVERYTHING
    ).rows
    unit, owner = cast.id_of("units"), cast.id_of("owners")
    assert row.values == (Cell(unit, title_of(session, Unit, unit)), Cell(owner, title_of(session, Owner, owner)))
    (streamed,) = stream(session, Listing(Callback, ("ticket_id",), ids=(cast.id_of("callbacks"),)), EVERYTHING)
    assert streamed.values == (title_of(session, Ticket, cast.id_of("tickets")),)


def test_a_reference_to_nothing_is_empty(session: Session, cast: Cast, tickets: list[int]) -> None:
    listing = Listing(Ticket, ("code", "owner_id"), ids=tuple(tickets[:1]))
    assert [row.values for row in page(session, listing, EVERYTHING).rows] == [("L-0", None)]
    assert [row.values for row in stream(session, listing, EVERYTHING)] == [("L-0", None)]


@pytest.mark.parametrize("days", [0, 2, 400])
def test_the_level_is_as_of_the_moment(session: Session, cast: Cast, days: int) -> None:
    moment = AT + timedelta(days=days)
    listing = Listing(Ticket, ("code", "level"), moment=moment)
    expected = dict(session.execute(select(Ticket.id, level_by(moment))).all())
    assert {row.id: row.values[1] for row in page(session, listing, EVERYTHING).rows} == expected
    assert {row.id: row.values[1] for row in page(session, replace(listing, search=OWN), EVERYTHING).rows} == {
        row_id: expected[row_id] for row_id in (cast.id_of("tickets"),)
    }


@pytest.mark.parametrize(
    ("model", "names", "expected"),
    [
        (Ticket, ("estate_id", "opened_at", "state", "assignee_id", "next_due_at", "id", "code"), []),
        (Ticket, ("kind", "opened_at", "is_under_warranty"), ["kind", "is_under_warranty"]),
        (Unit, ("occupancy", "code"), []),
        (LadderStep, ("recorded_at", "due_at"), ["recorded_at"]),
        (Milestone, ("done_at",), ["done_at"]),
    ],
)
def test_the_columns_that_no_index_serves_are_named(model: Any, names: tuple[str, ...], expected: list[str]) -> None:
    assert unindexed_columns(Listing(model, (), tuple(Condition(name, "filled") for name in names))) == expected


def test_a_list_that_takes_too_long_is_stopped_and_says_what_to_narrow(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "LONGEST_SECONDS", 0.05)
    conditions = (Condition("kind", "filled"), Condition("opened_at", "filled"))
    listing = Listing(Ticket, ("code",), conditions, where=(literal_column(ENDLESS),))
    with pytest.raises(TooSlow) as stopped:
        page(session, listing, EVERYTHING)
    assert stopped.value.columns == ["kind"]
    with pytest.raises(TooSlow):
        count(session, listing, EVERYTHING, cap=None)
    assert len(page(session, Listing(Ticket, ("code",)), EVERYTHING).rows) == 3


def test_the_bound_holds_no_longer_than_it_is_set(session: Session, cast: Cast) -> None:
    with at_most(session, 0.001, ()):
        pass
    session.rollback()
    slow = text(ENDLESS.replace("100000000", "200000").replace("(WITH", "SELECT (WITH", 1))
    assert session.scalar(slow)


def test_other_faults_are_not_taken_for_slowness(session: Session, cast: Cast) -> None:
    with pytest.raises(Exception, match="no_such") as fault, at_most(session, 5, ()):
        session.execute(text("SELECT * FROM no_such"))
    assert not isinstance(fault.value, TooSlow)


def test_next_door_is_another_row(session: Session, cast: Cast) -> None:
    scope = Scope(frozenset({cast.id_of("estates")}), buildings=frozenset({cast.id_of("buildings", NEXT)}))
    assert ids(session, Listing(Ticket, ("code",)), scope) == [cast.id_of("tickets", NEXT)]
