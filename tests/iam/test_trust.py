"""Trust policies: one cause for each thing that can be wrong, its place, and what differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from analyzer.iam.api import difference
from analyzer.iam.document import dotted
from tests.iam.support import ACTION, HOST, PROVIDER, SUBJECT, trust, trust_statement

SUB = f"{HOST}:sub"
AUD = f"{HOST}:aud"


def under(operator: str, key: str, value: object) -> dict[str, Any]:
    return trust_statement(Condition={operator: {key: value}})


BOTH = {"StringEquals": {SUB: SUBJECT, AUD: "sts.amazonaws.com"}}
OTHER = PROVIDER.replace("oidc.", "old.")
SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

CASES: list[tuple[str, list[Any], str, str]] = [
    ("another subject", [under("StringEquals", SUB, SUBJECT + "s")], "subject-mismatch", SUB),
    ("another cluster", [trust_statement(Principal={"Federated": OTHER})], "provider-mismatch", "Federated"),
    (
        "a slash more",
        [trust_statement(Principal={"Federated": PROVIDER + "/"})],
        "provider-mismatch",
        "Federated",
    ),
    (
        "the key's scheme",
        [under("StringEquals", "https://" + SUB, SUBJECT)],
        "condition-key-mismatch",
        "https",
    ),
    ("the key's slash", [under("StringEquals", f"{HOST}/:sub", SUBJECT)], "condition-key-mismatch", "/:sub"),
    (
        "the key's path",
        [under("StringEquals", "oidc.example.com:sub", SUBJECT)],
        "condition-key-mismatch",
        ":sub",
    ),
    ("no star", [under("StringEquals", SUB, "system:serviceaccount:app:*")], "wildcard-literal", SUB),
    ("a star elsewhere", [under("StringLike", SUB, "system:serviceaccount:x:*")], "subject-mismatch", SUB),
    ("the audience", [trust_statement(Condition=BOTH)], "audience-mismatch", AUD),
    ("AssumeRole", [trust_statement(Action="sts:AssumeRole")], "action-wrong", "Action"),
    ("a service", [SERVICE], "principal-wrong", "Service"),
    ("AWS for Federated", [trust_statement(Principal={"AWS": PROVIDER})], "principal-wrong", "AWS"),
    (
        "SAML",
        [trust_statement(Principal={"Federated": "arn:aws:iam::1:saml-provider/x"})],
        "principal-wrong",
        "Fed",
    ),
    ("a deny", [trust_statement(), trust_statement(Effect="Deny")], "explicit-deny", "Statement[1]"),
    ("a foreign key", [under("StringEquals", "sts:ExternalId", "x")], "extra-condition-never", "ExternalId"),
    ("a claim", [under("StringEquals", f"{HOST}:iss", "x")], "extra-condition-never", ":iss"),
    ("an address", [under("IpAddress", "aws:SourceIp", "10.0.0.0/8")], "extra-condition-unknown", "SourceIp"),
    (
        "a session name",
        [under("StringLike", "sts:RoleSessionName", "x*")],
        "extra-condition-unknown",
        "Session",
    ),
    ("an empty principal", [trust_statement(Principal={"Federated": ""})], "placeholder", "Federated"),
    ("an operator", [under("StringIs", SUB, SUBJECT)], "malformed", "StringIs"),
    ("no principal", [{"Effect": "Allow", "Action": ACTION, "Resource": "*"}], "malformed", "Statement[0]"),
    ("an effect", [trust_statement(Effect="allow")], "malformed", "Effect"),
]


@pytest.mark.parametrize(
    ("statements", "problem", "place"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_one_cause(statements: list[Any], problem: str, place: str) -> None:
    decision = trust(*statements)
    assert decision.problem == problem
    assert decision.allowed is (None if problem in ("extra-condition-unknown", "malformed") else False)
    assert place in dotted(decision.path)
    assert decision.sentence
    assert decision.because


def test_an_action_that_is_taken_out_is_said_so() -> None:
    statement = trust_statement(NotAction=ACTION)
    del statement["Action"]
    decision = trust(statement)
    assert decision.problem == "action-wrong"
    assert decision.sentence == f"NotAction takes {ACTION} out of what the statement allows"


def test_what_works() -> None:
    assert trust(trust_statement()).allowed is True
    assert trust(trust_statement(Action=["sts:TagSession", "STS:assumerolewithwebidentity"])).allowed is True
    assert trust(trust_statement(Principal={"Federated": [OTHER, PROVIDER]})).allowed is True
    assert trust(trust_statement(Condition=BOTH), audiences=["sts.amazonaws.com"]).allowed is True
    assert trust(under("ForAnyValue:StringLike", SUB, "system:*")).allowed is True
    encoded = quote(json.dumps({"Version": "2012-10-17", "Statement": trust_statement()}), safe="")
    assert trust(encoded).allowed is True
    assert trust(json.dumps(json.dumps({"Statement": [trust_statement()]}))).allowed is True


def test_an_old_provider_is_one_cause() -> None:
    """The keys of another provider's statement are no second cause."""
    old = OTHER.split("oidc-provider/")[1]
    decision = trust(
        trust_statement(Principal={"Federated": OTHER}, Condition={"StringEquals": {f"{old}:sub": SUBJECT}})
    )
    assert decision.problem == "provider-mismatch"
    assert (decision.expected, decision.found) == (PROVIDER, OTHER)
    assert len(decision.because) == 1


