"""Your own scores as evidence: a line for each run, a line for each arm, or both in one file.

lth.evidence.own describes the form of the file.
"""

from __future__ import annotations

import math
from statistics import fmean

from lth.claims.arm_id import ArmId
from lth.errors import UsageError, shown
from lth.evidence.lines import Line
from lth.evidence.own_tasks import Told, task_of
from lth.evidence.recorded import ANY, Figure, FigureKey, Figures
from lth.evidence.tables import Table
from lth.verdict.samples import Sample, Summary

SEED_FORM, SUMMARY_FORM = ("task", "arm", "seed", "score"), ("task", "arm", "mean", "std", "n")
OF_RUN, OF_ARM = SEED_FORM[2:], SUMMARY_FORM[2:]
EITHER = "either seed and score, or mean, std and n"

Names = dict[ArmId, str]
"""By arm: the place of the first line that names it."""


def read_scores(table: Table, names: Names, told: Told) -> Figures:
    """The figures in the lines; arms are added to `names`, and tasks that this package does not know to `told`."""
    by_run, by_arm = "score" in table.columns, bool({*OF_ARM} & {*table.columns})
    if by_run or not by_arm:
        table.require(SEED_FORM)
    if by_arm:
        table.require(SUMMARY_FORM)
    runs: dict[FigureKey, dict[int, float]] = {}
    summaries: Figures = {}
    sizes: dict[FigureKey, int] = {}
    known: dict[tuple[str, ...], FigureKey] = {}  # by the texts of task and arm, which most lines share
    for line in table.lines:
        texts = line.cells["task"], line.cells["arm"], line.cells.get("metric", "")
        if texts not in known:
            known[texts] = (ANY, task_of(line, told).name, arm_of(line, names))
        key = known[texts]
        if not by_arm or (by_run and _is_run(line)):
            if key in summaries:
                raise line.error("arm", f"a score of {key[2]} on {key[1]} after its mean", "one of them")
            _add_run(line, key, runs.setdefault(key, {}))
            continue
        if key in runs:
            raise line.error("arm", f"a mean of {key[2]} on {key[1]} after single scores", "one of them")
        mean, n = line.score("mean"), line.whole("n", least=1)
        if key in summaries:
            sure = "" if n == sizes[key] else f", of n {n} after n {sizes[key]}"
            raise line.error("arm", f"a second line of {key[2]} on {key[1]}{sure}", "each arm once per task")
        std = _std(line, n)
        summaries[key], sizes[key] = Figure(mean, None if std is None else Summary(mean, std, n)), n
    samples = {key: Figure(fmean(one.values()), Sample(tuple(one), tuple(one.values()))) for key, one in runs.items()}
    return samples | summaries


def arm_of(line: Line, names: Names) -> ArmId:
    """The arm that the line names; the place of each arm's first line is added to `names`."""
    name = line.cells["arm"]
    arm = parsed(name)
    if arm is None:
        raise line.error("arm", shown(name), example(name))
    names.setdefault(arm, f"{line.place}, column arm")
    return arm


def parsed(name: str) -> ArmId | None:
    """The arm of that name; None for a name, or a share of weights removed, that no arm can have."""
    if not name.isprintable():
        return None
    try:
        arm = ArmId.parse(name)
    except UsageError:
        return None
    return None if "@" in name and not 0 < (arm.sparsity or 0) < 1 else arm


def example(name: str) -> str:
    """What is expected in place of a name that no arm can have."""
    treatment, at, _ = name.partition("@")
    if not name.isprintable():
        return "a name without control characters or line breaks"
    return f"a share of weights removed, such as {treatment}@0.7" if at else "an arm's name, such as full or imp@0.7"


def _is_run(line: Line) -> bool:
    """Whether a line of a file with both forms has a run's score. Raises EvidenceError if it has both or neither."""
    of_run, of_arm = ([column for column in form if line.cells[column]] for form in (OF_RUN, OF_ARM))
    if of_run and of_arm:
        given = f"{shown(line.cells[of_arm[0]])} beside the {of_run[-1]} {shown(line.cells[of_run[-1]])}"
        raise line.error(of_arm[0], given, EITHER)
    if not of_run and not of_arm:
        raise line.error("score", "''", EITHER)
    return bool(of_run)


def _add_run(line: Line, key: FigureKey, scores: dict[int, float]) -> None:
    seed = line.whole("seed")
    if seed in scores:
        raise line.error("seed", f"a second score of {key[2]} on {key[1]} with seed {seed}", "each seed once")
    scores[seed] = line.score("score")


def _std(line: Line, n: int) -> float | None:
    """The sample standard deviation, with n - 1; None if the cell is empty.

    With ddof 0, as numpy has it by default, the deviation was divided by n: it is multiplied by sqrt(n / (n - 1)).
    """
    if not line.cells["std"]:
        return None
    std = line.real("std")
    if std < 0:
        raise line.error("std", shown(line.cells["std"])[1:-1], "a number that is not negative")
    if not line.cells.get("ddof") or line.bit("ddof", "1 if std was divided by n - 1, 0 if by n"):
        return std
    if n == 1:
        raise line.error("n", "1 with a std of ddof 0", "at least 2, because one score has no deviation")
    return std * math.sqrt(n / (n - 1))
