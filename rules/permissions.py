"""Who may do what to which rows: one table of roles × permission classes, and the reach of each grant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache

from models.account import Role
from models.base import Permission


class Action(StrEnum):
    SEE = "see"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"
    IMPORT = "import"
    EXPORT = "export"
    PERSONAL = "personal"  # phones, ID numbers and addresses in the clear


class Reach(IntEnum):
    """How far a grant goes, the widest last."""

    NONE = 0
    ASSIGNED = 1
    BUILDINGS = 2
    ESTATES = 3
    ALL = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows somebody reaches: None means no bound; `estates` always holds, the others narrow it."""

    estates: frozenset[int] | None
    buildings: frozenset[int] | None = None
    staff_id: int | None = None
    is_empty: bool = False


EVERYTHING = Scope(estates=None)
NOTHING = Scope(estates=frozenset(), is_empty=True)

_LETTERS = {
    "S": Action.SEE,
    "C": Action.CREATE,
    "E": Action.EDIT,
    "D": Action.DELETE,
    "I": Action.IMPORT,
    "X": Action.EXPORT,
    "P": Action.PERSONAL,
}
_FULL = "SCEDIXP"
_P = Permission

# role: (reach, {permission class: letters}); a class that is not named is not granted
GRANTS: Mapping[Role, tuple[Reach, Mapping[Permission, str]]] = {
    Role.ADMINISTRATOR: (Reach.ALL, dict.fromkeys(Permission, _FULL)),
    Role.ESTATE_ADMIN: (
        Reach.ESTATES,
        {
            _P.REGISTER: _FULL,
            _P.STAFF: _FULL,
            _P.SERVICE: "SX",
            _P.CALLBACKS: "SX",
            _P.QUALITY: "S",
            _P.STANDARDS: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.CLERK: (
        Reach.ESTATES,
        {
            _P.SERVICE: "SCEXP",
            _P.CALLBACKS: "SCEXP",
            _P.REGISTER: "SP",
            _P.STAFF: "S",
            _P.STANDARDS: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.BUTLER: (
        Reach.BUILDINGS,
        {_P.SERVICE: "SCEXP", _P.CALLBACKS: "SCEXP", _P.REGISTER: "SP", _P.STAFF: "S", _P.STANDARDS: "S"},
    ),
    Role.ENGINEER: (Reach.ASSIGNED, {_P.SERVICE: "SEP", _P.CALLBACKS: "SP", _P.STANDARDS: "S"}),
    Role.SUPERVISOR: (
        Reach.ESTATES,
        {
            _P.SERVICE: "SCEXP",
            _P.CALLBACKS: "SCEXP",
            _P.REGISTER: "SXP",
            _P.STAFF: "SX",
            _P.QUALITY: "S",
            _P.STANDARDS: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.MANAGER: (
        Reach.ESTATES,
        {
            _P.SERVICE: "SCEXP",
            _P.CALLBACKS: "SCEXP",
            _P.REGISTER: "SXP",
            _P.STAFF: "SX",
            _P.QUALITY: "SEX",
            _P.STANDARDS: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.QUALITY_OFFICER: (
        Reach.ALL,
        {
            _P.QUALITY: "SCEDIXP",
            _P.STANDARDS: "SCEDIX",
            _P.SERVICE: "SX",
            _P.CALLBACKS: "SX",
            _P.REGISTER: "S",
            _P.STAFF: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.HQ: (
        Reach.ALL,
        {
            _P.SERVICE: "SX",
            _P.CALLBACKS: "SX",
            _P.REGISTER: "S",
            _P.STAFF: "S",
            _P.QUALITY: "SX",
            _P.STANDARDS: "S",
            _P.SYSTEM: "S",
        },
    ),
    Role.AUDITOR: (Reach.ALL, dict.fromkeys(Permission, "SX")),
}


def reach(roles: Iterable[Role], permission: Permission, action: Action) -> Reach:
    """The widest reach that any of the roles gives for the action on that class; NONE when refused."""
    return _widest(frozenset(roles), permission, action)


@cache  # the table never changes, and a page asks a hundred times
def _widest(roles: frozenset[Role], permission: Permission, action: Action) -> Reach:
    return max(
        (
            bound
            for bound, classes in (GRANTS[role] for role in roles)
            if any(_LETTERS[letter] is action for letter in classes.get(permission, ""))
        ),
        default=Reach.NONE,
    )


def scope(bound: Reach, estates: Iterable[int], buildings: Iterable[int], staff_id: int | None) -> Scope:
    """The rows within that reach for somebody who serves those estates and buildings."""
    match bound:
        case Reach.ALL:
            return EVERYTHING
        case Reach.ESTATES:
            return Scope(frozenset(estates))
        case Reach.BUILDINGS:
            return Scope(frozenset(estates), buildings=frozenset(buildings))
        case Reach.ASSIGNED if staff_id is not None:
            return Scope(frozenset(estates), staff_id=staff_id)
    return NOTHING
