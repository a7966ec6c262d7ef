"""What is wrong with a value, as one sentence per kind of fault, shared by form, import and command line."""

from collections.abc import Callable


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
        labels = {name: getattr(value, "label", None) for name, value in self.places.items()}
        return translate(self.message) % {
            name: translate(label) if label else self.places[name] for name, label in labels.items()
        }

    def __str__(self) -> str:
        return self.text()
