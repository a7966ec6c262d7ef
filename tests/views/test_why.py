"""Why a date is what it is, in words: on the page of a ticket and by the command."""

from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.milestone import Clock, LimitUnit, MilestoneKind
from models.pause import PauseReason, TellingChannel
from models.standard import StandardRule, StandardSet
from models.ticket import Severity, Ticket, TicketKind
from operations.accounts import create_account
from operations.acknowledging import acknowledge
from operations.adoption import adopt, move_dates
from operations.drafts import create_draft, save_changes
from operations.sweep import sweep
from operations.tickets import act, edit_ticket, open_ticket
from operations.write import Author, Update, write, writing
from reports.explanation import Explanation, explain
from rules.transitions import Action
from tests.infrastructure.cast import BY, OPENED, Cast, report, ticket
from tests.infrastructure.hours import keep_hours, set_rule
from tests.infrastructure.people import PASSWORD, sign_in
from views.explain_command import explained
from views.why import Teller, Why

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
RESOLUTION = "default/complaint-minor-resolution"
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}
CLAUSE = ["By “默认标准”, the row in force from 2020-01-01: S3 第5篇 5.2.3", "“2天内或在住户要求的期限内处理完毕”"]
STARTED = "The clock started when the report came, 2026-03-04 Wed 09:00."


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    keep_hours(session, standing.estate_id)
    return standing


@pytest.fixture
def by(session: Session, cast: Cast) -> Author:
    """A manager of the estate."""
    values = {"email": "manager@example.test", "name": "周经理"}
    with writing(session):
        account_id = create_account(
            session,
            values,
            "no password",  # to hash one takes time that only one test needs
            roles={Role.MANAGER},
            estates={cast.estate_id},
            by=BY,
            at=OPENED,
        )
    return Author(account_id)


def found(session: Session, ticket_id: int, moment: datetime = OPENED + HOUR) -> Explanation:
    return explain(session, ticket(session, ticket_id), moment)


def told(explanation: Explanation, kind: MilestoneKind = MilestoneKind.RESOLUTION, language: str = "en") -> list[str]:
    with force_locale(language):
        return list(_why(explanation, kind).lines())


def _why(explanation: Explanation, kind: MilestoneKind) -> Why:
    reason = next(each for each in explanation.milestones if each.kind is kind)
    return Teller(explanation, SHANGHAI).milestone(reason)


def do(session: Session, ticket_id: int, action: Action, by: Author, after: timedelta, **others: Any) -> None:
    with writing(session):
        act(session, ticket_id, action, by, [Role.MANAGER], OPENED + after, **others)


def wait(session: Session, ticket_id: int, by: Author, after: timedelta, told: bool = True, length: int = 4) -> None:
    moment = OPENED + after
    proof = {"told_at": moment, "told_channel": TellingChannel.PHONE, "expected_until": moment + length * HOUR}
    said = {"pause_reason": PauseReason.PARTS, **(proof if told else {})}
    do(session, ticket_id, Action.WAIT, by, after, said=said)


def test_a_limit_in_days(session: Session, cast: Cast) -> None:
    assert told(found(session, report(session, cast, **MINOR))) == [
        *CLAUSE,
        STARTED,
        "The limit is 2 days: it ends at the same time of day.",
        "  2026-03-04 Wed 09:00 – 2026-03-06 Fri 09:00  days 1 to 2 of 2",
        "Due: 2026-03-06 Fri 09:00.",
    ]


def test_a_limit_in_service_hours_with_a_pause(session: Session, cast: Cast, by: Author) -> None:
    set_rule(session, RESOLUTION, value=8, unit=LimitUnit.HOURS, clock=Clock.SERVICE)
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, by, HOUR)
    do(session, ticket_id, Action.RESUME, by, 2 * HOUR)
    assert told(found(session, ticket_id, OPENED + 3 * HOUR))[2:] == [
        STARTED,
        "The limit is 8 hours. Only service hours count.",
        "  2026-03-04 Wed 09:00 – 10:00  1 h counted",
        "  2026-03-04 Wed 10:00 – 11:00  not counted: waiting (Parts to be bought)",
        "  2026-03-04 Wed 11:00 – 12:00  1 h counted",
        "  2026-03-04 Wed 12:00 – 14:30  not counted: closed for a break",
        "  2026-03-04 Wed 14:30 – 17:30  3 h counted",
        "  2026-03-04 Wed 17:30 – 2026-03-05 Thu 09:00  not counted: closed at night",
        "  2026-03-05 Thu 09:00 – 12:00  3 h counted",
        "Waited (Parts to be bought) from 2026-03-04 Wed 10:00 to 2026-03-04 Wed 11:00;"
        " 周经理 told the owner on 2026-03-04 Wed 10:00, By phone.",
        "Waiting adds 1 h.",
        "Due: 2026-03-05 Thu 12:00.",
    ]


