"""`lth lab …`: examples of the embedded tasks, and the pre-training of the embedded model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lth import lab
from lth.app.arguments import whole
from lth.app.new_folder import new_folder
from lth.tasks import get_task, load

MOST_STEPS, MOST_SEED, MOST_THREADS = 1_000_000, 2**32 - 1, 1024


def add_commands(commands: Any) -> None:
    """Add `lab` with its commands to the subparsers of `lth`."""
    embedded = commands.add_parser("lab", help="the embedded model and tasks")
    both = embedded.add_subparsers(required=True, metavar="COMMAND")
    pretrain = both.add_parser("pretrain", help="pre-train the lab's model again")
    pretrain.add_argument(
        "--out", default="lab-checkpoint", help="new folder for the checkpoint (default: lab-checkpoint)"
    )
    pretrain.add_argument("--steps", help="number of batches (default: as for the model in the package)")
    pretrain.add_argument("--seed", default="0", help="seed of weights, masks and order (default: 0)")
    pretrain.add_argument(
        "--threads", default="2", help="number of threads, on which the last digits depend (default: 2)"
    )
    pretrain.add_argument("--half", action="store_true", help="write weights as float16, in half the room")
    pretrain.set_defaults(run=_pretrain)
    show = both.add_parser("show", help="print examples of a task")
    show.add_argument("task")
    show.add_argument("-n", default="10", help="number of examples (default: 10)")
    show.set_defaults(run=_show)


def _pretrain(options: argparse.Namespace) -> None:
    steps = {} if options.steps is None else {"steps": whole("--steps", options.steps, 1, MOST_STEPS)}
    seed = whole("--seed", options.seed, 0, MOST_SEED)
    threads = whole("--threads", options.threads, 1, MOST_THREADS)
    out = new_folder(options.out, _checkpoint)
    from lth.lab.half import halve  # torch, for this command alone
    from lth.lab.pretrain import pretrain

    pretrain(out, seed=seed, threads=threads, **steps)
    if options.half:
        halve(out)
    print(f"wrote {out}")


def _checkpoint(folder: Path) -> bool:
    """Whether this command has written the folder, or has begun to."""
    if any((folder / name).exists() for name in (lab.STATE, f"{lab.STATE}.new")):
        return True
    try:
        return "corpus_sha256" in json.loads((folder / lab.RECORD).read_bytes())
    except (FileNotFoundError, ValueError, RecursionError, TypeError):
        return False


def _show(options: argparse.Namespace) -> None:
    task = get_task(options.task)
    made = lab.TASKS.get(task.name)
    count = whole("-n", options.n, 1, made.train) if made else 0  # for a task that the lab has not, `load` raises
    for example in load(task, "lab").train.select(range(count)):
        label = example.get("label", "")
        print("\t".join([str(task.labels[label] if task.labels else label), *(example[name] for name in task.inputs)]))
