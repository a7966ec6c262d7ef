"""Callbacks: recorded through the operation that reopens the ticket of a dissatisfied owner."""

from typing import Any

from flask import request, url_for
from wtforms import Form

from models.base import Row, now
from models.callback import Callback
from models.ticket import Ticket
from operations.callbacks import edit_callback, record_callback
from operations.write import writing
from reports.listing import Listing, matching_ids
from rules.permissions import Action
from views.access import account, author, demand, model_scope
from views.database import db
from views.forms import form_class
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
        self.check_reach(values)
        with writing(db.session):
            return record_callback(db.session, values, by=author(), at=now())

    def saved_url(self, row_id: int) -> str:
        return url_for("tickets.details_view", id=db.session.get_one(Callback, row_id).ticket_id)

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        row_id = row.id
        with writing(db.session):
            edit_callback(db.session, row_id, values, version, by=author(), at=now())

    def check_reach(self, values: dict[str, Any]) -> None:
        """403 unless the callback is about a ticket within the person's reach."""
        wanted = Listing(Ticket, ("id",), ids=(values["ticket_id"],))
        demand(bool(matching_ids(db.session, wanted, model_scope(Ticket, Action.CREATE), 1)))
