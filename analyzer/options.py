"""What the user asked for beside the inputs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from analyzer.frozen import frozen

FailOn = Literal["fail", "warn", "unknown", "never"]
"""From which state on findings decide the exit code; with ``never``, what could be read alone does."""


@frozen
class Options:
    """What the user asked for beside the inputs."""

    as_of: datetime | None = None
    rules: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cluster: str | None = None
    """Id or infrastructure name of the cluster to judge, where the inputs hold several."""
    namespace: str | None = None
    operator: str | None = None
    fail_on: FailOn = "fail"
    strict: bool = False
    baseline: Path | None = None
