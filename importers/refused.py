"""The refused lines as a file: correct them and load it again."""

import csv
from io import StringIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.exchange import Translate
from importers.mapping import OWN_HEADINGS
from importers.staged import fault_from_json
from models.import_batch import ImportBatch, ImportRow, RowVerdict
from rules.guarding import guarded

BYTE_ORDER_MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8


def refused_csv(session: Session, batch_id: int, translate: Translate = str) -> bytes:
    """The refused lines as CSV with the cells as they came, after their line number and what is wrong with them."""
    header = session.get_one(ImportBatch, batch_id).report["header"]
    # A file of refused lines that was loaded again has our own columns already.
    own = [index for index, heading in enumerate(header) if heading in OWN_HEADINGS]
    statement = (
        select(ImportRow.line, ImportRow.cells, ImportRow.problems)
        .where(ImportRow.batch_id == batch_id, ImportRow.verdict == RowVerdict.REFUSED)
        .order_by(ImportRow.line)
    )
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*OWN_HEADINGS, *_guarded_without(own, header)])
    for line, cells, problems in session.execute(statement):
        sentences = [_sentence(said, translate) for said in problems["faults"]]
        writer.writerow([line, guarded("; ".join(sentences)), *_guarded_without(own, cells["cells"])])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def _guarded_without(left_out: list[int], cells: list[str]) -> list[str]:
    return [guarded(cell) for index, cell in enumerate(cells) if index not in left_out]


def _sentence(said: dict[str, str], translate: Translate) -> str:
    sentence = fault_from_json(said).text(translate)
    return f"{said['column']}: {sentence}" if said["column"] else sentence
