import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.estate import Estate
from models.milestone import EarlyWarning, LadderStep
from models.notification import Notification
from models.ticket_event import EventKind, TicketEvent
from operations.sweep import sweep
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle
from tests.infrastructure.databases import Database
from tests.infrastructure.told import crew

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
FIRST, BETWEEN = OPENED + 56 * HOUR, 8 * HOUR  # the first race, soon after the first step, and the time to the next
TICKETS_OF_A_RACE = 1
SEED = 23


def writes_of(random: Random) -> list[int]:
    """Of four processes two are killed, most of the time: after a few writes or after some more."""
    return [random.randrange(12), random.randrange(40), 0, 0]


def race(url: str, number: int) -> int:
    """So many races, one after the other; returns how many processes were killed."""
    random = Random(SEED)
    lines = [f"{(FIRST - HOUR).isoformat()}\n"] + [
        f"{(FIRST + each * BETWEEN).isoformat()} {' '.join(map(str, writes_of(random)))}\n" for each in range(number)
    ]
    command = [sys.executable, "-m", "tests.infrastructure.racing", url]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: PLW1510  # judged by the next line
        command, input="".join(lines), text=True, capture_output=True, env=environment, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    return sum(map(int, done.stdout.split()))


def once(keys: Iterable[Any]) -> dict[Any, int]:
    """Each of them, once."""
    return dict.fromkeys(keys, 1)


def events(session: Session, kind: EventKind, *names: str) -> Counter[Any]:
    """How often there is an event of the kind, by its ticket and what its data says under those names."""
    found = session.scalars(select(TicketEvent).where(TicketEvent.kind == kind))
    return Counter((each.ticket_id, *((each.data or {})[name] for name in names)) for each in found)


@pytest.mark.parametrize("number", [20, pytest.param(1000, marks=pytest.mark.soak)])
def test_whatever_races_and_is_killed_each_crossing_is_recorded_and_told_once(
    session: Session, database: Database, number: int
) -> None:
    cast: Cast = settle(session)
    crew(session, cast, session.scalars(select(Estate.id).where(Estate.code == "E1X")).one())
    for each in range(TICKETS_OF_A_RACE * number):
        report(session, cast, OPENED + each // TICKETS_OF_A_RACE * BETWEEN)
    session.rollback()
    last = FIRST + (number - 1) * BETWEEN
    assert race(database.url, number) > number // 2
    sweep(session, last, BY)  # what the killed ones have left

    steps = session.execute(select(LadderStep.ticket_id, LadderStep.level).where(LadderStep.due_at <= last)).all()
    assert events(session, EventKind.ESCALATED, "to") == once((each.ticket_id, each.level) for each in steps)
    warnings = select(EarlyWarning.ticket_id, EarlyWarning.due_at).where(EarlyWarning.due_at <= last)
    expected = once((each.ticket_id, each.due_at.isoformat()) for each in session.execute(warnings))
    assert events(session, EventKind.WARNED, "due_at") == expected
    late = session.execute(
        select(
            Notification.ticket_id, Notification.level, Notification.acknowledge_by, Notification.passed_up_at
        ).where(Notification.acknowledge_by <= last)
    ).all()
    assert [each for each in late if each.passed_up_at is None] == []
    passed = Counter((each.ticket_id, each.level, each.acknowledge_by.isoformat()) for each in late)
    assert events(session, EventKind.NOT_ACKNOWLEDGED, "from", "due_at") == passed
    assert (len(steps), len(expected), len(late)) > (number, number, number)
