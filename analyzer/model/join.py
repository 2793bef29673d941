"""The whole model of a run: evidence in, subjects with their facts out.

Read top to bottom: the cluster, the roles, the provider, then chain by chain. Everything here is a
pure function of the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from analyzer.engine.facts import Cite, Fact, Subject, Unknown
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.kubernetes import text
from analyzer.evidence.records import Collected, KeySet, TokenSample
from analyzer.findings.report import Event
from analyzer.frozen import frozen
from analyzer.model.foreign.descriptions import without_others_described
from analyzer.model.foreign.exports import Foreign, are_tied, as_expected, foreign_exports, is_comparable
from analyzer.model.foreign.issuers import without_others, without_untied
from analyzer.model.inputs import input_facts
from analyzer.model.issuer.answers import in_force
from analyzer.model.issuer.issuer import issuer_facts
from analyzer.model.issuer.signing_keys import signing_keys
from analyzer.model.issuer.tokens import collected_at, token_facts, verification_keys
from analyzer.model.joining.aws import provider_of, without_scheme
from analyzer.model.joining.binding import newest_gather
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER, ITS_OPERATOR, Facts, value_of
from analyzer.model.joining.hosted import Hosted
from analyzer.model.joining.hosted_choice import choose_cluster
from analyzer.model.joining.joined import Joined, all_requests_gathered, gathered_at, join
from analyzer.model.joining.objects import known
from analyzer.model.requests.olm import subscription_subjects
from analyzer.model.requests.requests import release_subjects
from analyzer.model.requests.stale import stale_subjects
from analyzer.model.requests.upgrade import upgrade_subjects
from analyzer.model.requests.upgrade_release import Target
from analyzer.model.subjects.chain import ChainModel, chain_subject
from analyzer.model.subjects.providers import provider_subjects
from analyzer.model.subjects.repairs import cluster_repairs, token_repairs
from analyzer.model.subjects.timeline import timeline
from analyzer.model.subjects.webhook_chains import webhook_chains
from analyzer.model.workloads.webhook import webhook_subjects


@frozen
class Model:
    """What a run is about: the subjects that rules are asked about, and the chains behind them."""

    subjects: tuple[Subject, ...]
    chains: tuple[ChainModel, ...]
    cluster: Facts
    as_of: datetime | None
    joined: Joined
    timeline: tuple[Event, ...] = ()
    notes: tuple[Problem, ...] = ()
    """How inputs were joined, where a reader should know it."""
    beside: tuple[Hosted, ...] = ()
    """Hosted clusters that the inputs tell of and that are not judged."""


def build_model(
    evidence: Evidence,
    as_of: datetime | None = None,
    target: Target | None = None,
    cluster: str | None = None,
) -> Model:
    """Join everything; ``as_of`` overrides the time at which the bundle was gathered.

    ``target`` holds the requests of a release to go to: then there are subjects for what it adds.
    ``cluster`` is the id or infrastructure name of the one to judge, where the inputs hold several.
    """
    whole = evidence
    choice = choose_cluster(evidence, cluster)
    evidence, left, hosted = choice.evidence, choice.left, choice.hosted
    evidence, notes = newest_gather(evidence)
    joined = join(evidence, as_of or gathered_at(evidence), hosted)
    evidence, others = without_others_described(evidence, joined.view)
    evidence, served = without_others(evidence, joined)
    others += served
    if others:
        joined = join(evidence, joined.now, hosted)
    foreign = foreign_exports(joined)
    if foreign is not None and cluster is not None and left:
        foreign = as_expected(foreign)
    if foreign is not None:
        gone = {id(record) for record in foreign.records}
        evidence = replace(evidence, loose=[record for record in evidence.loose if id(record) not in gone])
    evidence, untied = without_untied(evidence, joined)
    if foreign is not None or untied:
        joined = join(evidence, joined.now, hosted)
    if foreign is not None and foreign.note is not None and not foreign.sure:
        untied.append(foreign.note)
    # Whoever names the cluster knows that there are several.
    model = _subjects(joined, whole if cluster is None else evidence, foreign, together=choice.belongs)
    model = replace(model, beside=choice.beside, notes=(*left, *notes, *others, *untied, *joined.notes))
    added = upgrade_subjects(target, joined) if target is not None else ()
    return replace(model, subjects=(*model.subjects, *added))


def _subjects(joined: Joined, whole: Evidence, foreign: Foreign | None, *, together: bool) -> Model:
    view, evidence = joined.view, joined.evidence
    facts = view.facts
    _sts_facts(joined)
    facts |= issuer_facts(view, evidence, joined.objects, joined.asks)
    facts |= cluster_repairs(joined)
    facts |= input_facts(whole)
    # a guest's bundle and its management cluster's are of different clusters, and belong together
    if together:
        facts["inputs.clusters"] = known([])
    if foreign is not None and foreign.sure and isinstance(foreign.clusters, Fact):
        facts["inputs.clusters"] = _with_foreign(facts["inputs.clusters"], foreign.clusters)
    facts["inputs.comparable"] = known(is_comparable(joined, whole))
    facts["inputs.doubtful"] = _doubtful(joined, foreign)
    facts["inputs.mixed_summary"] = _mixed(facts)
    facts["cluster.gathered"] = known(joined.now.isoformat() if joined.now else None)
    served = tuple(c.id for c in joined.chains)
    webhooks = webhook_chains(joined)
    provider, other = provider_subjects(joined, [model for _, model in webhooks])
    facts |= _issuer_at_aws(provider.facts)
    client_ids = provider.facts["provider.client_ids"]
    joined.client_ids = client_ids if isinstance(client_ids, Fact | Unknown) else Unknown()
    names = [model.chain.id for _, model in webhooks]
    subjects = [Subject("cluster", "cluster", facts, (*served, *names)), provider, *other]
    lacked = [s.facts["provider.audiences_missing"] for s in (provider, *other)]
    subjects += _token_subjects(joined, [*joined.chains, *(model.chain for _, model in webhooks)], lacked)
    models = []
    apart = {(w.namespace, w.name) for _, model in webhooks for w in model.chain.workloads}
    for chain in joined.chains:
        subject, model = chain_subject(chain, joined, apart)
        subjects.append(subject)
        models.append(model)
    events = timeline(joined, models)
    for subject, model in webhooks:
        subjects.append(subject)
        models.append(model)
    subjects += [
        replace(s, chains=(s.name,)) if s.kind == "workload" and s.name in names else s
        for s in _others(joined)
    ]
    return Model(tuple(subjects), tuple(models), facts, joined.now, joined, events)


def _others(joined: Joined) -> list[Subject]:
    """Give the subjects beside chains, providers and tokens."""
    return [
        *release_subjects(joined),
        *stale_subjects(joined),
        *webhook_subjects(joined),
        *subscription_subjects(joined),
    ]


def _issuer_at_aws(provider: Mapping[str, Fact | Unknown]) -> Facts:
    """Say whether the issuer has a provider, and which is almost its own, for what follows from that."""
    near = provider["provider.near"]
    if isinstance(near, Fact) and near.value:
        near = replace(near, value=f"https://{without_scheme(str(near.value))}", derived=True)
    return {
        "issuer.near": near,
        "issuer.near_arn": provider["provider.near_arn"],
        "issuer.has_provider": provider["provider.present"],
    }


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
        named = ", ".join(map(str, clusters))
        return known(f"The inputs do not belong together: {named}. Only one of these is judged here")
    return known(f"The inputs may not belong together: {doubt}" if doubt else None)


def _sts_facts(joined: Joined) -> None:
    """Say whether STS is in use, by the operator's own test, and whether it is meant to be."""
    facts, chains = joined.view.facts, joined.chains
    mode, issuer = facts["cluster.credentials_mode"], facts["cluster.authentication_issuer"]
    shaped = [c for c in chains if c.sts_shaped and not c.optional]
    static = [c for c in chains if c.static_keys and not c.optional]
    unread = None if shaped else _unread_secrets(joined)
    facts["cluster.sts_secrets"] = unread or known([c.id for c in shaped], *_places(shaped))
    facts["cluster.static_secrets"] = known([c.id for c in static], *_places(static))
    facts["cluster.runtime_refusal"] = _runtime_refusal(joined)
    if isinstance(mode, Fact) and isinstance(issuer, Fact):
        facts["cluster.sts"] = Fact(
            mode.value == "Manual" and bool(issuer.value), mode.cites + issuer.cites, derived=True
        )
    elif isinstance(mode, Fact) and mode.value != "Manual":
        facts["cluster.sts"] = Fact(False, mode.cites, derived=True)
    else:
        facts["cluster.sts"] = issuer if isinstance(issuer, Unknown) else mode
    platform = facts["cluster.platform"]
    if isinstance(platform, Fact) and platform.value != "AWS" and not joined.accounts:
        # Manual with an issuer is how other clouds' workload identities are set up too.
        facts["cluster.sts"] = Fact(False, platform.cites, derived=True)
        facts["cluster.sts_intended"] = facts["cluster.sts"]
        return
    judged = facts["cluster.issuer"]
    if shaped or (isinstance(judged, Fact) and judged.value):
        cites = judged.cites if isinstance(judged, Fact) else ()
        facts["cluster.sts_intended"] = Fact(True, (*cites, *_places(shaped)), derived=True)
    elif isinstance(judged, Fact) and (
        static or any(c.secret for c in chains) or value_of(facts, "cluster.sts") is False
    ):
        facts["cluster.sts_intended"] = Fact(False, judged.cites, derived=True)
    else:
        facts["cluster.sts_intended"] = judged if isinstance(judged, Unknown) else joined.asks.requests()


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


