"""Columns of a list that no table holds: computed from other rows as of a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.types import TypeEngine

from models.base import N_, Base
from models.ticket import Ticket
from reports.levels import level_by


@dataclass(frozen=True, slots=True)
class Computed:
    """What a computed column is called, of which type it is, and its expression as of a moment, in a query on the
    model's table.
    """

    label: str
    type: TypeEngine[Any]
    expression: Callable[[Any], ColumnElement[Any]]


COMPUTED: Mapping[type[Base], Mapping[str, Computed]] = {Ticket: {"level": Computed(N_("Level"), Integer(), level_by)}}
