"""Exports that are of another cluster than the bundle: told apart from a fault of this cluster's own roles.

A cluster whose issuer was changed looks alike: its roles trust an issuer that is not its own. Its
Secrets, logs, names, tags and keys still fit what was exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.origin import Source
from analyzer.evidence.records import DiscoveryDocument, KeySet, Listing, ProviderRecord, RoleRecord
from analyzer.frozen import frozen, replace
from analyzer.model.foreign.ties import are_proven
from analyzer.model.issuer.answers import in_force
from analyzer.model.issuer.signing_keys import key_ids, own_key_ids
from analyzer.model.joining.aws import (
    ROLE_NAME_LIMIT,
    ccoctl_name_of,
    parse_role_arn,
    provider_of,
    without_scheme,
)
from analyzer.model.joining.binding import clusters_of
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.providers import known_names
from analyzer.model.joining.related import infra_name, is_alike, is_related
from analyzer.model.joining.resolve import STATED
from analyzer.model.joining.role_choice import names_issuer, prefix_of
from analyzer.model.joining.roles import Role, trusted_issuers
from analyzer.model.symptoms.owners import logged_by
from analyzer.patterns import later

_CALLER = later(r":assumed-role/([^/]+)/(?!i-[0-9a-f]{8})")
_INFRA_TAG = "kubernetes.io/cluster/"
_SEVERAL = 2
_EXPORTS = (RoleRecord, ProviderRecord, Listing, DiscoveryDocument, KeySet)


@frozen
class Foreign:
    """Exports that do not fit; ``clusters`` are phrases, one sentence where it is not ``sure``, or not known.

    ``records`` are those of ``Evidence.loose`` that are not this cluster's, or that nothing ties to it.
    """

    clusters: Fact | Unknown
    sure: bool
    records: Sequence[object]
    note: Problem | None = None


def foreign_exports(joined: Joined) -> Foreign | None:
    """Tell exports that are of another cluster, or may be; None where something ties them to this one.

    None of the exported roles trusts this issuer. What then proves another cluster is in ``_proof``, where
    no exported provider is this issuer's; without proof, names that are not alike make it doubtful. Where
    nothing ties the roles to this cluster, nothing is judged by them: their proof may not be at hand.
    """
    issuer = without_scheme(joined.view.issuer or "")
    if not issuer:
        return None
    chosen = [(c, role) for c in joined.chains if (role := joined.choices[c.id].role) is not None]
    if not chosen or any(names_issuer(role, issuer) for _, role in chosen):
        return None
    if any(joined.choices[c.id].how in STATED for c, _ in chosen):
        return None
    if are_proven(joined, chosen, _trusted(chosen)):
        return None
    if apart := _of_another_partition(joined, chosen):
        return _sure(joined, apart, _exported_with(joined, apart))
    roles = [] if issuer in _providers(joined) else _proof(joined, chosen)
    if roles:
        return _sure(joined, roles, joined.evidence.loose)
    if _is_ours(joined, chosen):
        return None
    cites = _known_by(joined)
    doubt = _doubt(joined, chosen)
    where = _places([role for _, role in chosen])
    said = known(doubt, *cites, *where, derived=True) if doubt else Unknown()
    return Foreign(said, sure=False, records=_others(joined, issuer), note=_note(chosen))


def _known_by(joined: Joined) -> tuple[Cite, ...]:
    issuer = joined.view.facts["cluster.issuer"]
    return issuer.cites if isinstance(issuer, Fact) else ()


def _sure(joined: Joined, roles: Sequence[Role], records: Sequence[object]) -> Foreign:
    """Say that the roles are another cluster's, and leave out what was exported with them."""
    phrases = [
        f"the cluster, whose issuer is {joined.view.issuer}",
        f"the exports, with roles such as {roles[0].arn or roles[0].name}",
    ]
    clusters = known(phrases, *_known_by(joined), *_places(roles), derived=True)
    detail = f"exports with roles such as {roles[0].name} were left out: they are another cluster's"
    return Foreign(clusters, sure=True, records=records, note=_noted(roles, detail))


