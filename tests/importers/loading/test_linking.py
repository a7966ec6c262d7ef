"""Ownerships that somebody edits between preview and commit are conflicts, not overwritten."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.staged import all_lines, fault_from_json
from models.import_batch import RowVerdict
from models.ownership import Ownership, OwnershipRole
from operations.write import Change, Delete, Insert, Update, write, writing
from tests.infrastructure.loading import AT, BY, as_tuple, csv_file, estate, loaded, staged

HEADER = ("业主编号", "业主姓名", "房号", "关系")
UNIT_HEADER = ("房号", "业主编号", "关系")


def placed(session: Session, folder: Path) -> int:
    """An estate in which A1 owns a unit and A2 none."""
    estate_id = estate(session)
    path = csv_file(folder, HEADER, ("A1", "林", "1-1-101", "业主"), ("A2", "王", "", ""))
    loaded(session, path, estate_id, create_missing=True)
    return estate_id


def owned(session: Session) -> Ownership:
    session.rollback()
    return session.scalars(select(Ownership)).one()


def said(session: Session, batch_id: int) -> list[str]:
    lines = all_lines(session, batch_id, [RowVerdict.CONFLICT])
    return [str(fault_from_json(fault)) for line in lines for fault in line.problems["faults"]]


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        (lambda link: Update(Ownership, link.id, {"role": OwnershipRole.FAMILY}), [OwnershipRole.FAMILY]),
        (lambda link: Delete(Ownership, link.id), []),
    ],
)
@pytest.mark.parametrize(
    ("entity", "header", "row"),
    [("owners", HEADER, ("A1", "林", "1-1-101", "租户")), ("units", UNIT_HEADER, ("1-1-101", "A1", "租户"))],
)
def test_a_link_edited_since_the_preview_is_a_conflict(
    session: Session,
    tmp_path: Path,
    entity: str,
    header: tuple[str, ...],
    row: tuple[str, ...],
    edit: Callable[[Any], Change],
    after: list[OwnershipRole],
) -> None:
    estate_id = placed(session, tmp_path)
    batch_id = staged(session, csv_file(tmp_path, header, row), estate_id, entity)
    with writing(session):
        write(session, [edit(session.scalars(select(Ownership)).one())], by=BY, at=AT)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (0, 0, 0, 1)
    assert session.scalars(select(Ownership.role)).all() == after
    assert said(session, batch_id) == ["The record was edited meanwhile: load the file again"]


@pytest.mark.parametrize(
    ("role", "outcome"), [(OwnershipRole.FAMILY, (0, 0, 0, 1)), (OwnershipRole.TENANT, (0, 1, 0, 0))]
)
def test_a_link_added_since_in_another_role_is_a_conflict(
    session: Session, tmp_path: Path, role: OwnershipRole, outcome: tuple[int, int, int, int]
) -> None:
    estate_id = placed(session, tmp_path)
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A2", "王", "1-1-101", "租户")), estate_id)
    with writing(session):
        link = owned(session)
        added = {"estate_id": estate_id, "unit_id": link.unit_id, "owner_id": link.owner_id + 1, "role": role}
        write(session, [Insert(Ownership, added)], by=BY, at=AT)
    assert as_tuple(commit(session, batch_id, BY, AT)) == outcome
    assert session.scalars(select(Ownership.role).order_by(Ownership.id)).all() == [OwnershipRole.OWNER, role]
