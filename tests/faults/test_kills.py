"""Runs that are killed while they compute: nothing is lost, no process is left, and the verdicts are the same."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from lth.document.files import read_json
from lth.document.rows import ClaimRow, CostRow
from tests.faults.conftest import CLAIMS

KILLS = 11
"""Kills of each kind."""
WEIGHTS = "weights.safetensors"
"""In an entry that a run removes when no experiment needs it any more."""


@dataclass
class Running:
    """A claim run in a session of its own, so that all its processes can be found."""

    tiny: Path
    store: Path
    verdicts: Path
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        options = ["--claims-protocol=short", "--claims-only=chen-1,chen-2*", "--seeds=3", "--claims-workers=2"]
        places = [f"--model={self.tiny}/model", f"--data={self.tiny}/data", f"--claims-store={self.store}"]
        places.append(f"--claims-json={self.verdicts}")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", CLAIMS, "-q", "-p", "no:cacheprovider", *options, *places],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.store.parent,
            start_new_session=True,
            preexec_fn=_heed_all,
        )

    @property
    def going(self) -> bool:
        return self.process.poll() is None

    def others(self) -> list[psutil.Process]:
        """The processes of the run besides the first."""
        return [each for each in psutil.process_iter() if each.pid != self.process.pid and _session(each) == self.pid]

    @property
    def pid(self) -> int:
        return self.process.pid

    def workers(self) -> list[psutil.Process]:
        """The worker processes, which were started by `spawn_main` and compute in tens of threads or wait."""
        return [each for each in self.others() if "spawn_main" in " ".join(_command(each))]

    def ended(self) -> str:
        """What the run printed, when it has ended."""
        return self.process.communicate(timeout=120)[0]


def _heed_all() -> None:
    """Heed what a shell lets a job in its background ignore, and nohup any job."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else -1
    except (OSError, psutil.Error):
        return -1


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def entries(store: Path) -> dict[str, int]:
    """The inode of each finished result, by key. It changes if the result is written again."""
    found = {}
    for seal in store.glob("??/*/entry.json"):
        if not (seal.parent / WEIGHTS).exists():
            found[seal.parent.name] = seal.stat().st_ino
    return found


def until(condition: Callable[[], object], seconds: float = 120) -> bool:
    """Wait for the condition; False if it does not come true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def moments(rng: random.Random) -> Iterator[Callable[[Running], bool]]:
    """Moments of a run to kill it at, again and again: each waits for its moment, False if the run ended before."""

    def come(run: Running, condition: Callable[[], object], delay: float = 0.0) -> bool:
        reached = until(lambda: condition() or not run.going)
        time.sleep(delay)
        return reached and run.going

    def workers_start(run: Running) -> bool:
        return come(run, run.workers, rng.uniform(0, 3))

    def result_is_written(run: Running) -> bool:
        before = len(entries(run.store))
        return come(run, lambda: len(entries(run.store)) > before)

    def result_is_begun(run: Running) -> bool:
        return come(run, lambda: any(run.store.glob("scratch/*/*/*")))

    def job_runs(run: Running) -> bool:
        return result_is_written(run) and come(run, run.workers, rng.uniform(0, 1))

    yield from itertools.cycle((workers_start, result_is_written, result_is_begun, job_runs))


def kill_parent(run: Running) -> None:
    run.process.kill()
    run.ended()
    assert run.process.returncode == -signal.SIGKILL


def kill_worker(run: Running) -> None:
    """Let the run go on; the caller ends it."""
    for worker in run.workers()[:1]:
        worker.kill()


def interrupt(*signals: signal.Signals, pause: float = 0.1, group: bool = True) -> Callable[[Running], None]:
    """Send signals as a terminal does, to all processes of the run, or to its first process only."""

    def send(run: Running) -> None:
        for number in signals:
            if run.going:
                os.killpg(run.pid, number) if group else run.process.send_signal(number)
            time.sleep(pause)
        output = run.ended()
        assert "Traceback" not in output, output
        assert "INTERNALERROR" not in output, output
        assert run.process.returncode == pytest.ExitCode.INTERRUPTED, output
        assert f"Interrupted: finished experiments are in {run.store}; run it again to go on" in output

    return send


ENDS: dict[str, Callable[[Running], None]] = {
    "SIGKILL": kill_parent,
    "SIGKILL of a worker": kill_worker,
    "SIGINT": interrupt(signal.SIGINT),
    "SIGINT six times": interrupt(*[signal.SIGINT] * 6),
    "SIGTERM": interrupt(signal.SIGTERM, group=False),
    "SIGHUP": interrupt(signal.SIGHUP),
}


def check_left(run: Running, before: dict[str, int]) -> None:
    """Two seconds after its end nothing of the run is alive, and no finished result is lost or written again."""
    if not run.going:
        assert until(lambda: not run.others(), 2), [_command(each) for each in run.others()]
    after = entries(run.store)
    assert {key: after.get(key) for key in before} == before


def decided(verdicts: Path) -> list[ClaimRow]:
    """The claims in a run's JSON without what they cost: a job that was killed is timed anew."""
    return [replace(claim, cost=CostRow()) for claim in read_json(verdicts).claims]


@pytest.fixture(scope="module")
def undisturbed(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run = Running(tiny, folder / "store", folder / "run.json")
    run.ended()
    return folder / "run.json"


@pytest.mark.night
@pytest.mark.parametrize("name", ENDS)
def test_runs_killed_again_and_again_come_to_the_verdicts_of_an_undisturbed_run(
    name: str, undisturbed: Path, tiny: Path, tmp_path: Path
) -> None:
    expected, moment = decided(undisturbed), moments(random.Random(name))
    kills = 0
    for number in itertools.count():
        store, verdicts = tmp_path / f"store{number}", tmp_path / f"run{number}.json"
        run, before = Running(tiny, store, verdicts), dict[str, int]()
        while kills < KILLS or run.going:
            if kills < KILLS and next(moment)(run):
                before = entries(store)
                ENDS[name](run)
                kills += 1
                check_left(run, before)
            else:
                output = run.ended()
                assert "Traceback" not in output, output
            if not run.going and not verdicts.exists():
                run = Running(tiny, store, verdicts)
            elif not run.going:
                break
        check_left(run, before)
        assert decided(verdicts) == expected
        if kills == KILLS:
            return


@pytest.mark.slow
def test_ctrl_c_six_times_ends_a_run_in_one_line_and_leaves_no_process(tiny: Path, tmp_path: Path) -> None:
    run = Running(tiny, tmp_path / "store", tmp_path / "run.json")
    assert next(moments(random.Random(1)))(run)
    ENDS["SIGINT six times"](run)
    check_left(run, {})


@pytest.mark.night
def test_a_killed_worker_is_started_again_and_named(tiny: Path, tmp_path: Path) -> None:
    run = Running(tiny, tmp_path / "store", tmp_path / "run.json")
    assert until(run.workers)
    kill_worker(run)
    output = run.ended()
    assert run.process.returncode == 0, output
    assert output.count("lth: a worker process died while ") == 1
    assert "; it is started again\n" in output
    assert (tmp_path / "run.json").exists()
    check_left(run, {})
