"""``sts-doctor collect``: what is still missing, and the script that gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.cli.analyze import Of, Paths
from analyzer.cli.groups import spread
from analyzer.cli.guard import guarded
from analyzer.cli.output import OutputOptions
from analyzer.cli.waiting import waiting

if TYPE_CHECKING:
    from analyzer.findings.report import Report

FORMATS = ("text", "json", "sh")


@guarded
@spread
def collect(inputs: Paths = None, of: Of = None, *, output: OutputOptions) -> int:
    """Say what is missing, ranked by how much it settles; without INPUT, what an STS cluster has.

    -f sh writes a script for the customer that only reads. Its archive is an input like any other.
    """
    from analyzer import session
    from analyzer.options import Options

    targets = output.plan(inputs or [], FORMATS)
    with waiting(quiet=output.quiet) as progress:
        report = session.analyze(inputs, Options(cluster=of), progress) if inputs else None
    output.write_each(targets, lambda name, options: show(report, name))
    return 0


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
