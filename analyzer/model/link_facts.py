"""The few facts that a reader wants to see on each link of a chain, as short phrases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from analyzer.engine.facts import Fact, Facts, Subject, Unknown, lookup
from analyzer.findings.report import LINKS, LinkFact, Place
from analyzer.frozen import frozen
from analyzer.redact import redact

_LONGEST = 300
_MOST = 4
"""Elements of a list that are spelt out."""


@frozen
class _Row:
    """One fact on a link: ``none`` is what null is called (left out where empty), ``words`` are no and yes.

    ``always`` shows the fact also where it is not known.
    """

    link: str
    name: str
    fact: str
    none: str = ""
    words: tuple[str, str] = ("no", "yes")
    always: bool = False


_SHARED = (
    _Row("mode", "credentialsMode", "cluster.credentials_mode", always=True),
    _Row("mode", "STS in use", "cluster.sts", always=True),
    _Row("mode", "install-config", "cluster.install_mode", words=("", "")),
    _Row("provider", "provider", "provider.arn", none="none for this issuer", always=True),
    _Row("provider", "audiences", "provider.client_ids"),
    _Row("provider", "nearly right", "provider.near_difference"),
    _Row("issuer", "issuer", "cluster.issuer", always=True),
    _Row("issuer", "discovery", "discovery.error", none="answers", always=True),
    _Row("issuer", "jwks_uri", "discovery.jwks_uri"),
    _Row("keys", "key set", "jwks.error", none="answers", always=True),
    _Row("keys", "signs with", "keys.signing"),
    _Row("keys", "that key is published", "keys.signing_published"),
    _Row("keys", "published", "jwks.key_ids"),
    _Row("keys", "cluster's keys", "keys.cluster"),
)  # fmt: skip
"""Of the subject that all chains share: the provider's, which has the cluster's facts too."""

_OWN = (
    _Row("operator", "condition", "operator.unhealthy", none="available, not degraded", always=True),
    _Row("operator", "since", "operator.since"),
    _Row("operator", "DNS", "operator.dns_problem"),
    _Row("operator", "storage", "operator.storage_problem"),
    _Row("request", "CredentialsRequest", "chain.request"),
    _Row("request", "ServiceAccounts", "request.service_accounts", always=True),
    _Row("request", "in the release", "request.in_release"),
    _Row("secret", "Secret", "secret.present", words=("not there", "is there"), always=True),
    _Row("secret", "bytes", "secret.length"),
    _Row("secret", "length", "secret.length_fits", words=("does not fit the role", "fits the role")),
    _Row("secret", "role_arn", "secret.role_arn", none="absent"),
    _Row("workload", "pods", "workload.pods", always=True),
    _Row("workload", "run as", "workload.service_accounts"),
    _Row("workload", "token at", "workload.token_paths"),
    _Row("token", "sub", "request.subjects", always=True),
    _Row("token", "aud", "workload.audiences"),
    _Row("token", "kid", "keys.signing"),
    _Row("trust", "role", "role.name", always=True),
    _Row("trust", "policy names", "trust.found"),
    _Row("trust", "the call carries", "trust.expected"),
    _Row("trust", "admits", "trust.subjects_allowed", always=True),
    _Row("trust", "in the account", "role.exists"),
    _Row("permissions", "policies", "permissions.policies", always=True),
    _Row("permissions", "missing", "permissions.missing_summary"),
    _Row("permissions", "denied", "permissions.denied_summary"),
    _Row("permissions", "boundary", "permissions.boundary"),
)
_DEFAULTS = {"cluster.credentials_mode": "default (empty)", "cluster.issuer": "none (in-cluster default)"}
"""What an empty string is called."""


def link_facts(subjects: Iterable[Subject], chains: Collection[str]) -> tuple[LinkFact, ...]:
    """Give the facts to show, link by link: first those that all chains share, then chain by chain.

    ``chains`` are the ids of the chains that STS must serve; others have no facts of their own.
    """
    found: list[LinkFact] = []
    shared = True
    for subject in subjects:
        if subject.kind == "provider":
            if not shared:
                continue  # the same provider, asked about for other tokens
            shared = False
            rows = _SHARED if chains else _SHARED[:3]
            found += _facts(rows, subject.facts, None)
        elif subject.kind == "chain" and subject.name in chains:
            found += _facts(_OWN, subject.facts, subject.name)
            found += _errors(subject.facts, subject.name)
    return tuple(sorted(found, key=lambda f: (f.chain is not None, f.chain or "", LINKS.index(f.link))))


def _facts(rows: Iterable[_Row], facts: Facts, chain: str | None) -> Iterator[LinkFact]:
    for row in rows:
        fact = lookup(facts, row.fact)
        if isinstance(fact, Unknown):
            if row.always:
                yield LinkFact(row.link, chain, row.name, None, False, None)
            continue
        value = _phrase(row, fact.value)
        if value:
            yield LinkFact(row.link, chain, row.name, value, fact.derived, _origin(fact))


def _errors(facts: Facts, chain: str) -> Iterator[LinkFact]:
    """Say which errors the logs hold, the most frequent first."""
    scanned = lookup(facts, "logs.scanned")
    if not isinstance(scanned, Fact) or not scanned.value:
        yield LinkFact("operator", chain, "errors in logs", None, False, None)
        return
    counts: list[tuple[int, str, Fact]] = []
    for name, fact in facts.items():
        if name.startswith("logs.") and isinstance(fact, Fact) and isinstance(fact.value, Mapping):
            number = fact.value.get("count")
            counts.append((number if isinstance(number, int) else 1, name[5:].replace("_", "-"), fact))
    counts.sort(key=lambda entry: (-entry[0], entry[1]))
    if counts:
        text = ", ".join(f"{number} × {name}" for number, name, _ in counts)
        yield LinkFact("operator", chain, "errors in logs", text, False, _origin(counts[0][2]))
    else:
        yield LinkFact("operator", chain, "errors in logs", "none", False, None)


def _phrase(row: _Row, value: object) -> str:
    if value is None:
        return row.none
    if isinstance(value, bool):
        return row.words[value]
    if isinstance(value, list | tuple):
        return _listed(value)
    if value == "":
        return _DEFAULTS.get(row.fact, "")
    return _cut(redact(str(value)))


def _listed(values: list[object] | tuple[object, ...]) -> str:
    words = [_cut(redact(str(v))) for v in values if not isinstance(v, Unknown)]
    more = f" and {len(words) - _MOST} more" if len(words) > _MOST else ""
    return ", ".join(words[:_MOST]) + more if words else "none"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _origin(fact: Fact) -> Place | None:
    cite = fact.cites[0] if fact.cites else None
    return Place(cite.input, cite.file, cite.line) if cite else None
