"""Several lines of a file on one record, written one after the other, and what others write between them."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from models.owner import Owner
from operations.write import Update, write, writing
from tests.infrastructure.loading import AT, BY, as_tuple, csv_file, estate, loaded, staged

HEADER = ("业主编号", "业主姓名", "手机号", "备注")
OLD, NEW = "13812345678", "13912345678"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is staged and written by itself, as lines are that are thousands apart."""
    monkeypatch.setattr("importers.loading.staged.CHUNK_LINES", 1)
    monkeypatch.setattr("importers.loading.applying.SLICE_CHUNKS", {"sqlite": 1, "postgresql": 1})


def file_of_two(session: Session, folder: Path) -> int:
    """The estate has A1; the file gives it a phone on one line and a note on another. Returns the batch."""
    estate_id = estate(session)
    loaded(session, csv_file(folder, HEADER, ("A1", "林", OLD, "")), estate_id)
    lines = (("A1", "林", NEW, ""), ("A2", "王", OLD, ""), ("A1", "林", "", "改过"))
    return staged(session, csv_file(folder, HEADER, *lines), estate_id)


@pytest.mark.usefixtures("one_by_one")
def test_two_lines_on_one_record_are_no_edit_of_others_however_far_apart(session: Session, tmp_path: Path) -> None:
    batch_id = file_of_two(session, tmp_path)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (1, 2, 0, 0)
    assert session.execute(select(Owner.phone, Owner.note).where(Owner.number == "A1")).one() == (NEW, "改过")


@pytest.mark.usefixtures("one_by_one")
def test_an_edit_before_the_first_of_them_keeps_both_from_being_loaded(session: Session, tmp_path: Path) -> None:
    batch_id = file_of_two(session, tmp_path)
    with writing(session):
        owner_id = session.scalars(select(Owner.id).where(Owner.number == "A1")).one()
        write(session, [Update(Owner, owner_id, {"name": "林静"})], by=BY, at=AT)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (1, 0, 0, 2)
    assert session.execute(select(Owner.phone, Owner.note).where(Owner.number == "A1")).one() == (OLD, None)
