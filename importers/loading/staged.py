"""Lines as staging keeps them: packed some hundred to a chunk by the end they met, and read again one by one."""

import zlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from importers.json_bytes import decoded, encoded
from importers.lines import fault_as_json, fault_from_json
from importers.loading.line_records import Record, StagedLine, line_from, record_of, staged_line, whole
from models.import_batch import ImportChunk, RowVerdict
from operations.recording import plain

__all__ = [
    "CHUNK_LINES", "LEFT", "Record", "StagedLine", "all_lines", "bodies", "chunks", "fault_as_json",
    "fault_from_json", "forget", "line_from", "lines", "pack", "packed", "put", "rearrange", "record_of", "records",
    "staged_line", "store", "unpack", "whole",
]  # fmt: skip

CHUNK_LINES = 1_000
VERDICTS = frozenset(verdict.value for verdict in RowVerdict)
LEFT = "left"  # the kind of the rows that an undo left as they are


def pack(records: Sequence[Record]) -> bytes:
    """The body of a chunk."""
    return zlib.compress(encoded(records, plain), 1)


def unpack(body: bytes) -> list[Record]:
    """The records of a chunk."""
    records: list[Record] = decoded(zlib.decompress(body))
    return records


def chunk_of(batch_id: int, kind: str, records: Sequence[Record]) -> dict[str, Any]:
    """The columns of a chunk."""
    return {
        "batch_id": batch_id,
        "kind": str(kind),
        "first_line": records[0][0],
        "last_line": records[-1][0],
        "line_count": len(records),
        "body": pack(records),
    }


def store(session: Session, batch_id: int, kind: str, records: Sequence[Record]) -> None:
    """Keep the records, in order of lines, as chunks of the kind. Within `writing`."""
    put(session, packed(batch_id, kind, records))


def packed(batch_id: int, kind: str, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The records, in order of lines, as chunks that `put` keeps."""
    return [chunk_of(batch_id, kind, part) for part in _parts(records)]


def put(session: Session, chunks: Sequence[dict[str, Any]]) -> None:
    """Keep the chunks. Within `writing`."""
    if chunks:
        session.execute(insert(_table()), chunks)


def _parts(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), CHUNK_LINES):
        yield records[start : start + CHUNK_LINES]


def forget(session: Session, batch_id: int) -> None:
    """Delete every chunk of the run. Within `writing`."""
    session.execute(delete(_table()).where(_table().c.batch_id == batch_id))


def chunks(session: Session, batch_id: int, kinds: Collection[str]) -> Iterator[tuple[str, list[Record]]]:
    """Chunk by chunk in order of first lines: the kind and the records, one chunk in memory at a time."""
    return ((kind, unpack(body)) for kind, body in bodies(session, batch_id, kinds))


def bodies(session: Session, batch_id: int, kinds: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The same, still packed."""
    table = _table()
    wanted = select(table.c.id).where(table.c.batch_id == batch_id, table.c.kind.in_([str(kind) for kind in kinds]))
    ids = session.execute(wanted.order_by(table.c.first_line, table.c.id)).scalars().all()
    one = select(table.c.kind, table.c.body).where(table.c.id == bindparam("chunk"))
    for chunk_id in ids:
        kind, body = session.execute(one, {"chunk": chunk_id}).one()
        yield kind, body


def all_lines(session: Session, batch_id: int, kinds: Collection[str]) -> Iterator[StagedLine]:
    """Every line of the kinds; in order of lines within each kind."""
    for kind, records in chunks(session, batch_id, kinds):
        for record in records:
            yield staged_line(record, kind)


def lines(
    session: Session, batch_id: int, kind: RowVerdict | str, after: int = 0, limit: int = 100
) -> list[StagedLine]:
    """The next lines of the kind after that line of the file, at most `limit`."""
    bodies = _bodies(session, batch_id, str(kind), after)
    following = (record for body in bodies for record in unpack(body) if record[0] > after)
    return [staged_line(record, str(kind)) for record in islice(following, limit)]


def _bodies(session: Session, batch_id: int, kind: str, after: int) -> Iterator[bytes]:
    """The chunks of the kind that have lines after that one, each fetched when its turn comes."""
    for chunk_id, known, _, last in _ranges(session, batch_id):
        if known == kind and last > after:
            yield session.execute(select(_table().c.body).where(_table().c.id == chunk_id)).scalar_one()


def records(session: Session, batch_id: int, numbers: Collection[int]) -> dict[int, tuple[str, Record]]:
    """The kinds and records of staged lines, by number."""
    wanted = sorted(numbers)
    found: dict[int, tuple[str, Record]] = {}
    for chunk_id, kind, first, last in _ranges(session, batch_id) if wanted else ():
        if kind in VERDICTS and bisect_left(wanted, first) < bisect_right(wanted, last):
            found |= {record[0]: (kind, record) for record in _records(session, chunk_id) if record[0] in numbers}
    return found


def rearrange(session: Session, batch_id: int, fates: Mapping[int, tuple[str, Record] | None]) -> None:
    """Give lines another kind and record, or none at all, by their number. Within `writing`.

    Late news of a few lines: that a later line contradicts them, that their record was edited since.
    """
    _take_out(session, batch_id, sorted(fates))
    arriving: dict[str, list[Record]] = defaultdict(list)
    for number in sorted(fates):
        fate = fates[number]
        if fate is not None:
            arriving[str(fate[0])].append(fate[1])
    for kind, records in arriving.items():
        _put_in(session, batch_id, kind, records)


def _take_out(session: Session, batch_id: int, numbers: list[int]) -> None:
    gone = set(numbers)
    for chunk_id, kind, first, last in _ranges(session, batch_id):
        if kind in VERDICTS and bisect_left(numbers, first) < bisect_right(numbers, last):
            staying = [record for record in _records(session, chunk_id) if record[0] not in gone]
            _replace(session, batch_id, chunk_id, kind, staying)


def _put_in(session: Session, batch_id: int, kind: str, records: list[Record]) -> None:
    """Into the chunk in whose range a line falls, so that those of a kind never overlap."""
    ranges = [each for each in _ranges(session, batch_id) if each[1] == kind]
    firsts = [first for _, _, first, _ in ranges]
    by_chunk: dict[int, list[Record]] = defaultdict(list)
    for record in records:
        by_chunk[max(bisect_right(firsts, record[0]) - 1, 0)].append(record)
    for place, joining in by_chunk.items():
        chunk_id = ranges[place][0] if ranges else None
        there = _records(session, chunk_id) if chunk_id is not None else []
        _replace(session, batch_id, chunk_id, kind, sorted(there + joining, key=itemgetter(0)))


def _ranges(session: Session, batch_id: int) -> list[tuple[int, str, int, int]]:
    table = _table()
    columns = (table.c.id, table.c.kind, table.c.first_line, table.c.last_line)
    statement = select(*columns).where(table.c.batch_id == batch_id).order_by(table.c.first_line)
    return [(row_id, kind, first, last) for row_id, kind, first, last in session.execute(statement)]


def _records(session: Session, chunk_id: int) -> list[Record]:
    return unpack(session.execute(select(_table().c.body).where(_table().c.id == chunk_id)).scalar_one())


def _replace(session: Session, batch_id: int, chunk_id: int | None, kind: str, records: list[Record]) -> None:
    session.execute(delete(_table()).where(_table().c.id == chunk_id))
    store(session, batch_id, kind, records)


def _table() -> Any:
    return ImportChunk.__table__  # plain statements on it skip what the ORM would do for each row
