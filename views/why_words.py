"""The sentences that the reasons of a date are told in, without the moments of a ticket."""

from collections.abc import Iterator
from typing import Any

from models.base import N_
from models.milestone import Clock, LimitUnit
from reports.explanation import Clause
from reports.receipts import WaitReason
from reports.stretches import Begin, Way
from rules.clocks import Cause
from views.language import translate
from views.wording import limit_text

BEGINNINGS = {
    Begin.OPENING: N_("The clock started when the report came, %(moment)s."),
    Begin.REOPENING: N_("The ticket was reopened on %(moment)s; the clock started anew then."),
    Begin.RECLASSIFICATION: N_("The ticket was reclassified on %(moment)s; the clock of its new class started then."),
    Begin.RESOLUTION: N_("The work was resolved on %(moment)s; the clock started then."),
}
_IN_HOURS = frozenset({LimitUnit.MINUTES, LimitUnit.HOURS})
WAYS = {
    Cause.COUNTED: N_("%(length)s counted"),
    Cause.EXTRA_WORKDAY: N_("%(length)s counted: make-up working day %(name)s"),
    Cause.ADDED: N_("%(length)s added for the waiting"),
    Cause.NIGHT: N_("not counted: closed at night"),
    Cause.BREAK: N_("not counted: closed for a break"),
    Cause.DAY_OFF: N_("not counted: day off"),
    Cause.HOLIDAY: N_("not counted: %(name)s"),
    Cause.PAUSE: N_("not counted: waiting"),
}
_STEPS = {
    Cause.DAY: N_("day %(first)s of %(of)s"),
    Cause.WORKING_DAY: N_("working day %(first)s of %(of)s"),
    Cause.WEEK: N_("week %(first)s of %(of)s"),
    Cause.MONTH: N_("month %(first)s of %(of)s"),
}
_RUNS = {
    Cause.DAY: N_("days %(first)s to %(last)s of %(of)s"),
    Cause.WORKING_DAY: N_("working days %(first)s to %(last)s of %(of)s"),
    Cause.WEEK: N_("weeks %(first)s to %(last)s of %(of)s"),
    Cause.MONTH: N_("months %(first)s to %(last)s of %(of)s"),
}
_CHANNELS = {"inbox": N_("inbox"), "email": N_("e-mail"), "webhook": N_("webhook")}


def step_text(way: Way) -> str:
    """Which of how many days, weeks or months a stretch is."""
    sentence = _STEPS[way.cause] if way.first == way.last else _RUNS[way.cause]
    return translate(sentence) % {"first": way.first, "last": way.last, "of": way.of}


def channel(name: str) -> str:
    """How somebody was told."""
    return translate(_CHANNELS.get(name, name))


def version(clause: Clause) -> Iterator[str]:
    """The row of the standards that says so; none does of what was promised elsewhere."""
    if clause.valid_from is None:
        yield translate(N_("Promised by “%(set)s”, where the ticket comes from: no standard of ours")) % {
            "set": clause.set_name
        }
        return
    said: dict[str, Any] = {"set": clause.set_name, "source": clause.source, "day": clause.valid_from}
    if clause.is_ours:
        yield translate(N_("By “%(set)s”, the row in force from %(day)s (our own reading; %(source)s)")) % said
    else:
        yield translate(N_("By “%(set)s”, the row in force from %(day)s: %(source)s")) % said
    if clause.text:
        yield translate(N_("“%(text)s”")) % {"text": clause.text}


def reading(value: int | None, unit: LimitUnit, clock: Clock) -> str:
    """How the limit is read."""
    if unit is LimitUnit.AT_ONCE:
        return translate(N_("It is due at once."))
    if unit is LimitUnit.END_OF_DAY:
        return translate(N_("It is due by the end of that day."))
    said = {"limit": limit_text(value, unit)}
    if unit in _IN_HOURS:
        by_service = N_("The limit is %(limit)s. Only service hours count.")
        round_the_clock = N_("The limit is %(limit)s, day and night.")
        return translate(by_service if clock is Clock.SERVICE else round_the_clock) % said
    if unit is LimitUnit.WORKING_DAYS:
        return translate(N_("The limit is %(limit)s: it ends at the same time of day on the last of them.")) % said
    return translate(N_("The limit is %(limit)s: it ends at the same time of day.")) % said


def on_clock(unit: LimitUnit, clock: Clock) -> Iterator[str]:
    """That only service hours count, where that is so."""
    if clock is Clock.SERVICE and unit in _IN_HOURS:
        yield translate(N_("Only service hours count."))


def wait_sentences(wait: WaitReason) -> Iterator[str]:
    """What became of a wait, as messages."""
    if wait.told_at is None:
        yield N_("Waited from %(since)s to %(until)s (%(reason)s), but the owner was not told: the clock ran on.")
        return
    if wait.told_by:
        yield N_("Waited (%(reason)s) from %(since)s to %(until)s; %(teller)s told the owner on %(told)s, %(how)s.")
    else:
        yield N_("Waited (%(reason)s) from %(since)s to %(until)s; the owner was told on %(told)s, %(how)s.")
    if wait.refused_at is not None:
        yield N_("%(decider)s refused the pause: the clock ran on.")
    elif wait.needs_approval and wait.allowed_at is None:
        yield N_("The pause needs an approval and has none yet: the clock runs on.")
    elif wait.allowed_at is not None:
        yield N_("%(decider)s allowed the pause.")
    if wait.is_capped:
        yield N_("The clock ran again from %(capped)s on: the time that pauses may take was used up.")
