"""What in a report identifies a customer: accounts, domains, clusters, addresses, resources of AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from ipaddress import ip_address
from itertools import chain, starmap
from typing import Any, Literal, get_args

from analyzer.aws_domains import ANY, SERVICE
from analyzer.findings.report import LINKS, Report
from analyzer.patterns import later
from analyzer.reports.aws_ids import aws_ids

Class = Literal["accounts", "domains", "clusters", "addresses", "resources"]
CLASSES: tuple[Class, ...] = get_args(Class)
OURS = frozenset({"rule", "link", "state", "kind", "severity", "recency", "fingerprint", "sha256", "stage"})
"""Fields that hold words of this program, or hashes."""
# %3A and its like stand before and behind what a URL carries encoded.
_ACCOUNT = later(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))(?!0{6})\d{12}(?![A-Za-z0-9])")
_HOST = r"[\w-]+(?:\.[\w-]+)+"
_NAMED_HOSTS = (
    later(rf"[A-Za-z][A-Za-z0-9+.-]*:\\{{0,4}}/\\{{0,4}}/(?:[^/\s\"'@]*@)?({_HOST})"),
    later(rf"(?i)(?:://|%3A%2F%2F)({_HOST})"),
    later(rf"(?i)oidc-provider(?:/|%2F)({_HOST})"),
    later(rf"(?<![\w./-])({_HOST}):\d{{2,5}}(?!\d)"),
    later(rf"({_HOST})(?:/[\w./-]*)?:(?:sub|aud|azp)\b"),
    later(rf"\blookup ({_HOST})"),
)
_CERTIFIED = later(r"certificate is valid for ([^\"\\]{1,2000}?)(?:, not |[\"\\]|$)")
_AUTHORITY = later(r"candidate authority certificate \\*\"([^\"\\]{3,200})")
_MAIL = later(rf"(?<![\w.+-])([\w.+-]{{1,64}}@{_HOST})")
_WITHIN = ("local", "internal", "corp", "lan", "intranet")
"""What the names of hosts end with that nobody registers."""
_BARE_HOST = later(
    r"(?i)(?<![\w./@-])((?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}"
    rf"(?:com|net|org|edu|gov|mil|{'|'.join(_WITHIN)}))\b(?![./]?[\w(]|-)"
)
"""A host of which nothing else says that it is one: what ends like a name of the internet or of a company."""
_ADDRESSES = (
    later(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\d)"),
    later(r"(?i)(?<![\w:.])((?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w:])"),
    later(r"\bip-(\d{1,3}(?:-\d{1,3}){3})\b"),  # as AWS calls its instances
)
_NO_MORE = r"(?![\w-]|\.example\b)"  # host-1.example is a pseudonym
_NODES = (
    later(r"/core/nodes/([\w-]+)(?:\.yaml|\.json|$)"),
    later(rf"\bsystem:node:([\w-]+){_NO_MORE}"),
    later(rf"(?i)\bnode(?:name)?\\*[\"']?[:=/ ]{{1,2}}\\*[\"']?(?=[\w-]*\d)([a-z][\w-]{{3,62}}){_NO_MORE}"),
)
"""How a node is named by its short name; in prose only what is no word."""
_MACHINE = later(r"(?i)(?!ip-\d|i-[0-9a-f]{8})(?=[a-z-]*\d)[a-z][\w-]*")
_BASE_DOMAIN = later(rf"(?i)(?<![\w.-])(?:\*\.)?(?:[\w-]+\.)*(?:api|api-int|apps)\.({_HOST})")
_BUCKETS = (
    later(r"\bs3://([A-Za-z0-9.-]+)"),
    later(r"\barn:[a-z-]+:s3:::([A-Za-z0-9.-]+)"),
    later(r"--bucket[ =]([A-Za-z0-9.-]+)"),
    # in prose only what looks like a name, not like a word
    later(r"\bbucket[ :=\"'\\]+([a-z.]*[-\d][a-z0-9.-]{2,62})(?![A-Za-z])"),
    later(rf"://s3[.-](?:[a-z0-9-]+\.)*(?:{SERVICE})/([A-Za-z0-9.-]+)"),
)
_PUBLIC = (
    "amazon.com", "cluster.local", "github.com", "golang.org", "ietf.org", "k8s.io", "kubernetes.io",
    "localhost", "oasis-open.org", "openshift.com", "openshift.io", "quay.io", "redhat.com", "svc",
)  # fmt: skip
"""Names under which no customer's host lies, or that every cluster has."""
_AWS = later(rf"(?i)\.(?:{ANY})$")
_SERVICE = later(
    r"(?i)s3([.-].*)?|sts|iam|ec2|elb|elasticloadbalancing|oidc|eks|kms|route53|tagging|organizations|dualstack"
    r"|[a-z]{2}(-[a-z]+)+-\d"
)
_FILES = ("yaml", "yml", "json", "log", "txt", "go", "py", "js", "java", "c", "cc", "rs", "headers")
_SHORTEST_OWNER = 5
_IP = later(r"[\d.]+")
_INFRA = later(r"(.{2,})-[a-z0-9]{5}")
_OTHERS = (
    later(r"\binfrastructure ([a-z0-9][a-z0-9-]*-[a-z0-9]{4,5})\b"),
    later(r"\bcluster ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"),
    later(r"\bhosted cluster ([a-z0-9.-]+)(?:,| \()"),
    later(r"/hosted(?:clusters|controlplanes)/([a-z0-9.-]+)\.(?:yaml|json)"),
)
"""How clusters are named that are not the report's own, and hosted ones by their second name."""


