"""The rule files of a folder: ``<folder>/<link>/<id>.yaml``, read whole and in order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from analyzer.engine.rule import LINKS
from analyzer.errors import RuleProblem
from analyzer.frozen import frozen

MAX_RULES: Final = 2000
"""Rule files of all folders together."""

MAX_BYTES: Final = 256 * 1024
"""Bytes of one rule file."""

MAX_BYTES_OF_ALL: Final = 32 << 20
"""Bytes of the rule files of one folder; the built-in ones together have half a mebibyte."""


_DEEPEST: Final = 4
"""Folders below one another that are looked into; rules stand in the first."""


@frozen
class RuleFile:
    """A rule file before it is understood: which pack, which folder and name, where to say it stands."""

    pack: str
    link: str
    stem: str
    label: str
    data: bytes


def rule_files(directory: Path, most: int, problems: list[RuleProblem]) -> Iterator[RuleFile]:
    """Yield the rule files of a folder, at most so many; what is wrong with one joins the problems."""
    if not directory.is_dir():
        problems.append(RuleProblem("there is no folder of rules here", where=str(directory)))
        return
    paths = paths_below(directory)
    if not paths:
        problems.append(RuleProblem("the folder holds no rule", where=str(directory)))
    left = MAX_BYTES_OF_ALL
    for path in paths[:most]:
        try:
            file = _read(directory, path)
        except RuleProblem as problem:
            problems.append(problem)
            continue
        left -= len(file.data)
        if left < 0:
            what = f"the rule files up to this one have more than {MAX_BYTES_OF_ALL >> 20} MiB"
            problems.append(RuleProblem(what, where=f"{file.label}:1"))
            return
        yield file
    if len(paths) > most:
        problems.append(RuleProblem(f"there are more than {MAX_RULES} rule files", where=str(directory)))


def digest_of(files: Iterable[RuleFile]) -> str:
    """Give the SHA-256 over the places and the bytes of all files, in hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.link}/{file.stem}\0{len(file.data)}\0".encode("utf-8", "surrogateescape"))
        digest.update(file.data)
    return digest.hexdigest()


def paths_below(directory: Path) -> Sequence[str]:
    """Give the paths of YAML files below a folder, relative to it; what is hidden is left out.

    What lies deeper than any rule does is not looked for: one file there is enough to be told of.
    """
    found: list[tuple[str, ...]] = []
    for folder, below, names in os.walk(directory):
        above = Path(folder).relative_to(directory).parts
        deeper = len(above) < _DEEPEST
        below[:] = [name for name in below if deeper and not name.startswith(".")]
        named = (name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith("."))
        found += [(*above, name) for name in named]
    return ["/".join(parts) for parts in sorted(found)]


def _stays(directory: Path, label: str) -> bool:
    """Whether a link leads to a file of the same folder: a pack of a stranger is to read no other."""
    return Path(label).resolve().is_relative_to(directory.resolve())


def _read(directory: Path, path: str) -> RuleFile:
    label = f"{directory}{os.sep}{path}"
    link, _, name = path.partition("/")
    if "/" in name or link not in LINKS:
        raise RuleProblem(
            "a rule stands in a folder named after its link",
            where=f"{label}:1",
            do=f"One of: {', '.join(LINKS)}",
        )
    if not name.endswith(".yaml"):
        raise RuleProblem("a rule file is named <id>.yaml", where=f"{label}:1")
    if not os.path.isfile(label):  # noqa: PTH113 - hundreds of files at each start
        raise RuleProblem("this is not a regular file", where=f"{label}:1")
    if os.path.islink(label) and not _stays(directory, label):  # noqa: PTH114
        raise RuleProblem("this is a link to a file outside the folder of rules", where=f"{label}:1")
    try:
        with open(label, "rb") as stream:  # noqa: PTH123
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleProblem(f"the file cannot be read: {error.strerror}", where=f"{label}:1") from error
    pack = directory.name or directory.resolve().name
    return RuleFile(pack, link, name.removesuffix(".yaml"), label, data)
