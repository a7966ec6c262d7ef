"""The demo company: the same for a day, plausible throughout, and never without something overdue."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from importers.demo import demo_accounts, load_demo
from importers.demo.files import lines
from importers.demo.lives import Life
from importers.demo.register import Block, Home, Site, load_register
from importers.demo.reports import DAYS
from importers.demo.story import story
from models.account import Account, Role
from models.base import Base
from models.callback import Callback, CallbackForm, CallbackOutcome
from models.complaint import ComplaintRecord, HandlingPlan, PlanState
from models.estate import Estate
from models.faults import Fault
from models.inspection import Finding, FindingState
from models.milestone import EarlyWarning, LadderStep, Milestone
from models.notification import Notification
from models.owner import Owner
from models.pause import IS_TO_ALLOW_SQL, Pause
from models.review import Review
from models.staff import Staff, StaffRole
from models.ticket import OPEN_STATES, Ticket, TicketKind, TicketState, Validity
from models.ticket_event import EventKind
from models.unit import Unit
from operations.write import Author, writing
from rules.clocks import Calendar
from rules.deadlines import Due, dues
from rules.facts import TicketClass, TicketFacts, rounds
from rules.ladder import Step, level_at, steps
from tests.infrastructure.standards import deadline_rules, level_rules

BY = Author(None, "demo")
CHIEFS = (Role.SUPERVISOR, Role.MANAGER)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LEAP_DAY = datetime(2028, 2, 29, 9, 30, tzinfo=SHANGHAI).astimezone(UTC)
MOMENTS = [
    pytest.param(LEAP_DAY, id="29 February"),
    pytest.param(datetime(2027, 1, 31, 16, 0, tzinfo=SHANGHAI).astimezone(UTC), id="month end"),
    pytest.param(datetime(2026, 11, 22, 0, 0, 3, tzinfo=SHANGHAI).astimezone(UTC), id="just after midnight"),
    pytest.param(datetime(2026, 12, 31, 23, 59, 58, tzinfo=SHANGHAI).astimezone(UTC), id="just before midnight"),
]


def _site(number: int) -> Site:
    """An estate of twelve flats, whose ids start at a thousand times its number."""
    first = number * 1000
    block = Block(first, "1", first + 1, first + 2)
    homes = [
        Home(first + floor, f"1-1-{floor}01", "1", floor, block, first + floor, f"E{number}-{floor}", None)
        for floor in range(1, 13)
    ]
    staff = {post: [first + 10 + index] for index, post in enumerate(StaffRole)}
    return Site(first, f"E{number}", SHANGHAI, 1, homes, staff)


SITES = [_site(number) for number in (1, 2, 3)]


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return story(SITES, _today(LEAP_DAY), LEAP_DAY, 1.0)


def _facts(life: Life) -> TicketFacts:
    """The ticket as the rules see it. What it was reclassified from is left out: it bears on none that is open."""
    values = life.values
    done: dict[EventKind, list[datetime]] = defaultdict(list)
    for happening in life.happenings:
        done[happening.kind].append(happening.at)
    ends = (values["state"], values["resolved_at"], values["closed_at"])
    turns = [(each.kind, each.at) for each in life.happenings]
    turning = {EventKind.RESOLVED, EventKind.CLOSED_UNRESOLVED, EventKind.REOPENED}
    told = [turn for turn in turns if turn[0] in turning]
    return TicketFacts(
        Calendar(SHANGHAI),
        values["state"],
        [TicketClass(values["opened_at"], values["kind"], values["category"], values["severity"])],
        rounds(values["opened_at"], told, *ends),
        done,
        values["validity"],
        values["appointment_at"],
        values["owner_deadline_at"],
        values["promised_reply_at"],
        values["is_harm_ongoing"],
    )


def _owed(life: Life) -> list[Due]:
    return [due for due in dues(_facts(life), deadline_rules()) if due.is_open and due.due_at is not None]


def _overdue_levels(lives: Iterable[Life], now: datetime) -> Counter[int]:
    """How many open tickets are past a milestone, by the level of the ladder they have reached."""
    open_lives = [life for life in lives if life.values["state"] in OPEN_STATES]
    late = [life for life in open_lives if any(due.due_at < now for due in _owed(life) if due.due_at)]
    return Counter(level_at(_steps(life), now) for life in late)


def _steps(life: Life) -> list[Step]:
    facts = _facts(life)
    return steps(facts, level_rules(), dues(facts, deadline_rules()))


def test_the_same_day_tells_the_same_story() -> None:
    now = LEAP_DAY
    assert story(SITES, _today(now), now, 0.1) == story(SITES, _today(now), now, 0.1)


def test_another_day_tells_another() -> None:
    later = LEAP_DAY + timedelta(days=1)
    first, second = (story(SITES, _today(now), now, 0.1) for now in (LEAP_DAY, later))
    assert [life.values for life in first] != [life.values for life in second]


@pytest.mark.parametrize("now", MOMENTS)
def test_something_is_overdue_at_each_level_in_each_estate(now: datetime) -> None:
    told = story(SITES, _today(now), now, 0.0)
    found = [_overdue_levels((life for life in told if life.report.site is site), now) for site in SITES]
    assert [set(levels) for levels in found] == [{0, 1, 2, 3}] * 3


@pytest.mark.parametrize("now", MOMENTS)
def test_something_is_due_today_and_not_overdue(now: datetime) -> None:
    owed = [due for life in story(SITES, _today(now), now, 0.0) for due in _owed(life)]
    assert [due for due in owed if due.due_at and due.due_at >= now and _today(due.due_at) == _today(now)]


@pytest.mark.parametrize("now", MOMENTS)
def test_some_tickets_are_new_and_some_are_waiting(now: datetime) -> None:
    states = Counter(life.values["state"] for life in story(SITES, _today(now), now, 0.0))
    assert states[TicketState.NEW] > 3
    assert states[TicketState.WAITING] > 3


def test_there_are_about_four_thousand_tickets_in_eighteen_months(lives: list[Life]) -> None:
    assert 3600 < len(lives) < 4400
    assert min(life.report.opened_at for life in lives) < LEAP_DAY - timedelta(days=DAYS - 7)


def test_nothing_lies_in_the_future(lives: list[Life]) -> None:
    assert max(happening.at for life in lives for happening in life.happenings) <= LEAP_DAY
    assert max(call.called_at for life in lives for call in life.calls) <= LEAP_DAY


def test_a_timeline_begins_with_the_opening_and_runs_forward(lives: list[Life]) -> None:
    assert {life.happenings[0].kind for life in lives} == {EventKind.OPENED}
    assert {life.happenings[0].at == life.values["opened_at"] for life in lives} == {True}
    assert all(first.at <= second.at for life in lives for first, second in pairwise(life.happenings))


def test_the_row_ends_as_the_timeline_does(lives: list[Life]) -> None:
    ends = {TicketState.RESOLVED: EventKind.RESOLVED, TicketState.CLOSED: EventKind.CLOSED}
    ended = [life for life in lives if life.values["state"] in ends]
    order = [("opened_at", "resolved_at"), ("resolved_at", "closed_at")]
    closed = [life.values for life in ended if life.values["closed_at"]]
    assert all(ends[life.values["state"]] in {each.kind for each in life.happenings} for life in ended)
    assert all(row[first] <= row[second] for row in closed for first, second in order)


def test_every_row_can_stand(lives: list[Life]) -> None:
    assert [life for life in lives if Ticket.faults(life.values)] == []


def test_some_end_in_other_ways_and_every_one_of_them_says_why(lives: list[Life]) -> None:
    reasons = defaultdict(list)
    for life in lives:
        reasons[life.values["state"]].append(life.values["close_reason"])
    assert len(reasons[TicketState.VOID]) > 10
    assert len(reasons[TicketState.CLOSED_UNRESOLVED]) > 10
    assert all(reasons[TicketState.VOID] + reasons[TicketState.CLOSED_UNRESOLVED])


def test_most_steps_are_in_time_and_some_are_late(lives: list[Life]) -> None:
    done = [due for life in lives for due in dues(_facts(life), deadline_rules()) if due.done_at and due.due_at]
    in_time = [due for due in done if due.done_at and due.due_at and due.done_at <= due.due_at]
    assert 0.90 < len(in_time) / len(done) < 0.99


def test_most_kinds_categories_and_channels_occur(lives: list[Life]) -> None:
    assert {life.values["kind"] for life in lives} == set(TicketKind)
    assert len({life.values["category"] for life in lives}) > 12
    assert len({life.values["channel"] for life in lives}) == 4


def test_callbacks_keep_the_quotas(lives: list[Life]) -> None:
    shares = {kind: _share_called(lives, kind) for kind in (TicketKind.COMPLAINT, TicketKind.REPAIR)}
    assert shares[TicketKind.COMPLAINT] > 0.95
    assert 0.10 < shares[TicketKind.REPAIR] < 0.20


def _share_called(lives: Sequence[Life], kind: TicketKind) -> float:
    """Of those of the kind that were resolved long enough ago."""
    past = LEAP_DAY - timedelta(days=10)
    done = [life for life in lives if life.values["kind"] is kind and _resolved_before(life, past)]
    return sum(bool(life.calls) for life in done) / len(done)


def _resolved_before(life: Life, moment: datetime) -> bool:
    return any(each.kind is EventKind.RESOLVED and each.at < moment for each in life.happenings)


def test_a_fifth_of_the_callbacks_are_home_visits(lives: list[Life]) -> None:
    forms = Counter(call.form for life in lives for call in life.calls)
    assert forms[CallbackForm.VISIT] / forms.total() > 0.2


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.code)
def test_satisfaction_is_plausible_and_rises(lives: list[Life], site: Site) -> None:
    half = LEAP_DAY - timedelta(days=DAYS / 2)
    here = [call for life in lives if life.report.site is site for call in life.calls]
    before, after = ([call for call in here if (call.called_at < half) is is_first] for is_first in (True, False))
    assert 0.80 < _satisfied(here) < 0.96
    assert _satisfied(before) < _satisfied(after)


def _satisfied(calls: Sequence[Any]) -> float:
    reached = [call for call in calls if call.outcome is CallbackOutcome.REACHED]
    return sum(not call.is_dissatisfied for call in reached) / len(reached)


def test_who_is_not_satisfied_has_the_ticket_reopened_at_once(lives: list[Life]) -> None:
    angry = {(id(life), call.called_at) for life in lives for call in life.calls if call.is_dissatisfied}
    reopened = {(id(life), each.at) for life in lives for each in life.happenings if each.call is not None}
    assert len(angry) > 50
    assert angry == reopened


def _count(session: Session, model: type[Base], *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_the_company_is_loaded_once_with_its_accounts(session: Session) -> None:
    load_register(session, BY, LEAP_DAY - timedelta(days=1))  # as after a load that was broken off
    with pytest.raises(Fault, match="E1"):
        _load_beside_a_stranger(session)
    report = load_demo(session, _today(LEAP_DAY), LEAP_DAY, BY, lambda password: password[::-1], scale=0.05)
    tickets = _count(session, Ticket)
    again = load_demo(session, _today(LEAP_DAY), LEAP_DAY, BY, lambda password: password[::-1], scale=0.05)
    assert report.is_new
    assert not again.is_new
    assert _count(session, Ticket) == tickets == report.counts["tickets"] > 200
    assert [_count(session, model) for model in (Estate, Unit, Owner, Staff)] == [3, 1200, 1100, 40]
    assert {sign_in.account.role for sign_in in report.sign_ins} == set(Role)
    assert _count(session, Account) == len(report.sign_ins)
    assert _stored_overdue_levels(session) == {0, 1, 2, 3}
    assert _count(session, LadderStep, LadderStep.due_at <= LEAP_DAY, LadderStep.recorded_at.is_(None)) == 0
    assert _count(session, Callback) > 10
    today = _today(LEAP_DAY)
    assert _count(session, Finding, Finding.state == FindingState.OPEN, Finding.due_on < today) > 0
    assert _count(session, Finding, Finding.state == FindingState.OPEN, Finding.due_on >= today) > 0
    assert _count(session, Finding, Finding.state == FindingState.VERIFIED) > 20
    _demand_something_of_everything(session)


def _demand_something_of_everything(session: Session) -> None:
    """What standards that run themselves have to show."""
    assert _count(session, Estate, Estate.service_hours_id.is_not(None)) == 1
    assert set(session.scalars(select(Pause.told_at.is_not(None)))) == {True, False}
    assert _count(session, Pause, text(IS_TO_ALLOW_SQL)) > 0
    assert {PlanState.APPROVED, PlanState.DRAFTED} <= set(session.scalars(select(HandlingPlan.state)))
    assert _count(session, ComplaintRecord, ComplaintRecord.owner_signed_name.is_not(None)) > 10
    assert set(session.scalars(select(Ticket.validity))) == {None, *Validity}
    assert _count(session, EarlyWarning, EarlyWarning.recorded_at.is_not(None)) > 0
    assert _count(session, Notification, Notification.acknowledged_at.is_not(None)) > 0
    assert _count(session, Notification, Notification.passed_up_at.is_not(None)) > 0
    assert _count(session, Notification, Notification.read_at.is_(None)) > 3
    assert _count(session, Review) > 60
    assert _count(session, Review, Review.is_late) == 3


def _load_beside_a_stranger(session: Session) -> None:
    estate_id, name = session.execute(select(Estate.id, Estate.name).where(Estate.code == "E1")).one()
    _rename(session, estate_id, "别处")
    try:
        load_demo(session, _today(LEAP_DAY), LEAP_DAY, BY)
    finally:
        _rename(session, estate_id, name)


def _rename(session: Session, estate_id: int, name: str) -> None:
    with writing(session):
        session.get_one(Estate, estate_id).name = name


def _stored_overdue_levels(session: Session) -> set[int]:
    """The levels of the open tickets past a milestone, as the database has them."""
    level = (
        select(func.coalesce(func.max(LadderStep.level), 0))
        .where(LadderStep.ticket_id == Ticket.id, LadderStep.due_at <= LEAP_DAY)
        .scalar_subquery()
    )
    late = select(Milestone.ticket_id).where(Milestone.is_open, Milestone.due_at < LEAP_DAY)
    return set(session.scalars(select(level).where(Ticket.state.in_(OPEN_STATES), Ticket.id.in_(late))))


def test_every_role_has_its_account_and_every_estate_its_chiefs() -> None:
    accounts = demo_accounts()
    chiefs = [(account.role, code) for account in accounts for code in account.estates if account.role in CHIEFS]
    assert [account.role for account in accounts][: len(Role)] == list(Role)
    assert sorted(chiefs) == sorted((role, line["小区编码"]) for role in CHIEFS for line in lines("estates.csv"))


def test_the_butler_serves_the_buildings_that_name_him() -> None:
    (butler,) = [account for account in demo_accounts() if account.role is Role.BUTLER]
    his = [line["楼栋"] for line in lines("buildings-E1.csv") if line["管家"] == butler.staff_number]
    assert list(butler.buildings) == his
