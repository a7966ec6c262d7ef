from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.calendar import HolidayCalendar, ServiceHours, ServiceWindow, Weekday
from models.draft import DraftEffect, DraftRun, DraftSlice, DraftState, Effect, StandardDraft
from models.estate import Estate
from models.faults import Fault
from models.milestone import LadderStep, Milestone
from models.milestone import MilestoneKind as M
from models.pause import Pause, PauseReason, TellingChannel
from models.standard import LadderRule, StandardRule, StandardSet
from models.ticket import Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from operations import what_if
from operations.draft_changes import limit_of, windows_seen
from operations.draft_counting import Counts
from operations.drafts import create_draft, drop_draft, rule_rows, save_changes, take_new_base
from operations.write import Insert, Stale, Update, write, writing
from reports.what_if import HitFigure, WhatIf, effect_count, effects
from reports.what_if import what_if as figures
from rules.permissions import EVERYTHING, Scope
from rules.satisfaction import Share
from tests.infrastructure.cast import BY, OPENED, Cast, report

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = OPENED + 30 * DAY
TOMORROW = (NOW + DAY).date()
MINOR: dict[str, Any] = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR}


@dataclass(frozen=True)
class Draft:
    """A draft of the default set as it is now."""

    session: Session
    id: int

    @property
    def row(self) -> StandardDraft:
        self.session.expire_all()
        return self.session.get_one(StandardDraft, self.id)

    def start(self, now: datetime = NOW) -> int:
        return what_if.start_run(self.session, self.id, self.row.version, TOMORROW, now)

    def run(self) -> WhatIf:
        run_id = self.start()
        what_if.run(self.session, self.id, lambda: NOW)
        return figures(self.session, run_id, EVERYTHING)

    def effects(self, effect: Effect) -> list[tuple[int, M | None, int | None, datetime | None, datetime | None]]:
        found = what_if.progress(self.session, self.id)
        assert found is not None
        rows = effects(self.session, found.run_id, EVERYTHING, effect)
        return [(row.ticket_id, row.milestone, row.level, row.from_at, row.to_at) for row in rows]


@pytest.fixture
def cast(standing: Cast, session: Session) -> Cast:
    return standing


def set_id(session: Session, code: str = "default") -> int:
    return session.scalars(select(StandardSet.id).where(StandardSet.code == code)).one()


def rule(session: Session, code: str) -> dict[str, Any]:
    model = LadderRule if code in session.scalars(select(LadderRule.code)).all() else StandardRule
    rows = rule_rows(session, model, set_id(session)).values()
    return {**next(row for row in rows if row["code"] == code), "model": model}


def limited(session: Session, code: str, value: int | None, unit: str, clock: str = "elapsed") -> dict[str, Any]:
    """The change of that rule to another limit, or to none."""
    row = rule(session, code)
    limit = None if value is None else {"value": value, "unit": unit, "clock": clock}
    part = "ladder-rules" if row["model"] is LadderRule else "rules"
    return {part: {str(row["id"]): {"version": row["version"], "limit": limit}}}


def draft_of(session: Session, changes: dict[str, Any]) -> Draft:
    with writing(session):
        draft_id = create_draft(session, {"standard_set_id": set_id(session), "name": "2026 修订"}, BY, NOW)
        save_changes(session, draft_id, 1, changes, BY, NOW)
    return Draft(session, draft_id)


@pytest.fixture
def one_day(session: Session, cast: Cast) -> Draft:
    """Minor complaints within a day instead of two."""
    return draft_of(session, limited(session, "default/complaint-minor-resolution", 1, "days"))


def resolve(session: Session, ticket_id: int, at: datetime) -> None:
    happen(session, ticket_id, EventKind.RESOLVED, at)
    change(session, ticket_id, state=TicketState.RESOLVED, resolved_at=at)


def change(session: Session, ticket_id: int, **values: Any) -> None:
    with writing(session):
        write(session, [Update(Ticket, ticket_id, values)], by=BY, at=OPENED)


