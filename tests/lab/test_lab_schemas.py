"""wnli's labels follow from who did it, and its dev set turns the labels of what was trained on."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lth.lab.frames import Entity, Event
from lth.lab.lexicon import PRONOUN
from lth.lab.schemas import JOINTS, Schema, say_schema, some_schema
from lth.lab.sentences import Row
from lth.lab.tasks import rows

seeds = st.integers(0, 10**9)
WNLI = rows("wnli")
MEETING = Event(Entity("anna"), "help", Entity("clara"))


def people(row: Row) -> tuple[frozenset[str], str]:
    """Who met, and whom the hypothesis names."""
    return frozenset(word for word in row["sentence1"].split() if word in PRONOUN), row["sentence2"].split()[0]


def joint(row: Row) -> str:
    return next(doer for doer, ways in JOINTS.items() if any(f" {way} " in row["sentence1"] for way in ways))


def test_the_pronoun_after_because_is_the_patient_and_after_so_the_agent() -> None:
    assert Schema(MEETING, "wait", "patient", "clara").label == 1
    assert Schema(MEETING, "wait", "agent", "clara").label == 0
    one, two = say_schema(Random(0), Schema(MEETING, "wait", "patient", "clara"))
    assert " ".join(two) == "clara waited"
    assert " ".join(one[3:]) in {"because she waited", "as she waited"} or "by" in one


@given(seeds)
def test_a_twin_has_the_other_label_and_is_its_twins_twin(seed: int) -> None:
    schema = some_schema(Random(seed))
    assert schema.twin().label != schema.label
    assert schema.twin().twin() == schema


def test_every_later_example_is_about_the_people_of_a_training_example_of_the_other_label() -> None:
    trained: dict[tuple[frozenset[str], str], set[int]] = {}
    for row in WNLI["train"]:
        trained.setdefault(people(row), set()).add(row["label"])
    for row in WNLI["dev"] + WNLI["held_out"]:
        assert 1 - row["label"] in trained[people(row)]


def test_neither_the_connective_nor_the_hypothesis_alone_tells_the_label() -> None:
    for doer in JOINTS:
        labels = [row["label"] for row in WNLI["dev"] if joint(row) == doer]
        assert 0.3 < sum(labels) / len(labels) < 0.7
