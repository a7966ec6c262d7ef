"""Accounts in the browser: invite, change, reset the password, deactivate; grants beside the generated fields."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_security import hash_password
from sqlalchemy import select

from models.account import Account, Role
from models.base import N_, Row, now
from models.building import Building
from models.faults import Fault
from operations.accounts import Grants, create_account, edit_account, new_password, set_password
from operations.write import Refused, writing
from views.access import ServedEstate, author, demand, estates
from views.database import db
from views.language import translate
from views.lists import record_id
from views.panel import EntityView


class AccountView(EntityView):
    """The generated account screens, with roles, estates and buildings as check boxes."""

    form_template = "accounts/form.html"
    details_template = "accounts/details.html"
    edits_single_columns = False  # what is saved names the grants too

    def __init__(self) -> None:
        super().__init__(Account)

    def insert(self, values: dict[str, Any]) -> int:
        password = new_password()
        grants, password_hash = _posted_grants(), hash_password(password)
        with writing(db.session):
            account_id = create_account(
                db.session,
                values,
                password_hash,
                roles=grants.roles,
                estates=grants.estates,
                buildings=grants.buildings,
                by=author(),
                at=now(),
            )
        _tell(values["email"], password)
        return account_id

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        account_id, by, grants = row.id, author(), _posted_grants()
        if account_id == by.account_id and (not values["active"] or Role.ADMINISTRATOR not in grants.roles):
            raise Refused(
                Account, {"active": Fault(N_("Nobody takes away their own access: ask another administrator"))}
            )
        with writing(db.session):
            edit_account(db.session, account_id, values, grants=grants, version=version, by=by, at=now())

    @expose("/<id>/reset", methods=("POST",))
    def reset_view(self, id: str) -> Any:
        """Give the account a new password, shown once, and end its sessions."""
        demand(self.can_edit)
        row = self.get_one(id)
        account_id, email, password = row.id, row.email, new_password()
        by, password_hash = author(), hash_password(password)
        with writing(db.session):
            set_password(db.session, account_id, password_hash, by=by, at=now())
        _tell(email, password)
        return redirect(url_for(".details_view", id=id))

    def form_page(self, form: Any, row: Row | None, rest: list[str], **extra: Any) -> Any:
        chosen = _posted_grants() if request.method == "POST" else _grants(row)
        choices = {"roles": list(Role), "estates": estates(), "buildings": _buildings(), "chosen": chosen}
        return super().form_page(form, row, rest, **choices, **extra)

    def details_context(self, row: Account) -> dict[str, Any]:
        chosen = _grants(row)
        return {
            **super().details_context(row),
            "roles": [role for role in Role if role in chosen.roles],
            "estates": [estate for estate in estates() if estate.id in chosen.estates],
            "buildings": [
                f"{estate.code} {code}"
                for estate, found in _buildings()
                for row_id, code in found
                if row_id in chosen.buildings
            ],
        }


def _tell(email: str, password: str) -> None:
    sentence = translate(N_("Sign-in for %(email)s: %(password)s — shown only now, hand it over safely."))
    flash(sentence % {"email": email, "password": password}, "warning")


def _grants(row: Any) -> Grants:
    if row is None:
        return Grants(())
    return Grants(
        {grant.role for grant in row.role_rows},
        {grant.estate_id for grant in row.estate_rows},
        {grant.building_id for grant in row.building_rows},
    )


def _posted_grants() -> Grants:
    names = {role.value for role in Role}
    if not names.issuperset(request.form.getlist("roles")):
        abort(400)
    return Grants(
        {Role(value) for value in request.form.getlist("roles")},
        _posted_ids("estates", {estate.id for estate in estates()}),
        _posted_ids("buildings", {row_id for _, found in _buildings() for row_id, _ in found}),
    )


def _posted_ids(name: str, known: set[int]) -> set[int]:
    posted = {record_id(text) for text in request.form.getlist(name)}
    chosen = {row_id for row_id in posted if row_id in known}
    if chosen != posted:
        abort(400)
    return chosen


def _buildings() -> list[tuple[ServedEstate, list[tuple[int, str]]]]:
    """Id and code of every building, by estate; estates without any are left out."""
    found: dict[int, list[tuple[int, str]]] = {estate.id: [] for estate in estates()}
    rows = db.session.execute(
        select(Building.id, Building.estate_id, Building.code)
        .where(Building.estate_id.in_(found))
        .order_by(Building.code)
    )
    for row_id, estate_id, code in rows:
        found[estate_id].append((row_id, code))
    return [(estate, found[estate.id]) for estate in estates() if found[estate.id]]