def happen(session: Session, ticket_id: int, kind: EventKind, at: datetime, **others: Any) -> None:
    estate_id = session.get_one(Ticket, ticket_id).estate_id
    values = {"ticket_id": ticket_id, "estate_id": estate_id, "kind": kind, "at": at, **others}
    with writing(session):
        write(session, [Insert(TicketEvent, values)], by=BY, at=at)


def pause(session: Session, cast: Cast, ticket_id: int, start: datetime, end: datetime) -> None:
    proof = {"told_at": start, "told_channel": TellingChannel.PHONE, "starts_at": start}
    place = {"estate_id": cast.estate_id, "ticket_id": ticket_id}
    with writing(session):
        values = {"reason": PauseReason.PARTS, "requested_at": start, "ended_at": end, **proof, **place}
        write(session, [Insert(Pause, values)], by=BY, at=start)
    happen(session, ticket_id, EventKind.WAITING, start)


def share_of(found: WhatIf, milestone: M = M.RESOLUTION) -> tuple[Share, Share]:
    (each,) = (each for each in found.milestones if each.milestone is milestone)
    return each.today, each.draft


def levels(found: WhatIf) -> dict[int, tuple[int, int]]:
    return {each.level: (each.today, each.draft) for each in found.levels}


def hit(found: WhatIf) -> list[HitFigure]:
    return [each for each in found.estates if each.hit]


@pytest.mark.parametrize(
    ("hours", "today", "draft"),
    [(24, True, True), (24 + 1 / 3600, True, False), (48, True, False), (48 + 1 / 3600, False, False)],
)
def test_a_resolution_is_judged_by_both_limits_to_the_second(
    session: Session, cast: Cast, one_day: Draft, hours: float, today: bool, draft: bool
) -> None:
    resolve(session, report(session, cast, **MINOR), OPENED + timedelta(seconds=round(hours * 3600)))
    assert share_of(one_day.run()) == (Share(int(today), 1), Share(int(draft), 1))


def test_what_would_be_late_is_listed_with_both_dates(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, **MINOR)
    resolve(session, ticket_id, OPENED + 36 * HOUR)
    one_day.run()
    late = (ticket_id, M.RESOLUTION, None, OPENED + 2 * DAY, OPENED + DAY)
    assert one_day.effects(Effect.LATE) == [late]
    assert one_day.effects(Effect.DATE_MOVED) == []


def test_a_pause_counts_for_the_draft_as_for_today(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, **MINOR)
    pause(session, cast, ticket_id, OPENED + 6 * HOUR, OPENED + 18 * HOUR)
    resolve(session, ticket_id, OPENED + 36 * HOUR)  # a day and the 12 hours of the pause
    late_id = report(session, cast, **MINOR)
    pause(session, cast, late_id, OPENED + 6 * HOUR, OPENED + 18 * HOUR)
    resolve(session, late_id, OPENED + 36 * HOUR + timedelta(seconds=1))
    assert share_of(one_day.run()) == (Share(2, 2), Share(1, 2))
    assert [row[0] for row in one_day.effects(Effect.LATE)] == [late_id]


def test_each_round_of_a_reopened_ticket_counts(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, **MINOR)
    happen(session, ticket_id, EventKind.RESOLVED, OPENED + 6 * HOUR)
    happen(session, ticket_id, EventKind.REOPENED, OPENED + 48 * HOUR)
    resolve(session, ticket_id, OPENED + 78 * HOUR)  # 30 hours after the reopening
    assert share_of(one_day.run()) == (Share(2, 2), Share(1, 2))
    reopened = (ticket_id, M.RESOLUTION, None, OPENED + 96 * HOUR, OPENED + 72 * HOUR)
    assert one_day.effects(Effect.LATE) == [reopened]


def test_a_reclassified_ticket_is_judged_by_what_it_became(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, **MINOR)
    before = {"kind": "complaint", "category": None, "severity": "minor"}
    happen(session, ticket_id, EventKind.RECLASSIFIED, OPENED + 12 * HOUR, data={"from": before})
    change(session, ticket_id, severity=Severity.IMPORTANT)
    resolve(session, ticket_id, OPENED + 5 * DAY)
    assert share_of(one_day.run()) == (Share(1, 1), Share(1, 1))
    assert one_day.effects(Effect.LATE) == []


