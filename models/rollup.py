"""Counts kept for the summaries, by `operations.rollups` in the transaction that changes what they count."""

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Labelled, choice


class Report(Labelled):
    """What is counted, and by what besides estate and day; a monthly one is kept under the first day of the month."""

    ANSWERS_BY_KIND = "answers_by_kind"  # callbacks by month of the call and kind of ticket
    ANSWERS_BY_BUTLER = "answers_by_butler"  # the same by the ticket's butler
    ANSWERS_BY_BOTH = "answers_by_both"
    PROMISES = "promises"  # resolutions promised, by the day on which they are due
    STEPS = "steps"  # steps of the ladder by the day on which they are due; `bucket` is the level
    TIMES = "times"  # resolved tickets by month and kind; `bucket` is the span of `rules.spans`
    STANDING = "standing"  # no count: a `total` drawn anew whenever what the estate's escalation is told from changes


class Rollup(Base):
    """How many there are. Days and months are local to the estate; no count contains an age.

    `kind` is empty and `butler_id` 0 where the report does not tell them apart or the ticket has none. A row whose
    counts came down to nothing may stay.
    """

    __tablename__ = "rollup"
    # SQLite keeps the rows in the order of the key, so that a summary reads its range and nothing else.
    __table_args__ = ({"sqlite_with_rowid": False},)

    estate_id: Mapped[int] = mapped_column(Key, ForeignKey("estate.id", ondelete="CASCADE"), primary_key=True)
    report: Mapped[Report] = mapped_column(choice(Report), primary_key=True)
    day: Mapped[date] = mapped_column(Date(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    butler_id: Mapped[int] = mapped_column(Key, primary_key=True)
    bucket: Mapped[int] = mapped_column(Integer(), primary_key=True)
    total: Mapped[int] = mapped_column(Integer())  # answers, promises, steps, tickets
    good: Mapped[int] = mapped_column(Integer())  # of those: satisfied, in time
    unreachable: Mapped[int] = mapped_column(Integer())  # callbacks beside the answers
    refused: Mapped[int] = mapped_column(Integer())
    seconds: Mapped[int] = mapped_column(BigInteger())  # how long the tickets took together
