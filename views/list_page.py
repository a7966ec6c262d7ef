"""The list of an entity as a page, and the sheets that open over it: filters, columns, views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for
from werkzeug.datastructures import MultiDict

from models.base import N_, Base, words
from models.faults import Fault
from models.list_preference import Density
from operations.write import Refused
from reports.listing import COUNT_CAP, SEARCH_CAP, Page, TooSlow, count, page
from rules.permissions import Action
from views import filter_form, lists
from views.access import may, model_scope
from views.chips import chips
from views.database import db
from views.edit_exports import is_of_one_estate, is_offered
from views.filters import filter_controls
from views.grid import Grid, is_number
from views.language import translate
from views.list_columns import ListColumn, list_columns, offered_columns, searched_labels, usual_columns
from views.lists import ListAddress, sortable_columns
from views.preferences import joined, keep_preference, preference
from views.saved_views import ALL, Opened, audience_options, do, keep_columns, open_list


class ListView(Protocol):
    """What a list asks of its view; `views.panel`, which uses this module, has the only one."""

    model: type[Base]
    list_template: str

    def render(self, template: str, **context: Any) -> str: ...
    def init_search(self) -> bool: ...
    def list_context(self, found: Page | None) -> dict[str, Any]: ...
    def editable_columns(self) -> frozenset[str]: ...
    def bulk_actions(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it was asked for: how it was opened, its address, its columns."""

    opened: Opened
    address: ListAddress
    columns: list[ListColumn]


def asked(model: type[Base], parameters: MultiDict[str, str], with_default: bool = True) -> Asked:
    """What the parameters ask of the list, in the person's own columns and size of page."""
    opened, chosen = open_list(model, parameters, with_default), preference(model)
    names = opened.columns or chosen.columns or usual_columns(model)
    address = lists.read_address(model, opened.parameters, names, chosen.page_size)
    if opened.fault is not None:
        address.faults["view"] = opened.fault
    return Asked(opened, address, list_columns(model, names))


def answer(view: ListView) -> Any:
    """The list; 400 where its address could not be read, 422 where it took too long to find."""
    wanted = asked(view.model, request.args)
    found, total, slow = _found(view.model, wanted.address)
    faults = fault_texts(wanted.address)
    body = view.render(
        view.list_template,
        **_context(view, wanted),
        found=found,
        total=total,
        cap=cap_of(wanted.address),
        is_exact=is_exact(),
        faults=faults,
        slow=slow,
        **view.list_context(found),
    )
    return (body, 400 if faults else 422) if faults or slow else body


def _found(model: type[Base], address: ListAddress) -> tuple[Page | None, int | None, str]:
    """The page and how many rows there are in all, as far as the address is sound and the database is quick enough."""
    if address.faults:
        return None, None, ""
    scope, cap = model_scope(model), None if is_exact() else cap_of(address)
    try:
        found = page(db.session, address.listing, scope)
    except TooSlow as slow:
        return None, None, slow_text(model, slow)
    if cap is not None and found.next is None and found.previous is None:
        return found, len(found.rows), ""
    try:
        return found, count(db.session, address.listing, scope, cap), ""
    except TooSlow:
        return found, None, ""


def cap_of(address: ListAddress) -> int:
    """Up to how many rows are counted unasked: of what was searched for fewer, since each must be met in the index."""
    return SEARCH_CAP if address.listing.search else COUNT_CAP


def is_exact() -> bool:
    """Whether the list is to be counted to its end."""
    return request.args.get("count") == "exact"


def slow_text(model: type[Base], slow: TooSlow) -> str:
    """What to narrow: the filters that no index serves, by their labels."""
    if not slow.columns:
        return translate(N_("This took longer than the list may take. Narrow it by a filter, such as a period."))
    labels = ", ".join(translate(each.label) for each in list_columns(model, slow.columns))
    sentence = N_(
        "This took longer than the list may take: no index serves the filter %(filters)s. "
        "Narrow the list by an estate or a period as well, or leave that filter out."
    )
    return translate(sentence) % {"filters": labels}


def fault_texts(address: ListAddress) -> list[str]:
    """What is wrong with the address, each fault with the filter that it belongs to."""
    known = lists.filter_keys(address.listing.model)
    return [_fault_text(known[key][0] if key in known else None, fault) for key, fault in address.faults.items()]


def _fault_text(column: Any, fault: Fault) -> str:
    sentence = fault.text(translate)
    declared = words(column) if column is not None else None
    if declared is None:
        return sentence
    return translate(N_("%(filter)s: %(sentence)s")) % {"filter": translate(declared.label), "sentence": sentence}


def _context(view: ListView, wanted: Asked) -> dict[str, Any]:
    model, address = view.model, wanted.address
    editable, is_choosable = view.editable_columns(), bool(view.bulk_actions())
    return {
        "address": address,
        "opened": wanted.opened,
        "list_url": partial(list_url, base=url_for(".index_view")),
        "columns": wanted.columns,
        "grid": Grid(model, wanted.columns, editable, is_choosable),
        "is_choosable": is_choosable,
        "is_number": is_number,
        "chips": chips(address),
        "density": preference(model).density.value,
        "sortable": sortable_columns(model),
        "searchable": view.init_search(),
        "searched": [translate(label) for label in searched_labels(model)],
        "cursor_text": lists.cursor_text,
        "files": export_links(address) if may(model, Action.EXPORT) else [],
        "editing_files": editing_links(model, address),
    }


