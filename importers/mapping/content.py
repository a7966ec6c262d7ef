"""What the texts of a column say it holds, whatever its heading."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC
from functools import cache

from sqlalchemy import Boolean, Date, Enum

from importers.mapping.fields import Field, fields
from importers.reading.known_headings import normalised
from models import id_numbers
from models.base import Base, UtcDateTime
from models.dates import possible_orders
from models.faults import Fault
from models.fields import Email, IdNumber, Phone, parse
from models.typed_texts import plain

ID_NUMBERS = 95
EMAILS = 95
KNOWN = 90  # codes that the estate has already
BOTH = 88  # heading and content say the same
UNIT_CODES = 85
NAMELESS = 85  # of a column without a heading
HEADED_OTHERWISE = 70  # of a column whose heading says something else, or nothing that we know
WEAK = 55
ALIKE = 70  # a heading so similar counts beside the content

MOST = 0.8  # of the filled cells
TELLING = 3  # characters of a code that is not met by chance, and so many of them
SPLITTERS = (" ", "/", "，", ",", "、", ";", "；", "|", ":", "：", "-")
_UNIT_CODE = re.compile(
    r"[\w#]{1,6}[-—][\w#]{1,6}[-—][\w#]{1,6}|\w{1,6}(?:号楼|#楼?|栋|幢|座)\s?(?:\w{1,4}单元\s?)?\w{1,6}[室房]?"
)
_NAMELESS = re.compile(r"(column|col|field|列|unnamed|f)?[0-9]*列?")
_CHINESE_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
# The surnames that most names begin with (the first of 百家姓 by number of bearers).
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施"
)


def confidence(model: type[Base], column: Field, texts: Sequence[str], *, is_nameless: bool) -> int:
    """How sure it is, from 0 to 100, that these texts (filled ones, at least one) are values of the field."""
    judge = _judge(model, column)
    if judge is None or sum(map(judge, texts)) < MOST * len(texts):
        return 0
    kind = column.type
    if isinstance(kind, IdNumber | Email):
        return ID_NUMBERS if isinstance(kind, IdNumber) else EMAILS
    if judge is _is_unit_code:
        return UNIT_CODES
    if isinstance(kind, Boolean) or len(texts) < 2:
        return WEAK
    if isinstance(kind, Enum) and len(set(texts)) < 2:
        return WEAK
    return NAMELESS if is_nameless else HEADED_OTHERWISE


def is_nameless(heading: str) -> bool:
    """Whether the heading is none, such as the number that a column without one gets."""
    return _NAMELESS.fullmatch(normalised(heading)) is not None


def may_be_known(column: Field, texts: Sequence[str]) -> bool:
    """Whether it says something that the estate has these texts as values of the field: a key of the entity, and
    texts that are more than numbers counted from one.
    """
    telling = {text for text in texts if len(text) >= TELLING}
    return column.is_own and column.words.search == "prefix" and len(telling) >= min(TELLING, len(texts))


Judge = Callable[[str], bool]


def _judge(model: type[Base], column: Field) -> Judge | None:
    """What tells a text of the field from others; None for fields that anything may stand in."""
    kind = column.type
    if isinstance(kind, IdNumber):
        return _is_id_number
    if isinstance(kind, Phone | Email | Enum | Date | UtcDateTime | Boolean):
        return _reads(kind)
    if column.name in {"unit.code", "unit_id"} or (model.__tablename__ == "unit" and column.name == "code"):
        return _is_unit_code
    if column.name == "name" and model.__tablename__ in {"owner", "staff"}:
        return _is_name
    return None


def _is_id_number(text: str) -> bool:
    compact = plain(text).replace(" ", "").upper()
    return id_numbers.PLAIN.fullmatch(compact) is not None and id_numbers.has_birth(compact)


def _is_unit_code(text: str) -> bool:
    is_day = len(text.rpartition("-")[2]) == len("2026") and bool(possible_orders(text))
    return _UNIT_CODE.fullmatch(text) is not None and not is_day


def _is_name(text: str) -> bool:
    return text[:1] in _SURNAMES and _CHINESE_NAME.fullmatch(text) is not None


@cache
def _reads(kind: object) -> Judge:
    def reads(text: str) -> bool:
        try:
            return parse(kind, text, UTC, "dmy").value is not None
        except Fault:
            return False

    return reads


def date_order(texts: Sequence[str]) -> str | None:
    """The order in which the texts name day and month, where some of them leave no doubt and none contradicts."""
    seen = Counter(min(orders) for text in texts if len(orders := possible_orders(plain(text))) == 1)
    return next(iter(seen)) if len(seen) == 1 else None


def pieces(model: type[Base], texts: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """Where to divide the cells so that each piece is a value of another field, one of them beyond doubt."""
    for splitter in SPLITTERS:
        parts = [divided(text, splitter) for text in texts]
        pairs = [pair for pair in parts if len(pair) == 2]
        if len(pairs) < max(2, MOST * len(texts)):
            continue
        names = tuple(_best(model, [pair[place] for pair in pairs]) for place in (0, 1))
        if None not in names and names[0] != names[1]:
            return splitter, tuple(name for name in names if name is not None)
    return None


def divided(text: str, splitter: str) -> list[str]:
    """The pieces of a cell without outer blanks; at a blank: of any number of blanks, full-width ones too."""
    return text.split() if splitter == " " else [piece.strip() for piece in text.split(splitter)]


def _best(model: type[Base], texts: Sequence[str]) -> str | None:
    rated = [(confidence(model, column, texts, is_nameless=True), column.name) for column in fields(model)]
    sure = [(rate, name) for rate, name in rated if rate >= NAMELESS]
    return max(sure, key=lambda rated: rated[0])[1] if sure else None