def test_an_open_ticket_counts_once_a_date_has_passed(session: Session, cast: Cast, one_day: Draft) -> None:
    fresh, overdue = NOW - 6 * HOUR, NOW - 30 * HOUR
    fresh_id, overdue_id = report(session, cast, fresh, **MINOR), report(session, cast, overdue, **MINOR)
    found = one_day.run()
    assert share_of(found) == (Share(0, 0), Share(0, 1))
    assert (found.tickets, found.open_tickets, found.moved) == (2, 2, 2)
    assert one_day.effects(Effect.DATE_MOVED) == [
        (fresh_id, M.RESOLUTION, None, fresh + 2 * DAY, fresh + DAY),
        (overdue_id, M.RESOLUTION, None, overdue + 2 * DAY, overdue + DAY),
    ]
    assert one_day.effects(Effect.LATE) == [
        (overdue_id, M.RESOLUTION, None, overdue + 2 * DAY, overdue + DAY),
    ]


def test_only_tickets_of_the_set_and_of_the_year_or_open_ones_are_counted(
    session: Session, cast: Cast, one_day: Draft
) -> None:
    long_ago = NOW - 366 * DAY
    resolve(session, report(session, cast, long_ago, **MINOR), long_ago + HOUR)
    report(session, cast, long_ago, **MINOR)  # open still
    resolve(session, report(session, cast, NOW - 364 * DAY, **MINOR), NOW - 363 * DAY)
    change(session, report(session, cast, **MINOR), standard_set_id=set_id(session, "managed-service"))
    report(session, cast, NOW + HOUR, **MINOR)
    assert one_day.run().tickets == 2


def test_a_ticket_entered_wrongly_counts_as_nothing(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, **MINOR)
    change(session, ticket_id, state=TicketState.VOID, close_reason="录错", closed_at=OPENED + 3 * DAY)
    found = one_day.run()
    assert (found.milestones, found.levels, hit(found)) == ([], [], [])


def test_the_ladder_is_climbed_by_both(session: Session, cast: Cast) -> None:
    draft = draft_of(session, limited(session, "default/minor-2", 5, "days"))
    ticket_id = report(session, cast, **MINOR)
    resolve(session, ticket_id, OPENED + 6 * DAY)
    report(session, cast, NOW - 2 * DAY + HOUR, **MINOR)
    found = draft.run()
    assert levels(found) == {1: (1, 1), 2: (0, 1)}
    step = (ticket_id, None, 2, None, OPENED + 5 * DAY)
    assert draft.effects(Effect.ESCALATED) == [step]


def test_a_step_still_to_come_moves_with_the_ladder(session: Session, cast: Cast) -> None:
    draft = draft_of(session, limited(session, "default/minor-2", 5, "days"))
    ticket_id = report(session, cast, NOW - 3 * DAY, **MINOR)
    draft.run()
    moved = (ticket_id, None, 2, NOW + 4 * DAY, NOW + 2 * DAY)
    assert draft.effects(Effect.DATE_MOVED) == [moved]


def test_a_rule_that_ends_is_owed_no_more(session: Session, cast: Cast) -> None:
    draft = draft_of(session, limited(session, "default/complaint-minor-resolution", None, ""))
    ticket_id = report(session, cast, **MINOR)
    resolve(session, ticket_id, OPENED + 3 * DAY)
    assert share_of(draft.run()) == (Share(0, 1), Share(0, 0))
    assert draft.effects(Effect.IN_TIME) == [(ticket_id, M.RESOLUTION, None, OPENED + 2 * DAY, None)]


def test_a_rule_that_is_added_is_owed(session: Session, cast: Cast) -> None:
    added = {"kind": "complaint", "severity": "minor", "milestone": "answer", "value": 12, "unit": "hours"}
    draft = draft_of(session, {"new-rules": [{**added, "clock": "elapsed", "category": None}]})
    resolve(session, report(session, cast, **MINOR), OPENED + 24 * HOUR)
    assert share_of(draft.run(), M.ANSWER) == (Share(0, 0), Share(0, 1))


