"""Lines of one file on the same record: what a later one adds, merely repeats, or says otherwise.

Of each record that the file tells of, the number of its first line is kept with a digest of what that line says, so
that a file of any length is compared with itself in little memory.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from importers.checking.notes import NOTE, merged
from importers.checking.repairs import KEEP_LAST
from importers.lines import Line
from importers.matching.lookup import RowMapping
from models.base import N_
from models.faults import Fault
from operations.recording import plain

_PARTNER_BITS, _OWN_BITS = 32, 48  # of the digests; a hash of Python has 61
_PARTNER, _OWN = (1 << _PARTNER_BITS) - 1, (1 << _OWN_BITS) - 1


REPEATED = N_("This was on line %(line)s already: keep one")
CONTRADICTORY = N_("Lines %(lines)s say different things of the same record: keep one of them, or make them agree")


def repeated(earlier: int) -> Fault:
    """The sentence for a line that says nothing that an earlier one does not say."""
    return Fault(REPEATED, line=earlier)


class Identity(NamedTuple):
    """How lines tell which record they are about: every key that a line counts as seen under, the surest first; the
    heading and value of the cell by which people know it; and further keys of a line that met a record, by which others
    that met none may join it.
    """

    keys: Callable[[Line], Sequence[Hashable]]
    shown: Callable[[Line], tuple[str, Any]]
    beside: Callable[[Line], Sequence[Hashable]] = lambda _: ()


class Stated(NamedTuple):
    """What a line of an earlier block said: values as JSON, and the fields that it said as they are in the record."""

    values: Mapping[str, Any]
    as_they_are: Collection[str]


@dataclass(slots=True)
class Group:
    """The lines of the file on one record, in order; `heading` and `value` of the first that contradicts."""

    lines: list[int]
    partners: set[Hashable] = field(default_factory=set)
    added: dict[str, Any] = field(default_factory=dict)  # fields that later lines say first
    overriding: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # old and new: what the last line says
    contradiction: tuple[str, Any] | None = None


class Repeats:
    """What the file said so far of which record. `stated` tells what lines of earlier blocks said, `rows_of` gives
    records by id; `keep` says which of several lines counts where they say different things, None for none of them.
    """

    def __init__(
        self,
        stated: Callable[[Collection[int]], Mapping[int, Stated]],
        rows_of: Callable[[Collection[int]], Mapping[int, RowMapping]],
        keep: str | None,
        *,
        drops: bool,
    ) -> None:
        self.stated, self.rows_of, self.keep, self.drops = stated, rows_of, keep, drops
        self.seen: dict[Hashable, int] = {}  # line and digests packed into one number
        self.rows: dict[int, int] = {}  # the record that a first line met, where lines that met none may join it
        self.groups: dict[int, Group] = {}  # by first line, where there are several
        self.skipped = 0

    def judge(
        self,
        lines: Sequence[Line],
        identity: Identity,
        partners: Mapping[int, Hashable],
        incomplete: Collection[int] = (),
    ) -> list[Line]:
        """The lines to stage; `partners` has by line the unit or owner that it links. `incomplete` lines cannot make a
        record, but may add to one.
        """
        later: list[tuple[Line, int, int, tuple[str, Any]]] = []
        here: dict[int, Line] = {}
        seen, partner_of, keys_of = self.seen, partners.get, identity.keys
        for line in lines:
            if line.faults:
                continue
            number = line.line
            own = hash((*line.values, *line.values.values())) & _OWN
            packed = (((number << _OWN_BITS) | own) << _PARTNER_BITS) | (hash(partner_of(number)) & _PARTNER)
            keys = keys_of(line)
            beside = identity.beside(line) if line.match is not None else ()
            if len(keys) == 1 and not beside and number not in incomplete:
                earlier = seen.setdefault(keys[0], packed)
            else:
                earlier = next((seen[key] for key in keys if key in seen), packed)
                if number not in incomplete:
                    seen |= {key: earlier for key in (*keys, *beside) if key not in seen}
                if beside and line.match is not None:
                    self.rows[_first(earlier)] = line.match["id"]
            if earlier == packed:
                here[number] = line
            else:
                later.append((line, earlier, own, identity.shown(line)))
        dropped = self._judge_later(later, here, partners) if later else set()
        return [line for line in lines if line.line not in dropped] if dropped else list(lines)

    def _met(self, later: Sequence[tuple[Line, int, int, tuple[str, Any]]]) -> None:
        """A line that met no record is about the one that the first line of its own met."""
        joining = [
            (line, row)
            for line, packed, *_ in later
            if line.match is None and (row := self.rows.get(_first(packed))) is not None
        ]
        rows = self.rows_of({row for _, row in joining}) if joining else {}
        for line, row in joining:
            line.match = match = rows[row]
            line.changes = {name: (match[name], new) for name, new in line.values.items() if match[name] != new}

    def _judge_later(
        self,
        later: list[tuple[Line, int, int, tuple[str, Any]]],
        here: Mapping[int, Line],
        partners: Mapping[int, Hashable],
    ) -> set[int]:
        self._met(later)
        differing = {_first(packed) for _, packed, own, _ in later if not self._is_same(packed, own)} - here.keys()
        before = self.stated(differing) if differing else {}
        dropped = set()
        for line, packed, own, shown in later:
            first = _first(packed)
            group = self.groups.setdefault(first, Group([first]))
            is_same = self._is_same(packed, own)
            said = Stated({}, ()) if is_same else before.get(first) or _said_by(here.get(first))
            has_noted = not is_same and _takes_note(group, line, said)
            is_overruled = not is_same and _contradicts(line, said, group, is_last=self.keep == KEEP_LAST)
            if is_overruled:
                if self.keep is None:
                    group.contradiction = group.contradiction or shown
                    group.lines.append(line.line)
                    continue
                if self.keep == KEEP_LAST:
                    group.overriding |= {name: (_old(line, name), new) for name, new in line.values.items()}
                is_same = True
            extra = {} if is_same else _extra(line, said, group)
            partner = partners.get(line.line)
            is_known = partner is None or hash(partner) & _PARTNER == packed & _PARTNER or partner in group.partners
            if is_known and not extra and not has_noted:
                if is_overruled or self.drops:
                    dropped.add(line.line)
                else:
                    line.refuse(*shown, repeated(first))
                continue
            _add_to(group, line, extra, None if is_known else partner)
        self.skipped += len(dropped)
        return dropped

    def _is_same(self, packed: int, own: int) -> bool:
        """Whether a line says just what the first says, and no line between them has the say."""
        group = self.groups.get(_first(packed))
        return _own(packed) == own and not (self.keep == KEEP_LAST and group is not None and group.overriding)


def _first(packed: int) -> int:
    return packed >> (_OWN_BITS + _PARTNER_BITS)


def _own(packed: int) -> int:
    return (packed >> _PARTNER_BITS) & _OWN


def _said_by(line: Line | None) -> Stated:
    return Stated({name: plain(value) for name, value in line.values.items()} if line is not None else {}, ())


def _takes_note(group: Group, line: Line, said: Stated) -> bool:
    """Whether columns kept in the note say more on this line: then the note of the record has it all."""
    if not line.extras or NOTE not in line.values:
        return False
    old = _old(line, NOTE)
    base = group.overriding[NOTE][1] if NOTE in group.overriding else said.values.get(NOTE, old)
    group.overriding[NOTE] = (old, merged(base, line.values.pop(NOTE).splitlines()))
    return True


def _contradicts(line: Line, said: Stated, group: Group, *, is_last: bool) -> bool:
    """Whether a value of the line is another than that of an earlier line on the record: with `is_last` of the last."""
    for name, new in line.values.items():
        if name in group.overriding:
            if is_last and plain(new) != plain(group.overriding[name][1]):
                return True
            continue
        if name in said.values or name in group.added:
            if plain(new) != said.values.get(name, group.added.get(name)):
                return True
        elif name in said.as_they_are and plain(_old(line, name)) != plain(new):
            return True
    return False


def _extra(line: Line, said: Stated, group: Group) -> dict[str, Any]:
    known = said.values.keys() | set(said.as_they_are) | group.added.keys()
    return {name: value for name, value in line.values.items() if name not in known}


def _old(line: Line, name: str) -> Any:
    return line.match[name] if line.match is not None else None


def _add_to(group: Group, line: Line, extra: dict[str, Any], partner: Hashable | None) -> None:
    """Leave to the line what the earlier ones on its record did not say."""
    group.lines.append(line.line)
    group.added |= {name: plain(value) for name, value in extra.items()}
    if partner is None:
        line.unit = line.link = line.missing_building = None
    else:
        group.partners.add(partner)
    line.values = extra
    line.changes = {name: change for name, change in line.changes.items() if name in extra}
    line.offers = None
    if line.match is None:
        line.same_as = group.lines[0]
        line.changes = {name: (None, value) for name, value in extra.items()}
