"""Which repair a finding calls for: one table from rule ids to makers of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analyzer.findings.report import Finding
from analyzer.fix.issuer import mend_discovery, mend_keys
from analyzer.fix.permissions import mend_permissions
from analyzer.fix.provider import mend_provider
from analyzer.fix.repair import Case, Refusal, Repair
from analyzer.fix.role import make_role
from analyzer.fix.secret import mend_secret
from analyzer.fix.trust import mend_trust
from analyzer.frozen import frozen, replace
from analyzer.iam.document import dotted
from analyzer.iam.grammar import DocumentKind, validate_document
from analyzer.model.joining.chain import Chain

_OfChain = Callable[[Case, Chain, str], Repair | Refusal]
_OfCluster = Callable[[Case, str], Repair | Refusal]


def _trust(case: Case, chain: Chain, rule: str) -> Repair | Refusal:
    return mend_trust(case, chain)


def _role(case: Case, chain: Chain, rule: str) -> Repair | Refusal:
    return make_role(case, chain)


def _secret(case: Case, chain: Chain, rule: str) -> Repair | Refusal:
    return mend_secret(case, chain)


def _discovery(case: Case, rule: str) -> Repair | Refusal:
    return mend_discovery(case)


def _keys(case: Case, rule: str) -> Repair | Refusal:
    return mend_keys(case)


OF_CHAINS: dict[str, _OfChain] = {
    "trust-role-missing": _role,
    **dict.fromkeys(
        (
            "trust-provider-mismatch", "trust-condition-key-mismatch", "trust-subject-mismatch",
            "trust-subject-partial", "trust-audience-mismatch", "trust-wildcard-literal",
            "trust-action-wrong", "trust-principal-wrong", "trust-explicit-deny", "trust-extra-condition",
            "trust-placeholder",
            "trust-duplicate-key", "trust-malformed", "trust-too-broad",
        ),
        _trust,
    ),
    **dict.fromkeys(
        (
            "permission-missing", "permission-explicit-deny", "permission-resource-narrow",
            "permission-condition-narrow", "permission-overwritten", "permission-policy-version",
            "permission-shared-vpc",
        ),
        mend_permissions,
    ),
    **dict.fromkeys(
        (
            "secret-missing", "secret-no-credentials-key", "secret-static-keys", "secret-role-arn-missing",
            "secret-placeholder", "secret-profile-header-missing", "secret-malformed",
            "secret-role-arn-malformed", "secret-partition-mismatch", "secret-account-mismatch",
            "secret-role-foreign", "secret-role-name-untruncated", "secret-length-mismatch",
            "secret-token-path-unmounted", "secret-wrong-location", "secret-global-endpoint",
        ),
        _secret,
    ),
}  # fmt: skip

OF_CLUSTER: dict[str, _OfCluster] = {
    **dict.fromkeys(
        (
            "provider-missing", "provider-url-mismatch", "provider-account-mismatch",
            "provider-audience-missing", "provider-audience-incomplete", "provider-audience-malformed",
            "provider-thumbprint-malformed",
        ),
        mend_provider,
    ),
    **dict.fromkeys(
        ("discovery-unreachable", "discovery-not-json", "discovery-issuer-mismatch", "discovery-jwks-uri"),
        _discovery,
    ),
    **dict.fromkeys(
        (
            "jwks-unreachable", "jwks-not-json", "jwks-empty", "jwks-key-missing", "jwks-key-mismatch",
            "jwks-key-unusable", "jwks-old-key-removed", "jwks-foreign", "jwks-duplicate-key-id",
        ),
        _keys,
    ),
}  # fmt: skip

NOT_BY_DOCUMENT = {
    "permission-boundary": "the boundary is a limit that somebody set on purpose, and that other roles share",
    "permission-organization-deny": "policies of the organization are changed in its management account",
    "issuer-private-bucket": "the bucket, or what stands before it, must let everybody read two documents",
    "issuer-placeholder": "the issuer itself must change, which every token of the cluster carries",
    "issuer-not-https": "the issuer itself must change, which every token of the cluster carries",
    "provider-duplicate": "which of the providers is still used, only their owner knows",
    "role-shared": "a role for each request must be made, and the Secrets must name them",
    "trust-too-long": "which of its ServiceAccounts are still used, only the role's owner knows",
}
"""Rules that no document mends, and why."""

HYGIENE = frozenset({"trust-too-broad"})
"""Rules of state info whose repair is offered all the same: fewer may sign in."""


@frozen
class Answer:
    """What a finding on one chain (or on what all share) calls for."""

    finding: Finding
    chain: str
    found: Repair | Refusal


def answers(case: Case, findings: tuple[Finding, ...]) -> Iterator[Answer]:
    """Give a repair or a refusal for each finding that a document could mend."""
    chains = case.chains
    for finding in findings:
        if finding.kind == "symptom" or (finding.state == "info" and finding.rule not in HYGIENE):
            continue
        if make_shared := OF_CLUSTER.get(finding.rule):
            yield Answer(finding, "", _held_to_grammar(make_shared(case, finding.rule)))
        elif finding.rule == "trust-extra-condition" and finding.state == "warn":
            yield Answer(finding, "", Refusal("the condition may hold, and was set on purpose"))
        elif make := OF_CHAINS.get(finding.rule):
            for name in finding.chains:
                if name in chains:
                    yield Answer(finding, name, _held_to_grammar(make(case, chains[name], finding.rule)))
        else:
            reason = NOT_BY_DOCUMENT.get(finding.rule, "it is mended in the cluster, by the steps below")
            yield Answer(finding, "", Refusal(reason))


_GRAMMARS: dict[str, DocumentKind] = {"trust": "trust", "role": "trust", "policy": "inline"}


def _held_to_grammar(found: Repair | Refusal) -> Repair | Refusal:
    """Note where AWS may refuse a policy as it is written, such as for a statement that was kept."""
    if isinstance(found, Refusal):
        return found
    notes = [
        f"AWS may refuse this document at {dotted(problem.path)}: {problem.reason}"
        for change in found.changes
        if change.what in _GRAMMARS
        for problem in validate_document(change.text, _GRAMMARS[change.what])
    ]
    return replace(found, notes=(*found.notes, *dict.fromkeys(notes)))
