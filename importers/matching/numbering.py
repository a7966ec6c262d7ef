"""Numbers for owners who come without one: <ESTATE>-00001 and on, never one that is taken."""

import re
from collections.abc import Iterable, Iterator
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.estate import Estate
from models.owner import Owner


def owner_numbers(session: Session, estate_id: int, also_taken: Iterable[str]) -> Iterator[str]:
    """The numbers after the highest of this form, those that the file itself gives included."""
    code = session.scalars(select(Estate.code).where(Estate.id == estate_id)).one()
    taken = session.scalars(
        select(Owner.number).where(Owner.estate_id == estate_id, Owner.number.startswith(f"{code}-", autoescape=True))
    )
    form = re.compile(re.escape(code) + r"-([0-9]{5,9})")
    used = [int(found[1]) for number in (*taken, *also_taken) if (found := form.fullmatch(number))]
    return (f"{code}-{number:05}" for number in count(max(used, default=0) + 1))
