"""What a bulk action left out, or an undo left as it is: by reason, with the rows that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base import Base
from models.faults import Fault
from reports.titles import titles_of
from views.access import model_scope
from views.database import db
from views.language import translate

TOLD = 50  # rows told for each reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows on which it could not be done for one reason: how many, and the first of them, id and title."""

    sentence: str
    number: int
    rows: list[tuple[int, str]]


def told_refusals(model: type[Base], refused: Sequence[tuple[int, Fault]]) -> list[Refusal]:
    """What could not be done, by reason, with the titles of the first rows; a row that is gone goes by its number."""
    by_sentence: dict[str, list[int]] = {}
    for row_id, fault in refused:
        by_sentence.setdefault(fault.text(translate), []).append(row_id)
    shown = {row_id for row_ids in by_sentence.values() for row_id in row_ids[:TOLD]}
    titles = titles_of(db.session, model, shown, model_scope(model)) if shown else {}
    return [
        Refusal(sentence, len(row_ids), [(row_id, titles.get(row_id, "")) for row_id in row_ids[:TOLD]])
        for sentence, row_ids in by_sentence.items()
    ]
