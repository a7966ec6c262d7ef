"""What the deadline and ladder rules need to know of a ticket, and how it follows from row and timeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from models.milestone import MilestoneKind
from models.ticket import OPEN_STATES, Category, Severity, TicketKind, TicketState, Validity
from models.ticket_event import EventKind

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
class TicketFacts:
    """A ticket as the rules see it. Classes and rounds are in time order, the last of each is the present."""

    zone: tzinfo
    state: TicketState
    classes: Sequence[TicketClass]
    rounds: Sequence[Round]
    done: Mapping[EventKind, Sequence[datetime]]
    validity: Validity | None = None
    appointment_at: datetime | None = None
    owner_deadline_at: datetime | None = None
    promised_reply_at: datetime | None = None
    is_harm_ongoing: bool = False

    @property
    def opened_at(self) -> datetime:
        return self.rounds[0].started_at

    @property
    def opened_on(self) -> date:
        """The local day of opening, whose standards the ticket keeps."""
        return self.opened_at.astimezone(self.zone).date()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def has_harm(self) -> bool:
        """Whether harm goes on or went on until it was stopped: what was done stays to be seen."""
        return self.is_harm_ongoing or EventKind.HARM_STOPPED in self.done

    def classes_until(self, moment: datetime | None) -> list[TicketClass]:
        """The classes up to then. What is reclassified after the end starts no clock (ours)."""
        return [each for each in self.classes if moment is None or each.since <= moment]

    def done_moments(self, kind: MilestoneKind) -> list[datetime]:
        """When something was done that does this milestone, in time order."""
        return sorted(moment for event in DOING.get(kind, ()) for moment in self.done.get(event, ()))


def class_history(
    opened_at: datetime, present: TicketClass, earlier: Iterable[tuple[datetime, TicketClass]]
) -> list[TicketClass]:
    """The classes of a ticket in time order, from the present one and the ones left behind at each moment."""
    history, since = [], opened_at
    for moment, left_behind in earlier:
        history.append(replace(left_behind, since=since))
        since = moment
    return [*history, replace(present, since=since)]


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
        return [*found[:-1], replace(last, ended_at=last.ended_at or moment), Round(last.number + 1, moment)]
    resolved_at = moment if kind is EventKind.RESOLVED else last.resolved_at
    return [*found[:-1], replace(last, ended_at=last.ended_at or moment, resolved_at=resolved_at)]


def _ended(last: Round, state: TicketState, resolved_at: datetime | None, closed_at: datetime | None) -> Round:
    if state in {TicketState.RESOLVED, TicketState.CLOSED}:
        return replace(last, ended_at=resolved_at or closed_at, resolved_at=resolved_at or closed_at)
    return replace(last, ended_at=None if state in OPEN_STATES else closed_at, resolved_at=None)
