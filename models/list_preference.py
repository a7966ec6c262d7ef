"""How somebody wants a list: columns, density, rows per page and the view it opens with, on every device."""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, Labelled, Row, choice, column


class Density(Labelled):
    COMFORTABLE = "comfortable", N_("Comfortable")
    COMPACT = "compact", N_("Compact")


class ListPreference(Row):
    """`columns` names them in order, None as declared; `default_view` is a saved view's id or a usual one's key."""

    __tablename__ = "list_preference"
    __table_args__ = (
        UniqueConstraint("account_id", "entity"),
        CheckConstraint("page_size IS NULL OR page_size BETWEEN 1 AND 200", name="page_size"),
    )

    account_id: Mapped[int] = column(ForeignKey("account.id", ondelete="CASCADE"), label=N_("Account"))
    entity: Mapped[str] = column(String(40), label=N_("List"))
    columns: Mapped[str | None] = column(Text(), label=N_("Columns"))
    density: Mapped[Density] = column(choice(Density), label=N_("Density"), default=Density.COMFORTABLE)
    page_size: Mapped[int | None] = column(Integer(), label=N_("Rows per page"))
    default_view: Mapped[str | None] = column(String(40), label=N_("Opens with the view"))
