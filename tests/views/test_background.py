import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app, read_settings
from models.estate import Estate
from models.notification import DeliveryChannel
from operations.deliveries import DeliveryReport
from operations.mail import Mailbox
from operations.webhook import Webhook
from tests.infrastructure.cast import report, settle
from tests.infrastructure.databases import Database
from tests.infrastructure.receivers import HOST, free_port, http_server, mail_server
from tests.infrastructure.told import crew, deliveries
from views.background import Background, deliver_now, sweep_now
from views.database import db

ROOT = Path(__file__).parents[2]
MAIL = {"SMTP_HOST": "mail.example.test", "SMTP_FROM": "pinzhi@example.test"}
HOOK = {"WEBHOOK_URL": "https://hooks.example.test/pinzhi", "WEBHOOK_SECRET": "shared"}


def test_without_settings_nothing_leaves_the_panel(tmp_path: Path) -> None:
    found = read_settings({"INSTANCE_PATH": str(tmp_path)})
    assert (found.mailbox, found.webhook) == (None, None)


def test_the_settings_name_a_mail_server_and_a_receiver(tmp_path: Path) -> None:
    more = {"SMTP_USER": "pinzhi", "SMTP_PASSWORD": "secret", "SMTP_TLS": "tls", "SMTP_PORT": "465"}
    found = read_settings({"INSTANCE_PATH": str(tmp_path), **MAIL, **more, **HOOK, "WEBHOOK_ALLOW_PRIVATE": "1"})
    assert found.mailbox == Mailbox("mail.example.test", 465, "pinzhi@example.test", "pinzhi", "secret", "tls")
    assert found.webhook == Webhook("https://hooks.example.test/pinzhi", "shared", may_be_private=True)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({**MAIL, "SMTP_FROM": ""}, "SMTP_FROM"),
        ({**MAIL, "SMTP_TLS": "maybe"}, "SMTP_TLS"),
        ({**MAIL, "SMTP_PORT": "x"}, "SMTP_PORT"),
        ({**HOOK, "WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET"),
        ({**HOOK, "WEBHOOK_URL": "gopher://hooks.example.test/"}, "WEBHOOK_URL"),
        ({**HOOK, "WEBHOOK_URL": "https://user:password@hooks.example.test/"}, "WEBHOOK_URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        read_settings({"INSTANCE_PATH": str(tmp_path), **wrong})


def test_the_sweep_tells_and_the_delivery_sends_by_the_ways_that_are_configured(
    session: Session, database: Database, tmp_path: Path
) -> None:
    cast = settle(session)
    crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())
    report(session, cast)
    session.rollback()
    with mail_server() as mails, http_server() as calls:
        ways = {**MAIL, "SMTP_HOST": HOST, "SMTP_PORT": str(mails.port), "SMTP_TLS": "none"}
        hook = {**HOOK, "WEBHOOK_URL": calls.url, "WEBHOOK_ALLOW_PRIVATE": "1"}
        paths = {"DATABASE_URL": database.url, "INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "test", "TESTING": "1"}
        app = create_app({**paths, **ways, **hook})
        with app.app_context():
            sweep_now()
            delivered = deliver_now()
            db.engine.dispose()
    found = deliveries(session)
    held = [each for each in found if each.attempts == 0]  # at night
    assert delivered == DeliveryReport(sent=len(found) - len(held))
    assert len(mails.arrived) + len(calls.arrived) == delivered.sent
    assert {each.channel for each in found} == set(DeliveryChannel)


def test_a_job_that_is_left_to_the_background_is_run_by_a_consumer(app: Flask, tmp_path: Path) -> None:
    done: list[Any] = []
    apart = Flask("apart", instance_path=str(tmp_path))
    jobs = Background(apart, {"note": lambda what: done.append(what)}, {})  # noqa: PLW0108  # named arguments
    jobs.later("note", what="told")
    task = jobs.queue.dequeue()
    assert done == []
    jobs.queue.execute(task)
    assert done == ["told"]
    with pytest.raises(LookupError, match="nothing"):
        jobs.later("nothing")
    jobs.queue.storage.close()


def test_a_note_is_read_by_every_process_until_it_is_forgotten(tmp_path: Path) -> None:
    here, there = (Background(Flask("apart", instance_path=str(tmp_path)), {}, {}) for _ in range(2))
    here.note("import 1 told", {"done": 1})
    here.note("import 1 told", {"done": 2})
    here.note("other", True)
    assert [there.noted("import 1 told") for _ in range(2)] == [{"done": 2}, {"done": 2}]
    assert there.noted_under("import ") == {"import 1 told": {"done": 2}}
    there.forget("import 1 told")
    assert here.noted("import 1 told") is None
    here.queue.storage.close()
    there.queue.storage.close()


def test_sweep_and_deliver_are_due_every_minute(app: Flask) -> None:
    found = app.extensions["background"]
    assert {"sweep", "deliver", "imports"} <= set(found.every_minute) <= found.jobs.keys()


@pytest.mark.parametrize("end", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.soak)])
def test_the_consumer_ends_with_the_server_that_brought_it(tmp_path: Path, end: signal.Signals) -> None:
    environment = {
        **os.environ,
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": "",
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
        "BACKGROUND": "1",
    }
    program = [sys.executable, "-m", "gunicorn"]
    with subprocess.Popen(program, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as server:
        assert server.stderr is not None
        consumer = next(filter(None, (child_of(server.pid, "work") for _ in patience())))
        server.send_signal(end)
        server.stderr.read()  # all that hold it are gone
        server.wait()
    assert any(not is_running(consumer) for _ in patience())


def patience() -> Iterator[None]:
    """A look every so often, for half a minute."""
    for _ in range(600):
        time.sleep(0.05)
        yield


def is_running(process: int) -> bool:
    """Whether it is there and not only waits to be buried."""
    status = Path(f"/proc/{process}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def child_of(process: int, word: str) -> int | None:
    """The child of the process that was started with the word."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    found = [int(child) for child in children if word in Path(f"/proc/{child}/cmdline").read_text().split("\0")]
    return found[0] if found else None


def test_deliver_says_what_became_of_what_waited(app: Flask, session: Session) -> None:
    answer = app.test_cli_runner().invoke(args=["deliver"])
    assert (answer.exit_code, answer.stdout) == (0, "0 sent, 0 to be tried again, 0 given up\n")
