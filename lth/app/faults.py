"""What is wrong with a claim that cannot be declared, in one line with its place and a hint. Knows no claim by name."""

from __future__ import annotations

import builtins
import inspect
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lth.errors import LthError, as_typed, did_you_mean, reason, visible


def fault_of(problem: BaseException, test: Callable[..., Any]) -> str:
    """The error of a claim's test in one line: `test_ours.py:7: 'Arms' object has no attribute 'imq'; did you mean …`.

    The line is the last one in the test's own file that the error came through, by default the first of the test.
    """
    code = inspect.unwrap(test).__code__
    own = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == code.co_filename]
    line = own[-1].lineno if own else code.co_firstlineno
    if isinstance(problem, LthError):
        return f"{Path(code.co_filename).name}:{line}: {problem}"
    hint = did_you_mean(getattr(problem, "name", None) or "", _known(problem)).strip(".")
    text = reason(problem).rstrip(".")
    if type(problem).__name__ not in text:
        text = f"{type(problem).__name__}: {text}"
    return visible(f"{Path(code.co_filename).name}:{line}: {as_typed(text)}{hint or '; correct the claim'}")


def _known(problem: BaseException) -> Iterable[str]:
    """The names that could have been meant by one that is not there."""
    if isinstance(problem, AttributeError):
        return [name for name in dir(problem.obj) if not name.startswith("_")]
    if isinstance(problem, NameError):
        *_, (frame, _) = traceback.walk_tb(problem.__traceback__)
        return [*frame.f_locals, *frame.f_globals, *dir(builtins)]
    return ()
