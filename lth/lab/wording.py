"""Puts frames into words: voice, the choice among synonyms, agreement, denial, questions and the order of adjuncts.

All that is decided here is form; two wordings of one frame mean the same.
"""

from __future__ import annotations

from random import Random

from lth.lab.frames import Entity, Event, Relative
from lth.lab.lexicon import NAMES, PLACES, PRONOUN, SYNONYMS, VERBS, ancestors, plural

Tokens = list[str]


def say_noun(rng: Random, noun: str, many: bool = False) -> str:
    """A word for the noun: any of its synonyms, in the right number."""
    words = SYNONYMS[noun]
    word = words[0] if len(words) == 1 or rng.random() < 0.6 else rng.choice(words[1:])
    return plural(word) if many else word


def say_entity(rng: Random, entity: Entity, *, nobody: bool = False) -> Tokens:
    """The noun phrase; `nobody` gives the determiner `no` to an indefinite noun, for a denied event."""
    if entity.is_name:
        return [entity.noun]
    if nobody and not entity.definite:
        article = "no"
    elif entity.definite:
        article = "the"
    else:
        article = "some" if entity.many else "a"
    words = [article, *([entity.adjective] if entity.adjective else []), say_noun(rng, entity.noun, entity.many)]
    return words + (say_relative(rng, entity, entity.relative) if entity.relative else [])


def say_relative(rng: Random, head: Entity, relative: Relative) -> Tokens:
    """The relative clause, its verb agreeing with its own subject."""
    pronoun = "who" if "person" in ancestors(head.noun) else "that"
    if relative.subject:
        verb = verb_group(rng, relative.verb, relative.tense, head.many)
        return [pronoun, *verb, *(say_entity(rng, relative.other) if relative.other else [])]
    assert relative.other is not None
    return [
        pronoun,
        *say_entity(rng, relative.other),
        *verb_group(rng, relative.verb, relative.tense, relative.other.many),
    ]


def finite(tense: str, many: bool, passive: bool) -> tuple[str, str]:
    """(auxiliary, form of the main verb) of a clause; the auxiliary is "" for the simple active tenses.

    >>> finite("perfect", True, False)
    ('have', 'participle')
    """
    if passive:
        return {
            "past": ("were" if many else "was", "participle"),
            "present": ("are" if many else "is", "participle"),
            "perfect": ("have been" if many else "has been", "participle"),
            "future": ("will be", "participle"),
        }[tense]
    return {
        "past": ("", "past"),
        "present": ("", "base" if many else "third"),
        "perfect": ("have" if many else "has", "participle"),
        "future": ("will", "base"),
    }[tense]


def verb_group(
    rng: Random, lemma: str, tense: str, many: bool, *, negated: bool = False, passive: bool = False
) -> Tokens:
    """The verb with its auxiliaries, agreeing with a subject of that number."""
    verb = VERBS[lemma]
    forms = verb.forms[0] if len(verb.forms) == 1 or rng.random() < 0.6 else rng.choice(verb.forms[1:])
    by_name = dict(zip(("base", "third", "past", "participle"), forms, strict=True))
    auxiliary, form = finite(tense, many, passive)
    if negated and not auxiliary:
        auxiliary, form = {"past": "did", "present": "do" if many else "does"}[tense], "base"
    first, *rest = auxiliary.split() or [""]
    return [*([first] if first else []), *(["not"] if negated else []), *rest, by_name[form]]


def say_adjuncts(event: Event) -> list[Tokens]:
    """The place and the time, each as a phrase."""
    phrases = [[PLACES[event.place], "the", event.place]] if event.place else []
    return phrases + ([event.time.split()] if event.time else [])


def say_event(
    rng: Random,
    event: Event,
    *,
    passive: bool | None = None,
    wrong_number: bool = False,
    adjuncts: bool = True,
    front: float = 0.2,
) -> Tokens:
    """The sentence without its full stop. `wrong_number` breaks the agreement of the main verb and nothing else.

    `front` is the chance that an adjunct opens the sentence.
    """
    if passive is None:
        passive = event.patient is not None and rng.random() < 0.2
    subject = event.patient if passive else event.agent
    assert subject is not None
    nobody = event.negated and not subject.definite and not subject.is_name
    many = subject.many != wrong_number
    words = say_entity(rng, subject, nobody=nobody)
    words += verb_group(rng, event.verb, event.tense, many, negated=event.negated and not nobody, passive=passive)
    if passive:
        words += ["by", *say_entity(rng, event.agent)]
    elif event.patient:
        words += say_entity(rng, event.patient)
    if not adjuncts:
        return article_form(words)
    phrases = say_adjuncts(event)
    if phrases and rng.random() < front:
        words = [*phrases.pop(), ",", *words]
    return article_form(words + [word for phrase in phrases for word in phrase])


def sentence(words: Tokens) -> str:
    """The text of a sentence, with its full stop."""
    return " ".join([*words, "."])


def number_shows(event: Event, passive: bool) -> bool:
    """Whether the main verb has a different form for the other number of its subject."""
    subject = event.patient if passive else event.agent
    if subject is None or (event.negated and event.tense == "past" and not passive):
        return False
    return finite(event.tense, True, passive) != finite(event.tense, False, passive)


def article_form(words: Tokens) -> Tokens:
    """`an` for `a` before a vowel letter.

    >>> article_form(["a", "owl", "saw", "a", "bee"])
    ['an', 'owl', 'saw', 'a', 'bee']
    """
    following = [*words[1:], ""]
    return ["an" if w == "a" and n[:1] and n[0] in "aeiou" else w for w, n in zip(words, following, strict=True)]


def say_question(rng: Random, event: Event) -> tuple[Tokens, Tokens]:
    """A question that the event answers, and the words of the answer: who, what, where, when or yes/no."""
    base = VERBS[event.verb].forms[0][0]
    subject = say_entity(rng, event.agent)
    patient = say_entity(rng, event.patient) if event.patient else []
    helper = {"past": "did", "present": "do" if event.agent.many else "does", "future": "will"}.get(event.tense, "did")
    options = ["agent"] + ["patient"] * bool(patient) + ["place"] * bool(event.place) + ["time"] * bool(event.time)
    kind = rng.choice(options)
    wh = "who" if event.agent.is_name or "person" in ancestors(event.agent.noun) else "what"
    if kind == "agent":
        verb = verb_group(rng, event.verb, event.tense, False)
        words, answer = [wh, *verb, *patient], subject
    elif kind == "patient":
        assert event.patient is not None
        person = "person" in ancestors(event.patient.noun)
        words, answer = ["who" if person else "what", helper, *subject, base], patient
    elif kind == "place":
        words, answer = ["where", helper, *subject, base, *patient], [PLACES[event.place], "the", event.place]
    else:
        words, answer = ["when", helper, *subject, base, *patient], event.time.split()
    return article_form([*words, "?"]), article_form(answer)


def pronoun_for(entity: Entity) -> str:
    """The pronoun that takes up an entity."""
    if entity.is_name:
        return PRONOUN[entity.noun]
    return "they" if entity.many else "it"


def other_name(rng: Random, pronoun: str) -> str:
    """A name that the pronoun can stand for."""
    return rng.choice(NAMES[pronoun].split())
