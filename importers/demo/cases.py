"""What hangs on a ticket beside its timeline: pauses with and without proof, handling plans, complaint records."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from importers.demo.courses import assignee
from importers.demo.dice import minutes
from importers.demo.lives import Happening, Kept, Life
from importers.demo.texts import phrase
from models.account import Role
from models.complaint import ComplaintRecord, HandlingPlan, PlanState
from models.pause import Pause, PauseReason, TellingChannel
from models.ticket import Severity, TicketKind, Validity
from models.ticket_event import EventKind
from rules.hindrances import DISMISSED, PLANNED

_REASONS = {PauseReason.PARTS: 62, PauseReason.THIRD_PARTY: 18, PauseReason.OWNER_WISH: 14, PauseReason.WEATHER: 6}
_CHANNELS = {TellingChannel.PHONE: 60, TellingChannel.IN_PERSON: 22, TellingChannel.MESSAGE: 18}
_HOURS = (6, 12, 20, 30, 48, 72)  # what owners are told that a wait will take
_WITHOUT_APPROVAL = timedelta(hours=24)
_TOLD, _REFUSED, _DECIDED = 0.82, 0.08, 0.4  # shares: of the waits, of the long pauses, of those that still run
_HALF_DONE = 0.6  # of the records of complaints that were resolved and not closed
_ENDS_A_WAIT = {
    *(EventKind.STARTED, EventKind.RESOLVED, EventKind.CLOSED, EventKind.CLOSED_UNRESOLVED, EventKind.VOIDED)
}
_BEGINS_WORK = {EventKind.STARTED, EventKind.RESOLVED}


def add_cases(life: Life, random: Random, now: datetime) -> list[Kept]:
    """The rows that hang on the ticket; what they tell is put into its timeline."""
    kept = [*_pauses(life, random, now)]
    if life.values["kind"] is TicketKind.COMPLAINT:
        _apologise(life, random)
        _judge(life, random, now)
        kept += [*_plans(life, random, now), *_records(life, random)]
    life.happenings.sort(key=lambda happening: happening.at)
    return kept


def _pauses(life: Life, random: Random, now: datetime) -> Iterator[Kept]:
    for number, wait in enumerate(life.happenings):
        if wait.kind is EventKind.WAITING:
            later = life.happenings[number + 1 :]
            ended_at = next((each.at for each in later if each.kind in _ENDS_A_WAIT), None)
            yield _pause(life, number, ended_at, random, now)


def _pause(life: Life, number: int, ended_at: datetime | None, random: Random, now: datetime) -> Kept:
    """A wait; the clock stops where the owner was told, and above a day where the supervisor allows it (S2 二.4)."""
    wait = life.happenings[number]
    reason = random.choices(list(_REASONS), list(_REASONS.values()))[0]
    note = phrase(random, "wait", reason.value)
    life.happenings[number] = replace(wait, note=note, data={"pause_reason": reason.value})
    row = {
        "reason": reason,
        "note": note,
        "assignee_id": life.values["assignee_id"],
        "requested_at": wait.at,
        "ended_at": ended_at,
    }
    told_at = wait.at + minutes(random, 2, 35)
    if random.random() > _TOLD or told_at >= (ended_at or now):
        return Kept(Pause, row, {"requested_by_id": wait.doer})
    told = _told(told_at, random)
    life.happenings.append(Happening(EventKind.OWNER_TOLD, told_at, Role.SUPERVISOR, data=_as_data(told)))
    row |= {**told, "starts_at": told_at, "needs_approval": told["expected_until"] - told_at > _WITHOUT_APPROVAL}
    doers = {"requested_by_id": wait.doer, "told_by_id": Role.SUPERVISOR}
    if row["needs_approval"] and (ended_at or random.random() < _DECIDED):
        decided = _decided(life, told_at, random, now)
        doers |= {"decided_by_id": Role.SUPERVISOR} if decided else {}
        row |= decided
    return Kept(Pause, row, doers)


def _told(told_at: datetime, random: Random) -> dict[str, Any]:
    channel = random.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
    until = told_at + timedelta(hours=random.choice(_HOURS))
    return {"told_at": told_at, "told_channel": channel, "expected_until": until.replace(minute=0, second=0)}


def _as_data(told: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: told[name].isoformat() for name in ("told_at", "expected_until")}
    return {**moments, "told_channel": told["told_channel"].value}


def _decided(life: Life, told_at: datetime, random: Random, now: datetime) -> dict[str, Any]:
    """What the supervisor decides within some hours; nothing where that is yet to come."""
    at = told_at + minutes(random, 15, 260)
    if at > now:
        return {}
    is_refused = random.random() < _REFUSED
    remark = phrase(random, "refuse_pause") if is_refused else None
    kind = EventKind.PAUSE_REFUSED if is_refused else EventKind.PAUSE_ALLOWED
    data = {"reason": remark} if remark else None
    life.happenings.append(Happening(kind, at, Role.SUPERVISOR, data=data))
    return {"refused_at" if is_refused else "allowed_at": at, "remark": remark}


def _apologise(life: Life, random: Random) -> None:
    """Who records that the harm was stopped writes down the apology (S3 第5篇 5.1.1)."""
    for number, each in enumerate(life.happenings):
        if each.kind is EventKind.HARM_STOPPED:
            life.happenings[number] = replace(each, data={"apology": phrase(random, "apology")})


def _judge(life: Life, random: Random, now: datetime) -> None:
    """Whether the complaint is valid, judged on its first day and before it ends."""
    validity = life.values["validity"]
    if validity is None:
        return
    opened_at = life.values["opened_at"]
    at = min([now, opened_at + minutes(random, 8, 120), *(each.at for each in life.happenings[1:])])
    data: dict[str, Any] = {"from": None, "to": validity.value}
    kind, doer = EventKind.VALIDITY_JUDGED, Role.CLERK if validity is Validity.VALID else Role.SUPERVISOR
    if validity is Validity.OUTSIDE_REMIT:
        kind, data = EventKind.PASSED_ON, {**data, "passed_on_to": phrase(random, "passed_on_to")}
    if validity is Validity.INVALID:
        data |= {"reason": phrase(random, "judge")}
    life.happenings.append(Happening(kind, max(at, opened_at), doer, data=data))


def _plans(life: Life, random: Random, now: datetime) -> Iterator[Kept]:
    """Drafted by the supervisor, approved by the manager before work starts (S3 第5篇 3.2–3.3)."""
    opened_at, severity = life.values["opened_at"], life.values["severity"]
    if severity not in PLANNED or life.values["validity"] in DISMISSED:
        return
    begun_at = next((each.at for each in life.happenings if each.kind in _BEGINS_WORK), None)
    text = phrase(random, "plan", life.values["category"].value)
    drafted_at = opened_at + ((begun_at - opened_at) * 0.4 if begun_at else minutes(random, 20, 90))
    if drafted_at > now:
        return
    life.happenings.append(Happening(EventKind.PLAN_DRAFTED, drafted_at, Role.SUPERVISOR, data={"plan": text}))
    row, doers = {"text": text, "drafted_at": drafted_at}, {"drafted_by_id": Role.SUPERVISOR}
    if begun_at is None:
        yield Kept(HandlingPlan, {**row, "state": PlanState.DRAFTED}, doers)
        return
    decided_at = opened_at + (begun_at - opened_at) * 0.8
    remark = phrase(random, "approve_plan") if severity is Severity.MAJOR else None
    life.happenings.append(Happening(EventKind.PLAN_APPROVED, decided_at, Role.MANAGER, remark))
    decided = {"state": PlanState.APPROVED, "decided_at": decided_at, "remark": remark}
    yield Kept(HandlingPlan, {**row, **decided}, {**doers, "decided_by_id": Role.MANAGER})


def _records(life: Life, random: Random) -> Iterator[Kept]:
    """What a closed complaint carries, and what of it is known of one that is only resolved (S2 程序 五)."""
    resolved_at, closed_at = life.values["resolved_at"], life.values["closed_at"]
    if resolved_at is None or life.values["validity"] in DISMISSED:
        return
    about = life.values["category"].value
    row = {
        "responsible_department": phrase(random, "department", about),
        "responsible_staff_id": assignee(life.report),
        "root_cause": phrase(random, "root_cause", about),
        "recorded_at": resolved_at,
    }
    if closed_at is not None:
        signed_at = resolved_at + (closed_at - resolved_at) * 0.6
        signed = {"owner_signed_name": life.report.home.owner_name or None, "owner_signed_at": signed_at}
        row |= {**signed, "training": phrase(random, "training", about), "recorded_at": signed_at}
    elif random.random() > _HALF_DONE:
        return
    life.happenings.append(Happening(EventKind.RECORD_KEPT, row["recorded_at"], Role.BUTLER))
    yield Kept(ComplaintRecord, row)
