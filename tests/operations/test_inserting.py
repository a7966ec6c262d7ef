from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.building import Building
from models.history import History
from models.owner import ContactPreference, Owner
from models.unit import Occupancy, Unit
from operations.inserting import COPIED_AT_ONCE, MANY
from operations.write import Delete, Insert, Refused, write, writing
from tests.infrastructure.loading import AT, BY, estate

ODD = "a\tb\\c\nd\\N'\"\u3000𠀀"


def buildings(estate_id: int, count: int, prefix: str = "B") -> list[Insert]:
    return [Insert(Building, {"estate_id": estate_id, "code": f"{prefix}{number}"}) for number in range(count)]


def put(session: Session, changes: list[Insert]) -> list[int]:
    with writing(session):
        return write(session, changes, by=BY, at=AT)


def test_each_of_many_rows_gets_the_id_that_is_told_and_the_next_one_another(session: Session) -> None:
    estate_id = estate(session)
    ids = put(session, buildings(estate_id, MANY + 1))
    (following,) = put(session, buildings(estate_id, 1, "C"))
    codes = dict(session.execute(select(Building.id, Building.code)).all())
    assert [codes[row_id] for row_id in ids] == [f"B{number}" for number in range(MANY + 1)]
    assert following > max(ids)


def test_a_taken_key_among_many_is_named_and_nothing_is_kept(session: Session) -> None:
    estate_id = estate(session)
    put(session, buildings(estate_id, 1))
    with pytest.raises(Refused) as refused:
        put(session, buildings(estate_id, MANY))
    assert (refused.value.model, list(refused.value.faults)) == (Building, ["code"])
    assert len(session.scalars(select(Building)).all()) == 1


def test_values_of_every_kind_come_back_as_they_went_in(session: Session) -> None:
    estate_id = estate(session)
    (building_id,) = put(session, buildings(estate_id, 1))
    of_owner = {"estate_id": estate_id, "name": ODD, "note": ODD, "contact_preference": ContactPreference.VISIT}
    of_unit = {"estate_id": estate_id, "building_id": building_id, "area": Decimal("89.50"), "floor": -1}
    put(session, [Insert(Owner, {**of_owner, "number": f"A{number}"}) for number in range(MANY)])
    put(session, [Insert(Unit, {**of_unit, "code": f"U{number}"}) for number in range(MANY)])
    owners = session.execute(select(Owner.name, Owner.note, Owner.contact_preference, Owner.phone).distinct()).all()
    units = session.execute(select(Unit.area, Unit.floor, Unit.occupancy, Unit.version).distinct()).all()
    assert owners == [(ODD, ODD, ContactPreference.VISIT, None)]
    assert units == [(Decimal("89.50"), -1, Occupancy.OWNER_OCCUPIED, 1)]
    told = session.scalars(select(History.changes).where(History.entity == "owners")).first()
    assert told is not None
    assert (told["name"], told["contact_preference"]) == ([None, ODD], [None, "visit"])


def test_each_of_very_many_rows_keeps_its_own_values_where_others_have_none(session: Session) -> None:
    estate_id = estate(session)
    notes = [None, ODD, "", "\\N", "\\.", "\r", *[None] * (2 * COPIED_AT_ONCE), "plain", ODD]
    values = [
        {"estate_id": estate_id, "number": f"A{place:04}", "name": "N", "note": n} for place, n in enumerate(notes)
    ]
    put(session, [Insert(Owner, each) for each in values])
    assert session.scalars(select(Owner.note).order_by(Owner.number)).all() == notes


def test_many_rows_come_back_under_the_ids_that_they_had(session: Session) -> None:
    estate_id = estate(session)
    ids = put(session, buildings(estate_id, MANY))
    with writing(session):
        write(session, [Delete(Building, row_id) for row_id in ids], by=BY, at=AT)
    again = [
        Insert(Building, {**each.values, "id": row_id})
        for each, row_id in zip(buildings(estate_id, MANY), ids, strict=True)
    ]
    assert put(session, again) == ids
    assert session.scalars(select(Building.id).order_by(Building.id)).all() == ids


def test_rows_of_two_estates_in_one_set_do_not_refer_to_each_others(session: Session) -> None:
    first, second = estate(session, "E1"), estate(session, "E2")
    own, other = put(session, [*buildings(first, 1), *buildings(second, 1)])
    crossed = [{"estate_id": first, "building_id": other}, {"estate_id": second, "building_id": own}]
    with pytest.raises(Refused, match="no such record in this estate"):
        put(session, [Insert(Unit, {**values, "code": "U1"}) for values in crossed])
