from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def glue() -> Path:
    """The folder with SST-2/, CoLA/, …: $LTH_DATA, else shared/glue beside the repository; skips where neither is."""
    given = os.environ.get("LTH_DATA")
    folder = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "glue"
    if not folder.is_dir():
        pytest.skip(f"no real GLUE data in '{folder}'; set LTH_DATA to the folder that holds SST-2/")
    return folder
