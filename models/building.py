"""Buildings of an estate, each with one responsible butler paired with an engineer (S0 一帮一, 一楼一岗)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Permission, Row, column
from models.faults import Fault
from models.fields import Code


class Building(Row):
    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("estate_id", "code"),
        CheckConstraint("floors IS NULL OR floors BETWEEN 1 AND 200", name="floors"),
    )
    __entity__ = Entity(
        name="buildings",
        label=N_("Building"),
        plural=N_("Buildings"),
        group=Group.REGISTER,
        permission=Permission.REGISTER,
        title=("code", "name"),
        key=("code",),
        order="code",
        to_building=("id",),
        icon="building",
        rank=3,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    code: Mapped[str] = column(
        Code(20),
        label=N_("Building code"),
        aliases=("楼栋", "楼号", "楼栋号", "楼栋编号", "楼栋编码", "栋", "幢", "楼", "号楼", "栋号"),
        listed=True,
        sort=True,
        search="prefix",
    )
    name: Mapped[str | None] = column(
        String(80), label=N_("Building name"), aliases=("楼栋名称",), listed=True, search="words"
    )
    floors: Mapped[int | None] = column(Integer(), label=N_("Floors"), aliases=("总层数", "层数"), listed=True)
    butler_id: Mapped[int | None] = column(
        ForeignKey("staff.id"),
        label=N_("Responsible butler"),
        aliases=("管家",),
        listed=True,
        filter=True,
        index=True,
    )
    engineer_id: Mapped[int | None] = column(
        ForeignKey("staff.id"),
        label=N_("Paired engineer"),
        aliases=("维修工",),
        listed=True,
        filter=True,
        index=True,
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["floors"] is not None and not 1 <= row["floors"] <= 200:
            return {"floors": Fault(N_("A building has between 1 and 200 floors"))}
        return {}
