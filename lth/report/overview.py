"""What there is to judge, as plain tables of at most 80 columns: the claims, and the tasks. Decides nothing."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tabulate import tabulate

from lth.claims.citations import CITATIONS
from lth.claims.claim import Claim
from lth.document.rows import ClaimRow
from lth.tasks import Task
from lth.verdict import Verdict

WIDTH = 80
GAP = "  "
NONE = "–"
CLAIM_COLUMNS = {"claim": 11, "statement": 27, "where": 12, "paper": 7, "published": 15}
"""Titles and the widths, in characters, to which their texts are wrapped."""
CLAIM_LEGEND = (
    "where: the place in the paper. paper: what the paper says. published: our verdicts on the figures that the papers "
    f"published, counted over tasks and rows ({NONE} if they give none; `lth explain CLAIM` says why)."
)
TASK_COLUMNS = ("task", "kind", "metric", "train", "dev", "lab", "baseline")
TASK_LEGEND = (
    "train, dev: the official numbers of examples. lab: the training examples of the lab's task of that name. "
    "baseline: the dev score of the training set's most common answer."
)


@dataclass(frozen=True)
class ListedClaim:
    """A claim, its sentence, and its rows on the figures that the papers published."""

    claim: Claim
    statement: str
    published: Sequence[ClaimRow]


def claims_table(claims: Iterable[ListedClaim]) -> str:
    """The claims of each paper, by number, with a legend."""
    lines = []
    for paper, members in groupby(sorted(claims, key=_order), key=lambda each: each.claim.paper):
        rows = [
            (
                each.claim.id,
                each.statement,
                each.claim.where or NONE,
                says_text(each.claim),
                "\n".join(published_lines(each.published)),
            )
            for each in members
        ]
        _, name, _ = CITATIONS.get(paper, ("", paper, ""))
        table = tabulate(rows, list(CLAIM_COLUMNS), disable_numparse=True, maxcolwidths=list(CLAIM_COLUMNS.values()))
        lines += [f" {name} ".center(WIDTH, "-"), table, ""]
    return "\n".join([*lines, *textwrap.wrap(CLAIM_LEGEND, WIDTH)])


def _order(listed: ListedClaim) -> tuple[int, str, list[tuple[int, str]]]:
    """This package's papers first, then by paper, then by the numbers in the claims' ids."""
    paper, known = listed.claim.paper, list(CITATIONS)
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", listed.claim.id)]
    return known.index(paper) if paper in known else len(known), paper, parts


def says_text(claim: Claim) -> str:
    """What the paper says about a claim as a whole: true, false or depends."""
    if isinstance(claim.says, bool):
        return "true" if claim.says else "false"
    return "depends"


def published_lines(rows: Sequence[ClaimRow]) -> list[str]:
    """The verdicts on the published figures: one, or how often each was reached."""
    counts = Counter(row.verdict for row in rows)
    reached = [(verdict, count) for verdict in Verdict if verdict is not Verdict.NOT_RUN and (count := counts[verdict])]
    if not reached:
        return [NONE]
    if sum(counts.values()) == 1:
        return [str(reached[0][0])]
    return [f"{count} {verdict.lower()}" for verdict, count in reached]


def tasks_table(tasks: Iterable[Task], lab_sizes: Mapping[str, int], baselines: Mapping[str, float]) -> str:
    """The tasks with their kinds, metrics and sizes. `baselines` are shares of 1 of the primary metric."""
    rows = [
        (
            task.name,
            task.kind,
            task.metric,
            *(f"{size:,}" for size in task.sizes),
            f"{lab_sizes[task.name]:,}" if task.name in lab_sizes else NONE,
            f"{baselines[task.name]:.3f}" if task.name in baselines else NONE,
        )
        for task in tasks
    ]
    sides = ["left" if name in ("task", "kind", "metric") else "right" for name in TASK_COLUMNS]
    table = tabulate(rows, TASK_COLUMNS, disable_numparse=True, colalign=sides)
    return "\n".join([table, "", *textwrap.wrap(TASK_LEGEND, WIDTH)])
