"""A file staged in one call, for whoever has it on the disk: the command line, the demo company, the tests."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from importers.loading.exchange import fault_of
from importers.loading.runs import drop, prepare, receive
from importers.mapping.headings import Wordings, no_wordings
from importers.reading.table import Limits, UnreadableFile
from importers.settings import Reading, Settings
from models.base import N_
from models.import_batch import BatchState, ImportBatch
from operations.write import Author

__all__ = ["drop", "preview"]


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
    settings: Settings | None = None,
    wordings: Wordings = no_wordings,
    limits: Limits | None = None,
    apart: bool = False,
) -> int:
    """Read the file, compare it with what is there and stage it; returns the id of the batch.

    `sheet` and `create_missing` are short for the same in `settings`. Changes no record. Raises UnreadableFile or
    another Fault when the file or the call is unusable, and then leaves no file and no lines; what is wrong with
    single lines is staged with them. With `apart` a process with limits reads the file. The session must hold no
    unsaved work.
    """
    if settings is None:
        settings = Settings(reading=Reading(sheet=sheet), create_missing=create_missing)
    try:
        with path.open("rb") as stream:
            batch_id = receive(session, stream, file_name, entity_name, estate_id, by, at, settings)
    except OSError as error:
        raise UnreadableFile(N_("The file %(name)s cannot be opened"), name=path.name) from error
    state = prepare(session, batch_id, at, wordings=wordings, apart=apart, limits=limits)
    if state is not BatchState.PREVIEWED:
        fault = fault_of(session.get_one(ImportBatch, batch_id, populate_existing=True))
        drop(session, batch_id)
        raise fault
    return batch_id