def _of_another_partition(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> list[Role]:
    """Give the roles if all are of another partition than the cluster: no account has a part in two."""
    view = joined.view
    parsed = [parse_role_arn(role.arn) for _, role in chosen if role.arn]
    apart = bool(parsed) and all(one and one.partition != view.partition for one in parsed)
    return [role for _, role in chosen] if view.partition_known and apart else []


def _exported_with(joined: Joined, roles: Sequence[Role]) -> list[object]:
    """Give the records of the folders that hold these roles."""
    folders = {(r.where.input, r.where.file.rpartition("/")[0]) for r in roles if r.where is not None}
    return [
        record
        for record in joined.evidence.loose
        if isinstance(where := getattr(record, "where", None), Source)
        and (where.input, where.file.rpartition("/")[0]) in folders
    ]


def is_comparable(joined: Joined, whole: Evidence) -> bool:
    """Tell whether inputs may be of different clusters at all: two bundles, or exports beside one."""
    exported = any(isinstance(record, _EXPORTS) for record in whole.loose)
    return len(clusters_of(whole.objects)) > 1 or (exported and bool(joined.view.issuer))


def are_tied(joined: Joined) -> bool:
    """Tell whether something in the exports is of this cluster: its issuer, one it had, its name or a key."""
    view, evidence = joined.view, joined.evidence
    issuer = without_scheme(view.issuer or "")
    urls = _providers(joined) | {d.issuer for d in in_force(evidence, DiscoveryDocument) if d.issuer}
    if any(is_related(url, view) for url in urls if url):
        return True
    if any(names_issuer(role, issuer) for role in joined.book.roles):
        return True
    chosen = [(c, role) for c in joined.chains if (role := joined.choices[c.id].role) is not None]
    if any(joined.choices[c.id].how in STATED for c, _ in chosen) or (chosen and _is_ours(joined, chosen)):
        return True
    if are_proven(joined, chosen, _trusted(chosen)):
        return True
    return bool(own_key_ids(joined.objects) & key_ids(in_force(evidence, KeySet)))


def as_expected(foreign: Foreign) -> Foreign:
    """Take exports of another cluster for what a user who named the one to judge knows of: a note."""
    return replace(foreign, clusters=known(None), sure=False) if foreign.sure else foreign


def _note(chosen: Sequence[tuple[Chain, Role]]) -> Problem | None:
    roles = [role for _, role in chosen if role.where is not None]
    trusted = ", ".join(sorted(_trusted(chosen)))
    tie = f"nothing ties them to this cluster, they trust {trusted}"
    return _noted(roles, f"roles such as {roles[0].name} were left out: {tie}") if roles else None


def _noted(roles: Sequence[Role], detail: str) -> Problem | None:
    where = next((role.where for role in roles if role.where is not None), None)
    return Problem(where.input, where.file, "other-roles", detail, "note") if where else None


def _others(joined: Joined, issuer: str) -> list[object]:
    """Give the records of the roles that do not trust this issuer."""
    kept = {role.name for role in joined.book.roles if names_issuer(role, issuer)}
    return [record for record in joined.evidence.of(RoleRecord) if record.name not in kept]


def _is_ours(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    """Tell roles that something ties to this cluster though they do not trust its issuer.

    Its name in theirs, an issuer that it had or that is almost its own, the installer's tag, a log; or
    they trust no issuer at all, and so none of another cluster.
    """
    trusted, issuer = _trusted(chosen), joined.view.issuer or ""
    if not trusted or _tied(joined, chosen):
        return True
    if _in_another_account(joined, chosen):
        return False
    if any(is_related(url, joined.view) for url in trusted):
        return True
    prefixes = {prefix_of(role.name, c.namespace, c.secret_name) for c, role in chosen} - {None}
    own, infra = {ccoctl_name_of(issuer), *known_names(joined.providers, issuer)}, infra_name(joined.view)
    return any(p in own or (infra is not None and is_alike(str(p), infra)) for p in prefixes)


def _in_another_account(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    """Tell roles of another account than the one that was exported with a provider for this very issuer.

    They trust another: what ccoctl makes for one cluster is in one account.
    """
    issuer, providers = without_scheme(joined.view.issuer or ""), joined.providers
    owners = {p[0] for arn, _ in providers.listed_arns() if (p := provider_of(arn)) and p[1] == issuer}
    owners |= {
        account
        for record in providers.records
        if without_scheme(record.url or "") == issuer and (account := providers.account_of(record))
    }
    return bool(owners) and all(role.account and role.account not in owners for _, role in chosen)


def _places(roles: Iterable[Role]) -> Sequence[Cite]:
    return [role.where for role in roles if role.where is not None][:3]


def _providers(joined: Joined) -> set[str]:
    named = {p[1] for arn, _ in joined.providers.listed_arns() if (p := provider_of(arn))}
    return named | {without_scheme(record.url or "") for record in joined.providers.records}


def _proof(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> list[Role]:
    """Give the roles that are another cluster's: by tag, log, byte length, keys or name."""
    infra = infra_name(joined.view)
    tagged = {role.name: owner for _, role in chosen if (owner := _tagged(role))}
    if tagged and infra is not None:
        return [r for _, r in chosen if r.name in tagged] if infra not in tagged.values() else []
    logged = [fits for c, role in chosen if (fits := _logged(c, role, joined)) is not None]
    if any(logged):
        return []
    if logged or _by_length(joined, chosen) or _by_keys(joined, chosen):
        return [role for _, role in chosen]
    named = [role for c, role in chosen if _of_another_name(c, role, joined)]
    return named if len(named) >= _SEVERAL else []


def _tagged(role: Role) -> str | None:
    """Give the infrastructure name that the installer's own tag names."""
    return next((t.removeprefix(_INFRA_TAG) for t in role.tags if t.startswith(_INFRA_TAG)), None)


def _logged(chain: Chain, role: Role, joined: Joined) -> bool | None:
    """Tell whether the chain's logs quote AWS with this role as the caller; None where they quote none."""
    found = logged_by(chain, joined.chains, joined.evidence, joined.evidence.symptoms).all
    names = {match[1] for s in found if (match := _CALLER.search(s.caller or ""))}
    return role.name in names if names else None


def _by_length(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    judged = [
        joined.lengths[c.id].fits
        for c, role in chosen
        # all names that are cut have one length, which tells nothing
        if joined.lengths[c.id].fits is not None and len(role.name) < ROLE_NAME_LIMIT
    ]
    return len(judged) >= _SEVERAL and not any(judged)


def _by_keys(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    """Tell whether the exported documents are of the issuer that the roles trust, with keys not ours."""
    trusted = _trusted(chosen)
    documents = {without_scheme(d.issuer or "") for d in in_force(joined.evidence, DiscoveryDocument)}
    own, published = own_key_ids(joined.objects), key_ids(in_force(joined.evidence, KeySet))
    return bool(len(trusted) == 1 and trusted <= documents and own and published and not own & published)


def _tied(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    """Tell roles that are this cluster's all the same: by the installer's tag, or by AWS's words in a log."""
    infra = infra_name(joined.view)
    tagged = infra is not None and any(_tagged(role) == infra for _, role in chosen)
    named = {s.role_arn for s in joined.evidence.symptoms} - {None}
    return tagged or any(role.arn in named or _logged(c, role, joined) for c, role in chosen)


def _trusted(chosen: Sequence[tuple[Chain, Role]]) -> set[str]:
    return {url for _, role in chosen for url in trusted_issuers(role.trust)}


def _of_another_name(chain: Chain, role: Role, joined: Joined) -> bool:
    """Tell a role that was made with another name than the cluster's, for an issuer of that name too."""
    prefix, infra = prefix_of(role.name, chain.namespace, chain.secret_name), infra_name(joined.view)
    own = ccoctl_name_of(joined.view.issuer or "")
    if prefix is None or own is None or infra is None:
        return False
    trusted = {ccoctl_name_of(f"https://{url}") for url in trusted_issuers(role.trust)}
    return is_alike(own, infra) and not is_alike(prefix, infra) and trusted == {prefix}


def _doubt(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> str | None:
    """Say why the exports may be of another cluster: another name, and an issuer this one never had."""
    prefixes = {prefix_of(role.name, c.namespace, c.secret_name) for c, role in chosen}
    trusted, infra = _trusted(chosen), infra_name(joined.view)
    if len(prefixes) != 1 or len(trusted) != 1 or len(chosen) < _SEVERAL:
        return None
    (prefix,), (other,) = prefixes, trusted
    if prefix is None or infra is None:
        return None
    return (
        f"the cluster is {infra} with issuer {joined.view.issuer}, the names of the exported "
        f"roles begin with {prefix}, and all of them trust {other}"
    )
