"""Quiet hours: until when a message is held back (ours); all but what is urgent or major waits."""

from datetime import datetime, time, timedelta, tzinfo

from models.ticket import Severity, TicketKind

# An emergency or a call for first aid has no severity: it is urgent by its kind (ours).
_URGENT_KINDS = frozenset({TicketKind.EMERGENCY, TicketKind.FIRST_AID})
_URGENT = frozenset({Severity.URGENT, Severity.MAJOR})


def is_urgent(kind: TicketKind | None, severity: Severity | None) -> bool:
    """Whether the quiet hours do not hold back what concerns such a ticket."""
    return severity in _URGENT or kind in _URGENT_KINDS


def quiet_until(moment: datetime, zone: tzinfo, begins: str | None, ends: str | None) -> datetime | None:
    """The end of the quiet hours that hold at the moment; None outside them or where there are none.

    `begins` and `ends` are local times such as 22:00 and 07:00; the later may be the first, over midnight. Both are
    needed, and the same time twice is none.
    """
    if not begins or not ends or begins == ends:
        return None
    first, last, local = time.fromisoformat(begins), time.fromisoformat(ends), moment.astimezone(zone)
    is_over_midnight = first > last
    at = local.time()
    is_quiet = (at >= first or at < last) if is_over_midnight else first <= at < last
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=int(is_over_midnight and at >= first))
    return datetime.combine(day, last, zone).astimezone(moment.tzinfo)
