"""Facts about what a role is granted, compared with what its request asks for."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.kubernetes import dig, text
from analyzer.evidence.records import PolicyDocument, Symptom
from analyzer.iam.coverage import ActionVerdict, Coverage, Scope, cover, read_entries
from analyzer.iam.layers import Layers
from analyzer.iam.policy import Document, MissingDocument
from analyzer.model.asks import NOT_JUDGED, Asks
from analyzer.model.chains import Chain
from analyzer.model.cluster import ClusterView, Facts
from analyzer.model.objects import Objects, known
from analyzer.model.roles import OWNED, Role, RoleBook
from analyzer.model.trust import RoleChoice, policy_of

_NAMES = ("missing_logged", "missing_required", "missing_optional")


def permission_facts(
    chain: Chain,
    choice: RoleChoice,
    book: RoleBook,
    view: ClusterView,
    objects: Objects,
    denials: Sequence[Symptom],
    asks: Asks,
) -> Facts:
    """Give the ``permissions.*`` facts of a chain; ``denials`` are its denied actions in the logs."""
    if choice.exists is False or chain.request is None or not chain.request.entries:
        return {f"permissions.{name}": NOT_JUDGED for name in _NAMES}
    if choice.role is None:
        return {f"permissions.{name}": asks.role(choice.name) for name in _NAMES}
    role = choice.role
    layers, missing = role_layers(role, book, asks)
    coverage = _cover(chain, layers, view)
    if coverage is None:
        return {f"permissions.{name}": NOT_JUDGED for name in _NAMES}
    denied = [v for v in coverage.of("denied") if v.denial == "implicit"]
    cite = role.where
    logged = {s.action.lower() for s in denials if s.action}
    lists: dict[str, list[str]] = {name: [] for name in _NAMES}
    ours = made_by_ccoctl(role)
    for verdict in denied:
        lists[_grade(verdict, logged, objects, ours=ours)].append(verdict.action)
    facts: Facts = {}
    undecided = bool(coverage.of("unknown"))
    for name in _NAMES:
        found = sorted(set(lists[name]))
        fact: Fact | Unknown = known(
            found, cite, chain.request.where.at("spec", "providerSpec", "statementEntries")
        )
        facts[f"permissions.{name}"] = missing or NOT_JUDGED if undecided and not found else fact
    return facts


def _cover(chain: Chain, layers: Layers, view: ClusterView) -> Coverage | None:
    assert chain.request is not None  # noqa: S101  (the caller looked)
    try:
        entries = read_entries(
            {
                "effect": e.effect,
                "action": list(e.actions),
                "resource": e.resource or "*",
                "policyCondition": e.condition,
            }
            for e in chain.request.entries
        )
    except ValueError:
        return None
    return cover(entries, layers, scope=Scope(view.partition, view.region or None, None))


def role_layers(role: Role, book: RoleBook, asks: Asks) -> tuple[Layers, Unknown | None]:
    """Put a role's policies into layers; the second value asks for what is not there."""
    documents: list[Document] = []
    missing: Unknown | None = None
    for name in dict.fromkeys([*role.inline, *(role.inline_names or ())]):
        document = role.inline.get(name)
        documents.append(policy_of(document) if document else MissingDocument(name))
        if document is None:
            missing = asks.role_policies(
                role.name, f"inline policy {name} of role {role.name} was not handed in"
            )
    for name, arn in role.attached or ():
        managed = _default_document(book, arn)
        documents.append(policy_of(managed) if managed else MissingDocument(name))
        if managed is None:
            missing = asks.policy_document(
                arn, f"the document of policy {name} of role {role.name} was not handed in"
            )
    complete = role.inline_names is not None and role.attached is not None
    if not complete:
        missing = asks.role_policies(role.name, f"the policies of role {role.name} were not all listed")
    boundary: tuple[Document, ...] | None = None
    if role.boundary_arn:
        managed = _default_document(book, role.boundary_arn)
        boundary = (policy_of(managed) if managed else MissingDocument(role.boundary_arn),)
        if managed is None:
            missing = asks.policy_document(
                role.boundary_arn, f"the permissions boundary of role {role.name} was not handed in"
            )
    return Layers(identity=tuple(documents), boundary=boundary, complete=complete), missing


def _default_document(book: RoleBook, arn: str) -> PolicyDocument | None:
    policy = book.policies.get(arn)
    if policy is None:
        return None
    for document in policy.documents:
        if document.is_default or (document.version and document.version == policy.default_version):
            return document
    return (
        policy.documents[0] if len(policy.documents) == 1 and policy.documents[0].is_default is None else None
    )


def made_by_ccoctl(role: Role) -> bool:
    """Tell a role that ccoctl made: its policy is meant to be the request's, word for word."""
    described = (role.description or "").startswith("OpenShift role for ")
    return described or any(tag.startswith(OWNED) for tag in role.tags)


def _grade(verdict: ActionVerdict, logged: set[str], objects: Objects, *, ours: bool) -> str:
    action = verdict.action.lower()
    if action in logged:
        return "missing_logged"
    if not ours or action.startswith("kms:"):
        return "missing_optional"
    if action == "sts:assumerole" and not _shared_vpc(objects):
        return "missing_optional"
    return "missing_required"


def _shared_vpc(objects: Objects) -> bool:
    dns = objects.one("DNS", "cluster", group="config.openshift.io")
    return dns is not None and bool(text(dig(dns.value, "spec", "platform", "aws", "privateZoneIAMRole")))
