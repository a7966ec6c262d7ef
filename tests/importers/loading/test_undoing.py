from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.staged import LEFT, fault_from_json, lines
from importers.loading.undoing import undo_import
from models.building import Building
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit
from operations import search_index
from operations.undo import Outcome
from operations.write import Change, Insert, Update, write, writing
from rules.permissions import Scope
from tests.infrastructure.loading import AT, BY, FILES, csv_file, estate, staged

HEADER = ("业主编号", "业主姓名", "手机号", "备注")
PLACED = ("业主编号", "业主姓名", "房号")
PHONES = ("13812345678", "13912345678", "13712345678")


def load(session: Session, path: Path, estate_id: int) -> int:
    batch_id = staged(session, path, estate_id, create_missing=True)
    commit(session, batch_id, BY, AT)
    return batch_id


def undone(session: Session, batch_id: int) -> Outcome:
    return undo_import(session, batch_id, BY, AT)


def change(session: Session, owner: str, **values: Any) -> None:
    with writing(session):
        owner_id = session.scalars(select(Owner.id).where(Owner.number == owner)).one()
        write(session, [Update(Owner, owner_id, values)], by=BY, at=AT)


def register(session: Session) -> list[list[tuple[Any, ...]]]:
    """Everything an owner file writes to, without the versions."""
    session.rollback()
    tables = (model.__table__ for model in (Building, Unit, Owner, Ownership))
    return [
        [tuple(row) for row in session.execute(select(*_told(table)).order_by(table.columns["id"]))] for table in tables
    ]


def _told(table: Any) -> list[Any]:
    return [column for column in table.columns if column.name != "version"]


def left(session: Session, batch_id: int) -> list[tuple[str, str]]:
    return [
        (line.more["entity"], str(fault_from_json(line.problems["faults"][0])))
        for line in lines(session, batch_id, LEFT)
    ]


def batch_of(session: Session, batch_id: int) -> ImportBatch:
    return session.get_one(ImportBatch, batch_id, populate_existing=True)


def test_everything_that_was_added_goes(session: Session) -> None:
    estate_id = estate(session)
    before = register(session)
    batch_id = load(session, FILES / "good.csv", estate_id)
    outcome = undone(session, batch_id)
    batch = batch_of(session, batch_id)
    assert (len(outcome.done), outcome.left) == (17, [])
    assert (batch.state, batch.undone_at, batch.undone_count, batch.left_count) == (BatchState.UNDONE, AT, 17, 0)
    assert register(session) == before
    assert search_index.check(session) == {}


