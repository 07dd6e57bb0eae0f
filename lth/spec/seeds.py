"""The seeds that a run may have, and the companions of a seed, for masks that several seeds define."""

from __future__ import annotations

from collections.abc import Iterable

LARGEST_SEED = 2**32 - 1
"""The largest seed: NumPy and scikit-learn take 32 bits."""
STEP = 1_000_003
"""The distance from a seed to its first companion: a prime beyond the seeds that people give."""


def group(seed: int, size: int) -> tuple[int, ...]:
    """A seed with its `size` - 1 companions: seed + k STEP for k = 0, 1, …, beginning at 0 again after LARGEST_SEED.

    It depends on no other seed, so a run with more seeds has the same groups. The groups of seeds that are less than
    STEP apart have no seed in common.

    >>> group(7, 3)
    (7, 1000010, 2000013)
    """
    return seed, *((seed + k * STEP) % (LARGEST_SEED + 1) for k in range(1, size))


def shared(seeds: Iterable[int], size: int) -> str:
    """The reason why the groups of these seeds are not groups of their own; empty if they are."""
    owner: dict[int, int] = {}
    for seed in seeds:
        for member in group(seed, size):
            if owner.setdefault(member, seed) != seed:
                return (
                    f"the groups of the seeds {owner[member]} and {seed} have the seed {member} in common, so their "
                    f"masks are not independent; give seeds less than {STEP:,} apart"
                )
    return ""
