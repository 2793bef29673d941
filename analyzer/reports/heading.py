"""The head of the text: which cluster, which mode, which inputs."""

from __future__ import annotations

from collections import Counter

from analyzer.findings.report import Input, Report
from analyzer.reports.page import Page
from analyzer.reports.wording import counted, minute

LEAD = 9
_PLATFORMS = {"None": "platform None"}  # its name for no cloud


def draw_heading(page: Page, report: Report, *, inputs: bool = True) -> list[str]:
    """Write the lines that say what was looked at; unknown fields are left out, never guessed."""
    cluster, platform = report.cluster, report.cluster.platform or ""
    bundles = [i for i in report.inputs if i.kind.startswith("must-gather")]
    clock = report.run.as_of_from == "timestamp"
    when = minute(report.run.as_of) if report.run.as_of else "at an unknown time"
    bundle = [
        *(i.path for i in (bundles or report.inputs)[:1]),
        f"OCP {cluster.version}" if cluster.version else "",
        " ".join(part for part in (_PLATFORMS.get(platform, platform), cluster.region) if part),
        f"infra {cluster.infra_name}" if cluster.infra_name else "",
        f"cluster {page.cut(cluster.id, 8 + len(page.signs.dots))}" if cluster.id else "",
        f"gathered {when}" if clock or not report.run.as_of else f"judged as of {when}",
    ]
    lines = page.paragraph("bundle".ljust(LEAD), page.joined(bundle), "title")
    lines += page.paragraph("mode".ljust(LEAD), page.joined(_mode(page, report)), "title")
    if not inputs:
        return lines
    most = len(report.inputs) if page.verbose else 3
    several = len(report.inputs) > 1
    read = [f"{i.id} {i.path}: {_input(i)}" if several else _input(i) for i in report.inputs[:most]]
    if len(report.inputs) > most:
        read.append(f"{len(report.inputs) - most} more")
    return lines + page.paragraph("inputs".ljust(LEAD), page.joined(read) or "none", "title")


_MECHANISMS = {"none": "no credentials", "unknown": "credentials not known"}


def _mode(page: Page, report: Report) -> list[str]:
    cluster = report.cluster
    word = {True: "STS", False: "no STS", None: "not known whether STS is used"}[cluster.sts]
    if cluster.sts is False and any(c.verdict.state != "not-applicable" for c in report.chains):
        word = "STS not set up"
    if cluster.credentials_mode is None:
        mode = "credentialsMode not known"
    else:
        mode = f"credentialsMode {cluster.credentials_mode or 'default (empty)'}"
    kinds = Counter(_MECHANISMS.get(c.mechanism, c.mechanism) for c in report.chains)
    kind = ", ".join(f"{name} {page.signs.times}{number}" for name, number in kinds.most_common())
    return [word, mode, f"issuer {cluster.issuer}" if cluster.issuer else "issuer not known", kind]


def _input(item: Input) -> str:
    notes = [counted(item.members, "file")]
    if item.cleaned:
        notes.append("obfuscated")
    if item.warnings:
        notes.append(counted(len(item.warnings), "warning"))
    return f"{item.kind} ({', '.join(notes)})"
