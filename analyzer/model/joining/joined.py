"""What the chains are judged with: cluster, chains, roles and providers, found once for a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.aws_records import CloudTrailEvent
from analyzer.evidence.event_records import ClusterEvent, read_events
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.kubernetes import credentials_request
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.records import FailedCall, Listing, ProviderRecord, RoleRecord
from analyzer.evidence.values import dig, items, text
from analyzer.frozen import frozen, replace
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import provider_arn, provider_of, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.chains import join_chains, may_be_here
from analyzer.model.joining.cluster import ClusterView, Facts, read_cluster, value_of
from analyzer.model.joining.cut_names import CutNames
from analyzer.model.joining.foreign_manifests import without_foreign_manifests
from analyzer.model.joining.hosted import Hosted
from analyzer.model.joining.left_over import mark_left_over
from analyzer.model.joining.objects import Objects, was_in_cluster
from analyzer.model.joining.own_calls import own_calls
from analyzer.model.joining.pasted_credentials import add_pasted, refused_manifests
from analyzer.model.joining.providers import Providers, read_providers
from analyzer.model.joining.related import is_related
from analyzer.model.joining.release_folders import release_folders
from analyzer.model.joining.release_match import ReleaseMatch, match_release, own_chains
from analyzer.model.joining.release_profile import read_enabled
from analyzer.model.joining.resolve import cluster_naming, read_roles, resolve_role
from analyzer.model.joining.role_choice import Naming, RoleChoice
from analyzer.model.joining.roles import RoleBook
from analyzer.model.joining.secret_length import LengthVerdict, judge_length, judge_together
from analyzer.model.joining.webhook_accounts import Account, accounts_of


@frozen
class Joined:
    """What the chains are judged with."""

    evidence: Evidence
    objects: Objects
    view: ClusterView
    asks: Asks
    chains: list[Chain]
    book: RoleBook
    providers: Providers
    names: Naming
    cut_names: CutNames
    choices: dict[str, RoleChoice]
    lengths: dict[str, LengthVerdict]
    client_ids: Fact | Unknown
    now: datetime | None
    match: ReleaseMatch
    accounts: Sequence[Account]
    """The ServiceAccounts that sign in by the pod identity webhook."""
    all_requests: bool | None
    """Whether every request that the credential operator names was read; None where it was not read."""
    account_tied: bool
    """Whether the cluster's own roles or provider tell the account, and not only who made the exports."""
    events: tuple[ClusterEvent, ...]
    """The Events that may bear on a chain."""
    notes: tuple[Problem, ...] = ()
    """What of the inputs could not be tied to a chain."""
    hosted: Hosted | None = None
    """What its management cluster tells of it, where it is a hosted one."""

    def knowing(self, facts: Facts) -> Joined:
        """Give the same with more facts of the cluster."""
        return replace(self, view=replace(self.view, facts=self.view.facts | facts))

    def has_none(self, chain: Chain) -> bool:
        """Tell a chain of a hosted guest that has no request: what hosts the guest made its Secret."""
        return chain.request is None and chain.consumer is not None and bool(self.all_requests)

    def no_request(self, chain: Chain) -> Unknown:
        """Ask for what a chain's request says where none was read: the release has one in any case."""
        return self.asks.release() if self.has_none(chain) else self.asks.requests()


def join(
    evidence: Evidence, now: datetime | None, hosted: Hosted | None = None, left_out: Sequence[object] = ()
) -> Joined:
    """Find cluster, chains, roles and providers, and tie each chain to its role.

    ``left_out`` are exports that were handed in and are not judged: nobody is told that there were none.
    """
    objects = Objects(evidence.objects)
    view = read_cluster(evidence, objects, Asks(), hosted)
    evidence, notes = own_calls(evidence, view)
    aside = release_folders(evidence.objects, text(value_of(view.facts, "cluster.version")))[1:]
    if aside:
        left = {id(obj) for folder in aside for obj in folder.objects}
        objects = Objects([obj for obj in evidence.objects if id(obj) not in left])
    own, strange = without_foreign_manifests(objects.every(), view)
    objects = Objects(own) if strange else objects
    providers = read_providers(evidence)
    book = read_roles(evidence, providers)
    guest = bool(view.hosted) and value_of(view.facts, "cluster.platform") in (None, "AWS")
    manual = value_of(view.facts, "cluster.credentials_mode") == "Manual" and bool(view.issuer)
    chains = join_chains(evidence, objects, read_enabled(objects), hosted, guest=guest, manual=manual)
    listed = any(evidence.has_list("CredentialsRequest", n) for n in ("", REQUESTS_NAMESPACE))
    complete = listed or all_requests_gathered(objects)
    match = match_release(chains, view, objects, aside, all_requests=bool(complete))
    chains = own_chains(chains, match, hosted=view.hosted)
    mark_left_over(chains, evidence, objects)
    notes += [*strange, *add_pasted(chains, evidence), *refused_manifests(chains, objects)]
    names = cluster_naming(book, chains, view, providers)
    account, tied = _account(chains, book, names, view, providers)
    denied = [call for call in evidence.of(FailedCall) if call.denied]
    asks = Asks(
        issuer=view.issuer or None,
        account=account,
        provider_arn=provider_arn(view.partition, account, view.issuer) if account and view.issuer else None,
        exported=()
        if account is None or account in providers.accounts
        else tuple(sorted(providers.accounts)),
        any_role=bool(book.roles),
        denied=frozenset(c.operation for c in denied),
        roles_denied=frozenset(
            c.subject.rsplit("/", 1)[-1] for c in denied if c.operation == "GetRole" and c.subject
        ),
        roles_left_out=_are_of(left_out, RoleRecord, "roles"),
        providers_left_out=_are_of(left_out, ProviderRecord, "providers"),
        hosted=bool(view.hosted),
        control_plane=hosted.namespace if hosted else None,
        some_requests=any(chain.in_cluster for chain in chains),
        lacking_requests=_lacking_requests(objects),
    )
    view = replace(read_cluster(evidence, objects, asks, hosted), now=now)
    calls = evidence.of(CloudTrailEvent)
    choices = {c.id: resolve_role(c, book, names, view, account, calls) for c in chains}
    notes += _requests_of_no_release(evidence, objects)
    notes += _lists_of_nobody(book, choices)
    lengths = _lengths(chains, choices, view)
    accounts = accounts_of(chains, evidence, objects)
    return Joined(
        evidence, objects, view, asks, chains, book, providers, names, CutNames(chains), choices, lengths,
        Unknown(), now, match, accounts, complete, tied, read_events(evidence), tuple(notes), hosted,
    )  # fmt: skip


