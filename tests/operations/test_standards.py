from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.milestone import EarlyWarning, LimitUnit
from models.standard import LadderRule, StandardRule, StandardSet
from models.ticket import Severity
from operations.due_times import recompute
from operations.standards import load_standards, succeed
from operations.write import Refused, writing
from tests.infrastructure.cast import BY, OPENED, report, settle, ticket

SETS = ("default", "managed-service", "butler-estate", "strict")
RULE = "default/any-first-response"
TOMORROW = OPENED.date() + timedelta(days=1)


def load(session: Session) -> int:
    with writing(session):
        return load_standards(session, BY, OPENED)


def codes(session: Session, set_code: str) -> set[str]:
    statement = select(StandardRule.code).join(StandardSet).where(StandardSet.code == set_code)
    return {code.removeprefix(f"{set_code}/") for code in session.scalars(statement)}


def test_every_shipped_set_is_loaded(session: Session) -> None:
    load(session)
    assert set(session.scalars(select(StandardSet.code))) == set(SETS)


def test_loading_twice_adds_nothing(session: Session) -> None:
    assert load(session) > 0
    assert load(session) == 0


def test_a_set_takes_over_what_it_does_not_replace(session: Session) -> None:
    load(session)
    assert codes(session, "strict") == codes(session, "default")
    assert codes(session, "butler-estate") == codes(session, "default") | {"complaint-first-response"}


def test_a_set_replaces_the_rows_that_speak_of_the_same(session: Session) -> None:
    load(session)
    rule = session.scalars(select(StandardRule).where(StandardRule.code == "butler-estate/any-first-response")).one()
    assert (rule.value, rule.unit.value, rule.source) == (15, "minutes", "S2 小区管家式物业管理制度 四.1")


def test_every_set_has_the_whole_ladder(session: Session) -> None:
    load(session)
    statement = select(StandardSet.code, func.count()).join(LadderRule).group_by(StandardSet.code)
    of_steps, of_warnings = (statement.where(LadderRule.is_warning.is_(warns)) for warns in (False, True))
    assert dict(session.execute(of_steps).all()) == dict.fromkeys(SETS, 11)
    assert dict(session.execute(of_warnings).all()) == dict.fromkeys(SETS, 6)


def test_managed_service_has_limits_of_its_own_and_the_rest_as_the_default(session: Session) -> None:
    load(session)
    assert codes(session, "managed-service") == codes(session, "default")
    of_set = select(StandardRule).where(StandardRule.code.like("managed-service/complaint-%-resolution"))
    found = {rule.severity: (rule.value, rule.unit) for rule in session.scalars(of_set)}
    assert found == {
        Severity.MINOR: (8, LimitUnit.HOURS),
        Severity.IMPORTANT: (5, LimitUnit.WORKING_DAYS),
        Severity.MAJOR: (5, LimitUnit.WORKING_DAYS),
    }


def test_every_row_names_its_clause_and_its_words(session: Session) -> None:
    load(session)
    sources = [*session.scalars(select(StandardRule.source)), *session.scalars(select(LadderRule.source))]
    texts = [*session.scalars(select(StandardRule.text)), *session.scalars(select(LadderRule.text))]
    assert all(sources)
    assert all(texts)


def test_what_is_ours_stands_under_no_clause(session: Session) -> None:
    load(session)
    ours = session.execute(select(LadderRule.code, LadderRule.source).where(LadderRule.is_ours)).all()
    assert {source for _, source in ours} == {"自定"}
    assert ("default/minor-2", "自定") in ours


def test_what_is_added_to_a_set_in_use_holds_only_for_tickets_to_come(session: Session) -> None:
    ticket_id = report(session, settle(session))
    gone = select(LadderRule.id).where(LadderRule.is_warning)
    session.execute(delete(EarlyWarning))
    session.execute(delete(LadderRule).where(LadderRule.id.in_(gone)))
    session.commit()
    assert load(session) == 6 * len(SETS)
    starts = select(StandardSet.code, LadderRule.valid_from).join(LadderRule).where(LadderRule.is_warning).distinct()
    past = date(2020, 1, 1)
    assert dict(session.execute(starts).all()) == {**dict.fromkeys(SETS, past), "default": TOMORROW}
    with writing(session):
        recompute(session, [ticket_id])
    assert session.scalars(select(EarlyWarning)).all() == []


def rule(session: Session, code: str = RULE) -> StandardRule:
    return session.scalars(select(StandardRule).where(StandardRule.code == code)).one()


def change(session: Session, valid_from: date, code: str = RULE, **values: Any) -> int:
    row_id = rule(session, code).id
    with writing(session):
        return succeed(session, StandardRule, row_id, values, valid_from, by=BY, at=OPENED)


def test_a_change_makes_a_new_version_from_a_day_on(session: Session) -> None:
    load(session)
    new_id = change(session, TOMORROW, value=2, text="改为2小时")
    old, new = rule(session), session.get_one(StandardRule, new_id)
    assert (old.value, old.valid_to) == (4, TOMORROW)
    assert (new.value, new.valid_from, new.valid_to, new.text) == (2, TOMORROW, None, "改为2小时")
    assert (new.code, new.source, new.milestone) == (f"{RULE}#20260305", old.source, old.milestone)


@pytest.mark.parametrize(
    ("values", "is_ours"),
    [({"value": 2}, True), ({"value": 2, "source": "S5 一.1"}, False), ({"text": "改正的条文"}, False)],
)
def test_another_figure_under_the_same_clause_is_our_own(
    session: Session, values: dict[str, Any], is_ours: bool
) -> None:
    load(session)
    assert session.get_one(StandardRule, change(session, TOMORROW, **values)).is_ours is is_ours


def test_tickets_keep_the_version_they_were_opened_under(session: Session) -> None:
    cast = settle(session)
    before = report(session, cast)
    change(session, TOMORROW, value=2)
    after = report(session, cast, OPENED + timedelta(days=1))
    with writing(session):
        recompute(session, [before, after])
    found = [ticket(session, each).next_due_at for each in (before, after)]
    assert found == [OPENED + timedelta(hours=4), OPENED + timedelta(days=1, hours=2)]


def test_a_change_from_a_day_on_which_tickets_were_opened_is_refused(session: Session) -> None:
    report(session, settle(session))
    with pytest.raises(Refused, match="Tickets of 2026-03-04 were opened already"):
        change(session, OPENED.date(), value=2)
    assert rule(session).valid_to is None


def test_a_version_that_has_not_begun_is_changed_itself(session: Session) -> None:
    report(session, settle(session))
    change(session, TOMORROW, value=2)
    new_id = change(session, TOMORROW, code=f"{RULE}#20260305", value=3)
    assert session.get_one(StandardRule, new_id).value == 3
    assert session.scalar(select(func.count()).where(StandardRule.code.startswith(f"{RULE}#"))) == 1


def test_a_rule_that_ends_before_has_no_version_after(session: Session) -> None:
    load(session)
    change(session, TOMORROW, value=2)
    with pytest.raises(Refused, match="It ends on 2026-03-05"):
        change(session, TOMORROW + timedelta(days=1), value=3)


def test_a_version_in_between_ends_where_the_next_begins(session: Session) -> None:
    load(session)
    change(session, TOMORROW + timedelta(days=7), value=2)
    new_id = change(session, TOMORROW, value=3)
    assert session.get_one(StandardRule, new_id).valid_to == TOMORROW + timedelta(days=7)
