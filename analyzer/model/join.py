"""The whole model of a run: evidence in, subjects with their facts out.

Read top to bottom: the cluster, the roles, the provider, then chain by chain. Everything here is a
pure function of the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from analyzer.engine.facts import Cite, Fact, Subject, Unknown
from analyzer.evidence import kubernetes
from analyzer.evidence.gather import Evidence
from analyzer.evidence.kubernetes import dig, text
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.records import KeySet, Symptom, TokenSample
from analyzer.model.asks import Asks
from analyzer.model.aws import parse_role_arn, provider_arn, provider_of, without_scheme
from analyzer.model.binding import only_one_cluster
from analyzer.model.chains import Chain, enabled_capabilities, join_chains, operator_of
from analyzer.model.cluster import DEFAULT_ISSUER, ClusterView, Facts, read_cluster, value_of
from analyzer.model.inputs import input_facts
from analyzer.model.issuer import issuer_facts, signing_keys
from analyzer.model.objects import Objects, known
from analyzer.model.permissions import permission_facts
from analyzer.model.providers import Providers, provider_facts, read_providers
from analyzer.model.requests import match_release, own_chains
from analyzer.model.resolve import cluster_naming, foreign_exports, foreign_role, read_roles, resolve_role
from analyzer.model.roles import Naming, RoleBook
from analyzer.model.secrets import LengthVerdict, judge_length, secret_facts
from analyzer.model.surroundings import (
    Surroundings,
    hidden_by_collision,
    surrounding_facts,
    surrounding_subjects,
)
from analyzer.model.symptoms import log_facts, operator_facts, symptoms_of
from analyzer.model.tokens import token_facts, verification_keys
from analyzer.model.trust import RoleChoice, role_facts, trust_facts, without_trust
from analyzer.model.upgrade import upgrade_subjects
from analyzer.model.upgrade_release import Present, Target
from analyzer.model.workloads import USUAL_AUDIENCES, aws_tokens, workload_facts

REGISTRY_SECRET = "installer-cloud-credentials"  # noqa: S105  (a name)


@dataclass(frozen=True, slots=True)
class ChainModel:
    """A chain with everything that the report says of it beside its findings."""

    chain: Chain
    operator: str | None
    role: RoleChoice
    mechanism: str
    symptoms: tuple[Symptom, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What a run is about: the subjects that rules are asked about, and the chains behind them."""

    subjects: tuple[Subject, ...]
    chains: tuple[ChainModel, ...]
    cluster: Facts
    as_of: datetime | None


@dataclass(slots=True)
class _Joined:
    """What the chains are judged with."""

    evidence: Evidence
    objects: Objects
    view: ClusterView
    asks: Asks
    chains: list[Chain]
    book: RoleBook
    providers: Providers
    names: Naming
    choices: dict[str, RoleChoice]
    lengths: dict[str, LengthVerdict]
    client_ids: Fact | Unknown
    now: datetime | None
    around: Surroundings


def build_model(evidence: Evidence, as_of: datetime | None = None, target: Target | None = None) -> Model:
    """Join everything; ``as_of`` overrides the time at which the bundle was gathered.

    ``target`` holds the requests of a release to go to: then there are subjects for what it adds.
    """
    whole, evidence = evidence, only_one_cluster(evidence)
    joined = _join(evidence, as_of or gathered_at(evidence))
    foreign = foreign_exports(joined.chains, joined.choices, joined.lengths, joined.providers, joined.view)
    if foreign is not None:
        joined = _join(replace(evidence, loose=[]), joined.now)
    model = _subjects(joined, whole, foreign)
    return model if target is None else replace(model, subjects=model.subjects + _upgrade(target, joined))


def _upgrade(target: Target, joined: _Joined) -> tuple[Subject, ...]:
    present = Present(
        joined.evidence, joined.objects, joined.view, joined.asks, joined.chains, joined.choices, joined.book,
        joined.names,
    )  # fmt: skip
    return tuple(upgrade_subjects(target, present))


