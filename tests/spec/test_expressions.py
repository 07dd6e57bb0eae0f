import dataclasses
import math
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.claims.arms import MATCHED, Arms, imp
from lth.errors import UsageError
from lth.spec import expressions
from lth.spec.criterion import Criterion
from lth.spec.expressions import (
    RECIPE_BOUNDS,
    FineTune,
    Magnitude,
    Pretrained,
    Recipe,
    Reinitialised,
    Resumed,
    Rewound,
    Shuffled,
    TaskData,
    Uniform,
)
from tests.spec.known import one_of_each

TASK = TaskData("sst2", "d" * 64, "lab")
MODEL = Pretrained("m" * 64, "lab")
FULL = FineTune(TASK, 0, Recipe(), MODEL)
CHANGES = {
    "task": TaskData("cola", "d" * 64, "lab"),
    "seed": 1,
    "recipe": Recipe(lr=3e-5),
    "start": Reinitialised(MODEL, 0),
    "mask": Magnitude(FULL, 0.5),
}


KEYS = {
    "full": "ea2e59764dc557007fdc4334334caae80f867b48a18d26753a73bb845bfaa061",
    "ticket": "51c05a501eac923e27a4b58edbaf4c4dde9684af1004b65ed1000ad893780da7",
    "mask": "84b2a6782a07bec21cc27efc617e0bc23ae56a5d702384ebb57f49cb1106fefe",
    "one-shot mask": "70bdfb5f9f75e4d4da6c5591d67fa9bddbc27eaa98215c749329291d6f5193f1",
    "uniform": "3e95bc4d3689b400875b64bdc06d6cf88ecf86d7fcb651c3a21f5ed9fe93ff43",
    "s-search": "6a2b3eeeae232e14da0b547c18ce121311ead13675ab71fad58f2e0bbb3a0f97",
    "overlap": "9e2767777b59ec1c8cc64f88d9bb695da332b5850993717e4b06ca3fbfa9ee2f",
}
"""The keys of results in existing stores."""


def test_results_that_stores_hold_are_still_found() -> None:
    known = one_of_each("lab", "lab", Recipe(epochs=2, batch=16, max_length=64))
    assert {kind: known[kind].key for kind in KEYS} == KEYS


def test_a_criterion_is_part_of_a_masks_identity_if_there_is_one() -> None:
    assert Magnitude(FULL, 0.5, criterion=None).key == Magnitude(FULL, 0.5).key
    criteria = (None, Criterion("random"), Criterion("m:f", "a" * 64), Criterion("m:f", "b" * 64))
    assert len({Magnitude(FULL, 0.5, criterion=criterion).key for criterion in criteria}) == len(criteria)


@pytest.mark.parametrize("name", CHANGES)
def test_every_field_of_an_experiment_is_part_of_its_identity(name: str) -> None:
    assert dataclasses.replace(FULL, **{name: CHANGES[name]}).key != FULL.key


def test_every_setting_of_a_recipe_is_part_of_the_experiments_identity() -> None:
    for setting in dataclasses.fields(Recipe):
        value = getattr(Recipe(), setting.name)
        other = "bf16" if value == "fp32" else 7 if value is None else value + 0.5 if value == 0 else value * 2
        if setting.name == "warmup":
            other = 0.25
        changed = dataclasses.replace(FULL, recipe=dataclasses.replace(Recipe(), **{setting.name: other}))
        assert changed.key != FULL.key, setting.name


def test_the_places_of_data_and_model_are_not_part_of_an_experiments_identity() -> None:
    moved = FineTune(TaskData("sst2", "d" * 64, "/elsewhere"), 0, Recipe(), Pretrained("m" * 64, "/elsewhere"))
    assert moved == FULL
    assert hash(moved) == hash(FULL)


def test_a_change_of_data_or_model_makes_another_experiment() -> None:
    assert FineTune(TaskData("sst2", "e" * 64, "lab"), 0, Recipe(), MODEL) != FULL
    assert FineTune(TASK, 0, Recipe(), Pretrained("n" * 64, "lab")) != FULL


def test_another_version_of_the_engine_makes_another_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "ENGINE", expressions.ENGINE + 1)
    assert FineTune(TASK, 0, Recipe(), MODEL).key != FULL.key


