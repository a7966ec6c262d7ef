from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calendar import CalendarDay, HolidayCalendar, ServiceHours, ServiceWindow, Weekday
from models.draft import DraftState, StandardDraft
from models.faults import Fault
from models.milestone import Milestone
from models.milestone import MilestoneKind as M
from models.standard import LadderRule, StandardRule
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations import adoption
from operations.draft_changes import windows_seen
from operations.drafts import create_draft, rule_rows, save_changes
from operations.write import Insert, Stale, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = OPENED + 10 * DAY
TODAY = NOW.date()  # 09:00 in the estate
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
RESOLUTION = "default/complaint-minor-resolution"
RESPONSE = "default/any-first-response"


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def rule(session: Session, code: str, model: Any = StandardRule) -> Any:
    return session.scalars(select(model).where(model.code == code)).one()


def limit(session: Session, code: str, value: int | None, unit: str = "days", model: Any = StandardRule) -> Any:
    row = rule(session, code, model)
    kept = None if value is None else {"value": value, "unit": unit, "clock": "elapsed"}
    return {str(row.id): {"version": row.version, "limit": kept}}


def draft_of(session: Session, changes: dict[str, Any], **words: Any) -> int:
    set_id = rule(session, RESOLUTION).standard_set_id
    with writing(session):
        draft_id = create_draft(session, {"standard_set_id": set_id, "name": "2026 修订", **words}, BY, NOW)
        save_changes(session, draft_id, 1, changes, BY, NOW)
    return draft_id


def adopt(session: Session, draft_id: int, day: date = TODAY + DAY, **others: Any) -> None:
    session.expire_all()
    version = session.get_one(StandardDraft, draft_id).version
    with writing(session):
        choice = {"moves_dates": False, "by": BY, "at": NOW, **others}
        adoption.adopt(session, draft_id, version, day, **choice)


def move(session: Session, draft_id: int) -> bool:
    return adoption.move_dates(session, draft_id, lambda: NOW)


def due(session: Session, ticket_id: int, kind: M = M.RESOLUTION) -> datetime | None:
    asked = select(Milestone.due_at).where(Milestone.ticket_id == ticket_id, Milestone.kind == kind)
    return session.scalars(asked).one()


def happen(session: Session, cast: Cast, ticket_id: int, kind: EventKind, at: datetime) -> None:
    values = {"ticket_id": ticket_id, "estate_id": cast.estate_id, "kind": kind, "at": at}
    with writing(session):
        write(session, [Insert(TicketEvent, values)], by=BY, at=at)


def moves(session: Session) -> list[tuple[int, Any]]:
    asked = select(TicketEvent.ticket_id, TicketEvent.data).where(TicketEvent.kind == EventKind.DATES_MOVED)
    return [(row.ticket_id, (row.data or {})["moved"]) for row in session.execute(asked.order_by(TicketEvent.id))]


def test_what_is_opened_from_that_day_on_is_promised_by_the_draft(session: Session, cast: Cast) -> None:
    before_id = report(session, cast, NOW, **MINOR)
    adopt(session, draft_of(session, {"rules": limit(session, RESOLUTION, 1)}))
    today_id = report(session, cast, NOW + HOUR, **MINOR)
    then = NOW + DAY
    then_id = report(session, cast, then, **MINOR)
    promised = [due(session, ticket_id) for ticket_id in (before_id, today_id, then_id)]
    assert promised == [NOW + 2 * DAY, NOW + HOUR + 2 * DAY, then + DAY]


def test_the_changed_rule_follows_the_old_one_as_our_own_reading(session: Session, cast: Cast) -> None:
    old_id = rule(session, RESOLUTION).id
    adopt(session, draft_of(session, {"rules": limit(session, RESOLUTION, 1)}, note="业主代表会议"))
    session.expire_all()
    old = session.get_one(StandardRule, old_id)
    new = rule(session, f"{RESOLUTION}#{TODAY + DAY:%Y%m%d}")
    assert (old.value, old.valid_to) == (2, TODAY + DAY)
    assert (new.value, new.valid_from, new.valid_to) == (1, TODAY + DAY, None)
    assert (new.source, new.text, new.is_ours) == (old.source, "业主代表会议", True)


def test_a_change_with_a_clause_of_its_own_stands_under_it(session: Session, cast: Cast) -> None:
    adopt(session, draft_of(session, {"rules": limit(session, RESOLUTION, 1)}, source="2026 复审 三"))
    new = rule(session, f"{RESOLUTION}#{TODAY + DAY:%Y%m%d}")
    assert (new.source, new.is_ours) == ("2026 复审 三", False)


