"""Forms generated from the declaration: one typed field per column, read by the same parsers as files and filters."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

from flask import abort, request
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric, select
from wtforms import Form
from wtforms.fields import Field
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from models.base import N_, Base, FormUse, Row, UtcDateTime, target, words
from models.faults import Fault
from models.fields import Domain, parse
from operations.scope import estate_column
from reports.listing import Cell, choices, few_choices
from reports.titles import title_of
from views.access import default_zone, model_scope, reaches, zone_of
from views.cells import is_masked
from views.database import db
from views.language import translate
from views.lists import MOST_OPTIONS, personal_scope, record_id

VALUE = "value-"


class TypedField(Field):
    """A field of a declared column: its text goes through `models.fields.parse`, its faults are our sentences."""

    def __init__(self, *args: Any, column: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.column = column
        self.words = words(column)
        self.text = ""
        self.fault: Fault | None = None

    @property
    def zone(self) -> tzinfo:
        """The zone of the row's estate, handed to the form as `meta={"zone": …}`."""
        return getattr(self.meta, "zone", None) or default_zone()

    @property
    def control(self) -> str:
        """Which control shows the field."""
        for kind, name in _CONTROLS:
            if isinstance(self.column.type, kind):
                return name
        assert self.words is not None
        return "textarea" if self.words.long else "text"

    @property
    def input_type(self) -> str:
        return self.column.type.input_type if isinstance(self.column.type, Domain) else "text"

    @property
    def is_needed(self) -> bool:
        return not self.column.nullable and self.column.default is None and self.control != "checkbox"

    @property
    def options(self) -> list[tuple[str, str]]:
        """The choices of a closed list: value and label."""
        return [(member.value, translate(member.label)) for member in self.column.type.enum_class]

    @property
    def estate_id(self) -> int | None:
        """The estate that the field's value says the row belongs to, if it says any."""
        return None

    def process_data(self, value: Any) -> None:
        self.data = value
        self.text = _input_text(value, self.zone)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if self.control == "checkbox":
            self.data = bool(valuelist)
            return
        self.text = valuelist[0] if valuelist else ""
        try:
            self.data = parse(self.column.type, self.text, self.zone).value
        except Fault as fault:
            self.data, self.fault = None, fault

    def pre_validate(self, form: Form) -> None:
        if self.fault is not None:
            raise StopValidation(self.fault.text(translate))
        if self.is_needed and self.data is None:
            raise StopValidation(translate(N_("A value is needed here")))


class ReferenceField(TypedField):
    """A reference to another row: a choice among few, or looked up as one types among many; always within scope."""

    is_offered = False
    offered_in: int | None = None
    kept: int | None = None  # what the row refers to now: may stay, even out of the person's reach

    @property
    def control(self) -> str:
        return "choice" if self.few is not None else "lookup"

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(str(cell.id), cell.title) for cell in self.few or []]

    @property
    def parent(self) -> type[Base]:
        found = target(self.column)
        assert found is not None
        return found

    @property
    def estate_id(self) -> int | None:
        """The estate chosen, or that of the row chosen."""
        key = estate_column(self.parent)
        if key is None or self.data is None:
            return None
        found: int | None = db.session.scalar(select(key).where(self.parent.__table__.columns["id"] == self.data))
        return found

    @cached_property
    def shown(self) -> str:
        """The title of the row chosen, or what was typed."""
        return title_of(db.session, self.parent, self.data) if self.data else self.typed

    typed = ""

    def offer(self, estate_id: int | None) -> None:
        """Let the rows of that estate be chosen from; they are fetched when the field is drawn, so not by a save."""
        self.is_offered, self.offered_in = True, estate_id

    @cached_property
    def few(self) -> list[Cell] | None:
        """The choices, if they are few enough to show."""
        if not self.is_offered:
            return None
        found = few_choices(db.session, self.parent, model_scope(self.parent), MOST_OPTIONS, self.offered_in)
        if found is not None and self.kept is not None and self.kept not in {cell.id for cell in found}:
            found.append(Cell(self.kept, title_of(db.session, self.parent, self.kept)))
        return found

    def process_data(self, value: Any) -> None:
        self.data = self.kept = value
        self.text = "" if value is None else str(value)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is not None:
            self.typed = formdata.get(self.name + ".text", "").strip()
            self._read()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.text = (valuelist[0] if valuelist else "").strip()

    def _read(self) -> None:
        self.data = None
        row_id = record_id(self.text)
        if row_id is not None:
            self.data = self._visible(row_id)
        elif self.typed:
            self.data = self._only_match(self.typed)
        elif self.text:
            self.fault = Fault(N_("%(value)s is not the number of a record"), value=self.text[:40])

    def _visible(self, row_id: int) -> int | None:
        if row_id == self.kept or reaches(self.parent, row_id):
            return row_id
        self.fault = Fault(N_("There is no such record in this estate: choose another"))
        return None

    def _only_match(self, typed: str) -> int | None:
        found = choices(db.session, self.parent, model_scope(self.parent), typed, limit=2, personal=personal_scope)
        if len(found) == 1:
            return found[0].id
        if found:
            self.fault = Fault(N_("%(value)s fits several records: choose one from the list"), value=typed[:60])
        else:
            self.fault = Fault(N_("Nothing is found for %(value)s: choose from the list"), value=typed[:60])
        return None


