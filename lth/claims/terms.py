"""The words of the language of claims in one object, for repositories that import nothing from this package."""

from __future__ import annotations

from dataclasses import dataclass

from lth.claims.arms import Arms
from lth.claims.effects import difference, mean
from lth.verdict import above, below, within


@dataclass(frozen=True)
class Terms:
    """The arms of a task, and this package's functions for effects and regions."""

    arms: Arms

    difference = staticmethod(difference)
    mean = staticmethod(mean)
    above = staticmethod(above)
    below = staticmethod(below)
    within = staticmethod(within)
