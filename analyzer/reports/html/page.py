"""What every HTML page of this program is made with: templates, assets, and a policy that lets nothing in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer.reports.wording import counted, listed, minute, place_of

_PACKAGE = "analyzer.reports.html"


def environment(*packages: str) -> Environment:
    """Prepare templates: everything is escaped; those of further packages come before the shared ones."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates") for package in (*packages, _PACKAGE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"minute": minute, "listed": listed, "counted": counted, "place_of": place_of}
    return made


@cache
def asset(name: str, package: str = _PACKAGE) -> Markup:
    """Give the text of a style or script of our own."""
    return Markup(resources.files(package).joinpath("templates", name).read_text("utf-8"))  # noqa: S704


def policy(styles: Sequence[str], scripts: Sequence[str] = ()) -> str:
    """Allow these styles and scripts by their hashes, and nothing else whatever."""
    return (
        f"default-src 'none'; style-src {_allowed(styles)}; script-src {_allowed(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _allowed(texts: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
