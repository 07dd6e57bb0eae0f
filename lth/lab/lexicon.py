"""The words of the lab's mini-English, as readable data: what exists, what it is a kind of, and what can be done to it.

Knows nothing of sentences; `frames` combines these words, `meaning` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

# class -> kind -> concepts; a slash parts the synonyms of one concept.
TAXONOMY: dict[str, dict[str, str]] = {
    "person": {
        "worker": "baker nurse/carer farmer/grower pilot/flyer clerk plumber teacher/tutor driver",
        "artist": "painter singer/vocalist poet dancer actor/performer sculptor composer",
        "relative": "uncle aunt cousin nephew niece sister brother",
    },
    "animal": {
        "bird": "sparrow owl crow/raven goose robin/redbreast heron eagle",
        "mammal": "dog/hound cat horse/steed goat cow pig/hog fox",
        "insect": "bee ant beetle moth/butterfly wasp/hornet cricket/grasshopper fly",
    },
    "object": {
        "tool": "hammer/mallet saw chisel shovel/spade axe/hatchet drill wrench/spanner",
        "vehicle": "car/automobile truck/lorry bicycle/bike boat/ship tram wagon/cart bus",
        "instrument": "violin/fiddle piano drum flute guitar trumpet/bugle harp",
    },
    "food": {
        "fruit": "apple pear plum cherry peach grape fig",
        "dish": "soup/broth stew/casserole pie salad omelette dumpling sandwich/roll",
        "sweet": "cake/gateau biscuit/cookie toffee/caramel muffin tart pudding/dessert waffle",
    },
    "work": {
        "story": "novel tale/yarn fable legend/myth memoir thriller comedy",
        "show": "film/movie play/drama concert/recital opera musical circus ballet",
    },
}
IRREGULAR_PLURALS = {"person": "people", "goose": "geese"}

# past / participle forms; subject classes; object classes (none: intransitive); the verb it implies.
VERB_TABLE = """
eat ate eaten                                       | person animal   | food           |
devour devoured devoured / gobble gobbled gobbled   | person animal   | food           | eat
nibble nibbled nibbled                              | person animal   | food           | eat
cook cooked cooked                                  | person          | dish           | make
bake baked baked                                    | person          | sweet          | make
build built built / assemble assembled assembled    | worker          | object         | make
make made made / produce produced produced          | person          | object food    |
drive drove driven / steer steered steered          | person          | vehicle        |
repair repaired repaired / mend mended mended       | person          | object         |
break broke broken / smash smashed smashed          | person          | object         |
clean cleaned cleaned / wash washed washed          | person          | object fruit   |
buy bought bought / purchase purchased purchased    | person          | object food    |
sell sold sold                                      | person          | object food    |
steal stole stolen                                  | person bird     | object food    | take
take took taken                                     | person bird     | object food    |
carry carried carried                               | person          | object food    |
tune tuned tuned                                    | artist relative | instrument     |
polish polished polished                            | person          | instrument tool| clean
chase chased chased / pursue pursued pursued        | mammal          | animal person  |
bite bit bitten                                     | mammal insect   | animal person  |
feed fed fed                                        | person          | animal         |
catch caught caught                                 | person mammal   | animal         |
see saw seen                                        | person animal   | person animal object food |
notice noticed noticed / spot spotted spotted       | person animal   | person animal object food | see
watch watched watched                               | person          | show animal    | see
help helped helped / assist assisted assisted       | person          | person         |
thank thanked thanked                               | person          | person         |
visit visited visited                               | person          | person         |
greet greeted greeted / welcome welcomed welcomed   | person          | person         |
teach taught taught                                 | worker relative | person         | help
write wrote written                                 | artist relative | story          |
read read read                                      | person          | story          |
perform performed performed / stage staged staged   | artist          | show           |
sing sang sung                                      | bird person     |                |
sleep slept slept / doze dozed dozed                | person animal   |                |
move moved moved                                    | person animal vehicle |          |
run ran run                                         | person mammal   |                | move
swim swam swum                                      | person mammal   |                | move
fly flew flown / soar soared soared                 | bird insect     |                | move
laugh laughed laughed / giggle giggled giggled      | person          |                |
wait waited waited                                  | person animal   |                |
buzz buzzed buzzed                                  | insect          |                |
rust rusted rusted                                  | tool vehicle    |                |
rot rotted rotted                                   | fruit           |                |
"""

# Sentiment of 80 adjectives, from -3 to +3.
GRADED = {
    3: "wonderful superb brilliant magnificent outstanding perfect splendid marvellous "
    "excellent glorious stunning fantastic",
    2: "great lovely delightful charming impressive beautiful memorable enjoyable "
    "elegant gripping clever touching fresh rich",
    1: "good nice pleasant decent fine solid neat agreeable likeable fair satisfying amusing capable sound",
    -1: "bland weak dull mediocre flat tired uneven clumsy forgettable slow stale thin shallow vague",
    -2: "bad boring poor annoying ugly tedious disappointing messy unpleasant silly lifeless dreary sloppy lousy",
    -3: "awful terrible horrible dreadful disgusting atrocious appalling hideous pathetic unbearable abysmal worthless",
}
ADJECTIVES: dict[str, int] = {word: grade for grade, words in GRADED.items() for word in words.split()}
# What an intensifier multiplies a grade by.
INTENSIFIERS = {
    "slightly": 0.5,
    "fairly": 0.75,
    "quite": 1.0,
    "really": 1.5,
    "very": 1.5,
    "truly": 1.5,
    "extremely": 2.0,
}
# What the speaker did with what is reviewed, on the same scale.
REACTIONS = {
    "adored": 3,
    "loved": 3,
    "enjoyed": 2,
    "liked": 1,
    "disliked": -1,
    "resented": -2,
    "hated": -3,
    "loathed": -3,
}
# The parts that an opinion can be about.
ASPECTS = {
    "work": "plot ending cast music dialogue opening",
    "food": "taste smell texture filling crust",
    "object": "design finish sound shape handle",
    "person": "voice manner humour advice",
}
# Adjectives without sentiment, by what they say something about.
PLAIN_ADJECTIVES = {
    "colour": "red green blue white black yellow",
    "size": "big small huge tiny",
    "age": "old young",
}

NAMES = {
    "she": "anna clara emma ines julia maria nora ruth sofia vera",
    "he": "adam boris david felix henry jonas karl martin oscar paul",
}
_PLACES_BY_PREPOSITION = {
    "in": "kitchen garden forest park village library",
    "at": "school market station harbour theatre farm",
    "near": "river bridge church tower",
}
PLACES: dict[str, str] = {place: word for word, places in _PLACES_BY_PREPOSITION.items() for place in places.split()}
TIMES = {
    "past": ("yesterday", "last night", "last week", "on monday", "on friday"),
    "present": ("every day", "every morning"),
    "perfect": ("twice", "already"),
    "future": ("tomorrow", "next week"),
}
# Discourse connectives by the relation of what follows to what was said.
CONNECTIVES = {
    "follows": ("so", "therefore"),
    "agrees": ("indeed", "moreover"),
    "contrasts": ("however", "yet"),
    "next": ("then", "later"),
}
# Words that only set phrases use.
FUNCTION_WORDS = (
    ". , ? : a an the some every no two three it he she they i we me him her them this that these those who what "
    "where when which whose how many is are was were has have been be do does did will would can not never and or "
    "but although because while if of by with for to in at near from on as than more less most very kind kinds "
    "like other another such same different there here yes yesterday overall everyone anyone someone nobody "
    "nothing something word found called seemed felt looked think thought say said want wanted my your its his "
    "our money back again recommend avoid smiled cheered yawned frowned left stayed early end worth time even "
    "fact least both also only all none too almost just true false means mean name named must may before after "
    "about"
)


@dataclass(frozen=True)
class Verb:
    """A verb: `forms` holds (base, third person, past, participle) of each synonym, the first being the usual one."""

    lemma: str
    forms: tuple[tuple[str, str, str, str], ...]
    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    implies: str


def add_s(word: str) -> str:
    """The -s form of a noun or verb: `fly` gives `flies`, `boss` gives `bosses`."""
    if word[-1] == "y" and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "sh", "ch", "x", "z")) else "s")


def plural(noun: str) -> str:
    """The plural of a noun of the lexicon."""
    return IRREGULAR_PLURALS.get(noun, add_s(noun))


def _verbs() -> dict[str, Verb]:
    verbs = {}
    for line in VERB_TABLE.strip().splitlines():
        forms, subjects, objects, implies = (part.strip() for part in line.split("|"))
        words = [variant.split() for variant in forms.split(" / ")]
        quads = tuple((base, add_s(base), past, participle) for base, past, participle in words)
        verbs[words[0][0]] = Verb(words[0][0], quads, tuple(subjects.split()), tuple(objects.split()), implies)
    return verbs


VERBS = _verbs()
# noun (concept or class) -> what it is a kind of; the top classes map to "".
PARENT: dict[str, str] = {}
# concept -> its words, the first being its name; classes have one word.
SYNONYMS: dict[str, tuple[str, ...]] = {}
for _top, _kinds in TAXONOMY.items():
    PARENT[_top], SYNONYMS[_top] = "", (_top,)
    for _kind, _concepts in _kinds.items():
        PARENT[_kind], SYNONYMS[_kind] = _top, (_kind,)
        for _concept in _concepts.split():
            _words = tuple(_concept.split("/"))
            PARENT[_words[0]], SYNONYMS[_words[0]] = _kind, _words
PRONOUN: dict[str, str] = {name: pronoun for pronoun, names in NAMES.items() for name in names.split()}
CONCEPTS: tuple[str, ...] = tuple(noun for noun, up in PARENT.items() if up and PARENT[up])
KINDS: tuple[str, ...] = tuple(noun for noun, up in PARENT.items() if up and not PARENT[up])


@cache
def ancestors(noun: str) -> tuple[str, ...]:
    """The noun and everything it is a kind of, upwards; a name is a person.

    >>> ancestors("owl")
    ('owl', 'bird', 'animal')
    """
    up = "person" if noun in PRONOUN else PARENT[noun]
    return (noun, *ancestors(up)) if up else (noun,)


@cache
def concepts_of(classes: tuple[str, ...]) -> tuple[str, ...]:
    """All concepts that belong to one of the classes."""
    return tuple(concept for concept in CONCEPTS if set(ancestors(concept)) & set(classes))


def allows(classes: tuple[str, ...], noun: str) -> bool:
    """Whether a selectional restriction to these classes admits the noun."""
    return bool(set(ancestors(noun)) & set(classes))


@cache
def implied(verb: str) -> tuple[str, ...]:
    """The verb and all verbs it implies, upwards."""
    up = VERBS[verb].implies
    return (verb, *implied(up)) if up else (verb,)


def vocabulary() -> list[str]:
    """Every word form of the language, sorted: what the tokenizer knows."""
    words = (
        set(FUNCTION_WORDS.split()) | set(ADJECTIVES) | set(INTENSIFIERS) | set(REACTIONS) | set(PRONOUN) | set(PLACES)
    )
    for nouns in SYNONYMS.values():
        words.update(nouns, map(plural, nouns))
    for verb in VERBS.values():
        words.update(form for forms in verb.forms for form in forms)
    for group in (*ASPECTS.values(), *PLAIN_ADJECTIVES.values()):
        words.update(group.split())
    for phrases in (*TIMES.values(), *CONNECTIVES.values()):
        words.update(word for phrase in phrases for word in phrase.split())
    return sorted(words)
