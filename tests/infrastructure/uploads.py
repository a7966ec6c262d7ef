"""Files sent through the page, and the runs that come of them."""

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading.runs import prepare, receive
from models.account import Role
from models.base import now
from models.import_batch import ImportBatch
from models.owner import Owner
from operations.write import Author, Update, write, writing
from tests.infrastructure.people import AT, BY, ID_NUMBER, OWN, Cast, Person
from tests.infrastructure.runs import run_of
from views.language import wordings

HEADER = "业主编号,业主姓名,手机号\n"
GOOD = HEADER + "A1,陈静,13812345678\nA2,李雷,13912345678\n"
MIXED = GOOD + "A3,韩梅,12345\n"
DOUBTFUL = (
    "业主编号,业主姓名,手机号,证件号码\n"
    "A1,陈静,13812345678,\nA2,李雷, 139 1234 5678,\nA2,李蕾,13912345678,\nA3,韩梅,12345,\n"
    f"A9,Owner {OWN},13811111111,{ID_NUMBER}\n{OWN},Owner {OWN},,\n"
)


def previewed(session: Session, cast: Cast) -> int:
    """A run that waits for decisions, with lines of every kind but unchanged ones; its id."""
    to = ("owners", cast.id_of("estates"), Author(cast.accounts[Role.ESTATE_ADMIN]), now())
    batch_id = receive(session, DOUBTFUL.encode(), "owners.csv", *to)
    prepare(session, batch_id, now(), wordings=wordings, apart=False)
    return batch_id


def uploaded(person: Person, cast: Cast, text: str, place: str = OWN, **fields: str) -> str:
    """The path of the run, after whatever is done with the file at once."""
    return run_of(person, cast.id_of("estates", place), text, **fields)


def batch_of(session: Session, path: str) -> ImportBatch:
    """The run as it is in the database now."""
    session.rollback()
    return session.get_one(ImportBatch, int(path.split("/")[2]))


def owners_of(session: Session, cast: Cast, place: str = OWN) -> int:
    """How many owners the estate has."""
    session.rollback()
    return session.scalar(select(func.count()).where(Owner.estate_id == cast.id_of("estates", place))) or 0


def tabs(person: Person, path: str) -> dict[str, int]:
    """The counts of the kinds of lines as the page shows them."""
    found = re.findall(r'class="tab tab-(\w+)"[^>]*><strong>(\d+)</strong>', person.get(path).text)
    return {kind: int(number) for kind, number in found}


def renamed(session: Session, number: str, name: str) -> tuple[int, str]:
    """Somebody gives the owner of that number another name; returns the id and the name before."""
    with writing(session):
        owner_id, before = session.execute(select(Owner.id, Owner.name).where(Owner.number == number)).one()
        write(session, [Update(Owner, owner_id, {"name": name})], by=BY, at=AT)
    return owner_id, before