def test_rules_end_and_are_added_from_that_day_on(session: Session, cast: Cast) -> None:
    added = {"kind": "complaint", "severity": "minor", "milestone": "answer", "value": 12, "unit": "hours"}
    ended = limit(session, RESOLUTION, None)
    adopt(session, draft_of(session, {"rules": ended, "new-rules": [{**added, "clock": "elapsed"}]}))
    then = NOW + 2 * DAY
    ticket_id = report(session, cast, then, **MINOR)
    kinds = session.scalars(select(Milestone.kind).where(Milestone.ticket_id == ticket_id)).all()
    assert M.RESOLUTION not in kinds
    assert due(session, ticket_id, M.ANSWER) == then + 12 * HOUR


def test_a_ladder_step_is_adopted(session: Session, cast: Cast) -> None:
    adopt(session, draft_of(session, {"ladder-rules": limit(session, "default/minor-2", 5, model=LadderRule)}))
    rows = rule_rows(session, LadderRule, rule(session, RESOLUTION).standard_set_id).values()
    assert [(row["value"], row["unit"].value) for row in rows if row["code"].startswith("default/minor-2")] == [
        (5, "days")
    ]


def test_service_windows_that_go_end_and_those_that_come_begin(session: Session, cast: Cast) -> None:
    with writing(session):
        (hours_id,) = write(session, [Insert(ServiceHours, {"code": "h", "name": "白班"})], by=BY, at=OPENED)
        window = {"service_hours_id": hours_id, "valid_from": OPENED.date(), "weekday": Weekday.MONDAY}
        morning = Insert(ServiceWindow, {**window, "opens": "09:00", "closes": "12:00"})
        evening = Insert(ServiceWindow, {**window, "opens": "14:00", "closes": "17:00"})
        write(session, [morning, evening], by=BY, at=OPENED)
    seen = windows_seen(session, hours_id)
    wanted = [["mon", "09:00", "12:00"], ["mon", "14:00", "18:00"]]
    adopt(session, draft_of(session, {"windows": {str(hours_id): {"seen": seen, "windows": wanted}}}))
    rows = session.execute(select(ServiceWindow.closes, ServiceWindow.valid_from, ServiceWindow.valid_to))
    day = TODAY + DAY
    assert sorted(rows, key=str) == [
        ("12:00", OPENED.date(), None),
        ("17:00", OPENED.date(), day),
        ("18:00", day, None),
    ]


def test_a_day_may_be_changed_again_before_it_holds(session: Session, cast: Cast) -> None:
    with writing(session):
        (calendar_id,) = write(session, [Insert(HolidayCalendar, {"code": "cn", "name": "中国"})], by=BY, at=OPENED)
    off = {"is_working": False, "as_weekday": None, "name": "停电"}
    other, key = {**off, "name": "检修"}, {"seen": None, "day": off}
    adopt(session, draft_of(session, {"days": {str(calendar_id): {"2026-04-01": key}}}))
    adopt(session, draft_of(session, {"days": {str(calendar_id): {"2026-04-01": {"seen": off, "day": other}}}}))
    days = session.execute(select(CalendarDay.name, CalendarDay.valid_from, CalendarDay.valid_to)).all()
    assert days == [("检修", TODAY + DAY, None)]


@pytest.mark.parametrize("day", [TODAY, TODAY - DAY, date(2200, 1, 1)])
def test_a_day_that_is_no_later_one_is_refused(session: Session, cast: Cast, day: date) -> None:
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    with pytest.raises(Fault, match=f"from {TODAY + DAY} at the earliest"):
        adopt(session, draft_id, day)
    session.expire_all()
    assert session.get_one(StandardDraft, draft_id).state is DraftState.DRAFT


def test_tomorrow_is_that_of_the_estate(session: Session, cast: Cast) -> None:
    set_id = rule(session, RESOLUTION).standard_set_id
    late_evening = datetime.fromisoformat("2026-03-14T23:30:00+08:00")
    assert adoption.first_day(session, set_id, late_evening) == date(2026, 3, 15)
    assert adoption.first_day(session, set_id, late_evening + HOUR) == date(2026, 3, 16)


def test_an_empty_draft_is_not_adopted(session: Session, cast: Cast) -> None:
    with pytest.raises(Fault, match="changes nothing yet"):
        adopt(session, draft_of(session, {}))


def test_a_draft_whose_base_changed_is_not_adopted(session: Session, cast: Cast) -> None:
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_of(session, {"rules": limit(session, RESOLUTION, 3)}))
    with pytest.raises(Fault, match=f"since the draft was made: {RESOLUTION}"):
        adopt(session, draft_id)


def test_a_draft_is_adopted_once(session: Session, cast: Cast) -> None:
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id)
    with pytest.raises(Fault, match="start another one"):
        adopt(session, draft_id)


def test_a_draft_that_somebody_changed_meanwhile_is_not_adopted(session: Session, cast: Cast) -> None:
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    with pytest.raises(Stale), writing(session):
        adoption.adopt(session, draft_id, 1, TODAY + DAY, moves_dates=False, by=BY, at=NOW)


