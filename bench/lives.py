"""Tickets of three years with what belongs to them, as rows ready for the database; their due times by the rules."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bench import words
from bench.company import FRONT_DESK, Company, butler, engineer, staff_id
from models.callback import CallbackForm, CallbackOutcome, Satisfaction
from models.ticket import SEVERITIES, Category, Channel, Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind
from operations.due_times import Verdict, verdict
from operations.ticket_facts import Standard
from rules.clocks import Calendar
from rules.facts import DOING, TicketClass, TicketFacts, rounds
from rules.ladder import Step

YEARS = timedelta(days=3 * 365)
RECENT = timedelta(days=60)  # only tickets as young as that may still be open
STILL_OPEN = 0.18  # of the recent ones, which makes one in a hundred of all
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(ZONE)  # no estate of the bench has service hours, and no shipped rule of theirs counts working days
KINDS = {
    TicketKind.REPAIR: 52,
    TicketKind.CONSULTATION: 16,
    TicketKind.COMPLAINT: 14,
    TicketKind.HELP: 8,
    TicketKind.SUGGESTION: 6,
    TicketKind.SPECIAL_SERVICE: 4,
}
_TELLING = frozenset().union(*DOING.values())
_UNDONE = (TicketState.NEW, TicketState.ASSIGNED, TicketState.IN_PROGRESS, TicketState.WAITING)

Row = tuple[Any, ...]

COLUMNS = {
    "ticket": (
        "id version estate_id code subject unit_id building_id owner_id contact_name contact_phone kind severity "
        "category validity channel state assignee_id butler_id opened_at next_due_at description is_under_warranty "
        "is_harm_ongoing resolved_at closed_at reopen_count standard_set_id"
    ),
    "ticket_event": "version estate_id ticket_id kind at note is_internal data",
    "milestone": (
        "version estate_id ticket_id kind round started_at due_at done_at is_open limit_value limit_unit rule_id"
    ),
    "ladder_step": "version estate_id ticket_id level due_at recorded_at is_open rule_id previous_level",
    "early_warning": "version estate_id ticket_id rule_id milestone round due_at recorded_at is_open",
    "callback": "version estate_id ticket_id called_at form caller_id outcome satisfaction suggestions",
}


@dataclass
class Life:
    """One ticket: where it is, what it is about, and what became of it."""

    id: int
    estate: int  # from 0
    unit_index: int
    kind: TicketKind
    severity: Severity | None
    category: Category
    validity: Validity | None
    opened_at: datetime
    state: TicketState
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    happenings: list[tuple[EventKind, datetime]] = field(default_factory=list)


def moment_text(moment: datetime | None) -> str | None:
    """A moment in UTC as SQLite keeps it, which PostgreSQL reads too."""
    return None if moment is None else f"{moment.replace(tzinfo=None).isoformat(' ', 'seconds')}.000000"


def lives(company: Company, now: datetime) -> Iterator[Life]:
    """Every ticket in the order of opening, numbered from 1."""
    random, size = Random(21), company.size
    spacing = YEARS / size.tickets
    for index in range(size.tickets):
        opened_at = (now - YEARS + spacing * (index + random.random())).replace(microsecond=0)
        yield _life(random, index + 1, random.randrange(size.units), size.units_each, opened_at, now)


def _life(random: Random, number: int, unit_index: int, units_each: int, opened_at: datetime, now: datetime) -> Life:
    kind = random.choices(list(KINDS), list(KINDS.values()))[0]
    fitting = SEVERITIES.get(kind)
    life = Life(
        id=number,
        estate=unit_index // units_each,
        unit_index=unit_index,
        kind=kind,
        severity=random.choices(fitting, [8, 2, 1][: len(fitting)])[0] if fitting else None,
        category=random.choice(list(Category)),
        validity=random.choice(list(Validity)) if kind is TicketKind.COMPLAINT else None,
        opened_at=opened_at,
        state=random.choice(_UNDONE),
        happenings=[(EventKind.OPENED, opened_at)],
    )
    if random.random() < 0.5:
        life.happenings.append((EventKind.RESPONDED, opened_at + timedelta(minutes=random.randrange(5, 300))))
    is_recent = opened_at > now - RECENT
    if not is_recent or random.random() >= STILL_OPEN:
        _end(random, life)
    return _until(life, now)


def _end(random: Random, life: Life) -> None:
    """Resolved after some hours, sometimes days; handed in if a complaint; closed the day after."""
    hours = min(random.lognormvariate(1.8, 1.1), 24 * 45)
    life.state = TicketState.CLOSED
    life.resolved_at = life.opened_at + timedelta(seconds=int(hours * 3600))
    life.closed_at = life.resolved_at + timedelta(hours=random.randrange(2, 40))
    life.happenings.append((EventKind.RESOLVED, life.resolved_at))
    if life.kind is TicketKind.COMPLAINT:
        life.happenings.append((EventKind.RECORD_HANDED_IN, life.resolved_at + timedelta(hours=1)))
    life.happenings.append((EventKind.CLOSED, life.closed_at))


def _until(life: Life, now: datetime) -> Life:
    """The life without what would happen after now."""
    life.happenings = sorted([each for each in life.happenings if each[1] <= now], key=lambda each: each[1])
    if life.closed_at and life.closed_at > now:
        life.state, life.closed_at = TicketState.RESOLVED, None
    if life.resolved_at and life.resolved_at > now:
        life.state, life.resolved_at = TicketState.IN_PROGRESS, None
    return life


def judged(life: Life, standard: Standard) -> Verdict:
    """What the rules say of the ticket."""
    turns = [each for each in life.happenings if each[0] is EventKind.RESOLVED]
    done: dict[EventKind, list[datetime]] = {}
    for kind, at in life.happenings:
        if kind in _TELLING:
            done.setdefault(kind, []).append(at)
    facts = TicketFacts(
        calendar=CALENDAR,
        state=life.state,
        classes=[TicketClass(life.opened_at, life.kind, life.category, life.severity)],
        rounds=rounds(life.opened_at, turns, life.state, life.resolved_at, life.closed_at),
        done=done,
        validity=life.validity,
    )
    return verdict(facts, standard)


class Writer:
    """Turns lives into rows by table."""

    def __init__(self, company: Company, standard: Standard, now: datetime) -> None:
        self.company, self.standard, self.now = company, standard, now
        self.random = Random(22)
        self.numbers: dict[tuple[int, str], int] = {}
        self.owed_calls = 0.0

    def rows(self, batch: Sequence[Life]) -> dict[str, list[Row]]:
        """The rows of some tickets, by table."""
        found: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        for life, subject in zip(batch, words.subjects(self.random, len(batch)), strict=True):
            verdict = judged(life, self.standard)
            found["ticket"].append(self._ticket(life, subject, verdict))
            found["ticket_event"] += [_event(life, kind, at) for kind, at in life.happenings]
            found["milestone"] += _milestones(life, verdict)
            for row, event in self._steps(life, verdict):
                found["ladder_step"].append(row)
                found["ticket_event"] += event
            found["early_warning"] += self._warnings(life, verdict)
            found["callback"] += self._callbacks(life)
        return found

    def _ticket(self, life: Life, subject: str, verdict: Verdict) -> Row:
        random = self.random
        building = self.company.place(life.unit_index)[1]
        is_repair = life.kind is TicketKind.REPAIR
        caller = random.randrange(self.company.size.units) if random.random() < 0.2 else None
        return (
            *(life.id, 1, life.estate + 1, self._code(life), subject, life.unit_index + 1),
            *(self.company.building_id(life.unit_index), life.unit_index + 1),
            *((words.name(random), words.phone(caller)) if caller is not None else (None, None)),
            *(life.kind.value, life.severity and life.severity.value, life.category.value),
            *(life.validity and life.validity.value, random.choice(list(Channel)).value, life.state.value),
            engineer(life.estate, building) if is_repair or random.random() < 0.5 else None,
            butler(life.estate, building),
            *(moment_text(life.opened_at), moment_text(verdict.next_due_at)),
            *(f"业主反映：{subject}。已登记并告知处理时限。", 0, 0),
            *(moment_text(life.resolved_at), moment_text(life.closed_at), 0, self.company.standard_set_id),
        )

    def _code(self, life: Life) -> str:
        day = f"{life.opened_at.astimezone(ZONE):%y%m%d}"
        key = (life.estate, day)
        self.numbers[key] = self.numbers.get(key, 0) + 1
        return f"E{life.estate + 1:02}-{day}-{self.numbers[key]:04}"

    def _steps(self, life: Life, verdict: Verdict) -> Iterator[tuple[Row, list[Row]]]:
        """The steps of the ladder, recorded by a sweep within the minute, and the events of that."""
        previous, delay = 0, timedelta(seconds=self.random.randrange(60))
        for step in verdict.steps:
            recorded_at = step.due_at + delay
            is_recorded = recorded_at <= self.now
            row = (1, life.estate + 1, life.id, step.level, moment_text(step.due_at))
            rest = (int(step.is_open), step.rule_id, previous if is_recorded else None)
            escalated = [_escalated(life, step, previous, recorded_at)] if is_recorded else []
            yield (*row, moment_text(recorded_at) if is_recorded else None, *rest), escalated
            previous = step.level

    def _warnings(self, life: Life, verdict: Verdict) -> Iterator[Row]:
        """The warnings that can still come, and those of open tickets that a sweep has recorded."""
        for each in verdict.warnings:
            milestone = each.milestone and each.milestone.value
            due_at = moment_text(each.due_at)
            recorded_at = due_at if each.due_at <= self.now else None
            yield 1, life.estate + 1, life.id, each.rule_id, milestone, each.round, due_at, recorded_at, 1

    def _callbacks(self, life: Life) -> list[Row]:
        """A callback for three tickets in ten, once they are closed."""
        self.owed_calls += 0.3
        if life.closed_at is None or self.owed_calls < 1:
            return []
        self.owed_calls -= 1
        random = self.random
        outcome = random.choices(list(CallbackOutcome), (86, 10, 4))[0]
        is_reached = outcome is CallbackOutcome.REACHED
        answer = random.choices(list(Satisfaction), (62, 30, 8))[0].value if is_reached else None
        called_at = min(life.closed_at + timedelta(hours=random.randrange(3, 100)), self.now)
        caller = staff_id(life.estate, random.choice(FRONT_DESK))
        form = random.choices(list(CallbackForm), (1, 8, 1))[0].value
        said = random.choice((None, None, "希望再快一些"))
        return [(1, life.estate + 1, life.id, moment_text(called_at), form, caller, outcome.value, answer, said)]


def _event(life: Life, kind: EventKind, at: datetime) -> Row:
    return 1, life.estate + 1, life.id, kind.value, moment_text(at), None, 0, None


def _escalated(life: Life, step: Step, previous: int, at: datetime) -> Row:
    data = json.dumps({"from": previous, "to": step.level, "due_at": step.due_at.isoformat()})
    return 1, life.estate + 1, life.id, EventKind.ESCALATED.value, moment_text(at), None, 0, data


def _milestones(life: Life, verdict: Verdict) -> list[Row]:
    return [
        (
            *(1, life.estate + 1, life.id, due.kind.value, due.round),
            *(moment_text(due.started_at), moment_text(due.due_at), moment_text(due.done_at)),
            *(int(due.is_open), due.limit_value, due.limit_unit.value, due.rule_id),
        )
        for due in verdict.dues
    ]
