"""The lab's tasks, shaped like GLUE's of the same names: every label is computed from the frames behind the sentences.

A new task is one function from a random stream and a wanted label to a row, and one line in `TASKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from lth.errors import TaskNotFound
from lth.lab.corpus import documents
from lth.lab.frames import Event, some_entity, some_event
from lth.lab.lexicon import VERBS
from lth.lab.meaning import alter, entails, misfit, similarity, strengthen, weaken
from lth.lab.opinions import say_opinion, some_opinion
from lth.lab.wording import Tokens, article_form, number_shows, say_adjuncts, say_entity, say_event, verb_group

Row = dict[str, str | int | float]
ENTAILMENT, NOT_ENTAILMENT = 0, 1
UNACCEPTABLE, ACCEPTABLE = 0, 1
NEGATIVE, POSITIVE = 0, 1
MLM_SEED = 40


def sentence(words: Tokens) -> str:
    """The text of a sentence, with its full stop."""
    return " ".join([*words, "."])


# ---- sst2 ----


def sst2(rng: Random, label: int) -> Row:
    """An opinion and its sign: 1 where the adjectives, with degree, negation and contrast, add up to more than 0."""
    sign = 1 if label == POSITIVE else -1
    opinion = some_opinion(rng, sign, rng.choice((1, 2, 2, 3)), negation=0.08, contrast=0.2)
    return {"sentence": sentence(say_opinion(rng, opinion)), "label": POSITIVE if opinion.value > 0 else NEGATIVE}


# ---- cola ----


def cola(rng: Random, label: int) -> Row:
    """A sentence and whether the grammar allows it; every unacceptable one breaks one rule of FAULTS."""
    event = some_event(rng, relative=0.6, adjective=0.3, negation=0.1)
    if label == ACCEPTABLE:
        return {"sentence": sentence(say_event(rng, event)), "label": ACCEPTABLE}
    words = None
    while words is None:
        words = rng.choices(tuple(FAULTS.values()), _FAULT_WEIGHTS)[0](rng, event)
    return {"sentence": sentence(words), "label": UNACCEPTABLE}


def wrong_agreement(rng: Random, event: Event) -> Tokens | None:
    """The main verb in the other number than its subject; None where its form does not show number."""
    passive = event.patient is not None and rng.random() < 0.2
    nobody = event.negated and not (event.patient if passive and event.patient else event.agent).definite
    if nobody or not number_shows(event, passive):
        return None
    return say_event(rng, event, passive=passive, wrong_number=True)


def wrong_participant(rng: Random, event: Event) -> Tokens | None:
    """A participant that the verb's selectional restriction does not admit."""
    return say_event(rng, misfit(rng, event))


def wrong_number_of_arguments(rng: Random, event: Event) -> Tokens | None:
    """A transitive verb without its object, or an intransitive one with an object."""
    subject = say_entity(rng, event.agent)
    verb = verb_group(rng, event.verb, event.tense, event.agent.many, negated=event.negated)
    extra = [] if event.patient else say_entity(rng, some_entity(rng, ("object", "food", "person")))
    return article_form([*subject, *verb, *extra, *(word for phrase in say_adjuncts(event) for word in phrase)])


def wrong_form(rng: Random, event: Event) -> Tokens | None:
    """An auxiliary with the wrong form of its verb: `has ate`, `did not eaten`, `will eats`."""
    verb = VERBS[event.verb]
    base, third, past, participle = verb.forms[0]
    wanted = verb_group(Random(0), event.verb, event.tense, event.agent.many, negated=event.negated)
    if len(wanted) == 1:
        return None
    right = {"perfect": participle}.get(event.tense, base)
    wrong = rng.choice([form for form in (base, third, past, participle) if form != right])
    group = [*verb_group(rng, event.verb, event.tense, event.agent.many, negated=event.negated)[:-1], wrong]
    patient = say_entity(rng, event.patient) if event.patient else []
    adjuncts = [word for phrase in say_adjuncts(event) for word in phrase]
    return article_form([*say_entity(rng, event.agent), *group, *patient, *adjuncts])


def wrong_determiner(rng: Random, event: Event) -> Tokens | None:
    """A singular article before a plural noun, `every` likewise, or an article before a name."""
    if event.agent.is_name:
        return article_form([rng.choice(("a", "every")), *say_event(rng, event, passive=False, adjuncts=False)])
    if not event.agent.many:
        return None
    words = say_event(rng, replace(event, negated=False), passive=False, adjuncts=False)
    return article_form([rng.choice(("a", "every")), *words[1:]])


