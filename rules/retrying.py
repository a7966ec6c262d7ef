"""When a message that could not be sent is tried again, and when no more (ours)."""

from datetime import datetime, timedelta

_GAPS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 40, 60))
PATIENCE = timedelta(days=1)


def next_attempt(attempts: int, now: datetime, since: datetime) -> datetime | None:
    """The moment of the next attempt after so many that failed; None a day after it was first due, `since`."""
    at = now + _GAPS[min(max(attempts, 1), len(_GAPS)) - 1]
    return at if at <= since + PATIENCE else None
