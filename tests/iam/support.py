"""Short ways to write policies and requests in these tests, and the corpora beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from analyzer.iam.api import (
    Context,
    Decision,
    Document,
    Layers,
    Policy,
    Request,
    TrustDecision,
    decide,
    evaluate_trust,
    parse_policy,
)
from tests.data import DATA

HOST = "oidc.example.com/cluster"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
SUBJECT = "system:serviceaccount:app:reader"
ACTION = "sts:AssumeRoleWithWebIdentity"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "*", "Resource": "*", **elements}


def policy(*statements: Mapping[str, Any], version: str | None = "2012-10-17") -> Policy:
    document: dict[str, Any] = {"Statement": list(statements)}
    if version:
        document["Version"] = version
    parsed = parse_policy(document)
    assert isinstance(parsed, Policy), parsed
    return parsed


def outcome(
    *statements: Mapping[str, Any],
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::bucket/key",
    context: Mapping[str, object] | Context | None = None,
    version: str | None = "2012-10-17",
    **request: Any,
) -> str:
    known = context if isinstance(context, Context) else Context.of(context)
    layers = Layers(identity=(policy(*statements, version=version),))
    return decide(Request(action, resource, known, **request), layers).outcome


def decided(request: Request, *identity: Document, **layers: Any) -> Decision:
    return decide(request, Layers(identity=identity, **layers))


def condition_outcome(operator: str, key: str, values: object, context: object) -> str:
    return outcome(
        statement(Condition={operator: {key: values}}),
        context=context if isinstance(context, Context) else Context.of(context),  # type: ignore[arg-type]
    )


def trust_statement(**elements: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ACTION,
        "Condition": {"StringEquals": {f"{HOST}:sub": SUBJECT}},
        **elements,
    }


def trust(
    *statements: object, duplicates: Sequence[tuple[str | int, ...]] = (), **identity: Any
) -> TrustDecision:
    """Judge statements (or one document in text) for the token of these tests."""
    source: object = {"Version": "2012-10-17", "Statement": list(statements)}
    if len(statements) == 1 and isinstance(statements[0], str):
        source = statements[0]
    given: dict[str, Any] = {
        "provider_arn": PROVIDER,
        "issuer": f"https://{HOST}",
        "subject": SUBJECT,
        "audiences": ["openshift"],
        **identity,
    }
    return evaluate_trust(parse_policy(source, duplicates=duplicates), **given)


def corpus(name: str) -> list[dict[str, Any]]:
    file = DATA / "iam-corpus" / name / "cases.jsonl"
    if not file.is_file():
        pytest.skip(f"the corpus {name} is not here")
    return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
