"""What is known of the cluster as a whole, each thing where what it follows from is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.frozen import replace
from analyzer.model.foreign.exports import Foreign, are_tied, is_comparable
from analyzer.model.inputs import input_facts
from analyzer.model.issuer.issuer import issuer_facts
from analyzer.model.joining.aws import provider_of, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER, Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.subjects.platform import platform_to_ask_for
from analyzer.model.subjects.repairs import cluster_repairs
from analyzer.model.symptoms.logs import stamp


def with_cluster_facts(joined: Joined, whole: Evidence, foreign: Foreign | None, *, together: bool) -> Joined:
    """Add what the configuration, the issuer's documents and the inputs themselves tell.

    ``whole`` is all evidence, that of other clusters included; ``together`` says that the clusters of
    the inputs belong together.
    """
    joined = joined.knowing(_sts_facts(joined))
    joined = joined.knowing(issuer_facts(joined.view, joined.evidence, joined.objects, joined.asks))
    joined = joined.knowing(cluster_repairs(joined))
    return joined.knowing(_input_facts(joined, whole, foreign, together=together))


def with_provider(joined: Joined, provider: Mapping[str, Fact | Unknown]) -> Joined:
    """Add what follows from the facts of the issuer's provider."""
    return replace(joined.knowing(_issuer_at_aws(provider)), client_ids=provider["provider.client_ids"])


def _input_facts(joined: Joined, whole: Evidence, foreign: Foreign | None, *, together: bool) -> Facts:
    facts = input_facts(whole)
    # a guest's bundle and its management cluster's are of different clusters, and belong together
    if together:
        facts["inputs.clusters"] = known([])
    if foreign is not None and foreign.sure and isinstance(foreign.clusters, Fact):
        facts["inputs.clusters"] = _with_foreign(facts["inputs.clusters"], foreign.clusters)
    facts["inputs.comparable"] = known(is_comparable(joined, whole))
    facts["inputs.doubtful"] = _doubtful(joined, foreign)
    facts["inputs.mixed_summary"] = _mixed(facts)
    facts["cluster.gathered"] = known(stamp(joined.now) if joined.now else None)
    return facts


def _with_foreign(clusters: Fact | Unknown, foreign: Fact) -> Fact:
    """Name the clusters of the bundles, if there are several, beside exports that do not fit."""
    if not isinstance(clusters, Fact) or not clusters.value or not isinstance(clusters.value, list):
        return foreign
    phrases = foreign.value if isinstance(foreign.value, list) else []
    return Fact([*clusters.value, *phrases], (*clusters.cites, *foreign.cites), derived=True)


def _doubtful(joined: Joined, foreign: Foreign | None) -> Fact | Unknown:
    """Say why exports may be of another cluster; not known where nothing ties them to this one either."""
    if foreign is not None:
        return known(None) if foreign.sure else foreign.clusters
    return known(None) if are_tied(joined) else Unknown()


def _mixed(facts: Facts) -> Fact:
    clusters, doubt = value_of(facts, "inputs.clusters"), value_of(facts, "inputs.doubtful")
    if isinstance(clusters, list) and len(clusters) > 1:
        named = "; ".join(map(str, clusters))  # each is a phrase with commas of its own
        return known(f"The inputs do not belong together: {named}. Only one of these is judged here")
    return known(f"The inputs may not belong together: {doubt}" if doubt else None)


def _sts_facts(joined: Joined) -> Facts:
    """Say whether STS is in use, by the operator's own test, and whether it is meant to be."""
    chains, unread = [c for c in joined.chains if not c.optional], None
    shaped, static = [c for c in chains if c.sts_shaped], [c for c in chains if c.static_keys]
    if not shaped:
        unread = _unread_secrets(joined)
    hidden = [c for c in chains if c.secret is not None and c.static_keys is None]
    used = _in_use(joined)
    return {
        "cluster.sts_secrets": unread or known([c.id for c in shaped], *_places(shaped)),
        "cluster.static_secrets": (
            joined.asks.secret_value(hidden[0].namespace, hidden[0].secret_name)
            if hidden and not static
            else known([c.id for c in static], *_places(static))
        ),
        "cluster.runtime_refusal": _runtime_refusal(joined),
        "cluster.sts": used,
        "cluster.sts_intended": used if _elsewhere(joined) else _intended(joined, shaped, static, used),
    }


