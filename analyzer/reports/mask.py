"""Pseudonyms for what identifies a customer: accounts, domains, clusters; the same in every format.

Values are found where their place says what they are (an ARN, a URL, the issuer, a role's name) and are
then replaced wherever they occur, also inside base64 and where an excerpt was cut in the middle of one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, get_args

from analyzer.errors import UsageProblem
from analyzer.findings.report import LINKS, Evidence, Report
from analyzer.frozen import frozen
from analyzer.patterns import later

from .inert import rewritten

Class = Literal["accounts", "domains", "clusters"]
CLASSES: tuple[Class, ...] = get_args(Class)

_OURS = frozenset({"rule", "link", "state", "kind", "severity", "recency", "fingerprint", "sha256", "stage"})
"""Fields that hold words of this program, or hashes."""

_ACCOUNT = later(r"(?<![A-Za-z0-9])(?!0{6})\d{12}(?![A-Za-z0-9])")
_HOST = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+"
_NAMED_HOSTS = (
    later(rf"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/\s\"'@]*@)?({_HOST})"),
    later(rf"oidc-provider/({_HOST})"),
    later(rf"({_HOST})(?:/[\w./-]*)?:(?:sub|aud|azp)\b"),
    later(rf"\blookup ({_HOST})"),
)
_BASE_DOMAIN = later(rf"(?i)(?<![\w.-])(?:\*\.)?(?:[\w-]+\.)*(?:api|api-int|apps)\.({_HOST})")
_BUCKETS = (
    later(r"\bs3://([A-Za-z0-9.-]+)"),
    later(r"\barn:[a-z-]+:s3:::([A-Za-z0-9.-]+)"),
    later(r"--bucket[ =]([A-Za-z0-9.-]+)"),
    later(r"://s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?/([A-Za-z0-9.-]+)"),
)
_PUBLIC = (
    "amazon.com", "cluster.local", "github.com", "ietf.org", "k8s.io", "kubernetes.io", "localhost",
    "oasis-open.org", "openshift.com", "openshift.io", "quay.io", "redhat.com", "svc",
)  # fmt: skip
"""Names under which no customer's host lies, or that every cluster has."""
_AWS = later(
    r"(?i)\.(?:amazonaws\.com(?:\.cn)?|api\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov|api\.amazonwebservices\.com\.cn)$"
)
_SERVICE = later(
    r"(?i)s3([.-].*)?|sts|iam|ec2|elb|elasticloadbalancing|oidc|eks|kms|route53|tagging|organizations|dualstack"
    r"|[a-z]{2}(-[a-z]+)+-\d"
)
_IP = later(r"[\d.]+")
_UUID = later(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INFRA = later(r"(.{2,})-[a-z0-9]{5}")
_BASE64 = later(r"[A-Za-z0-9+/_-]{16,}")
_CUT = ("…", "...")
_SHORTEST_PART = 4


@frozen
class Named:
    """One value, what it is called instead, and whether only whole words are replaced."""

    value: str
    pseudonym: str
    of: Class
    whole: bool


class Pseudonyms:
    """The names that values get; they stay the same over several reports, and over runs by a map file."""

    def __init__(self, classes: Iterable[Class]) -> None:
        self._classes = tuple(classes)
        self._named: dict[str, Named] = {}

    def mask(self, report: Report) -> Report:
        """Give a copy of a report without the values of the classes asked for."""
        for of, value, whole in _identifying(report):
            self._name(of, value, whole)
        change = self._changer()
        return _with_columns(report, change)

    def map_text(self) -> str:
        """Write the map as JSON: class, then pseudonym to value."""
        rows: dict[str, dict[str, str]] = {of: {} for of in self._classes}
        for named in self._named.values():
            rows[named.of][named.pseudonym] = named.value
        return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"

    def read_map(self, text: str, where: str) -> None:
        """Take the names of an earlier run, so that they stay the same. Raises UsageProblem."""
        try:
            value = json.loads(text)
            rows = [(of, p, v) for of in self._classes for p, v in value.get(of, {}).items()]
        except (ValueError, AttributeError, RecursionError):
            raise UsageProblem(
                f"{where} is no map of pseudonyms", do="Name a file that --mask-map wrote"
            ) from None
        for of, pseudonym, known in rows:
            if not (isinstance(known, str) and known and re.fullmatch(r"[\w.-]+", pseudonym)):
                raise UsageProblem(f"{where} is no map of pseudonyms", do="Name a file that --mask-map wrote")
            self._named[known.casefold()] = Named(known, pseudonym, of, _is_word(of, known))

    def _name(self, of: Class, value: str, whole: bool) -> None:
        if of not in self._classes or value.casefold() in self._named:
            return
        number = 1
        taken = {named.pseudonym for named in self._named.values()}
        while (pseudonym := _pseudonym(of, value, number)) in taken:
            number += 1
        self._named[value.casefold()] = Named(value, pseudonym, of, whole)

    def _changer(self) -> Callable[[str], str]:
        named = sorted(self._named.values(), key=lambda n: -len(n.value))
        if not named:
            return lambda text: text
        # the longest first: a cluster's name is often the beginning of its bucket's
        pattern = re.compile("|".join(_matching(n) for n in named), re.IGNORECASE)
        known = self._named

        def plain(text: str) -> str:
            return pattern.sub(lambda m: known[m[0].casefold()].pseudonym, text)

        def encoded(match: re.Match[str]) -> str:
            return "(masked)" if any(pattern.search(inner) for inner in _decoded(match[0])) else match[0]

        def change(text: str) -> str:
            if len(text) < 3:
                return text
            return _uncut(plain(_BASE64.sub(encoded, plain(text))), named)

        return change


def _matching(named: Named) -> str:
    inner = re.escape(named.value)
    return rf"(?<![A-Za-z0-9]){inner}(?![A-Za-z0-9])" if named.whole else inner


def _pseudonym(of: Class, value: str, number: int) -> str:
    if of == "accounts":
        return f"{number:012d}"
    if of == "clusters":
        return f"00000000-0000-0000-0000-{number:012d}" if _UUID.fullmatch(value) else f"cluster-{number}"
    return f"host-{number}.example" if "." in value else f"name-{number}"


def _decoded(text: str) -> Iterator[str]:
    """Read a run of base64 from each place where it may begin."""
    raw = text.replace("-", "+").replace("_", "/")
    for start in range(4):
        part = raw[start:]
        part = part[: len(part) - len(part) % 4] if len(part) % 4 == 1 else part + "=" * (-len(part) % 4)
        try:
            yield base64.b64decode(part).decode("latin-1")
        except (binascii.Error, ValueError):
            continue


def _uncut(text: str, named: list[Named]) -> str:
    """Take out what is left of a value at an end of a text that was cut."""
    for dots in _CUT:
        folded = text.casefold()
        if dots not in text:
            continue
        for value in (n.value.casefold() for n in named):
            for size in range(len(value) - 1, _SHORTEST_PART - 1, -1):
                if folded.startswith(dots + value[-size:]):
                    text = dots + text[len(dots) + size :]
                    folded = text.casefold()
                if folded.endswith(value[:size] + dots):
                    text = text[: len(text) - len(dots) - size] + dots
                    folded = text.casefold()
    return text


def _with_columns(report: Report, change: Callable[[str], str]) -> Report:
    """Change every string, and let the columns of quoted lines point at the same place as before."""

    def moved(piece: Evidence) -> Evidence:
        if not piece.column or piece.column > len(piece.excerpt):
            return piece
        return replace(piece, column=len(change(piece.excerpt[: piece.column - 1])) + 1)

    findings = tuple(replace(f, evidence=tuple(map(moved, f.evidence))) for f in report.findings)
    columns = [[piece.column for piece in f.evidence] for f in findings]
    masked = rewritten(report, change, keep=_OURS)
    return replace(
        masked,
        findings=tuple(
            replace(f, evidence=tuple(replace(p, column=c) for p, c in zip(f.evidence, cs, strict=True)))
            for f, cs in zip(masked.findings, columns, strict=True)
        ),
    )


# --- what identifies --------------------------------------------------------------------------


def _identifying(report: Report) -> Iterator[tuple[Class, str, bool]]:
    """Find the values of a report that identify a customer: class, value, whole words only."""
    texts = list(dict.fromkeys(_strings(report)))
    ours = _own_words(report)
    for value in _clusters(report):
        if not _is_ours(value, ours):
            yield "clusters", value, _is_word("clusters", value)
    for text in texts:
        for account in _ACCOUNT.findall(text):
            yield "accounts", account, False
        for host in _hosts(text):
            private = _private_part(host)
            if private and not _is_ours(private, ours):
                yield "domains", private, _is_word("domains", private)
        for pattern in _BUCKETS:
            for bucket in pattern.findall(text):
                if not _is_ours(bucket, ours):
                    yield "domains", bucket.strip(".-"), _is_word("domains", bucket)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        yield from _strings(tuple(value.values()))
    elif is_dataclass(value):
        for field in fields(value):
            if field.name not in _OURS and field.name != "references":
                yield from _strings(getattr(value, field.name))


def _is_word(of: Class, value: str) -> bool:
    """Tell whether a value is so plain that only whole words of a text may be it."""
    return of != "accounts" and (value.isalpha() or len(value) < 6)


def _own_words(report: Report) -> frozenset[str]:
    """The words of OpenShift and of this program in a report: a cluster may be named like one of them."""
    names = [*LINKS, "aws", "cluster", "openshift", "oidc", "cloud", "credentials", "example"]
    names += [name for c in report.chains for name in (c.id, c.request or "", c.operator or "")]
    names += [check.rule for c in report.chains for link in c.links for check in link.checks]
    return frozenset(word for name in names for word in re.split(r"[^a-z0-9]+", name.casefold()))


def _is_ours(value: str, ours: frozenset[str]) -> bool:
    return len(value) < 3 or all(word in ours for word in re.split(r"[^a-z0-9]+", value.casefold()))


def _clusters(report: Report) -> Iterator[str]:
    cluster = report.cluster
    for value in (cluster.id, cluster.infra_name):
        if value:
            yield value
    infra = _INFRA.fullmatch(cluster.infra_name or "")
    if infra:
        yield infra[1]
    for chain in report.chains:
        yield from _prefix(chain.role_arn.value or "", chain.id)
    host, _, path = (cluster.issuer or "").partition("://")[2].partition("/")
    yield from (part for part in path.split("/") if len(part) >= 8)
    bucket = _private_part(host) or ""
    if bucket.endswith("-oidc"):
        yield bucket.removesuffix("-oidc")


def _prefix(role: str, chain: str) -> Iterator[str]:
    """Give what ccoctl put before NAMESPACE-SECRET in a role's name, which it cuts to 64 characters."""
    name, tail = role.rpartition("/")[2], chain.replace("/", "-")
    for size in range(len(tail), 7, -1):
        if name.endswith("-" + tail[:size]):
            yield name[: -size - 1]
            return


def _hosts(text: str) -> Iterator[str]:
    if "." not in text:
        return
    yield from (host for match in _BASE_DOMAIN.finditer(text) for host in [match[1]] if not _is_file(host))
    for pattern in _NAMED_HOSTS:
        yield from pattern.findall(text)


def _is_file(host: str) -> bool:
    return host.rpartition(".")[2].casefold() in ("yaml", "yml", "json", "log", "txt", "io")


def _private_part(host: str) -> str | None:
    """Give what of a host's name is the customer's own; None where nothing is."""
    host = host.strip(".").casefold()
    if _IP.fullmatch(host) or any(host == name or host.endswith("." + name) for name in _PUBLIC):
        return None
    aws = _AWS.search(host)
    if aws:
        labels = host[: aws.start()].split(".")
        kept = next((n for n, label in enumerate(labels) if _SERVICE.fullmatch(label)), len(labels))
        return ".".join(labels[:kept]) or None
    if host.endswith(".cloudfront.net"):
        return host.removesuffix(".cloudfront.net")
    return host if "." in host else None
