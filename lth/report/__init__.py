"""What a run says: terminal table, JSON, Markdown and plots, all made from one plain document. Decides nothing."""

from lth.report.document import SCHEMA, read_json, same_claims, write_json
from lth.report.markdown import markdown
from lth.report.plots import curve, forest
from lth.report.structure_plots import importances, subnetwork_bars, survival
from lth.report.table import summary_line, terminal_table
from lth.report.transfer_plots import mask_overlap, transfer_matrix
from lth.report.transfer_sizes import transfer_by_size

__all__ = [
    "SCHEMA",
    "curve",
    "forest",
    "importances",
    "markdown",
    "mask_overlap",
    "read_json",
    "same_claims",
    "subnetwork_bars",
    "summary_line",
    "survival",
    "terminal_table",
    "transfer_by_size",
    "transfer_matrix",
    "write_json",
]
