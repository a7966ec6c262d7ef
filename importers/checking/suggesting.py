"""Which repairs would help a group of problems, tried on its texts before they are offered."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import Enum, String, Text

from importers.checking import repairs
from importers.checking.widths import LOST_ZEROS
from importers.lines import fault_as_json
from importers.mapping import headings
from importers.mapping.fields import Field
from importers.settings import Repair
from models.base import N_, Base, Labelled
from models.dates import AMBIGUOUS, NOT_A_DATE, OTHER_ORDER
from models.faults import Fault, Labels
from models.fields import Code, Phone, parse
from models.readers import NEITHER, NO_CHOICE
from models.typed_texts import plain

# The ids of sentences that `importers.matching` says; a test holds them together.
MISSING = (
    "Unit %(code)s does not exist: correct it, or have missing buildings and units created",
    "Building %(code)s does not exist: correct it, or have missing buildings and units created",
)
REPEATED = "This was on line %(line)s already: keep one"
CONTRADICTORY = "Lines %(lines)s say different things of the same record: keep one of them, or make them agree"
NAMESAKE = "Line %(line)s has this name and phone too: without your word this line adds another owner"
SERIAL_DAYS = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?")
LEAST_ALIKE = 0.5
OFTEN, SHORT, WORDS_OFFERED = 3, 6, 3  # cells with a word for nothing, its characters, such words offered
LANDLINE_DIGITS = (11, 12)


@dataclass(frozen=True, slots=True)
class Offered:
    """A repair with the sentence by which it is offered; `would_help` of the group's texts it was tried on."""

    repair: Repair
    sentence: Fault
    would_help: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As the report of a run keeps it."""
        return {
            "kind": self.repair.kind,
            "field": self.repair.field,
            "options": dict(self.repair.options),
            "sentence": fault_as_json(self.sentence),
            "would_help": self.would_help,
        }


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a group of problems has in common: the field by name, an example, some of its texts with their counts, how
    many different ones there are, and whether the lines are refused for it.
    """

    name: str
    example: Fault
    texts: Mapping[str, int]
    distinct: int
    is_warning: bool = False


def suggest(model: type[Base], mapping: headings.Mapping, trouble: Trouble, orders: Mapping[str, str]) -> list[Offered]:
    """The repairs for a group, best first. `orders` of day and month by field, as the whole file shows them."""
    column, message = mapping.field(trouble.name), trouble.example.message
    if message in _OF_SEVERAL_LINES:
        return [Offered(Repair(kind), Fault(sentence)) for kind, sentence in _OF_SEVERAL_LINES[message]]
    if trouble.is_warning:
        return _padding(column, trouble.example) if column is not None else []
    found = [_creating(message, trouble.distinct)] if message in MISSING else []
    if column is not None and column.parent is None:
        found += _orders(column, message, trouble.texts, orders)
        found += _readings(column, trouble, meanings(mapping, trouble))
        found += _on_texts(column, trouble.texts) if type(column.type) not in {String, Text} else []
    may_clear = repairs.may_clear(model, mapping, trouble.name)
    if may_clear and column is not None and message not in {NO_CHOICE, NEITHER}:
        found += _words_for_nothing(column, trouble.texts)
    return found + _usual(trouble.name, message, may_clear=may_clear)


def _creating(message: str, distinct: int) -> Offered:
    sentences = {
        MISSING[0]: N_("Create the missing units: %(count)s"),
        MISSING[1]: N_("Create the missing buildings: %(count)s"),
    }
    return Offered(Repair(repairs.CREATE_MISSING), Fault(sentences[message], count=distinct))


_OF_SEVERAL_LINES = {
    REPEATED: [(repairs.DROP_REPEATED, N_("Leave the repeated lines out"))],
    CONTRADICTORY: [
        (repairs.KEEP_FIRST, N_("Keep what the first of the lines says")),
        (repairs.KEEP_LAST, N_("Keep what the last of the lines says")),
    ],
    NAMESAKE: [(repairs.ONE_OWNER, N_("Take lines of one name and phone for one owner"))],
}


_ORDER_WORDS = {
    "dmy": N_("Read this column as day, month, year"),
    "mdy": N_("Read this column as month, day, year"),
    "ymd": N_("Read this column as year, month, day"),
    "serial": N_("Read this column as days counted by a spreadsheet"),
}


def _orders(column: Field, message: str, texts: Collection[str], orders: Mapping[str, str]) -> list[Offered]:
    """The orders of day and month that read at least one text; the one that the whole file shows comes first."""
    if message not in {AMBIGUOUS, OTHER_ORDER, NOT_A_DATE}:
        return []
    asked = ["serial"] if message == NOT_A_DATE else ["dmy", "mdy", "ymd"]
    if message == NOT_A_DATE and not any(SERIAL_DAYS.fullmatch(plain(text)) for text in texts):
        return []
    counted = [(order, sum(_reads(column, text, order) for text in texts)) for order in asked]
    shown = orders.get(column.name)
    return [
        Offered(Repair(repairs.DATE_ORDER, column.name, {"order": order}), Fault(_ORDER_WORDS[order]), count)
        for order, count in sorted(counted, key=lambda pair: (pair[0] != shown, -pair[1]))
        if count
    ]


def _reads(column: Field, text: str, order: str | None = None) -> bool:
    try:
        return parse(column.type, text, order=order).value is not None
    except Fault:
        return False


