"""Rows looked up in sets: by the index that finds them, whatever the database knows of its tables."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from importers.matching.lookup import within
from models.owner import Owner
from models.unit import Unit

OWNER, UNIT = Owner.__table__.columns, Unit.__table__.columns


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("column", "index"),
    [
        (OWNER["phone"], "ix_owner_phone"),
        (OWNER["id_number"], "ix_owner_id_number"),
        (OWNER["name"], "ix_owner_estate_id_name"),
        (OWNER["number"], "(estate_id=? AND number=?)"),
        (UNIT["code"], "(estate_id=? AND code=?)"),
    ],
)
def test_an_index_finds_them_where_nobody_counted_the_rows(session: Session, column: object, index: str) -> None:
    wanted = select(column.table.c.id).where(within(column, 1), column.in_(["A", "B"]))  # type: ignore[attr-defined]
    said = wanted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    plan = session.execute(text(f"EXPLAIN QUERY PLAN {said}".replace(":", "\\:"))).all()
    assert [index in step.detail for step in plan] == [True]
