"""A small table of a shop, and how a file writes it."""

from datetime import date, timedelta
from random import Random

Rows = list[list[str]]

HEADER = ["DATE", "TIME", "Qty", "ProductID", "Price", "ProductType", "ProductDescription", "URL", "Comments"]
_TYPES = ("Desk", "Lamp", "Chair", "Notebook", "Cable", "Bookcase")
_WORDS = (
    "sturdy", "light", "black", "oak", "steel", "folding", "desk", "with", "drawers", "lamp", "for", "the", "office",
    "cable", "of", "copper", "quiet",
)  # fmt: skip
_COMMENTS = (
    "", "", "Good", "Arrived late", 'Customer said "fine", then left', "Red, green, blue", "See invoice, page 2",
    'The 5" version', "Returned; money back", "ok", "Call again, please", 'He wrote: "never again"',
)  # fmt: skip


def table(count: int = 84, seed: int = 5) -> Rows:
    """Dates, times, numbers, prices, words, addresses and comments: the rows of a small shop."""
    dice = Random(seed)
    rows = []
    for number in range(count):
        day = date(2024, 1, 5) + timedelta(days=number * 3)
        words = dice.sample(_WORDS, dice.randint(3, 6))
        rows.append([
            day.strftime("%m/%d/%Y"),
            f"{dice.randint(0, 23):02d}:{dice.randint(0, 59):02d}",
            str(dice.randint(1, 40)),
            f"{dice.choice('ABCP')}{dice.randint(100, 999)}-{dice.randint(10, 99)}",
            f"${dice.randint(1, 900)}.{dice.randint(0, 99):02d}",
            dice.choice(_TYPES),
            ", ".join([" ".join(words[:2]).capitalize(), " ".join(words[2:])]) if dice.random() < 0.4
            else " ".join(words).capitalize(),
            f"http://www.shop.example/{dice.choice(_TYPES).lower()}/{dice.randint(1000, 9999)}"
            f"?ref={dice.randint(1, 9)}",
            dice.choice(_COMMENTS),
        ])  # fmt: skip
    return rows


def cell_text(cell: str, delimiter: str = ",", quote: str = '"', escape: str | None = None) -> str:
    """The cell as it stands in a file."""
    opening, closing = quote[0], quote[-1]
    if delimiter in cell or closing in cell or opening in cell or "\n" in cell or "\r" in cell:
        inner = cell.replace(closing, (escape or closing) + closing)
        return opening + inner + closing
    return cell


def line_of(row: list[str], delimiter: str = ",", quote: str = '"', escape: str | None = None) -> str:
    """The row as a line without its end."""
    return delimiter.join(cell_text(cell, delimiter, quote, escape) for cell in row)


def written(rows: Rows, delimiter: str = ",", quote: str = '"', escape: str | None = None, end: str = "\r\n") -> str:
    """The rows as text."""
    return "".join(line_of(row, delimiter, quote, escape) + end for row in rows)
