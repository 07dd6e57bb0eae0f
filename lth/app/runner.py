"""One run from settings to a document: plan, execute, decide. Knows no pytest and no torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lth.app.declaring import DeclaredRow
from lth.app.evidence import read_evidence
from lth.app.faults import fault_of
from lth.app.options import OPTIONS
from lth.app.settings import Means, check_device, read_settings, recorded_settings, store_folder
from lth.claims.arms import arms_of
from lth.claims.claim import Declaration
from lth.compute.store import Store, damage_met
from lth.document.build import build, claim_row
from lth.document.rows import ClaimRow, Document, LookRow, SequentialRow
from lth.evidence.decide import Decision, Evidence, corrected, decide_all, decide_each, decide_one
from lth.evidence.measured import Measured
from lth.evidence.recorded import NO_FIGURES, Recorded, published
from lth.report.progress import clock
from lth.runtime.executor import Progress, Workers, execute, processes
from lth.runtime.plan import Plan, make_plan, trained
from lth.runtime.prediction import predict_seconds
from lth.runtime.store import FolderStore
from lth.spec.expressions import Expression
from lth.spec.settings import Settings
from lth.verdict.sequential import Look, at_level

LATE = "time was up before all was measured; run the same again to go on"


@dataclass
class Run:
    """A run: its settings, its rows by name, and its document once it is decided.

    `recorded` is the evidence if nothing is measured, and `saved` the document of the run that it was read from. A run
    that `only_plans` writes nothing into its store. `faults` has what is wrong with rows that cannot be declared; all
    others are decided. `left_out` has the rows that nobody asked for, and `unjudged` a sentence on arms in the evidence
    that no claim declares.
    """

    settings: Settings
    root: Path
    means: Means
    recorded: Recorded | None = None
    saved: Document | None = None
    rows: dict[str, DeclaredRow] = field(default_factory=dict)
    document: Document | None = None
    handed_store: Store | None = None
    only_plans: bool = False
    faults: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, DeclaredRow] = field(default_factory=dict)
    unjudged: str = ""

    @classmethod
    def begin(cls, options: Mapping[str, object], root: Path) -> Run:
        """A run that measures, or judges the evidence that `options` name. Raises an LthError with one line."""
        recorded, saved = read_evidence(OPTIONS["evidence"].read(options.get("evidence")))
        if recorded:
            return cls.on(recorded, options, root, saved)
        settings, means = read_settings(options, root)
        return cls(settings, root, means)

    @classmethod
    def on(cls, recorded: Recorded, options: Mapping[str, object], root: Path, saved: Document | None = None) -> Run:
        """A run that judges recorded evidence. Raises an LthError with one line."""
        means = Means(Workers(1), store_folder(options, root))
        return cls(recorded_settings(options, recorded), root, means, recorded, saved)

    @cached_property
    def declarations(self) -> dict[str, Declaration]:
        """What the rows declare, by their names; without those that are at fault."""
        return self._affordable(self._declare(self.rows))

    def _declare(self, rows: Mapping[str, DeclaredRow], faults: dict[str, str] | None = None) -> dict[str, Declaration]:
        """What these rows declare; what is wrong with others is put into `faults`, by default the run's."""
        faults = self.faults if faults is None else faults
        declared = {}
        for name, row in rows.items():
            try:
                declared[name] = row.declaration()
            except Exception as problem:  # the code of a claim can raise anything
                faults[name] = fault_of(problem, row.test)
        return declared

    @cached_property
    def _papers(self) -> tuple[Recorded, Settings]:
        """The papers' own figures, and the settings for judging them by this run's rule."""
        figures = published()
        rule = {name: getattr(self.settings.rule, name) for name in ("alpha", "margin", "correction")}
        return figures, recorded_settings(rule, figures)

    @cached_property
    def claims(self) -> dict[str, ClaimRow]:
        """The document's claims by the names of their rows, once they are decided."""
        assert self.document
        sound = (name for name in self.rows if name not in self.faults)
        return dict(zip(sound, self.document.claims, strict=True))

    @property
    def wanted(self) -> tuple[Expression, ...]:
        """The experiments of all arms of all declared claims, each once."""
        return _experiments(self.declarations.values())

    @cached_property
    def store(self) -> Store:
        """The store that was handed over, or the folder's, which a run that only plans does not change."""
        return FolderStore(self.means.store, self.only_plans) if self.handed_store is None else self.handed_store

    def plan(self, wanted: Iterable[Expression]) -> tuple[Plan, float]:
        """What remains to be computed of these experiments, and its cost in seconds of one worker."""
        wanted = tuple(wanted)
        values = {each: self.store.read(each.key) for each in wanted}  # before the plan: it finds damaged entries
        plan = make_plan(wanted, self.store.contains)
        return plan, predict_seconds(plan, {each: value for each, value in values.items() if value})

    def damage(self) -> tuple[str, ...]:
        """A sentence for each damaged entry that the run met in its store, without opening the store for it.

        And one for arms in the evidence that no claim declares.
        """
        met = damage_met(self.store) if "store" in self.__dict__ else ()
        return (*met, self.unjudged) if self.unjudged else met

    def plan_text(self) -> str:
        """The plan as text: what would run, for which tasks, and how long it would take."""
        if self.recorded:
            self._check_arms(self.recorded)
            return f"plan: {len(self.declarations)} claims on the evidence {self.recorded.place}; nothing to run"
        look, *more = self.settings.looks
        first, seconds = self.plan(_experiments(self._at(look).values()))
        tasks = "".join(f"\n  {task}: {fits} fine-tunings" for task, fits in first.by_task().items())
        whole, most = self.plan(self.wanted) if more else (first, seconds)
        need = f"need {'at most ' if more else ''}{len(self.wanted)} results, {whole.held} are stored"
        text = (
            f"plan: {len(self.declarations)} claims {need} in {self.means.store}\nto run: {self._work(first, seconds)}"
        )
        if not more:
            return text + tasks
        done = {job.experiment for job in first.jobs}
        later = Plan(tuple(job for job in whole.jobs if job.experiment not in done), whole.held)
        seeds = self.settings.seeds[look.seeds :]
        return (
            f"{text}, for {look.seeds} seeds{tasks}\n"
            f"then at most: {self._work(later, most - seconds)}, for seeds {seeds[0]}..{seeds[-1]}, while a verdict is "
            f"INCONCLUSIVE"
        )

    def _work(self, plan: Plan, seconds: float) -> str:
        """The experiments of a plan by kind, and how long they take here."""
        count = self.means.workers.count
        work = ", ".join(f"{number} {kind}" for kind, number in plan.by_kind().items()) or "nothing"
        return f"{work}, about {clock(max(0.0, seconds) / count)} with {count} workers"

    def _at(self, look: Look) -> dict[str, Declaration]:
        """What the rows declare with the seeds of this look."""
        if look.seeds == len(self.settings.seeds):
            return self.declarations
        seeds = self.settings.seeds[: look.seeds]
        return self._affordable(self._declare({name: self.rows[name].on_seeds(seeds) for name in self.declarations}))

    def decide(self, show: Callable[[Progress], None] | None) -> None:
        """Decide every claim: on the evidence at hand, or by measuring what the store does not hold."""
        if self.recorded:
            self._check_arms(self.recorded)
            declared = [self.recorded.known(declaration) for declaration in self.declarations.values()]
            document = self._built(decide_all(declared, self.recorded, self.settings.rule), self.recorded)
        else:
            if self.means.workers.executor is processes:
                check_device(self.means.workers.device)
            measured, found = self._look(show)
            document = self._built(found, measured)
            if len(self.settings.looks) > 1:
                looks = tuple(LookRow(look.seeds, look.alpha) for look in self.settings.looks)
                document = replace(document, sequential=SequentialRow(looks, len(measured.results), len(self.wanted)))
        if self.saved:
            kept = replace(document.options, super_seeds=self.saved.options.super_seeds)
            document = replace(document, options=kept, structures=self.saved.structures, transfer=self.saved.transfer)
        self.document = document

    def _built(self, decisions: list[Decision], evidence: Evidence) -> Document:
        return build(decisions, evidence, self.settings, self.root, self._published_decisions())

    def _look(self, show: Callable[[Progress], None] | None) -> tuple[Measured, list[Decision]]:
        """Measure and decide once for each look; later looks are only at claims whose corrected verdict is still open.

        Arms that are measured for pictures only keep the seeds of the first look.
        """
        rule, results = self.settings.rule, dict[Expression, Mapping[str, Any]]()
        decided: dict[str, Decision] = {}
        until = time.monotonic() + self.means.max_time
        for look in self.settings.looks:
            declared = self._at(look)
            left = {
                name: self._shown_as_at_first(each, decided.get(name))
                for name, each in declared.items()
                if (name not in decided or not decided[name].final) and name not in self.faults
            }
            wanted = _experiments(left.values())
            results |= execute(wanted, self.store, self.means.workers, show, until)
            measured = Measured(results)
            known = {name: measured.known(declaration, LATE) for name, declaration in left.items()}
            # if time is up, the verdict of the earlier look counts
            known = {name: each for name, each in known.items() if each == left[name] or name not in decided}
            decisions = decide_each(list(known.values()), measured, replace(rule, alpha=look.alpha))
            for name, decision in zip(known, decisions, strict=True):
                if decision.judgement:
                    decision = replace(decision, judgement=at_level(decision.judgement, look, rule.alpha))
                decided[name] = decision
            decided = dict(zip(decided, corrected(list(decided.values()), rule), strict=True))
        return Measured(results), [decided[name] for name in self.declarations if name not in self.faults]

    def settled(self, but: Container[str]) -> dict[str, ClaimRow]:
        """The claims, but those named in `but`, whose results at the first look are all stored; not yet corrected."""
        found = {}
        for name, shown in self._at(self.settings.looks[0]).items():
            if name in but:
                continue
            declaration = shown.beside(())
            wanted = _experiments([declaration])
            if wanted and all(self.store.contains(each.key) for each in wanted):
                results = {each: value for each in wanted if (value := self.store.read(each.key)) is not None}
                measured = Measured(results)
                decision = decide_one(measured.known(declaration, LATE), measured, self.settings.rule)
                found[name] = claim_row(decision, measured, self.settings, None)
        return found

    def _affordable(self, declared: Mapping[str, Declaration]) -> dict[str, Declaration]:
        """The declarations without the arms that only pictures show, if these take fine-tunings that no claim needs."""
        if self.recorded or self.means.pictures:
            return dict(declared)
        needed = trained(_experiments(each.beside(()) for each in declared.values()))
        return {
            name: each.beside(tuple(arm for arm in each.assertion.shown if trained(arm.experiments) <= needed))
            for name, each in declared.items()
        }

    @staticmethod
    def _shown_as_at_first(declaration: Declaration, before: Decision | None) -> Declaration:
        if before is None:
            return declaration
        return declaration.beside(before.declaration.assertion.shown)

    def _check_arms(self, recorded: Recorded) -> None:
        if not recorded.lines:
            return  # nobody typed the names
        others = dict[str, str]()
        declared = [*self.declarations.values(), *self._declare(self.left_out, others).values()]
        offered = (arm.id for arm in arms_of(self.settings, self.settings.tasks[0]).all())
        self.unjudged = recorded.check_arms((*offered, *(arm.id for each in declared for arm in each.arms)))

    def _published_decisions(self) -> list[Decision | None]:
        """The decision on the papers' own figures for each claim; None for a claim without any.

        Empty if they are this run's evidence.
        """
        if self.settings.evidence == "published":
            return []
        figures, settings = self._papers
        known = {task.name: arms_of(settings, task) for task in settings.tasks}
        decisions: list[Decision | None] = []
        for name, row in self.rows.items():
            if name in self.faults:
                continue
            try:
                there = row.among(known)
                declared = there and figures.known(there.declaration())
            except Exception:  # a claim's code may need what these tasks do not have
                declared = None
            decision = declared and decide_one(declared, figures, settings.rule)
            decisions.append(decision if decision and not decision.reason.startswith(NO_FIGURES) else None)
        return decisions


def _experiments(declarations: Iterable[Declaration]) -> tuple[Expression, ...]:
    arms = (arm for declaration in declarations for arm in declaration.arms if not arm.missing)
    return tuple(dict.fromkeys(each for arm in arms for each in arm.experiments))
