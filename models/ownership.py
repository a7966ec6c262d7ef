"""Who owns or lives in which unit, as what and from when until when."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault


class OwnershipRole(Labelled):
    OWNER = "owner", N_("Owner"), "业主", "户主"
    CO_OWNER = "co_owner", N_("Co-owner"), "共有人", "共同业主"
    TENANT = "tenant", N_("Tenant"), "租户", "租客", "使用人"
    FAMILY = "family", N_("Family member"), "家属", "家庭成员"


class Ownership(Row):
    __tablename__ = "ownership"
    __table_args__ = (
        Index(
            "uq_ownership_current",
            "unit_id",
            "owner_id",
            unique=True,
            sqlite_where=text("until_on IS NULL"),
            postgresql_where=text("until_on IS NULL"),
        ),
        CheckConstraint("until_on IS NULL OR from_on IS NULL OR until_on >= from_on", name="period"),
    )
    __entity__ = Entity(
        name="ownerships",
        label=N_("Ownership"),
        plural=N_("Ownerships"),
        group=Group.REGISTER,
        permission=Permission.REGISTER,
        title=("unit_id", "owner_id"),
        key=("unit_id", "owner_id"),
        to_building=("unit_id", "building_id"),
        icon="key",
        rank=4,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True, index=True)
    unit_id: Mapped[int] = column(
        ForeignKey("unit.id"),
        label=N_("Unit"),
        aliases=("房号", "房间", "房屋编号"),
        listed=True,
        filter=True,
        index=True,
    )
    owner_id: Mapped[int] = column(
        ForeignKey("owner.id"), label=N_("Owner"), aliases=("业主编号",), listed=True, filter=True, index=True
    )
    role: Mapped[OwnershipRole] = column(
        choice(OwnershipRole),
        label=N_("Role"),
        aliases=("关系", "与业主关系", "身份"),
        listed=True,
        filter=True,
        default=OwnershipRole.OWNER,
    )
    from_on: Mapped[date | None] = column(Date(), label=N_("From"), aliases=("开始日期", "入住日期"), listed=True)
    until_on: Mapped[date | None] = column(Date(), label=N_("Until"), aliases=("结束日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["from_on"] and row["until_on"] and row["until_on"] < row["from_on"]:
            sentence = N_("Until %(until)s is before from %(start)s: swap or correct them")
            return {"until_on": Fault(sentence, until=row["until_on"], start=row["from_on"])}
        return {}
