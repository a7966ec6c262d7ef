"""What is wrong, by kind and column: repairs of a whole group, the single cell, what was repaired so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView

from importers.checking.repairs import CLEAR, REPLACE, SKIP_LINES, active, applied, removed
from importers.loading.staged import StagedLine, fault_from_json, records, staged_line
from importers.mapping.fields import fields
from importers.settings import Repair, Settings
from models.base import N_, Base, entities
from models.import_batch import ImportBatch, RowVerdict
from models.readers import NEITHER, NO_CHOICE
from views.access import sees_personal
from views.database import db
from views.import_access import batch_of
from views.import_frame import OPEN, PROBLEMS, READ, framed, landing
from views.import_lines import beside
from views.import_preparing import decide, settings_of
from views.import_said import MASK, Group, Said
from views.import_words import Words, asked_values, members, unknown_words
from views.language import translate
from views.repair_words import edit_text, general, made_text, offer_text

LONGEST_EDIT = 500  # characters
MOST_LINES = 300  # shown with all that stands on them
FEW = 4  # examples shown at once, the others behind a summary; two pairs of lines that contradict each other
OF_LINES = frozenset({"line", "lines"})  # places of a sentence that names other lines


Lines = Mapping[int, StagedLine]  # by their number


@dataclass(frozen=True, slots=True)
class Example:
    """A line of a group; `index` is the column of the file whose cell can be corrected, None for none."""

    line: int
    value: str
    index: int | None
    is_masked: bool
    rest: str  # what else stands on the line
    sentence: str  # what is wrong with just this line, where that names other lines


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as the page shows it: the repairs are (number, what the button will do, whether it loses nothing)."""

    key: str
    heading: str
    sentence: str
    count: int
    is_warning: bool
    words: Words | None  # that a choice does not know
    examples: list[Example]
    repairs: list[tuple[int, str, bool]]


def answer(page: BaseView, id: str) -> Any:
    """The problems of the run; POST repairs a group, corrects a cell or takes back what was repaired."""
    batch = batch_of(id)
    if batch.state not in READ:
        return redirect(landing(batch))
    if request.method == "POST":
        if batch.state in OPEN:
            _carry_out(batch)
        else:
            flash(translate(N_("The run is over: nothing of it is decided any more.")), "warning")
        return redirect(url_for(".problems", id=id))
    model, said, settings = entities()[batch.entity], Said(batch), settings_of(batch)
    words = {part.field: part for part in unknown_words(fields(model), said)}
    cells = _cells(batch, model, said)
    return framed(
        page,
        "imports/problems.html",
        batch,
        PROBLEMS,
        groups=[_shown(group, batch, model, words, cells, said) for group in said.groups],
        made=_made(settings, said, model),
        few=FEW,
        is_open=batch.state in OPEN,
        refused=RowVerdict.REFUSED.value,
        again_kind=f"recipe:{batch.recipe}" if batch.recipe else batch.entity,
        longest=LONGEST_EDIT,
    )


def _carry_out(batch: ImportBatch) -> None:
    """Do what the form asks, and say by how much it changed what is wrong."""
    settings, said = settings_of(batch), Said(batch)
    before = _problem_count(batch)
    decided = _asked(settings, said, entities()[batch.entity])
    if decided is None:
        flash(translate(N_("That cannot be done any more: the problems have changed meanwhile.")), "warning")
        return
    decide(batch, decided)
    db.session.refresh(batch)
    if batch.state in READ:
        flash(_difference(before, _problem_count(batch)), "success")


def _problem_count(batch: ImportBatch) -> int:
    return batch.refused_count + batch.conflict_count


def _difference(before: int, after: int) -> str:
    if after < before:
        sentence = N_("%(number)s lines with problems fewer, %(left)s left.")
    elif after > before:
        sentence = N_("%(number)s lines with problems more, %(left)s now.")
    else:
        sentence = N_("Checked anew: %(left)s lines with problems, as before.")
    return translate(sentence) % {"number": abs(before - after), "left": after}


