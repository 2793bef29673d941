"""Exports that are of another cluster than the bundle: told apart from a fault of this cluster's own roles.

A cluster whose issuer was changed looks alike: its roles trust an issuer that is not its own. Its
Secrets, logs, names, tags and keys still fit what was exported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence.records import DiscoveryDocument, KeySet
from analyzer.frozen import frozen
from analyzer.model.aws import ROLE_NAME_LIMIT, ccoctl_name_of, provider_of, without_scheme
from analyzer.model.chains import Chain
from analyzer.model.cluster import value_of
from analyzer.model.issuer_answers import in_force
from analyzer.model.joined import Joined
from analyzer.model.objects import known
from analyzer.model.resolve import STATED
from analyzer.model.role_choice import names_issuer, prefix_of
from analyzer.model.roles import Role
from analyzer.model.signing_keys import signing_keys
from analyzer.model.symptoms import symptoms_of
from analyzer.patterns import later

_TRUSTED = later(r"oidc-provider/([A-Za-z0-9./_-]+)")
_CALLER = later(r":assumed-role/([^/]+)/(?!i-[0-9a-f]{8})")
_INFRA_TAG = "kubernetes.io/cluster/"
_SEVERAL = 2


@frozen
class Foreign:
    """Exports that do not fit; ``clusters`` are phrases, or one sentence where it is not ``sure``."""

    clusters: Fact
    sure: bool


def foreign_exports(joined: Joined) -> Foreign | None:
    """Tell exports that are of another cluster, or may be; None where something ties them to this one.

    None of the exported roles trusts this issuer. What then proves another cluster is in ``_proof``, where
    no exported provider is this issuer's; without proof, names that are not alike make it doubtful.
    """
    view, issuer = joined.view, without_scheme(joined.view.issuer or "")
    if not issuer:
        return None
    chosen = [(c, role) for c in joined.chains if (role := joined.choices[c.id].role) is not None]
    if not chosen or any(names_issuer(role, issuer) for _, role in chosen):
        return None
    if any(joined.choices[c.id].how in STATED for c, _ in chosen):
        return None
    roles = [] if issuer in _providers(joined) else _proof(joined, chosen)
    known_as = view.facts["cluster.issuer"]
    cites: tuple[Cite, ...] = known_as.cites if isinstance(known_as, Fact) else ()
    if roles:
        phrases = [
            f"the cluster, whose issuer is {view.issuer}",
            f"the exports, with roles such as {roles[0].name}",
        ]
        return Foreign(known(phrases, *cites, *_places(roles), derived=True), sure=True)
    doubt = _doubt(joined, chosen)
    if doubt is None:
        return None
    return Foreign(known(doubt, *cites, *_places([role for _, role in chosen]), derived=True), sure=False)


def _places(roles: Iterable[Role]) -> Sequence[Cite]:
    return [role.where for role in roles if role.where is not None][:3]


def _providers(joined: Joined) -> set[str]:
    named = {p[1] for arn, _ in joined.providers.listed_arns() if (p := provider_of(arn))}
    return named | {without_scheme(record.url or "") for record in joined.providers.records}


def _proof(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> list[Role]:
    """Give the roles that are another cluster's: by tag, log, byte length, keys or name."""
    infra = value_of(joined.view.facts, "cluster.infra_name")
    tagged = {role.name: owner for _, role in chosen if (owner := _tagged(role))}
    if tagged and isinstance(infra, str):
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
    found = symptoms_of(chain, joined.chains, joined.evidence.symptoms)
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
    own = {key.kid for key in signing_keys(joined.objects) or ()}
    published = {str(k.get("kid")) for s in in_force(joined.evidence, KeySet) for k in s.keys}
    return bool(len(trusted) == 1 and trusted <= documents and own and published and not own & published)


def _tied(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> bool:
    """Tell roles that are this cluster's all the same: by the installer's tag, or by AWS's words in a log."""
    infra = _infra(joined)
    return any(_tagged(role) == infra or _logged(c, role, joined) for c, role in chosen)


def _trusted(chosen: Sequence[tuple[Chain, Role]]) -> set[str]:
    return {url for _, role in chosen for url in _TRUSTED.findall(role.trust_text)}


def _of_another_name(chain: Chain, role: Role, joined: Joined) -> bool:
    """Tell a role that was made with another name than the cluster's, for an issuer of that name too."""
    prefix, infra = prefix_of(role.name, chain.namespace, chain.secret_name), _infra(joined)
    own = ccoctl_name_of(joined.view.issuer or "")
    if prefix is None or own is None or infra is None:
        return False
    trusted = {ccoctl_name_of(f"https://{url}") for url in _TRUSTED.findall(role.trust_text)}
    return _alike(own, infra) and not _alike(prefix, infra) and trusted == {prefix}


def _infra(joined: Joined) -> str | None:
    infra = value_of(joined.view.facts, "cluster.infra_name")
    return infra if isinstance(infra, str) else None


def _alike(name: str, infra: str) -> bool:
    """Tell a name that may have been given for a cluster: installer and people begin both alike."""
    return name[:3].lower() == infra[:3].lower()


def _doubt(joined: Joined, chosen: Sequence[tuple[Chain, Role]]) -> str | None:
    """Say why the exports may be of another cluster: another name, and an issuer this one never had."""
    prefixes = {prefix_of(role.name, c.namespace, c.secret_name) for c, role in chosen}
    trusted, infra = _trusted(chosen), _infra(joined)
    runtime = value_of(joined.view.facts, "cluster.runtime_issuers")
    # An issuer without TLS is another rule's matter, and no other cluster's.
    had = (
        {without_scheme(str(one)).removeprefix("http://") for one in runtime}
        if isinstance(runtime, list)
        else set()
    )
    if len(prefixes) != 1 or len(trusted) != 1 or trusted & had or len(chosen) < _SEVERAL:
        return None
    (prefix,), (other,) = prefixes, trusted
    if prefix is None or infra is None or _alike(prefix, infra) or _tied(joined, chosen):
        return None
    return (
        f"the cluster is {infra} with issuer {joined.view.issuer}, the names of the exported "
        f"roles begin with {prefix}, and all of them trust {other}"
    )
