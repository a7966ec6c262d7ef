"""The ways in which a whole file is unusual or damaged, each with the table that a reader should find in it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

from bench.shop_table import HEADER, Rows, line_of, written

# Of the file: content, header, rows.
Texts = Callable[[Rows], Iterable[tuple[str | bytes, Rows, Rows]]]

DELIMITERS = (
    ";", "\t", "|", "，", "^", "~", ":", ", ", "; ", " | ", ",,", ";;", "||", "::", "\t\t", "§", "\x1e", "\x1f", "\x01",
    "#", "@", " ", "/", "&", "%",
)  # fmt: skip
QUOTES = ("'", "“”", "„“", "«»", "`", "~", "|", "^")
ESCAPES = ("\\", "/", "^", "'", "~", "$")
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "gb18030")


def _plain(whole: Rows) -> list[tuple[str, Rows, Rows]]:
    return [(written(whole), [HEADER], whole[1:])]


def _delimited(whole: Rows) -> list[tuple[str, Rows, Rows]]:
    return [(written(whole, mark), [HEADER], whole[1:]) for mark in DELIMITERS]


def _quoted(whole: Rows) -> list[tuple[str, Rows, Rows]]:
    return [(written(whole, ",", mark), [HEADER], whole[1:]) for mark in QUOTES]


def _all_quoted(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for quote, delimiter in product(('"', "'", "“”", "`"), (",", ";")):
        lines = [
            delimiter.join(quote[0] + cell.replace(quote[-1], quote[-1] * 2) + quote[-1] for cell in row)
            for row in whole
        ]
        yield "\n".join(lines), [HEADER], whole[1:]


def _escaped(whole: Rows) -> list[tuple[str, Rows, Rows]]:
    return [(written(whole, ",", '"', mark), [HEADER], whole[1:]) for mark in ESCAPES]


def _ends(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for end in ("\n", "\r", "\r\n"):
        yield written(whole, end=end), [HEADER], whole[1:]
        yield written(whole, end=end).removesuffix(end), [HEADER], whole[1:]
        yield written(whole, end=end) + end, [HEADER], whole[1:]
    mixed = [line_of(row) + ("\n", "\r\n", "\r")[place % 3] for place, row in enumerate(whole)]
    yield "".join(mixed), [HEADER], whole[1:]


def _separator_line(whole: Rows) -> list[tuple[str, Rows, Rows]]:
    return [(f"sep={mark}\r\n" + written(whole, mark), [HEADER], whole[1:]) for mark in (";", ",", "\t", "^")]


def _preambles(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for above in (
        "Sales of the year\r\n",
        "Sales of the year\r\n\r\n",
        "Sales,,,,,,,,\r\nall shops,,,,,,,,\r\n",
        "# written by hand, on Monday\r\n# not checked\r\n",
        "Shop,North\r\nYear,2024\r\nBy,Miller\r\n\r\n",
        "Shop,North\r\nYear,2024\r\n",
        "one\r\ntwo, with comma\r\nthree\r\nfour\r\nfive\r\n",
        "a,b,c\r\n1,2,3\r\n4,5,6\r\n\r\n",
        "\r\n\r\n",
    ):
        yield above + written(whole), [HEADER], whole[1:]


def _headers(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    yield written(whole[1:]), [], whole[1:]
    second = ["of sale", "of day", "sold", "of shop", "in dollars", "short", "long", "of page", "free"]
    third = ["(US)", "(24 h)", "(each)", "(internal)", "(net)", "(list)", "(text)", "(link)", "(text)"]
    yield written([HEADER, second, *whole[1:]]), [list(map(" ".join, zip(HEADER, second, strict=True)))], whole[1:]
    three = list(map(" ".join, zip(HEADER, second, third, strict=True)))
    yield written([HEADER, second, third, *whole[1:]]), [three], whole[1:]
    yield written([*whole[:30], HEADER, *whole[30:60], HEADER, *whole[60:]]), [HEADER], whole[1:]
    twice = [*HEADER[:3], HEADER[2], *HEADER[4:]]
    yield written([twice, *whole[1:]]), [twice], whole[1:]
    blank = [*HEADER[:3], "", *HEADER[4:]]
    yield written([blank, *whole[1:]]), [blank], whole[1:]
    yield written([HEADER]), [HEADER], []
    yield written(whole[:2]), [HEADER], whole[1:2]
    yield written(whole[:3]), [HEADER], whole[1:3]


def _columns(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for place in range(len(HEADER)):
        rows = [[row[place]] for row in whole]
        yield written(rows), rows[:1], [row for row in rows[1:] if row[0]]
    yield written([[*row[:4], "", *row[4:]] for row in whole]), [HEADER], whole[1:]


def _tables(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    others = (
        [["Shop", "City", "Staff"], *[[f"S{n}", f"Town {n}", str(n)] for n in range(20)]],
        [[f"c{n}" for n in range(12)], *[[f"x{n}"] * 12 for n in range(20)]],
        [list("ABCDEFGHI"), *[[str(n)] * 9 for n in range(20)]],
        [row[:5] for row in whole],
        [[*row, "x", "y"] for row in whole],
    )
    for other, gap in product(others, ("\r\n", "\r\n\r\n", "")):
        yield written(whole) + gap + written(other), [HEADER], whole[1:]


def _feet(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for below in (
        "Source: the till\r\n",
        "\r\nSource: the till\r\n",
        "\r\nSource: the till\r\nNot checked, yet\r\n",
        "Total,,1684,,$9999.00,,,,\r\n",
        ",,,,,,,,\r\n,,,,,,,,\r\n",
        "\r\n \r\n\r\n",
    ):
        yield written(whole) + below, [HEADER], whole[1:]


def _encoded(whole: Rows) -> Iterator[tuple[bytes, Rows, Rows]]:
    chinese = [["日期", "时间", "数量", "编号", "价格", "类别", "说明", "网址", "备注"]]
    chinese += [[*row[:5], "办公桌", "结实的橡木, 带抽屉", row[7], "客户说“好”𠀀"] for row in whole[1:]]
    for encoding in ENCODINGS:
        yield written(whole).encode(encoding), [HEADER], whole[1:]
        yield written(chinese).encode(encoding), chinese[:1], chinese[1:]
    yield (
        written(chinese[:2]).encode("gbk", errors="ignore"),
        chinese[:1],
        [[cell.replace("𠀀", "") for cell in chinese[1]]],
    )
    western = [[*row[:5], "Café", "Größe, weiß", row[7], "naïve"] for row in whole]
    for encoding in ("utf-8", "cp1252"):
        yield written([HEADER, *western[1:]]).encode(encoding), [HEADER], western[1:]
    yield written(whole, "§").encode("latin-1"), [HEADER], whole[1:]


def _several_lines(whole: Rows) -> Iterator[tuple[str, Rows, Rows]]:
    for end, inner in product(("\r\n", "\n"), ("\n", "\r\n")):
        rows = [[*row[:8], f"first{inner}second, third"] for row in whole[1:]]
        yield written([HEADER, *rows], end=end), [HEADER], rows


OF_FILES: dict[str, Texts] = {
    "undamaged": _plain,
    "delimiter": _delimited,
    "quotation mark": _quoted,
    "all quoted": _all_quoted,
    "escape": _escaped,
    "record end": _ends,
    "sep= line": _separator_line,
    "preamble": _preambles,
    "header": _headers,
    "single or blank column": _columns,
    "several tables": _tables,
    "footnotes": _feet,
    "encoding": _encoded,
    "cells of several lines": _several_lines,
}
