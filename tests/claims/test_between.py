import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from lth.claims.arms import Arms
from lth.claims.between import TWO_OTHERS, Across, Matrix, Transfer, growth, kinship
from lth.claims.claim import Claim, Declaration
from lth.evidence.decide import decide_one
from lth.evidence.measured import Measured
from lth.spec.expressions import Pretrained, Rewound, TaskData
from lth.spec.protocol import PROTOCOLS
from lth.verdict import Verdict, above, below, within
from lth.verdict.rule import Rule
from lth.verdict.samples import Sample

TASKS = ("cola", "sst2", "mrpc", "qqp", "rte", "mnli")
SIZES = dict(zip(TASKS, (8_551, 67_349, 3_668, 363_846, 2_490, 392_702), strict=True))  # GLUE's, see lth.tasks.facts
KIN = ({"cola", "sst2"}, {"mrpc", "qqp"}, {"rte", "mnli"})


def all_arms(names: tuple[str, ...] = TASKS) -> tuple[Arms, ...]:
    """The arms of several tasks, each a source for the others; the model and the data exist in name only."""
    tasks = tuple(TaskData(name, "d" * 64, "folder") for name in names)
    protocol = replace(PROTOCOLS["paper"], sparsity=0.7)
    model = Pretrained("m" * 64, "folder")
    return tuple(Arms(task, model, protocol, (0, 1), 0.02, sources=tasks) for task in tasks)


def measured(matrix: Matrix, share: Mapping[tuple[str, str], float], weak: tuple[str, ...] = ()) -> Measured:
    """Results in which full models score .8 (baseline .5) and tickets score the given share of it."""
    results: dict[Any, dict[str, Any]] = {}
    for cell in matrix.cells:
        baseline = 0.8 if cell.full.task in weak else 0.5
        for seed, (full, ticket) in enumerate(zip(cell.full.experiments, cell.ticket.experiments, strict=True)):
            score = 0.8 + 0.001 * seed
            results[full] = {"score": score, "majority": baseline}
            results[ticket] = {"score": score * share[cell.source, cell.full.task], "majority": baseline}
    return Measured(results)


def declared(matrix: Matrix, what: str) -> Declaration:
    claims = {
        "growth": lambda: matrix.growth().lies_in(above(0)),
        "kinship": lambda: matrix.kinship().lies_in(within(0.02)),
    }
    return Declaration(Claim("a-1", "a paper", True), "a claim", "", None, claims[what]())


def test_a_transferred_ticket_has_the_sources_mask_and_pretrained_weights() -> None:
    sst2 = all_arms()[1]
    ticket, own = sst2.transferred("cola").experiments[0], all_arms()[0].imp(0.7).experiments[0]
    assert ticket.task.name == "sst2"  # type: ignore[attr-defined]  # an arm's experiments are any expressions
    assert ticket.mask == own.mask  # type: ignore[attr-defined]  # as above
    assert ticket.start == sst2.model  # type: ignore[attr-defined]  # as above


def test_subnetworks_of_other_starts_have_their_own_masks_and_weights_of_the_source() -> None:
    cola, sst2 = all_arms()[:2]
    trained, rewound, standard = (
        sst2.transferred("cola", start).experiments[1].fit for start in ("trained", "rewound", "standard")
    )
    ticket, full, halfway, pruned = (
        arm.experiments[1].fit for arm in (cola.imp(0.7), cola.full(), cola.rewound(0.5), cola.standard())
    )
    assert ticket
    assert full
    assert halfway
    assert pruned
    assert trained == replace(trained, start=Rewound(ticket, 1.0), mask=ticket.mask)  # type: ignore[type-var]  # a fit
    assert rewound == replace(rewound, start=Rewound(full, 0.5), mask=halfway.mask)  # type: ignore[type-var]  # as above
    assert standard == replace(standard, start=Rewound(pruned, 1.0), mask=pruned.mask)  # type: ignore[type-var]  # as above
    assert len({ticket.mask, halfway.mask, pruned.mask}) == 3


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("mlm", "it takes a ticket of mlm; give --claims-source=mlm"),
        ("", "it takes several tasks; give --task=a,b or --task=all"),
        ("sst2", "a ticket of sst2 is no other task's"),
    ],
)
def test_a_ticket_that_is_not_available_is_missing_with_a_reason(source: str, reason: str) -> None:
    assert all_arms()[1].transferred(source).missing == reason


