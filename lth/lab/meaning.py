"""What follows from what: entailment, contradiction and similarity of events, and the edits that make such pairs.

Every relational label of the lab's tasks is computed here from two frames, never from their words.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from lth.lab.frames import ALL_NAMES, ALL_PLACES, PLAIN, Entity, Event, some_entity, suits
from lth.lab.lexicon import CONCEPTS, PARENT, VERBS, allows, ancestors, implied

# How much of an event's meaning each of its parts carries; they sum to 1 over the parts that either event has.
WEIGHTS = {"verb": 0.3, "agent": 0.3, "patient": 0.25, "place": 0.15}


def covers(general: Entity, specific: Entity) -> bool:
    """Whether whatever fits `specific` fits `general`: a hypernym, fewer adjectives, no more definite, same number."""
    if specific.is_name and general.is_name:
        return specific.noun == general.noun
    if general.noun not in ancestors(specific.noun) or general.many != specific.many:
        return False
    if general.definite and not (specific.definite and general.noun == specific.noun):
        return False
    return general.adjective in ("", specific.adjective) and general.relative in (None, specific.relative)


def _claims_less(weak: Event, strong: Event) -> bool:
    """Whether the undenied `strong` makes the undenied `weak` true."""
    if weak.verb not in implied(strong.verb) or weak.tense != strong.tense:
        return False
    if weak.place not in ("", strong.place) or weak.time not in ("", strong.time):
        return False
    if (weak.patient is None) != (strong.patient is None):
        return False
    if weak.patient and strong.patient and not covers(weak.patient, strong.patient):
        return False
    return covers(weak.agent, strong.agent)


def entails(premise: Event, hypothesis: Event) -> bool:
    """Whether the hypothesis is true whenever the premise is.

    Denial turns the direction round: `no animal slept` entails `no owl slept in the park`.
    """
    if premise.negated != hypothesis.negated:
        return False
    return _claims_less(premise, hypothesis) if premise.negated else _claims_less(hypothesis, premise)


def contradicts(premise: Event, hypothesis: Event) -> bool:
    """Whether the two cannot both be true: one denies what the other claims, or more than it."""
    if premise.negated == hypothesis.negated:
        return False
    denial, claim = (premise, hypothesis) if premise.negated else (hypothesis, premise)
    return _claims_less(replace(denial, negated=False), claim)


def similarity(one: Event, other: Event) -> float:
    """The share of meaning two events have in common, 0 to 1, symmetric.

    A weighted mean (WEIGHTS) of noun, verb and place agreement over the parts that either event has; disagreement in
    polarity costs three tenths of it. Times and relative clauses do not count.
    """
    shared = {"verb": _verb_similarity(one.verb, other.verb), "agent": _entity_similarity(one.agent, other.agent)}
    if one.patient or other.patient:
        shared["patient"] = _entity_similarity(one.patient, other.patient)
    if one.place or other.place:
        shared["place"] = float(one.place == other.place)
    total = sum(WEIGHTS[part] for part in shared)
    value = sum(WEIGHTS[part] * score for part, score in shared.items()) / total
    return value * (1.0 if one.negated == other.negated else 0.7)


def _verb_similarity(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return 0.6 if set(implied(one)) & set(implied(other)) else 0.0


def _entity_similarity(one: Entity | None, other: Entity | None) -> float:
    if one is None or other is None:
        return 0.0
    if one.is_name and other.is_name:
        return 1.0 if one == other else 0.3
    noun = noun_similarity(one.noun, other.noun)
    return noun * (1.0 if one.adjective == other.adjective else 0.8)


def noun_similarity(one: str, other: str) -> float:
    """1 for the same concept, .6 for siblings of one kind, .3 for the same class, 0 otherwise.

    >>> noun_similarity("owl", "crow"), noun_similarity("owl", "ant"), noun_similarity("owl", "apple")
    (0.6, 0.3, 0.0)
    """
    if one == other:
        return 1.0
    common = set(ancestors(one)) & set(ancestors(other))
    return {0: 0.0, 1: 0.3}.get(len(common), 0.6)


# ---- edits ----


def generalise(rng: Random, entity: Entity) -> Entity:
    """A participant that covers this one: less is said about it, or a hypernym; a bare class stays as it is."""
    if entity.is_name:
        return entity if rng.random() < 0.5 else Entity("person", False, False)
    if entity.adjective and rng.random() < 0.5:
        return replace(entity, adjective="")
    ups = ancestors(entity.noun)[1:]
    return (
        replace(entity, noun=rng.choice(ups), definite=False, relative=None) if ups else replace(entity, definite=False)
    )


def specialise(rng: Random, entity: Entity) -> Entity:
    """A participant that this one covers, and that differs from it if it can be made to."""
    if entity.is_name:
        return entity
    below = [noun for noun in CONCEPTS if entity.noun in ancestors(noun) and noun != entity.noun]
    if below:
        return replace(entity, noun=rng.choice(below), definite=False)
    if not entity.adjective and suits(entity.noun):
        return replace(entity, adjective=rng.choice(tuple(PLAIN)))
    return entity


def other_entity(rng: Random, entity: Entity) -> Entity:
    """A participant of a different noun: a sibling mostly, so that the words stay close."""
    if entity.is_name:
        return Entity(rng.choice([name for name in ALL_NAMES if name != entity.noun]))
    ups = ancestors(entity.noun)
    kin = ups[1] if len(ups) > 1 and rng.random() < 0.6 else ups[-1]
    return replace(
        entity, noun=rng.choice([noun for noun in CONCEPTS if kin in ancestors(noun) and noun != entity.noun])
    )


def weaker_verb(rng: Random, verb: str) -> str:
    """A verb this one implies, itself included."""
    return rng.choice(implied(verb))


def other_verb(rng: Random, event: Event) -> str:
    """Another verb that the event's participants can be put with, or the same one where there is none."""
    fitting = [
        verb.lemma
        for verb in VERBS.values()
        if verb.lemma != event.verb
        and allows(verb.subjects, event.agent.noun)
        and (allows(verb.objects, event.patient.noun) if event.patient else not verb.objects)
    ]
    return rng.choice(fitting) if fitting else event.verb


