"""Why this date, in the reader's language: the same sentences on the page of a ticket and in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from babel.dates import format_datetime
from flask_babel import get_locale

from models.base import N_
from models.milestone import LimitUnit
from models.standard import LadderBasis
from reports.explanation import Clause, Explanation, MilestoneReason, StepReason
from reports.receipts import Agreement, WaitReason
from reports.stretches import Begin, Way
from rules.clocks import Cause
from rules.deadlines import Basis
from views.language import translate
from views.why_words import BEGINNINGS, WAYS, channel, on_clock, reading, step_text, version, wait_sentences
from views.wording import exact_text, limit_text, offset_text

MOST_WAYS = 60  # beyond, a list explains nothing any more

_RUNNING = frozenset({Cause.COUNTED, Cause.EXTRA_WORKDAY, Cause.ADDED})


@dataclass(frozen=True, slots=True)
class WayLine:
    """A stretch: from when to when, what of it counted and why; `is_counted` marks those that use the limit up."""

    span: str
    text: str
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons of one date: what the standard says, the start, the way, and what came of it."""

    clause: Clause
    beginning: Sequence[str]
    ways: Sequence[WayLine]
    outcome: Sequence[str]

    def lines(self) -> Iterator[str]:
        """All of it as lines of text, the stretches set in."""
        yield from self.beginning
        yield from (f"  {each.span}  {each.text}" for each in self.ways)
        yield from self.outcome


