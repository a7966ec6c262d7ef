from contextlib import nullcontext
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Row
from models.calendar import ServiceHours, ServiceWindow, Weekday
from models.estate import Estate
from models.milestone import LadderStep, LimitUnit, Milestone, MilestoneKind
from models.standard import LadderRule, RuleKind, StandardRule, StandardSet
from models.ticket import Ticket
from operations import promises
from operations.write import Delete, Insert, InTheWay, Refused, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report

DAY = date(2026, 3, 4)  # on which the report comes in, in the estate
NEXT = timedelta(days=1)


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    report(session, standing)
    return standing


def used(session: Session, model: Any) -> int:
    """A rule by which the ticket has a date."""
    table = {StandardRule: Milestone, LadderRule: LadderStep}[model].__table__
    return int(session.scalars(select(table.c.rule_id).order_by(table.c.id).limit(1)).one())


def change(session: Session, model: type[Row], row_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(model, row_id, values)], by=BY, at=OPENED)


@pytest.mark.parametrize(
    "values",
    [
        {"kind": RuleKind.REPAIR},
        {"value": 77},
        {"value": None, "unit": LimitUnit.AT_ONCE},
        {"valid_from": date(2020, 5, 5)},
    ],
    ids=str,
)
@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_a_rule_by_which_tickets_were_promised_is_not_rewritten(
    session: Session, cast: Cast, model: type[Row], values: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="end it with 'valid to' and add a new one") as refused:
        change(session, model, used(session, model), **values)
    assert set(refused.value.faults) == set(values)


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_such_a_rule_ends_after_the_last_ticket_only(session: Session, cast: Cast, model: type[Row]) -> None:
    rule_id = used(session, model)
    with pytest.raises(Refused, match="A ticket of 2026-03-04 was promised by this rule"):
        change(session, model, rule_id, valid_to=DAY)
    change(session, model, rule_id, valid_to=DAY + NEXT)
    assert session.get_one(model, rule_id).valid_to == DAY + NEXT  # type: ignore[attr-defined]  # both rules have it


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_the_words_of_such_a_rule_may_change(session: Session, cast: Cast, model: type[Row]) -> None:
    rule_id = used(session, model)
    change(session, model, rule_id, text="改正的条文", source="S3 第6篇", is_ours=True)
    assert session.get_one(model, rule_id).version == 2


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_a_rule_of_a_set_in_use_stays_even_if_it_decided_nothing_so_far(
    session: Session, cast: Cast, model: type[Row]
) -> None:
    of_complaints = select(model.id).where(model.kind == RuleKind.COMPLAINT).order_by(model.id)  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="add a new one"):
        change(session, model, session.scalars(of_complaints).first(), kind=RuleKind.HELP)  # type: ignore[arg-type]


def of_other_set(session: Session, model: Any) -> int:
    in_set = select(model.id).join(StandardSet).where(StandardSet.code == "strict").order_by(model.id)
    return int(session.scalars(in_set).first())  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
def test_a_rule_of_a_set_that_nothing_was_opened_under_may_change(
    session: Session, cast: Cast, model: type[Row]
) -> None:
    rule_id = of_other_set(session, model)
    change(session, model, rule_id, value=77, valid_from=date(2019, 1, 1))
    with writing(session):
        write(session, [Delete(model, rule_id)], by=BY, at=OPENED)
    assert session.get(model, rule_id) is None


NEW = {"kind": RuleKind.HELP, "value": 1, "unit": LimitUnit.HOURS, "source": "自定", "code": "new"}
FIGURES: dict[Any, dict[str, Any]] = {
    StandardRule: {"milestone": MilestoneKind.FIRST_RESPONSE},
    LadderRule: {"level": 1},
}


def add(session: Session, model: type[Row], **values: Any) -> None:
    set_id = session.scalars(select(StandardSet.id).where(StandardSet.code == "default")).one()
    with writing(session):
        row = {**NEW, **FIGURES[model], "standard_set_id": set_id, **values}
        write(session, [Insert(model, row)], by=BY, at=OPENED)


