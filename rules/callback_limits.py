"""Within how many days of the resolution an owner is called back, for what is always called back about (S3 第7篇)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from models.ticket import TicketKind


@dataclass(frozen=True, slots=True)
class CallbackLimit:
    within: timedelta
    source: str


# Only what is owed for each single ticket; where a quota of a month's tickets is, no ticket by itself is due.
OWED: Mapping[TicketKind, CallbackLimit] = {
    TicketKind.COMPLAINT: CallbackLimit(timedelta(days=3), "S3 第7篇 4.1.1"),
    TicketKind.FIRST_AID: CallbackLimit(timedelta(weeks=1), "S3 第7篇 4.1.2"),
}
REMEMBERED = timedelta(days=60)  # what was resolved earlier and never called about is no work of today (ours)
