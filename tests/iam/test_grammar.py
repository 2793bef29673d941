"""What AWS refuses to store, in its words."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.iam import grammar
from analyzer.iam.grammar import validate_document
from tests.iam.support import statement, trust_statement


def document(*statements: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **top}


def reasons(source: object, **kind: Any) -> list[str]:
    return [problem.reason for problem in validate_document(source, **kind)]


def test_what_is_accepted() -> None:
    assert reasons(document(statement())) == []
    assert reasons(document(trust_statement()), kind="trust") == []
    assert reasons({"Statement": statement()}, kind="inline") == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("not json", grammar.SYNTAX),
        ([], grammar.SYNTAX),
        ({"Version": "2012-10-17"}, grammar.SYNTAX),
        ({"Version": "2012-10-18", "Statement": statement()}, grammar.SYNTAX),
        ({"Statement": statement()}, grammar.OLD_VERSION),
        (document(), grammar.SYNTAX),
        (document(statement(), Id=1), grammar.SYNTAX),
        (document(statement(Effect="allow")), grammar.LEGACY),
        (document(statement(Action="GetObject")), grammar.NO_VENDOR),
        (document(statement(Action="s3:Get:Object")), grammar.ONE_COLON),
        (document(statement(Action=[])), grammar.NO_ACTIONS),
        (document(statement(Resource=[])), grammar.NO_RESOURCES),
        (document(statement(Principal="*")), grammar.HAS_PRINCIPAL),
        (document(statement(Sid="a"), statement(Sid="a")), grammar.SAME_SID),
        (document(statement(Condition={"DateLessThan": {"a:b": "soon"}})), grammar.LEGACY),
        (document(statement(Resource="bucket")), 'Resource bucket must be in ARN format or "*".'),
    ],
)
def test_what_is_refused(source: object, reason: str) -> None:
    assert reason in reasons(source)


def test_a_trust_policy_names_principals_and_no_resources() -> None:
    assert reasons(document(trust_statement(Resource="*")), kind="trust") == [grammar.HAS_RESOURCE]
    assert reasons(document({"Effect": "Allow", "Action": "sts:*"}), kind="trust") == [grammar.NO_PRINCIPAL]
