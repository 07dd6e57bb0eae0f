"""The lab's tasks about two sentences: rte, stsb, mrpc and mnli, whose labels compare the frames behind them.

A row is made from a random stream and a wanted label; `meaning` says what the label is, never the words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from lth.lab.frames import Event, some_event
from lth.lab.meaning import alter, contradicts, entails, similarity, strengthen, weaken
from lth.lab.sentences import Row
from lth.lab.wording import Tokens, say_event, sentence

ENTAILMENT, NOT_ENTAILMENT = 0, 1
NEUTRAL, CONTRADICTION = 1, 2
NOT_EQUIVALENT, EQUIVALENT = 0, 1


@dataclass(frozen=True)
class Register:
    """A way of talking: how often sentences are passive and open with an adjunct, how richly they name who took part.

    `relative` and `adjective` are chances for a participant, `passive` and `front` for a sentence that can be so.
    """

    passive: float = 0.2
    front: float = 0.2
    relative: float = 0.1
    adjective: float = 0.3

    def event(self, rng: Random, negation: float) -> Event:
        """An event as full as the register likes."""
        return some_event(rng, relative=self.relative, negation=negation, adjective=self.adjective)

    def say(self, rng: Random, event: Event) -> Tokens:
        """The event's sentence, without its full stop."""
        passive = event.patient is not None and rng.random() < self.passive
        return say_event(rng, event, passive=passive, front=self.front)


MATCHED = Register()
MISMATCHED = Register(passive=0.6, front=0.8, relative=0.5, adjective=0.5)


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


def mrpc(rng: Random, label: int) -> Row:
    """Two sentences and whether they mean the same: one event worded twice, or an event and what edits made of it.

    Wordings differ in synonyms, in voice and in where the adjuncts stand.
    """
    register = Register(passive=0.15, front=0.3, relative=0.0, adjective=0.2)
    while True:
        one = other = register.event(rng, negation=0.05)
        for _ in range(0 if label == EQUIVALENT else rng.choice((2, 3))):
            other = alter(rng, other)
        texts = sentence(register.say(rng, one)), sentence(register.say(rng, other))
        if same_meaning(one, other) == (label == EQUIVALENT) and texts[0] != texts[1]:
            return {"sentence1": texts[0], "sentence2": texts[1], "label": label}


def same_meaning(one: Event, other: Event) -> bool:
    """Whether each of the two is true whenever the other is."""
    return entails(one, other) and entails(other, one)


def mnli(rng: Random, label: int, register: Register = MATCHED) -> Row:
    """A premise, a hypothesis, and whether this follows, may be, or cannot be, in sentences of one register.

    A denial alone does not tell: half of the neutral hypotheses deny where the premise does not, or the reverse.
    """
    while True:
        premise = register.event(rng, negation=0.3)
        if label == NEUTRAL:
            edited = strengthen(rng, premise, 2) if rng.random() < 0.4 else weaken(rng, alter(rng, premise), 1)
            hypothesis = replace(edited, negated=rng.random() < 0.5)
        else:
            hypothesis = weaken(rng, premise, rng.choice((1, 2, 3)))
            hypothesis = replace(hypothesis, negated=hypothesis.negated != (label == CONTRADICTION))
        if inference(premise, hypothesis) == label and premise != hypothesis:
            texts = sentence(register.say(rng, premise)), sentence(register.say(rng, hypothesis))
            return {"premise": texts[0], "hypothesis": texts[1], "label": label}


def mnli_mismatched(rng: Random, label: int) -> Row:
    """A row of mnli in the register that its training examples are not written in."""
    return mnli(rng, label, MISMATCHED)


def inference(premise: Event, hypothesis: Event) -> int:
    """ENTAILMENT, CONTRADICTION, or NEUTRAL where the premise leaves the hypothesis open."""
    if entails(premise, hypothesis):
        return ENTAILMENT
    return CONTRADICTION if contradicts(premise, hypothesis) else NEUTRAL
