"""``sts-doctor collect``: what is still missing, and the script that gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from analyzer.cli.arguments import Of, Paths
from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import Destination, format_option, write
from analyzer.cli.waiting import waiting
from analyzer.errors import UsageProblem
from analyzer.frozen import frozen

if TYPE_CHECKING:
    from analyzer.findings.report import Report

FORMATS = ("text", "json", "sh")


@frozen
class CollectOptions(Destination):
    """In which formats to ask, and where."""

    formats: Annotated[list[str] | None, format_option(FORMATS)] = None


@guarded
@spread
def collect(inputs: Paths = None, of: Of = None, *, output: CollectOptions) -> int:
    """Say what is missing, ranked by how much it settles; without INPUT, what an STS cluster has.

    -f sh writes a script for the customer that only reads. Its archive is an input like any other.
    """
    from analyzer import session
    from analyzer.options import Options

    targets = output.plan(inputs or [], FORMATS)
    if output.mask and any(target.format == "sh" for target in targets):
        raise UsageProblem(
            "a script with pseudonyms would ask for what is not there",
            do="Leave out --mask, or pass --mask '' where a setting asks for it",
        )
    with waiting(quiet=output.quiet) as progress:
        report = session.analyze(inputs, Options(cluster=of, fail_on="never"), progress) if inputs else None
    if report is not None:
        [report] = output.masked(report)
    for target in targets:
        write(show(report, target.format), target.path)
    return report.exit_code if report else 0


def show(report: Report | None, name: str) -> str:
    """Give the list of what a report misses, or the full list, as text, json or sh."""
    from analyzer.collect.everything import full_list
    from analyzer.collect.listing import as_json, as_text, ranked
    from analyzer.collect.script import EVERYTHING, write_script
    from analyzer.collect.wanted import plan

    if name == "sh":
        return write_script(plan(report) if report else EVERYTHING)
    items = ranked(report) if report else full_list()
    return as_json(items) if name == "json" else as_text(items)
