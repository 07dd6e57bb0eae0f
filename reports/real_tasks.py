"""One short fine-tuning of an encoder on each task that a folder holds, as a Markdown table (real-tasks.md).

usage: python reports/real_tasks.py MODEL DATA [STORE]
"""

import sys
from dataclasses import replace
from pathlib import Path

from tabulate import tabulate

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore
from lth.spec.expressions import Expression
from lth.tasks import get_task

OTHERS: dict[str, int | None] = {
    "train_examples": 3000
}  # what changes in the protocol `short`; below, for tasks of another length or need
CHANGES: dict[str, dict[str, int | None]] = {
    "cola": {"train_examples": None, "epochs": 2},
    "squad": {"train_examples": 1500, "dev_examples": 500},
    "mlm": {"train_examples": 2000, "dev_examples": 500},
}


def main(model: str, data: str, store: str = ".lth/store") -> None:
    """Train the full model with seed 0 on every task, and print the table."""
    settings, _ = read_settings(
        {"task": "all", "model": model, "data": data, "protocol": "short", "seeds": "1"}, Path()
    )
    fits: dict[str, Expression] = {}
    for task in settings.tasks:
        protocol = replace(settings.protocol, changes=CHANGES.get(task.name, OTHERS))
        (fits[task.name],) = replace(arms_of(settings, task), protocol=protocol).full().experiments
    results = execute(list(fits.values()), FolderStore(Path(store)), Workers(2))
    rows = []
    for name, fit in fits.items():
        value, facts = results[fit], get_task(name)
        others = [f"{metric} {score:.3f}" for metric, score in value["scores"].items() if metric != facts.metric]
        sizes = [f"{size:,}" for size in (*facts.sizes, value["examples"]["train"], value["examples"]["dev"])]
        scored = [facts.metric, f"{value['score']:.3f}", f"{value['majority']:.3f}", ", ".join(others)]
        rows.append([name, *sizes, *scored, f"{value['seconds']:.0f}"])
    header = ["task", "train", "dev", "trained on", "scored on", "metric", "score", "majority", "other scores", "s"]
    print(tabulate(rows, headers=header, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
