"""Chance, the same every time: dice thrown for a day and a purpose."""

from datetime import date, datetime, time, timedelta, tzinfo
from random import Random

_MORNING, _EVENING = time(8), time(20, 30)


def dice(today: date, *purpose: object) -> Random:
    """Dice that fall the same way for the same day and purpose, whatever else is thrown."""
    seed = "/".join(str(each) for each in (today, *purpose))
    return Random(seed)  # noqa: S311  # it makes up a company and guards nothing


def minutes(random: Random, least: float, most: float) -> timedelta:
    """A while between the two numbers of minutes, in whole seconds."""
    return timedelta(seconds=round(random.uniform(least, most) * 60))


def in_daytime(moment: datetime, zone: tzinfo, random: Random) -> datetime:
    """The moment itself by day; otherwise one in the morning that follows it."""
    local = moment.astimezone(zone)
    if _MORNING <= local.time() <= _EVENING:
        return moment
    morning = local.date() + timedelta(days=local.time() > _EVENING)
    return datetime.combine(morning, _MORNING, zone).astimezone(moment.tzinfo) + minutes(random, 5, 100)
