import pytest

from lth.experiment.arms import Arms
from lth.experiment.expressions import Pretrained, Recipe, TaskData


@pytest.fixture
def arms() -> Arms:
    """The arms of a task and a model that exist in name only: enough for all that is planned and not run."""
    return Arms(
        TaskData("sst2", "d" * 64, "lab"),
        Pretrained("m" * 64, "lab"),
        Recipe(),
        seeds=(0, 1),
        schedule="0.3,0.5,0.7",
        sparsity=0.7,
        prunable="encoder",
        margin=0.02,
    )
