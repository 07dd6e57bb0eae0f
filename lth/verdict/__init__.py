"""From scores to verdicts: estimators give intervals and one rule decides. No module here uses tensors."""

from lth.verdict.assay import Collapse, beats_baseline, collapse, collapsed, set_aside
from lth.verdict.correlation import spearman
from lth.verdict.estimate import Estimate, Spread
from lth.verdict.estimators import METHODS, contrast, difference, level, share
from lth.verdict.interval import Interval, Verdict, decide
from lth.verdict.judge import Judgement, holm, judge
from lth.verdict.paper_rule import PAPER_RULES, at_least_full, higher_mean, notable_gain, within_one_std
from lth.verdict.power import mde, seeds_needed
from lth.verdict.region import Region, above, below, within

__all__ = [
    "METHODS",
    "PAPER_RULES",
    "Collapse",
    "Estimate",
    "Interval",
    "Judgement",
    "Region",
    "Spread",
    "Verdict",
    "above",
    "at_least_full",
    "beats_baseline",
    "below",
    "collapse",
    "collapsed",
    "contrast",
    "decide",
    "difference",
    "higher_mean",
    "holm",
    "judge",
    "level",
    "mde",
    "notable_gain",
    "seeds_needed",
    "set_aside",
    "share",
    "spearman",
    "within",
    "within_one_std",
]
