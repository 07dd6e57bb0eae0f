"""Effects of two runs in a region with two edges, simulated: how often the new one is called worse.

Effects are normal around their true values, in units of the region's margin: it is (-1, 1), its middle 0. Two runs of
the same seeds share half of their variance. `python -m tests.history.simulated_changes` prints the table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

ALPHA = 0.05


class Case(NamedTuple):
    """True effects of the old and the new run, and the standard deviation of a seed's effect in each."""

    old: float
    new: float
    spreads: tuple[float, float] = (0.5, 0.5)

    @property
    def worsens(self) -> bool:
        """Whether the new effect is farther from the middle."""
        return abs(self.new) > abs(self.old)


NO_WORSE = (
    Case(0.0, 0.0),
    Case(0.75, 0.75),
    Case(-0.75, 0.75),
    Case(-0.75, 0.5),
    Case(0.0, 0.0, (0.1, 1.0)),
    Case(0.25, 0.25, (0.1, 1.0)),
    Case(-0.75, 0.75, (0.1, 0.5)),
)
WORSE = (Case(0.0, 1.5), Case(0.75, 1.75), Case(-0.75, 1.75), Case(0.0, 1.0, (0.25, 0.25)))


def p_values(old: np.ndarray, new: np.ndarray, paired: bool) -> dict[str, np.ndarray]:
    """One-sided p-values [pairs of runs] of effects [pairs of runs, seeds]: of the change and of the sum, both ways."""
    n, m = old.shape[1], new.shape[1]
    of_old, of_new = old.var(axis=1, ddof=1) / n, new.var(axis=1, ddof=1) / m
    found = {}
    for name, sign in (("change", -1), ("sum", 1)):
        value = new.mean(axis=1) + sign * old.mean(axis=1)
        error, df = np.sqrt(of_old + of_new), (of_old + of_new) ** 2 / (of_old**2 / (n - 1) + of_new**2 / (m - 1))
        if paired:
            error, df = (new + sign * old).std(axis=1, ddof=1) / np.sqrt(n), np.full(len(old), n - 1.0)
        found |= {f"{name} up": stdtr(df, -value / error), f"{name} down": stdtr(df, value / error)}
    return found


def p_worse(old: np.ndarray, new: np.ndarray, paired: bool) -> np.ndarray:
    """The p-value of "the distance from 0 did not grow", as `lth.history.distance.farther` has it."""
    p = p_values(old, new, paired)
    up, down = (np.maximum(p[f"change {way}"], 2 * p[f"sum {way}"]) for way in ("up", "down"))
    return np.minimum(1, np.minimum(up, down))


def p_any_change(old: np.ndarray, new: np.ndarray, paired: bool) -> np.ndarray:
    """For comparison: the two-sided p-value of the change, 1 unless the mean is farther from 0."""
    p = p_values(old, new, paired)
    farther = np.abs(new.mean(axis=1)) > np.abs(old.mean(axis=1))
    return np.where(farther, 2 * np.minimum(p["change up"], p["change down"]), 1.0)


def runs(case: Case, n: int, paired: bool, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """The effects [pairs, seeds] of the old and of the new runs."""
    rng = np.random.default_rng([n, paired])
    old, new = rng.normal(size=(2, pairs, n))
    if paired:
        common = rng.normal(size=(pairs, n))
        old, new = (old + common) / np.sqrt(2), (new + common) / np.sqrt(2)
    return case.old + case.spreads[0] * old, case.new + case.spreads[1] * new


def share(case: Case, n: int, paired: bool, pairs: int) -> tuple[float, float]:
    """The shares of pairs of runs called worse by any change that ends farther away, and by the distance."""
    made = runs(case, n, paired, pairs)
    before, after = ((rule(*made, paired) <= ALPHA).mean() for rule in (p_any_change, p_worse))
    return float(before), float(after)


def main() -> None:
    """Print both shares for every case, pairing and number of seeds, from 100,000 pairs of runs each."""
    print("old -> new (spreads)       seeds: " + "  ".join(f"{n} by change, distance" for n in (3, 5, 8)))
    for paired in (False, True):
        for case in (*NO_WORSE, *WORSE):
            shares = [share(case, n, paired, 100_000) for n in (3, 5, 8)]
            text = "  ".join(f"{100 * before:5.1f} {100 * after:5.1f}" for before, after in shares)
            kind = "paired" if paired else "others"
            print(f"{kind} {case.old:+.2f} -> {case.new:+.2f} {case.spreads!s:12} {text}")


if __name__ == "__main__":
    main()
