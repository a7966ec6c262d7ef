"""How the person wants each list: columns in order, density, rows on a page, the view it opens with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g
from sqlalchemy import bindparam, select

from models.base import Base, entity, now
from models.list_preference import Density, ListPreference
from operations.write import Insert, Refused, Update, write, writing
from views.access import account, author
from views.database import db
from views.list_columns import known_columns

_TABLE = ListPreference.__table__.c
# Made once: to build a statement costs more than to run it, and every list runs this one.
_KEPT = select(_TABLE.columns, _TABLE.density, _TABLE.page_size, _TABLE.default_view).where(
    _TABLE.account_id == bindparam("account"), _TABLE.entity == bindparam("name")
)


@dataclass(frozen=True, slots=True)
class Preference:
    """What the person chose for a list; None and "" where she chose nothing."""

    columns: tuple[str, ...] | None = None
    density: Density = Density.COMFORTABLE
    page_size: int | None = None
    default_view: str = ""


def preference(model: type[Base]) -> Preference:
    """The person's preference for the list of the model; asked of the database once per request."""
    known: dict[type[Base], Preference] = g.setdefault("list_preferences", {})
    if model not in known:
        known[model] = _read(model)
    return known[model]


def _read(model: type[Base]) -> Preference:
    person = account()
    if person is None:
        return Preference()
    row = db.session.connection().execute(_KEPT, {"account": person.id, "name": entity(model).name}).one_or_none()
    if row is None:
        return Preference()
    columns = known_columns(model, split(row.columns)) or None
    return Preference(columns, row.density, row.page_size, row.default_view or "")


def split(columns: str | None) -> Sequence[str]:
    """The names of columns as they are kept, one after the other."""
    return (columns or "").split(",")


def joined(columns: Sequence[str] | None) -> str | None:
    """Names of columns to be kept; None for none."""
    return ",".join(columns) if columns else None


def keep_preference(model: type[Base], **values: Any) -> None:
    """Remember these columns of the person's preference, the others as they are."""
    try:
        _keep(model, values)
    except Refused:  # the first choice was made in another window at the same moment: now there is a row to change
        _keep(model, values)
    g.pop("list_preferences", None)


def _keep(model: type[Base], values: Mapping[str, Any]) -> None:
    by = author()
    key = {"account_id": by.account_id, "entity": entity(model).name}
    with writing(db.session):
        row_id = db.session.scalar(select(ListPreference.id).filter_by(**key))
        change = Insert(ListPreference, {**key, **values}) if row_id is None else Update(ListPreference, row_id, values)
        write(db.session, [change], by=by, at=now())
