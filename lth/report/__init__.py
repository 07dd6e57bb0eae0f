"""What a run says: terminal table, JSON, Markdown and plots, all made from one plain document. Decides nothing."""

from lth.document.document import SCHEMA, read_json, same_claims, write_json
from lth.report.markdown import markdown
from lth.report.pictures import pictures
from lth.report.table import summary_line, terminal_table

__all__ = [
    "SCHEMA",
    "markdown",
    "pictures",
    "read_json",
    "same_claims",
    "summary_line",
    "terminal_table",
    "write_json",
]
