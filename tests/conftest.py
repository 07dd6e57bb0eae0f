import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from lth import lab
from lth.claims.arms import Arms
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import PROTOCOLS
from lth.tasks import TASKS
from tests.tiny import write_data, write_model

settings.register_profile("suite", derandomize=True, deadline=None)  # the same examples everywhere, on any machine
settings.load_profile("suite")
os.environ["LTH_ENERGY"] = "off"  # a meter takes seconds to start in every worker process


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
