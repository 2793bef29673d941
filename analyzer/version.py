"""The version: it stands here, and the packages, the reports and ``--version`` take it from here."""

__version__ = "0.1.0"
