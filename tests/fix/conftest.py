"""As for the end-to-end tests, each text of a bundle is written and read once."""

from ..e2e.conftest import _made_once

__all__ = ["_made_once"]
