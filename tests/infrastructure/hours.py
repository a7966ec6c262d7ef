"""An estate that keeps service hours: Monday to Friday 09:00–12:00 and 14:30–17:30, under the published calendar."""

from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models.calendar import ServiceHours, ServiceWindow, Weekday
from models.estate import Estate
from models.standard import StandardRule
from operations.calendar_seeds import seed_calendars
from operations.write import Insert, Update, write, writing
from tests.infrastructure.cast import BY, OPENED

WINDOWS = (("09:00", "12:00"), ("14:30", "17:30"))


def keep_hours(session: Session, estate_id: int) -> None:
    """Give the estate its hours, and its calendar the days off that were published by 2026."""
    with writing(session):
        seed_calendars(session, BY, OPENED.replace(year=2020))
        (hours_id,) = write(session, [Insert(ServiceHours, {"code": "desk", "name": "前台"})], by=BY, at=OPENED)
        windows = [
            {"weekday": day, "opens": opens, "closes": closes, "service_hours_id": hours_id}
            for day in tuple(Weekday)[:5]
            for opens, closes in WINDOWS
        ]
        rows = [Insert(ServiceWindow, {**row, "valid_from": date(2020, 1, 1)}) for row in windows]
        write(session, [*rows, Update(Estate, estate_id, {"service_hours_id": hours_id})], by=BY, at=OPENED)


def set_rule(session: Session, code: str, **values: Any) -> None:
    """Give the rule other figures, before there is any ticket that it holds for."""
    session.execute(update(StandardRule).where(StandardRule.code == code).values(values))
    session.commit()
