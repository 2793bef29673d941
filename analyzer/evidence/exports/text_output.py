"""Answers of the AWS CLI as text or table, which cannot be read back, and ccoctl's own messages."""

from __future__ import annotations

import re

from analyzer.evidence.aws_records import RoleAssignment
from analyzer.evidence.origin import Quote
from analyzer.patterns import later

_TABLE = later(
    rb"\A\s*-{8,}\r?\n\|[ \t]*(?:Get|List|Simulate|Describe|Lookup)[A-Z]\w+[ \t]*\|\r?\n", re.ASCII
)
_TEXT = later(
    rb"\A(?:(?:ROLE|ROLES|ROLEDETAILLIST|ASSUMEROLEPOLICYDOCUMENT|OPENIDCONNECTPROVIDERLIST|CLIENTIDLIST"
    rb"|THUMBPRINTLIST|ATTACHEDPOLICIES|POLICYNAMES|POLICYDOCUMENT|POLICYVERSION|POLICY|POLICIES|STATEMENT"
    rb"|EVALUATIONRESULTS|EVENTS|TAGS)(?:\t[^\n]*)?\r?\n)+",
    re.ASCII,
)
_DESCRIBED = later(
    rb"\s*Name:[ \t]{2,}\S[^\n]*\n(?:Namespace|Labels|Display Name|Priority|Roles?|Created|Description):[ \t]"
)
_OC_TABLE = later(rb"\s*(?:NAMESPACE {2,})?(?:NAME|LAST SEEN) {2,}[A-Z][A-Z ()/-]{1,400}\r?\n")
_CCOCTL = later(
    rb"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:Role|Existing role|Updated Role policy for Role) "
    rb"(arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,200})\b[^\n]*",
    re.MULTILINE,
)
_MOST = 500

CANNOT_BE_READ = (
    "output of the AWS CLI as text or a table cannot be read back: save it again with --output json"
)


OF_OC = "what oc describe, or oc get without -o, prints for people is not read: save the objects with -o yaml"


def is_oc_text(data: bytes) -> bool:
    """Tell what ``oc describe`` and the tables of ``oc get`` begin with."""
    return _DESCRIBED.match(data) is not None or _OC_TABLE.match(data) is not None


def is_cli_text(data: bytes) -> bool:
    """Tell ``--output text`` and ``--output table`` by their first lines."""
    return _TABLE.match(data) is not None or _TEXT.match(data) is not None


def read_ccoctl(input_id: str, path: str, data: bytes) -> list[object]:
    """Read the roles that ccoctl says it made or found; [] for any other text."""
    found: list[object] = []
    for match in _CCOCTL.finditer(data):
        if len(found) == _MOST:
            break
        line = data.count(b"\n", 0, match.start()) + 1
        arn = match[1].decode("ascii")
        quote = Quote(input_id, path, line, match[0].decode("utf-8", "replace")[:300])
        found.append(RoleAssignment(None, None, arn, "ccoctl", quote))
    return found
