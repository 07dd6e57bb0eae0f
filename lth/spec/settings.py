"""The settings of a run: tasks, model, data, seeds, protocol and rule. Knows nothing of options or computation."""

from __future__ import annotations

from dataclasses import dataclass

from lth import lab
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import Protocol
from lth.verdict.rule import Rule
from lth.verdict.sequential import Look


@dataclass(frozen=True)
class Settings:
    """The checked settings of a run. `sources` are the tasks whose tickets are trained on the other tasks.

    Several `models` are the sample that verdicts are about; each of them is then trained with all `seeds`.
    `evidence` says where the scores come from: measured, published, or a folder. Verdicts are decided at the `looks`:
    a single one with all seeds, or several if seeds are added while verdicts are inconclusive.
    """

    tasks: tuple[TaskData, ...]
    sources: tuple[TaskData, ...]
    models: tuple[Pretrained, ...]
    data: str
    seeds: tuple[int, ...]
    protocol: Protocol
    rule: Rule
    evidence: str = "measured"
    looks: tuple[Look, ...] = ()

    @property
    def model(self) -> Pretrained:
        """The first model, where one suffices."""
        return self.models[0]

    @property
    def model_text(self) -> str:
        """All models in one text: lab:5 for five models of the lab, otherwise their names with commas between."""
        names = [model.model for model in self.models]
        if len(names) > 1 and set(names) <= set(lab.checkpoints()):
            return f"lab:{len(names)}"
        return ",".join(names)

    @property
    def source(self) -> str:
        """Whether this package measured the scores ("measured") or they come from elsewhere ("recorded")."""
        return "measured" if self.evidence == "measured" else "recorded"
