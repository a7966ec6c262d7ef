"""The generated screens: one view per entity, made from its declaration; the base view is the wall around the rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from flask import (
    Flask,
    abort,
    flash,
    jsonify,
    redirect,
    request,
    url_for,
)
from flask_admin import Admin, BaseView, expose
from flask_admin.model import BaseModelView
from flask_admin.theme import Theme
from werkzeug.datastructures import MultiDict
from wtforms import Form

from models.base import N_, Base, Group, Row, entities, entity, now, words
from models.bulk_change import BulkAction
from models.faults import Fault
from operations.write import Delete, Insert, InTheWay, Refused, Stale, Update, write, writing
from reports.listing import Page, choices
from rules.permissions import Action
from views import bulk, bulk_offers, bulk_undo, cell_edit, details, list_page, lists
from views.access import (
    author,
    demand,
    estates,
    may,
    may_do,
    model_scope,
    reaches,
    zone_of,
)
from views.changes import changes_since, history
from views.database import db
from views.edit_exports import editing_file
from views.exports import entity_file
from views.forms import estate_named, form_class, prepared, show_faults, shown_version, submitted
from views.language import translate
from views.menu import Menu
from views.pages import HomeView, Way, turned_away


class EntityView(BaseModelView):
    """List, form, detail, delete, lookup and export of one entity.

    Every endpoint fetches rows through the person's scope, so that a row of another estate does not exist; every
    form takes only the declared columns; every unsafe method carries a CSRF token (checked for the whole
    application) and every save the version that the form showed.
    """

    model: type[Base]
    ajax_update = None  # Flask-Admin's own way to edit in a list, in place of which there is `cell_view`
    list_template = "panel/list.html"
    form_template = "panel/form.html"
    details_template = "panel/details.html"

    def __init__(self, model: type[Base]) -> None:
        self.entity = entity(model)
        super().__init__(
            model,
            name=self.entity.plural,
            category=self.entity.group.label if self.entity.in_menu else None,
            endpoint=self.entity.name,
            url=f"/{self.entity.name}",
            menu_icon_value=self.entity.icon,
        )

    # What Flask-Admin asks of a model view, answered from the declaration.

    def scaffold_list_columns(self) -> list[str]:
        return list(lists.shown_columns(self.model))

    def scaffold_sortable_columns(self) -> dict[Any, Any]:
        return {name: name for name in lists.sortable_columns(self.model)}

    def scaffold_form(self) -> type[Form]:
        return form_class(self.model, "edit")

    def get_create_form(self) -> type[Form]:
        return form_class(self.model, "create")

    def scaffold_list_form(self, widget: Any = None, validators: Any = None) -> type[Form]:
        return Form

    def init_search(self) -> bool:
        return any(found.search for column in self.model.__table__.columns if (found := words(column)))

    def get_pk_value(self, model: Any) -> int:
        return int(model.id)

    def is_accessible(self) -> bool:
        return may(self.model, Action.SEE)

    def is_visible(self) -> bool:
        return self.entity.in_menu

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return turned_away()

    @property
    def can_create(self) -> bool:  # type: ignore[override]  # asked per person, not set once
        return may_do(self.model, "create")

    @property
    def can_edit(self) -> bool:  # type: ignore[override]  # asked per person, not set once
        return may_do(self.model, "edit")

    @property
    def can_delete(self) -> bool:  # type: ignore[override]  # asked per person, not set once
        return may_do(self.model, "delete")

    def get_one(self, id: str, action: Action = Action.SEE) -> Any:
        """The row with that id within what the person reaches by the action; 404 for any other."""
        row_id = lists.record_id(id)
        if row_id is None or not reaches(self.model, row_id, action):
            abort(404)
        return db.session.get(self.model, row_id)

    # The endpoints.

    @expose("/")
    def index_view(self) -> Any:
        return list_page.answer(self)

    @expose("/filters")
    def filters_view(self) -> Any:
        return list_page.filters_answer(self)

    @expose("/columns", methods=("GET", "POST"))
    def columns_view(self) -> Any:
        return list_page.columns_answer(self)

    @expose("/views", methods=("GET", "POST"))
    def views_view(self) -> Any:
        return list_page.views_answer(self)

    @expose("/find", methods=("POST",))
    def find_view(self) -> Any:
        """Search: what was typed stays in the session and out of every address."""
        address = lists.read_address(self.model, MultiDict(request.args))
        typed = request.form.get("text", "").strip()
        token = lists.keep_search(typed) if typed else None
        return redirect(url_for(".index_view", **address.with_changes(q=token)))  # type: ignore[arg-type]  # lists are fine

    @expose("/new", methods=("GET", "POST"))
    def create_view(self) -> Any:
        demand(self.can_create)
        form = self.filled(self._create_form_class, None)
        rest: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                row_id = self.insert(submitted(form))
            except Refused as refused:
                rest = show_faults(form, refused.faults)
            else:
                flash(translate(N_("Saved.")), "success")
                again = request.form.get("again") == "yes"
                return redirect(url_for(".create_view") if again else self.saved_url(row_id))
        return self.form_page(form, None, rest)

    @expose("/<id>/edit", methods=("GET", "POST"))
    def edit_view(self, id: str) -> Any:
        demand(self.can_edit)
        row = self.get_one(id, Action.EDIT)
        form = self.filled(self._edit_form_class, row)
        rest: list[str] = []
        if request.method == "POST" and form.validate():
            try:
                self.update(row, submitted(form), shown_version())
            except Refused as refused:
                rest = show_faults(form, refused.faults)
            except Stale:
                row = self.get_one(id, Action.EDIT)
                return self.form_page(form, row, rest, meanwhile=changes_since(row, shown_version()))
            else:
                flash(translate(N_("Saved.")), "success")
                return redirect(url_for(".details_view", id=id))
        return self.form_page(form, row, rest)

    @expose("/<id>/")
    def details_view(self, id: str) -> Any:
        row = self.get_one(id)
        return self.render(self.details_template, **self.details_context(row))

    @expose("/<id>/delete", methods=("GET", "POST"))
    def delete_view(self, id: str) -> Any:
        """Asks on GET, what goes and what stands in the way; removes on POST."""
        demand(self.can_delete)
        row = self.get_one(id, Action.DELETE)
        blockers: dict[type[Base], int] = {}
        meanwhile = None
        if request.method == "POST":
            try:
                with writing(db.session):
                    write(db.session, [Delete(self.model, int(id), shown_version())], by=author(), at=now())
                flash(translate(N_("Deleted.")), "success")
                return redirect(url_for(".index_view"))
            except InTheWay as found:
                blockers = dict(found.blockers)
            except Stale:
                meanwhile = changes_since(self.get_one(id, Action.DELETE), shown_version())
        else:
            blockers = details.blockers(self.model, int(id))
        row = self.get_one(id, Action.DELETE)
        context = {
            "row": row,
            "row_title": self.row_title(row),
            "blockers": details.blocker_links(row, blockers),
            "meanwhile": meanwhile,
        }
        return self.render("panel/delete.html", **context), 409 if request.method == "POST" else 200

    @expose("/lookup", methods=("POST",))
    def ajax_lookup(self) -> Any:
        """Rows to choose from, as one types: [{id, text}]."""
        estate = request.form.get("estate_id", "")
        typed, estate_id = request.form.get("text", ""), lists.record_id(estate)
        scope, personal = model_scope(self.model), lists.personal_scope
        found = choices(db.session, self.model, scope, typed, estate_id=estate_id, personal=personal)
        return jsonify([{"id": cell.id, "text": cell.title} for cell in found])

    @expose("/<id>/cell", methods=("GET", "POST"))
    def cell_view(self, id: str) -> Any:
        """A cell of the list: its editor on GET, its value saved on POST."""
        return cell_edit.answer(self, id)

    @expose("/action", methods=("POST",))
    def action_view(self) -> Any:
        """Bulk work on the rows chosen or on the whole filtered list."""
        return bulk.answer(self)

    @expose("/undo/<id>", methods=("POST",))
    def undo_view(self, id: str) -> Any:
        """Take a bulk change of rows of this kind back."""
        return bulk_undo.answer(self, id)

    @expose("/export/<export_type>")
    def export(self, export_type: str) -> Any:
        """The filtered rows as a file: in every column, with `columns=shown` in those of the list, with
        `columns=editing` in those that a file may fill, to load it again.
        """
        demand(may(self.model, Action.EXPORT))
        wanted = list_page.asked(self.model, request.args, with_default=False)
        if export_type not in ("csv", "xlsx") or wanted.address.faults:
            abort(404 if export_type not in ("csv", "xlsx") else 400)
        if request.args.get("columns") == "editing":
            return editing_file(export_type, self.model, wanted.address.listing, wanted.address.parameters)
        columns = list_page.export_columns(self.model, wanted)
        return entity_file(export_type, self.model, wanted.address.listing, columns, wanted.address.parameters)

    # What the endpoints are made of; views of their own replace these.

    def list_context(self, found: Page | None) -> dict[str, Any]:
        """What a list of its own template shows beside the rows."""
        return {}

    edits_single_columns = True  # whether a column can be set by itself, in a cell or on many rows at once

    def editable_columns(self) -> frozenset[str]:
        """The columns that the person may edit in the cells of the list."""
        return cell_edit.editable_columns(self)

    def bulk_actions(self) -> Sequence[BulkAction]:
        """What the person may do to many rows at once."""
        return bulk_offers.offered(self)

    def settable_columns(self) -> Mapping[str, str]:
        """The columns that may be set on many rows at once, with their labels."""
        return bulk_offers.settable_columns(self)

    def filled(self, form_type: type[Form], row: Row | None) -> Form:
        """The form: as posted, as the row is, or with the references that the address proposes."""
        formdata = request.form if request.method == "POST" else None
        estate_id = getattr(row, "estate_id", None) or (estates()[0].id if len(estates()) == 1 else None)
        data = {} if row is None else {column.name: getattr(row, column.key) for column in row.__table__.columns}
        if row is None:
            data = {"estate_id": estate_id} | lists.proposed_references(self.model, request.args)
        form = form_type(formdata, data=data, meta={"zone": zone_of(estate_id)})
        if row is None and (named := estate_named(form)) not in (None, estate_id):  # its times are meant there
            form = form_type(formdata, data=data, meta={"zone": zone_of(named)})
        return prepared(form, self.model, estate_id)

    def form_page(self, form: Form, row: Row | None, rest: list[str], **extra: Any) -> Any:
        """The form; with `meanwhile`, what somebody else changed: to save again is then a decision against it."""
        is_overtaken = "meanwhile" in extra
        posted_version = None if is_overtaken else request.form.get("version")
        body = self.render(
            self.form_template,
            form=form,
            row=row,
            row_title=self.row_title(row) if row is not None else "",
            version=posted_version or getattr(row, "version", ""),
            rest=rest,
            estate_id=getattr(row, "estate_id", None),
            **extra,
        )
        status = 409 if is_overtaken else 422
        return (body, status) if request.method == "POST" else body

    def insert(self, values: dict[str, Any]) -> int:
        """Add the row within the person's reach; returns its id."""
        with writing(db.session):
            (row_id,) = write(db.session, [Insert(self.model, values)], by=author(), at=now())
            self.keep_in_reach(row_id, Action.CREATE)
        return row_id

    def saved_url(self, row_id: int) -> str:
        """Where to go on after a row was added."""
        return url_for(".details_view", id=row_id)

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        """Save the changes if nobody else changed the row since the form showed it."""
        row_id = row.id
        with writing(db.session):
            write(db.session, [Update(self.model, row_id, values, version)], by=author(), at=now())
            self.keep_in_reach(row_id, Action.EDIT)

    def keep_in_reach(self, row_id: int, action: Action) -> None:
        """Refuse a change that leaves the row out of the person's reach; inside `writing`, so that none is kept."""
        if not reaches(self.model, row_id, action):
            raise Refused(self.model, {"estate_id": Fault(N_("Choose an estate that you serve"))})

    def details_context(self, row: Any) -> dict[str, Any]:
        return {
            "row": row,
            "row_title": self.row_title(row),
            "fields": details.fields(row),
            "related": details.related(row, self.shown_apart),
            "history": history(row),
        }

    shown_apart: Collection[str] = ()  # entities with a section of the page's own

    def row_title(self, row: Any) -> str:
        return details.row_title(row)


def init_panel(
    app: Flask,
    own_views: Mapping[str, Callable[[], EntityView]],
    pages: Sequence[Callable[[], BaseView]],
    waiting: Callable[[], Sequence[Any]],
    ways: Sequence[Callable[[], list[Way]]],
) -> None:
    """Attach the screens: `own_views` for entities of which not all can be derived, `pages` for what is no entity,
    `waiting` and `ways` for the start page.
    """
    theme = Theme(folder="panel", base_template="layout.html")
    admin = Admin(app, name="Pinzhi", theme=theme, index_view=HomeView(waiting, ways), url="/")
    for group in Group:
        admin.add_category(group.label)
    for make in pages:
        admin.add_view(make())
    for name, model in entities().items():
        admin.add_view(own_views.get(name, partial(EntityView, model))())
    app.jinja_env.globals["menu"] = Menu(admin)
