"""Codes that lost their leading zeros: shorter than all others of their column."""

from collections import Counter
from collections.abc import Iterator, Sequence

from models.base import N_
from models.faults import Fault

FEWEST = 20  # filled cells by which a column is judged
MOST = 0.9  # of them have the same length
LOST_ZEROS = N_("%(value)s has %(count)s digits, the others of the column have %(length)s: were zeros lost?")


class Width:
    """How many digits the codes of a column have, where nearly all have as many and some begin with zero.

    Told by the first block that has enough of them; None when they differ.
    """

    def __init__(self) -> None:
        self._length: int | None = None
        self._is_judged = False

    def judge(self, texts: Sequence[str]) -> Iterator[tuple[int, Fault]]:
        """Place and warning for each text that has fewer digits."""
        if not self._is_judged:
            self._learn(texts)
        length = self._length
        if length is None:
            return iter(())
        short = [place for place, text in enumerate(texts) if len(text) < length]
        return (
            (place, Fault(LOST_ZEROS, value=texts[place], count=len(texts[place]), length=length))
            for place in short
            if texts[place].isdigit()
        )

    def _learn(self, texts: Sequence[str]) -> None:
        lengths = Counter(map(len, texts))
        del lengths[0]
        if lengths.total() < FEWEST:
            return
        self._is_judged = True
        length, count = lengths.most_common(1)[0]
        if length < 2 or count < MOST * lengths.total():
            return
        usual = [text for text in texts if len(text) == length]
        if all(map(str.isdigit, usual)) and any(text.startswith("0") for text in usual):
            self._length = length
