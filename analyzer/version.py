"""The version: it stands here, and the packages, the reports and ``--version`` take it from here."""

from typing import Final

__version__: Final = "0.1.0"
