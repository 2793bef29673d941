"""The report as SARIF 2.1.0: findings as results, what is not known as notifications of the run.

Unknowns are notifications and not results of kind ``open``: consumers that do not know kinds would
show each of them as an alert.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from analyzer.findings.report import Evidence, Finding, Input, Missing, ReadError, Report, to_json
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert, rewritten

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"fail": "error", "warn": "warning", "info": "note"}

_Json = dict[str, object]


def render_sarif(report: Report, options: Options) -> str:
    """Write a report as one SARIF log with one run, with a line end after it."""
    report = rewritten(report, inert)
    rules = list({finding.rule: finding for finding in report.findings}.values())
    index = {finding.rule: number for number, finding in enumerate(rules)}
    run: _Json = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": [_rule(finding) for finding in rules],
                "notifications": [{"id": name} for name in _notification_ids(report)],
            }
        },
        "invocations": [_invocation(report)],
        "artifacts": [_artifact(item) for item in report.inputs],
        "results": [_result(finding, index[finding.rule]) for finding in report.findings],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "verdicts": [_verdict(report, n) for n in range(len(report.chains))],
            **({"readiness": to_json(report.readiness)} if report.readiness else {}),
        },
    }
    if report.rules.sha256:
        run["automationDetails"] = {"id": f"{report.tool.name}/{report.cluster.id or 'unknown'}/"}
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> _Json:
    rule: _Json = {
        "id": finding.rule,
        "shortDescription": {"text": finding.title or finding.rule},
        "fullDescription": {"text": finding.why or finding.title or finding.rule},
        "defaultConfiguration": {"level": _LEVELS[finding.state]},
        "help": {"text": _help(finding)},
        "properties": {"tags": [finding.link, finding.kind], "severity": finding.severity},
    }
    if finding.references and finding.references[0].startswith("https://"):
        rule["helpUri"] = quote(finding.references[0], safe=":/?#[]@!$&'()*+,;=%-._~")
    return rule


def _help(finding: Finding) -> str:
    texts = [finding.why, f"Would disprove it: {finding.disproof}" if finding.disproof else ""]
    return "\n".join(text for text in texts if text) or finding.rule


def _result(finding: Finding, rule: int) -> _Json:
    result: _Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.state],
        "message": {"text": finding.message or finding.title or finding.rule},
        "locations": [_location(finding, finding.evidence[0] if finding.evidence else None)],
        "partialFingerprints": {"finding/v1": finding.fingerprint},
        "properties": {
            "link": finding.link,
            "kind": finding.kind,
            "severity": finding.severity,
            "chains": list(finding.chains),
            "explains": list(finding.explains),
            "explainedBy": list(finding.explained_by),
            "remarks": list(finding.remarks),
            "fix": [{"text": f.text, **({"command": f.command} if f.command else {})} for f in finding.fix],
        },
    }
    if finding.evidence[1:]:
        result["relatedLocations"] = [
            {"id": number, **_place(piece), "message": {"text": piece.role or "evidence"}}
            for number, piece in enumerate(finding.evidence[1:], start=1)
        ]
    if finding.muted is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.muted}]
    return result


def _location(finding: Finding, piece: Evidence | None) -> _Json:
    location: _Json = _place(piece) if piece else {}
    names = finding.chains or ((finding.subject,) if finding.subject else ())
    if names:
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"} for name in names]
    if piece and piece.role:
        location["message"] = {"text": piece.role}
    return location


def _place(piece: Evidence) -> _Json:
    region: _Json = {"startLine": max(piece.line, 1)}
    if piece.column:
        region["startColumn"] = piece.column
    if piece.excerpt:
        region["snippet"] = {"text": piece.excerpt}
    return {"physicalLocation": {"artifactLocation": _artifact_place(piece), "region": region}}


def _artifact_place(piece: Evidence) -> _Json:
    """Name a file by its path in its input: a local path would say where somebody keeps cases."""
    place: _Json = {"uri": quote(piece.file.lstrip("/"), safe="/")}
    if piece.input:
        place["uriBaseId"] = piece.input
    return place


def _artifact(item: Input) -> _Json:
    artifact: _Json = {
        "location": {"uri": quote(item.path, safe="/"), "description": {"text": f"{item.id}: {item.kind}"}},
        "length": max(item.bytes, -1),
    }
    if item.sha256:
        artifact["hashes"] = {"sha-256": item.sha256}
    return artifact


def _notification_ids(report: Report) -> list[str]:
    names = [_id(item) for item in report.missing] + [f"not-read/{error.code}" for error in report.errors]
    return list(dict.fromkeys(names))


def _id(item: Missing) -> str:
    return f"not-known/{item.evidence}"


def _invocation(report: Report) -> _Json:
    return {
        "executionSuccessful": report.exit_code in (0, 1, 4, 6),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            *(_unknown(item) for item in report.missing),
            *(_unread(error) for error in report.errors),
            *({"level": "warning", "message": {"text": text}} for text in report.notices),
        ],
    }


def _unknown(item: Missing) -> _Json:
    where = f" on {item.where_to_run}" if item.where_to_run else ""
    return {
        "descriptor": {"id": _id(item)},
        "level": "note",
        "message": {"text": f"Not known: {item.why}. To settle it{where}: {item.command}"},
        "properties": {
            "command": item.command,
            "sensitivity": item.sensitivity,
            "decides": list(item.decides),
            "chains": list(item.chains),
        },
    }


def _unread(error: ReadError) -> _Json:
    notification: _Json = {
        "descriptor": {"id": f"not-read/{error.code}"},
        "level": "error" if error.code == "rule-error" else "warning",
        "message": {"text": error.detail or error.code},
    }
    if error.member and error.code != "rule-error":
        place: _Json = {"uri": quote(error.member.lstrip("/"), safe="/")}
        if error.input:
            place["uriBaseId"] = error.input
        notification["locations"] = [{"physicalLocation": {"artifactLocation": place}}]
    return notification


def _verdict(report: Report, number: int) -> _Json:
    chain = report.chains[number]
    verdict = chain.verdict
    return {
        "chain": chain.id,
        "state": verdict.state,
        "link": verdict.link,
        "rule": verdict.rule,
        "sentence": verdict.sentence,
    }
