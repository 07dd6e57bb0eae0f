"""Prints the table of simulated error rates in docs/rule.md: `python -m benchmarks.calibration [repetitions]`.

With 4,000 repetitions it takes some minutes. The scenarios are in tests/verdict/simulated.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tabulate import tabulate

from tests.verdict.simulated import SIZES, Rates, table


def rows(found: Iterable[Rates]) -> list[list[str]]:
    """A row for each scenario: wrong SUPPORTED and wrong REFUTED in percent, at each size."""
    scenarios: dict[str, dict[int, Rates]] = {}
    for each in found:
        scenarios.setdefault(each.scenario, {})[each.n] = each
    lines = []
    for name, by_size in scenarios.items():
        promised = all(each.promised for each in by_size.values())
        cells = [text(by_size[n]) if n in by_size else "" for n in SIZES]
        lines.append([name, *cells, "yes" if promised else "no"])
    return lines


def text(each: Rates) -> str:
    """`4.9 / 5.1`; where runs collapse, with the part in which a collapse was seen."""
    both = f"{100 * each.supported:.1f} / {100 * each.refuted:.1f}"
    return f"{both} (seen: {100 * (each.seen or 0):.1f})" if "collapse" in each.scenario else both


def main() -> None:
    """Print the table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    header = ["scores", *(f"n = {n}" for n in SIZES), "promised"]
    print(tabulate(rows(table(repetitions)), headers=header, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
