"""Commands for accounts of other partitions: IAM of GovCloud or of China answers in its own Regions only.

Where ``aws`` is told no Region it asks that of the user's settings, mostly one of the commercial
partition, and there such an account's keys are not valid.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from analyzer.findings.report import Candidate, Finding, Fix, Missing
from analyzer.frozen import replace
from analyzer.patterns import later
from analyzer.shell import unquoted

# ``aws SERVICE OPERATION`` where a command may begin; ccoctl has a command aws of its own.
_CALL = later(r"(?<![^\s(;&|`])(?<!ccoctl )aws [a-z0-9-]+ [a-z][a-z0-9-]+(?=[\s;)&|`]|$)")
_END = later(r"[;|&\n]")
REGION = later(r"[a-z]{2,5}(?:-[a-z0-9]+){1,4}")
"""What AWS may call a Region."""


def region_apart(partition: str | None, region: str | None) -> str | None:
    """Give a cluster's Region where it is in another partition than the one that aws asks by itself."""
    return region if partition not in (None, "aws") and REGION.fullmatch(region or "") else None


def in_region(command: str, region: str | None) -> str:
    """Let each call of ``aws`` in a command name the Region, unless it names one."""
    if region is None:
        return command

    own = unquoted(command)
    ends = [
        call.end() for call in _CALL.finditer(own) if "--region" not in _END.split(own[call.end() :], 1)[0]
    ]
    parts = [command[begin:end] for begin, end in pairwise([0, *ends, len(command)])]
    return f" --region {region}".join(parts)


def findings_in_region(findings: Iterable[Finding], region: str | None) -> list[Finding]:
    """Do it in the commands of findings."""
    if region is None:
        return list(findings)

    def command(old: str | None) -> str | None:
        return in_region(old, region) if old else old

    return [
        replace(
            finding,
            fix=tuple(Fix(step.text, command(step.command)) for step in finding.fix),
            candidates=tuple(
                Candidate(c.link, c.rules, c.evidence, command(c.command)) for c in finding.candidates
            ),
        )
        for finding in findings
    ]


def missing_in_region(missing: Iterable[Missing], region: str | None) -> tuple[Missing, ...]:
    """Do it in the commands that collect what is missing."""
    return tuple(replace(item, command=in_region(item.command, region)) for item in missing)
