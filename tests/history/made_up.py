"""Claims and documents as a run saves them, made from scores that a test chooses."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lth.verdict import Region, above, difference, judge
from lth.verdict.samples import Sample

Scores = Sequence[float]
MATCHING = above(-0.02)


def claim(
    imp: Scores,
    control: Scores,
    full: Scores = (0.9,) * 5,
    seeds: Sequence[int] | None = None,
    region: Region = MATCHING,
    method: str = "t",
    **changed: Any,
) -> dict[str, Any]:
    """chen-1 on sst2 with an effect imp - control in units of the mean of `full`, judged as lth judges."""
    seeds = tuple(seeds or range(len(imp)))
    mean = sum(full) / len(full)
    estimate = difference(Sample(seeds, tuple(imp)), Sample(seeds, tuple(control)), scale=mean, method=method)
    judgement = judge(estimate, region, 0.05)
    arms = {"imp@0.7": imp, "control": control, "full": full}
    made: dict[str, Any] = {
        "id": "chen-1",
        "row": "",
        "statement": "IMP finds winning tickets",
        "task": "sst2",
        "model": "lab",
        "source": "measured",
        "arms": {name: {"treatment": name, "seeds": list(seeds), "scores": list(arms[name])} for name in arms},
        "full_mean": mean,
        "effect": {"label": "imp@0.7 − control", **asdict(judgement.interval)},
        "unit": "% of full",
        "region": {"low": region.low, "high": region.high},
        "verdict": str(judgement.verdict),
    }
    return made | changed


def plain(estimate: float, low: float | None, high: float | None, n: int = 5, **changed: Any) -> dict[str, Any]:
    """A claim of which the interval alone is known, and that n seeds gave it."""
    made = claim((0.9,) * n, (0.9,) * n, (0.9,) * n, region=above(0))
    effect = {"label": "kappa", "estimate": estimate, "low": low, "high": high, "method": "t", "alpha": 0.05}
    return made | {"effect": effect, "unit": "", "verdict": "SUPPORTED"} | changed


def document(*claims: dict[str, Any], **changed: Any) -> dict[str, Any]:
    head = {"schema": 1, "created": "2020-07-23T12:00:00+00:00", "commit": "0123abc", "options": {"seeds": "0, 1"}}
    return head | {"claims": list(claims)} | changed
