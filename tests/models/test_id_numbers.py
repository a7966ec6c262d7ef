import pytest

from models.id_numbers import has_birth, is_sound


@pytest.mark.parametrize("number", ["11010519491231002X", "632126199109162011", "110105200002290021"])
def test_a_number_whose_check_character_fits_is_sound(number: str) -> None:
    assert has_birth(number)
    assert is_sound(number)


@pytest.mark.parametrize(
    ("number", "is_born"),
    [
        ("110105194912310021", True),
        ("632126199109162056", True),
        ("11010519491331002X", False),
        ("11010518991231002X", False),
        ("11010519490229002X", False),
        ("11010519490230002X", False),
    ],
)
def test_a_number_with_a_wrong_check_character_or_birth_is_not(number: str, is_born: bool) -> None:
    assert has_birth(number) is is_born
    assert not is_sound(number)
