"""What a notification says, in the reader's language: the same words in the inbox, in an e-mail and in a webhook."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from models.base import N_
from models.milestone import MilestoneKind
from models.notification import NotificationKind
from models.ticket import Severity, TicketKind

Translate = Callable[[str], str]

_HEADLINES: Mapping[NotificationKind, str] = {
    NotificationKind.ESCALATED: N_("Ticket %(code)s has reached level %(level)s"),
    NotificationKind.WARNED: N_("Early warning: ticket %(code)s"),
    NotificationKind.NOT_ACKNOWLEDGED: N_("Ticket %(code)s: nobody at level %(level)s has acknowledged in time"),
    NotificationKind.PAUSE_TO_ALLOW: N_("Ticket %(code)s: a pause waits to be allowed"),
    NotificationKind.PLAN_TO_DECIDE: N_("Ticket %(code)s: a handling plan waits for a decision"),
    NotificationKind.CALENDAR: N_("The calendar %(name)s needs completing"),
    NotificationKind.REVIEW: N_("Review overdue: %(name)s"),
}


class _Places(dict[str, object]):
    """What fills the places of a sentence; a place that nothing is known of says so instead of failing."""

    def __missing__(self, name: str) -> str:
        return "—"


def headline(kind: NotificationKind, data: Mapping[str, Any], translate: Translate) -> str:
    """The notification in one sentence."""
    return translate(_HEADLINES[kind]) % _Places(data)


def details(data: Mapping[str, Any], translate: Translate, zone: tzinfo) -> list[str]:
    """What else there is to know, a line each, moments in that zone; nothing personal."""
    return list(_details(data, translate, zone))


def _details(data: Mapping[str, Any], translate: Translate, zone: tzinfo) -> Iterator[str]:
    if data.get("ticket_kind"):
        labels = [TicketKind(data["ticket_kind"]).label, Severity(data["severity"]).label if data["severity"] else ""]
        yield " · ".join(translate(label) for label in labels if label)
    if data.get("milestone"):
        yield translate(MilestoneKind(data["milestone"]).label)
    if data.get("due_at"):
        yield translate(N_("Came due: %(moment)s")) % {"moment": local(data["due_at"], zone)}
    if data.get("clause"):
        yield translate(N_("Clause: %(clause)s")) % {"clause": data["clause"]}
    if data.get("names"):
        yield translate(N_("Asked, without an answer: %(names)s")) % {"names": ", ".join(data["names"])}


def local(moment: str | datetime, zone: tzinfo) -> str:
    """The moment in that zone, to the minute."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
