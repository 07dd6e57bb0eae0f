"""Whether an effect moved away from the middle of its region, or towards it. Knows estimates, no claims and no runs.

A region with two edges says that an effect x is near its middle m. The effect got worse if its distance grew:
|y - m| > |x - m| for the new effect y. With the change d = y - x and the sum s = (y - m) + (x - m),

    |y - m| - |x - m| = max(min(d, s), min(-d, -s)) = min(max(d, -s), max(-d, s)).

So the distance grew where d and s have the same sign: the effect moved up and lies above the middle by more than it
lay below, or the same downwards. A change alone says nothing: from -.015 to +.015 it is large, and the distance is the
same.
"""

from __future__ import annotations

from lth.history.effects import TwoSided
from lth.verdict import Interval


def farther(change: TwoSided, total: TwoSided) -> float:
    """One-sided p-value of H0: the distance from the middle did not grow.

    Both signs must be shown (intersection-union test, Berger 1982, Technometrics 24, 295-300), either upwards or
    downwards. Far from the middle only one direction is possible and the test of d decides, at its own level. Where
    both effects lie at the middle either direction is: there d and s are 0, and if the new effect is much noisier than
    the old one, or the reverse, they hardly differ, so that two tests at alpha would err with 2 alpha. The p-value of s
    is therefore doubled.

    For normal effects with known errors, the largest error over all positions, by the ratio of both effects' variances,
    is alpha up to 19 : 1, 5.1 % at alpha = 5 % with 39 : 1, and 6.0 % if the error of one effect is nothing.
    """
    up = max(change.low.p_greater(0), 2 * total.low.p_greater(0))
    down = max(change.high.p_less(0), 2 * total.high.p_less(0))
    return min(1.0, up, down)


def growth(change: TwoSided, total: TwoSided, alpha: float) -> Interval:
    """The (1 - 2 alpha) interval of the growth of the distance. Above 0 it is worse, below 0 better.

    Its ends are the formulas above with the ends of the intervals of d and of s, that of s at alpha / 2 a side. The low
    end is above 0 where `farther` is at most alpha. The high end is the negative of the low end of the move back.
    Raises UsageError for an alpha outside (0, .5).
    """
    d, s = change.interval(alpha), total.interval(alpha / 2)
    low = max(min(d.low, s.low), min(-d.high, -s.high))
    high = min(max(d.high, -s.low), max(-d.low, s.high))
    value = max(min(d.estimate, s.estimate), min(-d.estimate, -s.estimate))
    return Interval(value, low, high, d.method, alpha, d.reason or s.reason)
