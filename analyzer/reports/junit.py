"""The report as JUnit XML, for CI servers: a suite for each chain, a test case for each rule on it.

The elements and attributes are those that Jenkins and Maven Surefire agree on. What is not known is
skipped, with the command that would settle it: a server must not show it as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from xml.etree import ElementTree as ET

from analyzer.findings.report import Chain, Finding, Report
from analyzer.frozen import frozen
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert, rewritten

OTHERS = "beside the chains"
"""The suite of findings that no chain has among its checks."""


def render_junit(report: Report, options: Options) -> str:
    """Write a report as one ``testsuites`` document, with a line end after it."""
    report = rewritten(report, inert)
    root = ET.Element("testsuites", name=report.tool.name)
    suites = [_suite(report, chain) for chain in report.chains]
    for suite in [*suites, *_beside(report)]:
        root.append(suite)
    for name in ("tests", "failures", "errors", "skipped"):
        total = sum(int(suite.get(name, "0")) for suite in root)
        if name != "skipped":  # Jenkins knows it on suites alone
            root.set(name, str(total))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


@frozen
class _Case:
    """One test case: what was asked, and what it came to."""

    owner: str
    rule: str
    state: str
    finding: Finding | None
    commands: tuple[str, ...] = ()


_WORST_FIRST = ("fail", "error", "warn", "unknown", "info", "pass", "not-applicable")


def _suite(report: Report, chain: Chain) -> ET.Element:
    found: dict[tuple[str, str], Finding] = {}
    for finding in report.findings:
        if chain.id in finding.chains:
            found.setdefault((finding.rule, finding.state), finding)
    states: dict[str, str] = {}
    for check in (check for link in chain.links for check in link.checks):
        # a rule that was asked of several pods of a chain is one case, as bad as the worst answer
        states[check.rule] = min(check.state, states.get(check.rule, check.state), key=_WORST_FIRST.index)
    cases = [
        _Case(chain.id, rule, state, found.get((rule, state)), _commands(report, chain, rule))
        for rule, state in states.items()
    ]
    suite = _counted(chain.id, report, cases)
    verdict = chain.verdict
    where = f" at {verdict.link}" if verdict.link and verdict.state == "fail" else ""
    _text(suite, "system-out", f"verdict: {verdict.state}{where}: {verdict.sentence}")
    return suite


def _beside(report: Report) -> list[ET.Element]:
    """Put findings that are no check of a chain, and what could not be read, in a suite of their own."""
    checked = {(c.id, check.rule) for c in report.chains for link in c.links for check in link.checks}
    cases = [
        _Case(finding.subject or OTHERS, finding.rule, finding.state, finding)
        for finding in report.findings
        if not any((chain, finding.rule) in checked for chain in finding.chains)
    ]
    broken = [_Case(OTHERS, e.member, "error", None, (e.detail,)) for e in report.errors if not e.input]
    return [_counted(OTHERS, report, cases + broken)] if cases or broken else []


def _commands(report: Report, chain: Chain, rule: str) -> tuple[str, ...]:
    """Give the commands that would settle a rule on a chain."""
    return tuple(
        m.command for m in report.missing if rule in m.decides and (not m.chains or chain.id in m.chains)
    )


def _counted(name: str, report: Report, cases: Sequence[_Case]) -> ET.Element:
    elements = [_case(case) for case in cases]

    def number(tag: str) -> str:
        return str(sum(element.find(tag) is not None for element in elements))

    suite = ET.Element(
        "testsuite", name=name, tests=str(len(cases)), failures=number("failure"), errors=number("error"),
        skipped=number("skipped"), time="0",
    )  # fmt: skip
    if report.run.as_of:
        suite.set("timestamp", report.run.as_of.removesuffix("Z"))
    suite.extend(elements)
    return suite


def _case(case: _Case) -> ET.Element:
    element = ET.Element("testcase", name=case.rule, classname=case.owner, time="0")
    _STATES.get(case.state, _said)(element, case)
    return element


def _failed(element: ET.Element, case: _Case) -> None:
    finding = case.finding
    if finding is not None and finding.muted is not None:
        ET.SubElement(element, "skipped", message=f"accepted: {finding.muted}")
        _said(element, case)
        return
    message = finding.message if finding else f"{case.rule} fails"
    failure = ET.SubElement(element, "failure", message=message, type=case.rule)
    failure.text = "\n".join(_story(finding)) if finding else ""


def _story(finding: Finding) -> Iterable[str]:
    yield finding.message
    for piece in finding.evidence:
        yield f"{piece.file}:{piece.line}: {piece.excerpt.strip()}"
    if finding.why:
        yield f"why: {finding.why}"
    for step in finding.fix:
        yield f"fix: {step.text}"
        if step.command:
            yield f"  {step.command}"
    if finding.disproof:
        yield f"would disprove: {finding.disproof}"


def _open(element: ET.Element, case: _Case) -> None:
    commands = case.commands or ("(no single command settles it)",)
    ET.SubElement(element, "skipped", message="\n".join(["not known; to settle it:", *commands]))


def _absent(element: ET.Element, case: _Case) -> None:
    ET.SubElement(element, "skipped", message="does not apply")


def _broken(element: ET.Element, case: _Case) -> None:
    ET.SubElement(element, "error", message=case.commands[0] if case.commands else "", type="rule-error")


def _said(element: ET.Element, case: _Case) -> None:
    """Keep a warning or a remark as the output of a case that passes: the format has no warnings."""
    if case.finding is not None:
        _text(element, "system-out", f"{case.state}: {case.finding.message}")


_STATES: dict[str, Callable[[ET.Element, _Case], None]] = {
    "fail": _failed,
    "unknown": _open,
    "not-applicable": _absent,
    "error": _broken,
}


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
