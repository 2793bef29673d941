"""``sts-doctor analyze``: the main job."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.guard import guarded
from analyzer.errors import UsageProblem

if TYPE_CHECKING:
    from analyzer.findings.report import Report

FORMATS = ("text", "json")
LEVELS = ("fail", "warn", "unknown")
DEFAULT_WIDTH = 100

Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Bundles, exports, tokens, documents, or directories that hold them. Told apart by content.",
        metavar="INPUT...",
    ),
]


def _more(flag: str, what: str) -> Any:
    return typer.Option(flag, help=f"{what}. The same as INPUT, said outright. Repeatable.", metavar="PATH")


@guarded
def analyze(
    inputs: Paths = None,
    bundle: Annotated[list[Path] | None, _more("--bundle", "A must-gather")] = None,
    credrequests: Annotated[
        list[Path] | None, _more("--credrequests", "The release's CredentialsRequests")
    ] = None,
    iam: Annotated[list[Path] | None, _more("--iam", "IAM exports")] = None,
    oidc: Annotated[list[Path] | None, _more("--oidc", "OIDC provider exports, discovery, JWKS")] = None,
    token: Annotated[list[Path] | None, _more("--token", "A token, best without its signature")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="Judge ages at this time (RFC 3339) instead of gather time.", metavar="TIME"),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", help="Only chains with their Secret in this namespace.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Only chains of this operator.")] = None,
    rules: Annotated[list[Path] | None, typer.Option(help="A folder of further rules. Repeatable.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Only rules with this id or link. Repeatable.")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Not rules with this id or link. Repeatable.")
    ] = None,
    fail_on: Annotated[
        str, typer.Option(help="Exit 1 at this state or worse: fail, warn or unknown.")
    ] = "fail",
    strict: Annotated[bool, typer.Option(help="Exit 4 where a chain's verdict is not known.")] = False,
    formats: Annotated[
        list[str] | None, typer.Option("-f", "--format", help="text or json. Repeatable, paired with -o.")
    ] = None,
    outputs: Annotated[
        list[str] | None, typer.Option("-o", "--output", help="Write to this file; - is stdout. Repeatable.")
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour, also on a terminal.")] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Only ASCII characters in the layout.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No notices on stderr.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Show everything, not the first 40 lines.")
    ] = False,
) -> int:
    """Diagnose which operators cannot use AWS, at which link, and what to change."""
    from analyzer import session

    paths = [p for group in (inputs, bundle, credrequests, iam, oidc, token) for p in group or ()]
    if not paths:
        raise UsageProblem("no input given", do="Pass a must-gather directory or archive")
    if fail_on not in LEVELS:
        raise UsageProblem(f"--fail-on takes fail, warn or unknown, not {fail_on!r}")
    pairs = pair_outputs(formats or [], outputs or [])
    options = session.Options(
        as_of=_time(as_of), rules=tuple(rules or ()), select=tuple(select or ()), ignore=tuple(ignore or ()),
        namespace=namespace, operator=operator, fail_on=fail_on, strict=strict,  # type: ignore[arg-type]
    )  # fmt: skip
    report = session.analyze(paths, options)
    for name, target in pairs:
        color = use_color(target, no_color=no_color)
        text = render(report, name, color=color, ascii_only=ascii_only, verbose=verbose)
        write(text, target)
    return report.exit_code


def pair_outputs(formats: list[str], outputs: list[str]) -> list[tuple[str, str]]:
    """Pair formats with outputs in order; what lacks a partner is text, or goes to stdout."""
    for name in formats:
        if name not in FORMATS:
            raise UsageProblem(f"there is no format {name!r}", do=f"Formats: {', '.join(FORMATS)}")
    if len(outputs) > max(len(formats), 1):
        raise UsageProblem("there are more --output than --format", do="Give one --format for each --output")
    names = formats or ["text"]
    targets = outputs + ["-"] * (len(names) - len(outputs))
    if targets.count("-") > 1:
        raise UsageProblem("two formats cannot both go to stdout", do="Give an --output for each --format")
    return list(zip(names, targets, strict=True))


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise UsageProblem(
            f"--as-of {value!r} is not a time", do="Write it as 2024-05-31T12:00:00Z"
        ) from None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def use_color(target: str, *, no_color: bool) -> bool:
    """Tell whether to colour: only a terminal, and neither --no-color nor NO_COLOR."""
    return target == "-" and not no_color and not os.environ.get("NO_COLOR") and sys.stdout.isatty()


def render(report: Report, name: str, *, color: bool, ascii_only: bool, verbose: bool) -> str:
    """Show a report in one format."""
    if name == "json":
        from analyzer.reports.json import render_json

        return render_json(report)
    from analyzer.reports.text import render_text

    return render_text(report, width=_width(), color=color, ascii=ascii_only, verbose=verbose)


def _width() -> int:
    if not sys.stdout.isatty():
        return DEFAULT_WIDTH
    try:
        return max(60, min(os.get_terminal_size().columns, 160))
    except OSError:
        return DEFAULT_WIDTH


def write(text: str, target: str) -> None:
    """Write a report to stdout or to a file that only its owner can read."""
    if target == "-":
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(
            os.open(target, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
    except OSError as error:
        raise UsageProblem(f"cannot write {target}: {error.strerror}") from None