def test_different_starts_with_the_same_seed_are_different_expressions() -> None:
    starts = [
        MODEL,
        Reinitialised(MODEL, 0),
        Shuffled(MODEL, 0),
        Rewound(FULL, 0.5),
        Resumed(FULL, 0.5),
        Rewound(FULL, 1.0),
    ]
    assert len({FineTune(TASK, 0, Recipe(), start) for start in starts}) == len(starts)


@given(st.integers(0, 3), st.sampled_from([0.3, 0.5, 0.7]))
def test_a_key_survives_pickling_and_is_the_same_for_equal_expressions(seed: int, sparsity: float) -> None:
    mask = Uniform(Magnitude(FineTune(TASK, seed, Recipe(), MODEL), sparsity), seed)
    ticket = FineTune(TASK, seed, Recipe(), MODEL, mask)
    again = FineTune(
        TASK, seed, Recipe(), MODEL, Uniform(Magnitude(FineTune(TASK, seed, Recipe(), MODEL), sparsity), seed)
    )
    assert pickle.loads(pickle.dumps(ticket)).key == ticket.key == again.key
    assert len(ticket.key) == 64


def test_inputs_are_the_trained_weights_and_the_masks_that_an_experiment_needs() -> None:
    first = Magnitude(FULL, 0.3)
    ticket = FineTune(TASK, 0, Recipe(), MODEL, first)
    second = Magnitude(ticket, 0.5)
    assert FULL.inputs == ()
    assert first.inputs == (Rewound(FULL, 1.0),)
    assert ticket.inputs == (first,)
    assert second.inputs == (Rewound(ticket, 1.0), first)
    assert Uniform(second, 0).inputs == (second,)
    assert FineTune(TASK, 0, Recipe(), Rewound(FULL, 0.05), first).inputs == (Rewound(FULL, 0.05), first)
    assert Magnitude(MODEL, 0.3).inputs == ()


def test_every_start_descends_from_the_pretrained_model() -> None:
    for start in (MODEL, Reinitialised(MODEL, 1), Shuffled(MODEL, 1), Rewound(FULL, 0.5)):
        assert start.pretrained == MODEL


def test_a_sparsity_beyond_one_is_refused_with_what_was_expected() -> None:
    with pytest.raises(UsageError, match=r"^sparsity 1\.2; expected a share between 0 and 1, such as 0\.7 for 70 %$"):
        Magnitude(FULL, 1.2)


def test_a_round_that_prunes_less_than_the_round_before_is_refused() -> None:
    ticket = FineTune(TASK, 0, Recipe(), MODEL, Magnitude(FULL, 0.5))
    with pytest.raises(UsageError, match=r"^sparsity 0\.4 after 0\.5; expected rounds that ascend$"):
        Magnitude(ticket, 0.4)


@pytest.mark.parametrize(
    ("setting", "value", "bounds"),
    [
        ("epochs", 0, "1 to 1,000"),
        ("batch", 10**12, "1 to 65,536"),
        ("max_length", 1, "4 to 8,192"),
        ("train_examples", 0, "1 to 1,000,000,000"),
        ("lr", 0.0, "1e-12 to 1e+38"),
        ("lr", math.nan, "1e-12 to 1e+38"),
        ("warmup", 1.0, "0 to 0.99"),
    ],
)
def test_a_recipe_with_which_nothing_can_be_trained_is_refused(setting: str, value: float, bounds: str) -> None:
    with pytest.raises(UsageError) as refused:
        Recipe(**{setting: value})
    assert str(refused.value) == f"recipe {setting}={value}; expected from {bounds}; give another {setting}"


def test_every_number_of_a_recipe_has_bounds() -> None:
    assert set(RECIPE_BOUNDS) == {each.name for each in dataclasses.fields(Recipe)} - {"precision"}


def test_every_round_of_imp_is_the_ticket_of_the_masks_before_it() -> None:
    tickets = imp(FULL, (0.3, 0.5, 0.7))
    assert [ticket.sparsity for ticket in tickets] == [0.3, 0.5, 0.7]
    assert all(ticket.start == MODEL for ticket in tickets)
    assert tickets[0].mask == Magnitude(FULL, 0.3)
    assert tickets[2].mask == Magnitude(tickets[1], 0.7)


