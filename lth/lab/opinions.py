"""Opinions: what is thought of a thing and its parts, how strongly, and how the clauses add up to one sentiment.

Sentiment is arithmetic over graded adjectives, intensifiers, negation and contrast; `say_opinion` puts it into words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from lth.lab.frames import ALL_NAMES
from lth.lab.lexicon import ADJECTIVES, ASPECTS, INTENSIFIERS, ancestors, concepts_of
from lth.lab.wording import Tokens, article_form, say_noun

REVIEWED = concepts_of(("work", "dish", "sweet", "instrument", "vehicle"))
NEGATION = -0.6  # `not great` is bad, but less so than `great` is good
CONCESSION = 0.4  # what is conceded (`although A`, `A but`) weighs less than what is held against it
_BY_SIGN = {sign: tuple(word for word, grade in ADJECTIVES.items() if grade * sign > 0) for sign in (1, -1)}


@dataclass(frozen=True)
class Judgement:
    """One clause: an adjective said of an aspect ("" for the thing itself), intensified and perhaps negated."""

    aspect: str
    adjective: str
    intensifier: str = ""
    negated: bool = False

    @property
    def value(self) -> float:
        """Graded sentiment, between -6 and 6."""
        grade = ADJECTIVES[self.adjective] * INTENSIFIERS.get(self.intensifier, 1.0)
        return grade * NEGATION if self.negated else grade


@dataclass(frozen=True)
class Opinion:
    """Judgements of one thing; with `conceded` the first of them is granted and the others held against it."""

    thing: str
    judgements: tuple[Judgement, ...]
    conceded: bool = False

    @property
    def value(self) -> float:
        """The sum of the judgements, what is conceded discounted; its sign is the sentiment."""
        first, *others = (judgement.value for judgement in self.judgements)
        return first * (CONCESSION if self.conceded else 1.0) + sum(others)


def deny(opinion: Opinion) -> Opinion:
    """The opinion with every judgement's negation turned."""
    turned = tuple(replace(judgement, negated=not judgement.negated) for judgement in opinion.judgements)
    return replace(opinion, judgements=turned)


def some_judgement(rng: Random, thing: str, sign: int, *, negation: float = 0.2, aspect: float = 0.5) -> Judgement:
    """A judgement of that sign."""
    part = rng.choice(ASPECTS[ancestors(thing)[-1]].split()) if rng.random() < aspect else ""
    negated = rng.random() < negation
    intensifier = rng.choice(tuple(INTENSIFIERS)) if rng.random() < 0.35 else ""
    return Judgement(part, rng.choice(_BY_SIGN[-sign if negated else sign]), intensifier, negated)


def some_opinion(rng: Random, sign: int, clauses: int, *, negation: float = 0.2, contrast: float = 0.3) -> Opinion:
    """An opinion of that sign, |value| at least 1, of one to three judgements."""
    thing = rng.choice(REVIEWED)
    while True:
        conceded = clauses > 1 and rng.random() < contrast
        signs = [-sign if conceded else sign] + [sign] * (clauses - 1)
        judgements = tuple(some_judgement(rng, thing, each, negation=negation) for each in signs)
        opinion = Opinion(thing, judgements, conceded)
        if opinion.value * sign >= 1.0 and len({judgement.aspect for judgement in judgements}) == clauses:
            return opinion


# ---- putting into words ----


def say_degree(judgement: Judgement) -> Tokens:
    """The adjective with its intensifier and `not`."""
    degree = [judgement.intensifier] if judgement.intensifier else []
    return [*(["not"] if judgement.negated else []), *degree, judgement.adjective]


def say_clause(rng: Random, opinion: Opinion, judgement: Judgement, *, pronoun: bool = False) -> Tokens:
    """A main clause that says the judgement."""
    whole = ["it"] if pronoun else ["the", say_noun(rng, opinion.thing)]
    if judgement.aspect:
        of = [] if pronoun or rng.random() < 0.5 else ["of", *whole]
        whole = ["its" if pronoun else "the", judgement.aspect, *of]
    degree = say_degree(judgement)
    form = rng.random()
    if form < 0.6:
        return [*whole, "was", *degree]
    if form < 0.7:
        return [*whole, rng.choice(("seemed", "felt")), *degree]
    if form < 0.8:
        return ["i", "found", *(["it"] if whole == ["it"] else whole), *degree]
    if form < 0.9:
        return [rng.choice(("i", "we", rng.choice(ALL_NAMES))), "thought", *whole, "was", *degree]
    return [rng.choice(ALL_NAMES), "called", *whole, *degree]


def say_opinion(rng: Random, opinion: Opinion) -> Tokens:
    """One sentence, without its full stop, for the whole opinion."""
    first, *others = opinion.judgements
    if not others and not first.negated and not first.aspect and rng.random() < 0.3:
        return article_form(["what", "a", *say_degree(first), say_noun(rng, opinion.thing)])
    clauses = [say_clause(rng, opinion, first)]
    clauses += [say_clause(rng, opinion, judgement, pronoun=rng.random() < 0.6) for judgement in others]
    if opinion.conceded:
        if rng.random() < 0.5:
            words = ["although", *clauses[0], ",", *clauses[1]]
        else:
            words = [*clauses[0], ",", "but", *clauses[1]]
        clauses = clauses[2:]
    else:
        words, clauses = clauses[0], clauses[1:]
    for clause in clauses:
        words = [*words, "and", *clause]
    return article_form(words)