def _join(evidence: Evidence, now: datetime | None) -> _Joined:
    objects = Objects(evidence.objects)
    view = read_cluster(evidence, objects, Asks())
    book, providers = read_roles(evidence), read_providers(evidence)
    chains = join_chains(evidence, objects, enabled_capabilities(objects))
    match = match_release(chains, view, objects)
    chains = own_chains(chains, match)
    names = cluster_naming(book, chains, view, providers)
    account = _account(chains, book, names, view, providers)
    asks = Asks(
        issuer=view.issuer or None,
        account=account,
        provider_arn=provider_arn(view.partition, account, view.issuer) if account and view.issuer else None,
        release_image=_release_image(objects),
        any_role=bool(book.roles),
    )
    view = read_cluster(evidence, objects, asks)
    choices = {c.id: resolve_role(c, book, names, view, account) for c in chains}
    lengths = _lengths(chains, choices, view)
    around = Surroundings(evidence, objects, view, asks, chains, names, match, now)
    return _Joined(
        evidence, objects, view, asks, chains, book, providers, names, choices, lengths, Unknown(), now,
        around,
    )  # fmt: skip


def gathered_at(evidence: Evidence) -> datetime | None:
    """Give the end of the latest gather, None where no timestamp file was read."""
    return max((last for _, last in evidence.times), default=None)


def _release_image(objects: Objects) -> str | None:
    version = objects.one("ClusterVersion", "version")
    return text(dig(version.value, "status", "desired", "image")) if version else None


def _account(
    chains: Sequence[Chain], book: RoleBook, names: Naming, view: ClusterView, providers: Providers
) -> str | None:
    """The account that most of the chains' roles are in, else that of the issuer's provider."""
    votes: Counter[str] = Counter()
    for chain in chains:
        choice = resolve_role(chain, book, names, view, None)
        if choice.account:
            votes[choice.account] += 1
    if votes:
        return votes.most_common(1)[0][0]
    wanted = without_scheme(view.issuer or "")
    owners = {p[0] for arn, _ in providers.listed_arns() if (p := provider_of(arn)) and p[1] == wanted}
    return owners.pop() if len(owners) == 1 else providers.caller


def _lengths(
    chains: Sequence[Chain], choices: dict[str, RoleChoice], view: ClusterView
) -> dict[str, LengthVerdict]:
    arns = {
        choice.arn: chain_id for chain_id, choice in choices.items() if choice.arn and choice.role is not None
    }
    return {
        c.id: judge_length(c, choices[c.id].arn if choices[c.id].role else None, arns, view.region)
        for c in chains
    }


def _subjects(joined: _Joined, whole: Evidence, foreign: Fact | None) -> Model:
    view, evidence = joined.view, joined.evidence
    facts = view.facts
    _sts_facts(joined)
    facts |= issuer_facts(view, evidence, joined.objects, joined.asks)
    facts |= input_facts(whole)
    if foreign is not None:
        facts["inputs.clusters"] = foreign
    facts["cluster.gathered"] = known(joined.now.isoformat() if joined.now else None)
    served = tuple(c.id for c in joined.chains)
    provider = _provider_subject(joined, served)
    client_ids = provider.facts["provider.client_ids"]
    joined.client_ids = client_ids if isinstance(client_ids, Fact | Unknown) else Unknown()
    subjects = [Subject("cluster", "cluster", facts, served), provider]
    subjects += _token_subjects(joined)
    models = []
    for chain in joined.chains:
        subject, model = _chain_subject(chain, joined)
        subjects.append(subject)
        models.append(model)
    subjects += surrounding_subjects(joined.around)
    return Model(tuple(subjects), tuple(models), facts, joined.now)


