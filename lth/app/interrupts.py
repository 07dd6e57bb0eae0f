"""Ends a run in order when a person or the system asks for it: Ctrl-C, SIGTERM, or a terminal that closes."""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def heeded(later: Callable[[Callable[[], None]], object]) -> Iterator[None]:
    """In this block, the first of these signals raises KeyboardInterrupt, and all that follow are ignored.

    At the end the former handlers are back. After a KeyboardInterrupt that would be too early, because a person may
    press Ctrl-C again; `later` is then called with the function that puts them back. Signals for which the program or
    the shell has chosen something else keep that. Outside the main thread, Python allows no handlers: nothing changes.
    """
    main = threading.current_thread() is threading.main_thread()
    numbers = [getattr(signal, name) for name in NAMES if main and hasattr(signal, name)]
    found = {number: signal.getsignal(number) for number in numbers}
    usual = {number: old for number, old in found.items() if old in (signal.SIG_DFL, signal.default_int_handler)}

    def first(number: int, frame: FrameType | None) -> Any:
        for each in usual:
            signal.signal(each, signal.SIG_IGN)
            atexit.register(signal.signal, each, signal.SIG_IGN)  # once more, for a Ctrl-C while Python ends
        raise KeyboardInterrupt

    def undo() -> None:
        for number, old in usual.items():
            signal.signal(number, old)

    for number in usual:
        signal.signal(number, first)
    try:
        yield
    except KeyboardInterrupt:
        later(undo)
        raise
    except BaseException:
        undo()
        raise
    undo()
