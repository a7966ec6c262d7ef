"""How a text file is divided: guesses tried on a sample, judged by how regular the rows become."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log2

from importers.reading import marks
from importers.reading.columns import kind_of_cell
from importers.reading.splitting import Splitter, parsed
from importers.reading.table import Dialect

SAMPLE_CHARACTERS = 60_000
SAMPLE_LINES = 400
JUDGED_ROWS = 40  # whose cells are looked at
TRIED = 5  # delimiters that are tried with other quotation marks
FEW_ROWS = 8  # in which one damaged row says as much as the whole ones
NEEDED = 0.28  # a lower score is no division at all

_CONTROL = "\x1c\x1d\x1e\x1f\x01\x02\x03\x04\x06\x07\x1b"
_RARE = "^~§¦¬¶•；｜、"
_IN_WORDS = ":/-._ "


@dataclass(frozen=True, slots=True)
class Trial:
    """A dialect and how well the sample is divided by it."""

    dialect: Dialect
    score: float
    width: int
    rows: Sequence[list[str]]
    damaged: int
    share: float = 0.0  # of the filled rows, those of the width

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to wish for."""
        return not self.damaged and self.share == 1.0


def dialect_of(lines: list[str], *, delimiter: str | None = None, quote: str | None = None,
               escape: str | None = None) -> Dialect:  # fmt: skip
    """The dialect under which the lines are most regular; a comma for a single column. What is told is kept."""
    sample = _sample(lines)
    quotes = None if quote is None else [quote or None]
    if delimiter is None:
        trials = [
            _tried(sample, Dialect(mark, quotes[0] if quotes else '"', escape)) for mark in marks.delimiters(sample)
        ]
        trials = sorted(trials, key=lambda trial: -trial.score)[:TRIED] or [_tried(sample, Dialect(","))]
    else:
        trials = [_tried(sample, Dialect(delimiter, quotes[0] if quotes else '"', escape))]
    best = max((_with_quotes(sample, trial, quotes, escape) for trial in trials), key=lambda trial: trial.score)
    if delimiter is None:
        best = _spaced(sample, _doubled(sample, best))
        if best.score < NEEDED:
            best = _with_quotes(sample, _tried(sample, Dialect(",", best.dialect.quote, escape)), quotes, escape)
            return replace(best.dialect, delimiter=",")
    return best.dialect


def _sample(lines: list[str]) -> list[str]:
    taken, characters = 0, 0
    for line in lines[:SAMPLE_LINES]:
        characters += len(line)
        taken += 1
        if characters > SAMPLE_CHARACTERS:
            break
    return [line[:SAMPLE_CHARACTERS] for line in lines[:taken]]


def _prior(mark: str) -> float:
    sign = min(mark, key=lambda sign: sign in _IN_WORDS)
    if sign in marks.COMMON:
        return 1.0
    if sign in _CONTROL:
        return 0.95
    if sign in _RARE:
        return 0.85
    if sign == ":":
        return 0.6
    if sign == " ":
        return 0.5
    return 0.35 if sign in _IN_WORDS else 0.6


def _tried(sample: list[str], dialect: Dialect) -> Trial:
    rows, _, damaged = parsed(Splitter(dialect), sample)
    filled = [row for row in rows if any(map(str.strip, row))]
    widths = Counter(map(len, filled))
    if not widths:
        return Trial(dialect, 0.0, 1, rows, 0)
    width = max(widths, key=lambda width: (widths[width] * (0.6 if width == 1 else 1), width))
    share = widths[width] / len(filled)
    lost = sum(len(rows[place]) != width for place in damaged)
    score = share * log2(width) * _prior(dialect.delimiter) * (1 - (0.6 * lost + 0.1 * len(damaged)) / len(rows))
    if score:
        score *= _head_factor(filled, width) * _sense(dialect, filled, width)
    return Trial(dialect, score, width, rows, len(damaged), share)


def _head_factor(filled: list[list[str]], width: int) -> float:
    """A table begins with its header: where the first row is not divided, the sign may be one of the cells."""
    first = len(filled[0])
    return 1.0 if first == width or (first > 1 and abs(first - width) <= 2) else 0.5


def _sense(dialect: Dialect, filled: list[list[str]], width: int) -> float:
    """How much the cells look like cells: numbers, dates and the like, not pieces of them."""
    whole = [row for row in filled if len(row) == width][:JUDGED_ROWS]
    cells = [cell for row in whole for cell in row]
    kinds = [kind_of_cell(cell) for cell in cells]
    typed = sum(kind not in ("", "text") for kind in kinds) / max(len(cells), 1)
    if not any(sign in marks.COMMON or sign in _CONTROL or sign in _RARE for sign in dialect.delimiter):
        together = Counter(kind_of_cell(dialect.delimiter.join(row)) for row in whole)
        if sum(count for kind, count in together.items() if kind not in ("", "text")) > len(whole) // 2:
            return 0.2
        is_even = ":" in dialect.delimiter and width > 2 and all(len(row) == width for row in filled)
        if all(sign in _IN_WORDS for sign in dialect.delimiter) and typed < 0.4 and not is_even:
            return 0.2
        if not any(row[0] for row in whole) or not any(row[-1] for row in whole):
            return 0.2
    foreign = sum(any(mark in cell for mark in marks.COMMON if mark not in dialect.delimiter) for cell in cells)
    return (0.8 + 0.4 * typed) * (1 - 0.3 * foreign / max(len(cells), 1))


