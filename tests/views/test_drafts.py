from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import now
from models.calendar import HolidayCalendar, ServiceHours, ServiceWindow, Weekday
from models.draft import DraftState, StandardDraft
from models.estate import Estate
from models.milestone import Milestone, MilestoneKind
from models.standard import LadderRule, StandardRule, StandardSet
from models.ticket import Severity, TicketKind
from operations.write import Insert, Update, write, writing
from tests.infrastructure.desk import report
from tests.infrastructure.people import BY, Cast, Person, add, address, sign_in

MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def officer(app: Flask, equipped: Cast, cast: Cast) -> Person:
    return sign_in(app, address(Role.QUALITY_OFFICER))


def rule(session: Session, code: str = "default/complaint-minor-resolution", model: Any = StandardRule) -> Any:
    session.rollback()
    return session.scalars(select(model).where(model.code == code)).one()


def latest(session: Session) -> StandardDraft:
    session.rollback()
    return session.scalars(select(StandardDraft).order_by(StandardDraft.id.desc()).limit(1)).one()


def begin(session: Session, person: Person) -> StandardDraft:
    set_id = session.scalars(select(StandardSet.id).where(StandardSet.code == "default")).one()
    answer = person.post("/drafts/new", {"standard_set_id": set_id, "name": "2026 修订"})
    assert answer.status_code == 302, answer.text
    return latest(session)


def typed(session: Session, draft: StandardDraft, **fields: str) -> dict[str, Any]:
    """The form of the rules as posted, with the minor complaint's resolution as said."""
    name = f"rules.{rule(session).id}"
    said = {f"{name}.value": "1", f"{name}.unit": "days", f"{name}.clock": "elapsed"}
    return {"version": draft.version, **said, **{key.replace("__", "."): text for key, text in fields.items()}}


def changed(session: Session, person: Person, **fields: str) -> StandardDraft:
    """A draft in which minor complaints are due within a day."""
    draft = begin(session, person)
    answer = person.post(f"/drafts/{draft.id}/rules", typed(session, draft, **fields))
    assert answer.status_code == 302, answer.text
    return latest(session)


def test_a_draft_begins_with_its_rules(session: Session, officer: Person) -> None:
    draft = begin(session, officer)
    page = officer.get(f"/drafts/{draft.id}/rules").text
    assert f'name="rules.{rule(session).id}.value" value="2"' in page
    assert draft.account_id is not None


def test_only_what_differs_is_kept(session: Session, officer: Person) -> None:
    row = rule(session)
    limit = {"value": 1, "unit": "days", "clock": "elapsed"}
    assert changed(session, officer).changes == {"rules": {str(row.id): {"version": row.version, "limit": limit}}}


