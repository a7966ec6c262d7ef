"""Who was told of what, as the timeline of a ticket says it."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any

from models.base import N_
from models.milestone import MilestoneKind
from models.notification import DeliveryChannel
from models.ticket_event import EventKind, TicketEvent
from operations.notices import local
from operations.telling import INBOX
from views.language import translate

_CHANNELS = {INBOX: N_("inbox")} | {channel.value: channel.label for channel in DeliveryChannel}
TELLING = frozenset({EventKind.ESCALATED, EventKind.WARNED, EventKind.NOT_ACKNOWLEDGED, EventKind.ACKNOWLEDGED})


def told_lines(event: TicketEvent, zone: tzinfo) -> list[str]:
    """What such an event says: from which level to which, by which clause, computed when, who was told and how."""
    return list(_lines(event.kind, event.data or {}, zone))


def _lines(kind: EventKind, data: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    if kind is EventKind.ESCALATED or (kind is EventKind.NOT_ACKNOWLEDGED and data.get("to") is not None):
        levels = {"first": data.get("from", "?"), "last": data.get("to", "?")}
        yield translate(N_("Level %(first)s → %(last)s")) % levels
    if kind is EventKind.NOT_ACKNOWLEDGED:
        yield translate(N_("Asked, without an answer: %(names)s")) % {"names": ", ".join(data.get("names", ()))}
    if kind is EventKind.ACKNOWLEDGED:
        late = translate(N_("late")) if data.get("late") else ""
        yield " · ".join(filter(None, (translate(N_("Level %(level)s")) % {"level": data.get("level", "?")}, late)))
    if data.get("milestone"):
        yield translate(MilestoneKind(data["milestone"]).label)
    if data.get("clause"):
        yield data["clause"]
    if data.get("due_at"):
        yield translate(N_("Came due: %(moment)s")) % {"moment": local(data["due_at"], zone)}
    yield from _audience(data)


def _audience(data: Mapping[str, Any]) -> Iterator[str]:
    if data.get("nobody_at"):
        levels = ", ".join(map(str, data["nobody_at"]))
        yield translate(N_("Nobody to tell at level %(levels)s: one level up")) % {"levels": levels}
    if "told" in data:
        people = ", ".join(_told(person) for person in data["told"])
        yield translate(N_("Told: %(people)s")) % {"people": people or translate(N_("nobody"))}


def _told(person: Mapping[str, Any]) -> str:
    ways = ", ".join(translate(_CHANNELS.get(channel, channel)) for channel in person.get("channels", ()))
    return f"{person.get('name', '?')} ({ways})"
