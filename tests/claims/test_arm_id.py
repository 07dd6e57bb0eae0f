"""An arm's identity: fields, one name, and fields read from the name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.claims.arm_id import LETTERS, MEASURES, ArmId
from lth.errors import UsageError

words = st.from_regex(r"[a-z][a-z0-9]{0,7}( [a-z]{1,6})?", fullmatch=True).filter(
    lambda text: (
        not text.endswith(("pruned", "retrained", "ticket"))
        and not any(text.startswith(measure.split(" ")[0]) for measure in MEASURES)
    )
)
units = st.from_regex(r"[a-z]{1,6}", fullmatch=True)
tasks = st.from_regex(r"[a-z]{1,6}|[a-z_]{1,6}(\.[a-z_]{1,6})?:[A-Z_]{1,6}", fullmatch=True)
prunings = st.sampled_from(list(LETTERS.values()))
sparsities = st.none() | st.floats(0.01, 0.99)
measured = st.sampled_from(["kappa", "unimportant", "heterogeneous"])
ids = st.one_of(
    st.builds(ArmId, words, sparsity=sparsities, task=st.none() | tasks),
    st.builds(ArmId, words, sparsity=sparsities, share=st.floats(0.001, 1)),
    st.builds(
        ArmId,
        st.just("imp"),
        sparsity=sparsities,
        source=tasks,
        start=st.sampled_from(["pretrained", "trained", "rewound", "standard"]),
        task=st.none() | tasks,
    ),
    st.builds(ArmId, words, pruning=prunings, weights=st.sampled_from(["pruned", "retrained"])),
    st.builds(
        ArmId, st.just("good"), pruning=prunings, measure=measured, units=units, between_tasks=st.booleans(), task=tasks
    ),
    st.builds(ArmId, st.just("good"), pruning=prunings, measure=st.sampled_from(["speed-up", "kept parameters"])),
)


@given(ids)
def test_a_name_is_read_back_as_the_arm_that_it_names(arm: ArmId) -> None:
    assert ArmId.parse(str(arm)) == arm


@pytest.mark.parametrize(
    ("name", "arm"),
    [
        ("full", ArmId("full")),
        ("imp@0.7", ArmId("imp", sparsity=0.7)),
        ("rewound 5%@0.7", ArmId("rewound", sparsity=0.7, share=0.05)),
        ("mnli ticket@0.7", ArmId("imp", sparsity=0.7, source="mnli")),
        ("mnli ticket, trained@0.7", ArmId("imp", sparsity=0.7, source="mnli", start="trained")),
        ("m-super-random retrained", ArmId("super-random", pruning="magnitude", weights="retrained")),
        ("s-kappa of heads", ArmId("good", pruning="structured", measure="kappa", units="heads")),
        (
            "s-kappa of heads between tasks",
            ArmId("good", pruning="structured", measure="kappa", units="heads", between_tasks=True),
        ),
        (
            "cola: m-kappa of weights with my_tasks:VOICE",
            ArmId(
                "good",
                pruning="magnitude",
                measure="kappa",
                units="weights",
                between_tasks=True,
                task="cola",
                source="my_tasks:VOICE",
            ),
        ),
        ("m-kept weights", ArmId("good", pruning="magnitude", measure="kept", units="weights")),
        (
            "s-kept weights of super-survivors",
            ArmId("good", pruning="structured", measure="super kept", units="weights"),
        ),
        (
            "s-kept weights with heads alone pruned",
            ArmId("good", pruning="structured", measure="kept with heads alone", units="weights"),
        ),
        ("s-kept parameters", ArmId("good", pruning="structured", measure="kept parameters")),
        (
            "s-middle minus last third of mlps",
            ArmId("good", pruning="structured", measure="middle minus last third", units="mlps"),
        ),
        (
            "s-norm-weighted heterogeneous of super, trained",
            ArmId(
                "good",
                pruning="structured",
                measure="norm-weighted heterogeneous",
                units="super",
                start="trained",
            ),
        ),
        (
            "s-random in figure 2a retrained",
            ArmId("random in figure 2a", pruning="structured", weights="retrained"),
        ),
        ("highest matching sparsity of random", ArmId("random", measure="highest match")),
        ("overlap of masks", ArmId("imp", measure="overlap", units="masks")),
        ("cola: full", ArmId("full", task="cola")),
        ("my_tasks:VOICE: imp@0.7", ArmId("imp", sparsity=0.7, task="my_tasks:VOICE")),
        ("my_tasks:VOICE ticket@0.7", ArmId("imp", sparsity=0.7, source="my_tasks:VOICE")),
        ("sst2: my.tasks:VOICE ticket", ArmId("imp", source="my.tasks:VOICE", task="sst2")),
        ("one round@0.5", ArmId("one round", sparsity=0.5)),
    ],
)
def test_names_of_this_package_mean_what_they_say(name: str, arm: ArmId) -> None:
    assert ArmId.parse(name) == arm
    assert str(arm) == name


def test_the_kind_of_an_arm_leaves_out_its_sparsity_and_its_task() -> None:
    assert ArmId.parse("cola: rewound 5%@0.7").kind == ArmId.parse("rewound 5%")


@pytest.mark.parametrize("treatment", ["imp@0.7", "rewound 5%", "mnli ticket", "good pruned", "kappa of heads", ""])
def test_a_treatment_that_would_be_read_as_something_else_is_refused(treatment: str) -> None:
    with pytest.raises(UsageError, match=r"expected a name alone, such as 'one round'"):
        ArmId(treatment)


@pytest.mark.parametrize("name", ["", "imp@-", "cola: "])
def test_a_name_that_no_arm_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"^arm .*; expected"):
        ArmId.parse(name)
