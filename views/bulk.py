"""Bulk actions on a list: what is offered, the page that asks, the page that tells; on the rows chosen or on all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import abort, flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Form

from models.base import N_, Base, entity, now
from models.bulk_change import BulkAction
from models.faults import Fault
from operations.bulk import MOST_ROWS, Done, Order, carry_out
from operations.chunks import chunks
from operations.scope import conditions
from operations.undo import FINAL
from operations.write import writing
from reports.listing import Listing, TooSlow, matching_ids
from reports.titles import titles_of
from rules.permissions import Action
from views import list_page
from views.access import author, demand, model_scope, roles
from views.bulk_offers import OF_TICKETS, offered, settable_columns
from views.bulk_told import told_refusals
from views.database import db
from views.deeds import asked_assignee, asked_text, staff_to_assign
from views.forms import column_form
from views.language import translate
from views.lists import record_id

if TYPE_CHECKING:
    from views.panel import EntityView

NAMED = 5  # rows named on the page that asks


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for: the action, on which rows, and where the answers are posted and lead back to.

    `chosen` is None for the whole list, whose rows are found anew each time; else the version shown of each row.
    """

    model: type[Base]
    action: BulkAction
    ids: Sequence[int]
    chosen: Mapping[int, int | None] | None
    here: str
    back: str
    column: str = ""

    @property
    def is_too_much(self) -> bool:
        return len(self.ids) > MOST_ROWS


def answer(view: "EntityView") -> Any:
    """The answer to a bulk action posted from the list: it asks, or does it and tells."""
    action = asked_action()
    demand(action in offered(view))
    column = request.form.get("column", "") if action is BulkAction.SET else ""
    if column and column not in settable_columns(view):
        abort(400)
    wanted = list_page.asked(view.model, request.args, with_default=False).address
    if wanted.faults:
        abort(400)
    kept: dict[str, Any] = wanted.with_changes()
    here, back = url_for(".action_view", **kept), url_for(".index_view", **kept)
    chosen = asked_rows()
    try:
        ids = _rows(view.model, wanted.listing, chosen, action)
    except TooSlow as slow:
        flash(list_page.slow_text(view.model, slow), "warning")
        return redirect(back)
    work = Work(view.model, action, ids, chosen, here, back, column)
    return answer_to(work, settable_columns(view) if action is BulkAction.SET else {})


def _rows(
    model: type[Base], listing: Listing, chosen: Mapping[int, int | None] | None, action: BulkAction
) -> list[int]:
    if chosen is not None:
        return rows_within(model, chosen, action)
    return matching_ids(db.session, listing, model_scope(model, _reach(action)), MOST_ROWS)


def asked_action() -> BulkAction:
    """The action that the form names; 400 for none that there is."""
    try:
        return BulkAction(request.form.get("deed", ""))
    except ValueError:
        abort(400)


def asked_rows() -> dict[int, int | None] | None:
    """The rows chosen, each with the version that was shown of it; None for the whole list. 400 for no ids."""
    if request.form.get("which") == "all":
        return None
    found = {record_id(text): record_id(request.form.get(f"version.{text}", "")) for text in request.form.getlist("id")}
    if None in found:
        abort(400)
    return {row_id: version for row_id, version in found.items() if row_id is not None}


def _reach(action: BulkAction) -> Action:
    return Action.DELETE if action is BulkAction.DELETE else Action.EDIT


def rows_within(model: type[Base], row_ids: Mapping[int, Any], action: BulkAction) -> list[int]:
    """Those of the rows that the person reaches by the action."""
    key, bounds = model.__table__.columns["id"], conditions(model, model_scope(model, _reach(action)))
    return [
        row_id
        for chunk in chunks(sorted(row_ids))
        for row_id in db.session.scalars(select(key).where(key.in_(chunk), *bounds).order_by(key))
    ]


def answer_to(work: Work, columns: Mapping[str, str] | None = None, at_once: bool = False) -> Any:
    """Ask how it is meant, unless the number of rows was confirmed; then do it. `at_once` asks nothing."""
    if not work.ids:
        flash(translate(N_("Choose at least one record.")), "warning")
        return redirect(work.back)
    if work.is_too_much:
        return _ask(work, columns), 422
    is_sure = at_once or request.form.get("sure") == str(len(work.ids))
    if not is_sure or (work.action is BulkAction.SET and not work.column):
        return _ask(work, columns)
    form = _form(work)
    if form is not None and not form.validate():
        return _ask(work, columns, form), 422
    try:
        order = _order(work, form)
    except Fault as fault:
        return _ask(work, columns, form, fault), 422
    scope, rows = model_scope(work.model, _reach(work.action)), _versions(work)
    with writing(db.session):
        done = carry_out(db.session, order, rows, scope, by=author(), roles=roles(), at=now())
    return _tell(work, done)


def _versions(work: Work) -> dict[int, int | None]:
    """The rows with the versions shown; rows that are gone or out of reach by now stay in, to be told."""
    return dict.fromkeys(work.ids) if work.chosen is None else {**work.chosen}


def _estates(work: Work) -> set[int | None]:
    column = work.model.__table__.columns.get("estate_id")
    if column is None:
        return {None}
    key = work.model.__table__.columns["id"]
    found: set[int | None] = set()
    for chunk in chunks(work.ids):
        found |= set(db.session.scalars(select(column).where(key.in_(chunk)).distinct()))
    return found


