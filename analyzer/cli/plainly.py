"""``analyze`` of inputs and little else, without the command-line library, whose loading takes long.

A command line that holds nothing but inputs, ``-f``, ``-o`` and ``-q``, with no setting in a file or in the
environment, means here what it means there; any other is left to the library.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from analyzer.cli.analysis import Analysis
from analyzer.cli.config_file import PREFIX, config_file
from analyzer.cli.output import STDOUT, OutputOptions

_FORMAT = ("-f", "--format")
_OUTPUT = ("-o", "--output")
_QUIET = ("-q", "--quiet")


def plain_analysis(arguments: Sequence[str], environment: Mapping[str, str]) -> Analysis | None:
    """Read what follows the program's name; None for what the library has to read."""
    if arguments[:1] != ["analyze"] or os.name == "nt" or any(PREFIX in name for name in environment):
        return None
    inputs: list[Path] = []
    formats: list[str] = []
    outputs: list[str] = []
    quiet = False
    words = iter(arguments[1:])
    for word in words:
        if word in _FORMAT or word in _OUTPUT:
            value = next(words, "")
            if not value or (value.startswith("-") and value != STDOUT):
                return None
            (formats if word in _FORMAT else outputs).append(value)
        elif word in _QUIET:
            quiet = True
        elif not word or word.startswith("-"):
            return None
        else:
            inputs.append(Path(word))
    if not inputs or config_file(None) is not None:
        return None
    return Analysis(tuple(inputs), output=OutputOptions(formats=formats, outputs=outputs, quiet=quiet))
