"""What needs no sign-in: health, the language switch; and the assets that come out of packages."""

import re
from functools import cache
from pathlib import Path

import flask_bootstrap
from flask import Blueprint, Flask, Response, jsonify, redirect, request, send_from_directory, session
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from views.database import db
from views.language import LANGUAGES

ASSETS = Path(flask_bootstrap.__file__).parent / "static"
STYLESHEET = "bootstrap5/css/bootstrap.min.css"

public = Blueprint("public", __name__)


@public.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 when the database answers, 503 when not."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="database unavailable"), 503
    return jsonify(status="ok"), 200


@public.post("/language")
def switch_language() -> Response:
    """Remember the language for this browser and go back to where the switch was used."""
    if request.form.get("language") in LANGUAGES:
        session["language"] = request.form["language"]
    return redirect(safe_path(request.form.get("back", "/")))  # type: ignore[return-value]  # a werkzeug response


def safe_path(wanted: str) -> str:
    """The path if it is one of this site, else the start page: no address may lead elsewhere."""
    stays = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20]*", wanted)
    return wanted if stays else "/"


@public.get("/assets/bootstrap.css")
def bootstrap_stylesheet() -> Response:
    """Bootstrap's stylesheet, out of the installed package."""
    return send_from_directory(ASSETS, STYLESHEET, max_age=86400)


@cache
def icon(name: str) -> Markup:
    """An icon of the Bootstrap set as inline SVG; hidden from screen readers, since a label stands beside it."""
    sprite = _sprite()
    symbol = re.search(
        rf'<symbol[^>]*viewBox="([^"]+)"[^>]*id="{re.escape(name)}"[^>]*>(.*?)</symbol>', sprite, re.DOTALL
    )
    if symbol is None:
        return Markup()
    drawing = f'<svg class="icon" viewBox="{symbol[1]}" fill="currentColor" aria-hidden="true">{symbol[2]}</svg>'
    return Markup(drawing)  # noqa: S704  # the sprite comes out of the installed package


@cache
def _sprite() -> str:
    return (ASSETS / "bootstrap5/icons/bootstrap-icons.svg").read_text(encoding="utf-8")


def init_public(app: Flask) -> None:
    """Attach the public routes and the icon function."""
    app.register_blueprint(public)
    app.jinja_env.globals["icon"] = icon
