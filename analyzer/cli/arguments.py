"""Arguments and options that several commands take, each with one name and one help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Bundles, exports, tokens, documents, or directories that hold them. Told apart by content.",
        metavar="INPUT...",
    ),
]

Of = Annotated[
    str | None,
    typer.Option(
        "--of",
        help="The cluster to judge, by id or infrastructure name, where the inputs hold several.",
        metavar="CLUSTER",
    ),
]

Rules = Annotated[
    list[Path] | None, typer.Option("--rules", help="A folder of further rules. Repeatable.", metavar="DIR")
]
