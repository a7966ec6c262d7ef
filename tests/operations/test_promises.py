from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Row
from models.estate import Estate
from models.milestone import LadderStep, LimitUnit, Milestone
from models.standard import LadderRule, RuleKind, StandardRule
from operations.write import Refused, Update, write, writing
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle

DAY = date(2026, 3, 4)  # on which the report comes in, in the estate
NEXT = timedelta(days=1)


@pytest.fixture
def cast(session: Session) -> Cast:
    cast = settle(session)
    report(session, cast)
    return cast


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


def test_a_rule_that_nothing_was_promised_by_may_change(session: Session, cast: Cast) -> None:
    of_repairs = select(StandardRule.id).where(StandardRule.kind == RuleKind.REPAIR).limit(1)
    rule_id = session.scalars(of_repairs).one()
    change(session, StandardRule, rule_id, only_if_harm=True)
    assert session.get_one(StandardRule, rule_id).only_if_harm


def test_the_time_zone_of_an_estate_with_tickets_stays(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="its time zone stays") as refused:
        change(session, Estate, cast.estate_id, time_zone="Europe/Berlin")
    assert set(refused.value.faults) == {"time_zone"}
    change(session, Estate, cast.estate_id, name="翠湖二期")


def test_the_time_zone_of_an_estate_without_tickets_may_change(session: Session, cast: Cast) -> None:
    empty_id = session.scalars(select(Estate.id).where(Estate.code == "E1X")).one()
    change(session, Estate, empty_id, time_zone="Europe/Berlin")
    assert session.get_one(Estate, empty_id).time_zone == "Europe/Berlin"
