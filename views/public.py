"""What needs no sign-in: health, the switches of language and theme; and the icons, out of their package."""

import re
from functools import cache

from flask import Blueprint, Flask, Response, jsonify, redirect, request, session
from markupsafe import Markup
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.base import N_
from operations.accounts import set_language
from operations.write import writing
from views.access import account
from views.assets import BOOTSTRAP
from views.database import db
from views.language import LANGUAGES

# What the page follows: the system's setting, or neither.
THEMES = {"auto": N_("Auto"), "light": N_("Light"), "dark": N_("Dark")}

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
        _keep_language(request.form["language"])
    return redirect(safe_path(request.form.get("back", "/")))  # type: ignore[return-value]  # a werkzeug response


def _keep_language(language: str) -> None:
    """Messages to the person are worded in the language last chosen."""
    person = account()
    if person is not None:
        person_id = person.id
        with writing(db.session):
            set_language(db.session, person_id, language)


@public.post("/theme")
def switch_theme() -> Response:
    """Remember light, dark or as the system has it for this browser, and go back."""
    if request.form.get("theme") in THEMES:
        session["theme"] = request.form["theme"]
    return redirect(safe_path(request.form.get("back", "/")))  # type: ignore[return-value]  # a werkzeug response


def theme() -> str:
    """The theme of this browser: one of THEMES."""
    chosen = session.get("theme")
    return chosen if chosen in THEMES else "auto"


def safe_path(wanted: str) -> str:
    """The path if it is one of this site, else the start page: no address may lead elsewhere."""
    stays = re.fullmatch(r"/(?![/\\])[^\\\x00-\x20]*", wanted)
    return wanted if stays else "/"


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
    return (BOOTSTRAP / "icons" / "bootstrap-icons.svg").read_text(encoding="utf-8")


def init_public(app: Flask) -> None:
    """Attach the public routes, and what every page is drawn with."""
    app.register_blueprint(public)
    app.jinja_env.globals.update(icon=icon, page_theme=theme, themes=THEMES)
