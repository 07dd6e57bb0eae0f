"""The pictures of a report, by group of claims, with their titles and alternative texts.

Knows from which claims a picture can be drawn. The imported modules draw it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lth.claims.claim import BETWEEN_TASKS
from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document
from lth.report import cells
from lth.report.curve import curve
from lth.report.forest import forest
from lth.report.structure_plots import importances, subnetwork_bars, subnetworks, survival
from lth.report.tickets import correlation, found_tickets, ids
from lth.report.transfer_plots import mask_overlap, transfer_matrix
from lth.report.transfer_sizes import transfer_by_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A picture: `draw` saves it to a path. `name` is the name of its file, `kind` is forest, curve, …

    `alt` describes it and says where its numbers are as text.
    """

    title: str
    name: str
    alt: str
    draw: Callable[[Path | None], Figure]
    kind: str = ""
    task: str = ""


def pictures(document: Document) -> dict[str, list[Picture]]:
    """Every picture of the document, by the title of its group of claims."""
    document = printable(document)
    found: dict[str, list[Picture]] = {}
    taken: set[str] = set()
    for group, claims in cells.groups(document.claims).items():
        task, place = group.task, unique(group.task, taken)
        drawn = [
            Picture(
                f"{each.title}: {task}", f"{each.name}-{place}.svg", f"{task}. {each.alt}", each.draw, each.name, task
            )
            for each in _of_group(document, group, claims)
        ]
        if drawn:
            found[group.title] = drawn
    return found


def _of_group(document: Document, group: cells.Group, claims: Sequence[ClaimRow]) -> Iterator[Picture]:
    task = group.task
    folded = [claim for alike in cells.folded(claims).values() for claim in alike]
    judged = tuple(claim for claim in claims if claim not in folded)
    structures = tuple(row for row in document.structures if (row.task, row.model) == (task, group.model))
    mine = replace(document, claims=tuple(claims), structures=structures)
    numbers = "The table of arms has the numbers."
    if judged:
        text = f"Forest plot of {len(judged)} claims: each effect with its interval against the region claimed. "
        text += "The table has the numbers."
        draw = partial(forest, replace(document, claims=judged))
        yield Picture("Effects against the regions claimed", "forest", text, draw)
    if task != BETWEEN_TASKS and any(id.sparsity is not None for id in cells.scored_arms(claims)):
        text = (
            "The score of each treatment with its interval, and a line for each that has several sparsities. " + numbers
        )
        yield Picture("Score against sparsity", "curve", text, partial(curve, mine, task))
    if task != BETWEEN_TASKS and subnetworks(claims):
        text = "Bars with the scores of good, random, bad and super subnetworks, pruned and retrained. " + numbers
        yield Picture("Good, random and bad subnetworks", "subnetworks", text, partial(subnetwork_bars, mine, task))
    if any(row.heads or row.mlps for row in structures):
        text = "Heat map: the share of seeds in which each attention head and each MLP survives, by layer."
        yield Picture("What survives", "survival", text, partial(survival, mine, task))
    if any(row.head_importances or row.mlp_importances for row in structures):
        text = "Importance of heads and of MLPs by rank, most important first, with half of the maximum as a line."
        yield Picture("Importance of heads and MLPs", "importance", text, partial(importances, mine, task))
    if task == BETWEEN_TASKS and document.transfer:
        yield from _of_transfer(document)


def _of_transfer(document: Document) -> Iterator[Picture]:
    about, tickets = found_tickets(document)
    text = "Heat map: the score of each source's ticket on each other task, as a share of the full model's."
    text += f" The rows of {' and '.join(ids(tickets.values()))} have the numbers." if tickets else ""
    yield Picture("Transfer between tasks", "transfer", text, partial(transfer_matrix, document))
    text = "The mean share of the full score that each source's ticket keeps, against the source's training examples."
    text += f" Claim {rho.id} has the rank correlation." if (rho := correlation(document, about)) else ""
    yield Picture("Transfer and training examples", "transfer-sizes", text, partial(transfer_by_size, document))
    text = "Heat maps: the Jaccard overlap of the tickets' masks, and of their parts that differ from theta_0's mask."
    yield Picture("Overlap of the tasks' masks", "overlap", text, partial(mask_overlap, document))


def unique(text: str, taken: set[str]) -> str:
    """A name for a file or an anchor, made from `text`. It is not yet in `taken`, and is added to it.

    >>> unique("../MNLI 5 %", set())
    'mnli-5'
    """
    base = name = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-") or "other"
    number = 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name
