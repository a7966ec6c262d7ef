"""What was changed, when and by whom, as people read it: of one row, and of any entry of the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from models.account import Account
from models.base import N_, Base, Row, words
from models.history import History
from operations.recording import entity_name
from views.access import zone_of
from views.database import db
from views.kept import fetch_titles, kept_text
from views.kinds import GRANTS, is_seen, model_of_kind
from views.language import translate

HISTORY_SHOWN = 40

Field = tuple[str, str, str]  # label, from, to


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history: when, who, what kind, and the fields from → to."""

    at: datetime
    who: str
    kind: str
    fields: list[Field]


def history(row: Base) -> list[Change]:
    """The latest changes of the row and of the grants that hang on it, newest first."""
    return _changes(row, or_(_is_of(row), *_are_grants_of(row)), HISTORY_SHOWN)


def changes_since(row: Row, version: int) -> list[Change]:
    """What was changed since the row had that version, newest first: each version is one entry of the history."""
    return _changes(row, _is_of(row), min(max(row.version - version, 0), HISTORY_SHOWN))


def _is_of(row: Base) -> ColumnElement[bool]:
    return and_(History.entity == entity_name(type(row)), History.row_id == row.id)


def _are_grants_of(row: Base) -> list[ColumnElement[bool]]:
    if not isinstance(row, Account):
        return []
    holder = or_(*(History.changes[("account_id", place)].as_integer() == row.id for place in (0, 1)))
    return [and_(History.entity.in_([entity_name(model) for model in GRANTS]), holder)]


def _changes(row: Base, condition: ColumnElement[bool], limit: int) -> list[Change]:
    statement = (
        select(History, Account.name)
        .outerjoin(Account, Account.id == History.account_id)
        .where(condition)
        .order_by(History.id.desc())
        .limit(limit)
    )
    found = [(entry, name) for entry, name in db.session.execute(statement)]
    estate_id = getattr(row, "estate_id", None)
    _fetch_titles([entry for entry, _ in found])
    return [
        Change(
            entry.at.astimezone(zone_of(estate_id)),
            name or entry.by_command or "",
            translate(entry.kind.label),
            _fields(entry, model, estate_id, leave_out="account_id" if model in GRANTS else ""),
        )
        for entry, name in found
        if (model := model_of_kind(entry.entity)) is not None
    ]


def fields_of(entries: Sequence[History]) -> dict[int, list[Field]]:
    """What each entry changed, by its id; nothing of kinds of records that the person does not see."""
    seen = [entry for entry in entries if is_seen(model_of_kind(entry.entity))]
    _fetch_titles(seen)
    return {
        entry.id: _fields(entry, model, entry.estate_id)
        for entry in seen
        if (model := model_of_kind(entry.entity)) is not None
    }


def _fetch_titles(entries: Sequence[History]) -> None:
    models = [(model_of_kind(entry.entity), entry) for entry in entries]
    fetch_titles((model, entry.changes) for model, entry in models if model is not None)


def _fields(entry: History, model: type[Base], estate_id: int | None, leave_out: str = "") -> list[Field]:
    return [
        (label, *texts)
        for name, pair in entry.changes.items()
        if name != leave_out
        and (label := _label(model, name))
        and (texts := _texts(model, name, pair, estate_id)) != ("", "")
    ]


def _label(model: type[Base], name: str) -> str:
    if model in GRANTS:
        column_name, label = GRANTS[model]
        return translate({column_name: label, "account_id": N_("Account")}.get(name, ""))
    column = model.__table__.columns.get(name)
    declared = words(column) if column is not None else None
    return translate(declared.label) if declared else ""


def _texts(model: type[Base], name: str, pair: list[Any], estate_id: int | None) -> tuple[str, str]:
    column = model.__table__.columns[name]
    return kept_text(model, column, pair[0], estate_id), kept_text(model, column, pair[1], estate_id)
