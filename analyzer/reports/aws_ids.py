"""The ids that AWS gives: of organizations and principals, and of what lies in an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from analyzer.findings.masked import KINDS
from analyzer.patterns import later

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# %3A and its like stand before what a URL carries encoded.
_BEGIN, _END = r"(?:(?<![\w.-])|(?<=%[0-9A-Fa-f]{2}))", r"(?![\w-])"
_OWNERS = (
    later(rf"{_BEGIN}o-[a-z0-9]{{10,32}}{_END}"),
    later(rf"{_BEGIN}ou-[a-z0-9]{{4,32}}-[a-z0-9]{{8,32}}{_END}"),
    later(rf"\bo-[a-z0-9]{{10,32}}/(r-[a-z0-9]{{4,32}}){_END}"),
    later(rf"[\"'](r-[a-z0-9]{{4,32}}){_END}"),
    later(rf"{_BEGIN}p-(?=[a-z]*\d)[a-z0-9]{{8,128}}{_END}"),
    later(rf"{_BEGIN}A(?:BIA|CCA|GPA|IDA|IPA|KIA|NPA|NVA|PKA|ROA|SCA|SIA)[A-Z0-9]{{16,28}}{_END}"),
)
"""Of an organization, its root, units and policies; of users, roles and access keys."""
_RESOURCES = (
    later(rf"{_BEGIN}[a-z]{{1,12}}(?:-[a-z]{{2,6}})?-[0-9a-f]{{17}}{_END}"),
    later(
        rf"{_BEGIN}(?:acl|ami|dopt|eipalloc|eni|i|igw|nat|rtb|sg|snap|subnet|vol|vpc|vpce)-[0-9a-f]{{8}}{_END}"
    ),
    later(rf"{_BEGIN}Z(?=[A-Z]*\d)[A-Z0-9]{{9,31}}{_END}"),
    later(rf"\bdistribution/(E[A-Z0-9]{{9,20}}){_END}"),
    later(rf"-distribution(?:-config)? --id[ =](E[A-Z0-9]{{9,20}}){_END}"),
    later(rf"(?i)(?:key|kms)[a-z_]*[\"'\\]*[:=/ ]{{1,3}}[\"'\\]*({_UUID}){_END}"),
    later(rf"{_BEGIN}mrk-[0-9a-f]{{32}}{_END}"),
    # a name that could be a service's is left: it would be replaced in the names of actions too
    later(r"\balias/(?!aws/)((?=[\w/]*-|[\w/]{6,}\d)[A-Za-z0-9_/-]{6,256})"),
)
"""Of machines and networks, hosted zones, distributions and keys of KMS."""
_NUMBERED = later(r"(ou|o|r|p)-[a-z0-9-]+|(A[A-Z]{3})[A-Z0-9]+|([a-z]{1,12}(?:-[a-z]{2,6})?)-[0-9a-f]{8,17}")


def aws_ids(text: str) -> Iterator[tuple[Literal["accounts", "resources"], str]]:
    """Yield the ids in a text, each with its class."""
    for pattern in _OWNERS:
        for value in pattern.findall(text):
            yield "accounts", value
    for pattern in _RESOURCES:
        for value in pattern.findall(text):
            yield "resources", value


def kind_of_id(value: str) -> str:
    """Say in a word what an id is of, as AWS begins it where it does: ``vpc``, ``ou``, ``AROA``, ``zone``."""
    if found := _NUMBERED.fullmatch(value):
        return found[1] or found[2] or (found[3] if found[3] in KINDS else "resource")
    return {"Z": "zone", "E": "distribution"}.get(value[0], "key")