def test_the_page_says_what_changes_beside_today(session: Session, officer: Person) -> None:
    page = officer.get(f"/drafts/{changed(session, officer).id}/", headers={"Accept-Language": "en"}).text
    assert "<del>2 days</del> → </span>" in page.replace("<ins>1 day</ins>", "</span>")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "0"}, "This limit unit needs a number from 1 to 9999"),
        ({"value": "x"}, "x is not a whole number"),
        ({"unit": "at_once"}, "This limit unit has no number: leave it empty"),
        ({"unit": "fortnights"}, "fortnights"),
    ],
)
def test_a_limit_that_cannot_stand_is_said_and_nothing_saved(
    session: Session, officer: Person, fields: dict[str, str], sentence: str
) -> None:
    draft = begin(session, officer)
    name = f"rules.{rule(session).id}"
    form = typed(session, draft) | {f"{name}.{key}": text for key, text in fields.items()}
    answer = officer.post(f"/drafts/{draft.id}/rules", form, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert latest(session).changes == {}


def test_rules_are_added_and_taken_out(session: Session, officer: Person) -> None:
    new = {"kind": "complaint", "severity": "minor", "milestone": "answer", "value": "12", "unit": "hours"}
    draft = changed(session, officer, **{f"new-rules__{key}": text for key, text in new.items()})
    assert [each["value"] for each in draft.changes["new-rules"]] == [12]
    officer.post(f"/drafts/{draft.id}/rules", typed(session, draft) | {"new-rules.0.drop": "yes"})
    assert "new-rules" not in latest(session).changes


def test_a_rule_to_add_needs_what_it_is_for(session: Session, officer: Person) -> None:
    draft = begin(session, officer)
    form = {"version": draft.version, "new-rules.kind": "complaint", "new-rules.value": "1", "new-rules.unit": "days"}
    answer = officer.post(f"/drafts/{draft.id}/rules", form, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "needs its kind, what it is for, and a limit" in answer.text


def test_a_step_of_the_ladder_changes(session: Session, officer: Person) -> None:
    step = rule(session, "default/minor-2", LadderRule)
    name = f"ladder-rules__{step.id}"
    fields = {f"{name}__value": "5", f"{name}__unit": "days", f"{name}__clock": "elapsed"}
    assert changed(session, officer, **fields).changes["ladder-rules"][str(step.id)]["limit"]["value"] == 5


def test_two_people_see_each_others_changes_before_they_overwrite(session: Session, officer: Person) -> None:
    draft = changed(session, officer)
    stale = typed(session, draft) | {"version": draft.version - 1}
    answer = officer.post(f"/drafts/{draft.id}/rules", stale, headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "Somebody else changed the draft meanwhile" in answer.text
    assert f'name="version" value="{draft.version}"' in answer.text


def test_what_it_would_do_is_seen_and_adopted(session: Session, cast: Cast, officer: Person) -> None:
    report(session, cast, timedelta(hours=30), **MINOR)
    draft = changed(session, officer)
    assert officer.post(f"/drafts/{draft.id}/run", {"version": draft.version}).status_code == 302
    assert officer.get(f"/drafts/{draft.id}/progress").get_json()["over"] is False
    assert officer.post(f"/drafts/{draft.id}/work").get_json()["over"] is True
    page = officer.get(f"/drafts/{draft.id}/", headers={"Accept-Language": "en"}).text
    assert "the dates of 1 open tickets would move" in page
    late = officer.get(f"/drafts/{draft.id}/tickets?effect=late").text
    assert "/tickets/" in late
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    adoption = {"version": latest(session).version, "valid_from": tomorrow, "moves_dates": "yes"}
    assert officer.post(f"/drafts/{draft.id}/adopt", adoption).status_code == 302
    assert latest(session).state is DraftState.ADOPTED
    assert officer.get(f"/drafts/{draft.id}/progress").get_json()["over"] is False
    assert officer.post(f"/drafts/{draft.id}/work").get_json()["over"] is True
    session.rollback()
    resolution = select(Milestone.started_at, Milestone.due_at).where(Milestone.kind == MilestoneKind.RESOLUTION)
    started_at, due_at = session.execute(resolution.order_by(Milestone.id.desc()).limit(1)).one()
    assert due_at is not None
    ticket_id = session.scalar(select(Milestone.ticket_id).order_by(Milestone.ticket_id.desc()).limit(1))
    told = officer.get(f"/tickets/{ticket_id}/").text
    zone = ZoneInfo("Asia/Shanghai")
    texts = [each.astimezone(zone).strftime("%Y-%m-%d %H:%M") for each in (due_at + timedelta(days=1), due_at)]
    assert " → ".join(texts) in told
    assert due_at - started_at == timedelta(days=1)


@pytest.mark.parametrize("day", ["", "2020-01-01", "tomorrow"])
def test_a_day_that_cannot_be_is_said_on_the_page(session: Session, officer: Person, day: str) -> None:
    draft = changed(session, officer)
    answer = officer.post(f"/drafts/{draft.id}/adopt", {"version": draft.version, "valid_from": day})
    assert answer.status_code == 422
    assert 'id="faults"' in answer.text
    assert latest(session).state is DraftState.DRAFT


def test_a_changed_base_is_named_and_taken_over(session: Session, officer: Person) -> None:
    draft, other = changed(session, officer), changed(session, officer)
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    officer.post(f"/drafts/{other.id}/adopt", {"version": other.version, "valid_from": tomorrow})
    page = officer.get(f"/drafts/{draft.id}/", headers={"Accept-Language": "en"}).text
    assert "<b>default/complaint-minor-resolution</b>" in page
    refused = officer.post(f"/drafts/{draft.id}/run", {"version": draft.version})
    assert refused.status_code == 422
    assert officer.post(f"/drafts/{draft.id}/base", {"version": draft.version}).status_code == 302
    session.rollback()
    assert session.get_one(StandardDraft, draft.id).changes == {}  # the other draft said the same


def test_a_draft_that_is_no_more_is_not_changed(session: Session, officer: Person) -> None:
    draft = changed(session, officer)
    officer.post(f"/drafts/{draft.id}/drop", {"version": draft.version})
    assert latest(session).state is DraftState.DROPPED
    assert officer.post(f"/drafts/{draft.id}/rules", typed(session, draft)).status_code == 302
    words = {"version": latest(session).version, "name": "anders"}
    assert officer.post(f"/drafts/{draft.id}/edit", words).status_code == 422
    assert latest(session).name == "2026 修订"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR, Role.BUTLER])
def test_who_only_sees_standards_may_read(app: Flask, session: Session, officer: Person, role: Role) -> None:
    draft = changed(session, officer)
    reader = sign_in(app, address(role))
    page = reader.get(f"/drafts/{draft.id}/")
    assert page.status_code == 200
    assert "/adopt" not in page.text
    assert reader.post(f"/drafts/{draft.id}/run", {"version": draft.version}).status_code == 403


def test_figures_are_not_told_to_who_sees_less_than_an_estate(
    app: Flask, session: Session, cast: Cast, officer: Person
) -> None:
    report(session, cast, timedelta(hours=30), **MINOR)
    draft = changed(session, officer)
    officer.post(f"/drafts/{draft.id}/run", {"version": draft.version})
    officer.post(f"/drafts/{draft.id}/work")
    butler = sign_in(app, address(Role.BUTLER))
    page = butler.get(f"/drafts/{draft.id}/", headers={"Accept-Language": "en"}).text
    assert "told to those who see whole estates" in page
    assert "<tbody>" not in butler.get(f"/drafts/{draft.id}/tickets?effect=late").text


def test_the_command_runs_a_draft_and_says_what_it_would_do(
    app: Flask, session: Session, cast: Cast, officer: Person
) -> None:
    report(session, cast, timedelta(hours=30), **MINOR)
    draft = changed(session, officer)
    done = app.test_cli_runner().invoke(args=["what-if", str(draft.id)])
    assert done.exit_code == 0
    assert "1 tickets, 1 open; the dates of 1 open ones would move" in done.output
    assert "on time, complaint, resolution: none today, 0.0% (0/1) by the draft" in done.output
    missing = app.test_cli_runner().invoke(args=["what-if", "9999"])
    assert (missing.exit_code, missing.output) == (2, "There is no draft 9999\n")


@pytest.fixture
def hours_id(session: Session, cast: Cast, officer: Person) -> int:
    """Service hours of the estate: on Mondays and Tuesdays from nine to noon."""
    hours_id = add(session, ServiceHours, code="h", name="白班")
    since = {"service_hours_id": hours_id, "valid_from": date(2020, 1, 1), "opens": "09:00", "closes": "12:00"}
    with writing(session):
        windows = [Insert(ServiceWindow, {**since, "weekday": day}) for day in (Weekday.MONDAY, Weekday.TUESDAY)]
        estate = Update(Estate, cast.id_of("estates"), {"service_hours_id": hours_id})
        write(session, [*windows, estate], by=BY, at=now())
    return hours_id


def test_service_hours_are_typed_by_weekday(session: Session, officer: Person, hours_id: int) -> None:
    draft = begin(session, officer)
    page = officer.get(f"/drafts/{draft.id}/rules").text
    assert f'name="windows.{hours_id}.mon" value="09:00-12:00"' in page
    typed = {f"windows.{hours_id}.mon": "9:00-12:00，14:00–18:00", f"windows.{hours_id}.sat": "22:00-02:00"}
    officer.post(f"/drafts/{draft.id}/rules", {"version": draft.version, **typed})
    assert latest(session).changes["windows"][str(hours_id)] == {
        "seen": [["mon", "09:00", "12:00"], ["tue", "09:00", "12:00"]],
        "windows": [["mon", "09:00", "12:00"], ["mon", "14:00", "18:00"], ["sat", "22:00", "02:00"]],
    }
    page = officer.get(f"/drafts/{draft.id}/", headers={"Accept-Language": "en"}).text
    assert "<del>09:00-12:00</del> → <ins>closed</ins>" in page


@pytest.mark.parametrize("text", ["9-12", "09:00", "09:00-09:00", "25:00-26:00", "24:00-02:00", "a-b"])
def test_hours_that_make_no_sense_are_said(session: Session, officer: Person, hours_id: int, text: str) -> None:
    draft = begin(session, officer)
    answer = officer.post(f"/drafts/{draft.id}/rules", {"version": draft.version, f"windows.{hours_id}.mon": text})
    assert answer.status_code == 422
    assert latest(session).changes == {}


def test_a_day_is_made_free_and_taken_out_again(session: Session, officer: Person) -> None:
    calendar_id = add(session, HolidayCalendar, code="cn", name="中国法定节假日")
    draft = begin(session, officer)
    name = f"days.{calendar_id}.new"
    day = {f"{name}.day": "2026-12-24", f"{name}.what": "off", f"{name}.name": "停电检修"}
    officer.post(f"/drafts/{draft.id}/rules", {"version": draft.version, **day})
    kept = {"seen": None, "day": {"is_working": False, "as_weekday": None, "name": "停电检修"}}
    assert latest(session).changes == {"days": {str(calendar_id): {"2026-12-24": kept}}}
    taken_out = {"version": latest(session).version, f"days.{calendar_id}.2026-12-24.drop": "yes"}
    officer.post(f"/drafts/{draft.id}/rules", taken_out)
    assert latest(session).changes == {}


def test_a_day_needs_a_name(session: Session, officer: Person) -> None:
    calendar_id = add(session, HolidayCalendar, code="cn", name="中国法定节假日")
    draft = begin(session, officer)
    day = {f"days.{calendar_id}.new.day": "2026-12-24", f"days.{calendar_id}.new.what": "mon"}
    answer = officer.post(f"/drafts/{draft.id}/rules", {"version": draft.version, **day})
    assert answer.status_code == 422
