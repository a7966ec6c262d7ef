"""How far long work is, and whether somebody wants it stopped: what who asks for the work hands over."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]  # phase, done, of how many
IsCancelled = Callable[[], bool]


class Cancelled(Exception):  # nothing went wrong
    """Somebody does not want it any more."""


def silent(phase: str, done: int, total: int | None) -> None:
    """Nobody wants to know how far it is."""


def never() -> bool:
    """Nobody cancels."""
    return False
