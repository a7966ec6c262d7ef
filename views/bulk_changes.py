"""The bulk changes in the browser: the generated screens, with what was asked for and the way back."""

from typing import Any

from flask import current_app

from models.bulk_change import BulkChange
from views.bulk_undo import bulk_title, is_undoable, said
from views.panel import EntityView


class BulkChangeView(EntityView):
    """Every bulk change that the person sees; the rows it changed are in the history."""

    details_template = "panel/bulk_change.html"

    def __init__(self) -> None:
        super().__init__(BulkChange)

    def details_context(self, row: BulkChange) -> dict[str, Any]:
        is_offered = is_undoable(row, _view_of(row.entity))
        return {**super().details_context(row), "said": said(row), "is_undoable": is_offered}

    def row_title(self, row: BulkChange) -> str:
        return bulk_title(row)


def _view_of(name: str) -> EntityView | None:
    """The view of that kind of rows."""
    views = current_app.extensions["admin"][0]._views  # of which Flask-Admin keeps one list and no look-up
    return next((view for view in views if isinstance(view, EntityView) and view.endpoint == name), None)
