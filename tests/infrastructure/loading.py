"""Loading a file in a test: an empty estate, the fixture, preview and commit in one call."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from importers.loading.committing import Counts, commit
from importers.loading.exchange import Report, report
from importers.loading.staged import StagedLine, all_lines
from importers.loading.staging import preview
from importers.settings import Settings
from models.estate import Estate
from models.import_batch import RowVerdict
from operations.write import Author, Insert, write, writing

FILES = Path("fixtures/owners")
BY = Author(None, "import")
AT = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)


def estate(session: Session, code: str = "E1") -> int:
    """An estate without anything in it."""
    with writing(session):
        return write(session, [Insert(Estate, {"code": code, "name": code})], by=BY, at=AT)[0]


def csv_file(folder: Path, *rows: Iterable[object], name: str = "file.csv") -> Path:
    """A file of these rows, the first being the header."""
    path = folder / name
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def staged(
    session: Session,
    path: Path,
    estate_id: int | None,
    entity: str = "owners",
    *,
    create_missing: bool = False,
    sheet: str | None = None,
    settings: Settings | None = None,
) -> int:
    """The batch of the file, not committed."""
    return preview(
        session,
        path,
        path.name,
        entity,
        estate_id,
        BY,
        AT,
        create_missing=create_missing,
        sheet=sheet,
        settings=settings,
    )


def loaded(
    session: Session,
    path: Path,
    estate_id: int | None,
    entity: str = "owners",
    *,
    create_missing: bool = False,
    sheet: str | None = None,
    settings: Settings | None = None,
) -> tuple[int, int, int, int]:
    """What became of the file: new, changed, unchanged and refused lines, those in conflict among these."""
    batch_id = staged(session, path, estate_id, entity, create_missing=create_missing, sheet=sheet, settings=settings)
    counts = commit(session, batch_id, BY, AT)
    return as_tuple(counts)


def as_tuple(counts: Counts) -> tuple[int, int, int, int]:
    return counts.new, counts.changed, counts.unchanged, counts.refused + counts.conflicts


def seen(
    session: Session,
    path: Path,
    estate_id: int | None,
    entity: str = "owners",
    *,
    create_missing: bool = False,
    settings: Settings | None = None,
) -> list[StagedLine]:
    """Every line of the file's preview, in order."""
    batch_id = staged(session, path, estate_id, entity, create_missing=create_missing, settings=settings)
    return sorted(all_lines(session, batch_id, list(RowVerdict)), key=lambda line: line.line)


def answered(
    session: Session, path: Path, estate_id: int | None, entity: str = "owners", *, create_missing: bool = False
) -> Report:
    """The report of the file's preview."""
    return report(session, staged(session, path, estate_id, entity, create_missing=create_missing))
