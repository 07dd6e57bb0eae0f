"""Claims about lottery tickets in BERT as pytest tests: arms, evidence, an effect with its interval, a verdict.

import lth

report = lth.run("chen-*", task="sst2", seeds=5)
report["chen-1"].verdict
lth.judge({"full": [0.92, 0.93, 0.92], "imp@0.6": [0.91, 0.92, 0.92]}, claim="chen-1")
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lth.app.api import judge as judge
    from lth.app.api import run as run
    from lth.claims.arm_id import ArmId as ArmId
    from lth.claims.claim import claim as claim
    from lth.claims.effects import difference as difference
    from lth.claims.effects import mean as mean
    from lth.errors import LthError as LthError
    from lth.report.result import Report as Report
    from lth.report.result import load as load
    from lth.verdict import Verdict as Verdict
    from lth.verdict import above as above
    from lth.verdict import below as below
    from lth.verdict import within as within
    from lth.verdict.samples import Summary as Summary

__version__ = "0.1.0"

_PLACES = {
    "run": "lth.app.api",
    "judge": "lth.app.api",
    "load": "lth.report.result",
    "Report": "lth.report.result",
    "claim": "lth.claims.claim",
    "difference": "lth.claims.effects",
    "mean": "lth.claims.effects",
    "above": "lth.verdict",
    "below": "lth.verdict",
    "within": "lth.verdict",
    "ArmId": "lth.claims.arm_id",
    "Summary": "lth.verdict.samples",
    "Verdict": "lth.verdict",
    "LthError": "lth.errors",
}
__all__ = [*_PLACES, "__version__"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: workers and fast paths need few of them."""
    if name not in _PLACES:
        raise AttributeError(f"module 'lth' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
