"""Staged lines of a run as people read them: values, old and new, both sides of a conflict, what was left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from importers.loading import staged
from importers.loading.staged import StagedLine, fault_from_json
from importers.mapping.fields import fields
from importers.mapping.headings import OWN_HEADINGS
from models.base import N_, Base, entities, entity, words
from models.import_batch import ImportBatch, RowVerdict
from models.ownership import OwnershipRole
from reports.titles import titles_of
from rules.permissions import Action
from views.access import may, model_scope, sees_personal
from views.cells import is_masked
from views.database import db
from views.import_said import Said
from views.kept import fetch_titles, kept_text
from views.kinds import kind_label, model_of_kind
from views.language import translate

HIDDEN = "*" * 6
CELLS_NAMED = 6  # of a line, beside the cell at fault
OTHERS_SHOWN = 4  # other lines on the same record whose values are shown


@dataclass(frozen=True, slots=True)
class Contradicted:
    """A field of which a line says something else than other lines, or than somebody's edit; `there` is what stands on
    the record, None where there is none or it is not told; `more` whether further lines speak of it.
    """

    label: str
    there: str | None
    lines: list[tuple[int, str]]
    more: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A line: its number, the record it meets, what it sets (label, old, new), remarks, faults, both sides of a
    conflict.

    `fields` are kept apart by name in `values` for tables with a column for each.
    """

    number: int
    subject: str = ""
    url: str = ""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[tuple[str, str, str]] = field(default_factory=list)
    sides: list[Contradicted] = field(default_factory=list)
    beside: str = ""  # what else stands on a line that is not loaded


def shown_lines(batch: ImportBatch, verdict: RowVerdict, after: int, limit: int) -> list[Shown]:
    """The lines of the kind after that line of the file."""
    found = staged.lines(db.session(), batch.id, verdict, after, limit)
    return _shown(batch, found)


def is_shown(model: type[Base], name: str) -> bool:
    """Whether the field is told of: every declared one but the estate, which the whole run has."""
    return name != "estate_id" and name in model.__table__.columns and words(model.__table__.columns[name]) is not None


def label_of(model: type[Base], name: str) -> str:
    """What people call the field: one of the record's own, or one that a file fills beside."""
    column = model.__table__.columns.get(name)
    declared = words(column) if column is not None else None
    if declared is not None:
        return translate(declared.label)
    return next((translate(known.words.label) for known in fields(model) if known.name == name), name)


def record_url(model: type[Base], row_id: int) -> str:
    """Where the record is shown; empty for who sees none of its kind."""
    return url_for(f"{entity(model).name}.details_view", id=row_id) if may(model, Action.SEE) else ""


def _shown(batch: ImportBatch, found: Sequence[StagedLine]) -> list[Shown]:
    model = entities()[batch.entity]
    fetch_titles((model, line.changes["fields"]) for line in found)
    met = {line.line: line.more["row"] for line in found if line.more.get("row")}
    titles = titles_of(db.session(), model, set(met.values())) if met else {}
    masking = _masked_headings(batch, model)
    return [_line(batch, model, line, titles, masking) for line in found]


def _line(batch: ImportBatch, model: type[Base], line: StagedLine, titles: Any, masking: set[str]) -> Shown:
    columns, row_id = model.__table__.columns, line.more.get("row")
    fields = {
        name: (
            label_of(model, name),
            kept_text(model, columns[name], old, batch.estate_id),
            kept_text(model, columns[name], new, batch.estate_id),
        )
        for name, (old, new) in line.changes["fields"].items()
        if is_shown(model, name)
    }
    faults = [(said["column"], _value(said, masking), _sentence(said, masking)) for said in line.problems["faults"]]
    is_told = line.verdict in {RowVerdict.REFUSED, RowVerdict.CONFLICT} and sees_personal(model, batch.estate_id)
    return Shown(
        line.line,
        titles.get(row_id, ""),
        record_url(model, row_id) if row_id else "",
        list(fields.values()),
        {name: new for name, (_, _, new) in fields.items()},
        _notes(line, masking),
        faults,
        _contradicted(batch, model, line) if line.verdict == RowVerdict.CONFLICT else [],
        beside(Said(batch).header, line, {said["column"] for said in line.problems["faults"]}) if is_told else "",
    )


def beside(header: Sequence[str], line: StagedLine, but: Collection[str]) -> str:
    """What stands on the line in other columns than those, as far as it helps to know whose line it is."""
    cells = zip(header, line.cells, strict=False)
    others = [text.strip() for heading, text in cells if heading not in but and heading not in OWN_HEADINGS]
    return " · ".join([text for text in others if text][:CELLS_NAMED])


