"""The lab: a generated mini-English, tasks whose labels are computed from meaning, and a small BERT pre-trained on it.

Importing `lth.lab` does not import torch; importing `lth.lab.pretrain` does.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lth.lab import tasks

if TYPE_CHECKING:
    import datasets

__all__ = ["CHECKPOINT", "RECORD", "STATE", "TASKS", "checkpoints", "fingerprint", "splits"]

CHECKPOINT = Path(__file__).parent / "checkpoint"
"""The folder of the lab's model: that of seed 0."""
OTHERS = Path(__file__).parent / "checkpoints"
"""The folder of the models that differ from it by their seed alone, in folders called `seed-N`."""
RECORD = "recipe.json"
"""The file of a checkpoint that says how it was made."""
STATE = "pretraining.state"
"""The file of an unfinished pre-training from which it goes on."""
TASKS = tasks.TASKS
# The tasks' rows and the model's start depend on these.
_SOURCES = (
    "lexicon.py",
    "frames.py",
    "wording.py",
    "meaning.py",
    "opinions.py",
    "corpus.py",
    "sentences.py",
    "pairs.py",
    "questions.py",
    "schemas.py",
    "tasks.py",
)
_WEIGHTS = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def splits(name: str) -> dict[str, datasets.Dataset]:
    """The task's "train", "dev" and "held_out", with the columns of GLUE's or SQuAD's task of that name (mlm: `text`).

    The splits are deterministic, and no two of them share an example. dev has 800 examples (squad and mlm: 500),
    held_out has 500 for searching masks, and mnli also has "mismatched": 800 in another register. Raises TaskNotFound
    for a name not in TASKS.
    """
    made = tasks.rows(name)
    if name == "squad":
        made = {split: [{"id": f"{split} {at}", **row} for at, row in enumerate(rows)] for split, rows in made.items()}
    from datasets import Dataset

    return {split: Dataset.from_list(rows) for split, rows in made.items()}


@cache
def checkpoints() -> dict[str, Path]:
    """The folders of the pre-trained models by name, in the order of their seeds: lab, lab seed 1, lab seed 2, …"""
    seeds = sorted(int(folder.name.removeprefix("seed-")) for folder in OTHERS.glob("seed-*"))
    return {"lab": CHECKPOINT, **{f"lab seed {seed}": OTHERS / f"seed-{seed}" for seed in seeds}}


@cache
def fingerprint() -> str:
    """SHA-256 (hex) of the sources of generator and tasks and of the checkpoint; it changes if any of them does."""
    digest = hashlib.sha256()
    for path in (*(Path(__file__).parent / name for name in _SOURCES), *(CHECKPOINT / name for name in _WEIGHTS)):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
