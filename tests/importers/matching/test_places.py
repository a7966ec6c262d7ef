import pytest

from importers.matching.places import Place, bare, room_code


@pytest.mark.parametrize(
    ("building", "entrance", "room", "code", "building_code", "entrance_code"),
    [
        ("1", "1", "1011", "1-1-1011", "1", "1"),
        ("1", None, "1011", "1-1011", "1", None),
        (None, None, "3-2-1501", "3-2-1501", "3", "2"),
        ("3", "2", "3-2-1501", "3-2-1501", "3", "2"),
        (None, None, "3-1501", "3-1501", "3", None),
        (None, None, "1501", "1501", None, None),
        (None, "2", "1501", "1501", None, "2"),
    ],
)
def test_a_unit_code_is_put_together_from_its_parts(  # the columns of a table
    building: str | None,
    entrance: str | None,
    room: str,
    code: str,
    building_code: str | None,
    entrance_code: str | None,
) -> None:
    place = Place(building, entrance, room)
    assert (place.code, place.building_code, place.entrance_code) == (code, building_code, entrance_code)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("3号楼", "3"),
        ("3栋", "3"),
        ("A座", "A"),
        ("2单元", "2"),
        ("1501室", "1501"),
        ("3-2-1501", "3-2-1501"),
        ("栋", "栋"),
    ],
)
def test_the_word_after_a_code_is_no_part_of_it(written: str, code: str) -> None:
    assert bare(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("3号楼2单元1501室", "3-2-1501"),
        ("3栋1501", "3-1501"),
        ("A座12房", "A-12"),
        ("3#2单元1501", "3-2-1501"),
        ("3#楼-1501", "3-1501"),
        ("3幢-2单元-1501", "3-2-1501"),
        ("1501房", "1501"),
        ("3号楼", "3"),
        ("3-2-1501", "3-2-1501"),
        ("商铺12", "商铺12"),
    ],
)
def test_an_address_in_words_is_a_whole_code(written: str, code: str) -> None:
    assert room_code(written) == code
