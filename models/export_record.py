"""Exports (导出记录): who took which rows out of the panel as a file, and when."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column


class FileFormat(Labelled):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


class ExportRecord(Row):
    """Written before the first row leaves; a file that was broken off stays incomplete, its rows uncounted.

    `estate_id` is the estate whose rows they are, None when they are of several: those who see every estate see it.
    """

    __tablename__ = "export_record"
    __table_args__ = (Index(None, "estate_id", "at"), Index(None, "entity", "at"))
    __entity__ = Entity(
        name="exports",
        label=N_("Export record"),
        plural=N_("Export records"),
        group=Group.SYSTEM,
        permission=Permission.SYSTEM,
        title=("file_name",),
        order="-at",
        deeds=READ_ONLY,
        icon="box-arrow-up",
    )

    file_name: Mapped[str] = column(String(120), label=N_("File"), listed=True)
    at: Mapped[datetime] = column(label=N_("When"), listed=True, filter=True, sort=True, index=True)
    account_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("By"), listed=True, filter=True, index=True
    )
    estate_id: Mapped[int | None] = column(
        ForeignKey("estate.id", ondelete="SET NULL"), label=N_("Estate"), listed=True, filter=True
    )
    entity: Mapped[str] = column(String(60), label=N_("Exported list"), listed=True, filter=True)
    format: Mapped[FileFormat] = column(choice(FileFormat), label=N_("File format"), filter=True)
    query: Mapped[str | None] = column(Text(), label=N_("Filters"), listed=True)
    is_searched: Mapped[bool] = column(
        Boolean(),
        label=N_("Narrowed by a search"),
        help=N_("What was typed into the search box is kept nowhere"),
        default=False,
    )
    column_names: Mapped[str] = column(Text(), label=N_("Columns"), long=True)
    row_count: Mapped[int | None] = column(Integer(), label=N_("Rows"), listed=True)
    is_complete: Mapped[bool] = column(
        Boolean(),
        label=N_("Sent whole"),
        help=N_("No: the file was broken off, and at most this many rows left"),
        listed=True,
        filter=True,
        default=False,
    )
    is_personal: Mapped[bool] = column(
        Boolean(), label=N_("Personal data in the clear"), listed=True, filter=True, default=False
    )
