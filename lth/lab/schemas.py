"""The lab's wnli: pronouns to resolve, with a dev set made to mislead, as GLUE's is.

Every example of the later splits is the twin of a training example: the same people and events, another connective and
so the other label. A model that remembers instead of resolving scores no better than the majority class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from lth.lab.frames import ALL_PLACES, TENSES, Entity, Event
from lth.lab.lexicon import NAMES, PRONOUN, TIMES, VERBS, allows
from lth.lab.sentences import Row
from lth.lab.wording import Tokens, article_form, say_event, sentence

NOT_ENTAILED, ENTAILED = 0, 1
JOINTS: dict[str, tuple[str, ...]] = {"agent": ("so", "and so", "and then"), "patient": ("because", "as")}
"""What joins the meeting to a deed: of its agent where that follows, of its patient where that is why."""
_MEETINGS = tuple(
    verb.lemma for verb in VERBS.values() if allows(verb.subjects, "anna") and allows(verb.objects, "anna")
)
_DEEDS = tuple(verb.lemma for verb in VERBS.values() if allows(verb.subjects, "anna") and not verb.objects)


@dataclass(frozen=True)
class Schema:
    """A meeting of two women or two men, what one of them (`doer`: "agent" or "patient") did, and whom the hypothesis
    says to have done it.
    """

    meeting: Event
    deed: str
    doer: str
    named: str

    @property
    def label(self) -> int:
        """Whether the hypothesis is right."""
        return ENTAILED if getattr(self.meeting, self.doer) == Entity(self.named) else NOT_ENTAILED

    def twin(self) -> Schema:
        """The schema in which the other one did it, so that the label is the other one too."""
        return replace(self, doer="agent" if self.doer == "patient" else "patient")


def some_schema(rng: Random) -> Schema:
    """Any schema."""
    names = rng.sample(rng.choice(tuple(NAMES.values())).split(), 2)
    meeting = Event(Entity(names[0]), rng.choice(_MEETINGS), Entity(names[1]), rng.choice(TENSES))
    return Schema(elsewhere(rng, meeting), rng.choice(_DEEDS), rng.choice(tuple(JOINTS)), rng.choice(names))


def elsewhere(rng: Random, event: Event) -> Event:
    """The event at any place and time."""
    return replace(event, place=rng.choice(("", *ALL_PLACES)), time=rng.choice(("", *TIMES[event.tense])))


def say_schema(rng: Random, schema: Schema) -> tuple[Tokens, Tokens]:
    """The two sentences, without their full stops; in the first a pronoun stands for the doer."""
    deed = say_event(rng, Event(Entity(schema.named), schema.deed, tense=schema.meeting.tense))
    joint = rng.choice(JOINTS[schema.doer]).split()
    return article_form([*say_event(rng, schema.meeting), *joint, PRONOUN[schema.named], *deed[1:]]), deed


def wnli(train: int) -> Callable[[Random, int], Row]:
    """Makes rows: the first `train` from new schemas, all others from twins of those, at any place and time."""
    known: list[Schema] = []

    def make(rng: Random, label: int) -> Row:
        if len(known) < train:
            schema = some_schema(rng)
            schema = schema if schema.label == label else schema.twin()
            known.append(schema)
        else:
            schema = rng.choice([old for old in known if old.label != label]).twin()
            schema = replace(schema, meeting=elsewhere(rng, schema.meeting))
        one, two = say_schema(rng, schema)
        return {"sentence1": sentence(one), "sentence2": sentence(two), "label": schema.label}

    return make
