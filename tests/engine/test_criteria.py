"""Criteria on a tiny classifier: what they score, what they keep, and what a user's function must not do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lth.engine import masks
from lth.engine.criteria import CRITERIA, Candidate, prune
from lth.engine.prunable import prunable
from lth.errors import EngineError, ExecutionError
from lth.spec.criterion import BUILT_IN, Criterion, read_criterion
from tests.engine.encoders import classifier

INPUTS = torch.arange(3, 27).view(4, 6)
TARGETS = torch.tensor([0, 1, 2, 1])


def candidate(model: nn.Module | None = None) -> Candidate:
    """A candidate with the losses of four examples, in batches of three and one."""
    network = (model or classifier()).eval()

    def losses() -> Iterator[Tensor]:
        for part in (slice(0, 3), slice(3, 4)):
            logits = network(input_ids=INPUTS[part]).logits
            yield nn.functional.cross_entropy(logits, TARGETS[part]) * (len(TARGETS[part]) / 4)

    return Candidate(network, prunable(network), torch.Generator().manual_seed(0), losses)


def made_of(scores: dict[str, Tensor]) -> Candidate:
    """A candidate with these weights only."""
    parameters = {name: nn.Parameter(part) for name, part in scores.items()}
    return Candidate(nn.Module(), parameters, torch.Generator(), lambda: iter(()))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Criterion]]:
    """Write a function with the given body into a module and read it as a criterion."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(body: str) -> Criterion:
        text = f"import torch\n\n\ndef score(candidate):\n    {body}\n"
        (tmp_path / "own_criterion.py").write_text(text, encoding="utf-8")
        found = read_criterion("own_criterion:score")
        assert found
        return found

    yield write
    sys.modules.pop("own_criterion", None)


def test_the_names_that_can_be_typed_are_those_of_the_functions() -> None:
    assert tuple(CRITERIA) == BUILT_IN


@given(st.integers(0, 2**32), st.floats(0, 0.99), st.sampled_from([None, 0.3]))
def test_magnitude_as_a_criterion_gives_the_same_mask_as_no_criterion(
    seed: int, sparsity: float, before: float | None
) -> None:
    stream = torch.Generator().manual_seed(seed)
    weights = {name: torch.randn(shape, generator=stream) for name, shape in (("a", (7, 5)), ("b", (3, 11)))}
    within = masks.magnitude(weights, before) if before else None
    sparsity = max(sparsity, before or 0)
    found = prune(Criterion("magnitude"), made_of(weights), sparsity, within)
    assert masks.to_bytes(found) == masks.to_bytes(masks.magnitude(weights, sparsity, within))


numbers = st.floats(allow_nan=False, width=32)


@given(st.lists(numbers, min_size=4, max_size=40), st.integers(0, 39))
def test_the_highest_scores_are_kept_even_negative_and_infinite_ones(values: list[float], remove: int) -> None:
    remove %= len(values)
    parts = {"a": torch.tensor(values[:2]), "b": torch.tensor(values[2:])}
    CRITERIA["theirs"] = lambda candidate: candidate.weights
    try:
        found = prune(Criterion("theirs"), made_of(parts), remove / len(values))
    finally:
        del CRITERIA["theirs"]
    kept = torch.cat([found["a"], found["b"]])
    order = sorted(
        range(len(values)), key=lambda at: (values[at], at)
    )  # equal scores are removed in the order of their position
    assert kept.nonzero().flatten().tolist() == sorted(order[remove:])


def test_first_order_scores_are_the_weights_times_their_gradients_of_the_mean_loss() -> None:
    given = candidate()
    scores = CRITERIA["first-order"](given)
    given.model.zero_grad()
    nn.functional.cross_entropy(given.model(input_ids=INPUTS).logits, TARGETS).backward()
    for name, parameter in given.parameters.items():
        assert parameter.grad is not None
        torch.testing.assert_close(scores[name], (parameter.detach() * parameter.grad).abs(), rtol=1e-3, atol=1e-7)


