"""Estates: one managed site with its own service centre, the unit of scoping and ranking."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import Boolean, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Permission, Row, column
from models.faults import Fault
from models.fields import Code


class Estate(Row):
    __tablename__ = "estate"
    __table_args__ = (UniqueConstraint("code"),)
    __entity__ = Entity(
        name="estates",
        label=N_("Estate"),
        plural=N_("Estates"),
        group=Group.REGISTER,
        permission=Permission.SYSTEM,
        title=("code", "name"),
        key=("code",),
        order="code",
        icon="houses",
        rank=5,
    )

    code: Mapped[str] = column(
        Code(20),
        label=N_("Estate code"),
        aliases=("小区编码", "项目编码"),
        listed=True,
        sort=True,
        search="prefix",
        index=False,
    )
    name: Mapped[str] = column(
        String(80),
        label=N_("Estate name"),
        aliases=("小区", "小区名称", "项目名称"),
        listed=True,
        search="words",
    )
    region_id: Mapped[int | None] = column(
        ForeignKey("region.id"), label=N_("Region"), listed=True, filter=True, index=True
    )
    time_zone: Mapped[str] = column(
        String(40),
        label=N_("Time zone"),
        help=N_("Deadlines and reports of the estate are read in this zone, such as Asia/Shanghai"),
        listed=True,
        default="Asia/Shanghai",
    )
    standard_set_id: Mapped[int | None] = column(
        ForeignKey("standard_set.id"),
        label=N_("Standard set"),
        help=N_("The set of service standards that new tickets of the estate are opened under"),
        listed=True,
        filter=True,
        index=True,
    )
    service_hours_id: Mapped[int | None] = column(
        ForeignKey("service_hours.id"),
        label=N_("Service hours"),
        help=N_("When the service clock of the estate runs; without them round the clock"),
        aliases=("服务时间",),
        listed=True,
        filter=True,
        index=True,
    )
    is_active: Mapped[bool] = column(Boolean(), label=N_("Active"), filter=True, default=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["time_zone"] in available_timezones():
            return {}
        sentence = N_("%(value)s is not a time zone: write one such as Asia/Shanghai")
        return {"time_zone": Fault(sentence, value=row["time_zone"])}