def test_a_change_stands_for_the_earlier_versions_of_the_rule_too(session: Session, cast: Cast) -> None:
    row = rule(session, "default/complaint-minor-resolution")
    values = {name: value for name, value in row.items() if name not in ("id", "version", "model")}
    follower = {**values, "code": "later", "value": 3, "valid_from": (OPENED + 5 * DAY).date()}
    with writing(session):
        ended = Update(StandardRule, row["id"], {"valid_to": follower["valid_from"]})
        write(session, [Insert(StandardRule, follower), ended], by=BY, at=OPENED)
    draft = draft_of(session, limited(session, "later", 1, "days"))
    resolve(session, report(session, cast, **MINOR), OPENED + 36 * HOUR)  # promised within two days
    later = OPENED + 6 * DAY
    resolve(session, report(session, cast, later, **MINOR), later + 60 * HOUR)  # promised within three
    assert share_of(draft.run()) == (Share(2, 2), Share(0, 2))


def test_other_service_hours_move_what_runs_on_them(session: Session, cast: Cast) -> None:
    since = {"valid_from": OPENED.date() - 1000 * DAY}
    with writing(session):
        (hours_id,) = write(session, [Insert(ServiceHours, {"code": "h", "name": "白班"})], by=BY, at=OPENED)
        windows = [
            Insert(
                ServiceWindow,
                {"service_hours_id": hours_id, "weekday": day, "opens": "09:00", "closes": "17:00", **since},
            )
            for day in Weekday
        ]
        on_hours = Update(StandardRule, rule(session, "default/complaint-minor-resolution")["id"], _SERVICE)
        estate = Update(Estate, cast.estate_id, {"service_hours_id": hours_id})
        write(session, [*windows, on_hours, estate], by=BY, at=OPENED)
    seen = windows_seen(session, hours_id)
    shorter = [[day, opens, "13:00"] for day, opens, _ in seen]
    draft = draft_of(session, {"windows": {str(hours_id): {"seen": seen, "windows": shorter}}})
    ticket_id = report(session, cast, **MINOR)  # at 9 in the morning: 8 hours end at 17 today, at 13 on the next day
    resolve(session, ticket_id, OPENED + 10 * HOUR)
    assert share_of(draft.run()) == (Share(0, 1), Share(1, 1))
    assert draft.effects(Effect.IN_TIME) == [(ticket_id, M.RESOLUTION, None, OPENED + 8 * HOUR, OPENED + 28 * HOUR)]


_SERVICE: dict[str, Any] = {"value": 8, "unit": "hours", "clock": "service"}


def test_figures_are_told_by_estate_and_person_within_the_reach(session: Session, cast: Cast, one_day: Draft) -> None:
    ticket_id = report(session, cast, assignee_id=cast.engineer_id, **MINOR)
    resolve(session, ticket_id, OPENED + 36 * HOUR)
    found = one_day.run()
    # late anyway: on site, the reply to the owner, the record of the complaint
    assert hit(found) == [HitFigure(cast.estate_id, "E1 翠湖", 1, 3, 4, 0, 0, 1)]
    assert [(each.id, each.hit) for each in found.people] == [(cast.engineer_id, 1)]
    run_id = session.scalars(select(DraftRun.id)).one()
    elsewhere = Scope(frozenset({cast.estate_id + 1}))
    narrow = Scope(frozenset({cast.estate_id}), buildings=frozenset({cast.building_id}))
    assert [figures(session, run_id, scope).tickets for scope in (elsewhere, narrow)] == [0, 0]
    assert [effect_count(session, run_id, scope, Effect.LATE) for scope in (elsewhere, narrow)] == [0, 0]
    assert effect_count(session, run_id, EVERYTHING, Effect.LATE, estate_id=cast.estate_id) == 1


