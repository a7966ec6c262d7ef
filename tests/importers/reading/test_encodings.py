from pathlib import Path

import pytest

from importers.reading.files import read_table
from importers.reading.table import AskEncoding, UnreadableFile

OWNERS = "业主编号,姓名\nB001,赵敏\nB002,钱进𠀀\n"


def read(folder: Path, content: bytes) -> tuple[str | None, list[list[str]]]:
    path = folder / "file.csv"
    path.write_bytes(content)
    table = read_table(path)
    return table.encoding, [table.header, *table.rows]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "gb18030"],
)
def test_a_file_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    found, rows = read(tmp_path, OWNERS.encode(encoding))
    assert rows == [["业主编号", "姓名"], ["B001", "赵敏"], ["B002", "钱进𠀀"]]
    assert found == ("utf-8-sig" if encoding.startswith("utf-8") else encoding)


@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        ("a,b\n1,好\n", "gbk", "gb18030"),
        ("nom,ville\nRené,Orléans\nZoë,Besançon\n", "cp1252", "cp1252"),
        ("a§b\n1§2\n3§4\n5§6\n7§8\n", "latin-1", "cp1252"),
    ],
)
def test_plausibility_decides_between_encodings(tmp_path: Path, text: str, codec: str, expected: str) -> None:
    assert read(tmp_path, text.encode(codec))[0] == expected


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("編號,姓名,地址\n1,陳大文,臺北市中正區\n2,林美麗,高雄市\n", "big5"),
        ("番号,名前\n1,さくらデパート\n2,たなか\n", "shift_jis"),
        ("имя,город\nИван,Москва\n", "cp1251"),
    ],
)
def test_in_doubt_the_encoding_is_asked_with_a_preview_of_each(tmp_path: Path, text: str, codec: str) -> None:
    with pytest.raises(AskEncoding) as asked:
        read(tmp_path, text.encode(codec))
    previews = dict(asked.value.candidates)
    assert previews[codec] == text.splitlines()
    assert len(previews) > 1
    assert [read_table(tmp_path / "file.csv", encoding=codec).header] == [text.splitlines()[0].split(",")]


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        ((OWNERS * 3).encode().replace("赵".encode(), b"\xff" + "赵".encode(), 1), "utf-8-sig", 2),
        (b"a,b\n1,x\n2,y\xff\n", "utf-8-sig", 3),
        ((OWNERS * 3).encode("gb18030").replace("赵".encode("gbk"), b"\xff" + "赵".encode("gbk"), 1), "gb18030", 2),
    ],
)
def test_one_broken_byte_is_a_problem_of_its_cell(tmp_path: Path, content: bytes, encoding: str, line: int) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    table = read_table(path)
    assert (table.encoding, [(problem.line, problem.column) for problem in table.problems]) == (encoding, [(line, 1)])
    assert "\ufffd" in table.rows[line - 2][1]


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match="no encoding that is known"):
        read_table(path, encoding="klingon")
