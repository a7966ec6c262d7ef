"""The kinds of records by the names under which history and imports keep them."""

from collections.abc import Mapping
from typing import Any

from models.account import Account, AccountBuilding, AccountEstate, AccountRole
from models.base import N_, READ_ONLY, Base, entities, entity, model_of_table
from models.bulk_change import BulkChange
from models.export_record import ExportRecord
from models.history import History
from models.import_batch import ImportBatch
from models.list_preference import ListPreference
from models.saved_view import SavedView
from operations.recording import entity_name
from rules.permissions import Action
from views.access import may
from views.language import translate

# Rows without screens of their own: the grants of an account, in the words of its form.
GRANTS: Mapping[type[Base], tuple[str, str]] = {
    AccountRole: ("role", N_("Roles")),
    AccountEstate: ("estate_id", N_("Estates served")),
    AccountBuilding: ("building_id", N_("Buildings served, for butlers")),
}


# Rows that people keep for themselves, without screens of their own.
OWN_ROWS: Mapping[type[Base], str] = {SavedView: N_("Saved views"), ListPreference: N_("List settings")}
# Lists and summaries that are no entity's and leave as files too.
PAGES = {"overdue": N_("Overdue"), "satisfaction": N_("Satisfaction"), "escalation": N_("Escalation")}

_NAMING = frozenset(model.__table__.columns["entity"] for model in (History, ImportBatch, ExportRecord, BulkChange))


def names_a_kind(column: Any) -> bool:
    """Whether the column holds the name of a kind of record."""
    return column in _NAMING


def kind_label(name: str) -> str:
    """What people call that kind of record; the name itself for a kind that is no more."""
    model = model_of_kind(name)
    if model is None:
        return translate(PAGES.get(name.partition("-")[0], "")) or name
    if model in GRANTS:
        return translate(GRANTS[model][1])
    if model in OWN_ROWS:
        return translate(OWN_ROWS[model])
    return translate(model.__entity__.plural) if model.__entity__ is not None else name


def kinds_of(column: Any) -> list[tuple[str, str]]:
    """The kinds that such a column may hold, as far as the person sees them: name and label."""
    if column.table.name == ExportRecord.__tablename__:
        return [(name, kind_label(name)) for name in (*entities(), *PAGES)]
    deed = "import" if column.table.name == ImportBatch.__tablename__ else "create"
    found = [model for model in entities().values() if entity(model).deeds > READ_ONLY]
    if deed == "import":
        found = [model for model in found if "import" in entity(model).deeds]
    else:
        found += [*GRANTS, *OWN_ROWS]
    return [(name, kind_label(name)) for model in found if is_seen(model) for name in [entity_name(model)]]


def is_seen(model: type[Base] | None) -> bool:
    """Whether the person sees records of the kind at all; grants like the accounts that have them."""
    return model is not None and may(Account if model in GRANTS or model in OWN_ROWS else model, Action.SEE)


def model_of_kind(name: str) -> type[Base] | None:
    """The model that is kept under that name; None for one that is no more."""
    try:
        return entities().get(name) or model_of_table(name)
    except KeyError:
        return None
