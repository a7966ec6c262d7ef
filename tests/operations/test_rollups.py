from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import column, delete, select, update, values
from sqlalchemy.orm import Session

from models.callback import Callback, Satisfaction
from models.estate import Estate
from models.milestone import NEVER, LadderStep
from models.rollup import Report, Rollup
from models.ticket import Severity, Ticket, TicketKind
from operations import rollups
from operations.callbacks import record_callback
from operations.counting import Cell, Counts
from operations.local_days import LocalDay, offsets
from operations.rollups import Difference, check
from operations.tickets import edit_ticket, open_ticket
from operations.write import Refused, writing
from tests.infrastructure.busy import Office
from tests.infrastructure.cast import BY, OPENED, Cast, report, settle
from tests.infrastructure.people import add
from views.database import db

DAY = timedelta(days=1)
START = datetime(2025, 12, 28, 20, 0, 0, tzinfo=UTC)
AT_ANY_TIME: dict[str, Any] = {"kind": TicketKind.SPECIAL_SERVICE}  # may be called about before it is done
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


@pytest.fixture
def abroad(session: Session, cast: Cast) -> Cast:
    """An estate whose days are other days, and not always of 24 hours."""
    session.execute(update(Estate).values(time_zone="Asia/Shanghai"))
    session.commit()
    neighbour = settle(session, "E2")
    session.execute(update(Estate).where(Estate.id == neighbour.estate_id).values(time_zone="America/New_York"))
    session.commit()
    return neighbour


def kept(session: Session, which: Report) -> dict[tuple[date, str, int], tuple[int, int]]:
    """The counts of a report that are not nothing: total and good by day, kind and bucket."""
    rows = session.scalars(select(Rollup).where(Rollup.report == which, Rollup.total != 0))
    return {(row.day, row.kind, row.bucket): (row.total, row.good) for row in rows}


def test_after_a_long_series_of_writes_the_counts_are_what_counting_anew_gives(
    session: Session, cast: Cast, abroad: Cast
) -> None:
    done = Office(session, [cast, abroad], START, seed=5).work(220)
    assert done > 120
    assert check(session) == []
    counted = Counter(session.scalars(select(Rollup.report).where(Rollup.total != 0)))
    assert set(counted) == set(Report)


def test_two_who_write_at_once_lose_no_count(app: Flask, session: Session, cast: Cast, abroad: Cast) -> None:
    def work(seed: int) -> int:
        with app.app_context():
            done = Office(db.session(), [cast, abroad], START, seed).work(60)
            db.session.remove()
            return done

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(work, (7, 8)))
    assert min(done) > 10  # how many of the rest find nothing to do hangs on how the two meet
    assert check(session) == []


def test_two_who_take_the_same_cells_in_turn_do_not_wait_for_each_other_in_a_ring(
    app: Flask, session: Session, cast: Cast, abroad: Cast
) -> None:
    """Each calls back in both estates in one transaction, one of them the other way round."""
    rounds = range(15)
    here, there = ([report(session, each, **AT_ANY_TIME) for _ in range(30)] for each in (cast, abroad))
    answer = {"called_at": OPENED, "satisfaction": Satisfaction.VERY}

    def call(ticket_ids: Sequence[int]) -> None:
        with app.app_context():
            with writing(db.session()):
                [record_callback(db.session(), {**answer, "ticket_id": each}, BY, OPENED) for each in ticket_ids]
            db.session.remove()

    def work(pairs: Sequence[Sequence[int]]) -> None:
        list(map(call, pairs))

    one = [(here[number], there[number]) for number in rounds]
    other = [(there[number + 15], here[number + 15]) for number in rounds]
    with ThreadPoolExecutor(2) as both:
        list(both.map(work, (one, other)))
    assert check(session) == []
    totals = select(Rollup.total).where(Rollup.report == Report.ANSWERS_BY_KIND)
    assert session.scalars(totals).all() == [30, 30]


def test_what_was_rolled_back_is_not_counted(session: Session, cast: Cast) -> None:
    def open_two(*unit_ids: int | None) -> None:
        with writing(session):
            [open_ticket(session, {"unit_id": each, "subject": "投诉", **MINOR}, BY, OPENED) for each in unit_ids]

    with pytest.raises(Refused):
        open_two(cast.unit_id, None)
    report(session, cast, **MINOR)
    assert kept(session, Report.PROMISES) == {(date(2026, 3, 6), "", 0): (1, 0)}


