from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Account, AccountRole, Role
from operations.accounts import Grants, create_account, edit_account
from operations.write import Refused, Stale, writing
from tests.infrastructure.people import AT, BY, Cast
from views.database import db


def edit(session: Session, account_id: int, grants: Grants | None, version: int | None = None) -> None:
    with writing(session):
        edit_account(session, account_id, {}, grants=grants, version=version, by=BY, at=AT)


def roles(session: Session, account_id: int) -> set[Role]:
    session.rollback()
    return set(session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id)))


def test_grants_changed_meanwhile_are_not_overwritten(session: Session, cast: Cast) -> None:
    clerk = cast.accounts[Role.CLERK]
    edit(session, clerk, Grants({Role.SUPERVISOR}, {cast.id_of("estates")}), version=1)
    with pytest.raises(Stale):
        edit(session, clerk, Grants({Role.CLERK}, {cast.id_of("estates")}), version=1)
    assert roles(session, clerk) == {Role.SUPERVISOR}


def test_the_same_grants_again_change_nothing(session: Session, cast: Cast) -> None:
    clerk = cast.accounts[Role.CLERK]
    same = Grants({Role.CLERK}, {cast.id_of("estates")}, {cast.id_of("buildings")})
    edit(session, clerk, same, version=1)
    assert session.get_one(Account, clerk).version == 1


def test_an_account_keeps_a_role(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="at least one role"):
        edit(session, cast.accounts[Role.CLERK], Grants(()))


def test_of_the_last_two_administrators_who_go_at_once_one_stays(app: Flask, session: Session, cast: Cast) -> None:
    first, values = cast.accounts[Role.ADMINISTRATOR], {"email": "second@example.test", "name": "Second"}
    with writing(session):
        second = create_account(session, values, "hash", roles={Role.ADMINISTRATOR}, by=BY, at=AT)
    barrier = Barrier(2)

    def demote(account_id: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                edit(db.session(), account_id, Grants({Role.AUDITOR}))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(demote, account_id) for account_id in (first, second)]
    assert sorted(type(each.exception()).__name__ for each in running) == ["NoneType", "Refused"]


@pytest.mark.parametrize(
    ("role", "sentence"),
    [(Role.CLERK, "estates that the person serves"), (Role.BUTLER, "buildings that the butler serves")],
)
def test_an_account_that_would_see_nothing_is_refused(session: Session, cast: Cast, role: Role, sentence: str) -> None:
    estates = {Role.BUTLER: {cast.id_of("estates")}}.get(role, set())
    with pytest.raises(Refused, match=sentence):
        edit(session, cast.accounts[Role.CLERK], Grants({role}, estates))


def test_who_reads_every_estate_needs_none_of_their_own(session: Session, cast: Cast) -> None:
    edit(session, cast.accounts[Role.AUDITOR], Grants({Role.AUDITOR}))
    assert roles(session, cast.accounts[Role.AUDITOR]) == {Role.AUDITOR}