def _with_quotes(sample: list[str], trial: Trial, quotes: list[str | None] | None, escape: str | None) -> Trial:
    """The trial with the quotation marks and the escape that serve it best."""
    best = _quoted(sample, trial, quotes)
    if escape is None:
        best = _escaped(sample, best)
    return _bare(sample, best) if quotes is None else best


def _quoted(sample: list[str], trial: Trial, quotes: list[str | None] | None) -> Trial:
    best, text = trial, "".join(sample)
    for quote in quotes or marks.quotes(text, trial.dialect.delimiter):
        if quote == trial.dialect.quote:
            continue
        other = _tried(sample, replace(trial.dialect, quote=quote))
        is_better = not best.is_whole and other.score > best.score * 1.001 and _is_needed(text, other)
        if quotes or is_better or _is_wrapped(sample, other, best):
            best = other
    return best


def _escaped(sample: list[str], best: Trial) -> Trial:
    text = "".join(sample)
    if best.is_whole and "\\" + (best.dialect.quote or "\0") not in text:
        return best
    for sign in marks.escapes(text, best.dialect):
        other = _tried(sample, replace(best.dialect, escape=sign))
        more = 1.001 if text.count(sign + (best.dialect.quote or "\0")) < 2 or sign != "\\" else 0.98
        is_sound = (other.damaged, -len(other.rows)) <= (best.damaged, -len(best.rows))
        if is_sound and other.score > best.score * more:
            best = other
    return best


def _bare(sample: list[str], best: Trial) -> Trial:
    """The trial without marks where they do more harm than good."""
    is_strange = best.damaged > _bearable(sample, best) or (best.share < 1 and len(best.rows) < FEW_ROWS)
    if best.dialect.quote is None or not is_strange:
        return best
    bare = _tried(sample, Dialect(best.dialect.delimiter, None, best.dialect.escape))
    is_other = best.share < 1 or bare.width == best.width
    return bare if is_other and bare.score > best.score * 1.001 and (best.damaged or bare.is_whole) else best


def _bearable(sample: list[str], trial: Trial) -> float:
    """How many damaged rows do not yet say that the marks quote nothing."""
    quoted = sum(marks.opens(line, trial.dialect) for line in sample)
    return 0 if len(trial.rows) < FEW_ROWS and trial.damaged >= quoted else max(2, 0.2 * quoted)


def _is_needed(text: str, trial: Trial) -> bool:
    """Whether some cell could not stand there without the marks."""
    quote = trial.dialect.quote or "\0"
    if len(quote) == 1 and quote * 3 in text:
        return True
    inside = (trial.dialect.delimiter, "\n", "\r")
    return any(mark in cell for row in trial.rows for cell in row for mark in inside)


def _is_wrapped(sample: list[str], other: Trial, best: Trial) -> bool:
    """Whether the marks stand around most cells of text: then they are no part of them."""
    if other.damaged or other.width != best.width or other.score < best.score * 0.98 or other.dialect.quote is None:
        return False
    opening, closing = other.dialect.quote[0], other.dialect.quote[-1]
    cells = [cell for row in best.rows for cell in row if cell]
    if len(cells) > 3 and all(len(cell) > 1 and cell.startswith(opening) and cell.endswith(closing) for cell in cells):
        return True
    used = best.dialect.quote
    if (
        used is not None
        and not best.damaged
        and any(used[0] in line and marks.opens(line, best.dialect) for line in sample)
    ):
        return False
    if opening == closing and opening * 3 in "".join(sample):
        return all(len(cell) > 1 and cell.endswith(closing) for cell in cells if cell[0] == opening)
    texts = [cell for row in best.rows for cell in row if kind_of_cell(cell) == "text"]
    wrapped = sum(len(cell) > 2 and cell.startswith(opening) and cell.endswith(closing) for cell in texts)
    return wrapped >= 3 and wrapped >= 0.5 * len(texts)


def escapes_all(lines: list[str], dialect: Dialect) -> bool:
    """Whether the escape stands before marks only, itself among them, so that it never means itself."""
    escape = dialect.escape
    if escape is None or escape == "\\":
        return escape is not None
    text = "".join(_sample(lines)).replace(escape * 2, "")
    signs = f"{dialect.delimiter}{dialect.quote or ''}\r\n"
    return text.count(escape) == sum(text.count(escape + sign) for sign in set(signs))


def _doubled(sample: list[str], best: Trial) -> Trial:
    """Where each second column is blank throughout, the delimiter is the sign twice."""
    if best.width < 3 or best.width % 2 == 0 or len(best.dialect.delimiter) != 1:
        return best
    whole = [row for row in best.rows if len(row) == best.width]
    if any(any(row[1::2]) for row in whole):
        return best
    return _tried(sample, replace(best.dialect, delimiter=best.dialect.delimiter * 2))


def _spaced(sample: list[str], best: Trial) -> Trial:
    """Where blanks stand on both sides of each delimiter, they belong to it."""
    whole = [row for row in best.rows if len(row) == best.width > 1]
    mark = best.dialect.delimiter
    ahead = all(cell.endswith(" ") for row in whole for cell in row[:-1])
    behind = all(cell.startswith(" ") for row in whole for cell in row[1:])
    if len(mark) > 1 or mark.isspace() or not whole or not (ahead and behind):
        return best
    return _tried(sample, replace(best.dialect, delimiter=f" {mark} "))
