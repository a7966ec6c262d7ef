"""Owners (业主): a person or company; phone and ID number are not unique (S2 一.2: kept confidential)."""

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.fields import Code, Email, IdNumber, Phone


class ContactPreference(Labelled):
    PHONE = "phone", N_("Phone"), "电话"
    VISIT = "visit", N_("Home visit"), "上门", "家访"
    MESSAGE = "message", N_("Message"), "短信", "微信", "信访"


class Owner(Row):
    __tablename__ = "owner"
    __table_args__ = (
        UniqueConstraint("estate_id", "number"),
        Index(None, "estate_id", "name"),
    )
    __entity__ = Entity(
        name="owners",
        label=N_("Owner"),
        plural=N_("Owners"),
        group=Group.REGISTER,
        permission=Permission.REGISTER,
        title=("name", "number"),
        key=("number",),
        order="number",
        to_building=("ownership.owner_id", "unit_id", "building_id"),
        found_by=("ownership.owner_id", "unit_id"),
        icon="person",
        rank=1,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    number: Mapped[str] = column(
        Code(40),
        label=N_("Owner number"),
        help=N_("Unique inside the estate"),
        aliases=("业主编号", "业主号", "客户编号", "业主编码", "客户编码", "客户号", "住户编号"),
        listed=True,
        sort=True,
        search="prefix",
    )
    name: Mapped[str] = column(
        String(80),
        label=N_("Owner name"),
        aliases=(
            "业主姓名",
            "业主名称",
            "姓名",
            "业主",
            "客户姓名",
            "名称",
            "户主姓名",
            "户主",
            "住户姓名",
            "客户名称",
            "Owner",
        ),
        listed=True,
        search="words",
    )
    phone: Mapped[str | None] = column(
        Phone(),
        label=N_("Phone"),
        aliases=("手机号", "联系电话", "电话", "手机", "手机号码", "联系方式", "移动电话", "联络电话", "Mobile"),
        listed=True,
        search="exact",
        personal=True,
    )
    other_phone: Mapped[str | None] = column(
        Phone(),
        label=N_("Other phone"),
        aliases=("备用电话", "其他电话", "第二电话", "固定电话", "座机", "联系电话2", "电话2", "手机号2"),
        search="exact",
        personal=True,
    )
    id_number: Mapped[str | None] = column(
        IdNumber(),
        label=N_("ID number"),
        aliases=("身份证号", "身份证", "身份证号码", "证件号码", "身份证件号码", "ID card"),
        search="exact",
        personal=True,
    )
    email: Mapped[str | None] = column(
        Email(), label=N_("E-mail"), aliases=("邮箱", "电子邮箱", "邮件", "电子邮件", "E-mail address"), personal=True
    )
    contact_preference: Mapped[ContactPreference | None] = column(
        choice(ContactPreference),
        label=N_("Contact preference"),
        aliases=("联系偏好", "首选联系方式"),
        filter=True,
    )
    note: Mapped[str | None] = column(
        Text(), label=N_("Note"), aliases=("备注", "说明", "备注说明", "Remarks"), long=True
    )
