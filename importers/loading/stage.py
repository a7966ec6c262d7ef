"""Lines on their way from a preparation into the chunks, in short transactions."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy.orm import Session

from importers.lines import Line
from importers.loading import staged
from importers.loading.staged import CHUNK_LINES, Record, record_of
from models.import_batch import RowVerdict
from operations.write import writing

PACKED_BACK = 16  # chunks that wait for one transaction


class Stage:
    """Lines on their way into the chunks: written some thousand at a time, in short transactions of their own.

    `still_ours` is called within each and raises where the run was taken out of our hands.
    """

    def __init__(self, session: Session, batch_id: int, still_ours: Callable[[], None]) -> None:
        self.session, self.batch_id, self.still_ours = session, batch_id, still_ours
        self.counts: Counter[RowVerdict] = Counter()
        self._waiting: dict[RowVerdict, list[Record]] = {verdict: [] for verdict in RowVerdict}
        self._packed: list[dict[str, Any]] = []

    def add(self, lines: Iterable[Line]) -> None:
        """Take the lines, which follow those before."""
        for line in lines:
            self._waiting[line.verdict].append(record_of(line))
        for verdict, records in self._waiting.items():
            whole = len(records) // CHUNK_LINES * CHUNK_LINES
            self._pack(verdict, records[:whole])
            del records[:whole]
        if len(self._packed) >= PACKED_BACK:
            self._write()

    def _pack(self, verdict: RowVerdict, records: list[Record]) -> None:
        self._packed += staged.packed(self.batch_id, verdict, records)
        self.counts[verdict] += len(records)

    def _write(self) -> None:
        if self._packed:
            with writing(self.session):
                self.still_ours()
                staged.put(self.session, self._packed)
            self._packed = []

    def records(self, numbers: Collection[int]) -> dict[int, tuple[str, Record]]:
        """The verdicts and records of lines that were taken, by number."""
        self._write()
        waiting = {
            record[0]: (str(verdict), record)
            for verdict, records in self._waiting.items()
            for record in records
            if record[0] in numbers
        }
        return waiting | staged.records(self.session, self.batch_id, set(numbers) - waiting.keys())

    def settle(self, fates: dict[int, tuple[str, Record] | None]) -> None:
        """Write what waits, then give these lines another end."""
        for verdict, records in self._waiting.items():
            self._pack(verdict, records)
            records.clear()
        self._write()
        if fates:
            before = staged.records(self.session, self.batch_id, fates.keys())
            with writing(self.session):
                self.still_ours()
                staged.rearrange(self.session, self.batch_id, fates)
            self.counts.subtract(RowVerdict(verdict) for verdict, _ in before.values())
            self.counts.update(RowVerdict(fate[0]) for fate in fates.values() if fate is not None)
