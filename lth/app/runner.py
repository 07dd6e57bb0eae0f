"""One run from settings to a report document: plan, execute, decide, write. Knows no pytest and no torch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lth.app.evidence import read_evidence
from lth.app.options import OPTIONS
from lth.app.settings import Means, read_settings, recorded_settings, store_folder
from lth.claims.arms import Arms, arms_of
from lth.claims.claim import Declaration
from lth.document.build import build, divergence, outcome
from lth.document.document import FULL_SCORE, PLAIN
from lth.errors import EvidenceError, UsageError
from lth.evidence.decide import Decision, Evidence, corrected, decide_all, decide_one
from lth.evidence.measured import Measured
from lth.evidence.recorded import NO_FIGURES, Recorded, published
from lth.report.cells import interval_text, region_text, signed
from lth.report.progress import clock
from lth.runtime.executor import Progress, Workers, execute
from lth.runtime.plan import Plan, make_plan
from lth.runtime.prediction import predict
from lth.runtime.store import FolderStore
from lth.spec.expressions import Expression
from lth.spec.settings import Settings
from lth.verdict import Verdict
from lth.verdict.sequential import at_level

LATE = "time was up before all was measured; run the same again to go on"


@dataclass
class Run:
    """A run: its settings, the claims declared for it by name, and later its decisions and report document.

    `recorded` is its evidence where nothing is measured; `published` are the claims as the papers' figures speak to
    them, by the same names. `declare` declares the claims on some of the seeds.
    """

    settings: Settings
    root: Path
    means: Means
    declarations: dict[str, Declaration] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    document: dict[str, Any] | None = None
    written: list[Path] = field(default_factory=list)
    recorded: Recorded | None = None
    published: dict[str, Declaration] = field(default_factory=dict)
    declare: Callable[[tuple[int, ...]], dict[str, Declaration]] | None = None

    @classmethod
    def begin(cls, options: Mapping[str, Any], root: Path) -> Run:
        """Check the options; raises a LthError of one line."""
        recorded = read_evidence(OPTIONS["evidence"].read(options.get("evidence")))
        if recorded is None:
            settings, means = read_settings(options, root)
            return cls(settings, root, means)
        means = Means(Workers(1), store_folder(options, root))
        return cls(recorded_settings(options, recorded), root, means, recorded=recorded)

    @cached_property
    def _papers(self) -> tuple[Recorded, Settings]:
        """The papers' own figures, and the settings of the arms that they are of, under this run's rule."""
        figures = published()
        rule = {name: getattr(self.settings.rule, name) for name in ("alpha", "margin", "correction")}
        return figures, recorded_settings(rule, figures)

    def papers_arms(self, task: str) -> Arms | None:
        """The arms of which the papers published figures; None where they have none, or are this run's evidence."""
        if self.settings.evidence == "published":
            return None
        _, settings = self._papers
        return next((arms_of(settings, known) for known in settings.tasks if known.name == task), None)

    @property
    def wanted(self) -> tuple[Expression, ...]:
        """The experiments of all arms of all declared claims, each once."""
        return _experiments(self.declarations.values())

    def plan(self, store: FolderStore) -> tuple[Plan, float]:
        """What remains to be computed and its cost in seconds of one worker."""
        plan = make_plan(self.wanted, store.contains)
        known = {each: value for each in self.wanted if store.contains(each.key) and (value := store.read(each.key))}
        return plan, predict(plan, known)

    def plan_text(self) -> str:
        """The plan for people: what would run, for which tasks, and how long it would take."""
        if self.recorded:
            return f"plan: {len(self.declarations)} claims on the evidence {self.recorded.place}; nothing to run"
        plan, seconds = self.plan(FolderStore(self.means.store))
        count = self.means.workers.count
        work = ", ".join(f"{number} {kind}" for kind, number in plan.by_kind().items()) or "nothing"
        tasks = "".join(f"\n  {task}: {fits} fine-tunings" for task, fits in plan.by_task().items())
        return (
            f"plan: {len(self.declarations)} claims need {len(self.wanted)} results, {plan.held} are stored in "
            f"{self.means.store}\nto run: {work}, about {clock(seconds / count)} with {count} workers{tasks}"
        )

    def decide(self, show: Callable[[Progress], None] | None) -> None:
        """Decide every claim: on the evidence at hand, or by measuring what the store does not hold."""
        if self.recorded:
            self._check_arms(self.recorded)
            declared = [self.recorded.told(declaration) for declaration in self.declarations.values()]
            evidence: Evidence = self.recorded
            decisions = decide_all(declared, evidence, self.settings.rule)
        else:
            measured, found = self._look(show)
            evidence, decisions = measured, corrected(found, self.settings.rule)
        self.decisions = dict(zip(self.declarations, decisions, strict=True))
        self.document = build(decisions, evidence, self.settings, self.root, self._published_decisions())
        if self.recorded:
            self.document |= self.recorded.carried
        elif len(self.settings.looks) > 1:
            assert isinstance(evidence, Measured)
            self.document["sequential"] = {
                "looks": [asdict(look) for look in self.settings.looks],
                "experiments": len(evidence.results),
                "of": len(self.wanted),
            }

    def _look(self, show: Callable[[Progress], None] | None) -> tuple[Measured, list[Decision]]:
        """Measure and decide look by look, each time only the claims whose verdict is still open.

        What is measured for the pictures alone keeps the first look's seeds.
        """
        rule, results = self.settings.rule, dict[Expression, Mapping[str, Any]]()
        decided: dict[str, Decision] = {}
        until = time.monotonic() + self.means.max_time
        for look in self.settings.looks:
            declared = self.declarations
            if look.seeds < len(self.settings.seeds) and self.declare:
                declared = self.declare(self.settings.seeds[: look.seeds])
            left = {
                name: self._shown_as_at_first(each, decided.get(name))
                for name, each in declared.items()
                if name not in decided or not decided[name].final
            }
            wanted = _experiments(left.values())
            results |= execute(wanted, FolderStore(self.means.store), self.means.workers, show, until)
            measured = Measured(results)
            for name, declaration in left.items():
                told = measured.told(declaration, LATE)
                if told != declaration and name in decided:
                    continue  # an earlier look's verdict, still open, is all that there was time for
                decision = decide_one(told, measured, replace(rule, alpha=look.alpha))
                if decision.judgement:
                    decision = replace(decision, judgement=at_level(decision.judgement, look, rule.alpha))
                decided[name] = decision
        return Measured(results), [decided[name] for name in self.declarations]

    @staticmethod
    def _shown_as_at_first(declaration: Declaration, before: Decision | None) -> Declaration:
        if before is None:
            return declaration
        shown = before.declaration.assertion.shown
        return replace(declaration, assertion=declaration.assertion.beside(shown))

    def _check_arms(self, recorded: Recorded) -> None:
        from lth.evidence.own import known_arms

        declared = (arm.name for declaration in self.declarations.values() for arm in declaration.arms)
        recorded.check_arms((*known_arms(arms_of(self.settings, self.settings.tasks[0])), *declared))

    def _published_decisions(self) -> list[Decision | None]:
        """What the papers' own figures say of each claim; None where they say nothing."""
        decisions: dict[str, Decision] = {}
        for name, declaration in self.published.items():
            figures, settings = self._papers
            decision = decide_one(figures.told(declaration), figures, settings.rule)
            if not decision.reason.startswith(NO_FIGURES):
                decisions[name] = decision
        return [decisions.get(name) for name in self.declarations]

    def ending(self, name: str) -> tuple[str, str]:
        """How the test of a declared claim ends, and why in one line."""
        decision = self.decisions[name]
        ending = outcome(decision, self.settings)
        if ending == "not run":
            return ending, f"NOT RUN: {decision.reason}"
        known = divergence(decision, self.settings)
        if known and decision.agrees:
            return "failed", f"XPASS(strict): {self._sentence(decision)}, although this was known to diverge: {known}"
        return ending, self._sentence(decision) + (f"; known divergence: {known}" if known else "")

    def write(self, json_file: Path | None, report: Path | None) -> None:
        """Write the JSON and the Markdown report with its pictures; `written` names the files.

        Raises UsageError where a place cannot be written.
        """
        assert self.document
        from lth.document.document import write_json
        from lth.report import markdown, pictures

        unchanged = json_file is not None and self._same_as(json_file)
        if json_file:
            write_json(self.document, json_file)
            self.written.append(json_file)
        if report:
            try:
                report.parent.mkdir(parents=True, exist_ok=True)
                drawn = [
                    (each, report.with_name(f"{report.stem}-{each.name}"))
                    for group in pictures(self.document).values()
                    for each in group
                ]
                if not (unchanged and all(file.is_file() for _, file in drawn)):
                    for picture, file in drawn:
                        picture.draw(file)
                links = {picture.title: os.path.relpath(file, report.parent) for picture, file in drawn}
                report.write_text(markdown(self.document, links), encoding="utf-8")
            except OSError as error:
                raise UsageError(
                    f"cannot write {report}: {error.strerror}; name a file in a folder you may write to"
                ) from error
            self.written += [report, *(file for _, file in drawn)]

    def _same_as(self, file: Path) -> bool:
        """Whether an earlier run left exactly these claims in `file`, so that its pictures need no drawing again."""
        from lth.document.document import read_json, same_claims

        try:
            return self.document is not None and same_claims(read_json(file), self.document)
        except EvidenceError:
            return False

    def _sentence(self, decision: Decision) -> str:
        says = decision.declaration.claim.says
        paper = {True: "the paper says true", False: "the paper says false", None: "the paper says it depends"}[says]
        assert decision.judgement
        interval, region = decision.judgement.interval, decision.declaration.assertion.region
        needs = f"; about {decision.seeds_needed} seeds would decide" if decision.seeds_needed else ""
        effect = decision.declaration.assertion.effect
        unit = FULL_SCORE if effect.relative else PLAIN
        claimed = region_text({"low": region.low, "high": region.high}, unit)
        return (
            f"{decision.verdict}: {effect.label} = {signed(interval.estimate, unit=unit)} "
            f"{interval_text(asdict(interval), unit)}{' % of the full score' * effect.relative}, claimed {claimed}"
            f"{' %' * effect.relative}; {paper}"
            f"{needs if decision.verdict is Verdict.INCONCLUSIVE else ''}"
        )


def _experiments(declarations: Iterable[Declaration]) -> tuple[Expression, ...]:
    arms = (arm for declaration in declarations for arm in declaration.arms if not arm.missing)
    return tuple(dict.fromkeys(each for arm in arms for each in arm.experiments))