def _sts_facts(joined: _Joined) -> None:
    """Say whether STS is in use, by the operator's own test, and whether it is meant to be."""
    facts, chains = joined.view.facts, joined.chains
    mode, issuer = facts["cluster.credentials_mode"], facts["cluster.authentication_issuer"]
    shaped = [c for c in chains if c.sts_shaped and not c.optional]
    static = [c for c in chains if c.static_keys and not c.optional]
    facts["cluster.sts_secrets"] = known([c.id for c in shaped], *_places(shaped))
    facts["cluster.static_secrets"] = known([c.id for c in static], *_places(static))
    if isinstance(mode, Fact) and isinstance(issuer, Fact):
        facts["cluster.sts"] = Fact(
            mode.value == "Manual" and bool(issuer.value), mode.cites + issuer.cites, derived=True
        )
    elif isinstance(mode, Fact) and mode.value != "Manual":
        facts["cluster.sts"] = Fact(False, mode.cites, derived=True)
    else:
        facts["cluster.sts"] = issuer if isinstance(issuer, Unknown) else mode
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


def _places(chains: Sequence[Chain]) -> list[Cite]:
    return [c.secret.where.at("data") for c in chains if c.secret]


def _provider_subject(joined: _Joined, served: tuple[str, ...]) -> Subject:
    tokens = [t for c in joined.chains if not c.optional for w in c.workloads for t in aws_tokens(w)]
    audiences: Fact | Unknown
    if tokens:
        audiences = known(sorted({t.audience or "" for t in tokens}), *(t.where for t in tokens))
    else:
        audiences = Fact(["openshift"], derived=True) if joined.chains else joined.asks.requests()
    account = joined.asks.account
    audiences = _accepted_kinds(audiences, joined)
    facts = joined.view.facts | provider_facts(joined.view, joined.providers, account, audiences, joined.asks)
    return Subject("provider", joined.asks.provider_arn or joined.view.issuer or "provider", facts, served)


def _accepted_kinds(audiences: Fact | Unknown, joined: _Joined) -> Fact | Unknown:
    """Leave out audiences that are wrong whatever the provider lists: the pod's own finding says those."""
    if not isinstance(audiences, Fact) or not isinstance(audiences.value, list):
        return audiences
    record = joined.providers.find(joined.view.issuer, joined.asks.account) if joined.view.issuer else None
    good = {*USUAL_AUDIENCES, *((record.client_ids or ()) if record else ())}
    return Fact([a for a in audiences.value if a in good], audiences.cites, audiences.derived)


def _token_subjects(joined: _Joined) -> list[Subject]:
    keys = verification_keys(
        [k for k in joined.evidence.of(KeySet) if not k.planned], signing_keys(joined.objects) or []
    )
    subjects = []
    for token in joined.evidence.of(TokenSample):
        facts = joined.view.facts | token_facts(token, joined.chains, joined.client_ids, keys, joined.now)
        subjects.append(Subject("token", token.where.file, facts, _chains_of(token, joined.chains)))
    return subjects


def _chains_of(token: TokenSample, chains: Sequence[Chain]) -> tuple[str, ...]:
    """The chains that a token speaks for: its subject's, else its namespace's; none for a bad paste."""
    subject = text(token.claims.get("sub")) or ""
    exact = tuple(c.id for c in chains if subject in c.subjects)
    return exact or tuple(c.id for c in chains if subject.startswith(f"system:serviceaccount:{c.namespace}:"))


