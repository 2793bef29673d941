"""``sts-doctor analyze``: the main job."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from analyzer.cli.analysis import Analysis
from analyzer.cli.arguments import Of, Paths, Rules
from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import OutputOptions
from analyzer.errors import UsageProblem
from analyzer.options import Options

LEVELS = ("fail", "warn", "unknown")


def _more(flag: str, what: str) -> Any:
    return typer.Option(flag, help=f"{what}. The same as INPUT, said outright. Repeatable.", metavar="PATH")


@guarded
@spread
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
        str | None,
        typer.Option(
            "-n", "--namespace", help="Only chains with their Secret in this namespace.", metavar="NS"
        ),
    ] = None,
    operator: Annotated[
        str | None, typer.Option(help="Only chains of this operator.", metavar="NAME")
    ] = None,
    of: Of = None,
    rules: Rules = None,
    select: Annotated[
        list[str] | None, typer.Option(help="Only rules with this id or link. Repeatable.", metavar="ID")
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Not rules with this id or link. Repeatable.", metavar="ID")
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Accepted findings, as baseline writes them."),
    ] = None,
    fail_on: Annotated[
        str, typer.Option(help="Exit 1 at this state or worse: fail, warn or unknown.", metavar="STATE")
    ] = "fail",
    timings: Annotated[
        bool, typer.Option(help="Say on stderr how long each step took: on the clock, and of the processor.")
    ] = False,
    strict: Annotated[bool, typer.Option(help="Exit 4 where a verdict is not known.")] = False,
    *,
    output: OutputOptions,
) -> int:
    """Diagnose which operators cannot use AWS, at which link, and what to change."""
    paths = [p for group in (inputs, bundle, credrequests, iam, oidc, token) for p in group or ()]
    if fail_on not in LEVELS:
        raise UsageProblem(f"--fail-on takes fail, warn or unknown, not {fail_on!r}")
    options = Options(
        as_of=_time(as_of), rules=tuple(rules or ()), select=tuple(select or ()), ignore=tuple(ignore or ()),
        namespace=namespace, operator=operator, fail_on=fail_on, strict=strict,  # type: ignore[arg-type]
        baseline=baseline, cluster=of,
    )  # fmt: skip
    return Analysis(tuple(paths), options, output, timings).run()


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageProblem(
            f"--as-of {value!r} is not a time", do="Write it as 2024-05-31T12:00:00Z"
        ) from None
