"""``sts-doctor export-aws``: ask AWS for the exports, with the user's own credentials."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.fix import check_place
from analyzer.cli.guard import guarded, say
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem


@guarded
def export_aws(
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="A new or empty folder; only you can read it."),
    ] = None,
    bundles: Annotated[
        list[Path] | None,
        typer.Option("--for", metavar="BUNDLE", help="The roles that this cluster's chains use. Repeatable."),
    ] = None,
    prefix: Annotated[
        list[str] | None, typer.Option(help="Roles whose name begins so. Repeatable.", metavar="TEXT")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Roles with this tag. Repeatable.", metavar="KEY[=VALUE]")
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="Region to sign calls for, in the place of that of the AWS settings.", metavar="REGION"
        ),
    ] = None,
) -> int:
    """Write roles, policies, boundaries and OIDC providers as analyze reads them; needs the extra aws.

    Calls only get and list. Each is recorded in MANIFEST.tsv; what AWS refuses is evidence too.
    """
    if output is None:
        raise UsageProblem("no folder given to write to", do="Pass -o DIR")
    if not (bundles or prefix or tag):
        raise UsageProblem(
            "which roles is not said", do="Pass --for BUNDLE, --prefix TEXT or --tag KEY=VALUE"
        )
    check_place(output, bundles or [])
    try:
        from analyzer.collect import export_aws as aws
    except ImportError:
        raise UsageProblem("boto3 is not installed", do="Install sts-doctor with its extra aws") from None
    names, own_region = _roles(bundles or [])
    wanted = aws.Wanted(names, tuple(prefix or ()), tuple(_tag(one) for one in tag or ()))
    target = aws.connect(output, region or own_region)
    output.mkdir(mode=0o700, exist_ok=True)
    output.chmod(0o700)
    try:
        aws.export(target, wanted)
    finally:
        if not target.calls:
            with suppress(OSError):
                output.rmdir()
    say(f"{len(target.calls)} calls, {target.failed} refused (which tells something too); see {output}")
    return 0


def _tag(text: str) -> tuple[str, str | None]:
    key, equals, value = text.partition("=")
    return key, value if equals else None


def _roles(bundles: list[Path]) -> tuple[tuple[str, ...], str | None]:
    """Name the roles that the chains of bundles use, and the Region of a partition apart, such as GovCloud.

    Raises UsageProblem where no role can be told.
    """
    from analyzer import session
    from analyzer.collect.wanted import ROLE

    if not bundles:
        return (), None
    with waiting(quiet=False) as progress:
        used = session.roles_in_use(bundles, progress)
    names = tuple(name for name in used.names if ROLE.fullmatch(name))
    if not names:
        raise UsageProblem(
            "which roles the cluster uses cannot be told from its bundle",
            do="Pass --prefix with the name that ccoctl was given, or --tag",
        )
    return names, used.region
