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
from operations.accounts import create_account, edit_account, new_password, set_grants, set_password
from operations.write import Refused, writing
from views.access import author, demand, estates
from views.database import db
from views.language import translate
from views.panel import EntityView


class AccountView(EntityView):
    """The generated account screens, with roles, estates and buildings as check boxes."""

    form_template = "accounts/form.html"
    details_template = "accounts/details.html"

    def __init__(self) -> None:
        super().__init__(Account)

    def insert(self, values: dict[str, Any]) -> int:
        password = new_password()
        grants, password_hash = _posted_grants(), hash_password(password)
        with writing(db.session):
            account_id = create_account(db.session, values, password_hash, **grants, by=author(), at=now())
        _tell(values["email"], password)
        return account_id

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        account_id, by, grants = row.id, author(), _posted_grants()
        if account_id == by.account_id and (not values["active"] or Role.ADMINISTRATOR not in grants["roles"]):
            raise Refused(
                Account, {"active": Fault(N_("Nobody takes away their own access: ask another administrator"))}
            )
        with writing(db.session):
            edit_account(db.session, account_id, values, version=version, by=by, at=now())
            set_grants(db.session, account_id, **grants, by=by, at=now())

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
            "roles": [role for role in Role if role in chosen["roles"]],
            "estates": [estate for estate in estates() if estate.id in chosen["estates"]],
            "buildings": [(row_id, label) for row_id, label in _buildings() if row_id in chosen["buildings"]],
        }


def _tell(email: str, password: str) -> None:
    sentence = translate(N_("Sign-in for %(email)s: %(password)s — shown only now, hand it over safely."))
    flash(sentence % {"email": email, "password": password}, "warning")


def _grants(row: Any) -> dict[str, set[Any]]:
    if row is None:
        return {"roles": set(), "estates": set(), "buildings": set()}
    return {
        "roles": {grant.role for grant in row.role_rows},
        "estates": {grant.estate_id for grant in row.estate_rows},
        "buildings": {grant.building_id for grant in row.building_rows},
    }


def _posted_grants() -> dict[str, set[Any]]:
    names = {role.value for role in Role}
    if not names.issuperset(request.form.getlist("roles")):
        abort(400)
    return {
        "roles": {Role(value) for value in request.form.getlist("roles")},
        "estates": _numbers("estates", {estate.id for estate in estates()}),
        "buildings": _numbers("buildings", {row_id for row_id, _ in _buildings()}),
    }


def _numbers(name: str, known: set[int]) -> set[int]:
    texts = request.form.getlist(name)
    if not all(text.isascii() and text.isdigit() for text in texts) or not known.issuperset(map(int, texts)):
        abort(400)
    return set(map(int, texts))


def _buildings() -> list[tuple[int, str]]:
    codes = {estate.id: estate.code for estate in estates()}
    rows = db.session.execute(
        select(Building.id, Building.estate_id, Building.code).order_by(Building.estate_id, Building.code)
    )
    return [(row_id, f"{codes[estate_id]} {code}") for row_id, estate_id, code in rows if estate_id in codes]