def is_fragment() -> bool:
    """Whether a script asks for the sheet alone, to open it over the list."""
    return request.headers.get("X-Fragment") == "yes"


def list_url(parameters: Mapping[str, Any], part: str = "", base: str = "") -> str:
    """The list with those parameters, or a part of it such as its filters.

    With none the list is named as the whole one, which no default view replaces. Written without `url_for`, which
    costs a page of many links too much.
    """
    wanted = parameters or ({} if part else {"view": ALL})
    base = base or url_for(".index_view")
    return f"{base}{part}?{urlencode(wanted, doseq=True, safe=':')}" if wanted else f"{base}{part}"


def filters_answer(view: ListView) -> Any:
    """The panel of filters; sent with `apply`, the way to the list that it asks for."""
    if request.args.get("apply") == "yes":
        return redirect(list_url(filter_form.asked(view.model, request.args)))
    wanted = asked(view.model, request.args, with_default=False)
    return view.render(
        "panel/filters.html",
        address=wanted.address,
        controls=filter_controls(wanted.address),
        carried={key: request.args[key] for key in filter_form.CARRIED if request.args.get(key)},
        fragment=is_fragment(),
    )


def columns_answer(view: ListView) -> Any:
    """The columns in their order, density and size of page; posted, they are remembered for the person."""
    model = view.model
    wanted = asked(model, request.args, with_default=False)
    if request.method == "POST":
        return redirect(_keep_columns(model, wanted))
    chosen = [column.name for column in wanted.columns]
    offered = offered_columns(model)
    return view.render(
        "panel/columns.html",
        address=wanted.address,
        offered=[offered[name] for name in dict.fromkeys((*chosen, *offered))],
        chosen=set(chosen),
        densities=list(Density),
        density=preference(model).density,
        sizes=lists.SIZES,
        size=wanted.address.listing.size,
        fragment=is_fragment(),
    )


def _keep_columns(model: type[Base], wanted: Asked) -> str:
    """Remember what was posted; returns the way back to the list."""
    if request.form.get("deed") == "reset":
        keep_preference(model, columns=None, page_size=None, density=Density.COMFORTABLE)
        return list_url(wanted.address.without("size"))
    names = tuple(name for name in dict.fromkeys(request.form.getlist("column")) if name in offered_columns(model))
    density, size = request.form.get("density", ""), request.form.get("size", "")
    values: dict[str, Any] = {}
    if density in {each.value for each in Density}:
        values["density"] = Density(density)
    if size in {str(each) for each in lists.SIZES}:
        values["page_size"] = int(size)
    is_kept_in_view = bool(names) and keep_columns(wanted.opened, names)
    if names and not is_kept_in_view:
        values["columns"] = joined(names) if names != usual_columns(model) else None
    keep_preference(model, **values)
    left_out = {"size"} if is_kept_in_view or not wanted.opened.columns else {"size", "view"}
    return list_url(wanted.address.without(*left_out))


def views_answer(view: ListView) -> Any:
    """The views of the list; posted, one is saved, changed, taken away or made the one that the list opens with."""
    wanted = asked(view.model, request.args, with_default=False)
    fault = ""
    if request.method == "POST":
        try:
            key = do(view.model, wanted.opened, tuple(column.name for column in wanted.columns))
        except Refused as refused:
            fault = next(iter(refused.faults.values())).text(translate)
        else:
            flash(translate(N_("Saved.")), "success")
            return redirect(url_for(".index_view", view=key))
    body = view.render(
        "panel/views.html",
        address=wanted.address,
        opened=wanted.opened,
        chips=chips(wanted.address),
        default_view=preference(view.model).default_view or ALL,
        audiences=audience_options(),
        fault=fault,
        fragment=is_fragment(),
    )
    return (body, 422) if fault else body


def export_columns(model: type[Base], wanted: Asked) -> list[ListColumn]:
    """The columns of the file: those that the list shows, or every one that is no secret."""
    return wanted.columns if request.args.get("columns") == "shown" else list(offered_columns(model).values())


def export_links(address: ListAddress) -> list[tuple[str, str, str]]:
    """The files that the list offers: format, which columns, address."""
    kinds = (("csv", "shown"), ("xlsx", "shown"), ("csv", "all"), ("xlsx", "all"))
    kept, base = address.without("size", "count", "columns"), url_for(".index_view")
    return [(kind, which, list_url({**kept, "columns": which}, f"export/{kind}", base)) for kind, which in kinds]


def editing_links(model: type[Base], address: ListAddress) -> list[tuple[str, str]] | None:
    """The files to edit and load again: format and address; none where the rows are of several estates, None for
    whoever may not load them.
    """
    if not is_offered(model):
        return None
    kinds = ("xlsx", "csv") if is_of_one_estate(model, address.listing) else ()
    kept, base = address.without("size", "count", "columns"), url_for(".index_view")
    return [(kind, list_url({**kept, "columns": "editing"}, f"export/{kind}", base)) for kind in kinds]
