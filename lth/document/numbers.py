"""Numbers of a document: finite ones, or None."""

from __future__ import annotations

import math


def finite(value: float | None) -> float | None:
    """`value`, or None where it is NaN or infinite."""
    return value if value is not None and math.isfinite(value) else None
