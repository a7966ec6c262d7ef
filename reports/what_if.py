"""What a run of a draft has found, added up over its slices, and the tickets behind it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from models.draft import DraftEffect, DraftSlice, Effect
from models.estate import Estate
from models.milestone import MilestoneKind
from models.staff import Staff
from models.ticket import Ticket, TicketKind
from rules.permissions import Scope
from rules.satisfaction import Share

PAGE = 50
COUNT_CAP = 10_000  # more are told as such


class MilestoneFigure(NamedTuple):
    """How many milestones of a kind came due or were done, and how many of them in time, today and by the draft."""

    milestone: MilestoneKind
    kind: TicketKind
    today: Share
    draft: Share


class LevelFigure(NamedTuple):
    """How many tickets reached a level of the ladder."""

    level: int
    kind: TicketKind
    today: int
    draft: int


class HitFigure(NamedTuple):
    """What falls to a person or an estate: milestones late, steps climbed; `hit` tickets would be worse off."""

    id: int
    name: str
    tickets: int
    late: int
    late_by_draft: int
    escalated: int
    escalated_by_draft: int
    hit: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """All figures of a run within a scope."""

    tickets: int
    open_tickets: int
    moved: int
    milestones: Sequence[MilestoneFigure]
    levels: Sequence[LevelFigure]
    estates: Sequence[HitFigure]
    people: Sequence[HitFigure]


class EffectRow(NamedTuple):
    """One thing that would be another way, of a ticket."""

    id: int
    ticket_id: int
    code: str
    subject: str
    estate_id: int
    staff: str | None
    effect: Effect
    milestone: MilestoneKind | None
    level: int | None
    from_at: datetime | None
    to_at: datetime | None


def is_told(scope: Scope) -> bool:
    """Whether figures are told to who has that scope: they are of whole estates, as are their people."""
    return not scope.is_empty and scope.buildings is None and scope.staff_id is None


def what_if(session: Session, run_id: int, scope: Scope) -> WhatIf:
    """The figures of the run so far, of the estates within the scope; nothing for one narrower than an estate."""
    milestones: Counter[tuple[tuple[str, str], int]] = Counter()
    levels: Counter[tuple[tuple[int, str], int]] = Counter()
    people: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * 6)
    tickets: Counter[str] = Counter()
    for figures in _slices(session, run_id) if is_told(scope) else ():
        for _, milestone, kind, *numbers in _within(figures, "milestones", scope):
            milestones.update({((milestone, kind), each): number for each, number in enumerate(numbers)})
        for _, kind, level, *numbers in _within(figures, "levels", scope):
            levels.update({((level, kind), each): number for each, number in enumerate(numbers)})
        for estate_id, staff_id, *numbers in _within(figures, "people", scope):
            kept = people[estate_id, staff_id]
            people[estate_id, staff_id] = [a + b for a, b in zip(kept, numbers, strict=True)]
        for _, name, number in _within(figures, "tickets", scope):
            tickets[name] += number
    return WhatIf(
        tickets["all"],
        tickets["open"],
        tickets["moved"],
        _milestones(milestones),
        _levels(levels),
        _by_estate(session, people),
        _by_person(session, people),
    )


def _slices(session: Session, run_id: int) -> Iterable[dict[str, Any] | None]:
    asked = select(DraftSlice.figures).where(DraftSlice.run_id == run_id, DraftSlice.done_at.is_not(None))
    return session.scalars(asked, execution_options={"yield_per": 50})


def _within(figures: dict[str, Any] | None, name: str, scope: Scope) -> Iterable[Any]:
    rows = figures[name] if figures else []
    return rows if scope.estates is None else (row for row in rows if row[0] in scope.estates)


def _milestones(counts: Counter[tuple[tuple[str, str], int]]) -> list[MilestoneFigure]:
    keys = {key for key, _ in counts}
    ranks, kinds = list(MilestoneKind), list(TicketKind)
    found = [
        MilestoneFigure(
            MilestoneKind(milestone),
            TicketKind(kind),
            Share(counts[(milestone, kind), 1], counts[(milestone, kind), 0]),
            Share(counts[(milestone, kind), 3], counts[(milestone, kind), 2]),
        )
        for milestone, kind in keys
    ]
    return sorted(found, key=lambda each: (ranks.index(each.milestone), kinds.index(each.kind)))


def _levels(counts: Counter[tuple[tuple[int, str], int]]) -> list[LevelFigure]:
    kinds = list(TicketKind)
    found = [
        LevelFigure(level, TicketKind(kind), counts[(level, kind), 0], counts[(level, kind), 1])
        for level, kind in {key for key, _ in counts}
    ]
    return sorted(found, key=lambda each: (each.level, kinds.index(each.kind)))


def _by_estate(session: Session, people: dict[tuple[int, int], list[int]]) -> list[HitFigure]:
    names = {row.id: f"{row.code} {row.name}" for row in session.execute(select(Estate.id, Estate.code, Estate.name))}
    return _hits(people, lambda key: key[0], lambda estate_id: names.get(estate_id, ""))


def _by_person(session: Session, people: dict[tuple[int, int], list[int]]) -> list[HitFigure]:
    names = {row.id: row.name for row in session.execute(select(Staff.id, Staff.name))}
    return _hits(people, lambda key: key[1], lambda staff_id: names.get(staff_id, ""))


def _hits(
    people: dict[tuple[int, int], list[int]], key: Callable[[tuple[int, int]], int], name: Callable[[int], str]
) -> list[HitFigure]:
    """Who would be hit most first, then by name."""
    sums: defaultdict[int, list[int]] = defaultdict(lambda: [0] * 6)
    for whose, numbers in people.items():
        sums[key(whose)] = [a + b for a, b in zip(sums[key(whose)], numbers, strict=True)]
    found = [_hit(each, name(each), numbers) for each, numbers in sums.items()]
    return sorted(found, key=lambda each: (-each.hit, each.name))


def _hit(row_id: int, name: str, numbers: Sequence[int]) -> HitFigure:
    late, late_by_draft, escalated, escalated_by_draft, hit, tickets = numbers
    return HitFigure(row_id, name, tickets, late, late_by_draft, escalated, escalated_by_draft, hit)


def effects(
    session: Session,
    run_id: int,
    scope: Scope,
    effect: Effect,
    *,
    estate_id: int | None = None,
    staff_id: int | None = None,
    after: int = 0,
    size: int = PAGE,
) -> list[EffectRow]:
    """The tickets that the run found that of, in the order of finding, from behind that row on."""
    asked = (
        select(
            *(DraftEffect.id, DraftEffect.ticket_id, Ticket.code, Ticket.subject, DraftEffect.estate_id, Staff.name),
            *(DraftEffect.effect, DraftEffect.milestone, DraftEffect.level, DraftEffect.from_at, DraftEffect.to_at),
        )
        .join_from(DraftEffect, Ticket, Ticket.id == DraftEffect.ticket_id)
        .outerjoin(Staff, Staff.id == DraftEffect.staff_id)
        .where(*_asked(run_id, scope, effect, estate_id, staff_id), DraftEffect.id > after)
        .order_by(DraftEffect.id)
        .limit(size)
    )
    return [EffectRow(*row) for row in session.execute(asked)]


def effect_count(
    session: Session,
    run_id: int,
    scope: Scope,
    effect: Effect,
    *,
    estate_id: int | None = None,
    staff_id: int | None = None,
) -> int:
    """How many such rows there are, counted up to COUNT_CAP + 1."""
    some = select(DraftEffect.id).where(*_asked(run_id, scope, effect, estate_id, staff_id)).limit(COUNT_CAP + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _asked(
    run_id: int, scope: Scope, effect: Effect, estate_id: int | None, staff_id: int | None
) -> list[ColumnElement[bool]]:
    if not is_told(scope):
        return [false()]
    found = [DraftEffect.run_id == run_id, DraftEffect.effect == effect]
    if scope.estates is not None:
        found.append(DraftEffect.estate_id.in_(sorted(scope.estates)))
    if estate_id is not None:
        found.append(DraftEffect.estate_id == estate_id)
    if staff_id is not None:
        found.append(DraftEffect.staff_id == (staff_id or None))
    return found
