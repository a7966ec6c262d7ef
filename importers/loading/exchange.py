"""What is told about a batch: as the command line answers it, and row by row."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from importers.loading.staged import all_lines, fault_from_json
from importers.reading.table import UnreadableFile
from models.base import N_
from models.import_batch import ImportBatch, RowVerdict

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
    """The answer of the command line; `refused` has an entry for each fault, so a row may be in it twice.

    Lines that contradict each other, or a record edited since, are among the refused: they are not loaded either.
    """

    new: int
    changed: int
    unchanged: int
    refused: list[Refusal]
    batch: int

    def as_json(self) -> dict[str, Any]:
        """Exactly new, changed, unchanged, refused with line, column, value and message, and batch."""
        return asdict(self)


def report(session: Session, batch_id: int, translate: Translate = str) -> Report:
    """The report of a batch, sentences in the language of `translate`."""
    batch = session.get_one(ImportBatch, batch_id)
    refused = list(refusals(session, batch_id, translate))
    return Report(batch.new_count, batch.changed_count, batch.unchanged_count, refused, batch_id)


def refusals(session: Session, batch_id: int, translate: Translate = str) -> Iterator[Refusal]:
    """Every fault of the batch, in order of lines."""
    return _said(session, batch_id, "faults", translate)


def warnings(session: Session, batch_id: int, translate: Translate = str) -> Iterator[Refusal]:
    """What is to be said of lines without refusing them; nothing is looked through where there is none."""
    groups = session.get_one(ImportBatch, batch_id).report.get("groups", ())
    if not any(group["is_warning"] for group in groups):
        return iter(())
    return _said(session, batch_id, "warnings", translate)


def _said(session: Session, batch_id: int, kind: str, translate: Translate) -> Iterator[Refusal]:
    kinds = [RowVerdict.REFUSED, RowVerdict.CONFLICT] if kind == "faults" else list(RowVerdict)
    told = [
        Refusal(line.line, said["column"], said["value"], fault_from_json(said).text(translate))
        for line in all_lines(session, batch_id, kinds)
        for said in line.problems[kind]
    ]
    return iter(sorted(told, key=lambda each: each.line))


def fault_of(batch: ImportBatch) -> UnreadableFile:
    """Why a run did not come to its preview, as one sentence with what to do."""
    if "fault" in batch.report:
        fault = fault_from_json(batch.report["fault"])
        return UnreadableFile(fault.message, **fault.places)
    asked = batch.report["ask"]
    if asked["kind"] == "encoding":
        known = ", ".join(encoding for encoding, _ in asked["candidates"])
        return UnreadableFile(
            N_("The encoding of the file cannot be told: say which of %(encodings)s"), encodings=known
        )
    sentence = N_("No heading of the file is known: use headings such as %(headings)s")
    return UnreadableFile(sentence, headings=", ".join(asked["headings"]))