def _only_estate(work: Work) -> int | None:
    found = _estates(work)
    return found.pop() if len(found) == 1 else None


def _form(work: Work) -> Form | None:
    """The form of the value to set; 400 for a column that this person may not set."""
    if not work.column:
        return None
    form = column_form(work.model, work.column, None, _only_estate(work))
    if form is None:
        abort(400)
    return form


def _order(work: Work, form: Form | None) -> Order:
    """What is to be done, as the form says. Raises Fault."""
    values = {work.column: form[work.column].data} if form is not None else {}
    if work.action not in OF_TICKETS:
        return Order(work.model, work.action, values)
    reason = asked_text("reason")
    if work.action is BulkAction.CLOSE_UNRESOLVED and not reason:
        raise Fault(N_("Give the reason: it stays on the ticket"))
    assignee_id = _assignee(work) if work.action is BulkAction.ASSIGN else None
    return Order(work.model, work.action, values, asked_text("note"), reason, assignee_id)


def _assignee(work: Work) -> int:
    """The staff member whom the form names, if all the tickets are of one estate. Raises Fault."""
    estate_id = _only_estate(work)
    if estate_id is None:
        raise Fault(N_("These tickets belong to several estates: choose those of one"))
    assignee_id = asked_assignee(estate_id)
    if assignee_id is None:
        raise Fault(N_("Choose whom to assign the ticket to"))
    return assignee_id


def _ask(
    work: Work, columns: Mapping[str, str] | None = None, form: Form | None = None, fault: Fault | None = None
) -> str:
    """The page that says how many rows it is about and asks for what the action takes."""
    estates = _estates(work)
    is_assigning = work.action is BulkAction.ASSIGN
    is_changed = "sure" in request.form and request.form["sure"] != str(len(work.ids))
    if form is None and work.column and not work.is_too_much:
        form = _unsent(work)
    return render_template(
        "panel/bulk.html",
        work=work,
        title=title(work),
        kind=translate(entity(work.model).plural),
        number=len(work.ids),
        limit=MOST_ROWS,
        named=list(titles_of(db.session, work.model, work.ids[:NAMED]).values()),
        versions=_shown_versions(work),
        columns=columns or {},
        field=form[work.column] if form is not None else None,
        estate_id=next(iter(estates)) if len(estates) == 1 else None,
        is_changed=is_changed,
        is_final=work.action in FINAL,
        is_of_ticket=work.action in OF_TICKETS,
        is_assigning=is_assigning,
        needs_reason=work.action is BulkAction.CLOSE_UNRESOLVED,
        fault=fault.text(translate) if fault else "",
        staff=staff_to_assign(next(iter(estates)) or 0) if is_assigning and len(estates) == 1 else [],
        is_scattered=is_assigning and len(estates) > 1,
    )


def _unsent(work: Work) -> Form:
    """The form as it is first shown, empty; once it was shown, with what was typed."""
    form = _form(work)
    assert form is not None
    if "sure" not in request.form:
        form[work.column].process(None)
    return form


def _shown_versions(work: Work) -> dict[int, int | None]:
    """The rows to post again, each with the version that was shown, or that it has now."""
    if work.chosen is None:
        return {}
    columns = work.model.__table__.columns
    found: dict[int, int | None] = {}
    for chunk in chunks(work.ids):
        rows = db.session.execute(select(columns["id"], columns["version"]).where(columns["id"].in_(chunk)))
        found |= {row.id: work.chosen.get(row.id) or row.version for row in rows}
    return found


def title(work: Work) -> str:
    """The action and on how many rows of which kind."""
    number = f"{MOST_ROWS}+" if work.is_too_much else len(work.ids)
    sentence = translate(N_("%(action)s — %(kind)s: %(number)s"))
    kind = translate(entity(work.model).plural)
    return sentence % {"action": translate(work.action.label), "kind": kind, "number": number}


# By whether some were so already, and whether some were refused: nobody reads that nothing was.
_TOLD: Mapping[tuple[bool, bool], str] = {
    (False, False): N_("%(action)s: done on %(number)s."),
    (True, False): N_("%(action)s: done on %(number)s, already so: %(unchanged)s."),
    (False, True): N_("%(action)s: done on %(number)s, refused: %(refused)s."),
    (True, True): N_("%(action)s: done on %(number)s, already so: %(unchanged)s, refused: %(refused)s."),
}


def _tell(work: Work, done: Done) -> Any:
    """Back to the list with what was done, or the page that lists what could not be."""
    outcome = done.outcome
    text = translate(_TOLD[bool(outcome.unchanged), bool(outcome.refused)]) % {
        "action": translate(work.action.label),
        "number": len(outcome.done),
        "unchanged": len(outcome.unchanged),
        "refused": len(outcome.refused),
    }
    undo_id = done.bulk_id if work.action not in FINAL else None
    name = entity(work.model).name
    if not outcome.refused:
        told = render_template("panel/_told.html", text=text, name=name, undo_id=undo_id, back=work.back)
        flash(Markup(told), "success")  # noqa: S704  # made by a template, which escapes
        return redirect(work.back)
    refusals = told_refusals(work.model, outcome.refused)
    context = {"title": text, "name": name, "undo_id": undo_id, "back": work.back, "refusals": refusals}
    return render_template("panel/bulk_outcome.html", lead=translate(N_("On these it could not be done:")), **context)
