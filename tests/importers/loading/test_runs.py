import hashlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.runs import change_settings, claim, drop, prepare, receive
from importers.loading.staged import all_lines, lines
from importers.matching.diffing import NO_DECISIONS
from importers.settings import Reading, Settings, Source
from models.faults import Fault
from models.history import History
from models.import_batch import BatchState, ImportBatch, ImportChunk, ImportFile, RowVerdict
from models.owner import Owner
from operations.write import Insert, write, writing
from tests.infrastructure.loading import AT, BY, FILES, csv_file, estate, loaded

GOOD = (FILES / "good.csv").read_bytes()
NAMED = "业主编号,姓名,手机号\nA1,林,13800010001\nA2,陈,13800010002\n".encode()


def received(session: Session, body: bytes = NAMED, settings: Settings = NO_DECISIONS) -> int:
    return receive(session, BytesIO(body), "file.csv", "owners", estate(session), BY, AT, settings)


def prepared(session: Session, batch_id: int) -> BatchState:
    return prepare(session, batch_id, AT, apart=False)


def batch_of(session: Session, batch_id: int) -> ImportBatch:
    return session.get_one(ImportBatch, batch_id, populate_existing=True)


def kept(session: Session) -> tuple[int, int]:
    """How many parts of files and how many chunks there are."""
    parts, chunks = (select(func.count()).select_from(each) for each in (ImportFile, ImportChunk))
    return session.scalars(parts).one(), session.scalars(chunks).one()


def test_a_file_is_kept_in_parts_with_its_hash(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importers.loading.keeping.PART_BYTES", 10)
    batch_id = received(session)
    batch = batch_of(session, batch_id)
    assert (batch.state, batch.file_hash) == (BatchState.READING, hashlib.sha256(NAMED).hexdigest())
    parts = session.scalars(select(ImportFile.body).order_by(ImportFile.part)).all()
    assert (b"".join(parts), max(map(len, parts))) == (NAMED, 10)
    assert prepared(session, batch_id) is BatchState.PREVIEWED


def test_a_file_whose_upload_breaks_off_leaves_nothing_to_prepare(session: Session) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        receive(session, Broken(), "file.csv", "owners", estate(session), BY, AT)
    assert (session.scalars(select(ImportBatch.state)).all(), kept(session)) == ([BatchState.DROPPED], (0, 0))


def test_preparing_again_takes_the_place_of_what_was_staged(session: Session) -> None:
    batch_id = received(session)
    assert prepared(session, batch_id) is BatchState.PREVIEWED
    before = kept(session)
    assert prepared(session, batch_id) is BatchState.PREVIEWED
    assert (kept(session), batch_of(session, batch_id).new_count) == (before, 2)


def test_other_decisions_bring_another_preview_of_the_same_file(session: Session) -> None:
    batch_id = received(session)
    prepared(session, batch_id)
    columns = {"number": Source(0), "name": Source(1), "note": Source(2)}
    change_settings(session, batch_id, Settings(columns=columns))
    assert (batch_of(session, batch_id).state, kept(session)) == (BatchState.READING, (1, 0))
    prepared(session, batch_id)
    fields = [line.changes["fields"] for line in lines(session, batch_id, RowVerdict.NEW)]
    assert [named["note"] for named in fields] == [[None, "13800010001"], [None, "13800010002"]]


def test_a_correction_of_a_cell_is_a_decision(session: Session) -> None:
    batch_id = received(session, (FILES / "bad_phone.csv").read_bytes())
    prepared(session, batch_id)
    assert batch_of(session, batch_id).refused_count == 2
    change_settings(session, batch_id, Settings(edits={2: {2: "13800010001"}}))
    prepared(session, batch_id)
    assert batch_of(session, batch_id).refused_count == 1


def test_a_file_of_unknown_columns_asks_which_they_are(session: Session) -> None:
    batch_id = received(session, "车牌号,颜色\n京A12345,白\n".encode())
    assert prepared(session, batch_id) is BatchState.ASKING
    report = batch_of(session, batch_id).report
    assert (report["ask"]["kind"], report["header"], report["sample"]) == (
        "columns",
        ["车牌号", "颜色"],
        [["京A12345", "白"]],
    )
    change_settings(session, batch_id, Settings(columns={"name": Source(1), "number": Source(0)}))
    assert prepared(session, batch_id) is BatchState.PREVIEWED


def test_a_file_in_no_certain_encoding_asks_for_it(session: Session) -> None:
    batch_id = received(session, b"name,note\n\xff\x81\xfe,\x80\xff\n")
    assert prepared(session, batch_id) is BatchState.ASKING
    ask = batch_of(session, batch_id).report["ask"]
    encoding, preview = ask["candidates"][0]
    assert (ask["kind"], preview) == ("encoding", ["яЃю,Ђя"])
    change_settings(session, batch_id, Settings(reading=Reading(encoding=encoding)))
    assert prepared(session, batch_id) is BatchState.PREVIEWED


def test_an_unreadable_file_says_why_and_may_be_dropped(session: Session) -> None:
    batch_id = received(session, b"%PDF-1.4 not a table")
    assert prepared(session, batch_id) is BatchState.UNREADABLE
    assert "message" in batch_of(session, batch_id).report["fault"]
    drop(session, batch_id)
    assert (batch_of(session, batch_id).state, kept(session)) == (BatchState.DROPPED, (0, 0))


def test_progress_is_told_and_who_cancels_drops_the_run(session: Session) -> None:
    told: list[tuple[str, int, int | None]] = []
    batch_id = received(session)
    prepare(session, batch_id, AT, apart=False, progress=lambda *said: told.append(said))
    assert told == [("reading", 0, 2), ("checking", 2, 2)]
    assert prepare(session, batch_id, AT, apart=False, is_cancelled=lambda: True) is BatchState.DROPPED
    assert kept(session) == (0, 0)


def meanwhile_dropped(session: Session, batch_id: int) -> None:
    drop(session, batch_id)


def meanwhile_decided(session: Session, batch_id: int) -> None:
    change_settings(session, batch_id, Settings(create_missing=True))


@pytest.mark.parametrize(
    ("deed", "state"), [(meanwhile_dropped, BatchState.DROPPED), (meanwhile_decided, BatchState.READING)]
)
def test_who_is_overtaken_while_preparing_leaves_nothing_behind(
    session: Session, deed: Callable[[Session, int], None], state: BatchState
) -> None:
    batch_id = received(session)
    found = prepare(session, batch_id, AT, apart=False, progress=lambda *said: deed(session, batch_id))
    assert (found, batch_of(session, batch_id).state) == (state, state)
    assert list(all_lines(session, batch_id, list(RowVerdict))) == []


def test_others_write_while_a_file_is_prepared(session: Session) -> None:
    batch_id = received(session)
    estate_id = batch_of(session, batch_id).estate_id

    def somebody_writes(phase: str, done: int, total: int | None) -> None:
        with writing(session):
            write(session, [Insert(Owner, {"estate_id": estate_id, "number": phase, "name": "李"})], by=BY, at=AT)

    assert prepare(session, batch_id, AT, apart=False, progress=somebody_writes) is BatchState.PREVIEWED
    assert sorted(session.scalars(select(Owner.number))) == ["checking", "reading"]


def test_a_run_is_worked_on_by_one_at_a_time(session: Session) -> None:
    batch_id = received(session)
    assert claim(session, batch_id, AT, 60)
    assert not claim(session, batch_id, AT + timedelta(seconds=59), 60)
    assert claim(session, batch_id, AT + timedelta(seconds=60), 60)
    prepared(session, batch_id)
    assert batch_of(session, batch_id).claimed_until is None
    assert not claim(session, batch_id, AT + timedelta(seconds=60), 60)


def test_what_was_loaded_is_neither_prepared_nor_decided_nor_dropped(session: Session) -> None:
    batch_id = received(session)
    prepared(session, batch_id)
    commit(session, batch_id, BY, AT)
    with pytest.raises(Fault, match="loaded or dropped already"):
        prepared(session, batch_id)
    with pytest.raises(Fault, match="loaded or dropped already"):
        change_settings(session, batch_id, Settings())
    drop(session, batch_id)
    assert batch_of(session, batch_id).state is BatchState.COMMITTED


def test_a_preparation_that_was_killed_starts_anew_from_the_file(session: Session) -> None:
    batch_id = received(session)
    prepared(session, batch_id)
    with writing(session):
        reading = {"state": BatchState.READING, "report": {"token": "of the one that was killed"}}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(reading))
    assert (prepared(session, batch_id), batch_of(session, batch_id).new_count) == (BatchState.PREVIEWED, 2)