def _asked(settings: Settings, said: Said, model: type[Base]) -> Settings | None:
    """The settings as the form wants them; None where what it refers to is gone."""
    form = request.form
    match form.get("deed", ""):
        case "repair":
            return _with_repair(settings, said, form.get("group", ""), _number(form.get("repair", "")))
        case "edit":
            places = _number(form.get("line", "")), _number(form.get("index", ""))
            return _with_edit(settings, said, *places, form.get("text", ""))
        case "words":
            return replace(settings, values=asked_values(fields(model), said.settings))
        case "take-back":
            return _taken_back(settings, form.get("what", ""))
    return None


def _with_repair(settings: Settings, said: Said, key: str, number: int | None) -> Settings | None:
    group = next((each for each in said.groups if each.key == key), None)
    offered = group.repairs if group is not None else []
    return applied(settings, offered[number].repair) if number is not None and number < len(offered) else None


def _with_edit(settings: Settings, said: Said, line: int | None, index: int | None, text: str) -> Settings | None:
    if line is None or index is None or index >= len(said.header):
        return None
    cells = {**settings.edits.get(line, {}), index: text.strip()[:LONGEST_EDIT]}
    return replace(settings, edits={**settings.edits, line: cells})


def _taken_back(settings: Settings, what: str) -> Settings | None:
    """`what` is "repair N", by the place among those in force, or "line N"."""
    kind, _, rest = what.partition(" ")
    number, made = _number(rest), active(settings)
    if kind == "repair" and number is not None and number < len(made):
        return removed(settings, made[number])
    if kind == "line" and number in settings.edits:
        edits = {line: cells for line, cells in settings.edits.items() if line != number}
        return replace(settings, edits=edits)
    return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _shown(
    group: Group, batch: ImportBatch, model: type[Base], words: Mapping[str, Words], cells: Lines, said: Said
) -> Shown:
    is_masked = _is_personal(model, group.field) and not sees_personal(model, batch.estate_id)
    examples = [
        Example(
            line,
            MASK if is_masked else value,
            group.index,
            is_masked,
            beside(said.header, cells[line], {group.column}) if line in cells else "",
            _own_sentence(group, cells.get(line)),
        )
        for line, value in group.lines
    ]
    return Shown(
        group.key,
        group.column,
        _sentence(group, is_masked),
        group.count,
        group.is_warning,
        words.get(group.field) if group.fault.message in {NO_CHOICE, NEITHER} else None,
        examples,
        [(number, offer_text(offer, group.count), _keeps(offer.repair)) for number, offer in enumerate(group.repairs)],
    )


def _keeps(repair: Repair) -> bool:
    """Whether the repair loses nothing of what the file says."""
    is_emptying = repair.kind == REPLACE and not repair.options.get("to")
    return repair.kind not in {CLEAR, SKIP_LINES} and not is_emptying


def _cells(batch: ImportBatch, model: type[Base], said: Said) -> Lines:
    """The lines that stand as examples, by number; none for who may not see all that is in them."""
    if not sees_personal(model, batch.estate_id):
        return {}
    numbers = [line for group in said.groups for line, _ in group.lines][:MOST_LINES]
    found = records(db.session(), batch.id, numbers)
    return {number: staged_line(record, kind) for number, (kind, record) in found.items()}


def _own_sentence(group: Group, line: StagedLine | None) -> str:
    """The sentence of the group as it is for the line, where the heading cannot say which lines it names."""
    if line is None or group.count == 1 or OF_LINES.isdisjoint(group.fault.places):
        return ""
    said = [each for each in line.problems["faults"] if each["message"] == group.fault.message]
    return fault_from_json(said[0]).text(translate) if said else ""


def _is_personal(model: type[Base], name: str) -> bool:
    return any(field.words.personal for field in fields(model) if field.name == name)


def _sentence(group: Group, is_masked: bool) -> str:
    """What is wrong with the lines of the group; where there are several, without what differs from line to line."""
    return general(group.fault) if group.count > 1 or is_masked else group.fault.text(translate)


def _made(settings: Settings, said: Said, model: type[Base]) -> list[tuple[str, str]]:
    """What was repaired so far: how it is taken back, and what it does."""
    names = {field.name: translate(field.words.label) for field in fields(model)}
    choices = {field.name: dict(members(field)) for field in fields(model)}
    found = [(f"repair {place}", made_text(each, names, choices)) for place, each in enumerate(active(settings))]
    return found + [
        (f"line {line}", edit_text(line, cells, said.header)) for line, cells in sorted(settings.edits.items())
    ]