def _token_subjects(
    joined: Joined, chains: Sequence[Chain], lacked: Sequence[Fact | Unknown]
) -> list[Subject]:
    keys = verification_keys(in_force(joined.evidence, KeySet), signing_keys(joined.objects) or [])
    subjects = []
    for token in joined.evidence.of(TokenSample):
        now = collected_at(token, joined.evidence.of(Collected)) or joined.now
        facts = joined.view.facts | token_facts(
            token, chains, joined.client_ids, keys, now, lacked=lacked,
            all_requests=all_requests_gathered(joined.objects),
        )  # fmt: skip
        facts |= token_repairs(token, chains)
        subjects.append(Subject("token", token.where.file, facts, _chains_of(token, chains)))
    return subjects


def _chains_of(token: TokenSample, chains: Sequence[Chain]) -> tuple[str, ...]:
    """The chains that a token speaks for: its subject's, else its namespace's; none for a bad paste."""
    subject = text(token.claims.get("sub")) or ""
    exact = tuple(c.id for c in chains if subject in c.subjects)
    return exact or tuple(c.id for c in chains if subject.startswith(f"system:serviceaccount:{c.namespace}:"))


def is_wish(facts: Facts) -> bool:
    """Tell whether the API server's issuer is told by its operator alone, which may have to set it yet."""
    return value_of(facts, "cluster.runtime_source") == ITS_OPERATOR


def issuer_in_force(facts: Facts) -> str | None:
    """Give the issuer that tokens carry, for the report: the API server's, else what is asked for."""
    runtime, own = value_of(facts, "cluster.runtime_issuer"), value_of(facts, "cluster.authentication_issuer")
    if isinstance(runtime, str) and not (own and is_wish(facts)):
        return runtime
    return str(own) if own else (DEFAULT_ISSUER if own == "" else None)
