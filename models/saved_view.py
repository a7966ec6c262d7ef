"""Saved views (常用视图): a list as somebody left it, under a name, kept for oneself or shared with colleagues."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Labelled, Row, choice, column


class Audience(Labelled):
    OWN = "own", N_("Only me")
    ESTATE = "estate", N_("Colleagues of the estate")
    ALL = "all", N_("All colleagues")


class SavedView(Row):
    """`query` is the address of the list without its page: filters and order; `columns` names them, in order."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("account_id", "entity", "name"),
        Index(None, "entity", "audience"),
        CheckConstraint("(audience = 'estate') = (estate_id IS NOT NULL)", name="estate_named"),
    )

    account_id: Mapped[int] = column(ForeignKey("account.id", ondelete="CASCADE"), label=N_("Account"))
    entity: Mapped[str] = column(String(40), label=N_("List"))
    name: Mapped[str] = column(String(40), label=N_("View name"))
    audience: Mapped[Audience] = column(choice(Audience), label=N_("Shared with"), default=Audience.OWN)
    estate_id: Mapped[int | None] = column(ForeignKey("estate.id", ondelete="CASCADE"), label=N_("Estate"), index=True)
    query: Mapped[str] = column(Text(), label=N_("Filters and order"), default="")
    columns: Mapped[str | None] = column(Text(), label=N_("Columns"))
