"""What a draft would do, counted: the tickets of a slice judged by today's standards and by the draft."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.orm import Session

from models.calendar import HolidayCalendar
from models.draft import DraftRun, Effect, StandardDraft
from models.milestone import MilestoneKind
from models.standard import LadderBasis
from models.ticket import OPEN_STATES, Ticket, TicketKind
from operations import ticket_facts
from operations.calendars import SHIPPED, Key, calendar_of
from operations.chunks import chunks
from operations.draft_changes import read
from operations.ticket_facts import Standard
from rules.clocks import Calendar
from rules.deadlines import dues
from rules.drafts import drafted, drafted_calendar, is_touched, touched_rules
from rules.facts import TicketFacts
from rules.fitting import Rule, Rulebook
from rules.ladder import steps
from rules.what_if import Changed, Judged, counted, differences, goes_over, is_hit, judged, levels, moves

_run, _ticket = (cast(Table, model.__table__) for model in (DraftRun, Ticket))
_is_open: ColumnElement[bool] = _ticket.c.state.in_(sorted(OPEN_STATES))


def of_set(set_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    """The tickets of the set that were opened in the span, and those that are open and were opened until then."""
    is_counted = or_(_ticket.c.opened_at >= since, _is_open)
    return and_(_ticket.c.standard_set_id == set_id, _ticket.c.opened_at <= until, is_counted)


@dataclass(slots=True)
class Counts:
    """What is counted of a slice, by estate: [today, of those good, draft, of those good] and the like."""

    milestones: defaultdict[tuple[int, MilestoneKind, TicketKind], list[int]] = field(
        default_factory=lambda: defaultdict(_four)
    )
    levels: defaultdict[tuple[int, TicketKind, int], list[int]] = field(default_factory=lambda: defaultdict(_four))
    people: defaultdict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(_six))
    tickets: Counter[tuple[int, str]] = field(default_factory=Counter)
    effects: list[dict[str, Any]] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The counts as JSON keeps them: rows of key and numbers."""
        return {
            "milestones": [[*key, *numbers] for key, numbers in self.milestones.items()],
            "levels": [[*key, *numbers[:2]] for key, numbers in self.levels.items()],
            "people": [[*key, *numbers] for key, numbers in self.people.items()],
            "tickets": [[*key, number] for key, number in self.tickets.items()],
        }


def _four() -> list[int]:
    return [0, 0, 0, 0]


def _six() -> list[int]:
    return [0, 0, 0, 0, 0, 0]


