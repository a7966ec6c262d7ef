"""`python -m bench.what_if`: how long a what-if over 100,000 tickets takes, on SQLite, by one process and by two."""

import multiprocessing
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app import create_app
from bench.building import BY, settings, sqlite_database
from bench.company import SIZES
from models.base import now
from models.draft import StandardDraft
from models.standard import LadderRule, StandardRule, StandardSet
from operations import adoption, what_if
from operations.draft_changes import limit_of
from operations.drafts import create_draft, save_changes
from operations.write import writing
from reports.what_if import what_if as figures
from rules.permissions import EVERYTHING
from views.database import db

ALLOWED = timedelta(seconds=20)
SPAN = timedelta(days=10 * 365)  # the company's tickets go back for years: all of them count here
# A draft as a quality officer makes it, and one that has every ticket judged anew.
DRAFTS = {
    "minor complaints": {"default/complaint-minor-resolution": (1, "days"), "default/minor-2": (5, "days")},
    "everything": {
        "default/any-first-response": (2, "hours"),
        "default/complaint-minor-resolution": (1, "days"),
        "default/complaint-important-resolution": (5, "days"),
        "default/complaint-major-resolution": (7, "days"),
        "default/any-2": (5, "days"),
    },
}


def main() -> None:
    """Run each draft by one process and by two, and say how long it took."""
    what_if.YEAR = SPAN
    built = Path(sqlite_database(SIZES["100k"], keep=True).removeprefix("sqlite:///"))
    used = built.with_name("what-if.sqlite3")
    shutil.copy(built, used)
    url = f"sqlite:///{used}"
    try:
        for name, limits in DRAFTS.items():
            for processes in (1, 2):
                _say(name, processes, *_measured(url, limits, processes))
    finally:
        for left in used.parent.glob(f"{used.name}*"):
            left.unlink()


def _measured(url: str, limits: dict[str, tuple[int, str]], processes: int) -> tuple[float, int]:
    """How long it took, from the press of the button to the last figure, and over how many tickets."""
    app = create_app(settings(url))
    with app.app_context():
        draft_id = _draft(limits)
        draft = db.session.get_one(StandardDraft, draft_id)
        begun, moment = time.perf_counter(), now()
        worked = time.process_time()
        day = adoption.first_day(db.session(), draft.standard_set_id, moment)
        run_id = what_if.start_run(db.session(), draft_id, draft.version, day, moment)
        laid_out = time.perf_counter()
        helpers = [
            multiprocessing.get_context("spawn").Process(target=_work, args=(url, draft_id))
            for _ in range(processes - 1)
        ]
        for each in helpers:
            each.start()
        what_if.run(db.session(), draft_id, now)
        for each in helpers:
            each.join()
        db.session.rollback()  # or what the others stored last would not be seen
        found = figures(db.session(), run_id, EVERYTHING)
        took = time.perf_counter() - begun
        here = time.process_time() - worked
        print(f"  laid out in {laid_out - begun:.2f} s; this process worked {here:.1f} s; {found.moved} tickets moved")
        db.session.remove()
        db.engine.dispose()
    return took, found.tickets


def _work(url: str, draft_id: int) -> None:
    with create_app(settings(url)).app_context():
        what_if.run(db.session(), draft_id, now)


def _draft(limits: dict[str, tuple[int, str]]) -> int:
    set_id = db.session.scalars(select(StandardSet.id).where(StandardSet.code == "default")).one()
    changes: dict[str, Any] = {}
    for part, model in (("rules", StandardRule), ("ladder-rules", LadderRule)):
        rows: Any = db.session.execute(select(model.__table__).where(model.code.in_(limits))).mappings()
        changes[part] = {str(row["id"]): _change(row, *limits[row["code"]]) for row in rows}
    assert sum(map(len, changes.values())) == len(limits), "a rule of the draft is not shipped any more"
    with writing(db.session):
        at = datetime.now(UTC)
        draft_id = create_draft(db.session(), {"standard_set_id": set_id, "name": "bench"}, BY, at)
        save_changes(db.session(), draft_id, 1, changes, BY, at)
    return draft_id


def _change(row: Any, value: int, unit: str) -> dict[str, Any]:
    return {"version": row["version"], "limit": {**limit_of(row), "value": value, "unit": unit}}


def _say(name: str, processes: int, seconds: float, tickets: int) -> None:
    verdict = "" if seconds < ALLOWED.total_seconds() else ": TOO SLOW"
    print(f"what-if, {name}: {tickets} tickets, {processes} process(es): {seconds:.1f} s{verdict}", flush=True)


if __name__ == "__main__":
    main()
