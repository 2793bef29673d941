"""The list of what is missing, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from analyzer.collect.wanted import plan
from analyzer.findings.report import Missing, Report, to_json
from analyzer.frozen import frozen
from analyzer.reports.inert import inert


@frozen
class Item:
    """One piece of evidence to ask for: ``checks`` is how many checks of rules wait for it."""

    rank: int
    checks: int
    in_script: bool
    missing: Missing


def ranked(report: Report) -> list[Item]:
    """Rank what a report misses by how much each piece settles."""
    scripted = {item.evidence for item in plan(report).promised}
    return [
        Item(rank, len(item.decides) * max(1, len(item.chains)), item.evidence in scripted, item)
        for rank, item in enumerate(report.missing, 1)
    ]


def as_json(items: Sequence[Item]) -> str:
    """Write the list as JSON: the report's own ``missing`` entries with rank and weight."""
    rows = [
        {"rank": i.rank, "checks": i.checks, "in_script": i.in_script, **_fields(i.missing)} for i in items
    ]
    return json.dumps({"schema_version": "1", "missing": rows}, indent=2, ensure_ascii=True) + "\n"


def _fields(missing: Missing) -> dict[str, object]:
    value = to_json(missing)
    return value if isinstance(value, dict) else {}


def as_text(items: Sequence[Item]) -> str:
    """Write the list for people, with the commands whole: they are there to be pasted."""
    if not items:
        return "Nothing is missing: every check is decided by these inputs.\n"
    lines = [f"{len(items)} pieces of evidence are missing, the most decisive first.", ""]
    for item in items:
        missing = item.missing
        lines += [
            f"{item.rank:3}. {inert(missing.evidence)}{inert(_settles(item))}",
            f"     {inert(missing.why)}",
            f"     on {missing.where_to_run}" + ("" if item.in_script else "; not in the script of -f sh"),
            f"       {inert(missing.command)}",
            "",
        ]
    lines.append("All in one script that only reads: sts-doctor collect INPUT... -f sh -o collect.sh")
    return "\n".join(lines) + "\n"


def _settles(item: Item) -> str:
    if not item.checks:
        return ""
    checks = f"{item.checks} check" + ("" if item.checks == 1 else "s")
    chains = f" of {_some(item.missing.chains)}" if item.missing.chains else ""
    return f": settles {checks}{chains}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"
