"""Calendar months of an estate: they begin at its local midnight."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, such as 2026-10."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    def plus(self, months: int) -> "Month":
        """The month so many later, or earlier."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)

    def until(self, last: "Month") -> list["Month"]:
        """The months from this one to `last`, both included."""
        length = (last.year - self.year) * 12 + last.number - self.number + 1
        return [self.plus(index) for index in range(length)]

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return self.plus(1).first_day - timedelta(days=1)

    def start(self, zone: tzinfo) -> datetime:
        """The moment the month begins in that zone, in UTC."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    def end(self, zone: tzinfo) -> datetime:
        """The moment the next month begins in that zone, in UTC."""
        return self.plus(1).start(zone)


def month_of(moment: datetime, zone: tzinfo) -> Month:
    """The month in which the moment lies in that zone."""
    local = moment.astimezone(zone)
    return Month(local.year, local.month)


def read_month(text: str) -> Month | None:
    """The month written as 2026-10; None if it is none between 2000 and 2199."""
    found = re.fullmatch(r"(2[01]\d\d)-(0[1-9]|1[0-2])", text.strip(), re.ASCII)
    return Month(int(found[1]), int(found[2])) if found else None
