"""The report as a static page: verdicts to sort and filter, pictures, and how every claim was decided.

Knows the document of a run, and those of earlier runs as history. Nothing is measured or decided here. The page needs
no server, loads nothing from elsewhere, and shows everything without its script, too.
"""

from lth.report.site.page import site

__all__ = ["site"]