def identifying(report: Report) -> Iterator[tuple[Class, str, bool]]:
    """Find the values of a report that identify a customer: class, value, whole words only."""
    ours = _own_words(report)
    texts = {text: list(_hosts(text)) for text in _strings(report)}
    in_texts = chain.from_iterable(starmap(_in_text, texts.items()))
    for of, value in chain((("clusters", value) for value in _clusters(report)), in_texts):
        if of in ("accounts", "addresses") or not _is_ours(value, ours):
            yield of, value, is_word(of, value)
    for name in chain.from_iterable(starmap(_machines, texts.items())):
        if not _is_ours(name, ours):
            yield "domains", name, True


def _in_text(text: str, hosts: list[str]) -> Iterator[tuple[Class, str]]:
    yield from (("accounts", account) for account in _ACCOUNT.findall(text))
    yield from (("clusters", name) for name in _all(_OTHERS, text))
    for private in map(_private_part, hosts):
        yield from (("domains", name) for name in (private, _owner(private)) if name)
    yield from aws_ids(text)
    yield from (("addresses", address) for address in _addresses(text))
    yield from (("domains", name) for name in (*_MAIL.findall(text), *_AUTHORITY.findall(text)))
    yield from (("domains", bucket.strip(".-")) for bucket in _all(_BUCKETS, text))


def _machines(text: str, hosts: list[str]) -> Iterator[str]:
    """Give the short names of machines: of hosts that lie under no public name, and as logs name nodes."""
    private = (host.partition(".")[0] for host in hosts if _private_part(host) == host.casefold())
    return filter(_is_machine, chain(private, _all(_NODES, text)))


def _all(patterns: Iterable[re.Pattern[str]], text: str) -> Iterator[str]:
    return (value for pattern in patterns for value in pattern.findall(text))


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
            if field.name not in OURS and field.name != "references":
                yield from _strings(getattr(value, field.name))


def is_word(of: Class, value: str) -> bool:
    """Tell whether a value is so plain that only whole words of a text may be it."""
    if of == "accounts":
        return not value.isdigit()
    if of in ("addresses", "resources") or value.isalpha() or len(value) < 6:
        return True
    return of == "domains" and "-" in value and _is_machine(value)


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
    for one in report.chains:
        yield from _prefix(one.role_arn.value or "", one.id)
    host, _, path = (cluster.issuer or "").partition("://")[2].partition("/")
    # a long part, or one with a digit, is somebody's id; "oidc" and its like are nobody's
    yield from (p for p in path.split("/") if len(p) >= 8 or (len(p) > 2 and any(map(str.isdigit, p))))
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


def _owner(domain: str | None) -> str | None:
    """Give the label that a domain was registered by: it stands in names of files and folders too."""
    *labels, last = (domain or "").split(".")
    if last == "internal":  # what AWS calls its instances, and what nobody registers
        return None
    if len(labels) < 2 and last in _WITHIN:  # a machine's own name
        return None
    label = next((one for one in reversed(labels) if len(one) > len("com")), "")
    return label if len(label) >= _SHORTEST_OWNER else None


def _hosts(text: str) -> Iterator[str]:
    if "." not in text:
        return
    for names in _CERTIFIED.findall(text):
        yield from (name.strip().removeprefix("*.") for name in names.split(","))
    yield from (mail.rpartition("@")[2] for mail in _MAIL.findall(text))
    yield from (host for match in _BASE_DOMAIN.finditer(text) for host in [match[1]] if not _is_file(host))
    for pattern in (*_NAMED_HOSTS, _BARE_HOST):
        yield from (host for host in pattern.findall(text) if not _is_file(host))


def _is_machine(name: str) -> bool:
    """Tell whether a name without a domain is one of a machine: a number is in it, and no address."""
    return len(name) > 3 and _MACHINE.fullmatch(name) is not None and not _SERVICE.fullmatch(name)


def _addresses(text: str) -> Iterator[str]:
    """Give the addresses in a text but those that every machine has."""
    for pattern in _ADDRESSES:
        for found in pattern.findall(text):
            try:
                address = ip_address(found.replace("-", "."))
            except ValueError:
                continue
            if not (address.is_loopback or address.is_unspecified or address.is_link_local):
                yield found.replace("-", ".")


def _is_file(host: str) -> bool:
    return host.rpartition(".")[2].casefold() in _FILES


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