def test_arms_of_one_seed_differ_only_in_their_treatment(arms: Arms) -> None:
    ticket = arms.imp().experiments[1]
    for arm in (arms.random(), arms.reinitialised(), arms.shuffled()):
        fit = arm.experiments[1]
        assert (fit.task, fit.seed, fit.recipe) == (ticket.task, ticket.seed, ticket.recipe)
    assert arms.reinitialised().experiments[1].mask == arms.shuffled().experiments[1].mask == ticket.mask
    assert arms.random().experiments[1].mask == Uniform(ticket.mask, 1)  # type: ignore[arg-type]  # a magnitude mask


def test_rewound_tickets_go_back_to_the_full_models_weights_in_every_round(arms: Arms) -> None:
    ticket, full = arms.rewound(0.05).experiments[0], arms.full().experiments[0]
    assert ticket.start == Resumed(full, 0.05)
    assert isinstance(ticket.mask, Magnitude)
    assert isinstance(ticket.mask.of, FineTune)
    assert ticket.mask.of.start == Resumed(full, 0.05)


def test_rewound_tickets_restart_the_recipe_if_the_protocol_says_so(arms: Arms) -> None:
    restarting = dataclasses.replace(arms, protocol=dataclasses.replace(arms.protocol, rewinding="restart"))
    ticket, resumed = restarting.rewound(0.5).experiments[0], arms.rewound(0.5).experiments[0]
    assert isinstance(ticket.start, Rewound)
    assert not isinstance(ticket.start, Resumed)
    assert ticket != resumed
    train, dev = ticket.sizes
    assert (ticket.passes - dev) == 2 * (resumed.passes - dev) == 3 * 3 * train  # three epochs, or half of them


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Resumed(FULL, 1.0), "resumed at 1, the end of training; expected a share below 1"),
        (lambda: FineTune(TASK, 1, Recipe(), Resumed(FULL, 0.5)), "sst2 seed 1 resumed from a step of sst2 seed 0; "),
        (
            lambda: Rewound(FineTune(TASK, 0, Recipe(), Resumed(FULL, 0.5)), 0.5),
            "rewound to 0.5 of a fine-tuning that begins at 0.5; expected a later share",
        ),
    ],
)
def test_a_step_that_a_run_cannot_be_resumed_at_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_standard_pruning_starts_every_round_where_the_last_one_ended(arms: Arms) -> None:
    fit = arms.standard().experiments[0]
    assert isinstance(fit.start, Rewound)
    assert fit.start.at == 1.0
    assert isinstance(fit.mask, Magnitude)
    assert fit.mask.of == fit.start.of


def test_the_highest_match_is_searched_over_all_rounds_of_the_schedule_and_trains_nothing_else(arms: Arms) -> None:
    for treatment in MATCHED:
        found = arms.highest_match(treatment).experiments
        tickets = [arm.experiments for arm in arms.rounds_of(treatment)]
        assert [each.inputs[1:] for each in found] == list(zip(*tickets, strict=True))
        assert [each.inputs[0] for each in found] == list(arms.full().experiments)
    assert arms.rounds_of("imp")[-1].experiments == arms.imp().experiments
    steps = dataclasses.replace(arms, protocol=dataclasses.replace(arms.protocol, schedule="original:0.1"))
    assert [arm.name for arm in steps.rounds_of("standard")][-1] == "standard@0.9"  # tickets are judged at .7
    assert dataclasses.replace(arms, margin=0.05).highest_match("imp") != arms.highest_match("imp")


def test_a_one_shot_mask_needs_no_training_and_is_the_same_for_every_seed(arms: Arms) -> None:
    one, other = arms.oneshot().experiments
    assert one.mask == other.mask == Magnitude(arms.model, 0.7)
    assert one != other


def test_arms_are_named_by_treatment_and_sparsity(arms: Arms) -> None:
    assert [arm.name for arm in (arms.full(), arms.imp(), arms.rewound(0.05))] == ["full", "imp@0.7", "rewound 5%@0.7"]
    assert len(arms.curve()) == 5 * (3 + 1)  # five treatments at three rounds, and the highest match of each


def test_a_description_is_one_readable_line(arms: Arms) -> None:
    assert str(arms.full().experiments[0]) == "sst2 seed 0: pretrained, full"
    assert str(arms.rewound(0.05).experiments[1]) == "sst2 seed 1: resumed at 5%, magnitude 70%"
    assert str(arms.standard().experiments[0]) == "sst2 seed 0: trained, magnitude 70%"
