"""The scores of arms, wherever they come from."""

from lth.verdict.samples import Sample, Scores, Summary

__all__ = ["Sample", "Scores", "Summary"]