class Worker:
    """What a worker knows of a run for all its slices."""

    def __init__(self, session: Session, run_id: int) -> None:
        self.session = session
        self.run = session.execute(select(_run).where(_run.c.id == run_id)).one()
        draft = session.get_one(StandardDraft, self.run.draft_id)
        self.set_id, self.draft = draft.standard_set_id, read(draft.changes)
        self.today = ticket_facts.standards(session, [self.set_id])[self.set_id]
        self.drafted = Standard(
            Rulebook(drafted(self.today.deadlines, self.draft.deadlines)),
            Rulebook(drafted(self.today.ladder, self.draft.ladder)),
        )
        self.calendars: dict[tuple[int, int | None, int | None], tuple[Calendar, Calendar]] = {}
        touched = touched_rules(self.today.deadlines, self.draft.deadlines)
        self.touched: Sequence[Rule] = [*touched, *touched_rules(self.today.ladder, self.draft.ladder)]
        # What decides about one milestone says nothing of another: the others need no second judgement.
        self.kinds = frozenset(rule.milestone for rule in touched)
        self.of_kinds = Rulebook(rule for rule in self.drafted.deadlines if rule.milestone in self.kinds)
        moves_steps = any(rule.basis is LadderBasis.DUE_TIME and not rule.is_warning for rule in self.drafted.ladder)
        self.is_ladder_touched = bool(self.draft.ladder) or moves_steps

    @cached_property
    def default_calendar(self) -> int | None:
        return self.session.scalar(select(HolidayCalendar.id).where(HolidayCalendar.code == SHIPPED))

    def count(self, first_id: int, last_id: int) -> Counts:
        """The counts of the tickets of the run between those ids."""
        columns = (
            *(_ticket.c.id, _ticket.c.estate_id, _ticket.c.assignee_id, _ticket.c.butler_id),
            *(_ticket.c.kind, _ticket.c.service_hours_id, _ticket.c.calendar_id),
        )
        asked = select(*columns).where(
            _ticket.c.id.between(first_id, last_id), of_set(self.set_id, self.run.since, self.run.until)
        )
        rows = {row.id: row for row in self.session.execute(asked.order_by(_ticket.c.id))}
        counts = Counts()
        for ids in chunks(rows):
            known = ticket_facts.load(self.session, ids)
            later = {ticket_id: self._key(rows[ticket_id], each.facts) for ticket_id, each in known.items()}
            calendars = calendar_of(self.session, set(later.values()))
            for ticket_id in ids:
                self._count_one(counts, rows[ticket_id], known[ticket_id].facts, calendars[later[ticket_id]])
        return counts

    def _key(self, row: Any, facts: TicketFacts) -> Key:
        """By what the calendar is found that the ticket would have if it went over to the draft."""
        return Key(row.calendar_id, row.service_hours_id, facts.zone, self.run.day)

    def _count_one(self, counts: Counts, row: Any, facts: TicketFacts, later: Calendar) -> None:
        now = self.run.until
        today = judged(facts, self.today.deadlines, self.today.ladder)
        draft = self._by_draft(facts, today, self._drafted(facts.calendar, row))
        changes = [] if draft is today else list(differences(facts, today, draft, now))
        if facts.is_open:
            over = goes_over(facts, self.run.day, self._drafted(later, row))
            changes += moves(today, judged(over, self.drafted.deadlines, self.drafted.ladder), now)
        _tally(counts, row, facts, (today, draft), changes, now)

    def _by_draft(self, facts: TicketFacts, today: Judged, calendar: Calendar) -> Judged:
        """The ticket had the draft held all the time; `today` itself if the draft says nothing of such a ticket."""
        if calendar is not facts.calendar:
            return judged(replace(facts, calendar=calendar), self.drafted.deadlines, self.drafted.ladder)
        if not is_touched(facts, self.touched):
            return today
        owed = [due for due in today.dues if due.kind not in self.kinds] + dues(facts, self.of_kinds)
        return Judged(owed, steps(facts, self.drafted.ladder, owed) if self.is_ladder_touched else today.steps)

    def _drafted(self, calendar: Calendar, row: Any) -> Calendar:
        """The calendar of the ticket as the draft would have it; the same one if the draft leaves that alone."""
        calendar_id = row.calendar_id or self.default_calendar
        windows = self.draft.windows.get(row.service_hours_id)
        days = self.draft.days.get(calendar_id) if calendar_id is not None else None
        if windows is None and days is None:
            return calendar
        key = (id(calendar), row.service_hours_id, calendar_id)
        if key not in self.calendars:  # keeps the one it was made from, so that no other takes its id
            self.calendars[key] = calendar, drafted_calendar(calendar, windows, days)
        return self.calendars[key][1]


def _tally(
    counts: Counts,
    row: Any,
    facts: TicketFacts,
    sides: tuple[Judged, Judged],
    changes: Sequence[Changed],
    now: datetime,
) -> None:
    estate_id, kind, staff_id = row.estate_id, row.kind, row.assignee_id or row.butler_id
    person = counts.people[estate_id, staff_id or 0]
    today, draft = sides
    seen = [(list(counted(facts, today, now)), levels(facts, today, now))]
    seen.append(seen[0] if draft is today else (list(counted(facts, draft, now)), levels(facts, draft, now)))
    for side, (milestones, reached) in enumerate(seen):
        for milestone, is_in_time in milestones:
            numbers = counts.milestones[estate_id, milestone, kind]
            numbers[2 * side] += 1
            numbers[2 * side + 1] += is_in_time
            person[side] += not is_in_time
        for level in reached:
            counts.levels[estate_id, kind, level][side] += 1
        person[2 + side] += len(reached)
    person[4] += is_hit(changes)
    person[5] += 1
    counts.tickets[estate_id, "all"] += 1
    counts.tickets[estate_id, "open"] += facts.is_open
    counts.tickets[estate_id, "moved"] += any(each.effect is Effect.DATE_MOVED for each in changes)
    place = {"estate_id": estate_id, "ticket_id": row.id, "staff_id": staff_id}
    counts.effects += [{**place, **each._asdict()} for each in changes]