def wrong_order(rng: Random, event: Event) -> Tokens | None:
    """Two neighbouring words exchanged: article and noun, or subject's last word and verb."""
    words = say_event(rng, event, passive=False, adjuncts=False)
    subject = len(say_entity(Random(0), event.agent))
    at = subject - 1 if event.agent.is_name or rng.random() < 0.5 else 0
    words[at], words[at + 1] = words[at + 1], words[at]
    return words


FAULTS: dict[str, Callable[[Random, Event], Tokens | None]] = {
    "agreement": wrong_agreement,
    "participant": wrong_participant,
    "arguments": wrong_number_of_arguments,
    "form": wrong_form,
    "determiner": wrong_determiner,
    "order": wrong_order,
}
_FAULT_WEIGHTS = (0.4, 0.25, 0.1, 0.1, 0.08, 0.07)


# ---- pairs ----


def rte(rng: Random, label: int) -> Row:
    """A premise, a hypothesis, and whether the one entails the other; both labels come from edits of the premise."""
    while True:
        premise = some_event(rng, relative=0.1, negation=0.2, adjective=0.3)
        if label == ENTAILMENT:
            hypothesis = weaken(rng, premise, rng.choice((1, 2, 3)))
        elif rng.random() < 0.4:
            hypothesis = strengthen(rng, premise, rng.choice((1, 2, 3)))
        else:
            hypothesis = weaken(rng, alter(rng, premise), rng.choice((0, 1, 2)))
        if entails(premise, hypothesis) == (label == ENTAILMENT) and premise != hypothesis:
            texts = sentence(say_event(rng, premise)), sentence(say_event(rng, hypothesis))
            return {"sentence1": texts[0], "sentence2": texts[1], "label": label}


def stsb(rng: Random, label: int) -> Row:
    """Two sentences and how much of their meaning they share, 0 to 5; `label` is ignored."""
    one = some_event(rng, negation=0.1, adjective=0.3)
    other = one
    for _ in range(rng.choice((0, 1, 2, 3, 4, 5))):
        other = alter(rng, other) if rng.random() < 0.7 else weaken(rng, other, 1)
    if rng.random() < 0.2:
        other = some_event(rng, negation=0.1, adjective=0.3)
    texts = sentence(say_event(rng, one)), sentence(say_event(rng, other))
    if texts[0] == texts[1]:
        return stsb(rng, label)
    return {"sentence1": texts[0], "sentence2": texts[1], "label": round(5 * similarity(one, other), 2)}


# ---- splits ----


@dataclass(frozen=True)
class LabTask:
    """How a task's rows are made, how many there are."""

    make: Callable[[Random, int], Row]
    train: int
    dev: int = 2000
    held_out: int = 500


def mlm_rows(seed: int = MLM_SEED) -> Callable[[Random, int], Row]:
    """Rows of running text, from documents that pre-training has not seen."""
    texts = documents(seed)
    return lambda rng, label: {"text": " ".join(" ".join(words) for words in next(texts))}


TASKS: dict[str, LabTask] = {
    "sst2": LabTask(sst2, 1000),
    "cola": LabTask(cola, 1000),
    "rte": LabTask(rte, 1000),
    "stsb": LabTask(stsb, 1000),
    "mlm": LabTask(lambda rng, label: {}, 2000),
}


def rows(name: str) -> dict[str, list[Row]]:
    """The rows of "train", "dev" and "held_out": no text twice, the two classes equally often in each.

    Raises TaskNotFound for a name not in TASKS.
    """
    if name not in TASKS:
        raise TaskNotFound(name, TASKS)
    task, rng = TASKS[name], Random(f"lab {name}")
    make = mlm_rows() if name == "mlm" else task.make
    made: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    for _ in count():
        row = make(rng, len(made) % 2)
        texts = tuple(value for value in row.values() if isinstance(value, str))
        if texts not in seen:
            seen.add(texts)
            made.append(row)
        if len(made) == task.train + task.dev + task.held_out:
            break
    ends = task.train, task.train + task.dev
    splits = {"train": made[: ends[0]], "dev": made[ends[0] : ends[1]], "held_out": made[ends[1] :]}
    for each in splits.values():
        rng.shuffle(each)
    return splits
