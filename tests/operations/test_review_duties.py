from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.review import Review, ReviewKind
from models.ticket import Severity, Ticket, TicketKind
from operations.review_duties import Figures, Owing, figures, owed_reviews
from operations.tickets import act
from operations.write import writing
from rules.permissions import EVERYTHING, NOTHING, Scope
from rules.reviews import period
from rules.transitions import Action
from tests.infrastructure.desk import equip, report
from tests.infrastructure.people import AT, BY, OTHER, Cast, add

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAILY, WEEKLY = ReviewKind.DAILY, ReviewKind.WEEKLY


def owed(session: Session, at: datetime, scope: Scope, **others: Any) -> list[tuple[date, Owing]]:
    return [(each.period.on, each.owing) for each in owed_reviews(session, at, scope, **others)]


def test_each_estate_owes_every_day_that_is_over_since_its_first_ticket(session: Session, cast: Cast) -> None:
    own = Scope(frozenset({cast.id_of("estates")}))
    assert owed(session, AT + 2 * DAY, own, kinds=[DAILY]) == [
        (date(2026, 3, 4), Owing.LATE),
        (date(2026, 3, 5), Owing.DUE),
    ]
    assert {each.estate_id for each in owed_reviews(session, AT + 2 * DAY, EVERYTHING)} == {
        cast.id_of("estates"),
        cast.id_of("estates", OTHER),
    }


def test_what_was_signed_is_owed_no_more(session: Session, cast: Cast) -> None:
    own = {"estate_id": cast.id_of("estates"), "kind": DAILY, "period_on": date(2026, 3, 4)}
    add(session, Review, **own, due_at=AT, signed_at=AT, signed_by_id=cast.accounts[Role.SUPERVISOR])
    own_scope = Scope(frozenset({cast.id_of("estates")}))
    assert owed(session, AT + 2 * DAY, own_scope, kinds=[DAILY]) == [(date(2026, 3, 5), Owing.DUE)]
    other = Scope(frozenset({cast.id_of("estates", OTHER)}))
    assert len(owed(session, AT + 2 * DAY, other, kinds=[DAILY])) == 2


def test_a_week_and_what_is_late_can_be_asked_for(session: Session, cast: Cast) -> None:
    own, monday = Scope(frozenset({cast.id_of("estates")})), datetime(2026, 3, 9, 4, tzinfo=AT.tzinfo)
    assert owed(session, monday, own, kinds=[WEEKLY]) == [(date(2026, 3, 2), Owing.DUE)]
    assert {owing for _, owing in owed(session, monday, own, owing=Owing.LATE)} == {Owing.LATE}
    assert owed(session, monday, NOTHING) == []


def test_an_estate_without_tickets_owes_nothing(session: Session, cast: Cast) -> None:
    session.execute(update(Ticket).values(estate_id=cast.id_of("estates")))
    assert owed(session, AT + 2 * DAY, Scope(frozenset({cast.id_of("estates", OTHER)}))) == []


def test_the_figures_are_those_of_the_period_and_of_now(session: Session, cast: Cast) -> None:
    equip(session, cast)
    minor: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
    moment = now()
    before = figures(session, cast.id_of("estates"), _today(moment), moment)
    first = report(session, cast, timedelta(0), **minor)
    report(session, cast, timedelta(0), assignee_id=cast.id_of("staff"))
    with writing(session):
        act(session, first, Action.NOTE, BY, list(Role), moment, note="业主称水管漏水")
    found = figures(session, cast.id_of("estates"), _today(moment), moment)
    assert _more(found, before) == {"taken_in": 2, "resolved": 0, "open_complaints": 1, "overdue": 0, "unassigned": 1}
    late = figures(session, cast.id_of("estates"), _today(moment), moment + timedelta(hours=2))
    assert late.overdue == before.overdue + 1  # on site within an hour


@pytest.mark.parametrize(("after", "number"), [(-timedelta(seconds=1), 0), (timedelta(), 1)])
def test_a_day_begins_at_the_midnight_of_the_estate(
    session: Session, cast: Cast, after: timedelta, number: int
) -> None:
    midnight = datetime(2026, 3, 10, tzinfo=SHANGHAI)
    where = Ticket.id == cast.id_of("tickets")
    session.execute(update(Ticket).where(where).values(opened_at=midnight + after, resolved_at=midnight + after))
    asked = period(DAILY, date(2026, 3, 10), SHANGHAI)
    assert asked is not None
    found = figures(session, cast.id_of("estates"), asked, AT)
    assert (found.taken_in, found.resolved) == (number, number)


def _today(moment: datetime) -> Any:
    return period(DAILY, moment.astimezone(SHANGHAI).date(), SHANGHAI)


def _more(found: Figures, before: Figures) -> dict[str, int]:
    names = Figures.__dataclass_fields__
    return {name: getattr(found, name) - getattr(before, name) for name in names}
