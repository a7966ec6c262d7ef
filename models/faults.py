"""What is wrong with a value, as one sentence per kind of fault, shared by form, import and command line."""

from collections.abc import Callable
from dataclasses import dataclass


def N_(message: str) -> str:  # noqa: N802  # the extraction mark that everybody knows
    """The message itself: marks an English id for extraction, translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Labels:
    """Several choices as one place of a sentence: message ids, each said in the reader's language."""

    labels: tuple[str, ...]


class Fault(ValueError):
    """A value that cannot stand: an English message id with named places, and what fills them.

    The text is made at the edge, in the reader's language: `fault.text(gettext)`.
    """

    def __init__(self, message: str, **places: object) -> None:
        super().__init__(message)
        self.message = message
        self.places = places

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, translated by `translate` before its places are filled; labels in places are translated."""
        if not self.places:
            return translate(self.message)
        return translate(self.message) % {name: _said(value, translate) for name, value in self.places.items()}

    def __str__(self) -> str:
        return self.text()


def _said(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, Labels):
        return ", ".join(map(translate, value.labels))
    label = getattr(value, "label", None)
    return translate(label) if label else value
