"""The company as rows ready for the database: estates, buildings, units, owners, staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from bench import words
from models.staff import StaffRole
from models.unit import Occupancy

Rows = Iterator[tuple[Any, ...]]

ESTATES = len(words.ESTATES)
STAFF_EACH = 20
POSTS = [
    StaffRole.MANAGER,
    StaffRole.SUPERVISOR,
    *[StaffRole.FRONT_DESK] * 3,
    *[StaffRole.BUTLER] * 5,
    *[StaffRole.ENGINEER] * 5,
    *[StaffRole.CLEANER] * 3,
    *[StaffRole.SECURITY] * 2,
]
BUTLERS, ENGINEERS = range(5, 10), range(10, 15)  # where they stand in POSTS
FRONT_DESK = range(2, 5)


@dataclass(frozen=True)
class Size:
    """How large the company is; estates and staff are the same at every size."""

    name: str
    tickets: int

    @property
    def units(self) -> int:
        """Also the number of owners: each has one unit."""
        return self.tickets // 5

    @property
    def callbacks(self) -> int:
        return self.tickets * 3 // 10

    @property
    def units_each(self) -> int:
        return self.units // ESTATES

    @property
    def units_in_building(self) -> int:
        return min(100, self.units_each // 2)

    @property
    def buildings_each(self) -> int:
        return -(-self.units_each // self.units_in_building)


SIZES = {size.name: size for size in (Size("10k", 10_000), Size("100k", 100_000), Size("1M", 1_000_000))}


def staff_id(estate: int, post: int) -> int:
    """The id of the member of staff at that place of POSTS; estates count from 0."""
    return estate * STAFF_EACH + post + 1


@dataclass(frozen=True)
class Company:
    """Rows of the registers, each as (id, version, …) in the order of its `COLUMNS`."""

    size: Size
    standard_set_id: int

    @cached_property
    def random(self) -> Random:
        return Random(20)

    def estates(self) -> Rows:
        for number, name in enumerate(words.ESTATES):
            yield number + 1, 1, f"E{number + 1:02}", name, "Asia/Shanghai", self.standard_set_id, 1

    def staff(self) -> Rows:
        for estate in range(ESTATES):
            for post, role in enumerate(POSTS):
                row_id = staff_id(estate, post)
                yield (
                    *(row_id, 1, estate + 1, f"S{row_id:04}", words.name(self.random), role.value),
                    *(words.phone(900_000 + row_id), 1),
                )

    def buildings(self) -> Rows:
        for index in range(ESTATES * self.size.buildings_each):
            estate, number = divmod(index, self.size.buildings_each)
            yield index + 1, 1, estate + 1, str(number + 1), 25, butler(estate, number), engineer(estate, number)

    def units(self) -> Rows:
        for index in range(self.size.units):
            estate, building, room = self.place(index)
            floor, door = divmod(room, 4)
            code = f"{building + 1}-1-{floor + 1}{door + 1:02}"
            area = round(self.random.uniform(45, 180), 2)
            occupancy = self.random.choice(list(Occupancy)).value
            yield index + 1, 1, estate + 1, self.building_id(index), code, "1", floor + 1, area, occupancy

    def owners(self) -> Rows:
        for index in range(self.size.units):
            estate = index // self.size.units_each
            yield index + 1, 1, estate + 1, f"Y{index + 1:06}", words.name(self.random), words.phone(index)

    def ownerships(self) -> Rows:
        for index in range(self.size.units):
            yield index + 1, 1, index // self.size.units_each + 1, index + 1, index + 1, "owner", "2022-03-01"

    def place(self, unit_index: int) -> tuple[int, int, int]:
        """Estate, building in it and room in that of a unit, all from 0."""
        estate, within = divmod(unit_index, self.size.units_each)
        return estate, *divmod(within, self.size.units_in_building)

    def building_id(self, unit_index: int) -> int:
        estate, building, _ = self.place(unit_index)
        return estate * self.size.buildings_each + building + 1


def butler(estate: int, building: int) -> int:
    """The butler of a building."""
    return staff_id(estate, BUTLERS[building % len(BUTLERS)])


def engineer(estate: int, building: int) -> int:
    """The engineer paired with a building's butler."""
    return staff_id(estate, ENGINEERS[building % len(ENGINEERS)])


COLUMNS = {
    "estate": "id version code name time_zone standard_set_id is_active",
    "staff": "id version estate_id number name role phone is_active",
    "building": "id version estate_id code floors butler_id engineer_id",
    "unit": "id version estate_id building_id code entrance floor area occupancy",
    "owner": "id version estate_id number name phone",
    "ownership": "id version estate_id unit_id owner_id role from_on",
}
