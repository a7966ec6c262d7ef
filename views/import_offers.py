"""Records that new lines may mean although they say another key: both sides beside each other, to be accepted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import select

from importers.loading import staged
from importers.loading.staged import StagedLine
from models.base import N_, Base, entities
from models.import_batch import ImportBatch, RowVerdict
from operations.recording import plain
from operations.scope import conditions
from reports.titles import titles_of
from views.access import model_scope
from views.database import db
from views.import_lines import is_shown, label_of, record_url
from views.kept import fetch_titles, kept_text
from views.language import translate

LOOKED_AT = 1000  # lines at a time, in search of offers

# Why a record may be the one that a line means.
WHY = {
    "id_number": N_("the same ID number"),
    "phone": N_("the same phone"),
    "name_and_phone": N_("the same name and phone"),
    "unit_and_name": N_("the same unit and name"),
    "spelling": N_("the same unit in another spelling"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """A field on both sides, in the file and on the record that is there; `differs` where both say something else."""

    label: str
    in_file: str
    there: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that the line may mean."""

    row_id: int
    title: str
    url: str
    why: str
    reason: str
    sides: list[Side]


@dataclass(frozen=True, slots=True)
class Offering:
    """A line by its number, and the records that it may mean."""

    number: int
    offers: list[Offer]


def offering_lines(batch: ImportBatch, after: int, limit: int) -> list[Offering]:
    """The new lines that may mean a record which is there, with that record beside them."""
    model = entities()[batch.entity]
    found = list(islice((line for line in _new_after(batch, after) if line.offers), limit))
    there = _rows(model, {offer["row"] for line in found for offer in line.offers})
    titles = titles_of(db.session(), model, set(there))
    fetch_titles((model, {name: [value] for name, value in line.values.items()}) for line in found)
    fetch_titles((model, {name: [value] for name, value in row.items()}) for row in there.values())
    return [
        Offering(line.line, [_offer(batch, model, line, offer, there, titles) for offer in line.offers])
        for line in found
    ]


def _new_after(batch: ImportBatch, after: int) -> Iterator[StagedLine]:
    while found := staged.lines(db.session(), batch.id, RowVerdict.NEW, after, LOOKED_AT):
        yield from found
        after = found[-1].line


def offer_counts(batch: ImportBatch) -> list[tuple[str, str, int]]:
    """How many lines may mean just one record, by reason: its name, its words, the number."""
    counts: Counter[str] = Counter()
    for line in staged.all_lines(db.session(), batch.id, [RowVerdict.NEW]):
        whys = Counter(offer["why"] for offer in line.offers)
        counts.update(why for why, records in whys.items() if records == 1)
    return [(why, _reason(why), number) for why, number in counts.items()]


def _rows(model: type[Base], ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The records with these ids that the person sees."""
    table = model.__table__
    statement = select(*table.columns).where(table.c.id.in_(list(ids)), *conditions(model, model_scope(model)))
    return {row["id"]: {name: plain(value) for name, value in row.items()} for row in _mappings(statement)}


def _mappings(statement: Any) -> Any:
    return db.session.execute(statement).mappings()


def _offer(
    batch: ImportBatch,
    model: type[Base],
    line: StagedLine,
    offer: dict[str, Any],
    there: dict[int, dict[str, Any]],
    titles: Any,
) -> Offer:
    row_id = offer["row"]
    row = there.get(row_id, {})
    sides = [
        _side(batch, model, name, value, row.get(name)) for name, value in line.values.items() if is_shown(model, name)
    ]
    title = titles.get(row_id, f"#{row_id}")
    return Offer(row_id, title, record_url(model, row_id) if row else "", offer["why"], _reason(offer["why"]), sides)


def _side(batch: ImportBatch, model: type[Base], name: str, new: Any, old: Any) -> Side:
    column = model.__table__.columns[name]
    texts = [kept_text(model, column, value, batch.estate_id) for value in (new, old)]
    return Side(label_of(model, name), texts[0], texts[1], differs=new is not None and str(new) != str(old))


def _reason(why: str) -> str:
    return translate(WHY[why]) if why in WHY else why
