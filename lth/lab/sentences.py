"""The lab's tasks about one sentence: sst2, labelled with an opinion's sign, and cola, labelled by the grammar.

A row is made from a random stream and a wanted label; the label is computed from the frames behind the words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from lth.lab.frames import Event, some_entity, some_event
from lth.lab.lexicon import VERBS
from lth.lab.meaning import misfit
from lth.lab.opinions import say_opinion, some_opinion
from lth.lab.wording import (
    Tokens,
    article_form,
    number_shows,
    say_adjuncts,
    say_entity,
    say_event,
    sentence,
    verb_group,
)

Row = dict[str, Any]
"""One example: the columns of GLUE's task of that name."""
UNACCEPTABLE, ACCEPTABLE = 0, 1
NEGATIVE, POSITIVE = 0, 1


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
