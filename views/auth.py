"""Sign-in: Flask-Security's login under our form, sessions that can be revoked, attempts counted in the database."""

from datetime import timedelta
from typing import Any

from flask import Flask, current_app, request, session
from flask_login import user_logged_out
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_wtf import CSRFProtect
from sqlalchemy import select
from wtforms import EmailField, PasswordField

from models.account import Account, AccountRole
from models.base import N_, now
from operations.accounts import (
    LONGEST_PASSWORD,
    SignedIn,
    end_sign_in,
    is_throttled,
    record_failure,
    signed_in,
    start_sign_in,
)
from operations.write import writing
from views.database import db
from views.language import translate

ADDRESS_ALLOWANCE = 5  # an estate office shares one address: so many times the attempts of one identity

csrf = CSRFProtect()
security = Security()


class SignInForm(LoginForm):
    """E-mail and password; every failure gets the same sentence, and too many get none at all."""

    email = EmailField(N_("E-mail"), render_kw={"autocomplete": "username"})
    password = PasswordField(N_("Password"), render_kw={"autocomplete": "current-password"})

    def validate(self, **kwargs: Any) -> bool:  # type: ignore[override]  # as Flask-Security declares it
        identity = (self.email.data or "").strip().lower()
        allowed = current_app.config["SIGN_IN_ATTEMPTS"]
        subjects = {
            f"identity {identity}": allowed,
            f"address {request.remote_addr}": allowed * ADDRESS_ALLOWANCE,
        }
        if is_throttled(db.session, subjects, now()):
            self.form_errors.append(translate(N_("Too many attempts. Wait a quarter of an hour.")))
            return False
        self.ifield = self.email
        if self._can_fit(identity):
            self.user = db.session.scalars(select(Account).where(Account.email == identity)).one_or_none()
            if super().validate(**kwargs):
                return True
        with writing(db.session):
            record_failure(db.session, list(subjects), now())
        self._say_one_sentence()
        return False

    def _can_fit(self, identity: str) -> bool:
        """Whether it is worth asking the database and hashing: overlong passwords are never accepted anywhere."""
        return bool(identity) and "\x00" not in identity and len(self.password.data or "") <= LONGEST_PASSWORD

    def _say_one_sentence(self) -> None:
        for field in self:
            field.errors = []
        self.form_errors = [translate(N_("E-mail and password do not fit, or the account is not active."))]


def init_auth(app: Flask) -> None:
    """Attach sign-in, CSRF protection on every unsafe method, and revocable sessions."""
    app.config.update(
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # names the method
        SECURITY_PASSWORD_SALT=app.config["SECRET_KEY"],
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"email": {"mapper": str, "case_insensitive": True}}],
        SECURITY_LOGIN_USER_TEMPLATE="login.html",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/login",
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_FRESHNESS=timedelta(minutes=-1),  # no re-authentication page: nothing asks for it yet
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_CLI_USERS_NAME=False,  # its commands would pass the write path by
        SECURITY_CLI_ROLES_NAME=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    csrf.init_app(app)
    store = SQLAlchemyUserDatastore(db, Account, AccountRole)  # type: ignore[arg-type]  # its roles are not used
    security.init_app(app, store, login_form=SignInForm, register_blueprint=True)
    security.want_json(lambda request: False)  # a sign-in as JSON would hand out a token that outlives the session
    app.login_manager.user_loader(_load_account)  # type: ignore[attr-defined]  # set by Flask-Security
    app.login_manager.request_loader(_no_account)  # type: ignore[attr-defined]  # set by Flask-Security
    user_authenticated.connect(_on_sign_in, app)
    user_logged_out.connect(_on_sign_out, app)


def _load_account(user_id: str) -> SignedIn | None:
    """The person of the request's session, if that session still stands."""
    token = session.get("sign_in")
    person = signed_in(db.session, token, now()) if token else None
    return person if person is not None and person.fs_uniquifier == user_id else None


def _no_account(request: Any) -> None:
    """Nobody is signed in by a token in a header or address: only sessions can be revoked."""


def _on_sign_in(sender: Flask, user: Account, **extra: Any) -> None:
    account_id = user.id
    with writing(db.session):
        session["sign_in"] = start_sign_in(db.session, account_id, now(), current_app.config["SESSION_HOURS"])


def _on_sign_out(sender: Flask, **extra: Any) -> None:
    token = session.pop("sign_in", None)
    session.pop("searches", None)
    if token:
        with writing(db.session):
            end_sign_in(db.session, token, now())