def _chain_subject(chain: Chain, joined: _Joined) -> tuple[Subject, ChainModel]:
    evidence, asks, view = joined.evidence, joined.asks, joined.view
    choice, verdict = joined.choices[chain.id], joined.lengths[chain.id]
    symptoms = symptoms_of(chain, joined.chains, evidence.symptoms)
    operator = operator_of(chain, joined.objects)
    operator_name = operator.name if operator else None
    foreign = foreign_role(chain, choice, joined.chains, joined.names, without_scheme(view.issuer or ""))
    judged = without_trust(choice) if foreign else choice
    client_ids = joined.client_ids.value if isinstance(joined.client_ids, Fact) else None
    ids = [i for i in client_ids if isinstance(i, str)] if isinstance(client_ids, list) else None
    audiences = sorted({t.audience or "" for w in chain.workloads for t in aws_tokens(w)})
    if not audiences and (chain.optional or evidence.has_list("Pod", chain.namespace)):
        audiences = [USUAL_AUDIENCES[0]]
    denials = [s for s in symptoms if s.klass == "action-denied"]
    mechanism = _mechanism(chain)
    facts: Facts = dict(view.facts)
    facts |= _identity_facts(chain, joined, operator_name, mechanism)
    facts |= _request_facts(chain, joined)
    facts |= secret_facts(
        chain,
        evidence,
        asks,
        verdict,
        peers_fit=_peers_fit(chain, joined.lengths),
        provider_account=_provider_account(joined),
        foreign=known(foreign, choice.proof) if choice.role else asks.role(choice.name),
        elsewhere=_elsewhere(chain, joined),
        copy=_copy_differs(chain, joined),
    )
    facts |= workload_facts(chain, evidence, asks, ids)
    facts |= role_facts(chain, choice, _sharing(chain, joined), asks)
    facts |= trust_facts(chain, judged, view, audiences or None, asks)
    facts |= permission_facts(
        chain, judged, joined.book, view, joined.objects, denials, asks,
        chains=joined.chains, sharing=_sharing(chain, joined), now=joined.now,
    )  # fmt: skip
    facts |= operator_facts(operator, joined.objects, asks)
    facts |= log_facts(chain, evidence, symptoms, joined.now, asks)
    facts |= surrounding_facts(chain, joined.around, symptoms)
    facts |= hidden_by_collision(facts)
    subject = Subject("chain", chain.id, facts, (chain.id,))
    return subject, ChainModel(chain, operator_name, choice, mechanism, tuple(symptoms))


def _mechanism(chain: Chain) -> str:
    if chain.static_keys:
        return "static-keys"
    if chain.secret is not None and "credentials" in chain.secret.values:
        return "sts-secret"
    if any("AWS_ROLE_ARN" in c.env for w in chain.workloads for c in w.containers):
        return "webhook"
    return "none"


def _identity_facts(chain: Chain, joined: _Joined, operator: str | None, mechanism: str) -> Facts:
    request = chain.request
    where = request.where if request else (chain.secret.where if chain.secret else None)
    uses: Fact | Unknown = joined.view.facts["cluster.sts_intended"]
    if isinstance(uses, Fact):
        platform = value_of(joined.view.facts, "cluster.platform")
        uses = Fact(bool(uses.value) and platform in (None, "AWS"), uses.cites, derived=True)
    return {
        "chain.id": known(chain.id, where),
        "chain.request": known(request.name if request else None, where),
        "chain.namespace": known(chain.namespace, where),
        "chain.secret_name": known(chain.secret_name, where),
        "chain.operator": known(operator or (request.name if request else chain.namespace), where),
        "chain.uses_sts": uses,
        "chain.optional": known(chain.optional, where),
        "chain.mechanism": known(mechanism, where),
    }


def _request_facts(chain: Chain, joined: _Joined) -> Facts:
    asks, request = joined.asks, chain.request
    where = request.where if request else None
    in_cluster, cite = _is_in_cluster(chain, joined)
    has_release = joined.around.match.given and joined.around.match.other is None
    return {
        "request.in_cluster": asks.requests() if in_cluster is None else known(in_cluster, cite or where),
        "request.in_release": (
            known(chain.in_release is not None, chain.in_release.where if chain.in_release else None)
            if has_release
            else known(None)
        ),
        "request.gathered": known(in_cluster is not None),
        "request.service_accounts": (
            known(list(chain.service_accounts), where.at("spec", "serviceAccountNames") if where else None)
            if request
            else asks.requests()
        ),
        "request.subjects": known(chain.subjects, where, derived=True) if request else asks.requests(),
        "request.sts_role_arn": known(request.sts_role_arn, where) if request else asks.requests(),
    }


