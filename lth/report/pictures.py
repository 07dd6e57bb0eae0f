"""Which pictures a report has, for each group of claims, and what is said of them to those who do not see them.

Knows which claims a picture can be drawn from; how it is drawn, `plots` and `structure_plots` know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lth.claims.claim import BETWEEN_TASKS
from lth.document.document import Claim, Document
from lth.report import cells
from lth.report.plots import curve, forest
from lth.report.structure_plots import KINDS, importances, subnetwork_bars, survival
from lth.report.transfer_plots import mask_overlap, transfer_matrix
from lth.report.transfer_sizes import transfer_by_size

Key = tuple[str, str, str, str]
"""A group of claims: task, model, data, source."""


@dataclass(frozen=True)
class Picture:
    """A picture to be drawn into a file called `name`; `alt` says what is on it and where its numbers stand as text."""

    title: str
    name: str
    alt: str
    draw: Callable[[Path], None]


TRANSFER: tuple[tuple[str, str, str, Callable[[Document, Path], None]], ...] = (
    (
        "Transfer between tasks",
        "transfer",
        "Heat map: the score of each source's ticket on each other task, as a share of the full model's. "
        "The rows of chen-5 and chen-6 have the numbers.",
        transfer_matrix,
    ),
    (
        "Transfer and training examples",
        "transfer-sizes",
        "The mean share of each source's ticket against its number of training examples. Claim chen-7 has rho.",
        transfer_by_size,
    ),
    (
        "Overlap of the tasks' masks",
        "overlap",
        "Heat maps: the Jaccard overlap of the tickets' masks, and of what in them differs from theta_0's own mask.",
        mask_overlap,
    ),
)


def pictures(document: Document) -> dict[str, list[Picture]]:
    """Every picture that the document gives, by the title of its group of claims."""
    found: dict[str, list[Picture]] = {}
    taken: set[str] = set()
    for key, claims in cells.groups(document).items():
        drawn = _of_group(document, key, claims, unique(key[0], taken))
        if drawn:
            found[cells.group_title(key)] = drawn
    return found


def _of_group(document: Document, key: Key, claims: Sequence[Claim], place: str) -> list[Picture]:
    task = key[0]
    folded = [claim for alike in cells.folded(claims).values() for claim in alike]
    judged = [claim for claim in claims if claim not in folded]
    entries = [each for each in document.get("structures") or () if (each["task"], each.get("model")) == key[:2]]
    mine = {**document, "claims": list(claims), "structures": entries}
    arms = {name: arm for name, arm in cells.arms_of(claims).items() if arm.get("quantity", "score") == "score"}
    numbers = "The numbers stand with the arms of each claim."
    found = []
    if judged:
        text = f"Forest plot of {len(judged)} claims: each effect with its interval against the region claimed. "
        drawn = partial(forest, {**document, "claims": judged})
        found.append(
            Picture("Effects against the regions claimed", "forest", text + "The table has the numbers.", drawn)
        )
    pruned = any(name != "full" and cells.finite(arm.get("sparsity")) is not None for name, arm in arms.items())
    if pruned and task != BETWEEN_TASKS:
        text = "Score against the share of weights removed, a line for each treatment with intervals. " + numbers
        found.append(Picture("Score against sparsity", "curve", text, partial(curve, mine, task)))
    if any(re.match(rf"[sm]-({'|'.join(KINDS)}) ", name) for name in arms):
        text = "Bars with the scores of good, random, bad and super subnetworks, pruned and retrained. " + numbers
        draw = partial(subnetwork_bars, mine, task)
        found.append(Picture("Good, random and bad subnetworks", "subnetworks", text, draw))
    if _any_holds(entries, "heads", "mlps"):
        text = "Heat map: the share of seeds in which each attention head and each MLP survives, a row for each layer."
        found.append(Picture("What survives", "survival", text, partial(survival, mine, task)))
    if _any_holds([entry.get("importance") or {} for entry in entries], "heads", "mlps"):
        text = "Importance of heads and of MLPs by rank, most important first, with half of the maximum as a line."
        found.append(Picture("Importance of heads and MLPs", "importance", text, partial(importances, mine, task)))
    if task == BETWEEN_TASKS and document.get("transfer"):
        found += [Picture(title, name, text, partial(draw, document)) for title, name, text, draw in TRANSFER]
    return [
        Picture(f"{each.title}: {task}", f"{each.name}-{place}.svg", f"{task}. {each.alt}", each.draw) for each in found
    ]


def _any_holds(entries: Collection[Mapping[str, Any]], *parts: str) -> bool:
    return any(entry.get(part) for entry in entries for part in parts)


def unique(text: str, taken: set[str]) -> str:
    """A name for files and anchors made of `text`, unlike all in `taken`, to which it is added.

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