def test_the_nearest_statement_is_the_one_that_names_the_provider() -> None:
    decision = trust(
        SERVICE, trust_statement(Principal={"Federated": OTHER}), under("StringEquals", SUB, "x")
    )
    assert (decision.statement, decision.problem) == (2, "subject-mismatch")


def test_the_nearest_value_is_cited_with_its_place() -> None:
    values = ["system:serviceaccount:other:thing", "system:serviceaccount:app:readers"]
    decision = trust(under("StringEquals", SUB, values))
    assert decision.path == ("Statement", 0, "Condition", "StringEquals", SUB, 1)
    assert decision.found == values[1]
    assert decision.difference.marked() == (SUBJECT, "system:serviceaccount:app:reader[s]")


def test_a_single_statement_has_no_position_in_its_path() -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": under("StringEquals", SUB, "x")})
    assert trust(document).path == ("Statement", "Condition", "StringEquals", SUB)


@pytest.mark.parametrize(
    "text",
    ["<enter_issuer_url_here>", "%{issuer_url}", "${OIDC_PROVIDER}", "$OIDC_PROVIDER", "{{ .Issuer }}"],
)
def test_what_was_never_filled_in(text: str) -> None:
    principal = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{text}"}
    decision = trust(
        trust_statement(Principal=principal, Condition={"StringEquals": {f"{text}:sub": SUBJECT}})
    )
    assert decision.problem == "placeholder"
    assert trust(under("StringEquals", f"{text}:sub", SUBJECT)).problem == "placeholder"


def test_keys_named_twice() -> None:
    first, second = json.dumps(SUBJECT), json.dumps("system:serviceaccount:app:writer")

    def document(one: str, two: str) -> str:
        keys = f'"{SUB}": {one}, "{SUB}": {two}'
        principal = json.dumps({"Federated": PROVIDER})
        return (
            f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {principal}, '
            f'"Action": "{ACTION}", "Condition": {{"StringEquals": {{{keys}}}}}}}]}}'
        )

    for one, two in ((first, second), (second, first)):
        decision = trust(document(one, two))
        assert (decision.allowed, decision.problem) == (None, "duplicate-key")
        assert decision.path[-1] == SUB
        assert not [fault for fault in decision.faults if fault.problem == "subject-mismatch"]
    # of a document that was read before, only the paths of such keys are left
    (left,) = json.loads(document(first, second))["Statement"]
    decision = trust(left, duplicates=[("Statement", 0, "Condition", "StringEquals", SUB)])
    assert (decision.allowed, decision.problem) == (None, "duplicate-key")
    assert not [fault for fault in decision.faults if fault.problem == "subject-mismatch"]
    same = trust(document(first, first))
    assert (same.allowed, same.problem) == (True, None)
    assert "duplicate-key" in {lint.code for lint in same.lints}
    neither = trust(document(second, second))
    assert neither.problem == "subject-mismatch"


