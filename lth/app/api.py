"""The Python API: judge claims on measured or recorded evidence, as `pytest claims/` does, or on scores in hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from lth.app.options import OPTIONS
from lth.app.papers import read_rows
from lth.app.parsers import path as parse_path
from lth.app.parsers import probe_existing
from lth.app.runner import Run
from lth.claims.arms import arms_of
from lth.compute.store import Store
from lth.errors import EvidenceError, UsageError, did_you_mean
from lth.evidence.own import from_scores
from lth.report.progress import line
from lth.report.result import Report
from lth.runtime.executor import ExecutorFactory, Progress
from lth.verdict.rule import Correction, Method
from lth.verdict.samples import Sample, Scores, Summary

Given = float | Sequence[float] | Mapping[int, float] | Scores
"""Scores of an arm: those of seeds 0, 1, … in order, scores by seed, or a Summary of mean, std and n."""


class JudgeOptions(TypedDict, total=False):
    """Options of the decision rule, as Python values."""

    sparsity: float
    alpha: float
    margin: float
    method: Method
    correction: Correction


class RunOptions(JudgeOptions, total=False):
    """Options of `pytest claims/`, as Python values; `docs/options.md` has their meanings and defaults."""

    task: str | Sequence[str]
    seeds: int | Sequence[int] | str
    model: str | Path | Sequence[str | Path]
    data: str | Path
    evidence: str | Path
    shrink_variance: bool
    source: str | Sequence[str]
    protocol: str
    schedule: str | Sequence[float]
    prunable: str
    criterion: str
    workers: int
    device: str
    max_time: float
    pictures: bool


def run(
    claims: str | Sequence[str] = "*",
    *,
    folder: str | Path | None = None,
    progress: bool = True,
    store: str | Path | Store | None = None,
    executor: ExecutorFactory | None = None,
    **options: Unpack[RunOptions],
) -> Report:
    """Judge claims, and measure what the store does not hold: `run("chen-*", task="sst2", seeds=5)`.

    `claims` are ids or shell patterns. `folder` holds claims of your own, which are judged instead of the papers'.
    `seeds` is a number of seeds, the seeds themselves, or "auto". `evidence` is judged instead of measured scores:
    "published", or the path of a folder or a saved run. `store` is a folder, or a store of your own. `executor` makes
    the executor that runs the experiments. Raises an LthError with one line for anything that cannot be used.
    """
    _check(options, RunOptions.__annotations__)
    if isinstance(store, (str, Path)):
        OPTIONS["store"].check(store)
        run = Run.begin({**options, "store": store}, Path.cwd())
    else:
        run = Run.begin(options, Path.cwd())
        run.handed_store = store
    if executor:
        run.means = replace(run.means, workers=replace(run.means.workers, executor=executor))
    return _decided(run, claims, folder, _show_progress if progress else None)


def judge(
    scores: Mapping[str, Given] | Mapping[str, Mapping[str, Given]],
    claim: str | Sequence[str] = "*",
    *,
    task: str = "sst2",
    folder: str | Path | None = None,
    **options: Unpack[JudgeOptions],
) -> Report:
    """Judge scores in hand: `judge({"full": [.92, .93], "imp@0.6": [.91, .92]}, claim="chen-1")`.

    `scores` are by arm, all of `task`, or by task and arm. A score is a share of 1 of the task's primary metric, NaN
    for a run without one. Arms have the names that tables show. The arm `majority` gives the majority baseline, by
    default that of the official dev set. Tickets are judged at the sparsity of the arms if they all have the same.
    Raises EvidenceError for scores and arms that cannot be judged, UsageError for an unknown task, claim or option.
    """
    _check(options, JudgeOptions.__annotations__)
    recorded = from_scores(_samples(scores, task))
    sparsities = {arm.sparsity for _, _, arm in recorded.figures if arm.sparsity is not None}
    at = {"sparsity": sparsities.pop()} if len(sparsities) == 1 else {}
    return _decided(Run.on(recorded, {**at, **options}, Path.cwd()), claim, folder)


def _check(options: Mapping[str, object], known: Collection[str]) -> None:
    """Raise UsageError for an unknown option or a bad value, written as in Python."""
    for name, value in options.items():
        if name not in known:
            raise UsageError(f"no option {name!r}{did_you_mean(name, known)} Options: {', '.join(known)}")
        OPTIONS[name].check(value)


def _decided(
    run: Run,
    claims: str | Sequence[str],
    folder: str | Path | None,
    show: Callable[[Progress], None] | None = None,
) -> Report:
    """The report of the run on the claims that match."""
    patterns = (claims,) if isinstance(claims, str) else tuple(claims)
    arms = [arms_of(run.settings, task) for task in run.settings.tasks]
    run.rows = read_rows(patterns, arms, None if folder is None else _claims_in(folder))
    if run.declarations.keys() != run.rows.keys():
        raise UsageError("; ".join(f"{name}: {fault}" for name, fault in run.faults.items()))
    try:
        run.decide(show)
    finally:
        for sentence in run.damage():
            print(sentence, file=sys.stderr)
    assert run.document
    return Report(run.document)


def _claims_in(folder: str | Path) -> Path:
    """The folder of claims. Raises UsageError for one that is not there or cannot be read."""
    try:
        probe_existing(str(folder))
    except ValueError as problem:
        raise UsageError(f"folder={str(folder)!r}; {problem}; give the folder of your claims") from None
    return parse_path(str(folder))


def _show_progress(progress: Progress) -> None:
    """Print the progress on one line, which ends after the last experiment."""
    end = "\n" if progress.done == progress.total else ""
    print(f"\r{line(progress):<79}", end=end, file=sys.stderr, flush=True)


def _samples(
    scores: Mapping[str, Given] | Mapping[str, Mapping[str, Given]], task: str
) -> dict[str, dict[str, Scores]]:
    """The scores by task and arm. Scores whose values are mappings from names are so already."""
    if not any(isinstance(each, Mapping) and any(isinstance(name, str) for name in each) for each in scores.values()):
        return {task: {arm: _sample(arm, given) for arm, given in scores.items()}}
    by_task: dict[str, dict[str, Scores]] = {}
    for name, arms in scores.items():
        if not isinstance(arms, Mapping):
            raise EvidenceError(f"{name!r} beside scores by task; expected scores by arm; put it into a task")
        by_task[name] = {str(arm): _sample(arm, given) for arm, given in arms.items()}
    return by_task


def _sample(arm: object, given: Any) -> Scores:
    if isinstance(given, (Sample, Summary)):
        return given
    try:
        if isinstance(given, Mapping):
            return Sample(tuple(map(int, given)), tuple(map(float, given.values())))
        numbers = (given,) if isinstance(given, (int, float)) else tuple(given)
        return Sample(tuple(range(len(numbers))), tuple(map(float, numbers)))
    except (TypeError, ValueError):
        raise EvidenceError(
            f"scores of {arm}: {given!r}; expected numbers, NaN for a run without a score; give one for each seed"
        ) from None
