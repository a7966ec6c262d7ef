import pytest

from models.account import Role
from models.saved_view import Audience
from rules.sharing import audiences, may_delete


@pytest.mark.parametrize(
    ("role", "found"),
    [
        (Role.CLERK, [Audience.OWN]),
        (Role.ENGINEER, [Audience.OWN]),
        (Role.AUDITOR, [Audience.OWN]),
        (Role.SUPERVISOR, [Audience.OWN, Audience.ESTATE]),
        (Role.ESTATE_ADMIN, [Audience.OWN, Audience.ESTATE]),
        (Role.QUALITY_OFFICER, [Audience.OWN, Audience.ESTATE, Audience.ALL]),
        (Role.ADMINISTRATOR, [Audience.OWN, Audience.ESTATE, Audience.ALL]),
    ],
)
def test_who_may_share_with_whom(role: Role, found: list[Audience]) -> None:
    assert audiences({role}) == found


def test_a_view_is_taken_away_by_its_maker_or_an_administrator() -> None:
    assert may_delete({Role.CLERK}, is_maker=True)
    assert may_delete({Role.ADMINISTRATOR}, is_maker=False)
    assert not may_delete({Role.MANAGER}, is_maker=False)
