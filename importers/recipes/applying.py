"""A recipe applied to a file: the same head and blocks as any file gives, with what goes beside its lines.

For `importers.loading.runs`, where `Settings.recipe` is set:

    with applied(recipe, opened, settings.reading) as file:
        file.head, file.blocks(size)        as of `read_apart`
        merged(settings, recipe, header) the person's decisions on top of the recipe's
        file.beside.wishes                  once the blocks are through: what `importers.recipes.beside` keeps
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from importers.mapping.headings import IGNORED, OWN_HEADINGS
from importers.mapping.headings import Mapping as FieldMapping
from importers.reading import sources
from importers.reading.blocks import BLOCK_ROWS, Block, Head
from importers.reading.known_headings import normalised
from importers.reading.table import UnreadableFile
from importers.recipes.beside import Beside
from importers.recipes.joining import Joined, Rows
from importers.recipes.made_columns import MadeColumns, made_columns
from importers.recipes.recipe import Output, Recipe
from importers.settings import Reading, Settings, Source
from models.base import N_
from models.faults import Fault, Labels

# Opens a sheet, told how to read it and which headings are looked for.
Opener = Callable[[Reading, Mapping[str, int]], AbstractContextManager[sources.Source]]


@dataclass
class Applied:
    """The file as the recipe has it: the columns of the base sheet, then one for each field that is made of others."""

    head: Head
    beside: Beside
    _base: sources.Source
    _made: MadeColumns
    _joined: Joined

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The lines in blocks; those of other sheets that no base row names come last, counted on from the base's."""
        last = 0
        for block in self._base.blocks(size):
            last = block.lines[-1] if block.lines else last
            yield self._filled(self.beside.taken_out(block))
        rest = self._joined.rest(last + 1)
        for start in range(0, len(rest), size):
            some = rest[start : start + size]
            rows = [self._made.row(row, other) for _, row, other in some]
            lines = [line for line, _, _ in some]
            yield Block(lines, rows, self._made.problems(lines, [other for _, _, other in some]))

    def _filled(self, block: Block) -> Block:
        met, problems = self._joined.meet(block)
        rows = [self._made.row(row, other) for row, other in zip(block.rows, met, strict=True)]
        problems = [*block.problems, *problems, *self._made.problems(block.lines, met)]
        return replace(block, rows=rows, problems=problems)


@dataclass
class Returned:
    """A file of refused lines that comes back: its columns were made when it was read before."""

    head: Head
    beside: Beside
    _file: sources.Source

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """The lines as they stand in the file."""
        return self._file.blocks(size)


@contextmanager
def applied(recipe: Recipe, opened: Opener, reading: Reading) -> Iterator[Applied | Returned]:
    """The file read by the recipe, each of its sheets by itself. Raises UnreadableFile where a sheet or a heading that
    the recipe needs is not there.
    """
    made = [output.heading for output in recipe.outputs if output.text is None and not output.is_plain]
    if recipe.joins:
        with opened(reading, {normalised(heading): 1 for heading in made}) as file:
            if set(made) <= set(file.head.header):
                yield Returned(file.head, Beside(recipe), file)
                return
    with _joined(recipe, opened, reading) as found:
        yield found


@contextmanager
def _joined(recipe: Recipe, opened: Opener, reading: Reading) -> Iterator[Applied]:
    others = {join.sheet: _whole(recipe, opened, join.sheet, reading) for join in recipe.joins}
    told = recipe.buildings
    apart = None if told is None or told.sheet == recipe.base else _whole(recipe, opened, told.sheet, reading)
    with opened(_on(recipe, recipe.base, reading), _known(recipe, recipe.base)) as base:
        header = base.head.header
        _demand(recipe, recipe.base, header)
        made, found, beside = made_columns(recipe, header, others), Joined(recipe, header, others), Beside(recipe)
        beside.begin(header, apart)
        met = [found.other(row) for row in base.head.sample]
        sample = [made.row(row, other) for row, other in zip(base.head.sample, met, strict=True)]
        notices = [*base.head.notices, *_unread(recipe, base.head)]
        yield Applied(replace(base.head, header=made.header, sample=sample, notices=notices), beside, base, made, found)


def _unread(recipe: Recipe, head: Head) -> list[Fault]:
    """That some sheets of a workbook of several go nowhere."""
    sheets = [sheet for sheet in head.sheets if sheet not in recipe.sheets] if len(recipe.sheets) > 1 else []
    return [Fault(N_("These sheets are not read: %(sheets)s"), sheets=", ".join(sheets))] if sheets else []


def merged(settings: Settings, recipe: Recipe, header: Sequence[str]) -> Settings:
    """The settings with what the recipe says wherever the person has not said otherwise."""
    places = {heading: index for index, heading in reversed(list(enumerate(header)))}
    filled = [output for output in recipe.outputs if output.text is not None or output.heading in places]
    columns = {output.field: _filled(output, places) for output in filled}
    for sorting in recipe.sortings:
        columns |= {name: Source(column=places[sorting.heading(name)]) for name in sorting.fields}
    values = {output.field: output.values for output in recipe.outputs if output.values}
    return replace(
        settings,
        columns=columns if settings.columns is None else settings.columns,
        values={**values, **settings.values},
        create_missing=settings.create_missing or recipe.create_missing,
        recipe=recipe.name,
    )


def really_ignored(mapping: FieldMapping, recipe: Recipe) -> FieldMapping:
    """The mapping with one notice: of the columns that the recipe reads in no way, as they stand or otherwise."""
    read = {source.column for _, source in mapping.filled()} | set(mapping.note_columns)
    known = {*recipe.used_columns, *OWN_HEADINGS}
    ignored = [name for index, name in enumerate(mapping.header) if index not in read and name not in known]
    notices = [Fault(IGNORED, columns=", ".join(ignored))] if ignored else []
    return replace(mapping, ignored=ignored, notices=notices)


def _filled(output: Output, places: Mapping[str, int]) -> Source:
    return Source(column=places[output.heading]) if output.text is None else Source(text=output.text)


def _on(recipe: Recipe, sheet: str, reading: Reading) -> Reading:
    """How to read that sheet; of a file that has but one, whatever it is called."""
    return reading if len(recipe.sheets) == 1 else replace(reading, sheet=sheet, header_line=None, header_rows=None)


def _known(recipe: Recipe, sheet: str) -> dict[str, int]:
    return {normalised(heading): 1 for heading in recipe.needs(sheet)}


def _whole(recipe: Recipe, opened: Opener, sheet: str, reading: Reading) -> Rows:
    """All rows of a sheet that stands beside the base sheet."""
    with opened(_on(recipe, sheet, reading), _known(recipe, sheet)) as source:
        _demand(recipe, sheet, source.head.header)
        rows = Rows(sheet, source.head.header)
        for block in source.blocks():
            rows.take(block)
        return rows


def _demand(recipe: Recipe, sheet: str, header: list[str]) -> None:
    here = {normalised(heading) for heading in header}
    lacking = [heading for heading in recipe.needs(sheet) if normalised(heading) not in here]
    if lacking:
        raise UnreadableFile(
            N_("This is not a file of the kind “%(recipe)s”: the column %(heading)s is missing"),
            recipe=Labels((recipe.label,)),
            heading=lacking[0],
        )
