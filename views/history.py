"""The history in the browser: the generated screens, and beside each entry what it changed."""

from typing import Any

from sqlalchemy import select

from models.history import History
from reports.listing import Page
from views.changes import fields_of
from views.database import db
from views.kinds import kind_label
from views.panel import EntityView


class HistoryView(EntityView):
    """Every entry with its fields from → to, as far as the person sees that kind of record, masked like it."""

    list_template = "history/list.html"
    details_template = "history/details.html"

    def __init__(self) -> None:
        super().__init__(History)

    def list_context(self, found: Page | None) -> dict[str, Any]:
        ids = [row.id for row in found.rows] if found else []
        entries = list(db.session.scalars(select(History).where(History.id.in_(ids))))
        return {"changed": fields_of(entries)}

    def details_context(self, row: History) -> dict[str, Any]:
        return {**super().details_context(row), "changed": fields_of([row]).get(row.id, [])}

    def row_title(self, row: History) -> str:
        return f"{kind_label(row.entity)} #{row.row_id}"
