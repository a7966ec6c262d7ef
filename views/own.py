"""A person's own settings: the password."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_security import hash_password, verify_password
from sqlalchemy import select

from models.account import Account
from models.base import N_, now
from operations.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD, is_throttled, record_failure, set_password
from operations.write import writing
from views.access import account, author
from views.database import db
from views.language import translate
from views.pages import turned_away

own = Blueprint("own", __name__)


@own.route("/password", methods=("GET", "POST"))
def password() -> Any:
    """Change one's own password; every session of the account ends with the old one."""
    person = account()
    if person is None:
        return turned_away()
    person_id = person.id
    fault = _fault(person_id) if request.method == "POST" else None
    if request.method == "POST" and fault is None:
        by, new_hash = author(), hash_password(request.form["new"])
        with writing(db.session):
            set_password(db.session, person_id, new_hash, by=by, at=now())
        flash(translate(N_("The password is changed. Sign in with the new one.")), "success")
        return redirect(url_for("security.login"))
    page = render_template("password.html", fault=fault, shortest=SHORTEST_PASSWORD)
    return (page, 422) if fault else page


def _fault(person_id: int) -> str | None:
    """What is wrong, if anything; wrong passwords are counted like failed sign-ins, and too many get no answer."""
    current, new = request.form.get("current", ""), request.form.get("new", "")
    subjects = {f"password of {person_id}": current_app.config["SIGN_IN_ATTEMPTS"]}
    if is_throttled(db.session, subjects, now()):
        return translate(N_("Too many attempts. Wait a quarter of an hour."))
    current_hash = db.session.scalars(select(Account.password).where(Account.id == person_id)).one()
    if len(current) > LONGEST_PASSWORD or not verify_password(current, current_hash):
        with writing(db.session):
            record_failure(db.session, list(subjects), now())
        return translate(N_("The current password is not right."))
    if len(new) > LONGEST_PASSWORD:
        return translate(N_("The new password may have %(length)s characters at most.")) % {"length": LONGEST_PASSWORD}
    if len(new) < SHORTEST_PASSWORD:
        return translate(N_("The new password needs at least %(length)s characters.")) % {"length": SHORTEST_PASSWORD}
    if new != request.form.get("repeated"):
        return translate(N_("The two new passwords differ."))
    return None