def test_a_run_writes_nothing_but_its_figures(session: Session, cast: Cast, one_day: Draft) -> None:
    report(session, cast, NOW - HOUR, **MINOR)
    tables = (Ticket, TicketEvent, Milestone, LadderStep, StandardRule)
    before = [session.execute(select(model.__table__)).all() for model in tables]
    one_day.run()
    assert [session.execute(select(model.__table__)).all() for model in tables] == before


@pytest.fixture
def in_slices_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "SLICE", 1)


@pytest.mark.usefixtures("in_slices_of_one")
def test_a_run_goes_on_where_it_was_left(session: Session, cast: Cast, one_day: Draft) -> None:
    for hours in (12, 36, 60):
        resolve(session, report(session, cast, **MINOR), OPENED + hours * HOUR)
    run_id = one_day.start()
    first = what_if.run(session, one_day.id, lambda: NOW, until=NOW)
    assert first is not None
    assert (first.done, first.tickets, first.is_finished) == (1, 3, False)
    last = what_if.run(session, one_day.id, lambda: NOW)
    assert last is not None
    assert (last.done, last.is_finished) == (3, True)
    assert share_of(figures(session, run_id, EVERYTHING)) == (Share(2, 3), Share(1, 3))


@pytest.mark.usefixtures("in_slices_of_one")
def test_what_a_dead_worker_had_claimed_is_done_by_another_later(session: Session, cast: Cast, one_day: Draft) -> None:
    report(session, cast, **MINOR)
    one_day.start()
    with writing(session):
        session.execute(update(DraftSlice).values(claimed_until=NOW + what_if.CLAIM))
    claimed = what_if.run(session, one_day.id, lambda: NOW)
    assert claimed is not None
    assert not claimed.is_finished
    found = what_if.run(session, one_day.id, lambda: NOW + 2 * what_if.CLAIM)
    assert found is not None
    assert found.is_finished


@pytest.mark.usefixtures("in_slices_of_one")
def test_a_slice_is_counted_once_however_many_compute_it(session: Session, cast: Cast, one_day: Draft) -> None:
    resolve(session, report(session, cast, **MINOR), OPENED + 36 * HOUR)
    run_id = one_day.start()
    slow = what_if._claim(session, run_id, NOW)
    what_if.run(session, one_day.id, lambda: NOW + 2 * what_if.CLAIM)
    assert what_if._store(session, slow, Counts(), NOW)
    assert share_of(figures(session, run_id, EVERYTHING)) == (Share(1, 1), Share(0, 1))


@pytest.mark.usefixtures("in_slices_of_one")
def test_a_draft_that_changes_meanwhile_stops_its_run(session: Session, cast: Cast, one_day: Draft) -> None:
    report(session, cast, **MINOR)
    report(session, cast, **MINOR)
    one_day.start()
    what_if.run(session, one_day.id, lambda: NOW, until=NOW)
    claimed = what_if._claim(session, session.scalars(select(DraftRun.id)).one(), NOW)
    change_of = limited(session, "default/complaint-minor-resolution", 12, "hours")
    with writing(session):
        save_changes(session, one_day.id, one_day.row.version, change_of, BY, NOW)
    assert not what_if._store(session, claimed, Counts(), NOW)
    found = what_if.run(session, one_day.id, lambda: NOW)
    assert found is not None
    assert (found.is_overtaken, found.is_finished, found.done) == (True, False, 1)


@pytest.mark.usefixtures("in_slices_of_one")
def test_nobody_works_on_the_run_of_a_draft_that_is_no_more(session: Session, cast: Cast, one_day: Draft) -> None:
    report(session, cast, **MINOR)
    one_day.start()
    assert what_if.going(session) == [one_day.id]
    with writing(session):
        drop_draft(session, one_day.id, one_day.row.version, BY, NOW)
    found = what_if.run(session, one_day.id, lambda: NOW)
    assert found is not None
    assert (found.is_overtaken, found.done, what_if.going(session)) == (True, 0, [])


