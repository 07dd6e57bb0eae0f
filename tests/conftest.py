import os
from pathlib import Path

import pytest
from hypothesis import settings

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
