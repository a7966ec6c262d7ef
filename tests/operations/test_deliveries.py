import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.account import Account
from models.estate import Estate
from models.notification import Delivery, DeliveryChannel, DeliveryState, NotificationKind
from operations.deliveries import LEASE, DeliveryReport, Wording, deliver
from operations.mail import Mailbox
from operations.parcels import Parcel, Way
from operations.telling import Occasion, tell
from operations.webhook import Webhook
from operations.write import writing
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle
from tests.infrastructure.receivers import HOST, Calls, Mails, free_port, http_server, mail_server
from tests.infrastructure.told import Crew, crew, deliveries, leave, notifications, open_ways
from views.language import translator

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TOLD = OPENED + 2 * DAY
WORDING = Wording(translator, "en", "https://pinzhi.example.test/", "Asia/Shanghai")
EMAIL, WEBHOOK, WAITING = DeliveryChannel.EMAIL, DeliveryChannel.WEBHOOK, DeliveryState.WAITING


@pytest.fixture
def people(session: Session) -> Crew:
    """The people of an estate whose supervisor is told of a ticket at TOLD, by e-mail and webhook."""
    cast: Cast = settle(session)
    people = crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())
    of_ticket: dict[str, Any] = {"estate_id": cast.estate_id, "ticket_id": report(session, cast)}
    data = {"level": 1, "clause": "S3 第6篇 4.7", "due_at": TOLD.isoformat()}
    open_ways(session, EMAIL, WEBHOOK)
    with writing(session):
        tell(
            session,
            [Occasion("step", NotificationKind.ESCALATED, **of_ticket, level=1, asks=True, data=data)],
            BY,
            TOLD,
        )
    open_ways(session)
    return people


def mailbox(server: Mails) -> dict[DeliveryChannel, Way]:
    return {EMAIL: Mailbox(HOST, server.port, "Pinzhi <pinzhi@example.test>", security="none")}


def hook(server: Calls) -> dict[DeliveryChannel, Way]:
    return {WEBHOOK: Webhook(server.url, "shared", may_be_private=True)}


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def of(session: Session, channel: DeliveryChannel) -> Delivery:
    """The delivery by that channel of what was told first."""
    return next(each for each in deliveries(session) if each.channel is channel)


def test_an_email_says_what_happened_and_where_to_look(session: Session, people: Crew) -> None:
    with mail_server() as server:
        assert deliver(session, mailbox(server), WORDING, at(TOLD)).sent == len(server.arrived)
    found = next(each for each in server.arrived if each["To"] == "supervisor@example.test")
    text = found.get_content()
    assert "E1-260304-0001" in found["Subject"]
    assert found["From"] == "Pinzhi <pinzhi@example.test>"
    assert ("S3 第6篇 4.7" in text, "acknowledge by 2026-03-06 11:00" in text) == (True, True)
    assert "https://pinzhi.example.test/tickets/" in text
    assert ("陈静" in text, "翠湖" in text) == (False, False)


def test_an_email_is_in_the_language_of_its_reader(session: Session, people: Crew) -> None:
    with writing(session):
        session.execute(update(Account).values(language="zh_Hans_CN"))
    marked = replace(WORDING, translate=lambda language: lambda message: f"({language}) {message}")
    with mail_server() as server:
        deliver(session, mailbox(server), marked, at(TOLD))
    (found,) = server.arrived
    assert found["Content-Language"] == "zh-Hans-CN"
    assert found["Subject"].startswith("(zh_Hans_CN) ")


def test_what_is_sent_is_not_sent_again(session: Session, people: Crew) -> None:
    with mail_server() as server:
        first = deliver(session, mailbox(server), WORDING, at(TOLD))
        assert deliver(session, mailbox(server), WORDING, at(TOLD + HOUR)) == DeliveryReport()
    assert len(server.arrived) == first.sent > 0
    assert {(each.state, each.sent_at) for each in deliveries(session) if each.channel is EMAIL} == {
        (DeliveryState.SENT, TOLD)
    }


@pytest.mark.parametrize("address", ["a@", "a@[1.2.3", "=?utf-8?q?=0aBcc:x?=@example.test", "a@example.test\nBcc: x"])
def test_an_address_that_no_email_can_be_made_for_keeps_no_other_waiting(
    session: Session, people: Crew, address: str
) -> None:
    session.execute(update(Delivery).values(address=address))
    session.commit()
    open_ways(session, EMAIL)
    with writing(session):
        tell(session, [Occasion("other", NotificationKind.REVIEW, None, accounts=(people.manager,))], BY, TOLD)
    with mail_server() as server:
        assert deliver(session, mailbox(server), WORDING, at(TOLD)) == DeliveryReport(sent=1, failed=1)
    assert [each["To"] for each in server.arrived] == ["manager@example.test"]


@pytest.mark.parametrize("name", ["=?utf-8?q?=0aBcc:x@example.test?=", "=?utf-8?b?DQpCY2M6IHhAeS5jbg==?="])
def test_a_name_adds_no_line_to_the_head_of_an_email(name: str) -> None:
    parcel = Parcel("key", "review", "a@example.test", "A", "en", name, (name,), "", OPENED, {})
    message = Mailbox(HOST, 25, "pinzhi@example.test").message(parcel)
    assert b"\nBcc" not in message.as_bytes().partition(b"\n\n")[0]


