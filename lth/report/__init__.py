"""Views of a run's document: terminal table, Markdown, pictures, page and notebook. Nothing is decided here."""

from lth.report.cells import summary_line
from lth.report.markdown import markdown
from lth.report.pictures import pictures
from lth.report.table import terminal_table

__all__ = ["markdown", "pictures", "summary_line", "terminal_table"]