def test_what_was_promised_stays_unless_chosen_otherwise(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, NOW - HOUR, **MINOR)
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id)
    assert (adoption.moving(session), move(session, draft_id)) == ([], True)
    assert (due(session, ticket_id), moves(session)) == (NOW - HOUR + 2 * DAY, [])


def test_each_date_that_moves_is_an_event(session: Session, cast: Cast) -> None:
    opened = NOW - HOUR
    ticket_id = report(session, cast, opened, **MINOR)
    report(session, cast, opened)  # of which no date moves
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id, moves_dates=True)
    assert adoption.moving(session) == [draft_id]
    assert move(session, draft_id)
    moved = {
        "milestone": "resolution",
        "level": None,
        "from": (opened + 2 * DAY).isoformat(),
        "to": (opened + DAY).isoformat(),
        "rule": rule(session, f"{RESOLUTION}#{TODAY + DAY:%Y%m%d}").id,
    }
    assert moves(session) == [(ticket_id, [moved])]
    assert (due(session, ticket_id), adoption.moving(session)) == (opened + DAY, [])


def test_a_moved_date_stays_moved_whatever_happens_next(session: Session, cast: Cast) -> None:
    opened = NOW - HOUR
    ticket_id = report(session, cast, opened, **MINOR)
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id, moves_dates=True)
    move(session, draft_id)
    happen(session, cast, ticket_id, EventKind.REPLIED, NOW + HOUR)
    with writing(session):
        write(session, [Update(Ticket, ticket_id, {"is_harm_ongoing": True})], by=BY, at=NOW)
    assert due(session, ticket_id) == opened + DAY


def test_what_was_done_before_stays_as_it_was_promised(session: Session, cast: Cast) -> None:
    opened = NOW - 3 * HOUR
    ticket_id = report(session, cast, opened)
    happen(session, cast, ticket_id, EventKind.RESPONDED, opened + 2 * HOUR)
    stricter = {**limit(session, RESPONSE, 1, "hours"), **limit(session, "default/any-progress-reply", 2, "hours")}
    draft_id = draft_of(session, {"rules": stricter})
    adopt(session, draft_id, moves_dates=True)
    move(session, draft_id)
    assert due(session, ticket_id, M.PROGRESS_REPLY) == opened + 2 * HOUR
    assert due(session, ticket_id, M.FIRST_RESPONSE) == opened + 4 * HOUR


def test_dates_moved_twice_are_kept_each_in_its_time(session: Session, cast: Cast) -> None:
    opened = NOW - 3 * HOUR
    ticket_id = report(session, cast, opened)
    happen(session, cast, ticket_id, EventKind.RESPONDED, opened + 2 * HOUR)
    first = draft_of(session, {"rules": limit(session, "default/any-progress-reply", 2, "hours")})
    adopt(session, first, moves_dates=True)
    move(session, first)
    code = f"default/any-progress-reply#{TODAY + DAY:%Y%m%d}"
    stricter = {**limit(session, code, 3, "hours"), **limit(session, RESPONSE, 1, "hours")}
    second = draft_of(session, {"rules": stricter})
    adopt(session, second, TODAY + 2 * DAY, moves_dates=True)
    move(session, second)
    assert due(session, ticket_id, M.PROGRESS_REPLY) == opened + 3 * HOUR
    assert due(session, ticket_id, M.FIRST_RESPONSE) == opened + 4 * HOUR
    assert [moved[0]["to"] for _, moved in moves(session)] == [
        (opened + 2 * HOUR).isoformat(),
        (opened + 3 * HOUR).isoformat(),
    ]


def test_an_ended_ticket_is_not_moved(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, NOW - HOUR, **MINOR)
    with writing(session):
        resolved = {"state": TicketState.RESOLVED, "resolved_at": NOW}
        write(session, [Update(Ticket, ticket_id, resolved)], by=BY, at=NOW)
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id, moves_dates=True)
    move(session, draft_id)
    assert (due(session, ticket_id), moves(session)) == (NOW - HOUR + 2 * DAY, [])


def test_moving_goes_on_where_it_was_left(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption, "MOVED_AT_ONCE", 2)
    ids = [report(session, cast, NOW - HOUR, **MINOR) for _ in range(3)]
    draft_id = draft_of(session, {"rules": limit(session, RESOLUTION, 1)})
    adopt(session, draft_id, moves_dates=True)
    assert not adoption.move_dates(session, draft_id, lambda: NOW, until=NOW)
    assert [ticket_id for ticket_id, _ in moves(session)] == ids[:2]
    assert move(session, draft_id)
    assert [ticket_id for ticket_id, _ in moves(session)] == ids