def test_without_the_provider_arn_the_issuer_is_compared() -> None:
    decision = trust(trust_statement(), provider_arn=None)
    assert decision.allowed is True
    assert decision.assumes
    assert trust(trust_statement(), provider_arn=None, role_account="123456789012").assumes == ()
    foreign = trust(trust_statement(), provider_arn=None, role_account="999999999999")
    assert foreign.problem == "provider-mismatch"
    assert foreign.difference.expected == PROVIDER.replace("123456789012", "999999999999")
    other = trust(trust_statement(), provider_arn=None, issuer=f"https://{HOST}/")
    assert other.problem == "provider-mismatch"
    assert other.difference.sentence == "they differ only by a trailing slash"


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [
        ({"subject": None}, ("subject",)),
        ({"provider_arn": None, "issuer": None}, ("provider",)),
    ],
)
def test_what_is_not_known_is_asked_for(hidden: dict[str, Any], missing: tuple[str, ...]) -> None:
    decision = trust(trust_statement(), **hidden)
    assert (decision.allowed, decision.problem, decision.missing) == (None, None, missing)


def test_an_unknown_audience_matters_only_where_it_is_tested() -> None:
    assert trust(trust_statement(), audiences=None).allowed is True
    decision = trust(trust_statement(Condition=BOTH), audiences=None)
    assert (decision.allowed, decision.missing) == (None, ("audience",))
    wrong = trust(trust_statement(Condition=BOTH), audiences=None, subject="x")
    assert (wrong.allowed, wrong.problem) == (False, "subject-mismatch")


def test_several_audiences() -> None:
    decision = trust(trust_statement(Condition=BOTH), audiences=["openshift", "sts.amazonaws.com"])
    assert decision.allowed is True
    assert decision.notes
    denied = under("StringNotEquals", AUD, "openshift")
    assert trust(denied, audiences=["openshift", "sts.amazonaws.com"]).allowed is None
    assert trust(trust_statement(Condition=BOTH), audiences=["a", "b"]).problem == "audience-mismatch"
    assert trust(trust_statement(Condition=BOTH), azp="sts.amazonaws.com").allowed is True


