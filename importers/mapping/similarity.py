"""How alike two headings are, both as `normalised` gives them."""

from collections.abc import Set
from difflib import SequenceMatcher

TAIL = 86  # a phone or ID number with another word for number after it: 电话号码
SUBJECT = 90  # the entity's own word before a known heading: 业主手机号码
NUMBERED = 75  # a known heading with a number after it or without its word for number: 电话2, 证件
ENDING = 60  # a known heading after any other word, which may make it somebody else's: 紧急联系电话
LEAST_RATIO = 0.8
LEAST_LETTERS = 4
_TAILS = ("号码", "号", "number", "no", "no.", "#")


def similar(heading: str, spelling: str, subjects: Set[str] = frozenset(), *, is_number: bool = False) -> int:
    """How sure it is, from 0 to 99, that the heading means what the spelling does; equal ones are not asked here.

    `subjects` are words for the entity itself; `is_number` says that the field holds phone or ID numbers.
    """
    if not spelling or not heading or heading.isdigit():
        return 0
    before = heading.removesuffix(spelling)
    if before != heading and before in subjects:
        return SUBJECT
    if is_number and _without_tail(heading) == _without_tail(spelling):
        return TAIL if _without_tail(heading) != heading else NUMBERED
    if heading.rstrip("0123456789") == spelling:
        return NUMBERED
    if before != heading and len(spelling) >= (5 if spelling.isascii() else 2):
        return ENDING
    return _by_letters(heading, spelling)


def _without_tail(heading: str) -> str:
    return next((heading.removesuffix(tail) for tail in _TAILS if heading.endswith(tail)), heading)


def _by_letters(heading: str, spelling: str) -> int:
    if min(len(heading), len(spelling)) < LEAST_LETTERS:
        return 0
    matcher = SequenceMatcher(None, heading, spelling, autojunk=False)
    if matcher.real_quick_ratio() < LEAST_RATIO or matcher.quick_ratio() < LEAST_RATIO:
        return 0
    ratio = matcher.ratio()
    return int(90 * ratio) if ratio >= LEAST_RATIO else 0
