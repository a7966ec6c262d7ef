"""A row whose marks are damaged: of all readings one slip away, the likeliest."""

from collections.abc import Collection, Iterator, Sequence

from importers.reading.columns import Columns
from importers.reading.laying import DIVIDED, MARGIN, TOO_FEW, Laying, Reading
from importers.reading.marks import COMMON
from importers.reading.splitting import Splitter
from importers.reading.table import Dialect
from models.faults import N_, Fault

WINDOW = 12  # lines that one damaged row may take
BROKEN_WITHOUT_MARKS = 2  # the same for a row in which no quotation mark is at fault
MARKS = 40  # quotation marks and delimiters of a row that are tried one by one
LONGEST = 20_000  # characters of a row that is worth trying

# What a slip costs, on the scale of the likelihood of a cell (a natural logarithm).
_QUOTE_SLIP, _OTHER_SIGN, _LINE = 2.0, 3.0, 4.0

UNCLOSED = N_("A quotation mark is opened and not closed")
BROKEN_LINE = N_("A line break stands in a cell that is not quoted")
STRAY = N_("A quotation mark stands where none belongs: double the marks inside a cell")
OTHER_DELIMITER = N_("The row is divided by %(sign)s instead of %(delimiter)s")
OTHER_QUOTE = N_("The row is quoted with %(sign)s instead of %(quote)s")


