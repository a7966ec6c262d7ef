"""Staff: who works where and as what; HQ staff belong to no estate."""

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.fields import Code, Phone


class StaffRole(Labelled):
    FRONT_DESK = "front_desk", N_("Front desk"), "前台接待员", "前台"
    CUSTOMER_ASSISTANT = "customer_assistant", N_("Customer assistant"), "客户助理", "客服助理"
    BUTLER = "butler", N_("Butler"), "管家"
    SUPERVISOR = "supervisor", N_("Client-service supervisor"), "客服主管", "主管"
    ENGINEER = "engineer", N_("Engineer"), "维修工", "工程"
    SECURITY = "security", N_("Security"), "秩序维护员", "保安"
    CLEANER = "cleaner", N_("Cleaner"), "保洁"
    GREENERY = "greenery", N_("Greenery"), "绿化"
    DEPARTMENT_HEAD = "department_head", N_("Department head"), "部门负责人"
    MANAGER = "manager", N_("Centre manager"), "经理", "管理处主任"
    QUALITY_OFFICER = "quality_officer", N_("Quality officer"), "品质专员"
    HQ = "hq", N_("HQ"), "总公司"
    GENERAL_MANAGER = "general_manager", N_("General manager"), "总经理"


class Staff(Row):
    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("number"), Index(None, "estate_id", "role"), Index(None, "estate_id", "number"))
    __entity__ = Entity(
        name="staff",
        label=N_("Staff member"),
        plural=N_("Staff"),
        group=Group.STAFF,
        permission=Permission.STAFF,
        title=("name", "number"),
        key=("number",),
        order="number",
        icon="person-badge",
    )

    estate_id: Mapped[int | None] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    number: Mapped[str] = column(
        Code(40),
        label=N_("Staff number"),
        aliases=("工号", "员工编号"),
        listed=True,
        sort=True,
        search="prefix",
        index=False,
    )
    name: Mapped[str] = column(
        String(80), label=N_("Staff name"), aliases=("姓名", "员工姓名"), listed=True, search="words"
    )
    role: Mapped[StaffRole] = column(
        choice(StaffRole), label=N_("Post"), aliases=("岗位", "职务"), listed=True, filter=True
    )
    phone: Mapped[str | None] = column(
        Phone(),
        label=N_("Phone"),
        aliases=("手机号", "联系电话", "电话"),
        listed=True,
        search="exact",
        personal=True,
    )
    is_active: Mapped[bool] = column(
        Boolean(), label=N_("Active"), aliases=("在职",), listed=True, filter=True, default=True
    )
