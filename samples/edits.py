"""Changes that touch several fields of a cluster at once, as an administrator's step does."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from samples import workloads
from samples.chatter import healthy_chatter
from samples.keys import jwks

if TYPE_CHECKING:
    from samples.aws import Role
    from samples.cluster import Cluster


def rotate_key(cluster: Cluster, when: datetime, *, publish: bool) -> None:
    """Let the cluster sign with a new key; the old one stays in its set. `publish` updates keys.json too."""
    cluster.previous_signing_keys = list(cluster.signing_keys)
    cluster.signing_keys.append(cluster.key(len(cluster.signing_keys) + 1))
    _roll_out(cluster, when)
    if publish:
        cluster.jwks = dict(jwks(cluster.signing_keys))


def change_issuer(cluster: Cluster, issuer: str, when: datetime) -> None:
    """Set another issuer in the cluster alone; the API server still takes tokens of the old one."""
    cluster.authentication_issuer = issuer
    cluster.previous_kas_issuers = list(cluster.kas_issuers)
    cluster.kas_issuers = [issuer, cluster.kas_issuers[0]]
    _roll_out(cluster, when)


def restart_pods(cluster: Cluster, when: datetime) -> None:
    """Start every pod anew, with fresh logs; errors must be put in after this."""
    workloads.start(list(cluster.workloads.values()), when)
    for workload in cluster.workloads.values():
        for container in workload.containers.values():
            container.log = []
    healthy_chatter(cluster)


def trust_subjects(role: Role, subjects: list[str]) -> None:
    """Replace the subjects that a role made by ccoctl trusts."""
    keys = role.trust["Statement"][0]["Condition"]["StringEquals"]
    name = next(key for key in keys if key.endswith(":sub"))
    keys[name] = subjects


def drop_role(cluster: Cluster, namespace: str, *, recorded: bool = True) -> None:
    """Delete a role; `recorded` leaves the answer NoSuchEntity in the exports."""
    role = cluster.role(namespace)
    del cluster.roles[role.name]
    if recorded:
        cluster.missing_roles.append(role.name)


def _roll_out(cluster: Cluster, when: datetime) -> None:
    cluster.kas_revision += 1
    cluster.node_revisions = [cluster.kas_revision] * len(cluster.node_revisions)
    cluster.kas_rolled_out = when
