"""The record of what leaves the panel as a file: who took which rows, narrowed how, with what in the clear."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from models.base import now
from models.export_record import ExportRecord, FileFormat
from operations.write import Insert, Update, write, writing
from views.access import author, estates
from views.conditions import record_id
from views.database import db

NOT_FILTERS = frozenset({"after", "before", "size", "q", "view", "columns", "count"})
LONGEST_QUERY = 4000


class Record:
    """The record of one file, written when it begins; `finish` says how many rows left and whether all did.

    `asked` is what narrows it: the address, with what a view brings to it.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        header: Sequence[str],
        is_personal: bool = False,
        is_searched: bool = False,
        asked: MultiDict[str, str] | None = None,
    ) -> None:
        asked = request.args if asked is None else asked
        moment = now()
        self.by = author()
        self.file_name = f"{name}-{moment:%Y%m%d}.{kind}"
        values = {
            "file_name": self.file_name,
            "at": moment,
            "account_id": self.by.account_id,
            "estate_id": _one_estate(asked),
            "entity": name,
            "format": FileFormat(kind),
            "query": _filters(asked) or None,
            "is_searched": is_searched,
            "column_names": ", ".join(header),
            "is_personal": is_personal,
        }
        with writing(db.session):
            (self.id,) = write(db.session, [Insert(ExportRecord, values)], by=self.by, at=moment)

    def finish(self, number: int, is_complete: bool) -> None:
        values = {"row_count": number, "is_complete": is_complete}
        with writing(db.session):
            write(db.session, [Update(ExportRecord, self.id, values)], by=self.by, at=now())


def _filters(asked: MultiDict[str, str]) -> str:
    """What the address narrows the file to; what was typed into a search box is not in it."""
    pairs = [(key, text) for key, text in asked.items(multi=True) if key not in NOT_FILTERS and text.strip()]
    return urlencode(pairs, safe=":,")[:LONGEST_QUERY]


def _one_estate(asked: MultiDict[str, str]) -> int | None:
    """The estate whose rows are taken; None when they may be of several."""
    served = [estate.id for estate in estates()]
    said = [] if asked.get("match") == "any" else asked.getlist("estate_id")
    named = {record_id(text) for text in said} & set(served)
    found = sorted(each for each in named if each is not None) or served
    return found[0] if len(found) == 1 else None