def _elsewhere(joined: Joined) -> bool:
    """Whether the cluster is on another cloud: Manual with an issuer sets up its workload identities too."""
    platform = joined.view.facts["cluster.platform"]
    return isinstance(platform, Fact) and platform.value != "AWS" and not joined.accounts


def _in_use(joined: Joined) -> Fact | Unknown:
    facts = joined.view.facts
    mode, issuer = facts["cluster.credentials_mode"], facts["cluster.authentication_issuer"]
    platform = facts["cluster.platform"]
    if isinstance(platform, Fact) and _elsewhere(joined):
        return Fact(False, platform.cites, derived=True)
    if isinstance(mode, Fact) and isinstance(issuer, Fact):
        used = mode.value == "Manual" and bool(issuer.value)
        untold = platform_to_ask_for(joined) if used else None
        return untold or Fact(used, mode.cites + issuer.cites, derived=True)
    if isinstance(mode, Fact) and mode.value != "Manual":
        return Fact(False, mode.cites, derived=True)
    return issuer if isinstance(issuer, Unknown) else mode


def _intended(
    joined: Joined, shaped: Sequence[Chain], static: Sequence[Chain], used: Fact | Unknown
) -> Fact | Unknown:
    issuer = joined.view.facts["cluster.issuer"]
    if shaped or (isinstance(issuer, Fact) and issuer.value):
        untold = platform_to_ask_for(joined)
        if untold is not None:
            return untold
        cites = issuer.cites if isinstance(issuer, Fact) else ()
        return Fact(True, (*cites, *_places(shaped)), derived=True)
    unused = isinstance(used, Fact) and used.value is False
    if isinstance(issuer, Fact) and (static or unused or any(c.secret for c in joined.chains)):
        return Fact(False, issuer.cites, derived=True)
    return issuer if isinstance(issuer, Unknown) else joined.asks.requests()


def _runtime_refusal(joined: Joined) -> Fact:
    """Give STS's answer to tokens of the issuer that kube-apiserver runs with, where it is not the one set.

    It is "" where a provider for it is known, or may be in a listing that was not handed in; the default
    issuer is reachable inside the cluster alone and has none.
    """
    facts, account = joined.view.facts, joined.asks.account
    runtime = value_of(facts, "cluster.runtime_issuer")
    if not isinstance(runtime, str) or runtime == value_of(facts, "cluster.authentication_issuer"):
        return known("", derived=True)
    wanted = without_scheme(runtime)
    listed = [of for arn, _ in joined.providers.listed_arns() if (of := provider_of(arn))]
    there = joined.providers.find(runtime, account) or any(
        url == wanted and account in (None, owner) for owner, url in listed
    )
    if there or not (runtime == DEFAULT_ISSUER or joined.providers.complete(account)):
        return known("", derived=True)
    text = f"InvalidIdentityToken: No OpenIDConnect provider found in your account for {runtime}"
    return known(text, derived=True)


def _unread_secrets(joined: Joined) -> Unknown | None:
    """Ask for Secrets among which one for STS may be; None where all of them were looked at."""
    for chain in joined.chains:
        read = chain.secret is not None or joined.evidence.has_list("Secret", chain.namespace)
        if not (read or chain.optional or chain.secret_outside):
            return joined.asks.namespace(chain.namespace, "Secrets")
    return None if joined.all_requests else joined.asks.requests()


def _places(chains: Sequence[Chain]) -> list[Cite]:
    return [c.secret.at() for c in chains if c.secret]


def _issuer_at_aws(provider: Mapping[str, Fact | Unknown]) -> Facts:
    """Say whether the issuer has a provider, and which is almost its own, for what follows from that."""
    near = provider["provider.near"]
    if isinstance(near, Fact) and near.value:
        near = replace(near, value=f"https://{without_scheme(str(near.value))}", derived=True)
    return {
        "issuer.near": near,
        "issuer.near_arn": provider["provider.near_arn"],
        "issuer.has_provider": provider["provider.present"],
        "issuer.elsewhere": _provider_elsewhere(provider),
    }


def _provider_elsewhere(provider: Mapping[str, Fact | Unknown]) -> Fact | Unknown:
    """Give the account that has the provider in the place of the roles' own, where that is told of it."""
    settled, near = provider["provider.settled"], provider["provider.near"]
    told = (
        isinstance(settled, Fact) and settled.value is True and isinstance(near, Fact) and near.value is None
    )
    return provider["provider.other_account"] if told else known(None)
