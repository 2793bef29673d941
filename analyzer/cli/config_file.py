"""Where the user's settings stand: a file, and variables of the environment with one beginning.

The file is named by --config or STS_DOCTOR_CONFIG, or lies in the user's configuration folder. The
working directory is never looked at: it may be a bundle, and a bundle must not choose what is reported.
"""

from __future__ import annotations

import os
from pathlib import Path

from analyzer.errors import UsageProblem

PREFIX = "STS_DOCTOR_"
CONFIG = f"{PREFIX}CONFIG"


def config_file(named: Path | None) -> Path | None:
    """Find the configuration file: as named, or the user's own where there is one. Raises UsageProblem."""
    chosen = named or (Path(os.environ[CONFIG]) if os.environ.get(CONFIG) else None)
    if chosen is not None:
        if not os.path.isfile(chosen):  # noqa: PTH113 - see below
            raise UsageProblem(f"there is no configuration file {chosen}")
        return chosen
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - see below
    if home.startswith("~"):  # a user without a home, as in a container; Path would raise
        return None
    own = Path(home) / "sts-doctor" / "config.toml"
    # a home that is another's, as in a container under any user's id, holds no settings of the user's
    return own if os.path.isfile(own) else None  # noqa: PTH113 - Path raises for it
