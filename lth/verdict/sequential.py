"""Adding seeds only while a verdict is open: when to look, and how much of the allowed error each look may spend.

This module knows no arms. Each look is judged by the one rule, with its share of alpha.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lth.errors import UsageError
from lth.verdict.interval import check_alpha
from lth.verdict.judge import Judgement

FIRST = 3
"""Seeds at the first look: the fewest with which the papers' claims are usually measured."""
GROWTH = 1.6
"""The factor by which the number of seeds grows from one look to the next."""


@dataclass(frozen=True)
class Look:
    """A look at `seeds` seeds; each side of its interval errs with probability at most `alpha`."""

    seeds: int
    alpha: float


def looks(alpha: float, most: int) -> tuple[Look, ...]:
    """The looks on the way to `most` seeds, fixed before any score is seen.

    After n of `most` seeds, alpha n / most of the error is spent: the third spending function of Lan & DeMets (1983),
    Biometrika 70, 659-663. A look gets what is spent since the look before. The looks' levels add up to alpha. By
    Bonferroni's inequality, all looks together err with probability at most alpha, for any estimator and however the
    looks depend on each other. Raises UsageError for fewer than FIRST seeds and for an alpha outside (0, .5).

    >>> [(look.seeds, round(look.alpha, 5)) for look in looks(0.05, 8)]
    [(3, 0.01875), (5, 0.0125), (8, 0.01875)]
    """
    check_alpha(alpha)
    if most < FIRST:
        raise UsageError(
            f"at most {most} seeds, added while a verdict is open; expected at least {FIRST}; raise the maximum"
        )
    sizes = [FIRST]
    while sizes[-1] < most:
        following = round(GROWTH * sizes[-1])
        sizes.append(following if following < most else most)
    spent = [0.0, *(alpha * size / most for size in sizes)]
    return tuple(Look(size, after - before) for size, before, after in zip(sizes, spent[:-1], spent[1:], strict=True))


def at_level(judgement: Judgement, look: Look, alpha: float) -> Judgement:
    """A look's judgement with its p-values times alpha / look.alpha, for comparison with the whole alpha."""
    scale = alpha / look.alpha
    support, refute = (min(1.0, scale * p) for p in (judgement.p_support, judgement.p_refute))
    return replace(judgement, p_support=support, p_refute=refute)
