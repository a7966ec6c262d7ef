"""What the deadline and ladder rules need to know of a ticket, and how it follows from row and timeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo

from models.milestone import MilestoneKind
from models.ticket import OPEN_STATES, Category, Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind
from rules.clocks import Calendar, Pause

# The events that do a milestone. Going there or giving an answer is a response too, and who hands a ticket
# over to the supervisor has reported it (ours).
DOING: dict[MilestoneKind, frozenset[EventKind]] = {
    MilestoneKind.HARM_STOPPED: frozenset({EventKind.HARM_STOPPED}),
    MilestoneKind.FIRST_RESPONSE: frozenset(
        {EventKind.RESPONDED, EventKind.ARRIVED, EventKind.REPLIED, EventKind.ANSWERED}
    ),
    MilestoneKind.ON_SITE: frozenset({EventKind.ARRIVED}),
    MilestoneKind.PROGRESS_REPLY: frozenset({EventKind.REPLIED, EventKind.ANSWERED}),
    MilestoneKind.PROMISED_REPLY: frozenset({EventKind.ANSWERED}),
    MilestoneKind.REPORT_SUPERVISOR: frozenset({EventKind.REPORTED, EventKind.HANDED_SUPERVISOR}),
    MilestoneKind.REPORT_HQ: frozenset({EventKind.REPORTED_HQ}),
    MilestoneKind.ANSWER: frozenset({EventKind.ANSWERED}),
    MilestoneKind.HAND_OVER_SUPERVISOR: frozenset({EventKind.HANDED_SUPERVISOR, EventKind.HANDED_MANAGER}),
    MilestoneKind.HAND_OVER_MANAGER: frozenset({EventKind.HANDED_MANAGER}),
    MilestoneKind.RECORD_HANDED_IN: frozenset({EventKind.RECORD_HANDED_IN}),
}


@dataclass(frozen=True, slots=True)
class TicketClass:
    """What a ticket counts as, from a moment on."""

    since: datetime
    kind: TicketKind
    category: Category | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One stretch from opening or reopening to the end, which is a resolution or a closing without one."""

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a ticket kept until its dates were moved: the standards of that day (None: of its opening), its calendar."""

    until: datetime
    day: date | None
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class SourceWord:
    """What the system says that a ticket came from: when it was due there, when it was closed, whether in time."""

    system: str
    due_at: datetime | None = None
    closed_at: datetime | None = None
    is_on_time: bool | None = None


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket as the rules see it. Classes and rounds are in time order, the last of each is the present.

    `pauses` are those that stop its clocks, each with its end; `doers` the accounts of what is in `done`, by what and
    when; `standards_on` the day whose standards it keeps, if not that of its opening; `earlier` what it kept before, in
    time order; `source` speaks where the ticket was promised elsewhere.
    """

    calendar: Calendar
    state: TicketState
    classes: Sequence[TicketClass]
    rounds: Sequence[Round]
    done: Mapping[EventKind, Sequence[datetime]]
    validity: Validity | None = None
    appointment_at: datetime | None = None
    owner_deadline_at: datetime | None = None
    promised_reply_at: datetime | None = None
    is_harm_ongoing: bool = False
    pauses: Sequence[Pause] = ()
    doers: Mapping[tuple[EventKind, datetime], int | None] = field(default_factory=dict)
    standards_on: date | None = None
    earlier: Sequence[Earlier] = ()
    source: SourceWord | None = None

    @property
    def zone(self) -> tzinfo:
        return self.calendar.zone

    @property
    def opened_at(self) -> datetime:
        return self.rounds[0].started_at

    @property
    def opened_on(self) -> date:
        """The local day of opening."""
        return self.opened_at.astimezone(self.zone).date()

    @property
    def kept_on(self) -> date:
        """The day whose standards the ticket keeps: that of its opening, unless its dates were moved to newer ones."""
        return self.standards_on or self.opened_on

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def has_harm(self) -> bool:
        """Whether harm goes on or went on until it was stopped: what was done stays to be seen."""
        return self.is_harm_ongoing or EventKind.HARM_STOPPED in self.done

    def classes_until(self, moment: datetime | None) -> Sequence[TicketClass]:
        """The classes up to then. What is reclassified after the end starts no clock (ours)."""
        if moment is None:
            return self.classes
        return [each for each in self.classes if each.since <= moment]

    def done_moments(self, kind: MilestoneKind) -> list[datetime]:
        """When something was done that does this milestone, in time order."""
        done = self.done
        moments = [moment for event in DOING.get(kind, ()) if event in done for moment in done[event]]
        return sorted(moments) if len(moments) > 1 else moments

    def doer(self, kind: MilestoneKind, at: datetime) -> int | None:
        """The account that did this milestone then: for itself, or by resolving the ticket."""
        if not self.doers:
            return None
        events = (*DOING.get(kind, ()), EventKind.RESOLVED)
        return next((found for event in events if (found := self.doers.get((event, at))) is not None), None)


def class_history(
    opened_at: datetime, present: TicketClass, earlier: Iterable[tuple[datetime, TicketClass]]
) -> list[TicketClass]:
    """The classes of a ticket in time order, from the present one and the ones left behind at each moment.

    What was recorded later than it came about does not overtake what was decided meanwhile.
    """
    history, since = [], opened_at
    for moment, left_behind in earlier:
        history.append(replace(left_behind, since=since))
        since = max(since, moment)
    return [*history, present if present.since == since else replace(present, since=since)]


def rounds(
    opened_at: datetime,
    turns: Iterable[tuple[EventKind, datetime]],
    state: TicketState,
    resolved_at: datetime | None,
    closed_at: datetime | None,
) -> list[Round]:
    """The rounds of a ticket, in time order.

    The earlier ones by the resolutions, closings and reopenings in `turns`, the present one by its row.
    """
    found = [Round(0, opened_at)]
    for kind, moment in turns:
        found = _turned(found, kind, moment)
    return [*found[:-1], _ended(found[-1], state, resolved_at, closed_at)]


def _turned(found: list[Round], kind: EventKind, moment: datetime) -> list[Round]:
    last = found[-1]
    if kind is EventKind.REOPENED:
        return [*found[:-1], _until(last, moment, last.resolved_at), Round(last.number + 1, moment)]
    return [*found[:-1], _until(last, moment, moment if kind is EventKind.RESOLVED else last.resolved_at)]


def _until(last: Round, moment: datetime, resolved_at: datetime | None) -> Round:
    """The round as it ended, at that moment unless it had ended before."""
    return Round(last.number, last.started_at, last.ended_at or moment, resolved_at)


def _ended(last: Round, state: TicketState, resolved_at: datetime | None, closed_at: datetime | None) -> Round:
    if state in {TicketState.RESOLVED, TicketState.CLOSED}:
        ended_at = resolved_at or closed_at
        return Round(last.number, last.started_at, ended_at, ended_at)
    return Round(last.number, last.started_at, None if state in OPEN_STATES else closed_at, None)