_CONTROLS: list[tuple[Any, str]] = [
    (Enum, "choice"),
    (Boolean, "checkbox"),
    (UtcDateTime, "datetime"),
    (Date, "date"),
    (Integer, "number"),
    (Numeric, "decimal"),
]


def _input_text(value: Any, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    return str(value) if not isinstance(value, bool) and value is not None else ""


def form_columns(model: type[Base], use: FormUse) -> list[Any]:
    """The columns that a person may set when creating or editing: the whitelist of the form."""
    return [
        column
        for column in model.__table__.columns
        if (found := words(column))
        and found.form in ("both", use)
        and not (column.name == "estate_id" and use == "edit" and not column.nullable)
    ]


def form_class(model: type[Base], use: FormUse, only: Collection[str] | None = None) -> type[Form]:
    """The form of a model, made from its declaration; fields in the order of the columns, `only` of those named."""
    fields = {
        column.name: (ReferenceField if target(column) is not None else TypedField)(
            words(column).label,  # type: ignore[union-attr]  # form_columns has only declared columns
            description=words(column).help,  # type: ignore[union-attr]
            column=column,
            default=_default(column),
        )
        for column in form_columns(model, use)
        if only is None or column.name in only
    }
    return type(f"{model.__name__}Form", (Form,), fields)


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None and not callable(column.default.arg) else None


def prepared(form: Form, model: type[Base], estate_id: int | None) -> Form:
    """The form without what the person sees only masked or not at all, and with the choices of its references."""
    for field in list(form):
        if is_masked(model, field.column, estate_id) or _is_hidden(field):
            del form[field.short_name]
    for field in form:
        if isinstance(field, ReferenceField):
            field.offer(estate_id)
    return form


def column_form(model: type[Base], name: str, row: Row | None, estate_id: int | None) -> Form | None:
    """The form of one column, as posted or as the row is; None for one that no form or not this person may set.

    The field's name in it begins with VALUE, so that it is taken for nothing else.
    """
    data = {} if row is None else {name: getattr(row, name)}
    formdata = request.form if request.method == "POST" else None
    form = form_class(model, "edit", only={name})(formdata, prefix=VALUE, data=data, meta={"zone": zone_of(estate_id)})
    return form if name in prepared(form, model, estate_id) else None


def shown_version() -> int:
    """The version that the form showed; 400 without one, since nothing is saved blindly."""
    version = record_id(request.form.get("version", ""))
    if version is None:
        abort(400)
    return version


def _is_hidden(field: Field) -> bool:
    """Whether the field refers to rows of a kind that the person sees none of: such a reference stays as it is."""
    return isinstance(field, ReferenceField) and model_scope(field.parent).is_empty


def estate_named(form: Form) -> int | None:
    """The estate to which a new row's references say it belongs."""
    return next((found for field in form if (found := field.estate_id) is not None), None)


def submitted(form: Form) -> dict[str, Any]:
    """The values of the form by column."""
    return {field.name: field.data for field in form}


def show_faults(form: Form, faults: Mapping[str, Fault]) -> list[str]:
    """Put each fault at its field; those of no field are returned as sentences."""
    rest = []
    for name, fault in faults.items():
        if name in form:
            form[name].errors = [*form[name].errors, fault.text(translate)]
        else:
            rest.append(fault.text(translate))
    return rest