def weaken(rng: Random, event: Event, steps: int) -> Event:
    """An event that this one entails, by as many steps of saying less (of saying more where it is denied)."""
    for _ in range(steps):
        step = rng.choice(("agent", "patient", "verb", "adjunct"))
        event = _narrow(rng, event, step) if event.negated else _widen(rng, event, step)
    return event


def _widen(rng: Random, event: Event, step: str) -> Event:
    if step == "agent":
        return replace(event, agent=generalise(rng, event.agent))
    if step == "patient" and event.patient:
        return replace(event, patient=generalise(rng, event.patient))
    if step == "verb":
        return replace(event, verb=weaker_verb(rng, event.verb))
    return replace(event, place="") if rng.random() < 0.7 else replace(event, time="")


def _narrow(rng: Random, event: Event, step: str) -> Event:
    if step == "agent":
        return replace(event, agent=specialise(rng, event.agent))
    if step == "patient" and event.patient:
        return replace(event, patient=specialise(rng, event.patient))
    if step == "verb":
        stronger = [verb for verb in VERBS if event.verb in implied(verb)]
        return replace(event, verb=rng.choice(stronger))
    return event if event.place else replace(event, place=rng.choice(ALL_PLACES))


def strengthen(rng: Random, event: Event, steps: int) -> Event:
    """An event that says more than this one where `weaken` says less: the way back, which is not entailed."""
    turned = weaken(rng, replace(event, negated=not event.negated), steps)
    return replace(turned, negated=event.negated)


def alter(rng: Random, event: Event) -> Event:
    """The event with one part exchanged: a participant, the verb, the place, the polarity or the two roles."""
    step = rng.choice(("agent", "patient", "verb", "place", "polarity", "roles"))
    if step == "patient" and event.patient:
        return replace(event, patient=other_entity(rng, event.patient))
    if step == "verb":
        return replace(event, verb=other_verb(rng, event))
    if step == "place":
        return replace(event, place=rng.choice([place for place in ALL_PLACES if place != event.place]))
    if step == "polarity":
        return replace(event, negated=not event.negated)
    if step == "roles" and event.patient and _can_swap(event):
        return replace(event, agent=event.patient, patient=event.agent)
    return replace(event, agent=other_entity(rng, event.agent))


def _can_swap(event: Event) -> bool:
    verb = VERBS[event.verb]
    return (
        event.patient is not None
        and allows(verb.subjects, event.patient.noun)
        and allows(verb.objects, event.agent.noun)
    )


def admitted(verb: str, role: str) -> tuple[str, ...]:
    """The classes that a verb admits as "subjects" or "objects": its own and those of every verb that implies it.

    >>> admitted("see", "objects")
    ('person', 'animal', 'object', 'food', 'show')
    """
    classes = [name for stronger in VERBS if verb in implied(stronger) for name in getattr(VERBS[stronger], role)]
    return tuple(dict.fromkeys((*getattr(VERBS[verb], role), *classes)))


def keeps_selection(event: Event) -> bool:
    """Whether the event keeps its verb's selectional restrictions, a class noun counting as any of its members."""
    if (event.patient is None) != (not VERBS[event.verb].objects):
        return False
    agent = _fits(admitted(event.verb, "subjects"), event.agent.noun)
    return agent and (event.patient is None or _fits(admitted(event.verb, "objects"), event.patient.noun))


def _fits(classes: tuple[str, ...], noun: str) -> bool:
    return allows(classes, noun) or any(noun in ancestors(name) for name in classes)


def misfit(rng: Random, event: Event) -> Event:
    """The event with one participant that its verb does not admit; what else is said of it stays out."""
    strangers = _strangers(admitted(event.verb, "objects")) if event.patient else ()
    if event.patient and strangers and rng.random() < 0.5:
        wrong = some_entity(rng, (rng.choice(strangers),), name=0.0)
        return replace(event, patient=replace(wrong, many=event.patient.many))
    strangers = _strangers(admitted(event.verb, "subjects"))
    return replace(event, agent=replace(some_entity(rng, (rng.choice(strangers),), name=0.0), many=event.agent.many))


def _strangers(classes: tuple[str, ...]) -> tuple[str, ...]:
    """The top classes none of whose members the classes admit."""
    return tuple(top for top, up in PARENT.items() if not up and not any(top in ancestors(name) for name in classes))