def test_a_process_of_its_own_reads_the_same(session: Session) -> None:
    batch_id = received(session, GOOD, Settings(create_missing=True))
    assert prepare(session, batch_id, AT) is BatchState.PREVIEWED
    batch = batch_of(session, batch_id)
    assert (batch.new_count, batch.report["encoding"]) == (5, "utf-8-sig")


def test_a_blank_cell_clears_only_where_somebody_said_so(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    header = ("业主编号", "姓名", "手机号", "备注")
    loaded(session, csv_file(tmp_path, header, ("A1", "林", "13800010001", "旧")), estate_id)
    path = csv_file(tmp_path, header, ("A1", "", "", ""))
    settings = Settings(blanks={"phone": "clear", "note": "keep"})
    assert loaded(session, path, estate_id, settings=settings) == (0, 1, 0, 0)
    assert session.execute(select(Owner.name, Owner.phone, Owner.note)).one() == ("林", None, "旧")
    assert loaded(session, path, estate_id, settings=Settings(blanks={"name": "clear"})) == (0, 0, 0, 1)
    assert session.scalars(select(func.count()).select_from(History).where(History.entity == "owners")).one() == 2


def test_a_file_name_that_not_every_database_keeps_is_kept_without_that(session: Session) -> None:
    batch_id = receive(session, b"a\n1\n", "a\x00b.csv", "owners", estate(session), BY, AT)
    assert session.get_one(ImportBatch, batch_id).file_name == "ab.csv"
