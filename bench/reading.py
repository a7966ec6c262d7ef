"""`python -m bench.reading`: how much of damaged files is read rightly, by family, and how fast clean ones are."""

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter

from bench.damage import WEIGHTS, Case, cases
from bench.shop_table import table
from importers.reading.files import read_table
from importers.reading.table import Table, UnreadableFile

BEST = 10.0


def score(case: Case, path: Path) -> float:
    """0 to 10: whether it loads, and precision, recall and their mean of headings, records and cells."""
    path.write_bytes(case.content)
    try:
        found = read_table(path)
    except UnreadableFile:
        return 0.0
    return 1.0 + sum(_header(case, found)) + sum(_records(case, found)) + sum(_cells(case, found))


def _header(case: Case, found: Table) -> tuple[float, float, float]:
    wanted = case.header[0] if case.header else []
    return _measures(Counter(wanted), Counter(found.header if found.header_rows else []))


def _records(case: Case, found: Table) -> tuple[float, float, float]:
    return _measures(Counter(map(tuple, case.rows)), Counter(map(tuple, found.rows)))


def _cells(case: Case, found: Table) -> tuple[float, float, float]:
    return _measures(Counter(_flat(case.rows)), Counter(_flat(found.rows)))


def _flat(rows: Iterable[list[str]]) -> list[str]:
    return [cell for row in rows for cell in row]


def _measures(wanted: Counter[object], found: Counter[object]) -> tuple[float, float, float]:
    if not wanted and not found:
        return 1.0, 1.0, 1.0
    both = (wanted & found).total()
    precision = both / found.total() if found else 0.0
    recall = both / wanted.total() if wanted else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0


def scores(every: int = 1, rows: int = 84) -> dict[str, list[float]]:
    """The score of each file, by family."""
    found: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        for case in cases(table(rows), every):
            found[case.family].append(score(case, path))
    return found


def simple(found: dict[str, list[float]]) -> float:
    """The mean over all files."""
    return sum(map(sum, found.values())) / sum(map(len, found.values()))


def weighted(found: dict[str, list[float]]) -> float:
    """The mean over the families, each as common as we guess it to be; damages of one place share a weight of 12."""
    weights = {family: WEIGHTS.get(family, 0.8) for family in found}
    total = sum(weights.values())
    return sum(weights[family] * sum(values) / len(values) for family, values in found.items()) / total


def clean_seconds(rows: int = 100_000) -> float:
    """Seconds for a clean file of 12 columns, frame included."""
    import pandas  # noqa: F401, PLC0415  # loaded once in a process, not once for each file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        lines = (
            f"B{n},赵敏{n},138{n:08d},翠湖花园,{n % 30}-{n % 3}-{n % 40}01,2020-01-{n % 28 + 1:02d},"
            f"业主,{n / 7:.2f},,a{n}@b.cn,一些 备注,是\n"
            for n in range(rows)
        )
        path.write_text("编号,姓名,手机,小区,房号,日期,身份,面积,车位,邮箱,备注,本人\n" + "".join(lines))
        begun = perf_counter()
        frame = read_table(path).frame
        spent = perf_counter() - begun
    assert frame.shape == (rows, 12)
    return spent


def main() -> None:
    """Print the scores and the time."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1, help="of the damages at every place, each how many-th")
    begun = perf_counter()
    found = scores(arguments.parse_args().every)
    for family, values in found.items():
        print(f"{family:24} {len(values):5} files {sum(values) / len(values):7.4f}  worst {min(values):6.3f}")
    print(f"simple {simple(found):.4f}, weighted {weighted(found):.4f}, {perf_counter() - begun:.1f} s")
    print(f"clean file of 100,000 rows and 12 columns: {clean_seconds():.2f} s")


if __name__ == "__main__":
    main()
