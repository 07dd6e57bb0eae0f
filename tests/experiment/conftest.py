from dataclasses import replace

import pytest

from lth.claims.arms import Arms
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import PROTOCOLS


@pytest.fixture
def arms() -> Arms:
    """The arms of a task and a model that exist in name only: enough for all that is planned and not run."""
    protocol = replace(PROTOCOLS["paper"], schedule="0.3,0.5,0.7", sparsity=0.7)
    return Arms(TaskData("sst2", "d" * 64, "folder"), Pretrained("m" * 64, "folder"), protocol, (0, 1), margin=0.02)
