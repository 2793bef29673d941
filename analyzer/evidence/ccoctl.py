"""What ``ccoctl aws`` writes: inputs of AWS calls that were never made, and manifests.

A dry run leaves the JSON input of each call beside the output of none of them. What such a file
says is planned: it is never in the account because of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from analyzer.evidence.records import Json
from analyzer.patterns import later

PLACEHOLDER_LINE = "POPULATE ROLE ARN AND DELETE THIS LINE"
"""Last line of a Secret manifest of a dry run: it makes the file invalid YAML on purpose."""

_MADE_BY_AWS = frozenset({"Arn", "RoleId", "CreateDate"})
_PLANNED_NAME = later(r"(?:^|/)0[23]-(?:openid-configuration|keys\.json)$")
_BARE_PLACEHOLDER = later(rb"^" + PLACEHOLDER_LINE.encode("ascii") + rb"[ \t]*\r?$", re.MULTILINE)


def is_planned_file(path: str) -> bool:
    """Tell the dry run's discovery document and key set, which only their names show as planned."""
    return _PLANNED_NAME.search(path) is not None


def is_create_role_input(value: Mapping[str, Json]) -> bool:
    """Tell a CreateRole input: a role that has neither ARN nor id, its trust policy as plain JSON text."""
    return _is_json_text(value.get("AssumeRolePolicyDocument")) and not _MADE_BY_AWS & value.keys()


def is_put_role_policy_input(value: Mapping[str, Json]) -> bool:
    """Tell a PutRolePolicy input from get-role-policy's output, which has the same keys.

    The input holds plain JSON text; the output an object, or URL-encoded text.
    """
    return _is_json_text(value.get("PolicyDocument"))


def is_create_provider_input(value: Mapping[str, Json]) -> bool:
    """Tell a CreateOpenIDConnectProvider input: its URL has a scheme, which an export never shows."""
    url = value.get("Url")
    return isinstance(url, str) and "://" in url and "CreateDate" not in value


def mend_manifest(data: bytes) -> bytes:
    """Make a dry run's Secret manifest readable: the placeholder line becomes a key without a value.

    The object then holds ``PLACEHOLDER_LINE`` as a key at its top, on the line where it stands.
    """
    return _BARE_PLACEHOLDER.sub(PLACEHOLDER_LINE.encode("ascii") + b":", data)


def _is_json_text(document: Json) -> bool:
    return isinstance(document, str) and document.lstrip().startswith("{")
