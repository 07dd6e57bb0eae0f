"""What a run is about: tasks, model, data, seeds, protocol and rule. Knows no option and not how it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import Protocol
from lth.verdict.rule import Rule
from lth.verdict.sequential import Look


@dataclass(frozen=True)
class Settings:
    """Everything that a run was asked for, checked. `sources` are the tasks whose tickets are tried on the others.

    `evidence` says where the scores come from: measured, published, or a folder. `looks` are the numbers of seeds after
    which open verdicts are looked at, one for all seeds unless they are added one look after the other.
    """

    tasks: tuple[TaskData, ...]
    sources: tuple[TaskData, ...]
    model: Pretrained
    data: str
    seeds: tuple[int, ...]
    protocol: Protocol
    rule: Rule
    evidence: str = "measured"
    looks: tuple[Look, ...] = ()

    @property
    def source(self) -> str:
        """Whether the scores were measured by this package or recorded elsewhere."""
        return "measured" if self.evidence == "measured" else "recorded"
