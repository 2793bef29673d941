"""One evaluation as one JSON object: what ``inspect policy -`` and ``inspect trust -`` read and write.

Never raises on bad input: the decision is then ``Unknown`` (or None) with a reason that names the
path. Keys that a request's context does not name are taken as absent, but for those that follow from
its principal and its resource's account; a value of null means "not known", and so does a policy that
is null. A list of boundaries, session or endpoint policies that is empty says that there are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.iam.context import ABSENT, Context
from analyzer.iam.decision import decide
from analyzer.iam.document import dotted
from analyzer.iam.evaluate import Request
from analyzer.iam.explanation import explain
from analyzer.iam.layers import Layers
from analyzer.iam.match import account_of, role_of_session, split_arn
from analyzer.iam.policy import Document, MissingDocument, parse_policy
from analyzer.iam.trust import TrustDecision, judge_trust
from analyzer.iam.webidentity import identity_from_claims, strip_scheme


class _BadLineError(Exception):
    """A line does not have the shape that it must have."""


def evaluate_policy_line(line: object) -> dict[str, Any]:
    """Decide one request against the policies beside it.

    Takes ``{id, request: {action, resource, principal?, context}, identityPolicies, permissionBoundaries?,
    serviceControlPolicies?, resourceControlPolicies?, sessionPolicies?, vpcEndpointPolicies?,
    resourcePolicy?}`` and gives ``{id, decision, because}``. ``resource`` may be
    ``{resource, accountId}``; service control policies are lists of levels, each a list of policies.
    """
    given = line if isinstance(line, Mapping) else {}
    try:
        _mapping(line, "line")
        decision = decide(_request(given), _layers(given))
    except _BadLineError as error:
        return {"id": given.get("id"), "decision": "Unknown", "because": [str(error)]}
    return {"id": given.get("id"), "decision": decision.outcome, "because": list(explain(decision))}


def evaluate_trust_line(line: object) -> dict[str, Any]:
    """Judge one trust policy for one token.

    Takes ``{id, trustPolicy, providerArn, claims: {iss, sub, aud, azp?}, extraContext?}`` and gives
    ``{id, allowed, because}`` with, when it is not allowed, ``problem``, ``path``, ``expected``,
    ``found`` and ``difference``.
    """
    given = line if isinstance(line, Mapping) else {}
    try:
        _mapping(line, "line")
        provider = _optional_text(given.get("providerArn"), "providerArn")
        claims = _mapping(given.get("claims", {}), "claims")
        extra = _mapping(given.get("extraContext") or {}, "extraContext")
    except _BadLineError as error:
        return {"id": given.get("id"), "allowed": None, "because": [str(error)]}
    policy = _document(given.get("trustPolicy"), "trustPolicy")
    identity = identity_from_claims(provider, claims, extra)
    decision = judge_trust(policy, identity)
    if decision.allowed is not False and identity.other_provider:
        # STS looks for the token's own provider, and asks no trust policy where there is none.
        sentence = f"the token is of {identity.issuer}, whose provider is not {provider}"
        decision = TrustDecision(
            False,
            "provider-mismatch",
            expected=strip_scheme(identity.issuer or ""),
            found=identity.prefix or "",
            sentence=sentence,
            because=(sentence,),
        )
    result: dict[str, Any] = {
        "id": given.get("id"),
        "allowed": decision.allowed,
        "because": list(decision.because),
    }
    if decision.problem:
        result["problem"] = decision.problem
        result["path"] = dotted(decision.path)
        result["expected"], result["found"] = decision.expected, decision.found
        if decision.expected and decision.found:
            marked = decision.difference.marked()
            result["difference"] = {"expected": marked[0], "found": marked[1]}
    for name, items in (("missing", decision.missing), ("assumes", decision.assumes)):
        if items:
            result[name] = list(items)
    if decision.lints:
        result["remarks"] = [
            {"code": one.code, "path": dotted(one.path), "text": one.text} for one in decision.lints
        ]
    return result


def _request(line: Mapping[str, Any]) -> Request:
    given = _mapping(line.get("request"), "request")
    resource, account = given.get("resource", "*"), None
    if isinstance(resource, Mapping):
        account = _optional_text(resource.get("accountId"), "request.resource.accountId")
        resource = resource.get("resource", "*")
    context = _mapping(given.get("context") or {}, "request.context")
    unknown = _sequence(given.get("unknownContext") or (), "request.unknownContext")
    principal = _optional_text(given.get("principal"), "request.principal")
    stated = Context.of(_scalars(context), unknown=[str(name) for name in unknown])
    return Request(
        action=_text(given.get("action"), "request.action"),
        resource=_text(resource, "request.resource"),
        context=_completed(stated, principal, account),
        principal=principal,
        resource_account=account,
    )


def _completed(stated: Context, principal: str | None, account: str | None) -> Context:
    """Add the keys that AWS always sends and that follow from the rest of the request.

    The path of a session's role is not in the session's ARN, and so its aws:PrincipalArn is not known.
    """
    follow: dict[str, object] = {} if account is None else {"aws:ResourceAccount": account}
    if principal is not None and (arn := split_arn(principal)) and (caller := account_of(principal)):
        follow["aws:PrincipalAccount"] = caller
        if arn.service == "iam":
            follow["aws:PrincipalArn"] = principal
        elif role_of_session(principal):
            follow["aws:PrincipalArn"] = None
    return stated.adding({key: value for key, value in follow.items() if stated.lookup(key) is ABSENT})


def _scalars(context: Mapping[str, Any]) -> dict[str, object]:
    for key, value in context.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, (Mapping, list)):
                raise _BadLineError(f"request.context.{key}: a value is a string or a list of strings")
    return dict(context)


def _layers(line: Mapping[str, Any]) -> Layers:
    return Layers(
        identity=_documents(line.get("identityPolicies") or (), "identityPolicies"),
        boundary=_maybe_documents(line, "permissionBoundaries"),
        organization=_levels(line, "serviceControlPolicies"),
        resource_control=_levels(line, "resourceControlPolicies"),
        session=_maybe_documents(line, "sessionPolicies"),
        endpoint=_maybe_documents(line, "vpcEndpointPolicies"),
        resource=_document(line["resourcePolicy"], "resourcePolicy") if line.get("resourcePolicy") else None,
    )


def _maybe_documents(line: Mapping[str, Any], key: str) -> tuple[Document, ...] | None:
    return _documents(line[key], key) if line.get(key) not in (None, []) else None


def _levels(line: Mapping[str, Any], key: str) -> tuple[tuple[Document, ...], ...]:
    levels = []
    for index, level in enumerate(_sequence(line.get(key) or (), key)):
        at = f"{key}[{index}]"
        if isinstance(level, Mapping) and "policies" in level:
            level = level["policies"]
        levels.append(_documents(level, at))
    return tuple(levels)


def _documents(given: object, path: str) -> tuple[Document, ...]:
    if isinstance(given, (Mapping, str)):
        return (_document(given, path),)
    return tuple(_document(one, f"{path}[{index}]") for index, one in enumerate(_sequence(given, path)))


def _document(given: object, path: str) -> Document:
    """Return a policy, or what stands in its place; ``{name, policy}`` is a policy with a name."""
    name, source = path, given
    if isinstance(given, Mapping) and "policy" in given and "Statement" not in given:
        name, source = str(given.get("name") or path), given["policy"]
    if source is None:
        return MissingDocument(name, "no document was given")
    return parse_policy(source, name=name)


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _BadLineError(f"{path}: an object is needed, this is {_named(value)}")
    return value


def _sequence(value: object, path: str) -> Sequence[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise _BadLineError(f"{path}: a list is needed, this is {_named(value)}")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str) or not value:
        raise _BadLineError(f"{path}: a string is needed, this is {_named(value)}")
    return value


def _optional_text(value: object, path: str) -> str | None:
    return None if value is None else _text(value, path)


def _named(value: object) -> str:
    """Name a value's kind as JSON does; what is not there reads as null."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"), (str, "a string" if value else "an empty one"), (int, "a number"),
        (float, "a number"), (Mapping, "an object"), (list, "a list"),
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "null, or not there")