def test_a_first_order_score_is_how_much_the_loss_changes_when_a_small_weight_becomes_zero() -> None:
    given = candidate()
    name, parameter = next(iter(given.parameters.items()))
    with torch.no_grad():
        parameter[0, 0] = 1e-2
    scores, before = CRITERIA["first-order"](given), sum(loss.item() for loss in given.losses())
    with torch.no_grad():
        parameter[0, 0] = 0.0
    after = sum(loss.item() for loss in given.losses())
    assert scores[name][0, 0].item() == pytest.approx(abs(after - before), rel=0.05, abs=1e-7)


def test_gradients_are_computed_once_and_only_when_they_are_asked_for() -> None:
    given, asked = candidate(), []

    def losses() -> Iterator[Tensor]:
        asked.append(1)
        return given.losses()

    watched = Candidate(given.model, given.parameters, given.generator, losses)
    CRITERIA["random"](watched)
    assert asked == []
    assert watched.gradients is watched.gradients
    assert asked == [1]
    assert all(parameter.grad is None for parameter in given.parameters.values())


def test_a_random_order_is_that_of_the_stream() -> None:
    one, again = (prune(Criterion("random"), candidate(), 0.5) for _ in range(2))
    given = candidate()
    other = prune(Criterion("random"), Candidate(given.model, given.parameters, torch.Generator(), given.losses), 0.5)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_users_function_decides_what_is_kept(own: Callable[[str], Criterion]) -> None:
    negated = own("return {name: -weight for name, weight in candidate.weights.items()}")
    found = prune(negated, made_of({"a": torch.tensor([[1.0, -2.0], [3.0, -4.0]])}), 0.5)
    assert found["a"].tolist() == [[False, True], [False, True]]


def test_a_function_that_changed_and_was_read_again_is_loaded_again(own: Callable[[str], Criterion]) -> None:
    parts = {"a": torch.tensor([1.0, 2.0])}
    assert prune(own("return candidate.weights"), made_of(parts), 0.5)["a"].tolist() == [False, True]
    changed = own("return {name: -weight for name, weight in candidate.weights.items()}  # the other way round")
    assert prune(changed, made_of(parts), 0.5)["a"].tolist() == [True, False]


def test_a_function_that_changed_after_planning_is_refused(own: Callable[[str], Criterion]) -> None:
    planned = own("return candidate.weights  # as planned")
    own("return {}")
    with pytest.raises(ExecutionError) as caught:
        prune(planned, made_of({"a": torch.ones(2)}), 0.5)
    given, expected, do = str(caught.value).split("; ")
    assert given.startswith("criterion own_criterion:score: ")
    assert given.endswith("own_criterion.py has changed since the run was planned")
    assert (expected, do) == ("expected the same file in every process", "start the run again")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "raise KeyError('pooler')",
            "criterion own_criterion:score failed (KeyError: 'pooler'); expected a score for each weight; correct the "
            "function",
        ),
        (
            "return {'a': torch.ones(3)}",
            "criterion own_criterion:score does not fit the model: 'a' is missing, unknown or of another shape (2 such "
            "differences); expected one score for each weight; return a tensor of each weight's shape by its name",
        ),
        (
            "return {}",
            "criterion own_criterion:score does not fit the model: 'a' is missing, unknown or of another shape (1 such "
            "differences); expected one score for each weight; return a tensor of each weight's shape by its name",
        ),
        (
            "return {'a': torch.tensor([1.0, float('nan')])}",
            "criterion own_criterion:score returned NaN for 'a'; expected numbers; correct the function, or check the "
            "training that produced the weights",
        ),
    ],
)
def test_scores_that_rank_nothing_are_refused(body: str, message: str, own: Callable[[str], Criterion]) -> None:
    with pytest.raises(ExecutionError) as caught:
        prune(own(body), made_of({"a": torch.ones(2)}), 0.5)
    assert str(caught.value) == message


def test_an_error_of_the_engine_is_not_taken_for_one_of_the_function(own: Callable[[str], Criterion]) -> None:
    def losses() -> Iterator[Tensor]:
        raise EngineError("no loss")

    given = candidate()
    without = Candidate(given.model, given.parameters, given.generator, losses)
    with pytest.raises(EngineError, match=r"^no loss$"):
        prune(own("return candidate.gradients"), without, 0.5)
