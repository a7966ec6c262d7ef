"""What people decided about files with the same headings, kept for the next one: decisions, never what cells say."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Enum, delete, insert, select
from sqlalchemy.orm import Session

from importers.mapping.fields import Field, fields
from importers.reading.known_headings import normalised
from importers.settings import Reading, Settings, Source
from models.base import Base, entities
from models.import_batch import ImportBatch, ImportLayout


def header_hash(header: Sequence[str]) -> str:
    """What files with the same headings have in common, however these are decorated."""
    return hashlib.sha256(json.dumps([normalised(heading) for heading in header]).encode()).hexdigest()


def remember(session: Session, batch_id: int, at: datetime) -> None:
    """Keep the decisions of a run for the next file of its kind, estate and headings, in place of earlier ones.

    To be called inside `writing(session)`.
    """
    batch = session.get_one(ImportBatch, batch_id)
    model, header = entities().get(batch.entity), batch.report.get("header")
    if model is None or not header:
        return
    decided = Settings.from_json(batch.settings)
    before = recall(session, batch.entity, batch.estate_id, header)
    settings = remembered_part(model, with_remembered(decided, before))
    if settings == Settings() or decided.recipe is not None:
        return
    known = header_hash(header)
    session.execute(delete(ImportLayout).where(*_same(batch.entity, batch.estate_id, known)))
    values = {
        "entity": batch.entity,
        "estate_id": batch.estate_id,
        "header_hash": known,
        "account_id": batch.account_id,
        "used_at": at,
        "settings": settings.as_json(),
    }
    session.execute(insert(ImportLayout), values)


def recall(session: Session, entity: str, estate_id: int | None, header: Sequence[str]) -> Settings | None:
    """What was decided about the last file of the kind with these headings in that estate; None when nothing was."""
    kept = session.scalars(
        select(ImportLayout.settings)
        .where(*_same(entity, estate_id, header_hash(header)))
        .order_by(ImportLayout.used_at.desc(), ImportLayout.id.desc())
        .limit(1)
    ).first()
    return Settings.from_json(kept) if kept is not None else None


def _same(entity: str, estate_id: int | None, known: str) -> list[Any]:
    own = ImportLayout.estate_id == estate_id if estate_id is not None else ImportLayout.estate_id.is_(None)
    return [ImportLayout.entity == entity, own, ImportLayout.header_hash == known]


def with_remembered(settings: Settings, remembered: Settings | None) -> Settings:
    """The settings, with what was remembered wherever the person has not decided."""
    if remembered is None or not settings.use_layout:
        return settings
    return replace(
        settings,
        columns=settings.columns if settings.columns is not None else remembered.columns,
        note_columns=settings.note_columns if settings.columns is not None else remembered.note_columns,
        values={**remembered.values, **settings.values},
        date_orders={**remembered.date_orders, **settings.date_orders},
        blanks={**remembered.blanks, **settings.blanks},
    )


def remembered_part(model: type[Base], settings: Settings) -> Settings:
    """The decisions that say something about the next file: no repairs and corrections, no texts of people."""
    known = {column.name: column for column in fields(model)}
    chosen = None
    if settings.columns is not None:
        chosen = {name: source for name, source in settings.columns.items() if _is_kept(known.get(name), source)}
    reading = Reading(sheet=settings.reading.sheet, delimiter=settings.reading.delimiter)
    return Settings(
        reading=reading,
        columns=chosen,
        note_columns=settings.note_columns,
        values={name: said for name, said in settings.values.items() if _is_closed(known.get(name))},
        date_orders=dict(settings.date_orders),
        blanks=dict(settings.blanks),
    )


def _is_kept(column: Field | None, source: Source) -> bool:
    return column is not None and (source.text is None or not column.words.personal)


def _is_closed(column: Field | None) -> bool:
    """Whether the field is a closed list, so that its texts say nothing of anybody."""
    return column is not None and column.parent is None and isinstance(column.type, Enum | Boolean)