@pytest.mark.parametrize("model", [StandardRule, LadderRule])
@pytest.mark.parametrize(
    ("valid_from", "valid_to", "stands"),
    [
        (DAY, None, False),
        (date(2020, 1, 1), DAY + NEXT, False),
        (DAY + NEXT, None, True),
        (date(2020, 1, 1), DAY, True),
    ],
)
def test_a_new_rule_holds_on_no_day_on_which_tickets_were_opened_without_it(
    session: Session, cast: Cast, model: type[Row], valid_from: date, valid_to: date | None, stands: bool
) -> None:
    expected = nullcontext() if stands else pytest.raises(Refused, match="Tickets of 2026-03-04 were opened already")
    with expected:
        add(session, model, valid_from=valid_from, valid_to=valid_to)


def test_a_rule_that_had_ended_is_not_taken_up_again_for_days_with_tickets(session: Session, cast: Cast) -> None:
    add(session, StandardRule, valid_from=date(2020, 1, 1), valid_to=DAY)
    rule_id = session.scalars(select(StandardRule.id).where(StandardRule.code == "new")).one()
    with pytest.raises(Refused, match="Tickets of 2026-03-04 were opened already"):
        change(session, StandardRule, rule_id, valid_to=None)


def test_who_changes_the_past_on_purpose_says_so(session: Session, cast: Cast) -> None:
    with promises.adopting(session):
        add(session, StandardRule, valid_from=DAY)
        change(session, StandardRule, used(session, StandardRule), value=77)
    with pytest.raises(Refused):
        change(session, StandardRule, used(session, StandardRule), value=78)


def test_a_ticket_that_went_over_to_newer_standards_is_bound_by_those(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast)
    week = timedelta(days=7)
    change(session, Ticket, ticket_id, standards_on=DAY + week)
    with pytest.raises(Refused, match="Tickets of 2026-03-11 were opened already"):
        add(session, StandardRule, valid_from=DAY + week)
    add(session, StandardRule, valid_from=DAY + week + NEXT)


def hours(session: Session, cast: Cast) -> int:
    with writing(session):
        (hours_id,) = write(session, [Insert(ServiceHours, {"code": "day", "name": "白天"})], by=BY, at=OPENED)
        window = {"service_hours_id": hours_id, "weekday": Weekday.MONDAY, "opens": "09:00", "closes": "17:30"}
        write(session, [Insert(ServiceWindow, {**window, "valid_from": date(2020, 1, 1)})], by=BY, at=OPENED)
        write(session, [Update(Estate, cast.estate_id, {"service_hours_id": hours_id})], by=BY, at=OPENED)
    report(session, cast)
    return session.scalars(select(ServiceWindow.id)).one()


def test_the_windows_by_which_tickets_are_reckoned_stay(session: Session, cast: Cast) -> None:
    window_id = hours(session, cast)
    with pytest.raises(Refused, match="add a new one"):
        change(session, ServiceWindow, window_id, closes="18:00")
    with pytest.raises(InTheWay) as found, writing(session):
        write(session, [Delete(ServiceWindow, window_id)], by=BY, at=OPENED)
    assert found.value.blockers == {Ticket: 1}
    change(session, ServiceWindow, window_id, valid_to=DAY + NEXT)


def test_the_time_zone_of_an_estate_with_tickets_stays(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="its time zone stays") as refused:
        change(session, Estate, cast.estate_id, time_zone="Europe/Berlin")
    assert set(refused.value.faults) == {"time_zone"}
    change(session, Estate, cast.estate_id, name="翠湖二期")


def test_the_time_zone_of_an_estate_without_tickets_may_change(session: Session, cast: Cast) -> None:
    empty_id = session.scalars(select(Estate.id).where(Estate.code == "E1X")).one()
    change(session, Estate, empty_id, time_zone="Europe/Berlin")
    assert session.get_one(Estate, empty_id).time_zone == "Europe/Berlin"
