"""What an arm is, as fields; its one name for people and files, and the way back from the name to the fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from lth.errors import UsageError
from lth.spec.subnetworks import LETTER, Pruning

Weights = Literal["pruned", "retrained"]
StartName = Literal["pretrained", "trained", "rewound", "standard"]

STARTS: dict[str | None, StartName] = {None: "pretrained"} | {name: name for name in get_args(StartName)[1:]}
LETTERS = {letter: pruning for pruning, letter in LETTER.items()}
MEASURES = {
    "kappa": "kappa of {units}",
    "kinship": "kinship of {units}",
    "unimportant": "unimportant {units}",
    "heterogeneous": "heterogeneous of {units}",
    "norm-weighted heterogeneous": "norm-weighted heterogeneous of {units}",
    "overlap": "overlap of {units}",
    "speed-up": "speed-up",
    "kept parameters": "kept parameters",
    "kept": "kept {units}",
    "super kept": "kept {units} of super-survivors",
    "last minus first third": "last minus first third of {units}",
    "middle minus last third": "middle minus last third of {units}",
    "spread": "spread of {units}",
    "kept with heads alone": "kept {units} with heads alone pruned",
    "kept with mlps alone": "kept {units} with MLPs alone pruned",
    "highest match": "highest matching sparsity of {treatment}",
}
"""What can be measured of an arm instead of its score, and how a name says it."""

_NAME = re.compile(
    r"(?:(?P<task>[^:]+(?::\w+)?): )?(?:(?P<letter>[sm])-)?(?P<what>\S(?:.*?\S)??)(?:@(?P<sparsity>[0-9.e+-]+))?"
)
_WEIGHTS = re.compile(r"(?P<treatment>.+) (?P<weights>pruned|retrained)")
_REWOUND = re.compile(r"(?P<treatment>.+) (?P<percent>[0-9.e+-]+)%")
_TRANSFERRED = re.compile(r"(?P<source>\S+) ticket(?:, (?P<start>trained|rewound|standard))?")
_PARTS = {name: rf"(?P<{name}>\w+)" for name in ("units", "treatment")}
_MEASURED = {
    measure: re.compile(
        text.format(**_PARTS) + r"(?P<between> between tasks| with (?P<other>\S+))?(?:, (?P<start>trained|rewound))?"
    )
    for measure, text in MEASURES.items()
}


@dataclass(frozen=True)
class ArmId:
    """Which arm it is: fields, with `str` for the name (`imp@0.7`) and `parse` for the way back.

    - treatment: full, imp, random, …; of subnetworks good, random, bad, …; or a name of your own.
    - sparsity: the share of weights removed; None where it is not known beforehand. It keeps six digits.
    - share: the share of training that a rewound ticket goes back to; in percent it keeps six digits.
    - source, start: the task on which a transferred ticket was found, and the weights it is trained from: those before
      training there, or after it, or a rewound or standard-pruned subnetwork's own. Of a measure, source is the other
      task of a pair, and start the weights that are measured.
    - pruning, weights: how a subnetwork was found, and whether it is scored as it is or trained again.
    - measure, units: what is measured instead of the score, and of which parts: the kappa of heads.
    - between_tasks: whether the measure compares tasks at one seed instead of seeds on one task.
    - task: given only where arms of several tasks meet in one effect.

    Raises UsageError for a treatment that would be read back as something else.
    """

    treatment: str
    sparsity: float | None = None
    share: float | None = None
    source: str | None = None
    start: StartName = "pretrained"
    pruning: Pruning | None = None
    weights: Weights | None = None
    measure: str = "score"
    units: str | None = None
    between_tasks: bool = False
    task: str | None = None

    def __post_init__(self) -> None:
        if self.sparsity is not None:
            object.__setattr__(self, "sparsity", float(f"{self.sparsity:g}"))
        if self.share is not None:
            object.__setattr__(self, "share", float(f"{100 * self.share:g}") / 100)
        if not _is_plain(self.treatment):
            raise UsageError(
                f"treatment {self.treatment!r}; expected a name alone, such as 'one round'; give sparsity, share, "
                f"source and the like as fields of ArmId, or read a whole name with ArmId.parse"
            )

    def __str__(self) -> str:
        letter = next((f"{letter}-" for letter, pruning in LETTERS.items() if pruning == self.pruning), "")
        at = "" if self.sparsity is None else f"@{self.sparsity:g}"
        return f"{f'{self.task}: ' if self.task else ''}{letter}{self._what}{at}"

    @property
    def _what(self) -> str:
        if self.measure != "score":
            between = f" with {self.source}" if self.source else " between tasks" * self.between_tasks
            start = "" if self.start == "pretrained" else f", {self.start}"
            return MEASURES[self.measure].format(units=self.units, treatment=self.treatment) + between + start
        if self.source:
            return f"{self.source} ticket" + ("" if self.start == "pretrained" else f", {self.start}")
        if self.share is not None:
            return f"{self.treatment} {100 * self.share:g}%"
        return f"{self.treatment} {self.weights}" if self.weights else self.treatment

    @property
    def kind(self) -> ArmId:
        """The same arm whatever its sparsity and its task: what a name says before `@`."""
        return replace(self, sparsity=None, task=None)

    @classmethod
    def parse(cls, name: str) -> ArmId:
        """The arm of that name.

        >>> ArmId.parse("rewound 5%@0.7") == ArmId("rewound", sparsity=0.7, share=0.05)
        True
        >>> ArmId.parse("s-good pruned") == ArmId("good", pruning="structured", weights="pruned")
        True

        Raises UsageError for a name that no arm can have, such as an empty one.
        """
        parts = _NAME.fullmatch(name)
        if parts is None:
            raise UsageError(f"arm {name!r}; expected a treatment's name, such as full or imp@0.7; give one")
        known = _parse_what(parts["what"])
        sparsity = _number(parts["sparsity"])
        if parts["sparsity"] and sparsity is None:
            raise UsageError(f"arm {name!r}; expected a sparsity behind @, such as imp@0.7; correct it")
        return replace(
            known, task=parts["task"], pruning=LETTERS[parts["letter"]] if parts["letter"] else None, sparsity=sparsity
        )


def _parse_what(text: str) -> ArmId:
    for measure, form in _MEASURED.items():
        if found := form.fullmatch(text):
            parts = found.groupdict()
            treatment = parts.get("treatment") or ("imp" if measure == "overlap" else "good")
            units = parts.get("units")
            between = bool(found["between"])
            start = STARTS[found["start"]]
            return ArmId(
                treatment, measure=measure, units=units, between_tasks=between, source=found["other"], start=start
            )
    if found := _TRANSFERRED.fullmatch(text):
        return ArmId("imp", source=found["source"], start=STARTS[found["start"]])
    if (found := _REWOUND.fullmatch(text)) and (percent := _number(found["percent"])) is not None:
        return ArmId(found["treatment"], share=percent / 100)
    if found := _WEIGHTS.fullmatch(text):
        return ArmId(found["treatment"], weights="pruned" if found["weights"] == "pruned" else "retrained")
    return ArmId(text)


@lru_cache(maxsize=1024)  # the same few names are checked thousands of times
def _is_plain(treatment: str) -> bool:
    forms = (_WEIGHTS, _REWOUND, _TRANSFERRED, *_MEASURED.values())
    parts = _NAME.fullmatch(treatment)
    return parts is not None and parts["what"] == treatment and not any(form.fullmatch(treatment) for form in forms)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
