import pytest

from models.account import Role
from models.base import Permission
from rules.permissions import Action, Reach, reach

CHANGING = (Action.CREATE, Action.EDIT, Action.DELETE, Action.IMPORT)
P, A = Permission, Action


def changes(role: Role) -> set[Permission]:
    """The classes in which the role may change anything."""
    return {each for each in Permission for action in CHANGING if reach([role], each, action) is not Reach.NONE}


def sees(role: Role) -> dict[Permission, Reach]:
    """How far the role sees what it sees at all."""
    found = {each: reach([role], each, Action.SEE) for each in Permission}
    return {each: bound for each, bound in found.items() if bound is not Reach.NONE}


def test_the_administrator_may_do_everything_everywhere() -> None:
    assert {reach([Role.ADMINISTRATOR], each, action) for each in Permission for action in Action} == {Reach.ALL}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_accounts_are_the_administrators(role: Role) -> None:
    assert P.ACCOUNTS not in changes(role)


@pytest.mark.parametrize(
    ("role", "classes"),
    [
        (Role.ESTATE_ADMIN, {P.REGISTER, P.STAFF}),
        (Role.CLERK, {P.SERVICE, P.CALLBACKS}),
        (Role.BUTLER, {P.SERVICE, P.CALLBACKS}),
        (Role.ENGINEER, {P.SERVICE}),
        (Role.SUPERVISOR, {P.SERVICE, P.CALLBACKS}),
        (Role.MANAGER, {P.SERVICE, P.CALLBACKS, P.QUALITY}),
        (Role.QUALITY_OFFICER, {P.QUALITY, P.STANDARDS}),
        (Role.HQ, set()),
        (Role.AUDITOR, set()),
    ],
)
def test_a_role_changes_what_is_its_own_and_nothing_else(role: Role, classes: set[Permission]) -> None:
    assert changes(role) == classes


@pytest.mark.parametrize(
    ("role", "bound"),
    [
        (Role.ESTATE_ADMIN, Reach.ESTATES),
        (Role.CLERK, Reach.ESTATES),
        (Role.BUTLER, Reach.BUILDINGS),
        (Role.ENGINEER, Reach.ASSIGNED),
        (Role.SUPERVISOR, Reach.ESTATES),
        (Role.MANAGER, Reach.ESTATES),
        (Role.QUALITY_OFFICER, Reach.ALL),
        (Role.HQ, Reach.ALL),
        (Role.AUDITOR, Reach.ALL),
    ],
)
def test_a_role_reaches_tickets_and_callbacks_as_far_as_it_serves(role: Role, bound: Reach) -> None:
    assert (sees(role)[P.SERVICE], sees(role)[P.CALLBACKS]) == (bound, bound)


def test_the_engineer_works_tickets_but_takes_none_in_and_asks_nobody_how_the_work_was() -> None:
    assert reach([Role.ENGINEER], P.SERVICE, A.EDIT) is Reach.ASSIGNED
    assert reach([Role.ENGINEER], P.SERVICE, A.CREATE) is Reach.NONE
    assert {reach([Role.ENGINEER], P.CALLBACKS, action) for action in CHANGING} == {Reach.NONE}


@pytest.mark.parametrize("role", [Role.CLERK, Role.BUTLER, Role.SUPERVISOR, Role.MANAGER])
@pytest.mark.parametrize("permission", [P.SERVICE, P.CALLBACKS])
def test_who_serves_takes_in_and_works_but_deletes_nothing(role: Role, permission: Permission) -> None:
    assert Reach.NONE not in {reach([role], permission, action) for action in (A.CREATE, A.EDIT)}
    assert {reach([role], permission, action) for action in (A.DELETE, A.IMPORT)} == {Reach.NONE}


def test_the_auditor_reads_all() -> None:
    assert sees(Role.AUDITOR) == dict.fromkeys(Permission, Reach.ALL)


@pytest.mark.parametrize("role", [Role.QUALITY_OFFICER, Role.HQ])
def test_quality_officer_and_hq_read_all_estates(role: Role) -> None:
    assert sees(role) == dict.fromkeys(set(Permission) - {P.ACCOUNTS}, Reach.ALL)