def _are_of(records: Sequence[object], kind: type, what: str) -> bool:
    return any(isinstance(r, kind) or (isinstance(r, Listing) and r.what == what) for r in records)


def _requests_of_no_release(evidence: Evidence, objects: Objects) -> Iterator[Problem]:
    """Say of requests of operators that users install where nothing in the cluster is of them."""
    for obj in objects.all("CredentialsRequest"):
        request = credentials_request(obj, release=True)
        if not was_in_cluster(obj) and not may_be_here(request, evidence):
            detail = (
                f"CredentialsRequest {request.name} is of no release, and its Secret "
                f"{request.secret_namespace}/{request.secret_name} is not in the cluster: it is not judged"
            )
            yield Problem(obj.where.input, obj.where.file, "not-used", detail, "note")


def _lists_of_nobody(book: RoleBook, choices: dict[str, RoleChoice]) -> Iterator[Problem]:
    """Say of lists of policies that nothing tells whose they are: they were handed in and are not used."""
    named = {choice.name for choice in choices.values() if choice.name}
    places: dict[str, list[str]] = {}
    for record in book.lists:
        if record.name not in named:
            places.setdefault(record.where.input, []).append(record.where.file)
    for input_id, files in places.items():
        more = f", as {'do' if len(files) > 2 else 'does'} {len(files) - 1} more" if len(files) > 1 else ""
        detail = (
            f"it lists policies of no role that another export or the cluster names{more}: keep the command "
            "above it, or name the file after the role"
        )
        yield Problem(input_id, files[0], "not-used", detail, "note")


def gathered_at(evidence: Evidence) -> datetime | None:
    """Give the end of the latest gather: by a timestamp file, else the newest line in a bundle's logs.

    None where neither was read: a log that was handed in alone may be of any time.
    """
    told = max((time.last for time in evidence.times), default=None)
    if told is not None or not evidence.listed:
        return told
    logs = (log.last for log in evidence.log_files if log.last and "/pods/" in log.path)
    return max(logs, default=None)


def all_requests_gathered(objects: Objects) -> bool | None:
    """Tell whether every request that the credential operator names was read; None where it was not read."""
    return not _lacking_requests(objects) if _named_requests(objects) else None


def _named_requests(objects: Objects) -> list[str]:
    operator = objects.one("ClusterOperator", "cloud-credential")
    related = items(dig(operator.value, "status", "relatedObjects")) if operator else []
    names = (text(dig(one, "name")) for one in related if dig(one, "resource") == "credentialsrequests")
    return sorted({name for name in names if name})


def _lacking_requests(objects: Objects) -> tuple[str, ...]:
    read = {obj.name for obj in objects.all("CredentialsRequest")}
    return tuple(name for name in _named_requests(objects) if name not in read)


def _account(
    chains: Sequence[Chain], book: RoleBook, names: Naming, view: ClusterView, providers: Providers
) -> tuple[str | None, bool]:
    """The account that most of the chains' roles are in, else the only one that was exported.

    Also tells whether something ties it to this cluster: roles of its chains, or a provider of an issuer
    that is, was or almost is its own.
    """
    votes: Counter[str] = Counter()
    for chain in chains:
        choice = resolve_role(chain, book, names, view, None)
        if choice.account:
            votes[choice.account] += 1
    if votes:
        return votes.most_common(1)[0][0], True
    if len(providers.accounts) > 1:
        return None, False
    wanted = without_scheme(view.issuer or "")
    listed = [p for arn, _ in providers.listed_arns() if (p := provider_of(arn))]
    owners = {owner for owner, url in listed if url == wanted}
    if len(owners) == 1:
        return owners.pop(), True
    urls = [url for _, url in listed] + [record.url for record in providers.records if record.url]
    return providers.caller, any(is_related(url, view) for url in urls)


def _to_compare(choice: RoleChoice) -> str | None:
    """Give the ARN that a Secret's length must fit: of a role that is there, or that the request names."""
    return choice.arn if choice.role is not None or choice.how == "stsIAMRoleARN" else None


def _lengths(
    chains: Sequence[Chain], choices: dict[str, RoleChoice], view: ClusterView
) -> dict[str, LengthVerdict]:
    arns = {
        choice.arn: chain_id for chain_id, choice in choices.items() if choice.arn and choice.role is not None
    }
    lengths = {c.id: judge_length(c, _to_compare(choices[c.id]), arns, view.region) for c in chains}
    for chain_id, odd in judge_together(chains, view.region).items():
        if not lengths[chain_id].expected:
            lengths[chain_id] = odd
        elif lengths[chain_id].fits and odd.fits is False:
            lengths[chain_id] = replace(
                lengths[chain_id],
                expected=odd.expected,
                peers=odd.peers,
                peers_certain=odd.peers_certain,
            )
    return lengths
