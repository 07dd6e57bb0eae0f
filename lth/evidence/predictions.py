"""Your own predictions as evidence: scores, and what each dev example contributes to them, by the task's metric.

lth.evidence.own describes the form of the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from lth.errors import EvidenceError, shown
from lth.evidence.lines import RETRY, Line
from lth.evidence.own_tasks import Told, task_of
from lth.evidence.recorded import ANY, Figure, FigureKey, Figures
from lth.evidence.scores import Names, arm_of
from lth.evidence.tables import Table
from lth.tasks import Task, majority, scores
from lth.verdict.samples import Sample

FORM = ("task", "arm", "seed", "example", "prediction", "label")

Answer = float | str | dict[str, list[str]]
"""A class's number, a number, or a text; the label of a question is its answers."""


@dataclass
class Dev:
    """The dev examples of one task, in the order of their first lines, and how its cells are read."""

    task: Task
    read: Callable[[Line, str], Answer]
    places: dict[str, int] = field(default_factory=dict)
    labels: list[Answer] = field(default_factory=list)


Run = list[Answer | None]
"""The predictions of one run by the place of their example; None where there is none yet."""


def read_predictions(table: Table, names: Names, told: Told) -> tuple[Figures, dict[str, float]]:
    """The figures of all arms, and by task the score of always giving the most common label of these examples.

    Arms are added to `names`, and tasks that this package does not know to `told`. Raises EvidenceError for an example
    that is twice in a run or missing in one, and for labels that differ between runs.
    """
    table.require(FORM)
    devs: dict[str, Dev] = {}
    runs: dict[FigureKey, dict[int, Run]] = {}
    known: dict[tuple[str, ...], tuple[Dev, Run]] = {}  # by the texts that the lines of one run share
    for line in table.lines:
        cells = line.cells
        texts = cells["task"], cells["arm"], cells["seed"], cells.get("metric", "")
        if texts not in known:
            task = task_of(line, told)
            dev = devs.setdefault(task.name, Dev(task, _reader(line, task)))
            arm, seed = arm_of(line, names), line.whole("seed")
            known[texts] = dev, runs.setdefault((ANY, task.name, arm), {}).setdefault(seed, [])
        _add(line, *known[texts])
    if not runs:
        raise EvidenceError(
            f"{table.file}: no line below the header; expected one for each example of each run; add them"
        )
    for (_, name, arm), by_seed in runs.items():
        for seed, run in by_seed.items():
            _check_complete(table.file, f"{arm} on {name} with seed {seed}", devs[name], run)
    figures = {key: _figure(devs[key[1]], by_seed) for key, by_seed in runs.items()}
    return figures, {name: _baseline(dev) for name, dev in devs.items()}


def _add(line: Line, dev: Dev, run: Run) -> None:
    example, label = line.cells["example"], dev.read(line, "label")
    place = dev.places.setdefault(example, len(dev.places))
    run.extend([None] * (place + 1 - len(run)))
    if run[place] is not None:
        raise line.error(
            "example", f"a second prediction for {shown(example)} in this run", "each example once per run"
        )
    if place == len(dev.labels):
        dev.labels.append(label)
    elif label != dev.labels[place]:
        given = f"{shown(line.cells['label'])} for example {shown(example)}, which had another label before"
        raise line.error("label", given, "the same label in every run")
    run[place] = dev.read(line, "prediction")


def _check_complete(file: Path, what: str, dev: Dev, run: Run) -> None:
    missing = next((at for at in range(len(dev.places)) if at >= len(run) or run[at] is None), None)
    if missing is not None:
        example = next(name for name, place in dev.places.items() if place == missing)
        raise EvidenceError(
            f"{file}, column example: no prediction of {what} for example {shown(example)}; expected the same examples "
            f"in every run of a task; {RETRY}"
        )


def _figure(dev: Dev, by_seed: dict[int, Run]) -> Figure:
    from lth.tasks.contributions import contributions  # numpy, for predictions alone

    task, labels = dev.task, dev.labels
    values: Any = labels
    found = [scores(task, run, values)[task.metric] for run in by_seed.values()]  # type: ignore[arg-type]
    rows = [contributions(task, run, values) for run in by_seed.values()]  # type: ignore[arg-type]
    by_example = [row for row in rows if row is not None]
    return Figure(fmean(found), Sample(tuple(by_seed), tuple(found), by_example))


def _baseline(dev: Dev) -> float:
    labels: Any = dev.labels
    return majority(dev.task, labels, labels)


def _reader(line: Line, task: Task) -> Callable[[Line, str], Answer]:
    """What turns a cell of a prediction or a label into an answer of the task."""
    if task.kind == "mlm":
        expected = "another task, because the tokens of one text are not independent examples"
        raise line.error("task", task.name, f"{expected}; give its scores in scores.csv")
    if task.kind == "regression":
        return Line.real
    if task.kind == "span":
        return _text
    if not task.labels and task.metric != "f1":
        return _classes()
    names = task.labels or ("0", "1")
    numbers: dict[str, Answer] = {f"{at}{end}": at for at in range(len(names)) for end in ("", ".0")}
    numbers |= {name: at for at, name in enumerate(names)}
    classes = f"{' or '.join(names)}" + (f", or its number, 0 to {len(names) - 1}" if task.labels else "")

    def read(line: Line, column: str) -> Answer:
        text = line.cells[column]
        if text not in numbers:
            raise line.error(column, shown(text), classes)
        return numbers[text]

    return read


def _classes() -> Callable[[Line, str], Answer]:
    """Numbers the classes of a task in the order in which they are met; 1 and 1.0 are one class."""
    numbers: dict[str, int] = {}

    def read(line: Line, column: str) -> Answer:
        text = line.cells[column].removesuffix(".0")
        if not text:
            raise line.error(column, "''", "a class, as a number or a name")
        return numbers.setdefault(text, len(numbers))

    return read


def _text(line: Line, column: str) -> Answer:
    """A predicted text as it is; a label as its answers: a text, or a JSON list of texts."""
    text = line.cells[column]
    if column == "prediction":
        return text
    answers = [text]
    if text.startswith("["):
        try:
            answers = json.loads(text)
        except (ValueError, RecursionError):
            answers = []
    if not answers or not all(isinstance(answer, str) and answer for answer in answers):
        raise line.error(column, shown(text), 'an answer, or a JSON list of answers such as ["tea", "a tea"]')
    return {"text": answers}