def test_the_largest_source_is_another_task() -> None:
    assert all_arms()[0].largest_source == "mnli"
    assert all_arms()[-1].largest_source == "qqp"


def test_the_matrix_has_every_source_on_every_other_task_but_no_language_model() -> None:
    matrix = Matrix(all_arms(("cola", "sst2", "mlm")))
    assert [(cell.source, cell.full.task) for cell in matrix.cells] == [("sst2", "cola"), ("cola", "sst2")]


def test_sparsity_that_follows_the_number_of_examples_is_found_without_tasks_that_are_too_weak() -> None:
    matrix = Matrix(all_arms())
    order = sorted(TASKS, key=SIZES.__getitem__)
    results: dict[Any, dict[str, Any]] = {}
    for task in matrix.reach().tasks:
        for full, match in zip(task.full.experiments, task.arm.experiments, strict=True):
            if not task.arm.missing:
                results[full] = {"score": 0.8, "majority": 0.9 if task.arm.task == "mnli" else 0.5}
                results[match] = {"highest": 0.1 * (order.index(task.arm.task) if task.arm.task != "mnli" else -1)}
    claim = Declaration(Claim("a-1", "a paper", True), "a claim", "", None, matrix.reach().lies_in(within(0.5)))
    decision = decide_one(claim, Measured(results), Rule())
    assert decision.judgement is not None
    assert decision.judgement.interval.estimate == pytest.approx(1.0)
    assert decision.over == "tasks"
    assert decision.reason == "left out: the full model does not beat the majority baseline on mnli"
    alone = Matrix(all_arms()[:1]).reach()
    assert alone.missing == "it takes several tasks; give --task=a,b or --task=all"
    assert alone.with_arms(lambda arm: arm).missing == alone.missing


@pytest.mark.parametrize(("reaching", "verdict"), [(5, "SUPPORTED"), (3, "SUPPORTED"), (2, "REFUTED")])
def test_the_tasks_that_a_source_reaches_are_counted(reaching: int, verdict: str) -> None:
    arms = tuple(replace(each, seeds=tuple(range(8))) for each in all_arms())
    effect = Matrix(arms).reached("cola")
    results: dict[Any, dict[str, Any]] = {}
    for at, cell in enumerate(effect.cells):
        for seed, (full, ticket) in enumerate(zip(cell.full.experiments, cell.ticket.experiments, strict=True)):
            results[full] = {"score": 0.8 + 0.001 * seed, "majority": 0.5}
            results[ticket] = {"score": (0.8 if at < reaching else 0.6) + 0.001 * (seed % 3), "majority": 0.5}
    claim = Claim("a-5", "a paper", {"cola": False, "all tasks": True})
    row = Declaration(claim, "a claim", "cola", None, effect.lies_in(above(2)))
    decision = decide_one(row, Measured(results), Rule())
    assert decision.judgement
    assert (decision.judgement.interval.estimate, decision.verdict) == (reaching, verdict)
    assert row.says is False
    assert decision.agrees is (verdict == "REFUTED")
    assert replace(row, row="rte").says is True
    assert replace(row, claim=replace(claim, says={})).says is None


def test_a_source_that_is_not_there_or_has_too_few_targets_reaches_nothing_with_a_reason() -> None:
    assert Matrix(all_arms()).reached("squad").missing == "it takes a ticket of squad; give --claims-source=squad"
    assert Matrix(all_arms(TASKS[:3])).reached("cola").missing == (
        "it takes three other tasks; give --task=a,b,c,d or --task=all"
    )
    oneshot = Matrix(all_arms(TASKS[:3])).reached("oneshot")
    assert not oneshot.missing
    assert not Matrix(all_arms(TASKS[:2])).reached("oneshot").arms  # nothing is trained for a claim that is not run
    assert [str(cell.ticket.id) for cell in oneshot.cells] == [f"{task}: oneshot@0.7" for task in TASKS[:3]]


