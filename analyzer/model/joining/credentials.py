"""The credentials value of a Secret: what its text says, and what its length alone can tell.

Producers and their templates: openshift/cloud-credential-operator pkg/aws/actuator/actuator.go and
pkg/cmd/provisioning/aws/create-iam-roles.go; openshift/hypershift hostedclusterconfigoperator.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from analyzer.frozen import frozen
from analyzer.patterns import later

OPENSHIFT_TOKEN = "/var/run/secrets/openshift/serviceaccount/token"  # noqa: S105  (a path)
KUBERNETES_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105  (a path)

STATIC_LENGTH = 115
"""Bytes of the credentials value that holds a long-lived key: ids have 20, keys 40 characters."""

_PLACEHOLDER = later(
    r"POPULATE ROLE ARN AND DELETE THIS LINE|<[A-Za-z][\w -]*>|[%$]\{[A-Za-z_]+\}|(?<==)\s*whatever\s*$"
    r"|\b(?:CHANGE|REPLACE)[_-]?ME\b",
    re.MULTILINE,
)
_DEFAULT = later(r"^[ \t]*\[[ \t]*default[ \t]*\][ \t\r]*(?:[#;].*)?$", re.MULTILINE)
_NAMED_DEFAULT = later(r"^[ \t]*\[[ \t]*profile[ \t]+default[ \t]*\][ \t\r]*(?:[#;].*)?$", re.MULTILINE)
_HEADER = later(r"[ \t]*\[.*\][ \t\r]*(?:[#;].*)?$")
_KEY = later(r"[ \t]*([A-Za-z_]+)[ \t]*[=:][ \t]*")
_REMARK = later(r"(?<![^ \t\n])[#;].*$", re.MULTILINE)
"""A remark, on a line of its own or behind a blank: the SDKs for Go leave it out."""
_ORDER_MARK = "\ufeff"


@frozen
class Template:
    """One way in which a credentials value is written."""

    name: str
    regional: bool
    text: str

    def length(self, arn_length: int, token_path: str, region: str) -> int:
        """Byte length of the value for an ARN of that length."""
        return len(self.text.format(arn="", path=token_path, region=region)) + arn_length


CCOCTL = Template(
    "ccoctl",
    True,
    "[default]\nsts_regional_endpoints = regional\nrole_arn = {arn}\nweb_identity_token_file = {path}",
)
"""What ccoctl writes, and the credential operator too."""

TEMPLATES = (
    CCOCTL,
    Template(
        "ccoctl before sts_regional_endpoints",
        False,
        "[default]\nrole_arn = {arn}\nweb_identity_token_file = {path}",
    ),
    Template(
        "hosted control planes",
        True,
        "[default]\nrole_arn = {arn}\nweb_identity_token_file = {path}\n"
        "sts_regional_endpoints = regional\nregion = {region}\n",
    ),
)
"""Known templates; a trailing newline or a region line more is harmless."""


@frozen
class Fit:
    """A template that a byte length fits, with the token path that it was computed with."""

    template: Template
    token_path: str


def fitting(length: int, arn_length: int, token_paths: Iterable[str], region: str) -> list[Fit]:
    """Give the templates whose byte length for an ARN of ``arn_length`` is ``length``."""
    return [
        Fit(template, path)
        for template in TEMPLATES
        for path in token_paths
        if length - template.length(arn_length, path, region) in _variants(region)
    ]


def surplus(length: int, arn_length: int, token_paths: Iterable[str], region: str) -> int | None:
    """Give the fewest bytes beyond a template with which ``length`` fits it; None where it fits none."""
    paths = list(token_paths)
    return min(
        (length - f.template.length(arn_length, f.token_path, region)
         for f in fitting(length, arn_length, paths, region)),
        default=None,
    )  # fmt: skip


def fitting_arns(length: int, token_paths: Iterable[str], region: str) -> set[int]:
    """Give the lengths of an ARN with which a value of ``length`` bytes fits a template."""
    return {
        length - template.length(0, path, region) - variant
        for template in TEMPLATES
        for path in token_paths
        for variant in _variants(region)
    }


def written_as(
    length: int, arn_length: int, token_paths: Iterable[str], region: str
) -> frozenset[tuple[str, int]]:
    """Give the templates, each with the bytes beyond it, in which a value of ``length`` may be written."""
    paths = list(token_paths)
    return frozenset(
        (fit.template.name, length - fit.template.length(arn_length, fit.token_path, region))
        for fit in fitting(length, arn_length, paths, region)
    )


def _variants(region: str) -> set[int]:
    """Give the bytes that a value may have beyond its template: a line break, a region line, both."""
    line = len(f"\nregion = {region}")
    return {0, 1, line, line + 1}


def fits_with_returns(length: int, arn_length: int, token_paths: Iterable[str], region: str) -> bool:
    """Tell whether the byte length is a template's whose lines end as in a file of Windows."""
    return any(
        length == len(text.replace("\n", "\r\n")) + arn_length
        for template in TEMPLATES
        for path in token_paths
        for end in ("", "\n")
        for text in (template.text.format(arn="", path=path, region=region) + end,)
    )


