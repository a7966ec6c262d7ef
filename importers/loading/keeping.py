"""The file of a run, kept as it came until the run is loaded or dropped."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from importers.matching.diffing import NO_DECISIONS
from importers.recipes import loadable
from importers.settings import Settings
from models.base import N_, entities
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportFile
from operations.write import Author, writing

PART_BYTES = 1_000_000


def receive(
    session: Session,
    stream: IO[bytes] | bytes,
    file_name: str,
    entity_name: str,
    estate_id: int | None,
    by: Author,
    at: datetime,
    settings: Settings = NO_DECISIONS,
) -> int:
    """Keep the file and open a run for it, to be prepared; returns the batch. One part of the file is in memory.

    Raises Fault when records of the kind cannot be loaded, or need an estate.
    """
    batch = {
        "entity": entity_name,
        "estate_id": estate_of_run(entity_name, estate_id, settings.recipe),
        "account_id": by.account_id,
        "file_name": file_name.replace("\x00", "").encode(errors="replace").decode()[-255:],
        "file_hash": "",
        "state": BatchState.DROPPED,  # until all of it is here
        "created_at": at,
        "recipe": settings.recipe,
        "settings": settings.as_json(),
        "report": {},
    }
    with writing(session):
        batch_id: int = session.execute(insert(ImportBatch).returning(ImportBatch.id), batch).scalar_one()
    try:
        file_hash = _keep(session, batch_id, BytesIO(stream) if isinstance(stream, bytes) else stream)
    except BaseException:
        with writing(session):
            forget_file(session, batch_id)
        raise
    with writing(session):
        received = {"file_hash": file_hash, "state": BatchState.READING}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(received))
    return batch_id


def _keep(session: Session, batch_id: int, stream: IO[bytes]) -> str:
    """Part by part in transactions of their own: others write in between. Returns the file's SHA-256."""
    seen, number = hashlib.sha256(), 0
    while part := stream.read(PART_BYTES):
        seen.update(part)
        with writing(session):
            session.execute(insert(ImportFile), {"batch_id": batch_id, "part": number, "body": part})
        number += 1
    return seen.hexdigest()


def estate_of_run(entity_name: str, estate_id: int | None, recipe: str | None = None) -> int | None:
    """The estate that a file of the kind goes into. Raises Fault for a kind without files, one that comes only by
    another recipe, or without its estate.
    """
    model = entities().get(entity_name)
    if model is None or not loadable(model, recipe):
        raise Fault(N_("Records of the kind %(name)s cannot be loaded from a file"), name=entity_name)
    column = model.__table__.columns.get("estate_id")
    if column is not None and not column.nullable and estate_id is None:
        raise Fault(N_("Choose the estate that the file belongs to"))
    return estate_id if column is not None else None


@contextmanager
def kept_file(session: Session, batch_id: int, file_name: str) -> Iterator[Path]:
    """The file of the run on the disk, under its ending. Raises Fault when it is kept no longer."""
    numbers = select(ImportFile.part).where(ImportFile.batch_id == batch_id).order_by(ImportFile.part)
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("file" + Path(file_name).suffix[:10])
        with path.open("wb") as file:
            for number in session.scalars(numbers).all():
                one = select(ImportFile.body).where(ImportFile.batch_id == batch_id, ImportFile.part == number)
                file.write(session.execute(one).scalar_one())
        yield path


def forget_file(session: Session, batch_id: int) -> None:
    """Delete the kept file: the run will not be prepared again. Within `writing`."""
    session.execute(delete(ImportFile).where(ImportFile.batch_id == batch_id))
