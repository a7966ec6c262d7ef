"""Rules, windows and days off in the browser: a change of what tickets go by makes a new version from a day on."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import flash, request, url_for
from markupsafe import Markup
from wtforms import Form

from models.base import N_, Row, entity, now
from models.calendar import CalendarDay, ServiceWindow
from models.standard import LadderRule, StandardRule
from operations import promises
from operations.standards import succeed
from operations.write import writing
from views.access import author, default_zone
from views.database import db
from views.language import translate
from views.panel import EntityView


class VersionedView(EntityView):
    """The generated screens. The form of a row by which tickets were opened proposes the first day for a change."""

    edits_single_columns = False  # a cell could not say from which day on

    def filled(self, form_type: type[Form], row: Row | None) -> Form:
        form = super().filled(form_type, row)
        if request.method != "GET":
            return form
        if row is None:
            form["valid_from"].process_data(now().astimezone(default_zone()).date() + timedelta(days=1))
        elif self._is_used(row):
            form["valid_from"].process_data(self._first_day(row))
        return form

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        if not self._is_used(row):
            super().update(row, values, version)
            return
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        day = changed.pop("valid_from", None)
        if not changed.keys() - promises.KEPT[self.model].words:
            super().update(row, changed, version)
            return
        row_id, valid_from = row.id, day or self._first_day(row)
        with writing(db.session):
            new_id = succeed(
                db.session, self.model, row_id, changed, valid_from, by=author(), at=now(), version=version
            )
        told = translate(N_("From %(day)s on a new version holds; tickets opened before keep this one."))
        way = (told % {"day": valid_from}, url_for(".details_view", id=new_id), translate(N_("Open the new version")))
        flash(Markup('%s <a href="%s">%s</a>') % way, "info")

    def _is_used(self, row: Row) -> bool:
        return promises.is_used(db.session, self.model, self._as_kept(row))

    def _first_day(self, row: Row) -> date:
        return promises.first_free_day(db.session, self.model, self._as_kept(row), now())

    def _as_kept(self, row: Row) -> dict[str, Any]:
        return {column.name: getattr(row, column.key) for column in self.model.__table__.columns}


VERSIONED_VIEWS: Mapping[str, Callable[[], EntityView]] = {
    entity(model).name: partial(VersionedView, model)
    for model in (StandardRule, LadderRule, ServiceWindow, CalendarDay)
}
