"""Signs of a text that may divide, quote or escape its cells."""

from collections import Counter
from collections.abc import Iterable, Iterator

from importers.reading.splitting import PAIRS
from importers.reading.table import Dialect

COMMON = (",", ";", "\t", "|", "，")
_QUOTES = "\"'`“„«‘「『‹"


def delimiters(sample: list[str]) -> Iterator[str]:
    """Signs that stand in many lines, alone or in pairs."""
    text = "".join(sample)
    filled = sum(not line.isspace() for line in sample)
    singles = Counter(text)
    for sign in singles:
        if sign in COMMON or (_may_divide(sign) and singles[sign] >= 0.5 * filled):
            yield sign
    pairs = Counter(
        text[place : place + 2]
        for place in range(len(text) - 1)
        if _may_divide(text[place]) and _may_divide(text[place + 1])
    )
    for pair, count in pairs.items():
        if pair == "  " or count < 0.5 * filled:
            continue
        if pair[0] == pair[1] or count >= 0.9 * min(singles[sign] for sign in pair if sign != " "):
            yield pair


def _may_divide(sign: str) -> bool:
    return not (sign.isalnum() or sign in "\r\n\x00\ufeff\\" or sign in _QUOTES or sign in "”»’」』›()[]{}<>")


def quotes(text: str, delimiter: str) -> Iterator[str]:
    """Marks, or pairs of them, that both open and close cells."""
    for opening in sorted(sign for sign in set(text) if not (sign.isalnum() or sign.isspace() or sign in delimiter)):
        closing = PAIRS.get(opening, opening)
        opened = text.count(delimiter + opening) + text.count("\n" + opening) + text.startswith(opening)
        closed = text.count(closing + delimiter) + text.count(closing + "\n") + text.count(closing + "\r")
        closed += text.endswith(closing)
        if opened >= 1 and closed >= 1 and 0.5 <= opened / closed <= 2 and opening not in "\\\x00-+.:/，,;\t":
            yield opening if closing == opening else opening + closing


def opens(line: str, dialect: Dialect) -> bool:
    """Whether a quotation mark of the line stands where a cell begins."""
    opening = (dialect.quote or "\0")[0]
    return line.startswith(opening) or dialect.delimiter + opening in line


def escapes(text: str, dialect: Dialect) -> Iterable[str]:
    """Signs that often stand before a quotation mark inside a cell."""
    quote = dialect.quote
    backslash = ["\\"] if "\\" + dialect.delimiter in text or "\\" + (quote or "\0") in text else []
    if quote is None or len(quote) != 1:
        return backslash
    before: Counter[str] = Counter()
    place = text.find(quote)
    while place >= 0:
        if place and not text.startswith((dialect.delimiter, "\r", "\n"), place + 1) and place + 1 < len(text):
            sign = text[place - 1]
            if not (sign.isalnum() or sign.isspace() or sign in quote) and not text[:place].endswith(dialect.delimiter):
                before[sign] += 1
        place = text.find(quote, place + 1)
    return backslash + [sign for sign, _ in before.most_common(3) if sign != "\\"]
