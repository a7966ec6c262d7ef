"""Loading a file in the browser: the addresses of its pages, from the choice of the file to what became of it."""

from typing import Any

from flask import url_for
from flask_admin import expose

from models.base import N_, Group, Permission
from models.owner import Owner
from rules.permissions import Action
from views import (
    import_columns,
    import_preview,
    import_problems,
    import_progress,
    import_questions,
    import_result,
    import_runs,
    import_upload,
)
from views.import_access import importable
from views.language import translate
from views.pages import PanelPage, Way


class LoadPage(PanelPage):
    """Upload, columns, problems, preview, load."""

    title = N_("Load a file")
    group = Group.REGISTER
    address = "load"
    icon = "upload"
    permission = Permission.REGISTER
    action = Action.IMPORT

    def is_accessible(self) -> bool:
        return bool(importable())

    # The file, and what has to be asked about it.

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        return import_upload.answer(self)

    @expose("/template/<kind>.<suffix>")
    def template(self, kind: str, suffix: str) -> Any:
        return import_upload.template_answer(kind, suffix)

    @expose("/<id>/answer", methods=("GET", "POST"))
    def question(self, id: str) -> Any:
        return import_questions.answer(self, id)

    # What fills what, and what is wrong.

    @expose("/<id>/columns", methods=("GET", "POST"))
    def columns(self, id: str) -> Any:
        return import_columns.answer(self, id)

    @expose("/<id>/problems", methods=("GET", "POST"))
    def problems(self, id: str) -> Any:
        return import_problems.answer(self, id)

    # What it would do; loading and dropping.

    @expose("/<id>/")
    def batch(self, id: str) -> Any:
        return import_preview.answer(self, id)

    @expose("/<id>/commit", methods=("POST",))
    def commit_batch(self, id: str) -> Any:
        return import_preview.commit_answer(id)

    @expose("/<id>/drop", methods=("POST",))
    def drop_batch(self, id: str) -> Any:
        return import_preview.drop_answer(id)

    @expose("/<id>/decide", methods=("POST",))
    def decide(self, id: str) -> Any:
        return import_preview.decide_answer(id)

    # Work under way, what became of it, and taking it back.

    @expose("/<id>/progress")
    def progress(self, id: str) -> Any:
        return import_progress.progress_answer(id)

    @expose("/<id>/cancel", methods=("POST",))
    def cancel(self, id: str) -> Any:
        return import_progress.cancel_answer(id)

    @expose("/<id>/here", methods=("POST",))
    def here(self, id: str) -> Any:
        return import_progress.here_answer(id)

    @expose("/<id>/undo", methods=("GET", "POST"))
    def undo(self, id: str) -> Any:
        return import_result.undo_answer(self, id)

    @expose("/runs")
    def runs(self) -> Any:
        return import_runs.list_answer(self)

    @expose("/<id>/refused.<suffix>")
    def refused(self, id: str, suffix: str) -> Any:
        return import_runs.refused_answer(id, suffix)


def load_ways() -> list[Way]:
    """The way to loading a file, for those who may."""
    if not importable():
        return []
    label = N_("Load owners from a file") if Owner in importable() else N_("Load a file")
    return [Way(translate(label), url_for("load.index"), "upload")]