def test_what_was_changed_is_as_it_was(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    load(session, csv_file(tmp_path, HEADER, ("A1", "林", PHONES[0], "旧")), estate_id)
    before = register(session)
    batch_id = load(session, csv_file(tmp_path, HEADER, ("A1", "林", PHONES[1], "新")), estate_id)
    assert register(session) != before
    assert undone(session, batch_id).left == []
    assert register(session) == before


def test_a_row_that_was_changed_since_is_left_and_named(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER, ("A1", "林", PHONES[0], ""), ("A2", "陈", PHONES[1], ""))
    batch_id = load(session, path, estate(session))
    change(session, "A1", note="老客户")
    undone(session, batch_id)
    assert session.scalars(select(Owner.number)).all() == ["A1"]
    assert left(session, batch_id) == [("owners", "It was changed since")]
    assert (batch_of(session, batch_id).undone_count, batch_of(session, batch_id).left_count) == (1, 1)


def test_what_others_refer_to_since_is_left_with_what_it_stands_on(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, PLACED, ("A1", "林", "1-1-101"), ("A2", "陈", "1-1-102"), ("A3", "王", "2-1-101"))
    batch_id = load(session, path, estate_id)
    with writing(session):
        owner_id = session.scalars(select(Owner.id).where(Owner.number == "A1")).one()
        unit_id = session.scalars(select(Unit.id).where(Unit.code == "1-1-102")).one()
        added = {"estate_id": estate_id, "owner_id": owner_id, "unit_id": unit_id}
        write(session, [Insert(Ownership, added)], by=BY, at=AT)
    undone(session, batch_id)
    why = "Other records refer to it now"
    assert sorted(left(session, batch_id)) == [("buildings", why), ("owners", why), ("units", why)]
    assert session.scalars(select(Owner.number)).all() == ["A1"]
    assert search_index.check(session) == {}


def test_many_that_are_in_the_way_are_found_together(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them there are, the rest goes with one more write."""
    estate_id = estate(session)
    people = [(f"A{n}", f"陈{n}", f"1-1-{n}") for n in range(1, 41)]
    batch_id = load(session, csv_file(tmp_path, PLACED, *people), estate_id)
    with writing(session):
        units = session.scalars(select(Unit.id).order_by(Unit.id)).all()
        owners = session.scalars(select(Owner.id).order_by(Owner.id)).all()
        pairs = zip(units[1::2], owners[::2], strict=True)
        added = [{"estate_id": estate_id, "unit_id": unit_id, "owner_id": owner_id} for unit_id, owner_id in pairs]
        write(session, [Insert(Ownership, values) for values in added], by=BY, at=AT)
    writes: list[int] = []

    def counted(of: Session, changes: Sequence[Change], **said: Any) -> list[int]:
        writes.append(len(changes))
        return write(of, changes, **said)

    monkeypatch.setattr("operations.undo.write", counted)
    assert len(undone(session, batch_id).left) == 20 + 20 + 1
    assert sorted(writes) == [
        1,
        20,
        20,
        40,
        40,
        40,
    ]  # ownerships, owners and units and what is left of them, a building


def test_it_is_undone_once_and_only_when_it_was_loaded(session: Session) -> None:
    batch_id = staged(session, FILES / "good.csv", estate(session), create_missing=True)
    with pytest.raises(Fault, match="was not loaded"):
        undone(session, batch_id)
    commit(session, batch_id, BY, AT)
    undone(session, batch_id)
    with pytest.raises(Fault, match="was undone already"):
        undone(session, batch_id)


def test_what_is_out_of_reach_is_left_and_others_may_still_undo_it(session: Session, tmp_path: Path) -> None:
    batch_id = load(session, csv_file(tmp_path, HEADER, ("A1", "林", "", "")), estate(session))
    undo_import(session, batch_id, BY, AT, lambda model: Scope(estates=frozenset()))
    assert left(session, batch_id) == [("owners", "It is not among the records that you may change")]
    assert batch_of(session, batch_id).state is BatchState.COMMITTED
    assert undone(session, batch_id).left == []


def test_of_two_batches_the_later_one_goes_first(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    before = register(session)
    first = load(session, csv_file(tmp_path, HEADER, ("A1", "林", PHONES[0], "")), estate_id)
    later = load(session, csv_file(tmp_path, HEADER, ("A1", "林", PHONES[1], "")), estate_id)
    undone(session, first)
    assert left(session, first) == [("owners", "It was changed since")]
    assert [undone(session, batch_id).left for batch_id in (later, first)] == [[], []]
    assert register(session) == before


def test_what_was_left_is_taken_up_again_once_nothing_stands_on_it(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    before = register(session)
    rows = [("A1", "林", PHONES[0], ""), ("A2", "陈", PHONES[1], ""), ("A3", "李", PHONES[2], "")]
    first = load(session, csv_file(tmp_path, HEADER, *rows), estate_id)
    later = load(session, csv_file(tmp_path, HEADER, ("A1", "林晓燕", PHONES[0], "")), estate_id)
    change(session, "A2", note="已核对")
    assert (len(undone(session, first).done), len(left(session, first))) == (1, 2)
    undone(session, later)
    assert [row[0].__name__ for row in undone(session, first).done] == ["Owner"]
    assert left(session, first) == [("owners", "It was changed since")]
    batch = batch_of(session, first)
    assert (batch.state, batch.undone_count, batch.left_count) == (BatchState.UNDONE, 2, 1)
    change(session, "A2", note=None)
    assert undone(session, first).left == []
    assert register(session) == before
    with pytest.raises(Fault, match="was undone already"):
        undone(session, first)


@pytest.mark.parametrize("ends", ["fails", "takes nothing back"])
def test_an_undo_that_takes_up_the_rest_in_vain_leaves_the_run_undone(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    path = csv_file(tmp_path, HEADER, ("A1", "林", PHONES[0], ""), ("A2", "陈", PHONES[1], ""))
    first = load(session, path, estate(session))
    change(session, "A2", note="已核对")
    undone(session, first)
    if ends == "fails":
        monkeypatch.setattr("importers.loading.undoing.undo", lambda *_, **__: 1 / 0)
    with suppress(ZeroDivisionError):
        assert undone(session, first).done == []
    batch = batch_of(session, first)
    assert (batch.state, batch.undone_at, batch.undone_count, batch.left_count) == (BatchState.UNDONE, AT, 1, 1)
    assert left(session, first) == [("owners", "It was changed since")]


def test_an_undo_that_failed_leaves_the_batch_loaded(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = load(session, csv_file(tmp_path, HEADER, ("A1", "林", "", "")), estate(session))
    with monkeypatch.context() as broken:
        broken.setattr("importers.loading.undoing.undo", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            undone(session, batch_id)
    assert batch_of(session, batch_id).state is BatchState.COMMITTED
    assert undone(session, batch_id).left == []


NUMBERS = ("A1", "A2", "A3", "A4")


@pytest.mark.parametrize("seed", range(4))
def test_undo_in_reverse_order_restores_everything_that_nobody_touched(
    session: Session, tmp_path: Path, seed: int
) -> None:
    """Any three files one after the other, then some edits by hand."""
    random = Random(seed)
    estate_id = estate(session)
    load(session, csv_file(tmp_path, HEADER, ("A1", "林", PHONES[0], "甲")), estate_id)
    before = owners(session)
    batches = [load(session, _any_file(tmp_path, random), estate_id) for _ in range(3)]
    edited = random.sample(sorted(owners(session)), k=seed % 3)
    _edit(session, edited)
    outcomes = [undone(session, batch_id) for batch_id in reversed(batches)]
    assert _without(owners(session), edited) == _without(before, edited)
    assert {number: owners(session)[number]["note"] for number in edited} == dict.fromkeys(edited, "手改")
    assert all(str(fault) == "It was changed since" for outcome in outcomes for _, fault in outcome.left)


def _any_file(folder: Path, random: Random) -> Path:
    named = random.sample(NUMBERS, k=random.randint(1, 4))
    return csv_file(folder, HEADER, *((n, "林", random.choice(PHONES), random.choice("甲乙")) for n in named))


def _without(rows: dict[str, dict[str, Any]], numbers: list[str]) -> dict[str, dict[str, Any]]:
    return {number: row for number, row in rows.items() if number not in numbers}


def owners(session: Session) -> dict[str, dict[str, Any]]:
    session.rollback()
    rows = session.execute(select(*_told(Owner.__table__))).mappings()
    return {row["number"]: dict(row) for row in rows}


def _edit(session: Session, numbers: list[str]) -> None:
    for number in numbers:
        change(session, number, note="手改")
