"""How a row is rated as a header by the headings that are looked for, as data that another process can be sent."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_ORNAMENT = re.compile(r"[\s*:_()\[\]【】「」<>]")


@dataclass(frozen=True, slots=True)
class KnownHeadings:
    """A Fit made of data: the weight of every known heading by its normalised spelling."""

    weights: Mapping[str, int]

    def __call__(self, row: Sequence[str]) -> int:
        """The weights of the known headings in the row, each counted once; 0 for a row of none."""
        found = {known for heading in row if (known := self._known(heading)) is not None}
        return sum(self.weights[known] for known in found)

    def _known(self, heading: str) -> str | None:
        if len(heading) > 200:  # no heading; a row of such cells would take long to normalise
            return None
        candidates = (normalised(heading), normalised(without_brackets(heading)))
        return next((known for known in candidates if known in self.weights), None)


def normalised(heading: str) -> str:
    """The heading without what people add to it: blanks, stars, brackets, case, full-width forms."""
    return _ORNAMENT.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def without_brackets(heading: str) -> str:
    """The heading without what stands in brackets."""
    return _BRACKETED.sub("", unicodedata.normalize("NFKC", heading))