def _on_texts(column: Field, texts: Collection[str]) -> list[Offered]:
    """Repairs of the texts themselves, each tried: digits without what stands among them, one of several, zeros."""
    offered = [
        _tried(column, texts, Repair(repairs.TAKE_PART, column.name, {"part": 0}), N_("Take the first of several")),
    ]
    if characters := _odd_characters(column, texts):
        repair = Repair(repairs.TAKE_OUT, column.name, {"characters": characters})
        offered.append(_tried(column, texts, repair, N_("Take out these characters: %(characters)s")))
    if isinstance(column.type, Phone):
        offered += [
            _tried(column, texts, Repair(repairs.TRY_ZEROS, column.name, {"length": length}), ZEROS)
            for length in LANDLINE_DIGITS
        ]
    return [each for each in offered if each is not None and each.would_help]


ZEROS = N_("Put zeros before numbers with fewer than %(length)s digits")


def _tried(column: Field, texts: Collection[str], repair: Repair, sentence: str) -> Offered | None:
    change: Callable[[str], str] = repairs.after([repair], column.name)[0]
    helped = sum(_reads(column, changed) for text in texts if (changed := change(text)) != text)
    return Offered(repair, Fault(sentence, **repair.options), helped)


_ODD = re.compile(r"[^0-9A-Za-z+]")
_ODD_IN_CODE = re.compile(r"[^\w\-./#\s]")


def _odd_characters(column: Field, texts: Collection[str]) -> str:
    """The characters that stand in the way of texts which would do without them."""
    odd = _ODD_IN_CODE if isinstance(column.type, Code) else _ODD
    found: set[str] = set()
    for text in texts:
        inside = set(odd.findall(plain(text))) | set(odd.findall(text))
        if inside and _reads(column, text.translate({ord(character): None for character in inside})):
            found |= inside
    return "".join(sorted(found))


def _padding(column: Field, example: Fault) -> list[Offered]:
    """Zeros for codes that are shorter than the others of their column."""
    if example.message != LOST_ZEROS:
        return []
    repair = Repair(repairs.PAD_ZEROS, column.name, {"length": example.places["length"]})
    return [Offered(repair, Fault(ZEROS, length=example.places["length"]))]


def meanings(mapping: headings.Mapping, trouble: Trouble) -> dict[str, str]:
    """For each unknown word of a choice the one that it is most like, by its value, where it is like one at all."""
    column = mapping.field(trouble.name)
    if trouble.example.message != NO_CHOICE or column is None or not isinstance(column.type, Enum):
        return {}
    members: type[Labelled] = column.type.enum_class  # type: ignore[assignment]  # choice() always has a class
    return {text: found for text in trouble.texts if (found := _nearest(text, members)) is not None}


def _readings(column: Field, trouble: Trouble, meant: Mapping[str, str]) -> list[Offered]:
    """The unknown words of a choice that stand most often, each read as the one it is like."""
    labels = {member.value: member.label for member in getattr(column.type, "enum_class", None) or ()}
    sentence = N_("Read “%(text)s” as %(choice)s: %(count)s cells")
    often = sorted(meant, key=lambda text: -trouble.texts[text])[:WORDS_OFFERED]
    return [
        Offered(
            Repair(repairs.MAP_VALUE, column.name, {"from": text, "to": meant[text]}),
            Fault(sentence, text=text, choice=Labels((labels[meant[text]],)), count=trouble.texts[text]),
        )
        for text in often
    ]


def _nearest(text: str, members: type[Labelled]) -> str | None:
    rated = [
        (_alike(plain(text).lower(), spelling.lower()), member.value)
        for member in members
        for spelling in (member.value, member.label, *member.aliases)
    ]
    best = max(rate for rate, _ in rated)
    meant = {value for rate, value in rated if rate == best}
    return meant.pop() if best >= LEAST_ALIKE and len(meant) == 1 else None


def _alike(text: str, spelling: str) -> float:
    """How alike two words are, from 0 to 1; one inside the other counts."""
    if not text or text.isdigit():
        return 0
    if len(spelling) > 1 and (spelling in text or (len(text) > 1 and text in spelling)):
        return 0.9
    return SequenceMatcher(None, text, spelling, autojunk=False).ratio()


def _words_for_nothing(column: Field, texts: Mapping[str, int]) -> list[Offered]:
    """Short words that stand in several cells and hold no digit: people write such where they know nothing."""
    words = [
        text
        for text, count in texts.items()
        if count >= OFTEN and 0 < len(text) <= SHORT and not any(map(str.isdigit, text))
    ]
    often = sorted(words, key=lambda text: -texts[text])[:WORDS_OFFERED]
    sentence = N_("Read “%(text)s” as empty: %(count)s cells")
    return [
        Offered(
            Repair(repairs.REPLACE, column.name, {"from": text, "to": ""}),
            Fault(sentence, text=text, count=texts[text]),
        )
        for text in often
    ]


def _usual(name: str, message: str, *, may_clear: bool) -> list[Offered]:
    """What can be done about any fault: count the cells as empty, leave the lines out."""
    options = {"message": message}
    clearing = Offered(Repair(repairs.CLEAR, name, options), Fault(N_("Leave these cells empty")))
    leaving = Offered(Repair(repairs.SKIP_LINES, name, options), Fault(N_("Leave these lines out")))
    return [clearing, leaving] if may_clear else [leaving]
