import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.plugin.conftest import CLAIMS


@pytest.mark.slow
def test_an_interrupted_run_stops_its_workers_and_says_how_to_go_on(tiny: Path, tmp_path: Path) -> None:
    import psutil

    options = [f"--model={tiny}/model", f"--data={tiny}/data", f"--claims-store={tmp_path}/store"]
    command = [sys.executable, "-m", "pytest", CLAIMS, "-p", "no:cacheprovider", "--claims-protocol=short", *options]
    heeding = partial(
        signal.signal, signal.SIGINT, signal.SIG_DFL
    )  # a shell starts what runs in its background deaf to it
    pipe = subprocess.PIPE
    run = subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, preexec_fn=heeding)
    deadline = time.monotonic() + 60
    while not (workers := psutil.Process(run.pid).children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert workers
    time.sleep(2)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 2, output
    assert f"interrupted; finished experiments are in {tmp_path}/store; run it again to go on" in output
    assert not [worker for worker in psutil.wait_procs(workers, timeout=10)[1] if worker.is_running()]
