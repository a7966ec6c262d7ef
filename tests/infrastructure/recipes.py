"""Files of the shape of other systems' exports, made for a test: none of their rows is anybody's."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

BUILDINGS = ["楼栋号", "单元编号", "总层数", "是否有电梯"]
OWNERS = ["编号", "业主名称", "性别", "年龄", "手机号", "身份证号", "业主类型", "业主编号"]
ROOMS = ["房屋编号", "楼栋编号", "单元编号", "房屋楼层", "房屋户型", "建筑面积", "业主编号", "房屋费用"]
FEES = ["费用编号", "费用类型", "收费项目"]
PARKING = ["停车场编号", "车位编码", "停车场类型"]
SAME_ID = "110101199003070177"
ONE_SHEET = [
    *("楼号", "单元", "房间", "楼层", "总层数", "是否有电梯", "房屋类型", "房屋户型", "建筑面积", "室内面积", "租金"),
    *("房屋状态", "业主名称", "性别", "手机号", "身份证号", "业主类型"),
]
CASE = [
    *("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime", "case_status", "closure_reason", "case_title"),
    *("subject", "reason", "type", "queue", "department", "submittedphoto", "closedphoto", "location"),
    *("fire_district", "pwd_district", "city_council_district", "police_district", "neighborhood"),
    *("neighborhood_services_district", "ward", "precinct", "location_street_name", "location_zipcode"),
    *("latitude", "longitude", "source"),
]

Rows = Sequence[Sequence[object]]


def owner(number: int, name: str = "", phone: object = None, kind: int = 1001, of: int | None = None) -> list[object]:
    """A row of the sheet of owners; a family member or tenant is `of` the number of an owner."""
    said = phone or 13800000000 + number
    return [number, name or f"业主{number}", "男", 1, said, SAME_ID, kind, of or number]


def room(code: int, owner_number: int | None, building: int = 1, floor: object = 1) -> list[object]:
    """A row of the sheet of rooms, in the first entrance."""
    return [code, building, 1, floor, "10102", 94.56, owner_number, "1#2"]


def community(folder: Path, owners: Rows, rooms: Rows, buildings: Rows = ((1, 1, 33, "有"), (2, 1, 18, "无"))) -> Path:
    """A workbook of five sheets with notes beside its tables, as HC 小区 gives them out."""
    fees, parking = [[1, "物业费", "测试"]], [[1, "C0001", "地上停车位"]]
    sheets: dict[str, Rows] = {
        "楼栋单元": [BUILDINGS, *buildings],
        "业主信息": [
            [*OWNERS, None, None],
            *owners,
            [*[None] * 9, "说明"],
            [*[None] * 9, "手机号", "没有时写 18999999999"],
        ],
        "费用设置": [FEES, *fees],
        "房屋信息": [[*ROOMS, None, None], *rooms, [*[None] * 9, "房屋编号", "真实编号"]],
        "车位信息": [PARKING, *parking],
    }
    return workbook(folder / "community.xlsx", sheets)


def usual_community(folder: Path) -> Path:
    """Five owners with a unit each, and three units of owners who are not in the sheet of owners."""
    owners = [owner(1, phone=18999999999), *map(owner, range(2, 6))]
    return community(folder, owners, [room(1010 + number, number) for number in range(1, 9)])


def workbook(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook of these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def case(code: str, opened: str, due: str = "", closed: str = "", **others: str) -> list[str]:
    """A row of an export of service requests; in time if it was closed by its target, unless said otherwise."""
    is_late = bool(due) and (not closed or closed > due)
    said = {
        "case_enquiry_id": code,
        "open_dt": opened,
        "target_dt": due,
        "closed_dt": closed,
        "ontime": "OVERDUE" if is_late else "ONTIME",
        "case_status": "Closed" if closed else "Open",
        "closure_reason": "Case Closed. Resolved" if closed else " ",
        "case_title": "Street light out",
        "subject": "Public Works Department",
        "reason": "Street Lights",
        "type": "Street Light Outages",
        "location": "1 Example St",
        "neighborhood": "Centre",
        "source": "Citizens Connect App",
        **others,
    }
    return [said.get(name, "") for name in CASE]


def cases(folder: Path, *rows: Sequence[str]) -> Path:
    """An export of 29 columns with these rows."""
    path = folder / "cases.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([CASE, *rows])
    return path
