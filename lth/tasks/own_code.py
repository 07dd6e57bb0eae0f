"""Python code of your own that a name points to, `package.module:NAME`: where it is, and which version of it.

This module imports no such code, except the packages around a module of a dotted name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path

from lth.errors import UsageError


def read_place(text: str) -> tuple[str, str] | None:
    """The module and the name in it; None for a text of another form.

    >>> read_place("my_tasks:VOICE"), read_place("my_tasks.py")
    (('my_tasks', 'VOICE'), None)
    """
    module, _, name = text.partition(":")
    return (module, name) if all(part.isidentifier() for part in (*module.split("."), name)) else None


def file_of(module: str, given: str, wanted: str) -> Path:
    """The Python file of the module; `given` and `wanted` are the words of messages, such as "task 'm:T'", "the task".

    A module is also looked for in the current folder, which is appended to `sys.path` for that and for the worker
    processes. Raises UsageError for a module that is not there and for one without Python source.
    """
    if module.partition(".")[0] in sys.stdlib_module_names:
        raise UsageError(
            f"{given}, but {module} is in Python's standard library; expected a module of your own; give the one that "
            f"defines {wanted}"
        )
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        found = importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):  # ValueError: a module such as __main__, which no file names
        found = None
    except (Exception, SystemExit) as cause:
        raise UsageError(
            f"{given}, but the package around {module} cannot be imported ({type(cause).__name__}: {cause}); expected "
            f"a package of Python; correct it"
        ) from cause
    if found is None:
        raise UsageError(
            f"{given}, but there is no module {module}; expected one in the current folder or among the installed "
            f"packages; check the name"
        )
    if found.origin is None or not found.origin.endswith(".py"):
        raise UsageError(
            f"{given}, but {module} has no Python source; expected a file of Python; give the module that defines "
            f"{wanted}"
        )
    return Path(found.origin)


def source_of(file: Path) -> str:
    """The SHA-256 (hex) of the file, by which one version of its code is known from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
