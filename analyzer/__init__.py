"""Offline diagnosis of AWS STS authentication in OpenShift must-gather bundles.

What stands in ``__all__`` is the library, and stays as it is within a major version::

    from analyzer import analyze

    report = analyze("must-gather.tar.gz")

Importing the package costs next to nothing: each name is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from analyzer.version import __version__

if TYPE_CHECKING:
    from analyzer.api import DoctorError, Options, Report, analyze, load, render

__all__ = ["DoctorError", "Options", "Report", "__version__", "analyze", "load", "render"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("analyzer.api"), name)