def test_a_deny_that_may_apply() -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}
    decision = trust(
        trust_statement(), {**deny, "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    )
    assert (decision.allowed, decision.problem, decision.statement) == (None, "extra-condition-unknown", 1)
    assert trust(trust_statement(), {**deny, "Principal": {"AWS": "arn:aws:iam::1:root"}}).allowed is True
    unless = {"Effect": "Deny", "NotPrincipal": {"Federated": PROVIDER}, "Action": "*"}
    assert trust(trust_statement(), unless).allowed is True
    with_values = trust(trust_statement(), {**deny, "Condition": {"StringEquals": {"aws:PrincipalArn": "x"}}})
    assert with_values.allowed is True


def test_extra_context_settles_a_condition() -> None:
    statement = under("IpAddress", "aws:SourceIp", "10.0.0.0/8")
    assert trust(statement, extra={"aws:SourceIp": "10.1.1.1"}).allowed is True
    outside = trust(statement, extra={"aws:SourceIp": "11.1.1.1"})
    assert (outside.allowed, outside.problem) == (False, "extra-condition-never")
    assert trust(under("DateGreaterThan", "aws:CurrentTime", "2020-01-01")).allowed is None


@pytest.mark.parametrize(
    "operator, date, allowed",
    [
        ("DateLessThan", "2024-03-01T00:00:00Z", False),
        ("DateLessThanEquals", "2024-03-01", False),
        ("DateEquals", "2024-03-01", False),
        ("DateNotEquals", "2024-03-01", True),
        ("DateGreaterThan", "2024-03-01T00:00:00Z", True),
        ("DateGreaterThanIfExists", "2024-03-01T00:00:00Z", True),
        ("DateLessThan", "2024-04-01T00:00:00Z", None),
        ("DateGreaterThan", "2024-04-01T00:00:00Z", None),
        ("DateGreaterThan", ["2024-03-01", "2024-04-01"], None),
        ("DateLessThan", "no date", None),
        ("DateLessThan", "20300101", None),
        ("DateGreaterThan", "20300101", None),
        ("NumericLessThan", "1709251200", None),
        ("StringLike", "*", True),
    ],
)
@pytest.mark.parametrize("key", ["aws:CurrentTime", "aws:EpochTime"])
def test_a_date_that_is_past_decides(operator: str, date: object, allowed: bool | None, key: str) -> None:
    now = datetime(2024, 3, 12, tzinfo=UTC)
    decision = trust(under(operator, key, date), now=now)
    assert decision.allowed is allowed
    if allowed is False:
        assert decision.problem == "extra-condition-never"
        assert "it is 2024-03-12T00:00:00Z or later" in decision.sentence


LINTS: list[tuple[dict[str, Any], str]] = [
    (trust_statement(Condition={}), "missing-subject-condition"),
    (under("StringLike", SUB, "*"), "subject-too-broad"),
    (under("StringNotEquals", SUB, "x"), "subject-too-broad"),
    (trust_statement(), "no-audience-condition"),
    (under("StringEquals", SUB, "a*"), "wildcard-without-like"),
    (under("ForAllValues:StringEquals", SUB, SUBJECT), "forall-on-single-valued"),
    (trust_statement(Action="sts:AssumeRole"), "not-web-identity-action"),
    (trust_statement(Principal={"AWS": "arn:aws:iam::1:root"}), "not-web-identity-principal"),
    (trust_statement(Resource="*"), "unsupported-element"),
    (under("StringEquals", SUB, [f"s{i:04}" * 10 for i in range(60)]), "too-long"),
    (under("StringNotEquals", "sts:ExternalId", "x"), "key-never-present"),
]


@pytest.mark.parametrize(("statement", "code"), LINTS, ids=[code for _, code in LINTS])
def test_remarks(statement: dict[str, Any], code: str) -> None:
    assert code in {lint.code for lint in trust(statement).lints}


def test_a_stale_statement_is_remarked_only_beside_one_that_works() -> None:
    old = trust_statement(Principal={"Federated": OTHER})
    assert "stale-statement" in {lint.code for lint in trust(old, trust_statement()).lints}
    assert "stale-statement" not in {lint.code for lint in trust(old).lints}


def test_differences_are_marked() -> None:
    found = difference("oidc.example.com/a", "oidc.example.com/A")
    assert found.sentence == "they differ only by case"
    assert found.expected_spans == ((17, 18),)
    assert difference("a", "a").expected_spans == ()
    assert difference("abc", "").sentence == "the text found is empty"
    assert difference("https://x", "x").sentence == "they differ only by the scheme https://"
    assert difference("abcdefgh", "abcdefgi").sentence == "they differ in 2 characters"


@pytest.mark.parametrize(
    ("operator", "value", "allowed"),
    [
        ("ForAllValues:StringEquals", "openshift", True),
        ("ForAllValues:StringLike", "open*", True),
        ("ForAnyValue:StringEquals", "openshift", True),
        ("ForAllValues:StringNotEquals", "openshift", None),
        ("ForAnyValue:StringNotEquals", "openshift", None),
        ("ForAllValues:StringEquals", "else", False),
    ],
)
def test_a_set_operator_over_several_audiences(operator: str, value: str, allowed: bool | None) -> None:
    both = ["openshift", "sts.amazonaws.com"]
    assert trust(under(operator, AUD, value), audiences=both).allowed is allowed


def test_a_deny_of_one_of_several_audiences_may_apply() -> None:
    deny = under("StringEquals", AUD, "sts.amazonaws.com") | {"Effect": "Deny"}
    both = ["openshift", "sts.amazonaws.com"]
    assert trust(trust_statement(), deny, audiences=both).allowed is None
    assert trust(trust_statement(), deny, audiences=["openshift"]).allowed is True
    assert trust(trust_statement(), deny, audiences=["sts.amazonaws.com"]).allowed is False
    of_any = under("StringLike", AUD, "*s*") | {"Effect": "Deny"}
    assert trust(trust_statement(), of_any, audiences=both).problem == "explicit-deny"


def test_the_arn_of_the_provider_is_no_key_of_it() -> None:
    decision = trust(under("StringEquals", f"{PROVIDER}:sub", SUBJECT))
    assert (decision.allowed, decision.problem) == (False, "condition-key-mismatch")
    assert (decision.expected, decision.found) == (SUB, f"{PROVIDER}:sub")


def test_a_variable_that_is_not_known_is_not_taken_for_the_subject() -> None:
    decision = trust(under("StringEquals", SUB, "system:serviceaccount:app:${aws:RequestTag/name}"))
    assert (decision.allowed, decision.problem, decision.missing) == (None, "extra-condition-unknown", ())
    assert "policy variable" in decision.sentence
