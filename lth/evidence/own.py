"""Your own evidence, from any training code: a folder with tables, each as CSV or as Parquet.

`scores` has a line for each run or for each arm, or both; other columns are ignored:

    task,arm,seed,score             one line per run; arms with the same seeds are compared in pairs
    task,arm,mean,std,n             one line per arm; std is the sample's (n - 1), empty if it is not known
    task,arm,seed,score,mean,std,n  lines of both kinds, each with the other's cells empty
    …,ddof                          optionally: 0 where std was divided by n, as numpy does by default
    …,metric                        optionally: the metric of the scores; needed for a task that is not in this package

Tasks and arms have this package's names: `full`, `imp@0.7` (treatment@sparsity), `random@0.7`, `rewound 5%@0.7`,
`m-good retrained`, `s-bad pruned`, … A score is the task's primary metric on dev, from 0 to 1. Each task needs `full`.
The arm `majority` is the score of always answering the most common class; without it, the score on the official dev set
is used.

`predictions` has a line for each dev example of each run, from which scores are computed. A claim is then judged over
seeds and examples. Every run of a task has the same examples:

    task,arm,seed,example,prediction,label

`masks` has the heads and MLPs that structured pruning kept (1) or removed (0), a line for each layer of each run, with
`mlp`, with heads, or with both:

    task,seed,layer,mlp,head0,…,head11          and optionally arm; only lines of s-good are used

It gives `s-kappa of heads` and `s-kappa of mlps` (lth.verdict.agreement, over seeds) and, for each two tasks that have
masks with the same seeds, such as sst2 and rte, `s-kappa of heads with rte` on sst2. If `scores` has one of these
arms, or `s-kappa of heads between tasks`, its figures are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, visible
from lth.evidence.lines import SHARE
from lth.evidence.own_tasks import Told, baselines_of, settle
from lth.evidence.recorded import ANY, FULL, MAJORITY, Figure, Figures, Recorded, published
from lth.evidence.scores import Names, example, parsed, read_scores
from lth.evidence.tables import CSV, find_table, read_table
from lth.evidence.whole import DIGITS, LARGEST
from lth.tasks import get_task
from lth.verdict.samples import Sample, Scores, Summary

SCORES, PREDICTIONS, MASKS = "scores", "predictions", "masks"


def read_folder(folder: Path) -> Recorded:
    """The evidence in a folder. Raises EvidenceError, which names file, line and column of the first fault."""
    scores, predictions, masks = (find_table(folder, name) for name in (SCORES, PREDICTIONS, MASKS))
    names: Names = {}
    told: Told = {}
    figures: Figures = {}
    by_labels: dict[str, float] = {}
    if scores or not predictions:
        scores = scores or folder / f"{SCORES}{CSV}"
        figures = read_scores(read_table(scores), names, told)
        if not figures:
            raise EvidenceError(f"{scores}: no line below the header; expected one for each run or arm; add them")
    if predictions:
        from lth.evidence.predictions import read_predictions  # numpy and scikit-learn, for predictions alone

        found, by_labels = read_predictions(read_table(predictions), names, told)
        for _, task, arm in figures.keys() & found.keys():
            raise EvidenceError(
                f"{predictions}: predictions of {arm} on {task}, whose scores are in {scores} too; expected one of "
                f"them, because scores are computed from predictions; remove the scores"
            )
        figures |= found
    _check_full(figures, str(scores or predictions))
    if masks:
        from lth.evidence.masks import read_kappas  # numpy and scipy, for masks alone

        figures = read_kappas(read_table(masks), told) | figures
    settle({name: task.metric for name, task in told.items()}, ((task, arm) for _, task, arm in figures))
    majorities = {task: figure.mean for (_, task, arm), figure in figures.items() if arm == MAJORITY}
    of_told = baselines_of(told, majorities, by_labels, str(scores or predictions))
    baselines = {**by_labels, **published().baselines, **majorities, **of_told}
    return _recorded(figures, visible(str(folder)), names, baselines)


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
            arm = parsed(name)
            if arm is None:
                raise EvidenceError(f"{place}: arm {name!r} on {task}; expected {example(name)}; correct it")
            if (ANY, task, arm) in figures:
                raise EvidenceError(f"{place}: arm {arm} on {task} is given twice; expected it once; leave one out")
            _check_scores(f"{place}: {arm} on {task}", arm, each)
            figures[ANY, task, arm] = Figure(each.mean, each)
    _check_full(figures, place)
    majorities = {task: figure.mean for (_, task, arm), figure in figures.items() if arm == MAJORITY}
    return _recorded(figures, place, {arm: place for _, _, arm in figures}, {**published().baselines, **majorities})


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


def _recorded(figures: Figures, place: str, names: Mapping[ArmId, str], baselines: Mapping[str, float]) -> Recorded:
    about = {"model": "", "data": place, "evidence": place, "protocol": "paper"}
    kept = {key: figure for key, figure in figures.items() if key[2] != MAJORITY}
    return Recorded(place, kept, baselines, about, names)
