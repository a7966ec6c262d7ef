from pathlib import Path

from sqlalchemy.orm import Session

from importers.refused import refused_csv
from tests.infrastructure.loading import FILES, csv_file, estate, loaded, staged


def test_refused_lines_come_out_with_their_cells_and_what_is_wrong(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    content = refused_csv(session, batch_id, lambda sentence: "错：%(value)s")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == [
        "行号,问题,业主编号,业主姓名,手机号",
        "2,手机号: 错：1380001000,B001,赵敏,1380001000",
        "4,手机号: 错：电话在备注,B003,孙立,电话在备注",
    ]


def test_corrected_they_load(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    content = refused_csv(session, staged(session, FILES / "bad_phone.csv", estate_id)).decode()
    path = tmp_path / "refused.csv"
    path.write_text(
        content.replace("1380001000", "13800010001").replace("电话在备注", "010-65550101"), encoding="utf-8"
    )
    assert loaded(session, path, estate_id) == (2, 0, 0, 0)


def test_loaded_again_as_they_are_they_are_refused_again_without_more_columns(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = tmp_path / "refused.csv"
    path.write_bytes(refused_csv(session, staged(session, FILES / "row_too_long.csv", estate_id)))
    again = refused_csv(session, staged(session, path, estate_id)).decode("utf-8-sig").splitlines()
    assert again[0] == "行号,问题,业主编号,业主姓名,手机号"
    assert again[1].endswith("B002,钱进,13800020002,朝阳区,多出的一格")


def test_no_cell_of_the_file_is_a_formula(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("业主编号", "姓名", "手机号"), ("A1", "=1+1", "@sum"), ("A2", "'-x", "+1"))
    batch_id = staged(session, path, estate(session))
    rows = refused_csv(session, batch_id).decode("utf-8-sig").splitlines()
    assert [row.split(",")[-3:] for row in rows[1:]] == [["A1", "'=1+1", "'@sum"], ["A2", "'-x", "'+1"]]
