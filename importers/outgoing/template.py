"""Empty files to fill in: the headings of an entity as CSV, or a workbook with examples, choices and a guide."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric

from importers.mapping.fields import Field, Wordings, fields, no_wordings
from importers.outgoing import sheets
from importers.outgoing.choices import choices
from importers.outgoing.examples import Translate, example, example_rows
from importers.outgoing.refused import BYTE_ORDER_MARK
from importers.reading.own_files import MARK
from models.base import N_, Base, UtcDateTime, entity
from models.fields import ClockTime, Code, Email, IdNumber, Phone

LAST_ROW = 5_000  # as far down as choices drop down
LONGEST_LIST = 255  # characters of choices that a rule itself can hold
CHOICES_SHEET = "choices"
NEEDED_MARK = "*"
WIDTHS = (22, 10, 46, 46, 46, 40, 24)

GUIDE = N_("Guide")
COLUMNS = (
    N_("Column"),
    N_("Needed"),
    N_("What it holds"),
    N_("Format"),
    N_("Choices"),
    N_("Other headings that are understood"),
    N_("Example"),
)
NEEDED = N_("needed")
ADVICE = (
    N_("Fill in the first sheet, a row for each record. Columns with * are needed; others may be empty or deleted."),
    N_("The grey rows that begin with %(mark)s are examples: they are left out when the file is loaded."),
    N_("Columns may stand in any order, and further columns do no harm."),
)


def template_csv(model: type[Base], wordings: Wordings = no_wordings) -> bytes:
    """One line of headings, every one of which loading the file knows again."""
    text = StringIO(newline="")
    csv.writer(text).writerow([field.heading(wordings) for field in fields(model)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()


def template_workbook(
    model: type[Base], wordings: Wordings = no_wordings, translate: Translate = str, *, marked: bool = True
) -> bytes:
    """A workbook with a sheet to fill in and a guide to its columns, in the language of `translate`.

    Its example rows are marked, so that loading leaves them out; `marked` False gives them as a person would write.
    """
    book = Workbook()
    sheets.add_styles(book)
    columns = fields(model)
    table = book.worksheets[0]
    table.title = translate(entity(model).plural)[:31]
    _fill_table(table, model, columns, translate, marked=marked)
    _fill_guide(book.create_sheet(translate(GUIDE)[:31]), model, columns, wordings, translate)
    _offer_choices(book, table, columns, translate)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def heading(field: Field, translate: Translate) -> str:
    """How the column is headed in the language of `translate`: in Chinese as such files usually call it."""
    label = translate(field.words.label)
    usual = field.words.aliases[0] if label != field.words.label and field.words.aliases else label
    return usual + NEEDED_MARK if field.is_needed else usual


def _fill_table(
    table: Worksheet, model: type[Base], columns: Sequence[Field], translate: Translate, *, marked: bool
) -> None:
    table.freeze_panes = "A2"
    for place, field in enumerate(columns, start=1):
        text = heading(field, translate)
        sheets.put(table.cell(1, place), text, sheets.HEADING)
        dimension = table.column_dimensions[get_column_letter(place)]
        dimension.width = max(12, 2 * len(text) + 2)
        dimension.number_format = _cell_format(field)
    for line, row in enumerate(example_rows(model, columns, translate), start=2):
        for place, text in enumerate(row, start=1):
            mark = MARK if marked and place == 1 else ""
            if text or mark:
                sheets.put(table.cell(line, place), mark + text, sheets.EXAMPLE)


def _cell_format(field: Field) -> str:
    """Numbers and dates may be typed as such; the digits of everything else stay as they are typed."""
    if field.parent is None and isinstance(field.type, Integer | Numeric):
        return "General"
    if isinstance(field.type, Date | UtcDateTime):
        return "yyyy-mm-dd" if isinstance(field.type, Date) else "yyyy-mm-dd hh:mm"
    return sheets.TEXT


def _offer_choices(book: Workbook, table: Worksheet, columns: Sequence[Field], translate: Translate) -> None:
    """Choices that drop down; those too long for a rule stand on a sheet that nobody sees."""
    for place, field in enumerate(columns, start=1):
        offered = choices(field, translate)
        if not offered:
            continue
        listed = ",".join(offered)
        is_short = len(listed) <= LONGEST_LIST and not any(mark in text for text in offered for mark in ',"')
        source = f'"{listed}"' if is_short else _listed(book, offered)
        rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
        letter = get_column_letter(place)
        rule.add(f"{letter}2:{letter}{LAST_ROW}")
        table.add_data_validation(rule)


def _listed(book: Workbook, offered: Sequence[str]) -> str:
    if CHOICES_SHEET not in book.sheetnames:
        book.create_sheet(CHOICES_SHEET).sheet_state = "veryHidden"
    sheet: Any = book[CHOICES_SHEET]
    place = sheet.max_column + 1
    for line, text in enumerate(offered, start=1):
        sheets.put(sheet.cell(line, place), text)
    letter = get_column_letter(place)
    return f"{quote_sheetname(CHOICES_SHEET)}!${letter}$1:${letter}${len(offered)}"


def _fill_guide(
    guide: Worksheet, model: type[Base], columns: Sequence[Field], wordings: Wordings, translate: Translate
) -> None:
    for place, (column, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True), start=1):
        sheets.put(guide.cell(1, place), translate(column), sheets.HEADING)
        guide.column_dimensions[get_column_letter(place)].width = width
    guide.freeze_panes = "B2"
    for line, field in enumerate(columns, start=2):
        for place, text in enumerate(_told(model, field, wordings, translate), start=1):
            sheets.put(guide.cell(line, place), text, sheets.WRAPPED)
    for line, advice in enumerate(ADVICE, start=len(columns) + 3):
        sheets.put(guide.cell(line, 1), translate(advice) % {"mark": MARK}, sheets.PLAIN)


def _told(model: type[Base], field: Field, wordings: Wordings, translate: Translate) -> Sequence[str]:
    headed = heading(field, translate)
    others = dict.fromkeys((*field.words.aliases, *field.more_aliases, *wordings(field.words.label)))
    others.pop(headed.removesuffix(NEEDED_MARK), None)
    return (
        headed,
        translate(NEEDED) if field.is_needed else "",
        translate(field.words.help) if field.words.help else translate(field.words.label),
        _format(field, translate),
        ", ".join(choices(field, translate)),
        ", ".join(others),
        example(model, field, 0, translate),
    )


_FORMATS: tuple[tuple[Any, str], ...] = (
    (Phone, N_("11 digits for a mobile, area code and number for a landline, or +country and number")),
    (IdNumber, N_("18 characters: 17 digits and a digit or X")),
    (Email, N_("A name, @ and a domain")),
    (ClockTime, N_("A time of day such as 09:00")),
    (Code, N_("Letters, digits and - _ . / #")),
    (Enum, N_("One of the choices")),
    (Boolean, N_("One of the choices")),
    (UtcDateTime, N_("Date and time such as 2026-11-01 09:00")),
    (Date, N_("A date such as 2026-11-01")),
    (Integer, N_("A whole number")),
    (Numeric, N_("A number")),
)
NAMED = N_("Code or name of a record that is there: %(kind)s")


def _format(field: Field, translate: Translate) -> str:
    if field.parent is not None:
        return translate(NAMED) % {"kind": translate(entity(field.parent).label)}
    said = next((sentence for kind, sentence in _FORMATS if isinstance(field.type, kind)), "")
    if said:
        return translate(said)
    length = getattr(field.type, "length", None)
    return (
        translate(N_("Text of at most %(limit)s characters")) % {"limit": length} if length else translate(N_("Text"))
    )