def test_a_new_run_leaves_nothing_of_the_one_before(session: Session, cast: Cast, one_day: Draft) -> None:
    resolve(session, report(session, cast, **MINOR), OPENED + 36 * HOUR)
    one_day.run()
    one_day.run()
    counts = [len(session.scalars(select(model.id)).all()) for model in (DraftRun, DraftSlice, DraftEffect)]
    assert counts == [1, 1, 1]


def test_a_run_over_no_ticket_is_over_at_once(session: Session, one_day: Draft) -> None:
    assert one_day.run().tickets == 0
    found = what_if.progress(session, one_day.id)
    assert found is not None
    assert found.is_finished


def test_a_draft_that_changes_nothing_is_not_run(session: Session, cast: Cast) -> None:
    with pytest.raises(Fault, match="changes nothing yet"):
        draft_of(session, {}).start()


def test_a_draft_whose_base_changed_is_not_run_until_it_takes_the_new_one(
    session: Session, cast: Cast, one_day: Draft
) -> None:
    row = rule(session, "default/complaint-minor-resolution")
    values = {name: value for name, value in row.items() if name not in ("id", "version", "model")}
    follower = {**values, "code": "later", "value": 3, "valid_from": (OPENED + 5 * DAY).date()}
    with writing(session):
        ended = Update(StandardRule, row["id"], {"valid_to": follower["valid_from"]})
        new_id, _ = write(session, [Insert(StandardRule, follower), ended], by=BY, at=OPENED)
    with pytest.raises(Fault, match="default/complaint-minor-resolution"):
        one_day.start()
    with writing(session):
        take_new_base(session, one_day.id, one_day.row.version, BY, NOW)
    assert one_day.row.changes == {
        "rules": {str(new_id): {"version": 1, "limit": {"value": 1, "unit": "days", "clock": "elapsed"}}}
    }
    one_day.start()


def test_taking_the_new_base_lets_go_of_what_it_says_already(session: Session, cast: Cast, one_day: Draft) -> None:
    row = rule(session, "default/complaint-minor-resolution")
    with writing(session):
        write(session, [Update(StandardRule, row["id"], {"value": 1})], by=BY, at=OPENED)
    with writing(session):
        take_new_base(session, one_day.id, one_day.row.version, BY, NOW)
    assert (one_day.row.changes, limit_of(rule(session, "default/complaint-minor-resolution"))["value"]) == ({}, 1)


def test_two_people_do_not_overwrite_each_other(session: Session, one_day: Draft) -> None:
    with pytest.raises(Stale), writing(session):
        save_changes(session, one_day.id, one_day.row.version - 1, {}, BY, NOW)


def test_a_dropped_draft_is_changed_no_more(session: Session, one_day: Draft) -> None:
    with writing(session):
        drop_draft(session, one_day.id, one_day.row.version, BY, NOW)
    assert one_day.row.state is DraftState.DROPPED
    with pytest.raises(Fault, match="start another one"):
        one_day.start()


def test_a_day_off_in_the_draft_moves_working_days(session: Session, cast: Cast) -> None:
    with writing(session):
        on_days = {"value": 2, "unit": "working_days"}
        rule_id = rule(session, "default/complaint-minor-resolution")["id"]
        calendar = Insert(HolidayCalendar, {"code": "cn", "name": "中国"})
        calendar_id, _ = write(session, [calendar, Update(StandardRule, rule_id, on_days)], by=BY, at=OPENED)
    off = {"is_working": False, "as_weekday": None, "name": "停电检修"}
    thursday = (OPENED + DAY).date().isoformat()
    draft = draft_of(session, {"days": {str(calendar_id): {thursday: {"seen": None, "day": off}}}})
    ticket_id = report(session, cast, **MINOR)  # on a Wednesday: due on Friday, by the draft on Monday
    resolve(session, ticket_id, OPENED + 3 * DAY)
    assert share_of(draft.run()) == (Share(0, 1), Share(1, 1))
    assert draft.effects(Effect.IN_TIME) == [(ticket_id, M.RESOLUTION, None, OPENED + 2 * DAY, OPENED + 5 * DAY)]
