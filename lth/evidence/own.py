"""Your own evidence, from any training code: a folder with `scores.csv` and optionally `masks.csv`.

`scores.csv` has a header and one of two forms; other columns are ignored:

    task,arm,seed,score             one line per run; arms with the same seeds are compared in pairs
    task,arm,mean,std,n             one line per arm; std is the sample's (n - 1), empty if it is not known

Tasks and arms have this package's names: `full`, `imp@0.7` (treatment@sparsity), `random@0.7`, `rewound 5%@0.7`,
`m-good retrained`, `s-bad pruned`, … A score is the task's primary metric on dev, from 0 to 1. Each task needs `full`.
The arm `majority` is the score of always answering the most common class; without it, the score on the official dev set
is used.

`masks.csv` has the heads and MLPs that structured pruning kept (1) or removed (0), a line for each layer of each run:

    task,seed,layer,mlp,head0,…,head11          and optionally arm; only lines of s-good are used

It gives `s-kappa of heads` and `s-kappa of mlps` (lth.verdict.agreement, over seeds) and, for each two tasks that have
masks with the same seeds, such as sst2 and rte, `s-kappa of heads with rte` on sst2. If scores.csv has one of these
arms, or `s-kappa of heads between tasks`, its figures are used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, UsageError, shown, visible
from lth.evidence.lines import SHARE, Line, read_table, require
from lth.evidence.recorded import ANY, FULL, MAJORITY, Figure, FigureKey, Figures, Recorded, published
from lth.evidence.whole import DIGITS, LARGEST
from lth.tasks import get_task
from lth.verdict.samples import Sample, Scores, Summary

SCORES, MASKS = "scores.csv", "masks.csv"
SEED_FORM, SUMMARY_FORM = ("task", "arm", "seed", "score"), ("task", "arm", "mean", "std", "n")


def read_folder(folder: Path) -> Recorded:
    """The evidence in a folder. Raises EvidenceError, which names file, line and column of the first fault."""
    file = folder / SCORES
    columns, lines = read_table(file)
    if "score" in columns and (summary := {"mean", "std", "n"} & set(columns)):
        raise EvidenceError(
            f"{file}:1, column {min(summary)}: the file has the column score too; expected {','.join(SEED_FORM)} or "
            f"{','.join(SUMMARY_FORM)}; split it into two folders, one for each form"
        )
    by_summary = "score" not in columns and bool({"mean", "std", "n"} & set(columns))
    require(file, columns, SUMMARY_FORM if by_summary else SEED_FORM)
    names: dict[ArmId, str] = {}
    figures = (_summaries if by_summary else _samples)(lines, names)
    if not figures:
        raise EvidenceError(f"{file}: no line below the header; expected one for each run or arm; add them")
    _check_full(figures, str(file))
    if os.path.lexists(folder / MASKS):
        from lth.evidence.masks import read_kappas  # numpy and scipy, for masks alone

        figures = read_kappas(folder / MASKS) | figures
    return _recorded(figures, visible(str(folder)), names)


def from_scores(scores: Mapping[str, Mapping[str, Scores]]) -> Recorded:
    """The evidence in scores by task and arm's name.

    Raises EvidenceError for a task without the scores of full, and for scores and arms' names that cannot be used;
    TaskNotFound for an unknown task.
    """
    figures: Figures = {}
    place = "the scores given"
    for task, arms in scores.items():
        get_task(task)
        for name, each in arms.items():
            arm = _parsed(name)
            if arm is None:
                raise EvidenceError(f"{place}: arm {name!r} on {task}; expected {_example(name)}; correct it")
            if (ANY, task, arm) in figures:
                raise EvidenceError(f"{place}: arm {arm} on {task} is given twice; expected it once; leave one out")
            _check_scores(f"{place}: {arm} on {task}", arm, each)
            figures[ANY, task, arm] = Figure(each.mean, each)
    _check_full(figures, place)
    return _recorded(figures, place, {arm: place for _, _, arm in figures})


def _check_scores(what: str, arm: ArmId, scores: Scores) -> None:
    """Raise EvidenceError for no score and for one that is not a share of 1; NaN is a run without a score."""
    if not scores.n:
        raise EvidenceError(f"{what} has no score; expected at least one; give it")
    for score in scores.scores if isinstance(scores, Sample) else (scores.mean,):
        if abs(score) > (1 if arm.measure == "score" else LARGEST):
            raise EvidenceError(f"{what}: {score:g}; expected {SHARE}; correct it")
    if isinstance(scores, Summary) and not (scores.std <= LARGEST and scores.n < 10**DIGITS):
        raise EvidenceError(
            f"{what}: std {scores.std:g}, n {scores.n}; expected numbers of at most {LARGEST:g}; correct them"
        )


def _check_full(figures: Figures, source: str) -> None:
    for task in dict.fromkeys(task for _, task, _ in figures):
        if (ANY, task, FULL) not in figures:
            raise EvidenceError(
                f"{source}: no scores of full on {task}; expected them, because they are the unit of effects; add them"
            )


def _recorded(figures: Figures, place: str, names: Mapping[ArmId, str]) -> Recorded:
    majorities = {task: figure.mean for (_, task, arm), figure in figures.items() if arm == MAJORITY}
    about = {"model": "", "data": place, "evidence": place, "protocol": "paper"}
    kept = {key: figure for key, figure in figures.items() if key[2] != MAJORITY}
    return Recorded(place, kept, {**published().baselines, **majorities}, about, names)


def _samples(lines: Iterator[Line], names: dict[ArmId, str]) -> Figures:
    runs: dict[FigureKey, dict[int, float]] = {}
    known: dict[tuple[str, str], dict[int, float]] = {}  # by the texts of task and arm, which most lines share
    for line in lines:
        texts = line.cells["task"], line.cells["arm"]
        if texts not in known:
            known[texts] = runs.setdefault((ANY, line.task(), _arm(line, names)), {})
        scores, seed = known[texts], line.whole("seed")
        if seed in scores:
            given = f"a second score of {texts[1]} on {texts[0]} with seed {seed}"
            raise line.error("seed", given, "each seed once")
        scores[seed] = line.score("score")
    return {key: Figure(fmean(one.values()), Sample(tuple(one), tuple(one.values()))) for key, one in runs.items()}


def _summaries(lines: Iterator[Line], names: dict[ArmId, str]) -> Figures:
    figures: Figures = {}
    sizes: dict[FigureKey, int] = {}
    for line in lines:
        key = (ANY, line.task(), _arm(line, names))
        mean, n = line.score("mean"), line.whole("n", least=1)
        if key in figures:
            sure = "" if n == sizes[key] else f", of n {n} after n {sizes[key]}"
            raise line.error("arm", f"a second line of {key[2]} on {key[1]}{sure}", "each arm once per task")
        std = line.real("std") if line.cells["std"] else None
        if std is not None and std < 0:
            raise line.error("std", shown(line.cells["std"])[1:-1], "a number that is not negative")
        figures[key], sizes[key] = Figure(mean, None if std is None else Summary(mean, std, n)), n
    return figures


def _arm(line: Line, names: dict[ArmId, str]) -> ArmId:
    """The arm that the line names; the place of each arm's first line is added to `names`."""
    name = line.cells["arm"]
    arm = _parsed(name)
    if arm is None:
        raise line.error("arm", shown(name), _example(name))
    names.setdefault(arm, f"{line.place}, column arm")
    return arm


def _parsed(name: str) -> ArmId | None:
    """The arm of that name; None for a name, or a share of weights removed, that no arm can have."""
    if not name.isprintable():
        return None
    try:
        arm = ArmId.parse(name)
    except UsageError:
        return None
    return None if "@" in name and not 0 < (arm.sparsity or 0) < 1 else arm


def _example(name: str) -> str:
    """What is expected in place of a name that no arm can have."""
    treatment, at, _ = name.partition("@")
    if not name.isprintable():
        return "a name without control characters or line breaks"
    return f"a share of weights removed, such as {treatment}@0.7" if at else "an arm's name, such as full or imp@0.7"
