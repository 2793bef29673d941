"""Facts about the Secret of a chain: what it says where it is readable, what its length tells else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Where
from analyzer.frozen import frozen
from analyzer.model.asks import Asks
from analyzer.model.aws import parse_role_arn
from analyzer.model.chains import Chain
from analyzer.model.cluster import Facts
from analyzer.model.credentials import (
    EMPTY_LENGTHS,
    KUBERNETES_TOKEN,
    OPENSHIFT_TOKEN,
    Credentials,
    expected_lengths,
    fitting,
)
from analyzer.model.objects import known
from analyzer.model.workloads import token_paths

_TEXT_FACTS = (
    "role_arn_missing",
    "role_arn",
    "placeholder",
    "profile_header",
    "malformations",
    "arn_wellformed",
    "arn_partition",
    "arn_account",
    "arn_role_name",
    "arn_name_length",
    "token_path",
    "token_path_mounted",
    "regional",
    "foreign",
)
_PRESENT_FACTS = (
    "keys",
    "credentials_key",
    "static_keys",
    "readable",
    "length",
    "length_fits",
    "length_expected",
    "length_other_role",
    "peers_fit",
    "copy_differs",
    "changed_after_pods",
)


@frozen
class LengthVerdict:
    """What the byte length says about the role that the Secret was made for."""

    fits: bool | None
    expected: list[int]
    other_role: str | None = None
    template_regional: bool | None = None
    token_path: str | None = None
    """The only token path with which the length fits."""


def judge_length(
    chain: Chain, role_arn: str | None, all_arns: Mapping[str, str], region: str
) -> LengthVerdict:
    """Compare the elided length with what the ARN of the chain's role leads to.

    ``all_arns`` maps the ARNs of other chains' roles to their chain id.
    """
    if role_arn is None or chain.length is None:
        return LengthVerdict(None, [])
    paths = known_paths(chain)
    fits = fitting(chain.length, len(role_arn), paths, region)
    expected = expected_lengths(len(role_arn), paths, region)
    if fits:
        regional, fitted = {fit.template.regional for fit in fits}, {fit.token_path for fit in fits}
        return LengthVerdict(
            True,
            expected,
            None,
            regional.pop() if len(regional) == 1 else None,
            fitted.pop() if len(fitted) == 1 else None,
        )
    if not region:  # a template names it
        return LengthVerdict(None, expected)
    other = next(
        (
            arn
            for arn, owner in all_arns.items()
            if owner != chain.id and fitting(chain.length, len(arn), [OPENSHIFT_TOKEN], region)
        ),
        None,
    )
    return LengthVerdict(False, expected, other)


def known_paths(chain: Chain) -> list[str]:
    """Give the token paths that a Secret of this chain may name.

    The credential operator's own default is among them only where it makes the Secret itself, for a
    request that names its role: elsewhere such a length is another role's.
    """
    request = chain.request
    paths = [OPENSHIFT_TOKEN, *token_paths(chain.workloads)]
    if request is not None and request.token_path:
        paths.append(request.token_path)
    if brokered(chain):
        paths.append(KUBERNETES_TOKEN)
    return list(dict.fromkeys(paths))


def brokered(chain: Chain) -> bool:
    """Tell whether the credential operator makes the Secret, from a role that the request names."""
    return chain.in_cluster is not None and chain.in_cluster.sts_role_arn is not None


def secret_facts(
    chain: Chain,
    evidence: Evidence,
    asks: Asks,
    verdict: LengthVerdict,
    *,
    peers_fit: bool | None,
    provider_account: Fact | Unknown,
    foreign: Fact | Unknown,
    elsewhere: Sequence[tuple[str, Cite]],
    copy: Fact | Unknown,
) -> Facts:
    """Give the ``secret.*`` facts of a chain."""
    facts: Facts = {"secret.provider_account": provider_account}
    gathered = evidence.has_list("Secret", chain.namespace) and not chain.gated
    seen = chain.secret is not None or chain.secret_name in evidence.seen("Secret", chain.namespace)
    if not seen:
        absent: Fact | Unknown = asks.namespace(chain.namespace, "Secrets")
        if chain.gated:
            absent = asks.config("clusterversions.config.openshift.io")
        facts["secret.present"] = known(False) if gathered else absent
        facts["secret.elsewhere"] = (
            known([place for place, _ in elsewhere], *(cite for _, cite in elsewhere)) if gathered else absent
        )
        blank: Fact | Unknown = known(None) if gathered else absent
        return facts | {f"secret.{name}": blank for name in (*_TEXT_FACTS, *_PRESENT_FACTS)}
    if chain.secret is None:
        unread: Fact | Unknown = asks.namespace(chain.namespace, "Secrets")
        facts |= {f"secret.{name}": unread for name in (*_TEXT_FACTS, *_PRESENT_FACTS)}
        return facts | {"secret.present": known(True), "secret.elsewhere": known([])}
    where = chain.secret.where
    keys = list(chain.secret.values)
    readable = chain.credentials is not None
    data = where.at("data", "credentials")
    facts |= {
        "secret.present": known(True, where),
        "secret.elsewhere": known([]),
        "secret.keys": known(keys, where.at("data")),
        "secret.credentials_key": known("credentials" in keys, where.at("data")),
        "secret.static_keys": known(bool(chain.static_keys), where.at("data")),
        "secret.readable": known(readable, where),
        "secret.length": known(chain.length, data),
        "secret.peers_fit": known(bool(peers_fit), derived=True),
        "secret.copy_differs": copy,
        "secret.changed_after_pods": _changed_after(chain),
    }
    unreadable = asks.secret_value(chain.namespace, chain.secret_name)
    facts |= _length_facts(chain, verdict, data, asks)
    facts |= _text_facts(chain, verdict, unreadable, foreign, data)
    return facts


def _changed_after(chain: Chain) -> Fact:
    created = chain.secret.created if chain.secret else None
    older = [w for w in chain.workloads if created and w.started and w.started < created]
    return known([w.name for w in older], *(w.where for w in older))


def _length_facts(chain: Chain, verdict: LengthVerdict, data: Where | None, asks: Asks) -> Facts:
    expected = known(verdict.expected, derived=True)
    if verdict.fits is None and verdict.expected:
        fits: Fact | Unknown = asks.config("infrastructures.config.openshift.io")
    elif verdict.fits is None:
        fits = asks.roles()
    else:
        fits = known(verdict.fits, data, derived=True)
    return {
        "secret.length_fits": fits,
        "secret.length_expected": expected,
        "secret.length_other_role": known(verdict.other_role or "none that was exported", derived=True),
    }


def _text_facts(
    chain: Chain, verdict: LengthVerdict, unreadable: Unknown, foreign: Fact | Unknown, data: Where | None
) -> Facts:
    credentials = chain.credentials
    if credentials is None:
        facts: Facts = {f"secret.{name}": unreadable for name in _TEXT_FACTS}
        if chain.length in EMPTY_LENGTHS:
            facts["secret.role_arn_missing"] = known(True, data, derived=True)
        if verdict.token_path is not None and chain.workloads and brokered(chain):
            mounted = verdict.token_path in token_paths(chain.workloads)
            facts["secret.token_path"] = known(verdict.token_path, data, derived=True)
            facts["secret.token_path_mounted"] = known(mounted, data, derived=True)
        if verdict.template_regional is not None:
            facts["secret.regional"] = known(verdict.template_regional, data, derived=True)
        return facts
    return _read_facts(chain, credentials, chain.credentials_where) | {"secret.foreign": foreign}


def _read_facts(chain: Chain, credentials: Credentials, cite: Where | None) -> Facts:
    arn = parse_role_arn(credentials.role_arn or "")
    mounted: Fact | Unknown
    if not chain.workloads:
        mounted = Unknown()
    else:
        mounted = known(
            credentials.token_path in token_paths(chain.workloads), *(w.where for w in chain.workloads)
        )
    return {
        "secret.role_arn_missing": known(credentials.role_arn is None, cite),
        "secret.role_arn": known(credentials.role_arn, cite),
        "secret.placeholder": known(credentials.placeholder, cite),
        "secret.profile_header": known(credentials.profile, cite),
        # the placeholder says it already
        "secret.malformations": known(
            [] if credentials.placeholder else list(credentials.malformations), cite
        ),
        "secret.arn_wellformed": known(arn is not None, cite),
        "secret.arn_partition": known(arn.partition if arn else None, cite),
        "secret.arn_account": known(arn.account if arn else None, cite),
        "secret.arn_role_name": known(arn.name if arn else None, cite),
        "secret.arn_name_length": known(len(arn.name) if arn else None, cite),
        "secret.token_path": known(credentials.token_path, cite),
        "secret.token_path_mounted": mounted,
        "secret.regional": known(credentials.regional, cite),
    }
