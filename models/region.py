"""Regions: groups of estates whose head assesses the centre managers (S0 物业公司及品质部职能 一(五))."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Permission, Row, column


class Region(Row):
    __tablename__ = "region"
    __table_args__ = (UniqueConstraint("name"),)
    __entity__ = Entity(
        name="regions",
        label=N_("Region"),
        plural=N_("Regions"),
        group=Group.REGISTER,
        permission=Permission.SYSTEM,
        title=("name",),
        key=("name",),
        order="name",
        icon="globe",
        rank=6,
    )

    name: Mapped[str] = column(
        String(80), label=N_("Region name"), aliases=("区域", "区域名称"), listed=True, sort=True
    )
    calendar_id: Mapped[int | None] = column(
        ForeignKey("holiday_calendar.id"),
        label=N_("Calendar"),
        help=N_("Days off of the region; without one the calendar with the code cn"),
        aliases=("日历",),
        listed=True,
        filter=True,
        index=True,
    )
