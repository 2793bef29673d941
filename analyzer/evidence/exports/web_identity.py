"""The answer of ``aws sts assume-role-with-web-identity``: a sign-in that worked, with live keys in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analyzer.evidence.aws_records import SIGN_IN, CloudTrailEvent, LiveSecret
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Quote, Where
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, mapping, text

_SECRETS = ("SecretAccessKey", "SessionToken")


def _answer(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    keys = mapping(value.get("Credentials"))
    if any(isinstance(keys.get(name), str) for name in _SECRETS):
        at = where.at("Credentials")
        yield LiveSecret("temporary AWS keys", Quote(at.input, at.file, at.line, "(not shown)"))
    session = text(dig(value, "AssumedRoleUser", "Arn"))
    subject = text(value.get("SubjectFromWebIdentityToken"))
    if session is None or subject is None:
        return
    # When it was is not in the answer: the keys end between a quarter of an hour and twelve hours later.
    provider, audience = text(value.get("Provider")), text(value.get("Audience"))
    place = where.at("AssumedRoleUser", "Arn")
    role = _role_arn(session)
    yield CloudTrailEvent(SIGN_IN, "sts", None, None, "", role, subject, audience, provider, session, place)


def _role_arn(session: str) -> str | None:
    """Give the role's ARN of ``arn:aws:sts::<account>:assumed-role/<role>/<session>``, but for its path."""
    parts = session.split(":")
    names = parts[-1].split("/")
    if len(parts) != 6 or len(names) < 3:
        return None
    return f"arn:{parts[1]}:iam::{parts[4]}:role/{names[1]}"


SHAPES = (Shape("answer of STS", ("SubjectFromWebIdentityToken", "Credentials"), _answer),)