def _masked_headings(batch: ImportBatch, model: type[Base]) -> set[str]:
    """The headings of columns whose values the person sees only masked."""
    said = Said(batch)
    return {
        said.header[index]
        for index, name in said.used_columns.items()
        if name in model.__table__.columns and is_masked(model, model.__table__.columns[name], batch.estate_id)
    }


def _contradicted(batch: ImportBatch, model: type[Base], line: StagedLine) -> list[Contradicted]:
    """Both sides, where they differ: what stands on the record, what this line says of it and what others do."""
    others = {name: dict(said) for name, said in (line.more.get("others") or {}).items()}
    names = [name for name in others or line.values if is_shown(model, name)]
    return [_sides_of(batch, model, line, name, others.get(name, {})) for name in names]


def _sides_of(
    batch: ImportBatch, model: type[Base], line: StagedLine, name: str, others: dict[int, Any]
) -> Contradicted:
    def text(value: Any) -> str:
        return kept_text(model, model.__table__.columns[name], value, batch.estate_id)

    own = line.values.get(name) or _cell(batch, line, name)
    said = {line.line: own} | others if own else others
    there = text(line.olds[name]) if line.more.get("row") and name in line.olds else None
    found = sorted(said.items())
    return Contradicted(
        label_of(model, name),
        there,
        [(number, text(value)) for number, value in found[:OTHERS_SHOWN]],
        len(found) > OTHERS_SHOWN,
    )


def _cell(batch: ImportBatch, line: StagedLine, name: str) -> str:
    """What the line says of a field in which it changes nothing."""
    places = [index for index, field_name in Said(batch).used_columns.items() if field_name == name]
    return line.cells[places[0]].strip() if places and places[0] < len(line.cells) else ""


def _notes(line: StagedLine, masking: set[str]) -> list[str]:
    """What the line does beside its own fields: the unit it links or makes, and its warnings."""
    notes = []
    unit, link, same_as = line.more.get("unit"), line.more.get("link"), line.more.get("same_as")
    if unit and unit["is_new"]:
        notes.append(_made_unit(unit))
    if link:
        notes.append(_linked_unit(link, unit))
    if same_as:
        notes.append(translate(N_("the same record as line %(line)s")) % {"line": same_as})
    notes += [
        f"{said['column']} {_value(said, masking)}: {_sentence(said, masking)}" for said in line.problems["warnings"]
    ]
    return notes


def _made_unit(unit: Mapping[str, Any]) -> str:
    """The unit that the line makes, with its area if the file gives one."""
    sentence = N_("makes the unit %(code)s (%(area)s m²)") if unit.get("area") else N_("makes the unit %(code)s")
    return translate(sentence) % {"code": unit["code"], "area": unit.get("area")}


def _linked_unit(link: Mapping[str, Any], unit: Mapping[str, Any] | None) -> str:
    """The unit that the line links, and as what."""
    code = link["unit"] or (unit or {}).get("code", "")
    role = translate(OwnershipRole(link["role"]).label)
    return translate(N_("links the unit %(code)s (%(role)s)")) % {"code": code, "role": role}


def _value(said: Mapping[str, Any], masking: set[str]) -> str:
    return HIDDEN if said["column"] in masking else str(said["value"])


def _sentence(said: Mapping[str, Any], masking: set[str]) -> str:
    """What is said of a cell, without the cell where it is masked."""
    sentence, value = fault_from_json(said).text(translate), str(said["value"])
    return sentence.replace(value, HIDDEN) if said["column"] in masking and value else sentence


@dataclass(frozen=True, slots=True)
class Left:
    """A record that an undo left as it is: of which kind, which one, and why."""

    number: int
    kind: str
    title: str
    url: str
    sentence: str


def left_rows(batch: ImportBatch, after: int, limit: int) -> list[Left]:
    """What the undo left, in the order in which it is kept."""
    found = staged.lines(db.session(), batch.id, staged.LEFT, after, limit)
    by_model: dict[type[Base], set[int]] = {}
    for line in found:
        model = model_of_kind(line.more.get("entity") or batch.entity)
        if model is not None and model.__entity__ is not None and may(model, Action.SEE):
            by_model.setdefault(model, set()).add(line.more["row"])
    titles = {model: titles_of(db.session(), model, ids, model_scope(model)) for model, ids in by_model.items()}
    return [_left(batch, line, titles) for line in found]


def _left(batch: ImportBatch, line: StagedLine, titles: dict[type[Base], Any]) -> Left:
    name = line.more.get("entity") or batch.entity
    model, row_id = model_of_kind(name), line.more["row"]
    title = titles.get(model, {}).get(row_id, "") if model is not None else ""
    sentence = " ".join(fault_from_json(said).text(translate) for said in line.problems["faults"])
    url = record_url(model, row_id) if title and model is not None else ""
    return Left(line.line, kind_label(name), title or f"#{row_id}", url, sentence)