class Teller:
    """Tells the reasons of one ticket in the language of the request, moments in the estate's time."""

    def __init__(self, found: Explanation, zone: tzinfo) -> None:
        self.found = found
        self.zone = zone

    def moment(self, at: datetime) -> str:
        """The moment with its weekday, to the second where it has any."""
        local = at.astimezone(self.zone)
        pattern = "y-MM-dd EEE HH:mm:ss" if local.second else "y-MM-dd EEE HH:mm"
        return str(format_datetime(local, pattern, tzinfo=self.zone, locale=get_locale() or "en"))

    def milestone(self, reason: MilestoneReason) -> Why:
        """Why a milestone is due when it is."""
        beginning = [*version(reason.clause), *self._entered(reason), *self._beginning(reason)]
        ways = [*self._ways(reason.ways)]
        outcome = [*self._waits(reason.waits, reason.paused_seconds), *self._milestone_outcome(reason)]
        return Why(reason.clause, beginning, ways, outcome)

    def step(self, reason: StepReason) -> Why:
        """Why a step of the ladder or a warning comes when it does."""
        beginning = [*version(reason.clause), *self._step_beginning(reason)]
        outcome = [*self._waits(reason.waits, 0), *self._step_outcome(reason)]
        return Why(reason.clause, beginning, [*self._ways(reason.ways)], outcome)

    def _entered(self, reason: MilestoneReason) -> Iterator[str]:
        if reason.begin is Begin.OPENING and self.found.entered_at is not None:
            sentence = N_("It was entered only on %(entered)s: every clock runs from %(came)s, when the report came.")
            moments = {"entered": self.moment(self.found.entered_at), "came": self.moment(self.found.opened_at)}
            yield translate(sentence) % moments

    def _beginning(self, reason: MilestoneReason) -> Iterator[str]:
        if reason.basis is not Basis.LIMIT:
            yield from self._agreed(reason)
            return
        yield translate(BEGINNINGS[reason.begin]) % {"moment": self.moment(reason.started_at)}
        yield reading(reason.value, reason.unit, reason.clock)

    def _agreed(self, reason: MilestoneReason) -> Iterator[str]:
        if reason.due_at is None:
            yield translate(N_("The standard leaves this date to both sides, and none has been agreed on yet."))
            return
        sentence = {
            Basis.APPOINTMENT: N_("The appointment that was agreed on counts: %(moment)s."),
            Basis.OWNER_DEADLINE: N_("The owner's own deadline replaces the limit: %(moment)s."),
            Basis.AGREED: N_("The date that the owner was promised counts: %(moment)s."),
            Basis.SOURCE: N_("The date counts as given by the source: %(moment)s."),
        }[reason.basis]
        yield translate(sentence) % {"moment": self.moment(reason.due_at)}
        if reason.agreement is not None:
            yield self._agreement(reason.agreement)

    def _agreement(self, agreement: Agreement) -> str:
        said = {
            "who": agreement.who or translate(N_("Automatic")),
            "whom": agreement.with_whom or translate(N_("the owner")),
            "moment": self.moment(agreement.at),
        }
        return translate(N_("%(who)s agreed on it with %(whom)s, written down on %(moment)s.")) % said

    def _milestone_outcome(self, reason: MilestoneReason) -> Iterator[str]:
        if reason.due_at is not None and reason.basis is Basis.LIMIT:
            yield translate(N_("Due: %(moment)s.")) % {"moment": self.moment(reason.due_at)}
        if reason.is_open and any(wait.goes_on for wait in reason.waits) and reason.paused_seconds:
            yield translate(
                N_("The ticket still waits: this is the latest date. It comes nearer when work goes on earlier.")
            )
        yield from self._cautions(reason.reckoned_at, reason.is_provisional)
        if reason.done_at is None:
            yield from self._moves({"milestone": reason.kind.value, "level": None})

    def _step_beginning(self, reason: StepReason) -> Iterator[str]:
        if reason.is_owners_deadline:
            yield translate(N_("It comes with the owner's own deadline, %(moment)s.")) % self._at(reason.due_at)
            return
        if reason.basis is LadderBasis.DUE_TIME and reason.milestone is not None:
            said = {
                "offset": offset_text(reason.value or 0, reason.unit),
                "milestone": translate(reason.milestone.label),
                "moment": self.moment(reason.started_at),
            }
            yield translate(N_("%(offset)s: %(milestone)s was or is due on %(moment)s.")) % said
            yield from on_clock(reason.unit, reason.clock)
            return
        if reason.unit is LimitUnit.AT_ONCE:
            sentence = {
                Begin.RECLASSIFICATION: N_("At once, from the reclassification on %(moment)s."),
            }.get(reason.begin, N_("At once, from the report on %(moment)s."))
            yield translate(sentence) % self._at(reason.started_at)
            return
        said = {"limit": limit_text(reason.value, reason.unit), "moment": self.moment(reason.started_at)}
        yield translate(N_("Open for %(limit)s, counted from the first report on %(moment)s.")) % said
        yield from on_clock(reason.unit, reason.clock)

    def _step_outcome(self, reason: StepReason) -> Iterator[str]:
        sentence = (
            N_("The warning comes on %(moment)s.") if reason.is_warning else N_("The level is reached on %(moment)s.")
        )
        yield translate(sentence) % self._at(reason.due_at)
        if reason.turns_major:
            yield translate(N_("With this step a valid complaint turns major."))
        yield from self._cautions(reason.reckoned_at, is_provisional=False)
        if not reason.is_warning:
            yield from self._moves({"milestone": None, "level": reason.level})
        if reason.recorded_at is not None:
            yield translate(N_("Recorded on %(moment)s.")) % self._at(reason.recorded_at)
        if reason.told:
            people = ", ".join(f"{each.name} ({', '.join(map(channel, each.channels))})" for each in reason.told)
            yield translate(N_("Told: %(people)s.")) % {"people": people}
        for each in reason.answers:
            said = {"who": each.who or translate(N_("Automatic")), "moment": self.moment(each.at)}
            yield translate(N_("%(who)s acknowledged on %(moment)s.")) % said

    def _cautions(self, reckoned_at: datetime | None, is_provisional: bool) -> Iterator[str]:
        if reckoned_at is not None:
            sentence = N_(
                "Reckoned anew today this way would end on %(moment)s. The date above was promised before and stands."
            )
            yield translate(sentence) % self._at(reckoned_at)
        if is_provisional and self.found.covered_until is not None:
            sentence = N_(
                "Provisional: holidays are known until %(day)s only. After that Monday to Friday count as working days."
            )
            yield translate(sentence) % {"day": self.found.covered_until}

    def _moves(self, wanted: Mapping[str, Any]) -> Iterator[str]:
        """How the date was moved when newer standards were taken over for open tickets too."""
        sentence = N_(
            "On %(moment)s %(who)s took a newer standard over for this ticket: the date was %(before)s till then."
        )
        for each in self.found.moves:
            for moved in each.data.get("moved", ()):
                if moved["from"] and {name: moved[name] for name in wanted} == wanted:
                    before = self.moment(datetime.fromisoformat(moved["from"]))
                    said = {"moment": self.moment(each.at), "who": each.who or translate(N_("Automatic"))}
                    yield translate(sentence) % {**said, "before": before}

    def _ways(self, ways: Sequence[Way]) -> Iterator[WayLine]:
        for way in ways[:MOST_WAYS]:
            yield WayLine(self._span(way.start, way.end), self._way(way), way.cause in _RUNNING or bool(way.of))
        if len(ways) > MOST_WAYS:
            left = {"number": len(ways) - MOST_WAYS}
            yield WayLine(
                "…", translate(N_("and %(number)s more stretches of the same kinds")) % left, is_counted=False
            )

    def _span(self, start: datetime, end: datetime) -> str:
        first, last = self.moment(start), self.moment(end)
        day, _, clock = last.rpartition(" ")
        return f"{first} – {clock if first.startswith(day) else last}"

    def _way(self, way: Way) -> str:
        length = {"length": exact_text(way.counted_seconds), "name": way.name}
        if way.of:
            return step_text(way)
        if way.cause is Cause.PAUSE and way.wait is not None:
            return translate(N_("not counted: waiting (%(reason)s)")) % {"reason": translate(way.wait.reason.label)}
        return translate(WAYS[way.cause]) % length

    def _waits(self, waits: Sequence[WaitReason], paused_seconds: int) -> Iterator[str]:
        for wait in waits:
            yield self._wait(wait)
        if paused_seconds:
            yield translate(N_("Waiting adds %(length)s.")) % {"length": exact_text(paused_seconds)}

    def _wait(self, wait: WaitReason) -> str:
        said = {
            "reason": translate(wait.reason.label),
            "since": self.moment(min(wait.requested_at, wait.told_at or wait.requested_at)),
            "until": self.moment(wait.ended_at) if wait.ended_at else translate(N_("now")),
            "told": self.moment(wait.told_at) if wait.told_at else "",
            "how": translate(wait.told_channel.label) if wait.told_channel else "",
            "teller": wait.told_by or "",
            "decider": wait.decided_by or "",
            "capped": self.moment(wait.counts_until) if wait.counts_until else "",
        }
        parts = [translate(sentence) % said for sentence in wait_sentences(wait)]
        return " ".join(parts)

    def _at(self, moment: datetime) -> dict[str, str]:
        return {"moment": self.moment(moment)}
