"""Durations and limits in the words of the request's language."""

from flask_babel import ngettext

from models.base import N_
from models.milestone import LimitUnit
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
    return translate(unit.label)
