"""The settings of a run: tasks, model, data, seeds, protocol and rule. Knows nothing of options or computation."""

from __future__ import annotations

from dataclasses import dataclass

from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import Protocol
from lth.verdict.rule import Rule
from lth.verdict.sequential import Look


@dataclass(frozen=True)
class Settings:
    """The checked settings of a run. `sources` are the tasks whose tickets are trained on the other tasks.

    `evidence` says where the scores come from: measured, published, or a folder. Verdicts are decided at the `looks`:
    a single one with all seeds, or several if seeds are added while verdicts are inconclusive.
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
        """Whether this package measured the scores ("measured") or they come from elsewhere ("recorded")."""
        return "measured" if self.evidence == "measured" else "recorded"