def kept(effect: Across, share: Mapping[tuple[str, str], float], weak: tuple[str, ...] = ()) -> Measured:
    """Results in which the tickets of a source keep the given share of the target's full score."""
    results: dict[Any, dict[str, Any]] = {}
    for cell in effect.cells:
        baseline = 0.8 if cell.full.task in weak else 0.5
        for full, ticket in zip(cell.full.experiments, cell.ticket.experiments, strict=True):
            results[full] = {"score": 0.8, "majority": baseline}
            results[ticket] = {"score": 0.8 * share[cell.source, cell.full.task], "majority": baseline}
    return Measured(results)


def test_a_ticket_is_compared_with_the_tasks_own_on_every_other_task() -> None:
    effect = Matrix(all_arms()).advantage("cola", ["own"])
    behind = dict(zip(TASKS[1:], (0.04, 0.05, 0.06, 0.05, 0.05), strict=True))
    share = {("own", task): 0.9 + 0.01 * at for at, task in enumerate(TASKS)}
    share |= {("cola", task): share["own", task] - less for task, less in behind.items()}
    decision = decide_one(
        Declaration(Claim("a-1", "a paper", True), "a claim", "", None, effect.lies_in(below(0))),
        kept(effect, share),
        Rule(),
    )
    # Differences of -4, -5, -6, -5, -5 %: mean -5 %, variance .5, error sqrt(.5 / 5) = .316 %; t of 4 df is 2.132.
    assert decision.judgement
    interval = decision.judgement.interval
    assert (interval.estimate, interval.low, interval.high) == pytest.approx((-0.05, -0.05674, -0.04326), abs=1e-5)
    assert (decision.verdict, decision.over, effect.unit) == (Verdict.SUPPORTED, "tasks", "% of full")
    own = next(cell.ticket for cell in effect.cells if cell.source == "own" and cell.full.task == "rte")
    assert own.experiments == all_arms()[4].imp(0.7).experiments


def test_one_ticket_is_compared_with_the_mean_of_several_others_and_targets_cancel() -> None:
    effect = Matrix(all_arms()).advantage("oneshot", (*TASKS, "wnli"))  # no ticket of wnli is in this run
    of_source = dict(zip(TASKS, (0.01, 0.02, 0.03, 0.04, 0.05, 0.09), strict=True))  # mean .04
    on_target = dict(zip(TASKS, (0.50, 0.55, 0.60, 0.65, 0.70, 0.80), strict=True))
    share = {(source, on): of_source[source] + on_target[on] for source, on in permutations(TASKS, 2)}
    share |= {("oneshot", on): 0.06 + on_target[on] for on in TASKS}
    claim = Declaration(Claim("a-1", "a paper", True), "a claim", "", None, effect.lies_in(above(0)))
    decision = decide_one(claim, kept(effect, share), Rule())
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx(0.06 - 0.04)
    left = decide_one(claim, kept(effect, share, weak=("mnli",)), Rule())  # neither a source nor a target any more
    assert left.judgement
    assert left.judgement.interval.estimate == pytest.approx(0.06 - 0.03)
    assert "on mnli" in left.reason


def test_a_comparison_of_tickets_that_the_run_does_not_have_gives_its_reason() -> None:
    assert Matrix(all_arms(TASKS[:2])).advantage("cola", ["own"]).missing == TWO_OTHERS
    absent = "it takes a ticket of mlm; give --claims-source=mlm"
    for effect in (Matrix(all_arms()).advantage(*given) for given in (("mlm", ["own"]), ("oneshot", ["mlm"]))):
        assert effect.missing == absent
        assert not effect.arms  # nothing is trained for a claim that is not run


def test_transfer_that_follows_the_number_of_examples_is_found() -> None:
    matrix = Matrix(all_arms())
    share = {pair: 0.9 + 0.01 * math.log(SIZES[pair[0]]) / 10 for pair in permutations(TASKS, 2)}
    decision = decide_one(declared(matrix, "growth"), measured(matrix, share), Rule())
    assert decision.verdict is Verdict.SUPPORTED
    assert decision.judgement is not None
    assert decision.judgement.interval.estimate == pytest.approx(1.0)
    assert decision.seeds_needed is None


