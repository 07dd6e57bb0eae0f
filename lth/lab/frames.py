"""Semantic frames (who did what to whom, where and when) and how they are drawn at random.

Meaning is in the frames alone; `wording` puts them into words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from lth.lab.lexicon import PLACES, PLAIN_ADJECTIVES, PRONOUN, TIMES, VERBS, Verb, ancestors, concepts_of

ALL_NAMES = tuple(PRONOUN)
ALL_PLACES = tuple(PLACES)
PLAIN = {word: kind for kind, words in PLAIN_ADJECTIVES.items() for word in words.split()}
TENSES = ("past", "past", "past", "present", "present", "present", "perfect", "future")


@dataclass(frozen=True)
class Entity:
    """A participant: a name, or a noun with number, definiteness, plain adjective and perhaps a relative clause."""

    noun: str
    many: bool = False
    definite: bool = True
    adjective: str = ""
    relative: Relative | None = None

    @property
    def is_name(self) -> bool:
        return self.noun in PRONOUN


@dataclass(frozen=True)
class Relative:
    """A relative clause; `subject` says whether the noun it modifies is its subject (else its object)."""

    verb: str
    other: Entity | None
    subject: bool
    tense: str = "past"


@dataclass(frozen=True)
class Event:
    """What a sentence says: an agent, a verb, perhaps a patient, a place, a time, and whether it is denied."""

    agent: Entity
    verb: str
    patient: Entity | None = None
    tense: str = "past"
    place: str = ""
    time: str = ""
    negated: bool = False


def some_entity(rng: Random, classes: tuple[str, ...], *, name: float = 0.4, adjective: float = 0.2) -> Entity:
    """A participant of one of the classes, without a relative clause."""
    if "person" in classes and rng.random() < name:
        return Entity(rng.choice(ALL_NAMES))
    noun = rng.choice(concepts_of(classes))
    word = rng.choice(tuple(PLAIN)) if rng.random() < adjective and suits(noun) else ""
    return Entity(noun, rng.random() < 0.4, rng.random() < 0.6, word)


def suits(noun: str) -> bool:
    """Whether plain adjectives of colour, size and age go with the noun (they do not with works)."""
    return noun not in concepts_of(("work",))


def some_event(rng: Random, *, relative: float = 0.0, negation: float = 0.06, **entity: float) -> Event:
    """An event that keeps every selectional restriction; `relative` is the chance of a relative clause on its agent."""
    verb = rng.choice(_VERBS)
    agent = some_entity(rng, verb.subjects, **entity)
    patient = some_entity(rng, verb.objects, **entity) if verb.objects else None
    if rng.random() < relative and not agent.is_name:
        agent = replace(agent, definite=True, relative=some_relative(rng, agent))
    tense = rng.choice(TENSES)
    place = rng.choice(ALL_PLACES) if rng.random() < 0.35 else ""
    time = rng.choice(TIMES[tense]) if rng.random() < 0.2 else ""
    return Event(agent, verb.lemma, patient, tense, place, time, rng.random() < negation)


def some_relative(rng: Random, head: Entity) -> Relative:
    """A relative clause that the head can bear, as subject or as object of its verb."""
    classes = set(ancestors(head.noun))
    while True:
        verb = rng.choice(_VERBS)
        tense = "present" if rng.random() < 0.5 else "past"
        if classes & set(verb.subjects):
            return Relative(verb.lemma, some_entity(rng, verb.objects) if verb.objects else None, True, tense)
        if classes & set(verb.objects):
            return Relative(verb.lemma, some_entity(rng, verb.subjects), False, tense)


_VERBS: tuple[Verb, ...] = tuple(VERBS.values())