def _is_in_cluster(chain: Chain, joined: _Joined) -> tuple[bool | None, Cite | None]:
    """Tell whether the request is in the cluster, by the credential operator's own list of them.

    The operator names every request as a related object, so a file that is merely not there is told
    apart from a request that does not exist.
    """
    if chain.in_cluster is not None:
        return True, chain.in_cluster.where
    if chain.in_release is None:
        return None, None
    operator = joined.objects.one("ClusterOperator", "cloud-credential")
    gathered = joined.evidence.seen("CredentialsRequest", REQUESTS_NAMESPACE)
    if operator is None or not gathered:
        return None, None
    related = kubernetes.items(dig(operator.value, "status", "relatedObjects"))
    names = {text(dig(r, "name")) for r in related if dig(r, "resource") == "credentialsrequests"}
    if not names or chain.in_release.name in names:
        return None, None
    return False, operator.where.at("status", "relatedObjects")


def _peers_fit(chain: Chain, lengths: dict[str, LengthVerdict]) -> bool:
    others = [verdict.fits for chain_id, verdict in lengths.items() if chain_id != chain.id]
    return others.count(True) > others.count(False)


def _provider_account(joined: _Joined) -> Fact | Unknown:
    """The one account with a provider for the issuer; null where a complete listing has none."""
    if not joined.view.issuer:
        return joined.view.facts["cluster.issuer"] if joined.view.issuer is None else known(None)
    wanted = without_scheme(joined.view.issuer)
    owners: dict[str, Cite] = {}
    for arn, listing in joined.providers.listed_arns():
        found = provider_of(arn)
        if found and found[1] == wanted:
            owners[found[0]] = listing.where
    for record in joined.providers.records:
        account = joined.providers.account_of(record)
        if account and without_scheme(record.url or "") == wanted:
            owners.setdefault(account, record.where)
    if len(owners) == 1:
        return known(*owners.popitem())
    return known(None) if not owners and joined.providers.complete(None) else joined.asks.providers()


def _elsewhere(chain: Chain, joined: _Joined) -> list[tuple[str, Cite]]:
    """Find Secrets of STS shape that no chain claims, of this name or in this namespace."""
    claimed = {c.id for c in joined.chains}
    found: list[tuple[str, Cite]] = []
    for obj in joined.objects.all("Secret"):
        place = f"{obj.namespace}/{obj.name}"
        record = kubernetes.secret(obj)
        if place in claimed or set(record.values) != {"credentials"}:
            continue
        if obj.name == chain.secret_name or obj.namespace == chain.namespace:
            found.append((place, obj.where))
    return found


def _copy_differs(chain: Chain, joined: _Joined) -> Fact | Unknown:
    """Compare the registry's own copy of its Secret, which its operator writes and may leave stale."""
    if chain.secret_name != REGISTRY_SECRET or chain.length is None:
        return known(None)
    obj = joined.objects.one("Secret", "image-registry-private-configuration", chain.namespace)
    copy = kubernetes.secret(obj).values.get("credentials") if obj else None
    if obj is None or copy is None or copy.length is None or copy.length == chain.length:
        return known(None)
    phrase = f"{obj.name} has {copy.length} bytes, {chain.secret_name} {chain.length}"
    return known(phrase, obj.where.at("data", "credentials"))


def _sharing(chain: Chain, joined: _Joined) -> list[str]:
    arn = joined.choices[chain.id].arn
    if arn is None or parse_role_arn(arn) is None:
        return []
    issuer = without_scheme(joined.view.issuer or "")
    return [
        other.id
        for other in joined.chains
        if other.id != chain.id
        and joined.choices[other.id].arn == arn
        # a Secret that names another request's role is that Secret's fault, and no sharing
        and not any(
            foreign_role(c, joined.choices[c.id], joined.chains, joined.names, issuer) for c in (chain, other)
        )
    ]


def issuer_in_force(facts: Facts) -> str | None:
    """Give the issuer that tokens carry, for the report: the API server's, else what is asked for."""
    runtime, own = value_of(facts, "cluster.runtime_issuer"), value_of(facts, "cluster.authentication_issuer")
    if isinstance(runtime, str):
        return runtime
    return str(own) if own else (DEFAULT_ISSUER if own == "" else None)
