"""What is told about a batch: as the command line answers it, and row by row."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.staged import fault_from_json
from models.import_batch import ImportBatch, ImportRow, RowVerdict

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fault: its line as counted in the file, the heading and text of the cell, and the sentence."""

    line: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of the command line; `refused` has an entry for each fault, so a row may be in it twice."""

    new: int
    changed: int
    unchanged: int
    refused: list[Refusal]

    def as_json(self) -> dict[str, Any]:
        """Exactly new, changed, unchanged and refused with line, column, value and message."""
        return asdict(self)


def report(session: Session, batch_id: int, translate: Translate = str) -> Report:
    """The report of a batch, sentences in the language of `translate`."""
    batch = session.get_one(ImportBatch, batch_id)
    refused = list(refusals(session, batch_id, translate))
    return Report(batch.new_count, batch.changed_count, batch.unchanged_count, refused)


def refusals(session: Session, batch_id: int, translate: Translate = str) -> Iterator[Refusal]:
    """Every fault of the batch, in order of lines."""
    return _said(session, batch_id, "faults", translate)


def warnings(session: Session, batch_id: int, translate: Translate = str) -> Iterator[Refusal]:
    """What is to be said of lines without refusing them."""
    return _said(session, batch_id, "warnings", translate)


def _said(session: Session, batch_id: int, kind: str, translate: Translate) -> Iterator[Refusal]:
    statement = select(ImportRow.line, ImportRow.problems).where(ImportRow.batch_id == batch_id)
    if kind == "faults":
        statement = statement.where(ImportRow.verdict == RowVerdict.REFUSED)
    for line, problems in session.execute(statement.order_by(ImportRow.line)):
        for said in problems[kind]:
            yield Refusal(line, said["column"], said["value"], fault_from_json(said).text(translate))
