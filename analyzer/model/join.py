"""The whole model of a run: evidence in, subjects with their facts out.

Read top to bottom: the cluster, the roles, the provider, then chain by chain. Everything here is a
pure function of the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.kubernetes import workload
from analyzer.evidence.records import BucketHeaders, Collected, KeySet, TokenSample, Workload
from analyzer.evidence.values import text
from analyzer.findings.report import Event
from analyzer.frozen import frozen, replace
from analyzer.model.foreign.descriptions import without_others_described
from analyzer.model.foreign.exports import Foreign, as_expected, foreign_exports
from analyzer.model.foreign.issuers import without_others, without_untied
from analyzer.model.issuer.answers import in_force
from analyzer.model.issuer.signing_keys import signing_keys
from analyzer.model.issuer.tokens import (
    CLOCKS,
    collected_at,
    namespace_and_name,
    signs_in_without_request,
    token_facts,
    verification_keys,
)
from analyzer.model.joining.binding import newest_gather
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER, Facts, value_of
from analyzer.model.joining.hosted import Hosted
from analyzer.model.joining.hosted_choice import choose_cluster
from analyzer.model.joining.joined import Joined, all_requests_gathered, gathered_at, join
from analyzer.model.joining.operators import is_related_to_any
from analyzer.model.joining.runtime_issuer import ITS_OPERATOR
from analyzer.model.requests.olm import subscription_subjects
from analyzer.model.requests.requests import release_subjects
from analyzer.model.requests.stale import stale_subjects
from analyzer.model.subjects.chain import ChainModel, chain_subject
from analyzer.model.subjects.cluster import with_cluster_facts, with_provider
from analyzer.model.subjects.providers import provider_subjects
from analyzer.model.subjects.repairs import token_repairs
from analyzer.model.subjects.timeline import timeline
from analyzer.model.subjects.webhook_chains import webhook_chains
from analyzer.model.workloads.webhook import webhook_subjects

if TYPE_CHECKING:
    from analyzer.model.requests.upgrade_release import Target


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
    handed_in, foreign = evidence.loose, foreign_exports(joined)
    if foreign is not None and cluster is not None and left:
        foreign = as_expected(foreign)
    if foreign is not None:
        gone = {id(record) for record in foreign.records}
        evidence = replace(evidence, loose=[record for record in evidence.loose if id(record) not in gone])
    evidence, untied = without_untied(evidence, joined)
    if foreign is not None or untied:
        kept = {id(record) for record in evidence.loose}
        left_out = [record for record in handed_in if id(record) not in kept]
        joined = join(evidence, joined.now, hosted, left_out)
    if foreign is not None and foreign.note is not None and not foreign.sure:
        untied.append(foreign.note)
    # Whoever names the cluster knows that there are several.
    model = _subjects(joined, whole if cluster is None else evidence, foreign, together=choice.belongs)
    model = replace(model, beside=choice.beside, notes=(*left, *notes, *others, *untied, *joined.notes))
    if target is None:
        return model
    from analyzer.model.requests.upgrade import upgrade_subjects

    return replace(model, subjects=(*model.subjects, *upgrade_subjects(target, model.joined)))


def _subjects(joined: Joined, whole: Evidence, foreign: Foreign | None, *, together: bool) -> Model:
    joined = with_cluster_facts(joined, whole, foreign, together=together)
    webhooks = webhook_chains(joined)
    provider, other = provider_subjects(joined, [model for _, model in webhooks])
    joined = with_provider(joined, provider.facts)
    facts = joined.view.facts
    names = [model.chain.id for _, model in webhooks]
    served = tuple(c.id for c in joined.chains)
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


def _token_subjects(
    joined: Joined, chains: Sequence[Chain], lacked: Sequence[Fact | Unknown]
) -> list[Subject]:
    keys = verification_keys(in_force(joined.evidence, KeySet), signing_keys(joined.objects) or [])
    collected, complete = joined.evidence.of(Collected), all_requests_gathered(joined.objects)
    served = joined.evidence.of(BucketHeaders)
    subjects, of_release = [], partial(is_related_to_any, joined.objects)
    for token in joined.evidence.of(TokenSample):
        now = [joined.now] if joined.now else []
        times = collected_at(token, collected, served) or now
        again = joined.asks.token(*namespace_and_name(token), CLOCKS)
        facts = joined.view.facts | token_facts(
            token, chains, joined.client_ids, keys, times, lacked=lacked, all_requests=complete,
            own=signs_in_without_request(token, chains, partial(_pods, joined), of_release), again=again,
        )  # fmt: skip
        facts |= token_repairs(token, chains)
        subjects.append(Subject("token", token.where.file, facts, _chains_of(token, chains)))
    return subjects


def _pods(joined: Joined, namespace: str, account: str) -> tuple[list[Workload], Unknown | None]:
    """Give the pods of an account that no chain is of, and what to ask for where there may be more."""
    raw = joined.evidence.parse_raw(("Pod",), (namespace,), words={account})
    pods = [*raw, *joined.objects.all("Pod", namespace)]
    whole = joined.evidence.has_list("Pod", namespace)
    return [workload(pod) for pod in pods], None if whole else joined.asks.namespace(namespace, "pods")


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
