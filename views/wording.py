"""Durations and limits in the words of the request's language."""

from flask_babel import ngettext

from models.base import N_
from models.milestone import Clock, LimitUnit
from views.language import translate

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration_text(seconds: int) -> str:
    """The duration in its two largest units: "3 d 4 h", "4 h 10 min", "10 min"; under a minute is one."""
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if days:
        return translate(N_("%(days)s d %(hours)s h")) % {"days": days, "hours": hours}
    if hours:
        return translate(N_("%(hours)s h %(minutes)s min")) % {"hours": hours, "minutes": minutes}
    return translate(N_("%(minutes)s min")) % {"minutes": minutes or 1}


def limit_text(value: int | None, unit: LimitUnit) -> str:
    """A limit as the standards have it: "2 days", "at once"."""
    match unit:
        case LimitUnit.MINUTES:
            return str(ngettext("%(num)s minute", "%(num)s minutes", value))
        case LimitUnit.HOURS:
            return str(ngettext("%(num)s hour", "%(num)s hours", value))
        case LimitUnit.DAYS:
            return str(ngettext("%(num)s day", "%(num)s days", value))
        case LimitUnit.WEEKS:
            return str(ngettext("%(num)s week", "%(num)s weeks", value))
        case LimitUnit.MONTHS:
            return str(ngettext("%(num)s month", "%(num)s months", value))
        case LimitUnit.WORKING_DAYS:
            return str(ngettext("%(num)s working day", "%(num)s working days", value))
    return translate(unit.label)


def exact_text(seconds: int) -> str:
    """The duration to the second, in hours and what is left: "40 h", "3 h 20 min", "45 s"."""
    hours, rest = divmod(seconds, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    parts = ((hours, N_("%(number)s h")), (minutes, N_("%(number)s min")), (rest, N_("%(number)s s")))
    told = [translate(message) % {"number": number} for number, message in parts if number]
    return " ".join(told) or translate(N_("%(number)s s")) % {"number": 0}


def offset_text(value: int, unit: LimitUnit) -> str:
    """So long before or after a due time: "2 hours before it", "1 day after it"."""
    if not value:
        return translate(N_("At the due time"))
    sentence = N_("%(limit)s after the due time") if value > 0 else N_("%(limit)s before the due time")
    return translate(sentence) % {"limit": limit_text(abs(value), unit)}


def late_text(seconds: int, clock: Clock) -> str:
    """By how much it was late on the clock of the limit, which is said where it is that of the service hours."""
    if clock is Clock.ELAPSED:
        return duration_text(seconds)
    if not seconds:
        return translate(N_("late, outside the service hours"))
    return translate(N_("%(length)s of service time")) % {"length": exact_text(seconds)}
