"""What proves that exported roles are this cluster's, though none of them trusts its issuer.

Then its issuer was changed, or another was set in its place, and the roles were left as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.evidence.values import text
from analyzer.model.joining.aws import without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import read
from analyzer.model.joining.related import infra_name
from analyzer.model.joining.roles import Role, RoleBook
from analyzer.model.joining.runtime_issuer import config_issuers
from analyzer.model.role.asked import registry_store
from analyzer.model.symptoms.owners import logged_by

_CONFIG = re.compile(r"config(?:-\d{1,9})?", re.ASCII)
_MADE = re.compile(r"-[a-z0-9]{5}\Z")
"""The end that the installer gives an infrastructure name: no other cluster has that."""


def are_proven(joined: Joined, chosen: Sequence[tuple[Chain, Role]], trusted: set[str]) -> bool:
    """Tell whether the roles of chains are this cluster's; ``trusted`` are the issuers that they trust.

    It had one of these, by the configuration of kube-apiserver or by its tokens that STS refused; or a
    policy of a role names what only this cluster has. That an issuer publishes its keys proves nothing:
    ccoctl takes a key pair that lies in its output folder for the next cluster too.
    """
    had = {without_scheme(issuer) for issuer in (*_set_once(joined), *_presented(joined, chosen))}
    return bool(trusted & had) or _names_cluster((role for _, role in chosen), joined)


def _set_once(joined: Joined) -> Iterator[str]:
    """Give every issuer that kube-apiserver accepts, or that a former revision of it was set to."""
    accepted = value_of(joined.view.facts, "cluster.runtime_issuers")
    yield from (str(one) for one in (accepted if isinstance(accepted, list) else ()))
    for config in joined.objects.all("ConfigMap", "openshift-kube-apiserver"):
        if _CONFIG.fullmatch(config.name):
            yield from config_issuers(text(read(config, "data", "config.yaml")))


def _presented(joined: Joined, chosen: Iterable[tuple[Chain, Role]]) -> Iterator[str]:
    """Give the issuers of tokens that the chains' own pods presented, as STS names them in the logs."""
    for chain, _ in chosen:
        for symptom in logged_by(chain, joined.chains, joined.evidence, joined.evidence.symptoms).all:
            if symptom.issuer:
                yield symptom.issuer


def _names_cluster(roles: Iterable[Role], joined: Joined) -> bool:
    """Tell whether a policy names the cluster's infrastructure or the bucket of its registry.

    Zones tell nothing: clusters with one base domain share the public one.
    """
    bucket, infra = registry_store(joined.objects)[0], infra_name(joined.view) or ""
    wanted = [re.escape(name) for name in (bucket, infra if _MADE.search(infra) else None) if name]
    if not wanted:
        return False
    named = re.compile(rf"(?<![\w.-])(?:{'|'.join(wanted)})(?!\w)")
    return any(named.search(document) for role in roles for document in _policies(role, joined.book))


def _policies(role: Role, book: RoleBook) -> Iterator[str]:
    attached = [book.policies[arn] for _, arn in role.attached or () if arn in book.policies]
    documents = [*role.inline.values(), *(document for policy in attached for document in policy.documents)]
    for document in documents:
        yield document.raw if isinstance(document.raw, str) else json.dumps(document.raw)
