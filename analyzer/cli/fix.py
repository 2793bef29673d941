"""``sts-doctor fix``: corrected documents, the commands that apply them, and nothing applied."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.arguments import Of, Paths, Rules
from analyzer.cli.guard import guarded, show
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem


@guarded
def fix(
    inputs: Paths = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="A new or empty folder; only you can read it."),
    ] = None,
    of: Of = None,
    rules: Rules = None,
) -> int:
    """Write corrected trust policies, permissions, provider calls, keys and Secrets, and how to apply them.

    Nothing is applied. Each document is judged in the place of what is there before it is offered.
    """
    from analyzer import session
    from analyzer.fix.readme import ordered, outcome, write_readme
    from analyzer.options import Options

    if not inputs:
        raise UsageProblem("no input given", do="Pass a must-gather and the exports")
    if output is None:
        raise UsageProblem("no folder given to write to", do="Pass -o DIR")
    check_place(output, inputs)
    options = Options(rules=tuple(rules or ()), cluster=of, fail_on="never")
    with waiting(quiet=False) as progress:
        mended = session.fix(inputs, options, progress)
    documents = {d.path: d.text for repair in mended.repairs for d in repair.documents}
    write_tree(output, {**documents, "README.md": write_readme(mended)})
    for repair in ordered(mended.repairs):
        show(f"mends {', '.join(repair.rules)}: {repair.title}")
    for left in mended.left:
        show(f"left  {left.finding.state} {left.finding.rule}: {left.reason}")
    first = f" Read {output / 'README.md'} first." if mended.repairs or mended.left else ""
    show(outcome(mended) + first)
    failing = mended.unexplained or any(left.finding.state == "fail" for left in mended.left)
    return 1 if failing else mended.before.exit_code


def check_place(folder: Path, inputs: Sequence[Path]) -> None:
    """Refuse a folder that documents must not be written to: a link, an input, one that holds something."""
    if folder.is_symlink():
        raise UsageProblem(
            f"{folder} is a link, and documents are not written through links", do="Name a folder"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageProblem(f"{folder} is not an empty folder", do="Name a new one: nothing is overwritten")
    if not folder.parent.is_dir():
        raise UsageProblem(f"there is no directory {folder.parent}", do="Create it first")
    for item in inputs:
        if folder.resolve().is_relative_to(item.resolve()):
            raise UsageProblem(
                f"{folder} lies in the input {item}, and inputs are never written to",
                do="Name a folder beside it",
            )


def write_tree(folder: Path, files: dict[str, str]) -> None:
    """Write files that only their owner reads, each new and none through a link.

    Raises UsageProblem.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        for name, text in files.items():
            path = folder / name
            if path.parent != folder:
                path.parent.mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise UsageProblem(f"cannot write to {folder}: {error.strerror}") from None
