"""The pre-training text: short documents, each a list of sentences that belong together.

Reviews whose verdict follows from their opinions, stories with recurring characters, taxonomic facts, questions with
answers, and sentences joined by the connective that their meanings call for. No task's labels or generator are used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from lth.lab.frames import Entity, Event, some_entity, some_event
from lth.lab.lexicon import (
    ADJECTIVES,
    CONCEPTS,
    CONNECTIVES,
    KINDS,
    NAMES,
    PARENT,
    REACTIONS,
    VERBS,
    allows,
    ancestors,
    concepts_of,
    plural,
    vocabulary,
)
from lth.lab.meaning import alter, contradicts, entails, strengthen, weaken
from lth.lab.opinions import Judgement, Opinion, say_clause, say_opinion, some_judgement, some_opinion
from lth.lab.wording import (
    Tokens,
    article_form,
    other_name,
    pronoun_for,
    say_adjuncts,
    say_entity,
    say_event,
    say_noun,
    say_question,
    verb_group,
)

Document = list[Tokens]
MAX_TOKENS = 56
PRETRAINING_SEED = 20
_REACTIONS = {sign: tuple(word for word, grade in REACTIONS.items() if grade * sign > 0) for sign in (1, -1)}
_VERDICTS = {
    1: (
        "i would recommend it to everyone",
        "we stayed to the end",
        "i want another",
        "everyone smiled",
        "nobody left early",
        "it was worth the money",
        "i would recommend it again",
        "everyone cheered",
        "it was worth my time",
    ),
    -1: (
        "i would not recommend it to anyone",
        "we left early",
        "i want my money back",
        "everyone frowned",
        "nobody smiled",
        "it was not worth the money",
        "i would avoid it",
        "everyone yawned",
        "it was not worth my time",
    ),
}
_CONSUME = {"story": "read", "show": "watch", "dish": "eat", "sweet": "eat", "instrument": "buy", "vehicle": "buy"}


def review(rng: Random) -> Document:
    """How somebody came by a thing, what is thought of it, and the verdict that follows."""
    sign = rng.choice((1, -1))
    opinion = some_opinion(rng, sign, rng.choice((1, 1, 2, 2, 3)), negation=0.12)
    sentences: Document = []
    if rng.random() < 0.3:
        verb = _CONSUME[PARENT[opinion.thing]]
        sentences.append(say_event(rng, Event(some_entity(rng, ("person",), name=1), verb, Entity(opinion.thing))))
    sentences.append(say_opinion(rng, opinion))
    total = opinion.value
    if rng.random() < 0.6:
        turned = rng.random() < 0.2
        more = some_judgement(rng, opinion.thing, -sign if turned else sign, negation=0.12)
        clause = say_clause(rng, opinion, more, pronoun=rng.random() < 0.5)
        joined = (
            [rng.choice(CONNECTIVES["contrasts" if turned else "agrees"]), ","] if rng.random() < 0.6 or turned else []
        )
        sentences.append(article_form([*joined, *clause]))
        total += more.value
    if rng.random() < 0.25:
        sentences.append(scale(rng, opinion))
    if abs(total) >= 1 and rng.random() < 0.8:
        sentences.append(verdict(rng, 1 if total > 0 else -1))
    return sentences


def scale(rng: Random, opinion: Opinion) -> Tokens:
    """Two adjectives of the same sign, the stronger after `even` or `in fact`, the weaker after `or at least`."""
    sign = 1 if opinion.value > 0 else -1
    weak, strong = sorted(
        rng.sample([w for w, g in ADJECTIVES.items() if g * sign > 0], 2), key=lambda w: abs(ADJECTIVES[w])
    )
    subject = say_clause(rng, opinion, Judgement("", weak), pronoun=rng.random() < 0.5)[:-1]
    if abs(ADJECTIVES[weak]) == abs(ADJECTIVES[strong]):
        return article_form([*subject, weak, "and", strong])
    if rng.random() < 0.3:
        return article_form([*subject, strong, ",", "or", "at", "least", weak])
    return article_form([*subject, weak, ",", *rng.choice((["even"], ["in", "fact"])), strong])


def verdict(rng: Random, sign: int) -> Tokens:
    """What the speaker did or would do about it."""
    opening = rng.choice(([rng.choice(CONNECTIVES["follows"]), ","], ["overall", ","], []))
    if rng.random() < 0.5:
        return [*opening, rng.choice(("i", "we", "everyone")), rng.choice(_REACTIONS[sign]), "it"]
    return [*opening, *rng.choice(_VERDICTS[sign]).split()]


def story(rng: Random) -> Document:
    """Two to four events with the same characters, taken up by pronoun, by the same noun or by what it is a kind of."""
    event = some_event(rng, relative=0.1, name=0.6)
    event = replace(event, agent=replace(event.agent, definite=True))
    hero, sentences = event.agent, [say_event(rng, event)]
    mood = event.tense
    for _ in range(rng.choice((1, 1, 2, 3))):
        fitting = [verb for verb in VERBS.values() if allows(verb.subjects, hero.noun)]
        verb = rng.choice(fitting)
        patient = event.patient if event.patient and allows(verb.objects, event.patient.noun) else None
        if patient is None or rng.random() < 0.4:
            patient = some_entity(rng, verb.objects) if verb.objects else None
        event = replace(event, verb=verb.lemma, patient=patient, tense=mood, time="", negated=rng.random() < 0.05)
        event = replace(event, agent=hero if rng.random() < 0.7 else some_entity(rng, verb.subjects, name=0.6))
        words = _taken_up(rng, event, hero)
        sentences.append([*([rng.choice(CONNECTIVES["next"]), ","] if rng.random() < 0.3 else []), *words])
    return sentences


def _taken_up(rng: Random, event: Event, hero: Entity) -> Tokens:
    """The event with its agent, where that is the hero, as a pronoun or under a more general noun."""
    if event.agent != hero or rng.random() < 0.25:
        return say_event(rng, event, adjuncts=False)
    if rng.random() < 0.6:
        subject = [pronoun_for(hero)]
    else:
        subject = say_entity(rng, replace(hero, adjective="", relative=None, noun=_higher(rng, hero)))
    many = hero.many
    verb = verb_group(rng, event.verb, event.tense, many, negated=event.negated)
    return article_form([*subject, *verb, *(say_entity(rng, event.patient) if event.patient else [])])


def _higher(rng: Random, entity: Entity) -> str:
    return entity.noun if entity.is_name else rng.choice(ancestors(entity.noun))


def facts(rng: Random) -> Document:
    """What a noun is a kind of, step by step, what else is, and what is not."""
    noun, sentences = rng.choice(CONCEPTS), []
    _, kind, top = ancestors(noun)
    if top == "person" and rng.random() < 0.5:
        pronoun = rng.choice(tuple(NAMES))
        name = other_name(rng, pronoun)
        sentences.append([name, "is", "a", say_noun(rng, noun)])
        sentences.append([rng.choice(CONNECTIVES["follows"]), ",", pronoun, "is", "a", rng.choice((kind, top))])
    else:
        up = rng.choice((kind, kind, top))
        forms = (
            ["a", say_noun(rng, noun), "is", "a", "kind", "of", up],
            ["every", say_noun(rng, noun), "is", "a", up],
            [say_noun(rng, noun, many=True), "are", plural(up)],
            [say_noun(rng, noun, many=True), "and", "all", "other", plural(up), "are", plural(top)],
        )
        sentences.append(list(rng.choice(forms)))
    sibling, stranger = rng.choice(concepts_of((kind,))), rng.choice([other for other in KINDS if other != kind])
    more = (
        ["every", kind, "is", "a", top],
        ["a", say_noun(rng, sibling), "is", "another", "kind", "of", kind],
        ["no", say_noun(rng, noun), "is", "a", stranger],
        ["a", say_noun(rng, sibling), "and", "a", say_noun(rng, noun), "are", "both", plural(kind)],
    )
    sentences += [list(words) for words in rng.sample(more, rng.choice((1, 2, 2)))]
    return [article_form(words) for words in sentences]


def dialogue(rng: Random) -> Document:
    """An event, a question about it, and the answer."""
    event = some_event(rng, negation=0)
    if event.tense == "perfect":
        event = replace(event, tense="past", time="")
    question, answer = say_question(rng, event)
    return [say_event(rng, event), question, answer]


def discourse(rng: Random) -> Document:
    """Two events joined by what the second is to the first: it follows, says more, differs or contrasts."""
    event = some_event(rng, negation=0.15, relative=0.05)
    draw = rng.random()
    if draw < 0.4:
        second = weaken(rng, event, rng.choice((1, 2, 2, 3)))
        joint = [rng.choice((*CONNECTIVES["follows"], "indeed"))]
        assert entails(event, second)
    elif draw < 0.55:
        second, joint = strengthen(rng, event, rng.choice((1, 2, 3))), ["in", "fact"]
        if entails(event, second):
            joint = ["indeed"]
    else:
        second = weaken(rng, alter(rng, event), rng.choice((0, 1)))
        joint = [rng.choice(CONNECTIVES["contrasts" if event.negated != second.negated else "next"])]
        if contradicts(event, second):
            joint = [rng.choice(CONNECTIVES["contrasts"])]
        elif entails(event, second):
            joint = ["indeed"]
    first = say_event(rng, event)
    return [first, [*joint, ",", *say_event(rng, second)]]


def plain(rng: Random) -> Document:
    """Events in full dress, relative clauses included; the second shares the first one's place."""
    event = some_event(rng, relative=0.5, adjective=0.35, negation=0.04)
    if rng.random() < 0.5:
        return [say_event(rng, event)]
    other = replace(some_event(rng, relative=0.3, negation=0.04), tense=event.tense, place=event.place, time=event.time)
    joined = ["while"] if rng.random() < 0.2 else []
    if joined and not say_adjuncts(event):
        return [[*say_event(rng, event), "while", *say_event(rng, other)]]
    return [say_event(rng, event), say_event(rng, other)]


MIX: dict[Callable[[Random], Document], float] = {
    review: 0.28, discourse: 0.22, story: 0.17, plain: 0.16, facts: 0.09, dialogue: 0.08,
}  # fmt: skip


def document(rng: Random) -> Document:
    """One document: its sentences with their end marks, at most MAX_TOKENS words together."""
    while True:
        make = rng.choices(tuple(MIX), tuple(MIX.values()))[0]
        sentences = [words if words[-1] == "?" else [*words, "."] for words in make(rng)]
        if sum(map(len, sentences)) <= MAX_TOKENS:
            return sentences


def documents(seed: int = PRETRAINING_SEED) -> Iterator[Document]:
    """The endless corpus of that seed; the same seed gives the same text."""
    rng = Random(seed)
    while True:
        yield document(rng)


def corpus_hash(count: int = 4000, seed: int = PRETRAINING_SEED) -> str:
    """SHA-256 (hex) of the vocabulary and of the first `count` documents: what a checkpoint says it was trained on."""
    digest = hashlib.sha256(" ".join(vocabulary()).encode())
    for _, sentences in zip(range(count), documents(seed), strict=False):
        digest.update(("\n" + " ".join(" ".join(words) for words in sentences)).encode())
    return digest.hexdigest()
