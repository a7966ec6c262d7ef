"""User accounts: who may sign in, with which roles, for which estates and buildings; sign-ins and attempts."""

from datetime import datetime

from flask_security import (
    UserMixin,
)  # Flask-Login asks the signed-in row itself; a wrapper would hide the row
from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import N_, Base, Entity, Group, Key, Labelled, Permission, Row, choice, column
from models.fields import Email


class Role(Labelled):
    ADMINISTRATOR = "administrator", N_("Administrator")
    ESTATE_ADMIN = "estate_admin", N_("Estate admin")
    CLERK = "clerk", N_("Clerk")
    BUTLER = "butler", N_("Butler")
    ENGINEER = "engineer", N_("Engineer")
    SUPERVISOR = "supervisor", N_("Supervisor")
    MANAGER = "manager", N_("Manager")
    QUALITY_OFFICER = "quality_officer", N_("Quality officer")
    HQ = "hq", N_("HQ")
    AUDITOR = "auditor", N_("Auditor")


class Account(Row, UserMixin):
    """A person who signs in. `session_key` changes when every session of the account must end."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("email"), UniqueConstraint("fs_uniquifier"))
    __entity__ = Entity(
        name="accounts",
        label=N_("Account"),
        plural=N_("Accounts"),
        group=Group.SYSTEM,
        permission=Permission.ACCOUNTS,
        title=("name", "email"),
        key=("email",),
        order="email",
        deeds=frozenset({"create", "edit"}),
        icon="person-lock",
    )

    email: Mapped[str] = column(Email(), label=N_("E-mail"), listed=True, sort=True, search="prefix", index=False)
    name: Mapped[str] = column(String(80), label=N_("Account name"), listed=True, search="words")
    staff_id: Mapped[int | None] = column(
        ForeignKey("staff.id"),
        label=N_("Staff member"),
        help=N_("Engineers see the tickets assigned to this staff member"),
        listed=True,
        index=True,
    )
    active: Mapped[bool] = column(Boolean(), label=N_("Active"), listed=True, filter=True, default=True)
    password: Mapped[str] = mapped_column(String(255), info={"secret": True})
    fs_uniquifier: Mapped[str] = mapped_column(String(64), info={"secret": True})
    language: Mapped[str | None] = mapped_column(String(12))

    role_rows: Mapped[list["AccountRole"]] = relationship(lazy="selectin", viewonly=True)
    estate_rows: Mapped[list["AccountEstate"]] = relationship(lazy="selectin", viewonly=True)
    building_rows: Mapped[list["AccountBuilding"]] = relationship(lazy="selectin", viewonly=True)

    @property
    def roles(self) -> tuple[()]:  # type: ignore[override]  # Flask-Security would keep role objects here
        """Flask-Security's own roles, which nothing asks for: grants come from `rules.permissions`."""
        return ()


class AccountRole(Row):
    __tablename__ = "account_role"
    __table_args__ = (UniqueConstraint("account_id", "role"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(choice(Role))


class AccountEstate(Row):
    """An estate that the account serves."""

    __tablename__ = "account_estate"
    __table_args__ = (UniqueConstraint("account_id", "estate_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    estate_id: Mapped[int] = mapped_column(ForeignKey("estate.id"), index=True)


class AccountBuilding(Row):
    """A building that the account, a butler's, serves."""

    __tablename__ = "account_building"
    __table_args__ = (UniqueConstraint("account_id", "building_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), index=True)


class SignIn(Base):
    """One session of an account: known by a hash of its token, over when `ended_at` is set, in every worker."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime] = mapped_column()
    expires_at: Mapped[datetime] = mapped_column()
    ended_at: Mapped[datetime | None] = mapped_column()


class SignInAttempt(Base):
    """A failed attempt to sign in, kept so that all workers share the count."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "subject", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column()
