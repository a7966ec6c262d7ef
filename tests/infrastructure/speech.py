"""What of a page is neither the reader's language nor data: words that somebody forgot to translate."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.base import Base, Labelled, entities
from models.fields import Domain
from tests.infrastructure.words import CLAUSE, foreign, spoken_in, visible

_HAN = re.compile(r"[一-鿿]+")
# Written the same in every language.
_NEUTRAL = re.compile(
    r"[\w.*+-]+@[\w*.-]+\.\w+"  # an e-mail address, also a masked one
    r"|\b[0-9a-f]{16}\b"  # the id of a request
    r"|\{\w+\}"  # a place that a script fills
    rf"|{CLAUSE}"
)
BRAND = "品"
OTHER_LANGUAGES = {"中文", "English"}


@dataclass
class Data:
    """The texts that the database holds: on a page they are no words of ours."""

    values: frozenset[str]
    _pattern: re.Pattern[str] = field(init=False)
    _known: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        longest_first = sorted(self.values, key=len, reverse=True)
        self._pattern = re.compile(
            rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])"
            if longest_first
            else "(?!)"
        )

    def __or__(self, other: "Data") -> "Data":
        return Data(self.values | other.values)

    def taken_out(self, text: str) -> str:
        """The text without them, and without what every language writes alike."""
        if text not in self._known:
            self._known[text] = _NEUTRAL.sub(" ", self._pattern.sub(" ", text))
        return self._known[text]


def data_of(session: Session, typed: Iterable[str] = ()) -> Data:
    """Every text in the database that people wrote, and what they `typed`; no choice, no name of ours."""
    session.rollback()
    found = set(typed)
    for model in entities().values():
        for column in model.__table__.columns:
            if column.type.python_type is str or isinstance(column.type, Domain):
                found.update(session.scalars(select(column).where(column.is_not(None)).distinct()))
    return Data(frozenset(filter(None, map(str.strip, found))) - _own_names())


def _own_names() -> set[str]:
    tables = Base.metadata.sorted_tables
    columns = {column.name for table in tables for column in table.columns}
    members = {str(member.value) for members in Labelled.__subclasses__() for member in members}
    return {table.name for table in tables} | columns | entities().keys() | members


def said(answer: TestResponse) -> list[str]:
    """What a page, a JSON answer or a text file says to people."""
    if answer.mimetype == "text/html":
        return visible(answer.text)
    if answer.mimetype == "application/json":
        return spoken_in(answer.get_json())
    return answer.text.splitlines() if answer.mimetype == "text/csv" else []


def not_chinese(texts: Iterable[str], data: Data) -> set[str]:
    """What a Chinese reader would stumble over."""
    return {text for text in _own(texts) if foreign(data.taken_out(text))}


def not_english(texts: Iterable[str], data: Data) -> set[str]:
    """What an English reader could not read; a clause stands as it is written."""
    return {text for text in _own(texts) if _HAN.search(data.taken_out(text))}


def _own(texts: Iterable[str]) -> Iterable[str]:
    return (text for text in texts if text not in OTHER_LANGUAGES and text != BRAND)
