"""The report as one HTML file: opens from a ticket without a network, reads without script, prints."""

from analyzer.reports.html.document import render_html

__all__ = ["render_html"]
