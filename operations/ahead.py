"""Work done ahead: while the database is busy with one part, the next is made ready."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


def made_ahead(parts: Iterable[Part], make: Callable[[Part], Made]) -> Generator[Made, None, None]:
    """What `make` makes of each part, in order, each made while whoever takes them is still busy with the one before.

    `make` runs in another thread, which gets its turn as drivers let go of the interpreter for as long as a statement
    runs, and must not touch the database; the parts are taken here, one ahead. What it raises is raised here. One
    part alone is no work for a thread. None outlives the generator: close it where it may not come to its end.
    """
    left = iter(parts)
    first = list(islice(left, 2))
    if len(first) < 2:
        yield from map(make, first)
        return
    with ThreadPoolExecutor(1) as pool:
        waiting = deque[Future[Made]]()
        for part in chain(first, left):
            waiting.append(pool.submit(make, part))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
