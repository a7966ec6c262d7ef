import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from importers.reading import child
from importers.reading.child import Allowance, Apart, read_apart
from importers.reading.files import read_table
from importers.reading.table import AskEncoding, Limits, UnreadableFile
from importers.reading.wire import TOO_LARGE_IN_MEMORY
from importers.settings import Reading
from tests.infrastructure.bad_readers import WAYS
from tests.infrastructure.packing import workbook

OWNERS = Path("fixtures/owners")
ROWS = 9_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.csv"
    path.write_text("a,b\n" + "".join(f"{number},x\n" for number in range(ROWS)), encoding="utf-8")
    return path


@pytest.fixture
def bad_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PROGRAM", "tests.infrastructure.bad_readers")


def rows_of(apart: Apart) -> list[list[str]]:
    return [row for block in apart.blocks() for row in block.rows]


@pytest.mark.parametrize(
    "path",
    [
        OWNERS / "good.csv",
        OWNERS / "good_gb18030.csv",
        OWNERS / "row_too_long.csv",
        OWNERS / "notes_beside.xlsx",
        OWNERS / "lost_digits.xlsx",
        Path("fixtures/tables/old.xls"),
    ],
)
def test_a_file_read_apart_is_as_one_read_here(path: Path) -> None:
    table = read_table(path)
    with read_apart(path) as apart:
        head, (block,) = apart.head, list(apart.blocks())
    assert (head.header, head.header_rows, head.encoding, head.dialect) == (
        table.header,
        table.header_rows,
        table.encoding,
        table.dialect,
    )
    assert (head.sheet, head.sheets, head.hidden) == (table.sheet, table.sheets, table.hidden)
    assert [notice.text() for notice in head.notices] == [notice.text() for notice in table.notices]
    assert (block.lines, block.rows, block.surplus) == (table.lines, table.rows, table.surplus)
    assert [(one.line, one.column, one.value, one.fault.text()) for one in block.problems] == [
        (one.line, one.column, one.value, one.fault.text()) for one in table.problems
    ]


def test_the_head_comes_with_a_sample_before_any_row_is_asked_for(large: Path) -> None:
    with read_apart(large) as apart:
        assert apart.head.header == ["a", "b"]
        assert apart.head.sample[:2] == [["0", "x"], ["1", "x"]]
        assert len(apart.head.sample) == 200


def test_rows_come_in_blocks_of_the_size_asked_for(large: Path) -> None:
    with read_apart(large) as apart:
        blocks = list(apart.blocks(4_000))
    assert [len(block.rows) for block in blocks] == [4_000, 4_000, 1_000]
    assert [block.lines[0] for block in blocks] == [2, 4_002, 8_002]


def test_what_is_said_about_the_reading_is_heeded() -> None:
    with read_apart(OWNERS / "notes_beside.xlsx", Reading(sheet="房屋资料")) as apart:
        assert apart.head.sheet == "房屋资料"


def test_the_headings_looked_for_choose_the_sheet() -> None:
    with read_apart(OWNERS / "notes_beside.xlsx", known={"手机号": 3, "业主编号": 1}) as apart:
        assert apart.head.sheet == "业主资料"


def test_a_refusal_comes_over_as_it_is_said() -> None:
    with pytest.raises(UnreadableFile, match="protected by a password"), read_apart("fixtures/tables/protected.xlsx"):
        pass


def test_a_limit_comes_over(large: Path) -> None:
    with pytest.raises(UnreadableFile, match="more than 10 rows"), read_apart(large, limits=Limits(rows=10)) as apart:
        rows_of(apart)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be opened"), read_apart(tmp_path / "nowhere.csv"):
        pass


def test_a_question_comes_over_with_its_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"refused": {"message": "which?", "places": {}}, "candidates": [["big5", ["一"]], ["gb18030", ["二"]]]}
    fault = child._refusal(said)
    assert isinstance(fault, AskEncoding)
    assert fault.candidates == [("big5", ["一"]), ("gb18030", ["二"])]


def test_whoever_leaves_early_leaves_no_process_behind(large: Path) -> None:
    with read_apart(large) as apart:
        next(apart.blocks(10))
        process = apart._process._process
    assert process.returncode is not None


def test_a_fault_of_the_caller_leaves_no_process_behind(large: Path) -> None:
    seen: list[Apart] = []

    def fail() -> None:
        with read_apart(large) as apart:
            seen.append(apart)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert seen[0]._process._process.returncode is not None


def test_several_threads_read_at_once(large: Path) -> None:
    def read(number: int) -> int:
        with read_apart(large) as apart:
            return len(rows_of(apart))

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, range(4))) == [ROWS] * 4


TOO_SLOW = "takes too long: split it"
BROKEN = "cannot be read: open it in Excel and save it anew"


@pytest.mark.usefixtures("bad_readers")
@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("hangs", TOO_SLOW),
        ("spins", TOO_SLOW),
        ("killed", "too much memory: split it"),
        ("aborts", "too much memory: split it"),
        ("crashes", BROKEN),
        ("raises", BROKEN),
        ("says-nothing", BROKEN),
        ("floods", "too much memory"),
        ("babbles", BROKEN),
        ("lists", BROKEN),
        ("says-other", BROKEN),
        ("stops-halfway", BROKEN),
    ],
)
def test_every_death_becomes_a_sentence_that_says_what_to_do(
    tmp_path: Path, way: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.5)
    path = tmp_path / f"{way}.csv"
    path.touch()
    with pytest.raises(UnreadableFile, match=sentence), read_apart(path, allowance=Allowance(10**9, 1)) as apart:
        rows_of(apart)


def test_no_way_to_fail_is_left_out() -> None:
    assert len(WAYS) == 12


@pytest.mark.usefixtures("bad_readers")
def test_where_the_reader_broke_is_logged_without_what_was_in_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "raises.csv"
    path.touch()
    with caplog.at_level(logging.ERROR), pytest.raises(UnreadableFile), read_apart(path):
        pass
    assert "bad_readers.py" in caplog.text
    assert "ZeroDivisionError" not in caplog.text


def test_a_reader_that_wants_more_memory_than_allowed_is_refused_with_a_sentence(tmp_path: Path) -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (line, line, line) for line in range(1, 40_000))
    path = workbook(tmp_path / "large.xlsx", rows)
    with pytest.raises(UnreadableFile) as refused, read_apart(path, allowance=Allowance(30_000_000, 5)) as apart:
        rows_of(apart)
    assert refused.value.message == TOO_LARGE_IN_MEMORY


def test_a_reader_that_takes_more_time_than_allowed_is_refused_with_a_sentence(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0)
    with pytest.raises(UnreadableFile, match=TOO_SLOW), read_apart(large):
        pass


def test_a_larger_file_is_allowed_more_up_to_a_bound() -> None:
    small, large, huge = (Allowance.by_size(size) for size in (0, 10_000_000, 10**10))
    assert (small.seconds, small.memory) < (large.seconds, large.memory) < (huge.seconds, huge.memory)
    assert huge.memory == child.LARGEST_MEMORY


def test_the_reader_loads_neither_the_database_nor_pandas() -> None:
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", child.PROGRAM], input=b"", capture_output=True, check=False
    ).stderr.decode()
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.splitlines() if "|" in line}
    assert "python_calamine" in modules
    assert modules & {"sqlalchemy", "pandas", "numpy", "flask", "openpyxl"} == set()
