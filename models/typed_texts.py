"""Texts as people type, paste and load them: what nobody sees in them, and what is made of them."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.faults import Fault

_TEXT_MARKS = "'`\u2018\u2019"  # what spreadsheets and people put before digits so that they stay a text
_UNSEEN = dict.fromkeys(
    [0x00AD, 0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
)
_DASHES = str.maketrans("‐‑‒–—―−", "-------")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A value made from a text, and what is to be said about it without refusing it.

    `is_changed` when the value is written otherwise than the text, by more than blanks around it.
    """

    value: Any
    warnings: Sequence[Fault] = ()
    is_changed: bool = False


def plain(text: str) -> str:
    """Full-width forms made half-width, what nobody sees and outer blanks dropped."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN)).strip()


def compacted(text: str) -> str:
    """A number or code without blanks, marks before it and other dashes than the one of the keyboard."""
    seen = plain(text)
    if not seen.isascii():
        seen = seen.translate(_DASHES)
    if seen.startswith('="') and seen.endswith('"'):  # how exports keep spreadsheets from taking it for a number
        seen = seen[2:-1]
    return "".join(seen.split()).lstrip(_TEXT_MARKS)
