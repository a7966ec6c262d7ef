"""Inspections (品质检查) with scored items; findings (不合格项) until verified (S3 第9篇, S0 日常检查制度)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault
from models.fields import Code


class InspectionKind(Labelled):
    DAY = "day", N_("Day check"), "日常检查"
    NIGHT = "night", N_("Night spot check"), "夜间抽查"
    OWN = "own", N_("Centre's own check"), "月度自查"
    ASSESSMENT = "assessment", N_("Quarterly assessment"), "季度考评"
    REVIEW = "review", N_("Management review"), "管理评审"
    ROUND = "round", N_("Round"), "巡查"
    SHADOWING = "shadowing", N_("Shadowing"), "跟岗检查"
    VACANT_UNIT = "vacant_unit", N_("Vacant unit"), "空置房检查"


class Area(Labelled):
    MANAGEMENT = "management", N_("Management and records"), "管理与记录"
    SERVICE = "service", N_("Customer service"), "客户服务"
    SECURITY = "security", N_("Order and security"), "秩序维护"
    ENGINEERING = "engineering", N_("Engineering and equipment"), "工程设备"
    CLEANING = "cleaning", N_("Cleaning"), "环境卫生"
    GREENERY = "greenery", N_("Greenery"), "绿化"


class ItemResult(Labelled):
    PASS = "pass", N_("Pass"), "合格"
    FAIL = "fail", N_("Fail"), "不合格"
    NOT_APPLICABLE = "not_applicable", N_("Not applicable"), "不适用"


class FindingState(Labelled):
    OPEN = "open", N_("To be corrected"), "待整改"
    RECTIFIED = "rectified", N_("Rectified"), "已整改"
    VERIFIED = "verified", N_("Verified"), "已验证"
    REFUSED = "refused", N_("Signature refused"), "拒签"

    @property
    def is_open(self) -> bool:
        return self is not FindingState.VERIFIED


class Inspection(Row):
    __tablename__ = "inspection"
    __table_args__ = (UniqueConstraint("estate_id", "code"), Index(None, "estate_id", "inspected_on"))
    __entity__ = Entity(
        name="inspections",
        label=N_("Inspection"),
        plural=N_("Inspections"),
        group=Group.QUALITY,
        permission=Permission.QUALITY,
        title=("code",),
        key=("code",),
        order="-inspected_on",
        icon="clipboard-check",
        rank=1,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    code: Mapped[str] = column(
        Code(40), label=N_("Inspection code"), aliases=("检查编号",), listed=True, search="prefix"
    )
    kind: Mapped[InspectionKind] = column(
        choice(InspectionKind), label=N_("Kind"), aliases=("检查类型",), listed=True, filter=True
    )
    inspected_on: Mapped[date] = column(
        Date(),
        label=N_("Inspected on"),
        aliases=("检查日期",),
        listed=True,
        filter=True,
        sort=True,
        index=True,
    )
    inspector_id: Mapped[int | None] = column(
        ForeignKey("staff.id"),
        label=N_("Inspector"),
        aliases=("检查人",),
        listed=True,
        filter=True,
        index=True,
    )
    summary: Mapped[str | None] = column(Text(), label=N_("Summary"), aliases=("小结",), long=True)


class InspectionItem(Row):
    __tablename__ = "inspection_item"
    __table_args__ = (
        CheckConstraint("weight > 0", name="weight"),
        CheckConstraint("points IS NULL OR points BETWEEN 0 AND weight", name="points"),
    )
    __entity__ = Entity(
        name="inspection-items",
        label=N_("Inspection item"),
        plural=N_("Inspection items"),
        group=Group.QUALITY,
        permission=Permission.QUALITY,
        title=("requirement",),
        deeds=frozenset({"create", "edit", "delete"}),
        icon="list-check",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True, index=True)
    inspection_id: Mapped[int] = column(
        ForeignKey("inspection.id"), label=N_("Inspection"), listed=True, filter=True, index=True
    )
    area: Mapped[Area] = column(choice(Area), label=N_("Checklist area"), listed=True, filter=True)
    requirement: Mapped[str] = column(String(200), label=N_("Requirement"), listed=True)
    source: Mapped[str | None] = column(String(80), label=N_("Clause"), listed=True)
    weight: Mapped[int] = column(Integer(), label=N_("Weight"), listed=True, default=10)
    points: Mapped[Decimal | None] = column(Numeric(6, 1), label=N_("Points"), listed=True)
    result: Mapped[ItemResult] = column(
        choice(ItemResult), label=N_("Result"), listed=True, filter=True, default=ItemResult.PASS
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["weight"] <= 0:
            return {"weight": Fault(N_("Weight must be above 0"))}
        if row["points"] is not None and not 0 <= row["points"] <= row["weight"]:
            sentence = N_("Points must lie between 0 and the weight %(weight)s")
            return {"points": Fault(sentence, weight=row["weight"])}
        return {}


class Finding(Row):
    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("estate_id", "code"),
        Index(None, "estate_id", "state", "due_on"),
        Index(None, "estate_id", "due_on"),
        CheckConstraint("(state = 'verified') = (verified_on IS NOT NULL)", name="verified"),
    )
    __entity__ = Entity(
        name="findings",
        label=N_("Finding"),
        plural=N_("Findings"),
        group=Group.QUALITY,
        permission=Permission.QUALITY,
        title=("code",),
        key=("code",),
        order="-due_on",
        icon="exclamation-diamond",
        rank=2,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    code: Mapped[str] = column(
        Code(40), label=N_("Finding code"), aliases=("不合格项编号",), listed=True, search="prefix"
    )
    inspection_id: Mapped[int | None] = column(
        ForeignKey("inspection.id"),
        label=N_("Inspection"),
        aliases=("检查编号",),
        listed=True,
        filter=True,
        index=True,
    )
    description: Mapped[str] = column(Text(), label=N_("Description"), aliases=("不合格描述",), listed=True, long=True)
    corrective_action: Mapped[str | None] = column(
        Text(), label=N_("Corrective action"), aliases=("纠正措施",), long=True
    )
    preventive_action: Mapped[str | None] = column(
        Text(), label=N_("Preventive action"), aliases=("预防措施",), long=True
    )
    responsible_id: Mapped[int | None] = column(
        ForeignKey("staff.id"),
        label=N_("Responsible person"),
        aliases=("责任人",),
        listed=True,
        filter=True,
        index=True,
    )
    due_on: Mapped[date] = column(
        Date(), label=N_("Due on"), aliases=("整改期限",), listed=True, filter=True, sort=True, index=True
    )
    state: Mapped[FindingState] = column(
        choice(FindingState),
        label=N_("State"),
        aliases=("状态",),
        listed=True,
        filter=True,
        default=FindingState.OPEN,
    )
    verified_on: Mapped[date | None] = column(Date(), label=N_("Verified on"), aliases=("验证日期",), listed=True)
    verification: Mapped[str | None] = column(Text(), label=N_("Verification"), aliases=("验证情况",), long=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        verified = row["state"] is FindingState.VERIFIED
        if verified and row["verified_on"] is None:
            return {"verified_on": Fault(N_("A verified finding needs the day of its verification"))}
        if not verified and row["verified_on"] is not None:
            return {"verified_on": Fault(N_("Only a verified finding has a day of verification: leave it empty"))}
        return {}