def expected_lengths(arn_length: int, token_paths: Iterable[str], region: str) -> list[int]:
    """Give the byte lengths, without variants, that an ARN of that length leads to."""
    return sorted({t.length(arn_length, path, region) for t in TEMPLATES for path in token_paths})


def default_length(arn_length: int) -> int:
    """Give the byte length of what the credential operator writes for a request that names no token path."""
    return CCOCTL.length(arn_length, KUBERNETES_TOKEN, "")


EMPTY_LENGTHS = frozenset(t.length(0, OPENSHIFT_TOKEN, "") for t in TEMPLATES[:2])
"""Byte lengths that prove an empty role_arn."""


@frozen
class Credentials:
    """A readable credentials value; fields are None where the text does not have them."""

    role_arn: str | None
    token_path: str | None
    regional: bool
    profile: bool
    named_profile: bool
    """The section is ``[profile default]``, which counts in a config file, and not in a credentials file."""
    placeholder: str | None
    static: bool
    malformations: tuple[str, ...]


def read_credentials(text: str) -> Credentials:
    """Read an AWS config file as the SDKs for Go do, and note what some SDK would stumble over.

    Of a key that stands there twice the last counts (aws-sdk-go internal/ini, aws-sdk-go-v2 internal/ini).
    """
    malformations = list(_malformations(text))
    text = text.removeprefix(_ORDER_MARK)
    raw: dict[str, str] = {}
    for line in _default_profile(text):
        remark = _REMARK.search(line)
        said = line[: remark.start()].rstrip(" \t") if remark else line
        if key := _KEY.match(said):
            raw[key[1].lower()] = said[key.end() :]
    for name in ("role_arn", "web_identity_token_file"):
        malformations += _oddities(name, raw.get(name, ""), returns="\r" in text)
    settings = {name: value.strip().strip("\"'") for name, value in raw.items()}
    return Credentials(
        role_arn=settings.get("role_arn") or None,
        token_path=settings.get("web_identity_token_file") or None,
        regional=settings.get("sts_regional_endpoints", "").lower() == "regional",
        profile=_DEFAULT.search(text) is not None,
        named_profile=_NAMED_DEFAULT.search(text) is not None,
        placeholder=placeholder_in(text),
        static="aws_access_key_id" in settings,
        malformations=tuple(malformations),
    )


def _oddities(key: str, value: str, *, returns: bool) -> Iterable[str]:
    """Yield what is odd about a value as it is written; blanks before a line end of Windows are that."""
    if value.strip()[:1] in tuple("\"'"):
        yield f"{key} is in quotes, which some SDKs take as part of the value"
    if value.strip() and value != value.rstrip(" \t") and not returns:
        yield f"{key} has trailing blanks"


def placeholder_in(text: str) -> str | None:
    """Give what stands in a credentials value for an ARN that somebody was to fill in."""
    found = _PLACEHOLDER.search(_REMARK.sub("", text))
    return found[0].strip() if found else None


def _default_profile(text: str) -> Iterable[str]:
    """Yield the lines that are not of another profile; all of them where there is no ``[default]``."""
    header = next((one for one in (_DEFAULT, _NAMED_DEFAULT) if one.search(text)), None)
    ours = True
    for line in text.splitlines():
        if header and _HEADER.match(line):
            ours = header.match(line) is not None
        if ours:
            yield line


def _malformations(text: str) -> Iterable[str]:
    if "\r" in text:
        yield "lines end with CR LF"
    if text.startswith(_ORDER_MARK):
        yield "it begins with a byte order mark, which hides [default] from some SDKs"
    if "=" in text.strip().rstrip("=") or "[" in text:
        return
    try:
        inner = base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        inner = ""
    if "role_arn" in inner or "[default]" in inner:
        yield "it is base64 twice"
    elif text.strip():
        yield "it holds no settings of an AWS config file"
