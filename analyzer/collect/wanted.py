"""What is missing turned into calls of the script: one function of ``collect.sh`` with its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from analyzer.aws_domains import DNS_SUFFIXES
from analyzer.findings.regional import REGION, region_apart
from analyzer.findings.report import Missing, Report
from analyzer.frozen import frozen

NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""What Kubernetes takes as the name of an object or namespace (RFC 1123)."""

ROLE = re.compile(r"[\w+=,.@][\w+=,.@-]{0,63}", re.ASCII)
"""What IAM takes as the name of a role, less names that begin like an option."""

_KIND = re.compile(r"[a-z0-9]+(?:\.[a-z0-9-]+)*")
_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?:\d{12}|aws):[a-z-]+/[\x21-\x7e]{1,600}")
_URL = re.compile(r"https://[A-Za-z0-9][\x21-\x7e]{0,1000}")
_SHELL_SIGNS = re.compile(r"[\s'\"`$\\;&|<>(){}*?!#~\[\]^]")

_Words = tuple[str, tuple[str, ...]]
"""A function of the script and its arguments."""

INSTALL_CONFIG = "kube-system/cluster-config-v1"


@frozen
class Call:
    """One function of the script and its arguments, and the evidence that it brings."""

    function: str
    arguments: tuple[str, ...]
    evidence: tuple[str, ...]


@frozen
class Plan:
    """What the script will do: ``promised`` is closed by it, ``left`` it cannot collect.

    ``region`` is a Region of the account's partition, where IAM is not the one that aws asks by itself.
    """

    calls: tuple[Call, ...]
    promised: tuple[Missing, ...]
    left: tuple[Missing, ...]
    region: str = ""


def plan(report: Report) -> Plan:
    """Give the calls that settle what a report misses, the most decisive first.

    A name, ARN or URL that could not be one, such as a hostile input may hold, goes into no call: what
    it belongs to is left to be asked for by hand.
    """
    found: dict[_Words, list[str]] = {}
    promised: list[Missing] = []
    left: list[Missing] = []
    for item in report.missing:
        call = _call(item.evidence, report)
        if call is None:
            left.append(item)
            continue
        promised.append(item)
        found.setdefault(call, []).append(item.evidence)
    if promised:
        for extra in _beside(report, list(found)):
            found.setdefault(extra, [])
    calls = tuple(Call(function, args, tuple(keys)) for (function, args), keys in found.items())
    region = region_apart(report.cluster.partition, report.cluster.region)
    return Plan(calls, tuple(promised), tuple(left), region or "")


def _call(evidence: str, report: Report) -> _Words | None:
    kind, _, rest = evidence.partition(":")
    make = _CALLS.get(kind)
    return make(rest, report) if make else None


_Maker = Callable[[str, Report], _Words | None]


def _plain(function: str) -> _Maker:
    return lambda rest, report: (function, ())


def _of(function: str, pattern: re.Pattern[str]) -> _Maker:
    return lambda rest, report: (function, (rest,)) if _safe(rest, pattern) else None


def _in_namespace(function: str) -> _Maker:
    def make(rest: str, report: Report) -> _Words | None:
        namespace, _, name = rest.partition("/")
        good = _safe(namespace, NAME) and _safe(name, NAME)
        return (function, (namespace, name)) if good else None

    return make


def _configmap(rest: str, report: Report) -> _Words | None:
    return ("install_config", ()) if rest == INSTALL_CONFIG else _in_namespace("configmap")(rest, report)


def _inspect(rest: str, report: Report) -> _Words | None:
    namespace = rest.partition("/")[0]
    return ("inspect", (namespace,)) if _safe(namespace, NAME) else None


def _issuer(rest: str, report: Report) -> _Words | None:
    issuer = report.cluster.issuer or ""
    return ("issuer", (issuer, _sts_host(report))) if _safe(issuer, _URL) else None


def _sts_host(report: Report) -> str:
    """Name a host that everybody reaches who reaches AWS at all, to tell the issuer's fault from our own."""
    region = report.cluster.region or ""
    if not _safe(region, REGION):
        return "sts.amazonaws.com"
    suffix = DNS_SUFFIXES.get(report.cluster.partition or "", DNS_SUFFIXES["aws"])
    return f"sts.{region}.{suffix}"


def _providers(rest: str, report: Report) -> _Words:
    return "providers", (_expected_provider(report),)


def _expected_provider(report: Report) -> str:
    """Give the ARN of the provider that the roles' account should have; "" where it is not known."""
    issuer, partition = report.cluster.issuer or "", report.cluster.partition
    accounts = {c.role_arn.value.split(":")[4] for c in report.chains if c.role_arn.value and
                c.role_arn.value.count(":") >= 5}  # fmt: skip
    if len(accounts) != 1 or not partition or not issuer.startswith("https://"):
        return ""
    arn = f"arn:{partition}:iam::{accounts.pop()}:oidc-provider/{issuer.removeprefix('https://')}"
    return arn if _safe(arn, _ARN) else ""


_CALLS: dict[str, _Maker] = {
    "secret-value": _in_namespace("secret_value"),
    "role": _of("role", ROLE),
    "role-policies": _of("role", ROLE),
    "roles": _plain("roles"),
    "policy": _of("policy", _ARN),
    "oidc-providers": _providers,
    "oidc-provider": _providers,
    "discovery": _issuer,
    "jwks": _issuer,
    "config": _of("config", _KIND),
    "configmap": _configmap,
    "namespace": _inspect,
    "objects": _inspect,
    "logs": _inspect,
    "namespaces": lambda rest, report: ("config", ("namespaces",)),
    "credentialsrequests": _plain("requests"),
}
"""The function of the script for each kind of evidence. The release's requests are in no cluster."""


def _safe(value: str, pattern: re.Pattern[str]) -> bool:
    """Tell a value that may stand in a command: of its own form, and without a sign of the shell's."""
    return pattern.fullmatch(value) is not None and not _SHELL_SIGNS.search(value)


def _beside(report: Report, calls: Collection[_Words]) -> Iterable[_Words]:
    """What is needed next, and what corroborates: the account, tokens and sign-ins of chains that fail."""
    unread = {args[0] for function, args in calls if function == "inspect"}
    for chain in report.chains:
        namespace, _, secret = chain.id.partition("/")
        # what its Secrets hold is asked for only once the Secrets themselves were seen
        if namespace in unread and _safe(secret, NAME):
            yield "secret_value", (namespace, secret)
    troubled = [c for c in report.chains if c.verdict.state in ("fail", "suspected")]
    for chain in troubled:
        namespace = chain.id.partition("/")[0]
        for account in chain.service_accounts[:1]:
            if _safe(namespace, NAME) and _safe(account, NAME):
                yield "token", (namespace, account)
    if {function for function, _ in calls} & {"role", "roles", "providers", "policy"}:
        yield "identity", ()
        region = report.cluster.region or ""
        if troubled and _safe(region, REGION):
            yield "sign_ins", (region,)
