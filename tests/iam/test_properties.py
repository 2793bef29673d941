"""What must hold for every policy: hiding never turns a decision over, and a plain oracle agrees."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzer.iam.api import (
    Context,
    Layers,
    MissingDocument,
    Policy,
    Request,
    decide,
    evaluate_trust,
    parse_policy,
)
from tests.iam.support import HOST, PROVIDER, SUBJECT, trust_statement

KEYS = ("a:x", "a:y")
VALUES = ("1", "2", "1*")
ACTIONS = ("s3:Get", "s3:Put", "ec2:Run")
RESOURCES = ("arn:aws:s3:::a", "arn:aws:s3:::b/c")
OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLikeIfExists",
    "StringEqualsIfExists",
    "Null",
    "ForAllValues:StringLike",
    "ForAnyValue:StringNotEquals",
    "NumericLessThan",
)

clauses = st.dictionaries(
    st.sampled_from(OPERATORS),
    st.dictionaries(
        st.sampled_from(KEYS),
        st.lists(st.sampled_from((*VALUES, "true", "false", "${a:y}")), min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(("Allow", "Allow", "Deny")),
        "Action": st.lists(st.sampled_from((*ACTIONS, "s3:*", "*", "S3:g?t")), min_size=1, max_size=2),
        "Resource": st.lists(
            st.sampled_from((*RESOURCES, "*", "arn:aws:s3:::*", "arn:aws:s3:::${a:x}")),
            min_size=1,
            max_size=2,
        ),
        "Condition": clauses,
    }
)
documents = st.lists(statements, min_size=1, max_size=3)
contexts = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=2), max_size=2
)
requests = st.tuples(st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), contexts)
Asked = tuple[str, str, dict[str, Any]]


def parsed(document: list[dict[str, Any]]) -> Policy:
    policy = parse_policy({"Version": "2012-10-17", "Statement": document})
    assert isinstance(policy, Policy)
    return policy


def allowed(asked: Asked, *identity: Any, context: Context | None = None, **layers: Any) -> bool | None:
    action, resource, given_context = asked
    request = Request(action, resource, context or Context.of(given_context))
    return decide(request, Layers(identity=identity, **layers)).allowed


@given(documents, documents, requests, st.sampled_from(KEYS))
def test_hiding_a_key_never_turns_a_decision_over(
    document: list[dict[str, Any]], boundary: list[dict[str, Any]], asked: Asked, hidden: str
) -> None:
    one, two = parsed(document), parsed(boundary)
    full = allowed(asked, one, boundary=(two,))
    less = allowed(asked, one, context=Context.of({**asked[2], hidden: None}), boundary=(two,))
    assert full is not None
    assert less in (full, None)


@given(st.lists(documents, min_size=1, max_size=3), requests, st.integers(0, 2), st.booleans())
def test_hiding_a_document_never_turns_a_decision_over(
    given_documents: list[list[dict[str, Any]]], asked: Asked, index: int, limit: bool
) -> None:
    policies: list[Any] = [parsed(one) for one in given_documents]
    assume(index < len(policies))
    hidden = [*policies[:index], MissingDocument("x"), *policies[index + 1 :]]
    if limit:
        full, less = (allowed(asked, policies[0], boundary=tuple(one)) for one in (policies, hidden))
    else:
        full, less = (allowed(asked, *one) for one in (policies, hidden))
    assert less in (full, None)


@given(documents, statements, requests)
def test_a_statement_more(document: list[dict[str, Any]], more: dict[str, Any], asked: Asked) -> None:
    """One more Allow never takes a permission away, one more Deny never gives one."""
    before, after = allowed(asked, parsed(document)), allowed(asked, parsed([*document, more]))
    if more["Effect"] == "Allow":
        assert not (before is True and after is False)
    else:
        assert not (before is False and after is True)


def oracle_value(operator: str, found: str, wanted: str) -> bool:
    if operator in ("StringEquals", "StringNotEquals"):
        return found == wanted
    if operator in ("StringLike", "StringNotLike"):
        return fnmatchcase(found, wanted)
    try:
        return float(found) < float(wanted)
    except ValueError:
        return False


def oracle_clause(name: str, key: str, values: list[str], context: dict[str, Any]) -> bool:
    quantifier, _, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    negated = "Not" in operator
    if "${a:y}" in values:
        variable = context.get("a:y")
        literal = (
            variable.replace("*", "[*]") if isinstance(variable, str) and "Like" in operator else variable
        )
        known = [literal] if isinstance(literal, str) else []
        values = [value for value in values if value != "${a:y}"] + known
    if operator == "Null":
        return ("false" if context.get(key) not in (None, []) else "true") in values
    if key not in context:
        return rest.endswith("IfExists") or quantifier == "ForAllValues" or (negated and not quantifier)
    found = context[key]
    if not quantifier and isinstance(found, list):
        return False

    def one(text: str) -> bool:
        return any(oracle_value(operator, text, value) for value in values) != negated

    each = found if isinstance(found, list) else [found]
    if quantifier == "ForAllValues":
        return all(one(text) for text in each)
    return any(one(text) for text in each)


def oracle(document: list[dict[str, Any]], asked: Asked) -> str:
    action, resource, context = asked
    effects = set()
    for statement in document:
        if not any(fnmatchcase(action.lower(), one.lower()) for one in statement["Action"]):
            continue
        patterns = []
        for one in statement["Resource"]:
            if "${a:x}" in one:
                value = context.get("a:x")
                if not isinstance(value, str):
                    continue
                one = one.replace("${a:x}", value.replace("*", "[*]"))
            patterns.append(one)
        if not any(fnmatchcase(resource, one) for one in patterns):
            continue
        if all(
            oracle_clause(operator, key, values, context)
            for operator, keys in statement["Condition"].items()
            for key, values in keys.items()
        ):
            effects.add(statement["Effect"])
    return "ExplicitlyDenied" if "Deny" in effects else "Allowed" if effects else "ImplicitlyDenied"


@settings(max_examples=150)
@given(documents, requests)
def test_a_plain_oracle_agrees(document: list[dict[str, Any]], asked: Asked) -> None:
    variables = [
        (operator, values)
        for statement in document
        for operator, keys in statement["Condition"].items()
        for values in keys.values()
        if "${a:y}" in values
        and not operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:").startswith("String")
    ]
    assume(not variables)
    action, resource, context = asked
    request = Request(action, resource, Context.of(context))
    assert decide(request, Layers(identity=(parsed(document),))).outcome == oracle(document, asked)


IDENTITY: dict[str, Any] = {
    "provider_arn": PROVIDER,
    "issuer": f"https://{HOST}",
    "subject": SUBJECT,
    "audiences": ["openshift"],
}
trusts = st.lists(
    st.fixed_dictionaries(
        {
            "Effect": st.sampled_from(("Allow", "Allow", "Deny")),
            "Principal": st.sampled_from(
                ({"Federated": PROVIDER}, {"Federated": PROVIDER + "x"}, "*", {"AWS": "1" * 12})
            ),
            "Action": st.sampled_from(("sts:AssumeRoleWithWebIdentity", "sts:*", "sts:AssumeRole")),
            "Condition": st.dictionaries(
                st.sampled_from(("StringEquals", "StringLike", "StringNotEquals")),
                st.dictionaries(
                    st.sampled_from(
                        (f"{HOST}:sub", f"{HOST}:aud", f"{HOST}/:sub", "aws:SourceIp", "sts:ExternalId")
                    ),
                    st.sampled_from((SUBJECT, "system:*", "openshift", "*")),
                    max_size=2,
                ),
                max_size=2,
            ),
        }
    ),
    min_size=1,
    max_size=3,
)


@given(trusts, st.sets(st.sampled_from(("subject", "audiences", "provider")), min_size=1))
def test_hiding_what_is_known_of_a_token(document: list[dict[str, Any]], hidden: set[str]) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": document})
    full = evaluate_trust(policy, **IDENTITY)
    names = {"provider": ("provider_arn", "issuer")}
    gone = {name: None for one in hidden for name in names.get(one, (one,))}
    less = evaluate_trust(policy, **{**IDENTITY, **gone})
    if full.allowed is None:
        assert less.allowed is None or less.allowed is full.allowed
    else:
        assert less.allowed in (full.allowed, None)


@given(trusts)
def test_a_denial_has_exactly_one_cause(document: list[dict[str, Any]]) -> None:
    decision = evaluate_trust(parse_policy({"Version": "2012-10-17", "Statement": document}), **IDENTITY)
    assert (decision.problem is None) == (decision.allowed is True)
    assert decision.because
    working = parse_policy({"Version": "2012-10-17", "Statement": [*document, trust_statement()]})
    assert evaluate_trust(working, **IDENTITY).allowed in (True, None) or decision.problem == "explicit-deny"
