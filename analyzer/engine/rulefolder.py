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
    paths = _paths(directory)
    if not paths:
        problems.append(RuleProblem("the folder holds no rule", where=str(directory)))
    for path in paths[:most]:
        try:
            yield _read(directory.name or directory.resolve().name, path, f"{directory}{os.sep}{path}")
        except RuleProblem as problem:
            problems.append(problem)
    if len(paths) > most:
        problems.append(RuleProblem(f"there are more than {MAX_RULES} rule files", where=str(directory)))


def digest_of(files: Iterable[RuleFile]) -> str:
    """Give the SHA-256 over the places and the bytes of all files, in hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.link}/{file.stem}\0{len(file.data)}\0".encode())
        digest.update(file.data)
    return digest.hexdigest()


def _paths(directory: Path) -> Sequence[str]:
    """Give the paths below a folder, relative to it; what is hidden is left out."""
    found: list[tuple[str, ...]] = []
    for folder, below, names in os.walk(directory):
        below[:] = [name for name in below if not name.startswith(".")]
        above = Path(folder).relative_to(directory).parts
        named = (name for name in names if name.endswith((".yaml", ".yml")) and not name.startswith("."))
        found += [(*above, name) for name in named]
    return ["/".join(parts) for parts in sorted(found)]


def _read(pack: str, path: str, label: str) -> RuleFile:
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
    try:
        with open(label, "rb") as stream:  # noqa: PTH123
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleProblem(f"the file cannot be read: {error.strerror}", where=f"{label}:1") from error
    return RuleFile(pack, link, name.removesuffix(".yaml"), label, data)
