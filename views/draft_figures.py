"""The figures of a what-if as tables: the draft beside today, and what would be another way."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.base import N_
from models.draft import Effect
from reports.what_if import HitFigure, LevelFigure, MilestoneFigure, WhatIf
from rules.satisfaction import Share
from views.escalation_tables import level_name
from views.figures import link, percent
from views.language import translate

PEOPLE = 30  # those whom it would hit most


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure; `mood` is good or alarm where the draft would change it, and `url` leads to the tickets behind it."""

    text: str
    mood: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table: headings, and rows of a name and figures; `same` are those of which the draft changes nothing."""

    name: str
    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    same: Sequence[tuple[str, Sequence[Cell]]] = ()
    words: int = 1  # how many columns name what the row is of


@dataclass(frozen=True, slots=True)
class WhatIfTables:
    """Everything that is told of a run."""

    tickets: int
    open_tickets: int
    moved: int
    tables: Sequence[FigureTable]


def tables(found: WhatIf, address: str) -> WhatIfTables:
    """The figures of the run; `address` is that of the tickets behind them."""
    made = [
        _milestones(found.milestones),
        _levels(found.levels),
        _hits("estates", N_("By estate"), "estate_id", found.estates, address),
        _hits("people", N_("By person in charge"), "staff_id", found.people[:PEOPLE], address),
    ]
    return WhatIfTables(found.tickets, found.open_tickets, found.moved, made)


def _milestones(found: Sequence[MilestoneFigure]) -> FigureTable:
    headings = (N_("Milestone"), N_("Kind"), N_("On time today"), N_("On time by the draft"), N_("Difference"))
    rows = [
        (
            translate(each.milestone.label),
            [Cell(translate(each.kind.label)), Cell(_share(each.today)), Cell(_share(each.draft)), _change(each)],
        )
        for each in found
    ]
    note = N_("Of what came due or was done: how much was in time. Milestones of tickets entered wrongly do not count.")
    return _split("milestones", N_("On time"), note, headings, rows)


def _split(
    name: str, title: str, note: str, headings: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]]
) -> FigureTable:
    """The table with the rows apart in which the last figure says that nothing changes."""
    changed = [row for row in rows if row[1][-1].text != "0"]
    same = [row for row in rows if row[1][-1].text == "0"]
    return FigureTable(name, translate(title), translate(note), _said(headings), changed, same, words=2)


def _said(headings: Sequence[str]) -> list[str]:
    return [translate(each) for each in headings]


def _share(share: Share) -> str:
    return "—" if share.rate is None else f"{percent(share.rate)} ({share.good}/{share.total})"


def _change(each: MilestoneFigure) -> Cell:
    """By how many percentage points the share would change."""
    if each.today.rate is None or each.draft.rate is None:
        return Cell("—" if each.today.total == each.draft.total else translate(N_("new or gone")))
    points = round(100 * (each.draft.rate - each.today.rate), 1)
    mood = "good" if points > 0 else "alarm" if points < 0 else ""
    return Cell(f"{points:+.1f}" if points else "0", mood)


def _levels(found: Sequence[LevelFigure]) -> FigureTable:
    headings = (N_("Level"), N_("Kind"), N_("Escalated today"), N_("Escalated by the draft"), N_("Difference"))
    rows = [
        (
            level_name(each.level),
            [Cell(translate(each.kind.label)), Cell(str(each.today)), Cell(str(each.draft)), _more(each)],
        )
        for each in found
    ]
    note = N_("Tickets that had reached the level. That a complaint turns major by a step is not played through.")
    return _split("levels", N_("Escalated"), note, headings, rows)


def _more(each: LevelFigure) -> Cell:
    more = each.draft - each.today
    return Cell(f"{more:+d}" if more else "0", "alarm" if more > 0 else "good" if more < 0 else "")


def _hits(name: str, title: str, parameter: str, found: Sequence[HitFigure], address: str) -> FigureTable:
    headings = (
        *(N_("Who") if name == "people" else N_("Estate"), N_("Tickets"), N_("Late today"), N_("Late by the draft")),
        *(N_("Escalated today"), N_("Escalated by the draft"), N_("Tickets it would have hit")),
    )
    rows = [(each.name or translate(N_("Nobody")), _hit_cells(each, parameter, address)) for each in found]
    note = N_("Late counts milestones, escalated counts steps. Hit: tickets late or escalated only by the draft.")
    return FigureTable(name, translate(title), translate(note), _said(headings), rows)


def _hit_cells(each: HitFigure, parameter: str, address: str) -> list[Cell]:
    numbers = [each.tickets, each.late, each.late_by_draft, each.escalated, each.escalated_by_draft]
    url = link(address, {"effect": Effect.LATE.value, parameter: each.id}) if each.hit and each.id else ""
    return [*(Cell(str(number)) for number in numbers), Cell(str(each.hit), "alarm" if each.hit else "", url)]
