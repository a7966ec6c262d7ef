"""A file read, checked and compared, its lines put aside: nothing is changed until somebody commits them."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from importers.checking import check
from importers.diffing import Target, diff
from importers.lines import Line
from importers.mapping import Mapping, Wordings, fit, map_header, no_wordings
from importers.reading import read_table
from importers.staged import changes_of, fault_as_json, problems_of
from importers.table import Limits, Table, UnreadableFile
from models.base import N_, entities, entity
from models.estate import Estate
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportRow, RowVerdict
from operations.write import Author, writing


@dataclass(frozen=True, slots=True)
class Preview:
    """A file with what each of its lines would do."""

    table: Table
    mapping: Mapping
    lines: list[Line]


def preview(
    session: Session,
    path: Path,
    file_name: str,
    entity_name: str,
    estate_id: int | None,
    by: Author,
    at: datetime,
    *,
    sheet: str | None = None,
    create_missing: bool = False,
    wordings: Wordings = no_wordings,
    limits: Limits | None = None,
) -> int:
    """Read the file, compare it with what is there and stage it; returns the id of the batch.

    Changes no record. Raises UnreadableFile or another Fault when the file or the call is unusable; what is wrong
    with single lines is staged with them. The session must hold no unsaved work.
    """
    target = _target(entity_name, estate_id, create_missing)
    seen = look(session, path, target, sheet=sheet, wordings=wordings, limits=limits)
    batch = {
        "entity": entity_name,
        "estate_id": target.estate_id,
        "account_id": by.account_id,
        "file_name": file_name.encode(errors="replace").decode()[-255:],
        "file_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
        "state": BatchState.PREVIEWED,
        "created_at": at,
        "report": _report(seen, target),
        **_counts(seen.lines),
    }
    return _stage(session, batch, seen)


def _target(entity_name: str, estate_id: int | None, create_missing: bool) -> Target:
    model = entities().get(entity_name)
    if model is None or "import" not in entity(model).deeds:
        raise Fault(N_("Records of the kind %(name)s cannot be loaded from a file"), name=entity_name)
    column = model.__table__.columns.get("estate_id")
    if column is not None and not column.nullable and estate_id is None:
        raise Fault(N_("Choose the estate that the file belongs to"))
    return Target(model, estate_id if column is not None else None, create_missing)


def look(
    session: Session,
    path: Path,
    target: Target,
    *,
    sheet: str | None = None,
    wordings: Wordings = no_wordings,
    limits: Limits | None = None,
) -> Preview:
    """What the file would do, without staging it."""
    table = read_table(path, sheet=sheet, wanted=fit(target.model, wordings), limits=limits)
    mapping = map_header(target.model, table.header, wordings)
    if not mapping.columns:
        raise UnreadableFile(
            N_("No heading of the file is known: use headings such as %(headings)s"),
            headings=", ".join(list(mapping.headings.values())[:4]),
        )
    lines = check(table, mapping, _zone(session, target.estate_id))
    diff(session, lines, mapping, target)
    return Preview(table, mapping, lines)


def _zone(session: Session, estate_id: int | None) -> ZoneInfo:
    estate = session.get(Estate, estate_id) if estate_id is not None else None
    return ZoneInfo(estate.time_zone if estate is not None else "UTC")


def _report(seen: Preview, target: Target) -> dict[str, Any]:
    table, mapping = seen.table, seen.mapping
    return {
        "header": table.header,
        "columns": {str(index): column.name for index, column in mapping.columns.items()},
        "notices": [fault_as_json(notice) for notice in mapping.notices],
        "encoding": table.encoding,
        "delimiter": table.dialect.delimiter if table.dialect is not None else None,
        "sheet": table.sheet,
        "create_missing": target.create_missing,
        "to_create": _to_create(seen.lines),
    }


def _to_create(lines: Iterable[Line]) -> dict[str, int]:
    """How many buildings and units would be made so that the entity's own rows have their place."""
    good = [line for line in lines if not line.faults]
    return {
        "buildings": len({line.missing_building for line in good if line.missing_building is not None}),
        "units": len({line.unit.code for line in good if line.unit is not None and line.unit.is_new}),
    }


def _counts(lines: Iterable[Line]) -> dict[str, int]:
    counted = Counter(line.verdict for line in lines)
    return {f"{verdict.value}_count": counted[verdict] for verdict in RowVerdict}


def _stage(session: Session, batch: dict[str, Any], seen: Preview) -> int:
    rows = [
        {
            "line": line.line,
            "verdict": line.verdict,
            "cells": {"cells": line.cells + seen.table.surplus.get(line.line, [])},
            "changes": changes_of(line) if not line.faults else {},
            "problems": problems_of(line),
        }
        for line in seen.lines
    ]
    with writing(session):
        batch_id: int = session.execute(insert(ImportBatch).returning(ImportBatch.id), batch).scalar_one()
        if rows:
            session.execute(insert(_rows_table()), [{"batch_id": batch_id, **row} for row in rows])
    return batch_id


def _rows_table() -> Any:
    return ImportRow.__table__  # plain statements on it skip what the ORM would do for each row


def drop(session: Session, batch_id: int) -> None:
    """Give up a batch that was not committed: its lines are forgotten."""
    with writing(session):
        dropped = session.execute(
            update(ImportBatch)
            .where(ImportBatch.id == batch_id, ImportBatch.state == BatchState.PREVIEWED)
            .values(state=BatchState.DROPPED)
            .returning(ImportBatch.id)
        ).scalar_one_or_none()
        if dropped is not None:
            session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