class Mender:
    """Lays damaged rows of one table."""

    def __init__(
        self, splitter: Splitter, columns: Columns, *, tolerant: bool = False, usual: Collection[int] = ()
    ) -> None:
        """`tolerant`: the file writes marks inside quoted cells as they are, so there is nothing to say about them;
        `usual`: so few cells have many rows whose last ones are blank.
        """
        self.tolerant, self.usual = tolerant, usual
        self.splitter, self.columns, self.width = splitter, columns, len(columns)
        self.laying = Laying(columns, splitter.dialect.delimiter)
        self.others = [Splitter(Dialect(mark, splitter.dialect.quote)) for mark in COMMON
                       if mark != splitter.dialect.delimiter]  # fmt: skip
        signs = [sign for sign in ('"', "'", "“”", "`") if sign != splitter.dialect.quote]
        self.quoted = [Splitter(Dialect(splitter.dialect.delimiter, sign)) for sign in signs]

    def mend(self, window: Sequence[str]) -> Reading:
        """The likeliest reading of the row that begins with the first of these lines (as the file has them)."""
        cells = self._lenient(self.splitter.prepared(window[0])) if self.tolerant or self.usual else []
        if self.tolerant and len(cells) == self.width:
            return Reading(cells)
        if len(cells) in self.usual and not self.splitter.is_odd(self.splitter.prepared(window[0])):
            return self.laying.filled(Reading(cells))
        if (healed := self._healed(window)) is not None:
            return healed
        best: Reading | None = None
        best_value = 0.0
        most = WINDOW if self.splitter.is_odd(self.splitter.prepared(window[0])) else BROKEN_WITHOUT_MARKS
        for taken in range(1, min(len(window), most) + 1):
            text = "".join(window[:taken]).rstrip("\r\n")
            if taken > 1 and (len(text) > LONGEST or not self._may_go_on(window, taken)):
                break
            reading = self._of(text)
            reading.taken = taken
            value = self.laying.value(reading) - _LINE * (taken - 1)
            if best is None or value > best_value + MARGIN:
                best, best_value = reading, value
        return best or Reading([""] * self.width)

    def _healed(self, window: Sequence[str]) -> Reading | None:
        """Two short lines that make one whole row: a line break in a cell that is not quoted."""
        first, both = window[0], "".join(window[:2]).rstrip("\r\n")
        if len(window) < 2 or len(both) > LONGEST or self.splitter.is_odd(self.splitter.prepared(both)):
            return None
        cells = self._lenient(self.splitter.prepared(both))
        begun = len(self._lenient(self.splitter.prepared(first)))
        if len(cells) != self.width or begun in (1, self.width):
            return None
        hits, misses = self.columns.conforms(cells)
        told = any(
            column.kind and cell.strip() for column, cell in zip(self.columns[begun:], cells[begun:], strict=True)
        )
        return Reading(cells, fault=Fault(BROKEN_LINE), taken=2) if hits and not misses and told else None

    def cut(self, line: str) -> Reading:
        """The line as it stands, cut or filled up to the table's width."""
        prepared = self.splitter.prepared(line.rstrip("\r\n"))
        reading = Reading(self._lenient(prepared), fault=None if self.tolerant else self._said(prepared))
        over = len(reading.cells) - self.width
        return self.laying.cut(reading) if over > 0 else self.laying.filled(reading)

    def _may_go_on(self, window: Sequence[str], taken: int) -> bool:
        """A row goes on with the next line only where that line is no whole row by itself."""
        line = self.splitter.prepared(window[taken - 1])
        alone = self.splitter.strict(line)
        return alone is None or len(alone) != self.width

    def _of(self, text: str) -> Reading:
        prepared = self.splitter.prepared(text)
        plain = self.laying.laid(Reading(self._lenient(prepared), fault=self._said(prepared)), is_plain=True)
        if not self.laying.is_learnt or len(text) > LONGEST:
            return plain
        best, best_value = plain, self.laying.value(plain)
        for candidate in self._candidates(text, prepared):
            reading = self.laying.laid(candidate)
            value = self.laying.value(reading)
            if value > best_value + (MARGIN if best is plain and not plain.surplus else 1e-9):
                best, best_value = reading, value
        return best

    def _lenient(self, prepared: str) -> list[str]:
        return self.splitter.restored(self.splitter.lenient(prepared))

    def _said(self, prepared: str) -> Fault | None:
        """What is wrong with the quotation marks of the row."""
        quote = self.splitter.quote
        if quote is None or self.splitter.strict(prepared) is not None:
            return None
        return Fault(UNCLOSED if prepared.count(quote) % 2 else STRAY)

    def _candidates(self, text: str, prepared: str) -> Iterator[Reading]:
        strict = self.splitter.strict(prepared)
        if strict is not None:
            yield Reading(self.splitter.restored(strict))
        yield from self._without_a_mark(prepared)
        yield from self._with_a_mark(prepared)
        yield from self._with_a_delimiter(prepared)
        if self.splitter.quote is not None and self.splitter.quote in prepared:
            bare = [cell.strip().strip(self.splitter.quote) for cell in prepared.split(self.splitter.delimiter)]
            yield Reading(self.splitter.restored(bare), 2 * _QUOTE_SLIP, Fault(STRAY))
        delimiter, quote = self.splitter.dialect.delimiter, self.splitter.dialect.quote
        for other in self.others:
            sign = other.dialect.delimiter
            if sign in text and (cells := other.strict(other.prepared(text))) and len(cells) == self.width:
                fault = Fault(OTHER_DELIMITER, sign=_named(sign), delimiter=_named(delimiter))
                yield Reading(other.restored(cells), _OTHER_SIGN, fault)
        for other in self.quoted:
            sign = other.dialect.quote or "\0"
            if sign[0] in text and (cells := other.strict(other.prepared(text))) and len(cells) == self.width:
                yield Reading(other.restored(cells), _OTHER_SIGN, Fault(OTHER_QUOTE, sign=sign, quote=quote or "–"))

    def _without_a_mark(self, prepared: str) -> Iterator[Reading]:
        """Each quotation mark taken away in turn."""
        for place in _places(prepared, self.splitter.quote):
            cells = self.splitter.strict(prepared[:place] + prepared[place + 1 :])
            if cells is not None:
                opens = place == 0 or prepared.endswith(self.splitter.delimiter, 0, place)
                yield Reading(self.splitter.restored(cells), _QUOTE_SLIP, Fault(UNCLOSED if opens else STRAY))

    def _with_a_mark(self, prepared: str) -> Iterator[Reading]:
        """A quotation mark put back at each end of a cell in turn, where their number is odd."""
        quote, delimiter = self.splitter.quote, self.splitter.delimiter
        if quote is None or prepared.count(quote) % 2 == 0:
            return
        for place in [*_places(prepared, delimiter), len(prepared)]:
            cells = self.splitter.strict(prepared[:place] + quote + prepared[place:])
            if cells is not None:
                yield Reading(self.splitter.restored(cells), _QUOTE_SLIP, Fault(UNCLOSED))
        for place in [-1, *_places(prepared, delimiter)]:
            cells = self.splitter.strict(prepared[: place + 1] + quote + prepared[place + 1 :])
            if cells is not None:
                yield Reading(self.splitter.restored(cells), _QUOTE_SLIP, Fault(UNCLOSED))

    def _with_a_delimiter(self, prepared: str) -> Iterator[Reading]:
        """A delimiter put back before or behind each quotation mark in turn: there it can be told without a doubt."""
        for place in _places(prepared, self.splitter.quote):
            for cut in (place, place + 1):
                cells = self.splitter.strict(prepared[:cut] + self.splitter.delimiter + prepared[cut:])
                if cells is not None and len(cells) == self.width:
                    fault = Fault(TOO_FEW, count=self.width - 1, width=self.width)
                    yield Reading(self.splitter.restored(cells), DIVIDED, fault)


def _places(text: str, sign: str | None) -> list[int]:
    if not sign:
        return []
    return [place for place, character in enumerate(text) if character == sign][:MARKS]


def _named(sign: str) -> str:
    return {"\t": "TAB", " ": "␣"}.get(sign, sign)
