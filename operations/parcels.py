"""What is on its way out: a notification made ready for one channel, and what can go wrong with it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class NotSent(OSError):
    """A message that the other side did not take, with the reason for the record: no personal data, no secret."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for one person, in that person's language; `key` is the same however often it is sent."""

    key: str
    kind: str
    address: str
    name: str
    language: str
    title: str
    lines: tuple[str, ...]
    url: str
    at: datetime
    facts: Mapping[str, Any]


class Way(Protocol):
    """A way out of the panel."""

    def opened(self) -> AbstractContextManager[Callable[[Parcel], None]]:
        """What sends a parcel or raises OSError."""
        ...
