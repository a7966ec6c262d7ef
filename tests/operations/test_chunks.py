"""Sets cut to what one statement takes: whatever is in them, all of it is met and nothing else."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.owner import Owner
from operations.chunks import CHUNK, MANY, among
from operations.write import Insert, write, writing
from tests.infrastructure.loading import AT, BY, estate

ODD = ['"', "\\", '\\"', "{}", "a,b", "NULL", "a b", "\t", "'", "\u3000𠀀", ""]


def owners(session: Session, notes: list[str]) -> None:
    fixed = {"estate_id": estate(session), "name": "N"}
    with writing(session):
        write(session, [Insert(Owner, {**fixed, "number": n, "note": n}) for n in notes], by=BY, at=AT)


def test_many_texts_are_found_however_they_are_written(session: Session) -> None:
    owners(session, [*ODD, "other"])
    (wanted,) = among(session, Owner.__table__.c.note, [*ODD, *(f"none{number}" for number in range(CHUNK))])
    assert set(session.scalars(select(Owner.note).where(wanted))) == set(ODD)


def test_many_numbers_are_found_in_as_few_statements_as_may_be(session: Session) -> None:
    owners(session, [f"A{number}" for number in range(3)])
    first, *others = session.scalars(select(Owner.id).order_by(Owner.id)).all()
    wanted = [*range(first + 10, first + 10 + MANY), *others]
    conditions = list(among(session, Owner.__table__.c.id, wanted))
    assert len(conditions) == 2
    assert [row for each in conditions for row in session.scalars(select(Owner.id).where(each))] == others
