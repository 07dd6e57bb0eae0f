"""One claim explained: its sentence, its arms, how it is decided, what the evidence at hand says. Decides nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lth.claims.arm_id import ArmId
from lth.claims.citations import CITATIONS
from lth.claims.claim import Claim, Says
from lth.claims.effects import FULL_SCORE, PLAIN, POINTS, Unit
from lth.document.rows import ClaimRow, EffectRow
from lth.report import cells
from lth.report.overview import GAP, WIDTH
from lth.verdict import Verdict

ANSWERS = {"true": True, "false": False, "it depends": None}
UNITS: dict[Unit, str] = {FULL_SCORE: ", in % of the full model's mean score", POINTS: " of the metric", PLAIN: ""}
"""What follows a region to say its unit."""
MOST_NAMES = 3
"""An explanation names at most this many arms of one kind."""


@dataclass(frozen=True)
class ExplainedRow:
    """A row of the claim as a run would declare it; `row` is its name within the claim."""

    statement: str
    row: str
    effect: EffectRow


@dataclass(frozen=True)
class Found:
    """What one place says about the claim: its rows there, or a `note` instead."""

    place: str
    rows: Sequence[ClaimRow] = ()
    note: str = ""


@dataclass(frozen=True)
class Explained:
    """Everything that is explained of a claim.

    `about` is the docstring of its file. `arms` are sentences by the arms that effects are computed from. `alpha` is
    the error rate on each side of an interval.
    """

    claim: Claim
    about: str
    file: str
    rows: Sequence[ExplainedRow]
    arms: Mapping[ArmId, str]
    alpha: float
    found: Sequence[Found]


def explanation(explained: Explained) -> str:
    """The explanation in lines of at most 80 characters, except for long names."""
    claim = explained.claim
    _, paper, _ = CITATIONS.get(claim.paper, ("", claim.paper, ""))
    statements = list(dict.fromkeys(row.statement for row in explained.rows))
    lines = [*_item(f"{claim.id}{GAP}", ". ".join(statements) + "."), ""]
    lines += _item("where   ", f"{', '.join(filter(None, (paper, claim.where)))}. {_answer(claim.says)}")
    lines += [line for part in _context(explained.about) for line in _item("        ", part)]
    lines += _titled("effect  ", _effects(explained.rows))
    lines += _item("rule    ", _rule(explained))
    lines += _titled("arms    ", _arms(explained.arms))
    lines += _item("file    ", explained.file)
    for found in explained.found:
        lines += ["", f"{found.place}:", *_found(found)]
    return "\n".join(lines)


def _answer(says: Says) -> str:
    """What the paper says, as a sentence or two."""
    if says is None:
        return "The answer depends on the task: any conclusive verdict passes."
    if isinstance(says, bool):
        return f"The paper says that this is {'true' if says else 'false'}."
    found = {word: ", ".join(name for name, each in says.items() if each is answer) for word, answer in ANSWERS.items()}
    return f"The paper says: {'; '.join(f'{word} of {names}' for word, names in found.items() if names)}."


def _context(about: str) -> list[str]:
    """The paragraphs of a file's docstring without its first, which is the title."""
    return [" ".join(part.split()) for part in about.split("\n\n")[1:]]


def _effects(rows: Sequence[ExplainedRow]) -> list[str]:
    texts = []
    for each in rows:
        effect = each.effect
        name = f"{each.row}: " if each.row else ""
        region = cells.typeset(cells.region_text(effect.region, effect.unit))
        lies = "" if region[0] in "<>" else "in "
        texts.append(f"{name}{effect.label} {lies}{region}{UNITS[effect.unit]}")
    return texts


def _rule(explained: Explained) -> str:
    own = f" The paper's own rule is shown beside it: {explained.claim.rule}." if explained.claim.rule else ""
    level = f"{100 * (1 - 2 * explained.alpha):g} %"
    return (
        f"SUPPORTED if the {level} interval of the effect lies inside the region, REFUTED if it lies outside, "
        f"INCONCLUSIVE if it crosses the edge.{own}"
    )


def _arms(arms: Mapping[ArmId, str]) -> list[str]:
    """A text for each sentence, with the names of its arms."""
    names: dict[str, list[str]] = {}
    for id, sentence in arms.items():
        names.setdefault(sentence, []).append(str(id))
    texts = []
    for sentence, alike in names.items():
        more = f" and {len(alike) - MOST_NAMES} more" if len(alike) > MOST_NAMES else ""
        shown = ", ".join(alike[:MOST_NAMES]) + more
        texts.append(f"{shown}: {sentence}" if sentence else shown)
    return texts


def _found(found: Found) -> list[str]:
    if found.note:
        return _item("  ", found.note)
    ran = [row for row in found.rows if row.verdict is not Verdict.NOT_RUN]
    names = {id(row): f"{row.task} {row.row}".strip() for row in found.rows}
    width = max((len(names[id(row)]) for row in ran), default=0)
    lines = [
        f"  {names[id(row)]:<{width}}{GAP}{row.verdict:<12}{GAP}{cells.effect_text(row.interval, row.effect.unit)}"
        for row in ran
    ]
    reasons: dict[str, list[str]] = {}
    for row in found.rows:
        if row.verdict is Verdict.NOT_RUN:
            reasons.setdefault(row.reason, []).append(names[id(row)])
    return lines + [
        line
        for reason, alike in reasons.items()
        for line in _item("  ", f"{', '.join(alike)}: NOT RUN: {reason or cells.UNKNOWN}", "    ")
    ]


def _titled(title: str, texts: Iterable[str]) -> list[str]:
    """The texts one below the other, the first behind the title."""
    lines = []
    for at, text in enumerate(texts):
        lines += _item(title if at == 0 else " " * len(title), text, " " * (len(title) + 2))
    return lines


def _item(title: str, text: str, indent: str | None = None) -> list[str]:
    """The text wrapped behind the title, or behind `indent` from the second line on."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=title,
        subsequent_indent=" " * len(title) if indent is None else indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
