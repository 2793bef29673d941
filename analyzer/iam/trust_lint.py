"""Remarks on a trust policy for web identities (IAM Access Analyzer's checks and some more)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.iam import glob
from analyzer.iam.lint import TRUST_QUOTA, Lint, policy_size
from analyzer.iam.operators import operator_named
from analyzer.iam.policy import ConditionClause, Policy, Statement
from analyzer.iam.trust_statement import judge_allow
from analyzer.iam.webidentity import ACTION, WebIdentity, key_claim, provider_suffix


def trust_lints(policy: Policy, identity: WebIdentity) -> tuple[Lint, ...]:
    """Return the remarks on a trust policy, in the order of its statements."""
    found: list[Lint] = []
    for statement in policy.statements:
        found += _unsupported(statement)
        found += _clause_lints(statement, identity)
        if statement.effect == "Allow" and _is_web_identity(statement):
            found += _subject_lints(statement)
    found += _stale(policy, identity)
    if (size := policy_size(policy)) > TRUST_QUOTA:
        found.append(
            Lint("too-long", (), f"{size} characters without white space, the quota is {TRUST_QUOTA}")
        )
    return tuple(found)


def _is_web_identity(statement: Statement) -> bool:
    federated = any(
        one.kind == "Federated" and ":saml-provider/" not in one.value for one in statement.principals or ()
    )
    return federated and statement.action_matcher.matches(ACTION.lower()) is True


def _unsupported(statement: Statement) -> Iterator[Lint]:
    for element, given in (
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
        ("NotPrincipal", statement.not_principals),
    ):
        if given is not None:
            text = f"a role's trust policy cannot have {element}: AWS refuses it"
            yield Lint("unsupported-element", (*statement.path, element), text)
    for one in statement.principals or ():
        if one.kind == "Federated" and ":oidc-provider/" in one.value and statement.effect == "Allow":
            if statement.action_matcher.matches(ACTION.lower()) is False:
                text = f"an OIDC provider can only be allowed {ACTION}"
                yield Lint("not-web-identity-action", (*statement.path, "Action"), text)
        elif one.kind != "Federated" and ACTION in (statement.actions or ()):
            text = f"{ACTION} needs a Federated principal, not {one.kind}"
            yield Lint("not-web-identity-principal", one.path, text)
        if one.kind == "Federated" and glob.has_wildcard(one.value):
            yield Lint("wildcard-in-principal", one.path, "a wildcard in Federated matches nothing")


def _clause_lints(statement: Statement, identity: WebIdentity) -> Iterator[Lint]:
    for clause in statement.conditions:
        operator = operator_named(clause.operator)
        kind = identity.kind(clause.key)
        if operator is None:
            yield Lint("unknown-operator", clause.path[:-1], f"{clause.operator} is no condition operator")
            continue
        if operator.name in ("StringEquals", "StringNotEquals"):
            for index, value in enumerate(clause.values):
                if kind in ("sub", "aud") and glob.has_wildcard(value):
                    text = f"{clause.operator} takes the wildcard in {value} literally"
                    yield Lint("wildcard-without-like", clause.value_path(index), text)
        if operator.quantifier == "ForAllValues" and kind in ("sub", "aud", "azp"):
            text = f"{clause.key} has one value, and ForAllValues holds where the key is absent"
            yield Lint("forall-on-single-valued", clause.path, text)
        if kind == "other-issuer" and operator.negated:
            text = f"{clause.key} is no key of the token's provider, so {clause.operator} always holds"
            yield Lint("condition-key-other-provider", clause.path, text)
        if kind in ("claim", "never"):
            yield Lint("key-never-present", clause.path, f"a web identity never has the key {clause.key}")


def _subject_lints(statement: Statement) -> Iterator[Lint]:
    subjects = [one for one in statement.conditions if key_claim(one.key) == "sub"]
    if not subjects:
        text = "it does not say which subject may assume the role: any token of the provider may"
        yield Lint("missing-subject-condition", statement.path, text)
    elif all(_too_broad(clause) for clause in subjects):
        clause = subjects[0]
        text = f"{', '.join(clause.values)} lets any subject of the provider assume the role"
        yield Lint("subject-too-broad", clause.path, text)
    if not any(key_claim(one.key) == "aud" for one in statement.conditions):
        yield Lint("no-audience-condition", statement.path, "it does not say which audience a token needs")


def _too_broad(clause: ConditionClause) -> bool:
    operator = operator_named(clause.operator)
    if operator is None or operator.negated or operator.if_exists or operator.quantifier == "ForAllValues":
        return True
    if operator.is_null:
        return True
    return operator.name == "StringLike" and any(set(value) <= {"*", "?", ":"} for value in clause.values)


def _stale(policy: Policy, identity: WebIdentity) -> Iterator[Lint]:
    """Yield the statements for other providers while one for this provider works."""
    allows = [one for one in policy.statements if one.effect == "Allow"]
    if identity.prefix is None or not any(judge_allow(one, identity).holds for one in allows):
        return
    for statement in allows:
        for one in statement.principals or ():
            suffix = provider_suffix(one.value)
            if one.kind == "Federated" and suffix is not None and suffix != identity.prefix:
                text = f"it trusts another provider, {one.value}"
                yield Lint("stale-statement", one.path, text)
