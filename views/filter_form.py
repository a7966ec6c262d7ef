"""The form of the filter panel: what it means as an address (`views.conditions`), without what is left empty."""

from werkzeug.datastructures import MultiDict

from models.base import Base
from views.filters import SPANS
from views.lists import filter_columns

CARRIED = ("q", "sort", "size", "view")


def asked(model: type[Base], form: MultiDict[str, str]) -> dict[str, list[str]]:
    """The parameters of the list that the form asks for.

    Beside its values a column has `.is`, how they are meant (an operator, `empty`, `filled`, or for days a period such
    as `in.today`), and `.days`, the number of a span of days.
    """
    found: dict[str, list[str]] = {}
    for column in filter_columns(model):
        found |= _of_column(str(column.name), form)
    if form.get("match") == "any" and len(found) > 1:
        found["match"] = ["any"]
    return found | {key: [form[key]] for key in CARRIED if form.get(key)}


def _of_column(name: str, form: MultiDict[str, str]) -> dict[str, list[str]]:
    meant = form.get(f"{name}.is", "")
    operator, _, said = meant.partition(".")
    if operator in ("empty", "filled"):
        return {f"{name}.empty": ["yes" if operator == "empty" else "no"]}
    if operator in ("in", "past"):
        return {f"{name}.{operator}": [said]}
    if operator in SPANS:
        days = said or form.get(f"{name}.days", "").strip()
        return {f"{name}.{operator}": [f"{days}d"]} if days else {}
    value_key = f"{name}.{operator}" if operator in ("not", "starts") else name
    values = {key: _texts(form, key) for key in (f"{name}.from", f"{name}.to")}
    if values[f"{name}.from"] and values[f"{name}.from"] == values[f"{name}.to"] and not _is_day(form, name):
        values = {name: values[f"{name}.from"]}
    values[value_key] = values.get(value_key) or _texts(form, name)
    return {key: texts for key, texts in values.items() if texts}


def _is_day(form: MultiDict[str, str], name: str) -> bool:
    return "-" in form.get(f"{name}.from", "").strip()[1:]


def _texts(form: MultiDict[str, str], key: str) -> list[str]:
    return list(dict.fromkeys(text.strip() for text in form.getlist(key) if text.strip()))