def test_a_task_whose_full_model_is_weak_is_left_out_and_named() -> None:
    matrix = Matrix(all_arms())
    share = {pair: 0.9 + 0.01 * math.log(SIZES[pair[0]]) / 10 for pair in permutations(TASKS, 2)}
    share |= {pair: 2.0 for pair in share if pair[0] == "rte"}
    decision = decide_one(declared(matrix, "growth"), measured(matrix, share, weak=("rte",)), Rule())
    assert decision.reason == "left out: the full model does not beat the majority baseline on rte"
    assert decision.judgement is not None
    assert decision.judgement.interval.estimate == pytest.approx(1.0)


def test_a_claim_between_tasks_is_not_run_on_one_task() -> None:
    matrix = Matrix(all_arms(("sst2",)))
    decision = decide_one(declared(matrix, "kinship"), Measured({}), Rule())
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == "it takes several tasks; give --task=a,b or --task=all"


def test_too_few_tasks_are_not_judged_and_the_reason_is_reported() -> None:
    matrix = Matrix(all_arms(("cola", "sst2", "rte")))
    share = dict.fromkeys(permutations(("cola", "sst2", "rte"), 2), 0.9)
    decision = decide_one(declared(matrix, "growth"), measured(matrix, share), Rule())
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == "3 sources; expected at least 4 to estimate an error"


def test_better_transfer_within_a_family_is_distinguished_from_equal_transfer() -> None:
    matrix = Matrix(all_arms())
    better = {pair: 0.95 if set(pair) in KIN else 0.85 for pair in permutations(TASKS, 2)}
    decision = decide_one(declared(matrix, "kinship"), measured(matrix, better), Rule())
    assert decision.verdict is Verdict.REFUTED
    assert decision.judgement is not None
    assert decision.judgement.interval.estimate == pytest.approx(0.1)
    equal = dict.fromkeys(better, 0.9)
    assert decide_one(declared(matrix, "kinship"), measured(matrix, equal), Rule()).verdict is Verdict.SUPPORTED


def test_hard_targets_do_not_make_their_own_tickets_look_good() -> None:
    matrix = Matrix(all_arms())
    # All tickets are equally good, and a target is harder the fewer examples it has. Each source has no share on its
    # own target, so plain means would put the sources in the order of their own targets' difficulty.
    share = {pair: 0.5 + 0.03 * math.log(SIZES[pair[1]]) for pair in permutations(TASKS, 2)}
    decision = decide_one(declared(matrix, "growth"), measured(matrix, share), Rule())
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == "all numbers on one side are equal"


def test_two_tasks_of_one_kind_are_too_few_and_the_reason_is_reported() -> None:
    matrix = Matrix(all_arms(("cola", "sst2", "rte", "mrpc")))
    share = dict.fromkeys(permutations(("cola", "sst2", "rte", "mrpc"), 2), 0.9)
    decision = decide_one(declared(matrix, "kinship"), measured(matrix, share), Rule())
    assert decision.verdict is Verdict.NOT_RUN
    expected = "without one of the pairs of tasks it cannot be estimated; expected more tasks of each kind"
    assert decision.reason == expected


def test_each_effect_between_tasks_says_what_it_generalises_over() -> None:
    share = {pair: 0.9 + 0.01 * (at % 7) for at, pair in enumerate(permutations(TASKS, 2))}
    assert growth(share, SIZES).over == "sources"
    assert kinship(share).over == "pairs of tasks"


def test_the_effect_uses_each_targets_own_full_model() -> None:
    matrix = Matrix(all_arms(("cola", "sst2")))
    effect = matrix.growth()
    assert {cell.full.name for cell in effect.cells} == {"cola: full", "sst2: full"}
    assert isinstance(effect.cells[0], Transfer)
    scores = {arm.id: Sample((0, 1), (0.4, 0.4)) for arm in effect.arms}
    assert effect.estimate(scores, None, "t").n == 2
