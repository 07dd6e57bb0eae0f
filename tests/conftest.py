import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import settings

from lth import lab
from lth.app.settings import read_settings
from lth.claims.arm import Arm
from lth.claims.arms import MATCHED, Arms, arms_of
from lth.runtime.store import FolderStore
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import PROTOCOLS
from lth.tasks import TASKS
from tests.tiny import write_data, write_model

settings.register_profile("suite", derandomize=True, deadline=None)  # the same examples everywhere, on any machine
settings.load_profile("suite")
os.environ["LTH_ENERGY"] = "off"  # a meter takes seconds to start in every worker process


WINNING = {
    "full": [0.90, 0.91, 0.92, 0.91, 0.90],
    "imp": [0.91, 0.91, 0.92, 0.92, 0.90],
    "random": [0.52, 0.55, 0.50, 0.53, 0.56],
    "reinitialised": [0.50, 0.51, 0.50, 0.52, 0.50],
    "shuffled": [0.60, 0.62, 0.58, 0.61, 0.60],
    "rewound 5%": [0.91, 0.91, 0.91, 0.92, 0.90],
    "rewound 10%": [0.90, 0.91, 0.92, 0.91, 0.90],
    "rewound 20%": [0.90, 0.91, 0.92, 0.91, 0.90],
    "rewound 50%": [0.88, 0.89, 0.90, 0.89, 0.90],
    "standard": [0.90, 0.91, 0.91, 0.91, 0.90],
}
"""Made-up scores, five seeds an arm, on which every claim comes out as the paper says."""


@pytest.fixture(autouse=True)
def usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print tables as in a pipe, whatever the width of the terminal that the tests run in."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def known_tasks() -> Iterator[None]:
    """Forget the tasks that a test made known, as those of evidence are until the process ends."""
    before = dict(TASKS)
    yield
    TASKS.clear()
    TASKS.update(before)


Remember = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `model` and `data`, both tiny; see tests.tiny."""
    root = tmp_path_factory.mktemp("tiny")
    write_model(root / "model")
    write_data(root / "data")
    return root


@pytest.fixture
def arms() -> Arms:
    """The arms of a task and a model that exist in name only, for tests that plan and do not run."""
    protocol = replace(PROTOCOLS["paper"], schedule="0.3,0.5,0.7", sparsity=0.7)
    return Arms(TaskData("sst2", "d" * 64, "folder"), Pretrained("m" * 64, "folder"), protocol, (0, 1), margin=0.02)


@pytest.fixture
def remember(tmp_path: Path) -> Remember:
    """A store that holds the given scores for the arms of the lab's tasks, a `failure` for each score that is NaN.

    Several pre-trained models score a little less one after the other: the scores to the power of 1, 1.1, 1.2, …
    """

    def fill(scores: dict[str, Sequence[float]], majority: float = 0.5, **options: str) -> Path:
        root = tmp_path / "store"
        settings, _ = read_settings(options, tmp_path)
        every: list[tuple[Arm, float]] = []
        for task, (at, model) in product(settings.tasks, enumerate(settings.models)):
            arms = replace(arms_of(settings, task), model=model)
            rounds = (arm for treatment in MATCHED for arm in arms.rounds_of(treatment))
            own = [arms.full(), *rounds, *map(arms.rewound, (0.05, 0.1, 0.2, 0.5))]
            every += [(arm, 1 + 0.1 * at) for arm in own]
        for task, model in product(settings.tasks, settings.models):
            arms = replace(arms_of(settings, task), model=model)
            for arm in map(arms.highest_match, MATCHED):
                for match, full, ticket in zip(arm.experiments, scores["full"], scores[arm.id.treatment], strict=True):
                    reached = arms.sparsity if ticket >= (1 - arms.margin) * full else 0.0
                    FolderStore(root).write(match.key, {"highest": reached})
        for arm, power in every:
            for fit, known in zip(arm.experiments, scores[str(arm.id.kind)], strict=True):
                score = known**power
                value = {"score": score, "majority": majority, "seconds": 1.0, "densities": {}}
                FolderStore(root).write(fit.key, value | {"failure": "the loss was nan" if score != score else None})
        return root

    return fill


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, for Python of one's own; the modules and tasks found in it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = [(registry, dict(registry)) for registry in (TASKS, lab.TASKS)]
    yield tmp_path
    for registry, contents in before:
        registry.clear()
        registry.update(contents)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
