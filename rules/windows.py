"""Service windows as people write them: "09:00" to "17:30", "24:00" as an end, past midnight when it ends earlier."""

import re

DAY_SECONDS = 86_400


def clock_seconds(text: str) -> int:
    """The seconds after midnight of a time such as 09:00 or 24:00; ValueError for anything else."""
    found = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", text, re.ASCII)
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 if found else DAY_SECONDS + 1
    if seconds > DAY_SECONDS:
        raise ValueError(f"{text} is no time of day")
    return seconds


def window(opens: str, closes: str) -> tuple[int, int]:
    """The window in seconds after the midnight of its day; past 86400 where it runs into the next.

    ValueError for what is no time of day, an opening at 24:00, or one at the closing time.
    """
    start, end = clock_seconds(opens), clock_seconds(closes)
    if start in {end, DAY_SECONDS}:
        raise ValueError(f"{opens} to {closes} is no window")
    return start, end if end > start else end + DAY_SECONDS
