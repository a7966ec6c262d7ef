"""What is told of a ticket's dates: of each where it comes from, the way to it, and how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models.milestone import Clock, LimitUnit, MilestoneKind
from models.standard import LadderBasis
from reports.receipts import Agreement, Receipt, Told, WaitReason
from reports.stretches import Begin, Way
from rules.deadlines import Basis


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a limit stands: its source and words, or that it is the product's own reading; from when the row holds."""

    set_name: str
    rule_code: str
    source: str
    text: str | None
    is_ours: bool
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class MilestoneReason:
    """`is_by_resolution`: nobody did it for itself.

    `limit` in English words, `value` and `unit` for saying it in another language: as the ticket has them. Lateness
    and `paused_seconds` are counted on the clock of the limit; `is_late` also of what was late outside its hours.
    """

    kind: MilestoneKind
    label: str
    round: int
    started_at: datetime
    begin: Begin
    limit: str
    value: int | None
    unit: LimitUnit
    clock: Clock
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    is_by_resolution: bool
    is_open: bool
    is_late: bool
    late_seconds: int
    paused_seconds: int
    is_provisional: bool
    basis: Basis
    clause: Clause
    ways: Sequence[Way] = ()
    waits: Sequence[WaitReason] = ()
    agreement: Agreement | None = None
    reckoned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepReason:
    """A step of the ladder, or with `is_warning` a warning of `milestone`, if not of the open time.

    It counts from `started_at`; `told` names whom the sweep told of it, `answers` who acknowledged.
    """

    level: int
    limit: str
    value: int | None
    unit: LimitUnit
    clock: Clock
    basis: LadderBasis
    begin: Begin
    started_at: datetime
    milestone: MilestoneKind | None
    is_owners_deadline: bool
    turns_major: bool
    due_at: datetime
    recorded_at: datetime | None
    is_open: bool
    is_reached: bool
    clause: Clause
    is_warning: bool = False
    ways: Sequence[Way] = ()
    waits: Sequence[WaitReason] = ()
    told: Sequence[Told] = ()
    answers: Sequence[Receipt] = ()
    reckoned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All dates of a ticket, those still owed first, then by due time; the ladder from the lowest level up.

    `covered_until`: the last day that the calendar knows. `moves`: when promised dates were moved to a newer standard.
    """

    code: str
    opened_at: datetime
    entered_at: datetime | None
    time_zone: str
    next_due_at: datetime | None
    milestones: Sequence[MilestoneReason]
    steps: Sequence[StepReason]
    warnings: Sequence[StepReason] = ()
    covered_until: date | None = None
    moves: Sequence[Receipt] = ()