def test_a_callback_follows_its_ticket_to_another_kind_and_butler(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **AT_ANY_TIME)
    answer = {"ticket_id": ticket_id, "called_at": OPENED, "satisfaction": Satisfaction.VERY}
    with writing(session):
        record_callback(session, answer, BY, OPENED)
    with writing(session):
        edit_ticket(session, ticket_id, {"kind": TicketKind.HELP, "butler_id": None}, None, BY, OPENED)
    month = date(2026, 3, 1)
    assert kept(session, Report.ANSWERS_BY_KIND) == {(month, "help", 0): (1, 1)}
    butlers = session.scalars(
        select(Rollup.butler_id).where(Rollup.report == Report.ANSWERS_BY_BUTLER, Rollup.total > 0)
    )
    assert list(butlers) == [0]


def test_a_month_begins_at_the_midnight_of_the_estate(session: Session, cast: Cast, abroad: Cast) -> None:
    moment = datetime(2026, 2, 28, 20, 0, 0, tzinfo=UTC)  # 1 March in Shanghai, still February in New York
    for_each = [report(session, each, OPENED, **AT_ANY_TIME) for each in (cast, abroad)]
    calls = partial(add, session, Callback, called_at=moment, satisfaction=Satisfaction.VERY)
    calls(estate_id=cast.estate_id, ticket_id=for_each[0])
    calls(estate_id=abroad.estate_id, ticket_id=for_each[1])
    rows = session.execute(select(Rollup.estate_id, Rollup.day).where(Rollup.report == Report.ANSWERS_BY_KIND))
    assert {row.estate_id: row.day for row in rows} == {
        cast.estate_id: date(2026, 3, 1),
        abroad.estate_id: date(2026, 2, 1),
    }


def test_check_finds_what_was_changed_past_the_write_path_and_rebuild_repairs_it(session: Session, cast: Cast) -> None:
    ticket_id = report(session, cast, **MINOR)
    session.execute(update(Rollup).where(Rollup.report == Report.PROMISES).values(total=7))
    session.execute(delete(Rollup).where(Rollup.report == Report.STEPS, Rollup.bucket == 1))
    session.execute(update(LadderStep).where(LadderStep.ticket_id == ticket_id).values(until_at=None))
    session.commit()
    day = date(2026, 3, 6)
    assert check(session) == [
        Difference(Cell(cast.estate_id, Report.PROMISES, day), Counts(7), Counts(1)),
        Difference(Cell(cast.estate_id, Report.STEPS, day, bucket=1), Counts(), Counts(1)),
    ]
    with writing(session):
        rollups.rebuild(session)
    assert check(session) == []
    spans = session.scalars(select(LadderStep.until_at).order_by(LadderStep.level)).all()
    assert None not in spans


def test_who_counts_anew_and_who_works_a_ticket_do_not_wait_for_each_other(
    app: Flask, session: Session, cast: Cast
) -> None:
    ticket_id = report(session, cast, **MINOR)
    spans = select(LadderStep.level, LadderStep.due_at, LadderStep.until_at).order_by(LadderStep.level)

    def rebuild() -> None:
        with app.app_context():
            with writing(db.session()):
                rollups.rebuild(db.session())
            db.session.remove()

    with ThreadPoolExecutor(1) as other:
        with writing(session):
            edit_ticket(session, ticket_id, {"severity": Severity.MAJOR}, None, BY, OPENED)
            rebuilt = other.submit(rebuild)
            wait([rebuilt], timeout=1)
        rebuilt.result()
    assert check(session) == []
    found = session.execute(spans).all()
    assert [step.until_at for step in found] == [*(step.due_at for step in found[1:]), NEVER]


def test_an_estate_goes_with_its_counts(session: Session, cast: Cast) -> None:
    values = {"report": Report.STEPS, "day": date(2026, 3, 1), "kind": "", "butler_id": 0, "bucket": 1}
    counts = dict.fromkeys(Counts._fields, 0)
    estate_id = add(session, Estate, code="E9", name="空")
    session.add(Rollup(estate_id=estate_id, **values, **counts))
    session.commit()
    session.execute(delete(Estate).where(Estate.id == estate_id))
    session.commit()
    assert session.scalars(select(Rollup.estate_id)).all() == []


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_the_local_day_in_sql_is_that_of_python(session: Session, zone: str) -> None:
    here = ZoneInfo(zone)
    turns = [since for since, _ in offsets(here) if since.year in (2026, 2027)]
    seconds = [datetime(2026, 1, 1, tzinfo=UTC), *turns, *(turn - timedelta(seconds=1) for turn in turns)]
    moments = sorted(second + hour * timedelta(hours=1) for second in seconds for hour in range(0, 60, 5))
    local = LocalDay(here, session.get_bind().dialect.name)
    given = values(column("at", Ticket.__table__.c.opened_at.type)).data([(at,) for at in moments]).cte("given")
    told = session.execute(select(local.day(given.c.at), local.month(given.c.at)).order_by(given.c.at)).all()
    days = [moment.astimezone(here).date() for moment in moments]
    assert [tuple(each) for each in told] == [(day, day.replace(day=1)) for day in days]
