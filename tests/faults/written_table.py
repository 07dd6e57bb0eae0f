"""The table in the docs of what the suite showed: doors, bad inputs, and how many held; and other faults by module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tabulate import tabulate

from tests.faults.kinds import KINDS
from tests.faults.table import Door

BEGIN, END = "<!-- written by make faults -->", "<!-- end of what make faults wrote -->"


@dataclass
class Outcomes:
    """The cases that ran and those that held: of bad input by door, of other faults by the title of their module."""

    ran: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, held: bool, seconds: float) -> None:
        """Count one case of a door or a module."""
        self.ran[name] += 1
        self.held[name] += held
        self.slowest[name] = max(self.slowest.get(name, 0.0), seconds)

    def row(self, name: str) -> list[str]:
        """How many held, of how many, and the seconds of the slowest."""
        return [f"{self.held[name]} of {self.ran[name]}", f"{self.slowest.get(name, 0.0):.1f}"]


def table(outcomes: Outcomes, doors: Iterable[Door], others: Iterable[str]) -> str:
    """The tables as Markdown: bad input by door, other faults, and the bad inputs of each kind by name."""
    rows = [[f"`{door.name}`", door.takes, *outcomes.row(door.key)] for door in doors]
    doors_table = tabulate(rows, ["door", "takes", "held", "slowest, s"], tablefmt="github", disable_numparse=True)
    rows = [[name, *outcomes.row(name)] for name in others]
    faults_table = tabulate(rows, ["fault", "held", "slowest, s"], tablefmt="github", disable_numparse=True)
    kinds = "\n".join(f"- **{kind}** ({len(bad)}): {', '.join(bad)}." for kind, bad in KINDS.items())
    return f"{doors_table}\n\nOther faults:\n\n{faults_table}\n\nThe bad inputs of each kind:\n\n{kinds}"


def write(page: Path, text: str) -> None:
    """Put the text between the page's two marks."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def named(page: str) -> set[tuple[str, str]]:
    """The doors and their kinds, by the page's table."""
    part = page.partition(BEGIN)[2].partition(END)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| `")]
    return {(row[0].strip("`"), row[1]) for row in cells}
