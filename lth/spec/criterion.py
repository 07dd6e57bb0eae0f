"""Which criterion ranks weights before they are pruned, as text that a person types. Imports no criterion.

What a criterion computes is in `lth.engine.criteria`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from lth.errors import UsageError, did_you_mean
from lth.tasks.own_code import file_of, read_place, source_of

BUILT_IN = ("magnitude", "random", "first-order")
GRADIENT_EXAMPLES = 512
"""Training examples over which the gradient that a criterion sees is averaged; fewer if the run trains on fewer."""
_FORMS = f"{', '.join(BUILT_IN)} or package.module:function"


@dataclass(frozen=True)
class Criterion:
    """A criterion other than magnitude: "random", "first-order" or a function of one's own, "package.module:function".

    `source` is the SHA-256 of the file that holds the function, empty for built-in ones: masks that were found by an
    older version of the function are never taken for those of the new one. What the file imports is not part of it.
    """

    name: str
    source: str = ""

    def __str__(self) -> str:
        return self.name


def read_criterion(text: str) -> Criterion | None:
    """The criterion of that name; None for magnitude, which needs no name.

    A module is also looked for in the current folder, which is appended to `sys.path` for that and for the worker
    processes. Of a dotted name Python imports the packages around the module; the module itself is only read.
    Raises UsageError for an unknown name, and for a module or function that is not there.
    """
    if text == "magnitude":
        return None
    if text in BUILT_IN:
        return Criterion(text)
    if ":" not in text:
        raise UsageError(f"no criterion {text!r}{did_you_mean(text, BUILT_IN)} Criteria: {_FORMS}")
    place = read_place(text)
    if place is None:
        raise UsageError(f"criterion {text!r}; expected {_FORMS}; give for example my_pruner:score")
    module, function = place
    file = file_of(module, f"criterion {text!r}", "the function")
    known = _functions(file, text)
    if function not in known:
        hint = did_you_mean(function, known)
        raise UsageError(f"no function {function!r} in {file}{hint} Functions: {', '.join(known) or 'none'}")
    return Criterion(text, source_of(file))


def _functions(file: Path, text: str) -> list[str]:
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as cause:
        raise UsageError(
            f"criterion {text!r}, but {file} cannot be read ({cause}); expected Python; correct it"
        ) from None
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
