"""Cells that name another record: its code, or else its name, within the estate."""

from collections import defaultdict

from sqlalchemy import String
from sqlalchemy.orm import Session

from importers.lines import Line
from importers.mapping.headings import Field, Mapping
from importers.matching.lookup import inside, rows_with
from models.base import N_, Base, entity
from models.faults import Fault


def resolve(session: Session, estate_id: int | None, lines: list[Line], mapping: Mapping) -> None:
    """Put the id in place of each code or name; what is not found, or fits several records, is a fault."""
    for column, _ in mapping.filled():
        if column.parent is not None:
            _resolve_column(session, estate_id, lines, column, mapping.heading(column.name))


def _resolve_column(session: Session, estate_id: int | None, lines: list[Line], column: Field, heading: str) -> None:
    assert column.parent is not None
    naming = [line for line in lines if column.name in line.values]
    found = _ids_by_text(session, column.parent, estate_id, {line.values[column.name] for line in naming})
    for line in naming:
        text = line.values.pop(column.name)
        ids = found.get(text, set())
        if len(ids) == 1:
            line.values[column.name] = min(ids)
        elif ids:
            fault = Fault(N_("%(value)s fits several records: give the code or number"), value=text)
            line.refuse(heading, text, fault)
        else:
            line.refuse(heading, text, unknown(text))


def unknown(text: str) -> Fault:
    """The sentence for a record that is not there."""
    return Fault(N_("%(value)s does not exist here: correct it or add it first"), value=text)


def _ids_by_text(session: Session, parent: type[Base], estate_id: int | None, texts: set[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for name in _naming_columns(parent):
        by_text: dict[str, set[int]] = defaultdict(set)
        scope = inside(parent, estate_id, or_nobodys=True) if estate_id is not None else []
        for row in rows_with(session, parent, name, texts - found.keys(), *scope):
            by_text[row[name]].add(row["id"])
        found |= by_text
    return found


def _naming_columns(parent: type[Base]) -> list[str]:
    """The business key before the names."""
    said = entity(parent)
    columns = parent.__table__.columns
    names = dict.fromkeys((*said.key, *said.title))
    return [name for name in names if isinstance(columns[name].type, String) or hasattr(columns[name].type, "clean")]
