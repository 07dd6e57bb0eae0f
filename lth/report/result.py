"""A run's verdicts for a notebook: table, frame, figures and rows, all read from its document."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lth.document.files import write_json
from lth.document.rows import ClaimRow, Document
from lth.errors import UsageError, did_you_mean
from lth.report import cells
from lth.report.pictures import pictures
from lth.report.table import terminal_table
from lth.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_COLORS = {Verdict.SUPPORTED: "#009E73", Verdict.REFUTED: "#D55E00", Verdict.INCONCLUSIVE: "#B07500"}


@dataclass(frozen=True, repr=False)
class Report:
    """The verdicts of one run. In a notebook it shows itself as a table.

    >>> report = lth.run("chen-1", task="sst2", seeds=2)  # doctest: +SKIP
    >>> report["chen-1"].verdict  # doctest: +SKIP
    <Verdict.SUPPORTED: 'SUPPORTED'>
    """

    document: Document

    def __repr__(self) -> str:
        return self.table()

    def __getitem__(self, name: str) -> ClaimRow:
        """The row of a claim by its name, as in `chen-1`, `chen-3 5%` or, with several tasks, `sst2 chen-1`.

        Raises UsageError for a name that no row or more than one has.
        """
        claims = self.document.claims
        names = {f"{claim.task} {claim.name}": claim for claim in claims}
        found = [claim for full, claim in names.items() if name in (full, claim.name, claim.id)]
        if not found:
            known = list(dict.fromkeys([*(claim.name for claim in claims), *names]))
            raise UsageError(f"no claim {name!r}{did_you_mean(name, known)} Claims: {', '.join(known)}")
        if len(found) > 1:
            several = ", ".join(f"{claim.task} {claim.name}" for claim in found)
            raise UsageError(f"{name!r} names {len(found)} rows; expected the name of one; give one of {several}")
        return found[0]

    def table(self, width: int = 120) -> str:
        """The verdict table as the terminal shows it, `width` characters wide."""
        return terminal_table(self.document, width)

    def to_pandas(self) -> pd.DataFrame:
        """A row a claim. Numbers are in the unit of the effect, a share of the full score or a plain number."""
        import pandas as pd  # half a second, for those who want a frame

        return pd.DataFrame([_record(claim) for claim in self.document.claims])

    def figure(self, name: str = "forest", task: str | None = None) -> Figure:
        """The picture of that name (forest, curve, subnetworks, …) of `task`, by default of the first that has it.

        Raises UsageError for a picture that the run does not give.
        """
        drawn = [each for found in pictures(self.document).values() for each in found]
        names = list(dict.fromkeys(each.kind for each in drawn))
        for each in drawn:
            if each.kind == name and task in (None, each.task):
                return each.draw(None)
        of = f" of {task}" if task else ""
        raise UsageError(f"no picture {name!r}{of}{did_you_mean(name, names)} Pictures: {', '.join(names) or 'none'}")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the document as JSON, for `lth.load`, `lth report` and `lth compare`."""
        write_json(self.document, path)
        return Path(path)

    def _repr_html_(self) -> str:
        from tabulate import tabulate

        rows = [
            (
                claim.task,
                claim.name,
                claim.statement,
                cells.interval_text(claim.interval, claim.effect.unit) if claim.interval else claim.reason,
                cells.region_text(claim.effect.region, claim.effect.unit),
                cells.seeds_text(claim) if claim.interval else "",
                str(claim.verdict),
                cells.paper_text(claim),
            )
            for claim in self.document.claims
        ]
        titles = ("task", "claim", "statement", "effect", "region", "seeds", "verdict", "paper")
        table = tabulate(rows, headers=titles, tablefmt="html", disable_numparse=True)
        for verdict, color in _COLORS.items():
            table = table.replace(f"<td>{verdict} ", f'<td style="color: {color}; font-weight: bold">{verdict} ')
            table = table.replace(f"<td>{verdict}<", f'<td style="color: {color}; font-weight: bold">{verdict}<')
        return f"{table}<p>{cells.summary_line(self.document)}. Effects and regions in % of the full score.</p>"


def load(path: str | os.PathLike[str]) -> Report:
    """The report of a run that was saved as JSON. Raises EvidenceError for a file that is none."""
    from lth.document.files import read_json

    return Report(read_json(path))


def _record(claim: ClaimRow) -> dict[str, object]:
    interval, region = claim.interval, claim.effect.region
    return {
        "task": claim.task,
        "claim": claim.id,
        "row": claim.row,
        "statement": claim.statement,
        "verdict": str(claim.verdict),
        "adjusted_verdict": str(claim.adjusted_verdict),
        "paper_says": claim.paper_verdict,
        "effect": interval and interval.estimate,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "region_low": region.low,
        "region_high": region.high,
        "unit": claim.effect.unit,
        "seeds": cells.seeds_text(claim) if interval else None,
        "mde": claim.mde,
        "reason": claim.reason,
    }