def test_an_email_that_is_refused_is_sent_again_under_the_same_id(session: Session, people: Crew) -> None:
    with mail_server("451 come again") as server:
        first = deliver(session, mailbox(server), WORDING, at(TOLD))
        failed = of(session, EMAIL)
        assert (first.failed, failed.attempts, failed.next_attempt_at) == (1, 1, TOLD + MINUTE)
        assert failed.error == "SMTPDataError 451"
        deliver(session, mailbox(server), WORDING, at(TOLD + MINUTE))
    key = of(session, EMAIL).key
    assert [each["Message-ID"] for each in server.arrived] == [f"<{key}@example.test>"]
    assert key in {note.key for note in notifications(session)}


def test_a_call_that_fails_is_made_again_under_the_same_id_with_the_same_words(session: Session, people: Crew) -> None:
    with http_server(500, 302, 204) as server:
        moments = (TOLD, TOLD + MINUTE, TOLD + 3 * MINUTE)
        reports = [deliver(session, hook(server), WORDING, at(moment)) for moment in moments]
    assert [(each.sent, each.failed) for each in reports] == [(0, 1), (0, 1), (1, 0)]
    assert {call.headers["Idempotency-Key"] for call in server.arrived} == {of(session, WEBHOOK).key}
    assert len({call.body for call in server.arrived}) == 1
    assert json.loads(server.arrived[0].body)["id"] == of(session, WEBHOOK).key


def test_without_a_connection_nothing_is_lost(session: Session, people: Crew) -> None:
    nowhere = Mails(free_port())
    found = deliver(session, mailbox(nowhere), WORDING, at(TOLD))
    assert (found.sent, found.failed) == (0, 1)
    assert of(session, EMAIL).error == "ConnectionRefusedError"


def test_after_a_day_of_failures_it_is_given_up_and_said(session: Session, people: Crew) -> None:
    private = {WEBHOOK: Webhook("http://127.0.0.1:9/", "shared")}
    reports = [deliver(session, private, WORDING, at(TOLD + hours * HOUR)) for hours in range(30)]
    assert [(each.failed, each.given_up) for each in reports[:23]] == [(1, 0)] * 23
    last = of(session, WEBHOOK)
    assert (last.state, last.sent_at) == (DeliveryState.GIVEN_UP, None)
    assert last.error is not None
    assert "not a public one" in last.error


def test_what_a_way_out_that_was_closed_has_left_is_given_up_after_a_day(session: Session, people: Crew) -> None:
    assert deliver(session, {}, WORDING, at(TOLD + HOUR)) == DeliveryReport()
    assert deliver(session, {}, WORDING, at(TOLD + DAY)).given_up == 2


def test_a_worker_that_dies_in_between_leaves_it_to_another_after_a_while(session: Session, people: Crew) -> None:
    class Dying:
        """A way on which the process ends after the message is out and before that is written down."""

        def opened(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(session, {WEBHOOK: Dying()}, WORDING, at(TOLD))  # type: ignore[dict-item]  # it never comes to it
    with http_server() as server:
        assert deliver(session, hook(server), WORDING, at(TOLD + MINUTE)).sent == 0
        assert deliver(session, hook(server), WORDING, at(TOLD + LEASE)).sent == 1


def test_who_has_left_is_sent_nothing_more(session: Session, people: Crew) -> None:
    leave(session, people.supervisor)
    with http_server() as server:
        assert deliver(session, hook(server), WORDING, at(TOLD)).given_up == 1
    assert server.arrived == []


def test_nothing_is_locked_while_the_network_is_talked_to(session: Session, people: Crew) -> None:
    engine = session.get_bind()

    class Watching:
        """A way that writes to the database itself, as anybody may meanwhile."""

        def opened(self) -> object:
            with Session(engine) as other, writing(other):
                other.execute(update(Delivery).values(version=99))
            raise OSError

    assert deliver(session, {WEBHOOK: Watching()}, WORDING, at(TOLD)).failed == 1  # type: ignore[dict-item]  # it fails
    assert {each.version for each in deliveries(session) if each.channel is EMAIL} == {99}


def test_two_workers_at_once_send_each_message_once(session: Session, people: Crew) -> None:
    everybody = [people.butler, people.engineer, people.supervisor, people.manager, people.hq]
    open_ways(session, WEBHOOK)
    with writing(session):
        occasions = [Occasion(f"{each}", NotificationKind.REVIEW, None, accounts=everybody) for each in range(10)]
        tell(session, occasions, BY, TOLD)
    open_ways(session)
    engine = session.get_bind()

    def work(server: Calls) -> int:
        with Session(engine) as own:
            return deliver(own, hook(server), WORDING, at(TOLD)).sent

    with http_server() as server, ThreadPoolExecutor(2) as pool:
        sent = sum(pool.map(work, [server, server]))
    assert (sent, len({call.headers["Idempotency-Key"] for call in server.arrived}), len(server.arrived)) == (
        51,
        51,
        51,
    )


def test_a_mail_server_that_does_not_encrypt_gets_nothing_unless_that_is_allowed(
    session: Session, people: Crew
) -> None:
    with mail_server() as server:
        encrypted: dict[DeliveryChannel, Way] = {
            EMAIL: Mailbox(HOST, server.port, "pinzhi@example.test", "us", "secret")
        }
        assert deliver(session, encrypted, WORDING, at(TOLD)).failed == 1
    assert server.arrived == []
    assert of(session, EMAIL).error == "SMTPNotSupportedError"
