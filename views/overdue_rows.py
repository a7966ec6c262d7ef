"""The rows of the overdue list as HTML, written in Python like those of every list (`views.grid`)."""

from collections.abc import Iterable

from flask import url_for
from markupsafe import Markup, escape

from models.base import N_
from reports.overdue import OverdueRow
from views.access import zone_of
from views.cells import cell_text
from views.grid import html_text
from views.language import translate
from views.wording import duration_text

HEADINGS = (
    *(N_("Ticket"), N_("Unit"), N_("Kind"), N_("State"), N_("Assignee")),
    *(N_("Opened, due"), N_("Late by"), N_("Level"), N_("Milestones")),
)


class SaidOnce(dict[str, str]):
    """Labels in the language of the request, escaped, each translated once and not in every row."""

    def __missing__(self, label: str) -> str:
        self[label] = str(escape(translate(label)))
        return self[label]


class OverdueGrid:
    """Writes the rows of the page."""

    def __init__(self) -> None:
        self.said = SaidOnce()
        self._prefix = url_for("tickets.index_view")
        self._choose = self.said["Choose %(code)s"]
        labels = HEADINGS[1:]
        self._starts = [f'<td data-label="{self.said[label]}">' for label in labels[:-1]]
        self._starts.append(f'<td data-label="{self.said[labels[-1]]}" class="wide">')

    def rows(self, rows: Iterable[OverdueRow]) -> Markup:
        """The rows of the table's body."""
        return Markup("\n".join(self._row(row) for row in rows))  # noqa: S704  # escaped where it is written

    def _row(self, row: OverdueRow) -> str:
        code = html_text(row.code)
        label = self._choose.replace("%(code)s", code)
        box = f'<input type="checkbox" name="id" value="{row.id}" data-row aria-label="{label}">'
        naming = f'<a href="{self._prefix}{row.id}/">{code}</a> <span class="under">{html_text(row.subject)}</span>'
        cells = (f"{start}{cell}</td>" for start, cell in zip(self._starts, self._cells(row), strict=True))
        return f'<tr><td class="chooser">{box}</td><th scope="row">{naming}</th>{"".join(cells)}</tr>'

    def _cells(self, row: OverdueRow) -> tuple[str, ...]:
        said, zone = self.said, zone_of(row.estate_id)
        unit, owner = html_text(row.unit_code or ""), html_text(row.owner_name or "")
        severity = f' <span class="under quiet">{said[row.severity.label]}</span>' if row.severity else ""
        opened, due = cell_text(row.opened_at, zone), cell_text(row.next_due_at, zone)
        return (
            f'{unit} <span class="under quiet">{owner}</span>' if unit or owner else "",
            f"{said[row.kind.label]}{severity}",
            f'<span class="tag tag-state-open">{said[row.state.label]}</span>',
            html_text(row.assignee_name or ""),
            f'<span class="quiet">{opened}</span> <span class="under">{due}</span>',
            f'<span class="late">{duration_text(row.late_seconds)}</span>',
            self._level(row.level),
            " ".join(f'<span class="tag">{said[each.label]}</span>' for each in row.milestones),
        )

    def _level(self, level: int) -> str:
        alarm = " tag-alarm" if level > 1 else " tag-warn" if level == 1 else ""
        text = self.said["Level %(level)s"].replace("%(level)s", str(level))
        return f'<span class="tag{alarm}">{text}</span>'
