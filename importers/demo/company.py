"""The demo company as a whole, loaded once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.demo.accounts import SignIn, create_accounts, doers
from importers.demo.climbs import record_past_steps
from importers.demo.drafts import write_draft
from importers.demo.files import lines
from importers.demo.inspections import write_inspections
from importers.demo.register import estate_codes, load_register, read_sites
from importers.demo.reviews import write_reviews
from importers.demo.story import story
from importers.demo.tickets import write_lives
from importers.demo.told import REPLAYED, replay
from models.base import N_
from models.estate import Estate
from models.faults import Fault
from models.ticket import Ticket
from operations.write import Author, writing


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What was loaded: rows by kind, and the accounts that were made. Nothing of it if the demo was there already."""

    is_new: bool
    counts: Counter[str] = field(default_factory=Counter)
    sign_ins: Sequence[SignIn] = ()


def load_demo(
    session: Session,
    today: date,
    now: datetime,
    by: Author,
    hash_password: Callable[[str], str] | None = None,
    *,
    keep: Callable[[Sequence[SignIn]], None] | None = None,
    scale: float = 1.0,
) -> DemoReport:
    """Load the demo company as it stands at `now`, on the local day `today`, unless it is there.

    With `hash_password` its accounts are made too, and `keep` is given their passwords before they are committed,
    so that nobody is locked out when the load is broken off. `scale` makes less of the daily tickets, not of the
    register.
    Runs its own transactions: a load that was broken off is taken up again. Raises Fault when an estate that is not
    the demo's has one of its codes.
    """
    if _is_there(session):
        return DemoReport(is_new=False)
    _refuse_strangers(session)
    counts = load_register(session, by, now)
    with writing(session):
        sign_ins = create_accounts(session, hash_password, by, now) if hash_password is not None else []
        counts += _write_service(session, today, now, by, scale)
        if keep is not None:
            keep(sign_ins)
    counts["steps"] += replay(session, today, now, by)
    counts["drafts"] = write_draft(session, now)
    return DemoReport(True, counts, sign_ins)


def _is_there(session: Session) -> bool:
    """The tickets come last and all at once: where there are any, everything is."""
    statement = select(Ticket.id).join(Estate, Estate.id == Ticket.estate_id).where(Estate.code.in_(estate_codes()))
    return session.scalars(statement.limit(1)).first() is not None


def _refuse_strangers(session: Session) -> None:
    names = {line["小区编码"]: line["小区名称"] for line in lines("estates.csv")}
    for code, name in session.execute(select(Estate.code, Estate.name).where(Estate.code.in_(names))):
        if name != names[code]:
            sentence = N_("Estate %(code)s is there already and not the demo's: load the demo into an empty database")
            raise Fault(sentence, code=code)


def _write_service(session: Session, today: date, now: datetime, by: Author, scale: float) -> Counter[str]:
    sites = read_sites(session)
    people = doers(session)
    counts = write_lives(session, story(sites, today, now, scale), people, by, now)
    counts["steps"] = record_past_steps(session, [site.id for site in sites], today, by, now - REPLAYED)
    counts["reviews"] = write_reviews(session, sites, people, today, by, now)
    return counts + write_inspections(session, sites, today, by, now)
