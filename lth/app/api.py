"""What a notebook imports: claims run, or judged on scores in hand, by the same path as `pytest claims/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from lth.app.papers import read_rows
from lth.app.runner import Run
from lth.app.settings import Means, recorded_settings
from lth.claims.arm_id import ArmId
from lth.claims.arms import arms_of
from lth.evidence.own import from_scores
from lth.report.result import Report
from lth.runtime.executor import Workers
from lth.verdict.rule import Correction, Method
from lth.verdict.samples import Sample, Scores, Summary

if TYPE_CHECKING:
    from lth.runtime.executor import Progress

Given = Sequence[float] | Mapping[int, float] | Scores
"""Scores of an arm: one a seed (0, 1, …), by seed, or a Summary of mean, std and n."""


class Options(TypedDict, total=False):
    """The options of `pytest claims/`, as Python values; `docs/options.md` explains them."""

    source: str | Sequence[str]
    protocol: str
    schedule: str | Sequence[float]
    sparsity: float
    prunable: str
    criterion: str
    alpha: float
    margin: float
    method: Method
    correction: Correction
    store: str | Path
    workers: int
    device: str
    max_time: float


class JudgingOptions(TypedDict, total=False):
    """The options of the rule, as Python values."""

    sparsity: float
    alpha: float
    margin: float
    method: Method
    correction: Correction


def run(
    claims: str | Sequence[str] = "*",
    *,
    task: str | Sequence[str] = "sst2",
    seeds: int | Sequence[int] | str = 5,
    model: str | Path = "lab",
    data: str | Path | None = None,
    evidence: str | Path | None = None,
    folder: str | Path | None = None,
    progress: bool = True,
    **options: Unpack[Options],
) -> Report:
    """Judge the claims whose ids match, measuring what the store does not hold: `run("chen-*", task="sst2", seeds=5)`.

    `claims` are ids or shell patterns, `folder` a folder of claims of your own instead of this package's. `seeds` is a
    number of seeds, the seeds themselves, or "auto". Raises a LthError of one line for anything that cannot be used.
    """
    given = {**options, "task": task, "seeds": seeds, "model": model, "data": data, "evidence": evidence}
    if evidence not in (None, "measured"):
        given |= {"seeds": None, "model": None}  # the evidence settles them
    begun = Run.begin(given, Path.cwd())
    return _decided(begun, claims, folder, _bar() if progress else None)


def judge(
    scores: Mapping[str, Given] | Mapping[str, Mapping[str, Given]],
    claim: str | Sequence[str] = "*",
    *,
    task: str = "sst2",
    folder: str | Path | None = None,
    **options: Unpack[JudgingOptions],
) -> Report:
    """Judge scores in hand: `judge({"full": [.92, .93], "imp@0.6": [.91, .92]}, claim="chen-1")`.

    `scores` are by arm, or by task and then by arm; a score is a share of 1 of the task's primary metric. Arms are
    called what tables call them; `majority` gives the baseline where it is not the official dev set's. Tickets are
    judged at the sparsity of the arms, where they all have the same. Raises EvidenceError for scores that cannot be
    judged, UsageError for an unknown arm, task or claim.
    """
    samples = _samples(scores, task)
    sparsities = {id.sparsity for arms in samples.values() for id in map(ArmId.parse, arms) if id.sparsity is not None}
    at = {"sparsity": sparsities.pop()} if len(sparsities) == 1 else {}
    recorded = from_scores(samples)
    begun = Run(recorded_settings({**at, **options}, recorded), Path.cwd(), Means(Workers(1), Path()), recorded)
    return _decided(begun, claim, folder, None)


def _decided(
    begun: Run,
    claims: str | Sequence[str],
    folder: str | Path | None,
    show: Callable[[Progress], None] | None,
) -> Report:
    """The report of a run on the claims that match."""
    patterns = (claims,) if isinstance(claims, str) else tuple(claims)
    arms = [arms_of(begun.settings, task) for task in begun.settings.tasks]
    begun.rows = read_rows(patterns, arms, None if folder is None else Path(folder))
    begun.decide(show)
    assert begun.document
    return Report(begun.document)


def _bar() -> Callable[[Progress], None]:
    """A progress bar of experiments, begun when the first of them runs."""
    from tqdm import tqdm  # for runs that measure something

    bar: tqdm[Any] | None = None

    def show(progress: Progress) -> None:
        nonlocal bar
        bar = bar or tqdm(total=progress.total, unit="experiment")
        bar.update(progress.done - bar.n)
        if progress.done == progress.total:
            bar.close()

    return show


def _samples(scores: Mapping[str, Any], task: str) -> dict[str, dict[str, Scores]]:
    """By task and arm. Where the values are mappings from names, these are arms and the keys are tasks."""
    by_task = all(isinstance(arms, Mapping) and all(isinstance(arm, str) for arm in arms) for arms in scores.values())
    each = scores if by_task and scores else {task: scores}
    return {name: {arm: _sample(given) for arm, given in arms.items()} for name, arms in each.items()}


def _sample(given: Given) -> Scores:
    if isinstance(given, (Sample, Summary)):
        return given
    if isinstance(given, Mapping):
        return Sample(tuple(given), tuple(map(float, given.values())))
    return Sample(tuple(range(len(given))), tuple(map(float, given)))
