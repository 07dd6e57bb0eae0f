"""Arms and their scores, wherever they come from."""

from lth.evidence.samples import Sample, Scores, Summary

__all__ = ["Sample", "Scores", "Summary"]
