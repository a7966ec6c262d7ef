"""Pages that are no entity's: what they share, the start page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import AdminIndexView, BaseView, expose

from models.base import N_, Group, Permission
from rules.permissions import Action
from views.access import account, may_class
from views.language import translate

MOST_WAITING = 999  # beyond that a menu entry only says that there is more: to count it would cost every page


def turned_away() -> Any:
    """To the sign-in page for a visitor, 403 for somebody whose role does not reach here."""
    if account() is None and request.method != "GET":
        flash(
            translate(N_("Your session has ended. Sign in; going back in the browser may bring back what you typed.")),
            "warning",
        )
        return redirect(url_for("security.login"))
    if account() is None:
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
    abort(403)


class PanelPage(BaseView):
    """A page that is no entity's, shown to those who may do `action` on its permission class."""

    title: str
    group: Group
    address: str
    icon: str
    permission: Permission
    action = Action.SEE

    def __init__(self) -> None:
        super().__init__(
            name=self.title,
            category=self.group.label,
            endpoint=self.address,
            url=f"/{self.address}",
            menu_icon_value=self.icon,
        )

    def is_accessible(self) -> bool:
        return may_class(self.permission, self.action)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return turned_away()

    def badge(self) -> int:
        """What waits on the page, shown beside its menu entry, counted up to MOST_WAITING + 1; 0 for none."""
        return 0


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the start page to something to do or to read."""

    label: str
    url: str
    icon: str
    key: str = ""  # the shortcut


class HomeView(AdminIndexView):
    """The start page: what waits for the person, and the ways to what is done most."""

    def __init__(self, waiting: Callable[[], Sequence[Any]], ways: Sequence[Callable[[], list[Way]]]) -> None:
        super().__init__(name=N_("Start"), url="/", endpoint="home", menu_icon_value="house")
        self.waiting = waiting
        self.ways = ways

    def is_accessible(self) -> bool:
        return account() is not None

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return turned_away()

    @expose("/")
    def index(self) -> Any:
        return self.render("home.html", waiting=self.waiting(), ways=[way for make in self.ways for way in make()])
