"""Numbers in a document: finite, or None."""

from __future__ import annotations

import math


def finite(value: float | None) -> float | None:
    """`value`, or None if it is NaN or infinite."""
    return value if value is not None and math.isfinite(value) else None
