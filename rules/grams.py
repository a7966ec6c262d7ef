"""Grams: how a text is cut into what the search index holds, and what was typed into what is looked up there.

Chinese has no blanks between words: a run of it becomes its overlapping pairs of characters and its last one, so that
any part of two characters is a gram of its own, and a single character the beginning of one. Every other word and
number is one gram as a whole, found by its beginning. Grams that stand side by side make a chunk: parts of the text
between which nothing stands. Phones and identity numbers are left out: what is personal is in no index of words.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from models.typed_texts import plain

LONGEST_GRAM = 60
# Han with its extensions and iteration marks, kana, hangul.
_RUN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
_WORD = rf"[^\W_{_RUN}]+"
_JOINT = r"[-_./#]"
_PIECE = re.compile(rf"(?P<run>[{_RUN}]+)|{_WORD}(?:{_JOINT}+{_WORD})*")
_TYPED_PIECE = re.compile(rf"(?P<run>[{_RUN}]+)|{_WORD}(?:{_JOINT}+{_WORD})*(?:{_JOINT}+(?!\w))?")
_PARTS = re.compile(_JOINT)
# What most names and codes look like: nothing of them is normalised away, and they are one piece.
_SIMPLE_RUN = re.compile(r"[\u4e00-\u9fff]+")
_SIMPLE_WORD = re.compile(r"[A-Za-z0-9]+")
_SIMPLE_CODE = re.compile(r"[A-Za-z0-9]+(?:[-_./#]+[A-Za-z0-9]+)*")
_PERSONAL = re.compile(r"(?:86-?)?1[3-9]\d-?\d{4}-?\d{4}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?|\d{17}[\dx]")

Chunk = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Grams to be found side by side; with `is_open` the last one only has to begin so."""

    grams: Chunk
    is_open: bool


def chunks(text: str, *, parts: bool = True) -> tuple[Chunk, ...]:
    """The chunks of a text; with `parts` a word such as `a/c` is also found by what its signs join."""
    if _SIMPLE_RUN.fullmatch(text):
        return ((*_pairs(text), text[-1]),)
    if (_SIMPLE_WORD if parts else _SIMPLE_CODE).fullmatch(text):
        said = text.lower()
        return () if _PERSONAL.fullmatch(said) else ((said[:LONGEST_GRAM],),)
    return _cut(text, parts)


@lru_cache(maxsize=2**16)
def _cut(text: str, parts: bool) -> tuple[Chunk, ...]:
    found: list[list[str]] = []
    joined: list[Chunk] = []
    end = -1
    for piece in _PIECE.finditer(plain(text).lower()):
        said = piece[0]
        if piece.start() != end:
            found.append([])
        end = piece.end()
        if piece["run"]:
            found[-1] += [*_pairs(said), said[-1]]
        elif _PERSONAL.fullmatch(said):
            end = -1
        else:
            found[-1].append(said[:LONGEST_GRAM])
            if parts and not said.isalnum():
                joined += [(part[:LONGEST_GRAM],) for part in _PARTS.split(said) if part]
    return (*(tuple(chunk) for chunk in found if chunk), *joined)


def wanted(text: str) -> list[Wanted] | None:
    """What to look for, all of it, to find what was typed; None for a text that nothing can be found by."""
    found: list[Wanted] = []
    grams: list[str] = []
    pieces = list(_TYPED_PIECE.finditer(plain(text).lower()))
    for piece, following in zip_longest(pieces, pieces[1:]):
        said = piece[0]
        is_last = following is None or following.start() != piece.end()
        if piece["run"]:
            grams += _pairs(said) if is_last and len(said) > 1 else [*_pairs(said), said[-1]]
        elif _PERSONAL.fullmatch(said):
            return None
        else:
            grams.append(said[:LONGEST_GRAM])
        if is_last:
            found.append(Wanted(tuple(grams), not piece["run"] or len(said) == 1))
            grams = []
    return found or None


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]