def test_a_holiday_is_named(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=1, unit=LimitUnit.WORKING_DAYS)
    ticket_id = report(session, cast, datetime(2026, 4, 3, 10, tzinfo=SHANGHAI), **MINOR)
    assert told(found(session, ticket_id))[3:6] == [
        "The limit is 1 working day: it ends at the same time of day on the last of them.",
        "  2026-04-03 Fri 10:00 – 2026-04-06 Mon 10:00  not counted: 清明",
        "  2026-04-06 Mon 10:00 – 2026-04-07 Tue 10:00  working day 1 of 1",
    ]


def test_waits_that_do_not_count_say_why(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, by, HOUR, told=False)
    do(session, ticket_id, Action.RESUME, by, 2 * HOUR)
    wait(session, ticket_id, by, 3 * HOUR, length=90)
    lines = told(found(session, ticket_id, OPENED + 4 * HOUR))
    assert lines[-3].endswith("(Parts to be bought), but the owner was not told: the clock ran on.")
    assert lines[-2].endswith("The pause needs an approval and has none yet: the clock runs on.")


def test_a_wait_that_goes_on_says_that_the_date_is_the_latest(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, by, HOUR)
    lines = told(found(session, ticket_id, OPENED + 2 * HOUR))
    assert lines[-1] == "The ticket still waits: this is the latest date. It comes nearer when work goes on earlier."


def test_a_capped_pause_says_from_when_the_clock_ran_again(session: Session, cast: Cast, by: Author) -> None:
    session.execute(update(StandardSet).values(pause_cap_hours=2))
    session.commit()
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, by, HOUR)
    do(session, ticket_id, Action.RESUME, by, 5 * HOUR)
    lines = told(found(session, ticket_id, OPENED + 6 * HOUR))
    capped = "The clock ran again from 2026-03-04 Wed 12:00 on: the time that pauses may take was used up."
    assert lines[-3].endswith(capped)
    assert lines[-2:] == ["Waiting adds 2 h.", "Due: 2026-03-06 Fri 11:00."]


