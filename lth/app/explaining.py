"""Collects what there is to say about claims: what a run would declare, and what each place with evidence says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lth.app.options import OPTIONS
from lth.app.papers import ClaimTest, claims_folder, rows_of
from lth.app.runner import Run
from lth.claims.arms import arms_of
from lth.claims.claim import Claim, Declaration
from lth.document.build import effect_row
from lth.document.files import read_json
from lth.document.rows import ClaimRow
from lth.errors import EvidenceError
from lth.evidence.recorded import NO_FIGURES, published
from lth.history.storage import runs
from lth.report.explanation import Explained, ExplainedRow, Found
from lth.report.progress import clock
from lth.runtime.store import FolderStore
from lth.spec.expressions import TaskData
from lth.spec.settings import Settings
from lth.tasks import available

Named = str | Path | None


def published_rows(tests: Sequence[ClaimTest]) -> tuple[ClaimRow, ...]:
    """The rows of these claims on the papers' own figures, with the verdicts before any correction."""
    run = Run.on(published(), {}, Path.cwd())
    run.rows = rows_of(tests, [arms_of(run.settings, task) for task in run.settings.tasks])
    run.decide(None)
    assert run.document
    return run.document.claims


def explain(tests: Sequence[ClaimTest], options: Mapping[str, Named]) -> Explained:
    """All that there is to say about one claim, the one of these tests.

    `options` are those of a run, by name and as typed, and the `storage` of saved runs. Raises an LthError with one
    line for an option that cannot be used.
    """
    run = Run.begin({name: value for name, value in options.items() if name != "storage"}, Path.cwd())
    run.only_plans = True
    claim, settings = tests[0].claim, run.settings
    declared = _declared(tests, settings)
    sentences = {arm.id.kind: sentence for arm, sentence in arms_of(settings, settings.tasks[0]).described()}
    arms = {replace(arm.id, task=None): arm.missing for each in declared for arm in each.assertion.effect.arms}
    run.rows = rows_of(tests, [arms_of(settings, task) for task in settings.tasks])
    measured = [*_saved(claim.id, OPTIONS["storage"].read(options.get("storage"))), *_stored(run)]
    return Explained(
        claim,
        tests[0].about,
        str(claims_folder() / tests[0].name.partition("::")[0]),
        [ExplainedRow(each.statement, each.row, effect_row(each)) for each in declared],
        {id: sentences.get(id.kind) or missing for id, missing in arms.items()},
        settings.rule.alpha,
        [_published(tests), *(measured or [_not_yet(claim, run)])],
    )


def _declared(tests: Sequence[ClaimTest], settings: Settings) -> list[Declaration]:
    """The rows on the run's first task, or on all tasks; all tasks of the data are sources."""
    known = {task.name: task for task in (*settings.tasks, *settings.sources)}
    tasks = [known.get(name) or TaskData(name, "", settings.data) for name in (*known, *available(settings.data))]
    tasks = list(dict.fromkeys(tasks))
    arms = [replace(arms_of(settings, task), sources=tuple(tasks)) for task in tasks]
    rows = rows_of(tests, arms).values()
    return [row.declaration() for row in rows if row.arms is None or row.arms.task == tasks[0]]


def _published(tests: Sequence[ClaimTest]) -> Found:
    rows = published_rows(tests)
    if all(row.reason.startswith(NO_FIGURES) for row in rows):
        return Found("published figures", note="none from which this claim can be judged")
    return Found(f"published figures, {rows[0].data}, {rows[0].model}", rows)


def _saved(id: str, storage: Path) -> list[Found]:
    """The latest saved run that has the claim; none if there is no such run."""
    for saved in reversed(runs(storage)):
        try:
            document = read_json(saved.path)
        except EvidenceError:
            continue  # `lth list` names it
        rows = [row for row in document.claims if row.id == id]
        if rows:
            where = f"model {rows[0].model}, data {rows[0].data}"
            return [Found(f"saved run {saved.path} of {document.created[:10]}, {where}", rows)]
    return []


def _not_yet(claim: Claim, run: Run) -> Found:
    """What would measure the claim, or why a run with these options would not."""
    reasons = [each.assertion.effect.missing for each in run.declarations.values()]
    note = f"nothing here yet; `lth run --only={claim.id}` measures it"
    return Found("measured", note=f"nothing here; {reasons[0]}" if all(reasons) else note)


def _stored(run: Run) -> list[Found]:
    """What the store's results say, if it has all that the run needs; none if there is no store."""
    store = run.store
    if not isinstance(store, FolderStore) or not store.exists:
        return []
    plan, seconds = run.plan(run.wanted)
    place = f"store {store.root}, model {run.settings.model_text}, data {run.settings.data}"
    if plan.jobs:
        left = f"{plan.held} of {len(run.wanted)} results are there; a run takes about"
        return [Found(place, note=f"{left} {clock(seconds / run.means.workers.count)}")]
    run.decide(None)
    assert run.document
    return [Found(place, run.document.claims)]
