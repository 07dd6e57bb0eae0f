"""The report as a static page: verdicts that sort and filter, pictures, and how every claim was decided.

Knows report documents, earlier ones as history; nothing is measured or decided here. The page needs no server, loads
nothing from elsewhere and is whole without its script.
"""

from lth.report.site.page import site

__all__ = ["site"]
