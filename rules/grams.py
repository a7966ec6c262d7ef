"""Grams: how a text is cut into what the search index holds, and what was typed into what is looked up there.

Chinese has no blanks between words: a run of it becomes its overlapping pairs of characters and its last one, so that
any part of two characters is a gram of its own, and a single character the beginning of one. Every other word and
number is one gram as a whole, found by its beginning. Grams that stand side by side make a chunk: parts of the text
between which nothing stands. Phones and identity numbers are left out: what is personal is in no index of words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from models.typed_texts import plain

LONGEST_GRAM = 60
SHORTEST_PERSONAL = 10  # a telephone number with the area code
# Han with its extensions and iteration marks, kana, hangul.
_RUN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
_WORD = rf"[^\W_{_RUN}]+"
_JOINT = r"[-_./#]"
_PIECE = re.compile(rf"(?P<run>[{_RUN}]+)|{_WORD}(?:{_JOINT}+{_WORD})*")
_TYPED_PIECE = re.compile(rf"(?P<run>[{_RUN}]+)|{_WORD}(?:{_JOINT}+{_WORD})*(?:{_JOINT}+(?!\w))?")
_PARTS = re.compile(_JOINT)
# What most names and codes look like: nothing of them is normalised away, and they are one piece.
_RUN_ALONE, _WORD_ALONE = r"[\u4e00-\u9fff]++", r"[A-Za-z0-9]++"
_CODE_ALONE = rf"{_WORD_ALONE}(?:[-_./#]++{_WORD_ALONE})*+"
_SIMPLE_RUN, _SIMPLE_WORD, _SIMPLE_CODE = (re.compile(each) for each in (_RUN_ALONE, _WORD_ALONE, _CODE_ALONE))
_SIMPLE_RUNS, _SIMPLE_WORDS, _SIMPLE_CODES = (
    re.compile(rf"{each}(?:\n{each})*+") for each in (_RUN_ALONE, _WORD_ALONE, _CODE_ALONE)
)
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


def simple(texts: Sequence[str], *, parts: bool = True) -> Sequence[Chunk] | None:
    """The one chunk of each of many texts, seen at once: where all are simple names, or all simple codes; else None."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        return None
    if _SIMPLE_RUNS.fullmatch(joined):
        return [(*_pairs(text), text[-1]) for text in texts]
    if (_SIMPLE_WORDS if parts else _SIMPLE_CODES).fullmatch(joined) is None:
        return None
    longest = max(map(len, texts))
    said = joined.lower().split("\n")
    if longest > LONGEST_GRAM or (longest >= SHORTEST_PERSONAL and any(map(_PERSONAL.fullmatch, said))):
        return None
    return [(each,) for each in said]


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
