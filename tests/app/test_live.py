import shutil
from pathlib import Path

from lth.app.live import EVERY, progress_lines, with_verdicts
from lth.app.papers import read_rows
from lth.app.runner import Run
from lth.claims.arms import arms_of
from lth.runtime.executor import Progress
from tests.conftest import WINNING, Remember


def progress(done: int) -> Progress:
    return Progress(done, 2, 8, 30.0 * done, 65.0)


def test_where_nobody_watches_the_progress_is_one_line_a_minute() -> None:
    lines: list[str] = []
    times = iter((0.0, 1.0, 30.0, EVERY, EVERY + 1, 2 * EVERY - 1, 2 * EVERY))
    show = progress_lines(lines.append, lambda: next(times))
    for _ in range(6):
        show(progress(3))
    assert next(times, None) is None
    assert lines == ["experiments 3/8 done, 2 running, 1:30 elapsed, 1:05 left"] * 2


def test_a_verdict_is_shown_once_as_soon_as_all_its_results_are_stored(remember: Remember, tmp_path: Path) -> None:
    store = remember(WINNING)
    run = Run.begin({"store": str(store)}, tmp_path)
    arms = arms_of(run.settings, run.settings.tasks[0])
    run.rows = read_rows(("chen-[14]",), [arms], None)
    late = arms.standard().experiments[0].key
    away = shutil.move(store / late[:2] / late, tmp_path / "away")
    shown: list[str] = []
    show = with_verdicts(lambda progress: shown.append("line"), run, shown.append)
    show(progress(1))
    shutil.move(away, store / late[:2] / late)
    show(progress(1))
    show(progress(2))
    show(progress(3))
    assert [text.partition(",")[0] for text in shown] == [
        "so far: sst2 chen-1 SUPPORTED",
        "line",
        "line",
        "so far: sst2 chen-4 SUPPORTED",
        "line",
        "line",
    ]
    assert ", region > -2" in shown[0]
