"""Units (房屋): code such as 3-2-1501, which is building, entrance and room."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault
from models.fields import Code


class Occupancy(Labelled):
    VACANT = "vacant", N_("Vacant"), "空置", "空置房", "未入住"
    RENOVATION = "renovation", N_("Under renovation"), "装修", "装修中"
    OWNER_OCCUPIED = "owner_occupied", N_("Owner-occupied"), "自住", "入住", "已入住"
    LET = "let", N_("Let"), "出租", "已出租"


class Unit(Row):
    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("estate_id", "code"),
        Index(None, "estate_id", "occupancy"),
        CheckConstraint("area IS NULL OR area > 0", name="area"),
    )
    __entity__ = Entity(
        name="units",
        label=N_("Unit"),
        plural=N_("Units"),
        group=Group.REGISTER,
        permission=Permission.REGISTER,
        title=("code",),
        key=("code",),
        order="code",
        to_building=("building_id",),
        icon="door-open",
        rank=2,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    building_id: Mapped[int] = column(
        ForeignKey("building.id"),
        label=N_("Building"),
        aliases=("楼栋", "楼号", "楼栋号", "楼栋编号", "楼栋编码", "栋", "幢", "楼", "号楼", "栋号"),
        listed=True,
        filter=True,
        index=True,
    )
    code: Mapped[str] = column(
        Code(40),
        label=N_("Unit code"),
        help=N_("Building, entrance and room, such as 3-2-1501"),
        aliases=("房号", "房间号", "房屋编号", "房间", "房屋", "室", "房屋编码", "房间编号", "室号", "门牌号", "Room"),
        listed=True,
        sort=True,
        search="prefix",
    )
    entrance: Mapped[str | None] = column(Code(20), label=N_("Entrance"), aliases=("单元", "单元号", "单元编号"))
    floor: Mapped[int | None] = column(
        Integer(), label=N_("Floor"), aliases=("楼层", "房屋楼层", "所在楼层"), listed=True
    )
    area: Mapped[Decimal | None] = column(
        Numeric(10, 2),
        label=N_("Area (m²)"),
        aliases=("建筑面积", "面积", "建面", "建面㎡", "建筑面积㎡", "房屋面积"),
        listed=True,
    )
    occupancy: Mapped[Occupancy] = column(
        choice(Occupancy),
        label=N_("Occupancy"),
        aliases=("入住状态", "房屋状态", "入住情况"),
        listed=True,
        filter=True,
        default=Occupancy.OWNER_OCCUPIED,
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["area"] is not None and row["area"] <= 0:
            return {"area": Fault(N_("The area must be above 0: leave it empty if it is not known"))}
        return {}
