"""What rows are called: their titles, references inside them followed."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, select
from sqlalchemy.orm import Session

from models.base import Base
from operations.scope import conditions
from reports.list_statements import title
from rules.permissions import EVERYTHING, Scope


def title_of(session: Session, model: type[Base], row_id: int) -> str:
    """The title of one row, empty when there is none."""
    return session.connection().execute(_titled(model), {"row_id": row_id}).scalar() or ""


def titles_of(
    session: Session, model: type[Base], row_ids: Collection[int], scope: Scope = EVERYTHING
) -> Mapping[int, str]:
    """The titles of those rows that there are within the scope, in one statement."""
    rows = session.connection().execute(_all_titled(model, scope), {"row_ids": list(row_ids)})
    return {row_id: text or "" for row_id, text in rows}


@lru_cache(maxsize=256)
def _titled(model: type[Base]) -> Select[Any]:
    return select(title(model, bindparam("row_id", type_=BigInteger)))


@lru_cache(maxsize=1024)
def _all_titled(model: type[Base], scope: Scope) -> Select[Any]:
    key = model.__table__.columns["id"]
    wanted = key.in_(bindparam("row_ids", expanding=True))
    return select(key, title(model, key)).where(wanted, *conditions(model, scope))
