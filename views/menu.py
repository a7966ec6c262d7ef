"""The menu: what the person may open, where they are, and what waits there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import current_app, request
from flask_admin import BaseView
from flask_admin.menu import BaseMenu
from markupsafe import Markup

from models.account import Role
from views.access import roles
from views.language import language_here
from views.pages import MOST_WAITING, PanelPage

DRAWN = 256  # menus kept: a few for each set of roles, by where people are and what waits


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to a screen; the view says who may take it and what waits there."""

    label: str
    url: str
    icon: str
    view: BaseView


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under their heading, which is empty for those that stand alone."""

    label: str
    entries: Sequence[Entry]


class Menu:
    """The whole menu, read once from Flask-Admin's: neither addresses nor names change between requests."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin
        self.whole: list[Section] = []
        self.by_roles: dict[frozenset[Role], list[Section]] = {}

    def __call__(self) -> Markup:
        """The menu of the person as HTML."""
        sections = self.open_to(roles())
        entries = [entry for section in sections for entry in section.entries]
        here = next((entry.url for entry in entries if _is_here(entry.url)), "")
        return _drawn(self, roles(), language_here(), here, tuple(_badges(entries)))

    def open_to(self, held: frozenset[Role]) -> list[Section]:
        """What the roles may open, and nothing else decides about a screen: each request asks for the roles anew."""
        self.whole = self.whole or [_section(item) for item in self.admin.menu()]
        if held not in self.by_roles:
            self.by_roles[held] = list(_accessible(self.whole))
        return self.by_roles[held]


def _section(item: BaseMenu) -> Section:
    if not item.is_category():
        return Section("", tuple(_entries([item])))
    return Section(item.name, tuple(_entries(item._children)))  # `get_children` leaves out by who asks first


def _entries(items: Sequence[Any]) -> Iterator[Entry]:
    for item in items:
        if item.is_visible():
            yield Entry(item.name, item.get_url(), item.icon_value or "list", item._view)


def _accessible(sections: Iterable[Section]) -> Iterator[Section]:
    for section in sections:
        entries = tuple(entry for entry in section.entries if entry.view.is_accessible())
        if entries:
            yield Section(section.label, entries)


def _is_here(url: str) -> bool:
    return request.path == url or (url != "/" and request.path.startswith(url))


def _badges(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        number = entry.view.badge() if isinstance(entry.view, PanelPage) else 0
        if number:
            yield entry.url, f"{MOST_WAITING}+" if number > MOST_WAITING else str(number)


@lru_cache(maxsize=DRAWN)
def _drawn(menu: Menu, held: frozenset[Role], language: str, here: str, badges: tuple[tuple[str, str], ...]) -> Markup:
    """The HTML, which hangs on these words alone: the template translates, hence the language."""
    template = current_app.jinja_env.get_template("_menu.html")
    html = template.render(sections=menu.open_to(held), here=here, badges=dict(badges))
    return Markup(html)  # noqa: S704  # a template of ours, which escapes
