"""Work in the background: jobs by name, queued beside the database and run by `flask work`; the sweep each minute.

Beside the jobs stand notes: what is to be known of work under way while the database has a writer of its own.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any, cast

from flask import Flask, current_app
from huey import SqliteHuey, crontab
from huey.constants import EmptyData

from models.base import now
from models.notification import DeliveryChannel
from operations.deliveries import DeliveryReport, Wording, deliver
from operations.draft_work import work_on_drafts
from operations.mail import Mailbox
from operations.parcels import Way
from operations.sweep import SweepReport, sweep
from operations.telling import CHANNELS
from operations.webhook import Webhook
from operations.write import Author
from views.database import db
from views.language import translator

WORKERS = 4  # threads: deliveries may wait for the network, and files be loaded, while the sweep goes on
LONGEST_WAIT = 1.0  # seconds until a queued job is seen
ONE_STRETCH = timedelta(seconds=20)  # of work on drafts, beside which others wait: the next minute goes on

Job = Callable[..., object]


class Background:
    """The jobs of an application and the queue they wait in, a file of its own in the instance folder.

    Every job is idempotent and may be run by several consumers at once, on one machine or on many.
    """

    def __init__(self, app: Flask, jobs: Mapping[str, Job], every_minute: Mapping[str, Job]) -> None:
        self.app = app
        self.jobs = {**jobs, **every_minute}
        self.every_minute = tuple(every_minute)

    @cached_property
    def queue(self) -> SqliteHuey:
        """The queue, opened when it is first needed: most processes never are."""
        file = Path(self.app.instance_path) / "queue.sqlite3"
        queue = SqliteHuey("pinzhi", filename=str(file), results=False, timeout=10)
        self.task = queue.task(name="run")(self.run)
        for name in self.every_minute:
            queue.periodic_task(crontab(), name=name)(self._repeated(name))
        return queue

    def later(self, name: str, **arguments: Any) -> None:
        """Have the job run by whichever consumer is free first. LookupError for a name that no job has."""
        if name not in self.jobs:
            raise LookupError(f"there is no job {name}")
        queue = self.queue
        queue.enqueue(self.task.s(name, arguments))

    def note(self, key: str, value: Any) -> None:
        """Keep a plain value for all processes, in a transaction of its own: 2 ms. The last one stands."""
        self.queue.storage.put_data(key, json.dumps(value).encode())

    def noted(self, key: str) -> Any:
        """What was noted, which stays; None for nothing."""
        found = self.queue.storage.peek_data(key)
        return None if found is EmptyData else json.loads(bytes(found))

    def noted_under(self, start: str) -> dict[str, Any]:
        """All that is noted under keys that start so."""
        items = self.queue.storage.result_items().items()
        return {key: json.loads(bytes(value)) for key, value in items if key.startswith(start)}

    def forget(self, key: str) -> None:
        """Have it noted no more."""
        self.queue.storage.delete_data(key)

    def run(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Run the job now, with the application around it and connections of its own."""
        with self.app.app_context():
            self.jobs[name](**arguments)

    def _repeated(self, name: str) -> Callable[[], None]:
        return lambda: self.run(name, {})

    def consume(self) -> None:
        """Run jobs until the process is told to stop."""
        self.queue.create_consumer(workers=WORKERS, max_delay=LONGEST_WAIT, check_worker_health=True).run()


def background() -> Background:
    """That of the application at hand."""
    return cast(Background, current_app.extensions["background"])


def later(name: str, **arguments: Any) -> None:
    """Have a job of the application run in the background; the arguments are plain values."""
    background().later(name, **arguments)


def init_background(
    app: Flask,
    mailbox: Mailbox | None,
    webhook: Webhook | None,
    jobs: Mapping[str, Job] | None = None,
    repeated: Mapping[str, Job] | None = None,
) -> None:
    """Attach the ways out of the panel and the jobs, with those of every minute."""
    ways: dict[DeliveryChannel, Way] = {}
    if mailbox is not None:
        ways[DeliveryChannel.EMAIL] = mailbox
    if webhook is not None:
        ways[DeliveryChannel.WEBHOOK] = webhook
    app.extensions["ways"] = ways
    own: dict[str, Job] = {"sweep": sweep_now, "deliver": deliver_now, "drafts": drafts_now}
    every_minute = {**own, **(repeated or {})}
    app.extensions["background"] = Background(app, jobs or {}, every_minute)
    with app.app_context():
        db.engine.update_execution_options(**{CHANNELS: frozenset(ways)})


def sweep_now() -> SweepReport:
    """Record and tell what has come due."""
    return sweep(db.session(), now(), Author(None, "sweep"))


def drafts_now() -> None:
    """Go on for a stretch with what drafts of standards wait for: runs, and dates of open tickets to be moved."""
    work_on_drafts(db.session(), now, now() + ONE_STRETCH)


def deliver_now() -> DeliveryReport:
    """Send what waits to be sent, as far as a way out is configured."""
    wording = Wording(
        translate=translator,
        language=current_app.config["BABEL_DEFAULT_LOCALE"],
        public_url=current_app.config["PUBLIC_URL"],
        time_zone=current_app.config["BABEL_DEFAULT_TIMEZONE"],
    )
    return deliver(db.session(), current_app.extensions["ways"], wording, now)


def work(until_input_ends: bool) -> None:
    """Run jobs until told to stop; with `until_input_ends`, also until whoever started this process is gone."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if until_input_ends:
        Thread(target=_stop_at_end_of_input, daemon=True).start()
    background().consume()


def _stop_at_end_of_input() -> None:
    """The other end is closed when the process that holds it ends, in whatever way."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)
