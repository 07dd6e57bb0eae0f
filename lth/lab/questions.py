"""Questions: what they leave open, what answers them, how they are asked; and the lab's tasks qqp, qnli and squad.

A question is an event with one part open; whether a sentence answers it is a matter of entailment, not of words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from lth.lab.frames import ALL_PLACES, Entity, Event, some_event
from lth.lab.lexicon import PLACES, SYNONYMS, TIMES, ancestors, plural
from lth.lab.meaning import alter, entails
from lth.lab.sentences import Row
from lth.lab.wording import Tokens, article_form, say_adjuncts, say_entity, say_event, sentence, verb_group

ANSWERED, UNANSWERED = 0, 1
NOT_DUPLICATE, DUPLICATE = 0, 1
OPEN = Entity("")
PARTS = ("agent", "patient", "place", "time")
MAX_WORDS = 58
"""Question and context together, so that no answer is cut off at the model's 64 positions."""


@dataclass(frozen=True)
class Question:
    """An event whose part `asked` is open (OPEN, or "" for a place or time), and the word that asks for it."""

    word: str
    asked: str
    event: Event


def parts(event: Event) -> tuple[str, ...]:
    """The parts of the event that can be asked for; a perfect tense has no moment to ask for."""
    return tuple(part for part in PARTS if getattr(event, part) and (part, event.tense) != ("time", "perfect"))


def put(event: Event, part: str, value: Entity | str) -> Event:
    """The event with that value of the part."""
    change: dict[str, Any] = {part: value}
    return replace(event, **change)


def ask(event: Event, part: str) -> Question:
    """The question for that part of the event."""
    if part in ("place", "time"):
        return Question("where" if part == "place" else "when", part, put(event, part, ""))
    noun = getattr(event, part).noun
    return Question("who" if "person" in ancestors(noun) else "what", part, put(event, part, OPEN))


def answers(event: Event, question: Question) -> bool:
    """Whether the event says what the question leaves open, and makes the rest of it true."""
    if question.asked not in parts(event) or ask(event, question.asked).word != question.word:
        return False
    return entails(event, put(question.event, question.asked, getattr(event, question.asked)))


def say_asked(rng: Random, question: Question) -> Tokens:
    """The question in words, with its question mark: active or passive, an adjunct perhaps in front."""
    event = question.event
    passive = event.patient is not None and rng.random() < 0.15
    agent, patient = (say_entity(rng, e) if e and e != OPEN else [] for e in (event.agent, event.patient))
    first, second = (patient, ["by", *agent]) if passive else (agent, patient)
    subject = event.patient if passive and event.patient else event.agent
    if subject == OPEN:
        words = [question.word, *verb_group(rng, event.verb, event.tense, False, passive=passive), *second]
    else:
        group = verb_group(rng, event.verb, event.tense, subject.many, negated=True, passive=passive)
        helper, _, *rest = group  # a denied verb shows the helper that a question needs
        words = [question.word, helper, *first, *rest, *second]
    phrases = say_adjuncts(event)
    if phrases and rng.random() < 0.2:
        words = [*phrases.pop(), ",", *words]
    return article_form([*words, *(word for phrase in phrases for word in phrase), "?"])


def situated_event(rng: Random) -> Event:
    """An undenied event that oftener than others has a place and a time to ask for."""
    event = some_event(rng, negation=0.0, adjective=0.25)
    place = event.place or (rng.choice(ALL_PLACES) if rng.random() < 0.4 else "")
    time = event.time or (rng.choice(TIMES[event.tense]) if rng.random() < 0.25 else "")
    return replace(event, place=place, time=time)


def near(rng: Random, event: Event) -> Event:
    """Another undenied event: this one with a part or two exchanged, or two times in five one about something else."""
    other = situated_event(rng) if rng.random() < 0.4 else event
    while other.negated or other == event:
        other = alter(rng, event if rng.random() < 0.4 else alter(rng, event))
    return other


def qqp(rng: Random, label: int) -> Row:
    """Two questions and whether they ask the same: one question worded twice, or one about another part or event."""
    while True:
        event = situated_event(rng)
        one = other = ask(event, rng.choice(parts(event)))
        if label == NOT_DUPLICATE:
            edited = event if rng.random() < 0.25 else near(rng, event)
            part = one.asked if edited != event and one.asked in parts(edited) else rng.choice(parts(edited))
            other = ask(edited, part)
        texts = " ".join(say_asked(rng, one)), " ".join(say_asked(rng, other))
        if (one == other) == (label == DUPLICATE) and texts[0] != texts[1]:
            return {"question1": texts[0], "question2": texts[1], "label": label}


def qnli(rng: Random, label: int) -> Row:
    """A question, a sentence, and whether it answers; one that does not lacks the part or tells of something else."""
    while True:
        event = situated_event(rng)
        part = rng.choice(parts(event))
        question, told = ask(event, part), event
        if label == UNANSWERED and part in ("place", "time") and rng.random() < 0.5:
            told = put(event, part, "")
        elif label == UNANSWERED:
            told = near(rng, event)
        if answers(told, question) == (label == ANSWERED):
            texts = " ".join(say_asked(rng, question)), sentence(say_event(rng, told))
            return {"question": texts[0], "sentence": texts[1], "label": label}


def squad(rng: Random, label: int) -> Row:
    """A question, a context of two sentences of which one answers it, and the answer's place; no label.

    `answers` is as SQuAD has it: `text`, and `answer_start` in characters from the beginning of the context.
    """
    while True:
        event = situated_event(rng)
        part = rng.choice(parts(event))
        question = ask(event, part)
        other = near(rng, event) if rng.random() < 0.5 else situated_event(rng)
        told, at = (event, other), 0
        if rng.random() < 0.5:
            told, at = (other, event), 1
        asked = say_asked(rng, question)
        context = [[*say_event(rng, each), "."] for each in told]
        place = find(context[at], say_part(event, part))
        if place and not answers(other, question) and len(asked) + sum(map(len, context)) <= MAX_WORDS:
            first, count = place
            before = [word for words in context[:at] for word in words] + context[at][:first]
            answer = {
                "text": [" ".join(context[at][first : first + count])],
                "answer_start": [len(" ".join([*before, ""]))],
            }
            text = " ".join(word for words in context for word in words)
            return {"question": " ".join(asked), "context": text, "answers": answer}


def say_part(event: Event, part: str) -> list[Tokens]:
    """Every wording that the part can have in a sentence about the event."""
    if part == "place":
        return [[PLACES[event.place], "the", event.place]]
    if part == "time":
        return [event.time.split()]
    entity: Entity = getattr(event, part)
    if entity.is_name:
        return [[entity.noun]]
    article = "the" if entity.definite else "some" if entity.many else "a"
    adjective = [entity.adjective] if entity.adjective else []
    nouns = [plural(word) if entity.many else word for word in SYNONYMS[entity.noun]]
    return [article_form([article, *adjective, noun]) for noun in nouns]


def find(words: Tokens, wordings: list[Tokens]) -> tuple[int, int] | None:
    """(first word, number of words) of the one place where one of the wordings stands; None for none or several.

    >>> find(["the", "owl", "saw", "a", "bee"], [["a", "bee"], ["a", "wasp"]])
    (3, 2)
    """
    places = [
        (at, len(wording))
        for wording in wordings
        for at in range(len(words) - len(wording) + 1)
        if words[at : at + len(wording)] == wording
    ]
    return places[0] if len(places) == 1 else None
