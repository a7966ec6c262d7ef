"""Who may share a saved view, with whom, and who may take one away."""

from collections.abc import Collection

from models.account import Role
from models.saved_view import Audience

SHARERS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ESTATE_ADMIN, Role.ADMINISTRATOR, Role.QUALITY_OFFICER})
SHARERS_WITH_ALL = frozenset({Role.ADMINISTRATOR, Role.QUALITY_OFFICER})


def audiences(roles: Collection[Role]) -> list[Audience]:
    """With whom somebody of these roles may share; beyond one estate only who serves them all."""
    found = [Audience.OWN]
    if not SHARERS.isdisjoint(roles):
        found.append(Audience.ESTATE)
    if not SHARERS_WITH_ALL.isdisjoint(roles):
        found.append(Audience.ALL)
    return found


def may_delete(roles: Collection[Role], is_maker: bool) -> bool:
    """Whether somebody may take a view away: its maker, or an administrator, from those who see it."""
    return is_maker or Role.ADMINISTRATOR in roles
