"""Callbacks: recorded through the operation that reopens the ticket of a dissatisfied owner."""

from typing import Any

from flask import flash, request, url_for
from wtforms import Form

from models.base import N_, Row, now
from models.callback import Callback, Satisfaction
from operations.callbacks import edit_callback, no_such_ticket, record_callback
from operations.write import writing
from rules.permissions import Action
from views.access import account, author, reaches
from views.database import db
from views.forms import form_class
from views.language import translate
from views.panel import EntityView


class CallbackView(EntityView):
    """The generated screens; the estate is the ticket's, and the moment and caller are proposed."""

    def __init__(self) -> None:
        super().__init__(Callback)

    def get_create_form(self) -> type[Form]:
        return type("CallbackForm", (form_class(Callback, "create"),), {"estate_id": None})

    def filled(self, form_type: type[Form], row: Row | None) -> Form:
        form = super().filled(form_type, row)
        person = account()
        if row is None and request.method == "GET" and person is not None:
            form["called_at"].process_data(now())
            form["caller_id"].process_data(person.staff_id)
        return form

    def insert(self, values: dict[str, Any]) -> int:
        with writing(db.session):
            row_id = record_callback(db.session, values, by=author(), at=now())
            self.keep_in_reach(row_id, Action.CREATE)
        if values["satisfaction"] is Satisfaction.DISSATISFIED:
            flash(translate(N_("The owner is not satisfied: the ticket is open again.")), "warning")
        return row_id

    def saved_url(self, row_id: int) -> str:
        return url_for("tickets.details_view", id=db.session.get_one(Callback, row_id).ticket_id)

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        row_id = row.id
        with writing(db.session):
            edit_callback(db.session, row_id, values, version, by=author(), at=now())
            self.keep_in_reach(row_id, Action.EDIT)

    def keep_in_reach(self, row_id: int, action: Action) -> None:
        """A ticket out of the person's reach is told as one that does not exist."""
        if not reaches(Callback, row_id, action):
            raise no_such_ticket()