def test_an_agreed_date_says_who_agreed_with_whom(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    with writing(session):
        edit_ticket(session, ticket_id, {"owner_deadline_at": OPENED + DAY}, None, by, OPENED + HOUR)
    assert told(found(session, ticket_id)) == [
        *CLAUSE,
        "The owner's own deadline replaces the limit: 2026-03-05 Thu 09:00.",
        "周经理 agreed on it with 陈静, written down on 2026-03-04 Wed 10:00.",
    ]


def test_a_date_that_another_system_promised_says_so(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    source = {"source_system": "Open 311", "source_due_at": OPENED + DAY, "standard_set_id": None}
    with writing(session):
        write(session, [Update(Ticket, ticket_id, source)], by=BY, at=OPENED)
    assert told(found(session, ticket_id)) == [
        "Promised by “Open 311”, where the ticket comes from: no standard of ours",
        "The date counts as given by the source: 2026-03-05 Thu 09:00.",
    ]


def test_starts_other_than_the_report_are_named(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    with writing(session):
        edit_ticket(session, ticket_id, {"severity": Severity.IMPORTANT}, None, by, OPENED + HOUR)
    reclassified = told(found(session, ticket_id))
    assert "The ticket was reclassified on 2026-03-04 Wed 10:00" in reclassified[2]
    values = {"unit_id": cast.unit_id, "owner_id": cast.owner_id, "subject": "夜里漏水", **MINOR}
    with writing(session):
        late = open_ticket(session, values, by, OPENED + 3 * HOUR, came_at=OPENED)
    sentence = "It was entered only on 2026-03-04 Wed 12:00: every clock runs from 2026-03-04 Wed 09:00,"
    assert told(found(session, late))[2].startswith(sentence)


def test_a_provisional_date_says_until_when_the_calendar_is_known(session: Session, cast: Cast) -> None:
    set_rule(session, RESOLUTION, value=5, unit=LimitUnit.WORKING_DAYS)
    ticket_id = report(session, cast, datetime(2030, 3, 4, 10, tzinfo=SHANGHAI), **MINOR)
    explanation = found(session, ticket_id)
    assert told(explanation)[-1] == (
        f"Provisional: holidays are known until {explanation.covered_until} only."
        " After that Monday to Friday count as working days."
    )


def test_a_date_that_a_newer_standard_moved_says_who_did_it_and_what_it_was(
    session: Session, cast: Cast, by: Author
) -> None:
    ticket_id, now = report(session, cast, **MINOR), OPENED + HOUR
    rule = session.scalars(select(StandardRule).where(StandardRule.code == RESOLUTION)).one()
    limit = {"version": rule.version, "limit": {"value": 1, "unit": "days", "clock": "elapsed"}}
    draft = {"standard_set_id": rule.standard_set_id, "name": "2026 修订"}
    changes = {"rules": {str(rule.id): limit}}
    with writing(session):
        draft_id = create_draft(session, draft, by, now)
        save_changes(session, draft_id, 1, changes, by, now)
        adopt(session, draft_id, 2, date(2026, 3, 5), moves_dates=True, by=by, at=now)
    move_dates(session, draft_id, lambda: now)
    lines = told(found(session, ticket_id))
    assert lines[0] == "By “默认标准”, the row in force from 2026-03-05 (our own reading; S3 第5篇 5.2.3)"
    assert lines[-2:] == [
        "Due: 2026-03-05 Thu 09:00.",
        "On 2026-03-04 Wed 10:00 周经理 took a newer standard over for this ticket:"
        " the date was 2026-03-06 Fri 09:00 till then.",
    ]


def test_the_ladder_says_what_it_counts_and_who_was_told(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    sweep(session, OPENED + 8 * DAY, BY)
    explanation = found(session, ticket_id, OPENED + 8 * DAY)
    with force_locale("en"):
        lines = list(Teller(explanation, SHANGHAI).step(explanation.steps[1]).lines())
    assert lines[-5:] == [
        "Open for 1 week, counted from the first report on 2026-03-04 Wed 09:00.",
        "  2026-03-04 Wed 09:00 – 2026-03-11 Wed 09:00  week 1 of 1",
        "The level is reached on 2026-03-11 Wed 09:00.",
        "Recorded on 2026-03-12 Thu 09:00.",
        "Told: 周经理 (inbox).",
    ]
    with writing(session):
        acknowledge(session, by.account_id or 0, ticket_id, by, OPENED + 8 * DAY + HOUR)
    explanation = found(session, ticket_id, OPENED + 9 * DAY)
    with force_locale("en"):
        lines = list(Teller(explanation, SHANGHAI).step(explanation.steps[1]).lines())
    assert lines[-1] == "周经理 acknowledged on 2026-03-12 Thu 10:00."


def test_a_warning_says_how_long_before_which_date(session: Session, cast: Cast) -> None:
    explanation = found(session, report(session, cast, **MINOR))
    warning = explanation.warnings[0]
    with force_locale("en"):
        lines = list(Teller(explanation, SHANGHAI).step(warning).lines())
    assert (
        f"{-(warning.value or 0)} hours before the due time: Resolution was or is due on 2026-03-06 Fri 09:00." in lines
    )


def test_the_page_and_the_command_say_the_same(app: Flask, session: Session, cast: Cast, by: Author) -> None:
    from flask_security import hash_password

    session.execute(update(Account).values(password=hash_password(PASSWORD)))
    session.commit()
    ticket_id = report(session, cast, **MINOR)
    explanation = found(session, ticket_id)
    page = unescape(
        sign_in(app, "manager@example.test").get(f"/tickets/{ticket_id}/", headers={"Accept-Language": "en"}).text
    )
    lines = told(explanation)
    command = app.test_cli_runner().invoke(args=["explain", explanation.code]).stdout
    assert [line for line in lines if line.strip() not in command] == []
    assert [part for line in lines for part in line.strip().split("  ") if part not in page] == []


@pytest.mark.parametrize(("language", "weekday"), [("en", "Wed"), ("zh", "周三")])
def test_the_command_speaks_both_languages(
    app: Flask, session: Session, cast: Cast, language: str, weekday: str
) -> None:
    code = ticket(session, report(session, cast, **MINOR)).code
    result = app.test_cli_runner().invoke(args=["explain", code, "--language", language])
    assert (result.exit_code, f"2026-03-04 {weekday} 09:00" in result.stdout) == (0, True)


def test_every_reason_can_be_told_in_either_language(session: Session, cast: Cast, by: Author) -> None:
    ticket_id = report(session, cast, **MINOR)
    wait(session, ticket_id, by, HOUR)
    explanation = found(session, ticket_id)
    with force_locale("en"):
        english = list(explained(explanation))
    with force_locale("zh_Hans_CN"):
        chinese = list(explained(explanation))
    assert len(english) == len(chinese)
    assert "2026-03-07 周六 09:00" in "".join(chinese)
