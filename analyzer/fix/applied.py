"""The evidence as it would be once a repair is applied: the repair's documents, read as exports."""

from __future__ import annotations

import json
from collections.abc import Callable

from analyzer.evidence.gathered import Evidence
from analyzer.evidence.loose.sniff import read_loose
from analyzer.evidence.records import (
    DiscoveryDocument,
    FailedCall,
    HttpAnswer,
    Json,
    K8sObject,
    KeySet,
    Listing,
    ProviderRecord,
    RoleRecord,
)
from analyzer.fix.repair import Case, Change
from analyzer.frozen import replace
from analyzer.model.issuer.answers import assign_targets
from analyzer.model.joining.aws import parse_role_arn, provider_of, without_scheme

INPUT = "repair"
"""The id of the input that the documents stand for."""


def with_change(evidence: Evidence, change: Change, case: Case) -> Evidence:
    """Give a copy of the evidence in which one document has taken the place of what was there."""
    apply: dict[str, Callable[[Evidence, Change, Case], Evidence]] = {
        "trust": _trust, "role": _role, "policy": _policy, "provider": _provider,
        "discovery": _issuer, "keys": _issuer, "secret": _secret,
    }  # fmt: skip
    return apply[change.what](evidence, change, case)


def _read(text: str) -> list[object]:
    return list(read_loose(INPUT, "document.json", text.encode()).records)


def _with(evidence: Evidence, records: list[object], added: list[object]) -> Evidence:
    return replace(evidence, loose=[*records, *added])


def _is(record: RoleRecord, name: str) -> bool:
    """Tell a record of the role that a change is about: by ARN where both have one, else by name."""
    parsed = parse_role_arn(name)
    if parsed is None:
        return record.name == name
    return record.arn == name if record.arn else record.name == parsed.name


def _role_name(name: str) -> str:
    parsed = parse_role_arn(name)
    return parsed.name if parsed else name


def _trust(evidence: Evidence, change: Change, case: Case) -> Evidence:
    rest = [
        replace(r, trust=None) if isinstance(r, RoleRecord) and _is(r, change.name) else r
        for r in evidence.loose
    ]
    body: dict[str, Json] = {
        "RoleName": _role_name(change.name), "AssumeRolePolicyDocument": json.loads(change.text)
    }  # fmt: skip
    if parse_role_arn(change.name):
        body["Arn"] = change.name
    added = [
        replace(r, boundary_known=False) if isinstance(r, RoleRecord) else r
        for r in _read(json.dumps({"Role": body}))
    ]
    return _with(evidence, rest, added)


def _role(evidence: Evidence, change: Change, case: Case) -> Evidence:
    """Make the role: listings hold it, and no call says any more that it is not there."""
    name = _role_name(change.name)
    rest: list[object] = []
    for record in evidence.loose:
        if isinstance(record, FailedCall) and record.subject == name and record.code == "NoSuchEntity":
            continue
        if isinstance(record, Listing) and record.what == "roles":
            record = replace(record, names=(*record.names, name))
        rest.append(record)
    body = {
        "RoleName": name, "Arn": change.name, "AssumeRolePolicyDocument": json.loads(change.text),
        "RolePolicyList": [], "AttachedManagedPolicies": [],
    }  # fmt: skip
    return _with(evidence, rest, _read(json.dumps({"Role": body})))


def _policy(evidence: Evidence, change: Change, case: Case) -> Evidence:
    rest: list[object] = []
    names: tuple[str, ...] | None = None
    for record in evidence.loose:
        if isinstance(record, RoleRecord) and _is(record, change.name):
            inline = tuple(d for d in record.inline if d.name != change.part)
            listed = record.inline_names
            if listed is not None:
                listed = names = tuple(dict.fromkeys((*listed, change.part)))
            record = replace(record, inline=inline, inline_names=listed)
        rest.append(record)
    name = _role_name(change.name)
    body = {"RoleName": name, "PolicyName": change.part, "PolicyDocument": json.loads(change.text)}
    added = [
        replace(
            r, arn=change.name if parse_role_arn(change.name) else None, inline_names=names, planned=False
        )
        if isinstance(r, RoleRecord)
        else r
        for r in _read(json.dumps(body))
    ]
    return _with(evidence, rest, added)


def _provider(evidence: Evidence, change: Change, case: Case) -> Evidence:
    parsed = provider_of(change.name)
    url = parsed[1] if parsed else ""
    account = parsed[0] if parsed else None
    providers = case.joined.providers
    rest: list[object] = []
    for record in evidence.loose:
        if isinstance(record, ProviderRecord) and (
            record.arn == change.name
            or (without_scheme(record.url or "") == url and providers.account_of(record) in (None, account))
        ):
            continue
        if isinstance(record, Listing) and record.what == "providers":
            own = {p[0] for arn in record.names if (p := provider_of(arn))} or {
                record.account or account or ""
            }
            left = tuple(n for n in record.names if n != change.name)
            if change.text and account in own:
                left = (*left, change.name)
            record = replace(record, names=left)
        rest.append(record)
    added = [r for r in _read(change.text) if isinstance(r, ProviderRecord)] if change.text else []
    return _with(evidence, rest, [replace(r, planned=False) for r in added])


def _issuer(evidence: Evidence, change: Change, case: Case) -> Evidence:
    documents = [d for d in evidence.of(DiscoveryDocument) if not d.planned]
    target = "jwks" if change.what == "keys" else "discovery"
    answers = assign_targets(evidence, documents)[target]
    kind = KeySet if change.what == "keys" else DiscoveryDocument
    rest = [
        r
        for r in evidence.loose
        if not (isinstance(r, kind) and not r.planned) and not (isinstance(r, HttpAnswer) and r in answers)
    ]
    return _with(evidence, rest, _read(change.text))


def _secret(evidence: Evidence, change: Change, case: Case) -> Evidence:
    namespace, _, name = change.name.partition("/")

    def same(kind: str, one: str, other: str) -> bool:
        return (kind, one, other) == ("Secret", namespace, name)

    found = [r for r in _read(change.text) if isinstance(r, K8sObject)]
    names = {key: set(value) for key, value in evidence.names.items()}
    for obj in found:
        names.setdefault((obj.root, obj.kind, obj.namespace), set()).add(obj.name)
    return replace(
        evidence,
        objects=[*(o for o in evidence.objects if not same(o.kind, o.namespace, o.name)), *found],
        raw=[r for r in evidence.raw if not same(r.kind, r.namespace, r.name)],
        names=names,
    )
