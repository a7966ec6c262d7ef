"""Resident identity numbers of 18 characters: region, birth date, place in the day, check character (GB 11643)."""

import re
from calendar import isleap

PLAIN = re.compile(r"[0-9]{17}[0-9X]")
OF_OLD = re.compile(r"[0-9]{15}")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _sums(start: int, texts: list[str]) -> dict[str, int]:
    """The weighted sums of the texts as they stand from that place of a number on."""
    weights = _WEIGHTS[start:]
    return {
        text: sum(int(digit) * weight for digit, weight in zip(text, weights[: len(text)], strict=True))
        for text in texts
    }


_THREE = [f"{number:03}" for number in range(1000)]
_DAYS = [f"{month:02}{day:02}" for month, length in enumerate(_LENGTHS, 1) for day in range(1, length + 1)]
# Every part of a number has its sum reckoned once: a file has a hundred thousand of them.
_PROVINCES, _COUNTIES, _PLACES = _sums(0, _THREE), _sums(3, _THREE), _sums(14, _THREE)
_BIRTH_YEARS, _BIRTH_DAYS = _sums(6, [str(year) for year in range(1900, 2100)]), _sums(10, _DAYS)


def has_birth(number: str) -> bool:
    """Whether a plain number has a day of 1900 to 2099 where the birth date stands."""
    year, day = number[6:10], number[10:14]
    return year in _BIRTH_YEARS and day in _BIRTH_DAYS and (day != "0229" or isleap(int(year)))


def is_sound(number: str) -> bool:
    """Whether a plain number has a birth date, and the check character that fits the rest."""
    year, day = _BIRTH_YEARS.get(number[6:10]), _BIRTH_DAYS.get(number[10:14])
    if year is None or day is None:
        return False
    total = _PROVINCES[number[:3]] + _COUNTIES[number[3:6]] + year + day + _PLACES[number[14:17]]
    return _CHECKS[total % 11] == number[17] and (number[10:14] != "0229" or has_birth(number))
