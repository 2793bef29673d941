"""The named scenarios: each breaks a healthy cluster in one way and says what should be found."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from samples import edits, faults, logs
from samples.aws import HttpError, Provider, ccoctl_tags
from samples.bundle import bundle_files, bundle_folder
from samples.cluster import DEFAULT_ISSUER, Cluster
from samples.exports import PARTS, export_files
from samples.yamlout import Json

ALL = ("*",)
INGRESS = "openshift-ingress-operator/cloud-credentials"


@dataclass(frozen=True)
class Scenario:
    """A cluster with one fault. `chains` are those that fail, `*` for all; `rule` is the catalogue id."""

    name: str
    broken: str
    rule: str | None
    link: str | None
    edit: Callable[[Cluster], None]
    chains: tuple[str, ...] = ()
    parts: tuple[str, ...] = PARTS
    arguments: Json = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """What `sts-doctor analyze` should return."""
        return 0 if self.rule is None or self.rule == "mode-sts-not-used" else 1

    def cluster(self) -> Cluster:
        """Return the cluster with its fault."""
        identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.example.com"))
        cluster = Cluster(**{"cluster_id": identity, **self.arguments})
        self.edit(cluster)
        return cluster

    def files(self) -> dict[str, bytes]:
        """Return all files of the sample, by path below its folder."""
        cluster = self.cluster()
        folder = f"must-gather/{bundle_folder(cluster)}"
        files = {f"{folder}/{path}": content for path, content in bundle_files(cluster).items()}
        if self.parts:
            exports = export_files(cluster, parts=self.parts)
            files |= {f"exports/{path}": content for path, content in exports.items()}
        files["README.md"] = self._readme().encode()
        return files

    def _readme(self) -> str:
        verdict = f"`{self.rule}` (link {self.link})" if self.rule else "none"
        return (
            f"# {self.name}\n\n{self.broken}\n\nExpected verdict: {verdict}\n\n"
            f"```\nsts-doctor analyze samples/{self.name}\n```\n"
        )


SCENARIOS: dict[str, Scenario] = {}


def _scenario(
    name: str, broken: str, rule: str | None = None, link: str | None = None, **more: Any
) -> Callable[[Callable[[Cluster], None]], Callable[[Cluster], None]]:
    def register(edit: Callable[[Cluster], None]) -> Callable[[Cluster], None]:
        SCENARIOS[name] = Scenario(name, broken, rule, link, edit, **more)
        return edit

    return register


@_scenario("healthy", "Nothing is broken: an STS cluster made by ccoctl, with every export.")
def _healthy(cluster: Cluster) -> None:
    pass


@_scenario(
    "ingress-jwks-403",
    "The issuer's keys.json answers 403, so AWS cannot verify any token; the ingress operator never made its "
    "DNS record.",
    "jwks-unreachable",
    "keys",
    chains=ALL,
    arguments={
        "version": "4.10.3",
        "name": "ocp-oidc",
        "infra_name": "ocp-oidc-m8v4t",
        "gathered": datetime(2022, 3, 25, 17, 12, tzinfo=UTC),
    },
)
def _ingress_jwks_403(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=18, minutes=6)
    cluster.jwks = HttpError()
    faults.authentication_fails(cluster, logs.VERIFICATION_KEY, since=since)
    faults.ingress_never_published(cluster, since)


@_scenario(
    "kid-rotated",
    "The cluster signs with a second key since three days; keys.json still holds the first alone.",
    "jwks-key-missing",
    "keys",
    chains=ALL,
    arguments={
        "version": "4.17.20",
        "region": "eu-central-1",
        "account": "210987654321",
        "name": "prod-eu",
        "infra_name": "prod-eu-c9w5l",
        "gathered": datetime(2025, 3, 18, 8, 5, tzinfo=UTC),
    },
)
def _kid_rotated(cluster: Cluster) -> None:
    rotated = cluster.gathered - timedelta(days=3, hours=2)
    edits.rotate_key(cluster, rotated, publish=False)
    edits.restart_pods(cluster, rotated + timedelta(hours=5))
    faults.authentication_fails(cluster, logs.VERIFICATION_KEY, since=rotated + timedelta(hours=1))


@_scenario(
    "trust-wrong-service-account",
    "The ingress role trusts the ServiceAccount of the router, not that of the ingress operator.",
    "trust-subject-mismatch",
    "trust",
    chains=(INGRESS,),
)
def _trust_wrong_service_account(cluster: Cluster) -> None:
    namespace = "openshift-ingress-operator"
    edits.trust_subjects(cluster.role(namespace), [f"system:serviceaccount:{namespace}:router"])
    since = cluster.gathered - timedelta(days=2, hours=4)
    faults.authentication_fails(cluster, logs.NOT_AUTHORIZED, since=since, namespaces=[namespace])


@_scenario(
    "provider-gone",
    "The IAM OIDC provider of the cluster was deleted; another cluster's is still in the account.",
    "provider-missing",
    "provider",
    chains=ALL,
    arguments={
        "version": "4.16.8",
        "name": "shop",
        "infra_name": "shop-2rz6d",
        "gathered": datetime(2024, 9, 3, 14, 40, tzinfo=UTC),
    },
)
def _provider_gone(cluster: Cluster) -> None:
    other = Provider(
        "staging-oidc.s3.us-east-2.amazonaws.com",
        cluster.account,
        thumbprints=list(cluster.provider.thumbprints),
        tags=ccoctl_tags("staging"),
        created=cluster.provider.created,
    )
    cluster.providers = [other]
    since = cluster.gathered - timedelta(hours=7, minutes=20)
    faults.authentication_fails(cluster, logs.no_provider(cluster.issuer or ""), since=since)


@_scenario(
    "audience-missing",
    "The IAM OIDC provider takes the audience sts.amazonaws.com alone; the operators' tokens say openshift.",
    "provider-audience-missing",
    "provider",
    chains=ALL,
    arguments={
        "version": "4.12.30",
        "name": "lab",
        "infra_name": "lab-h4nqk",
        "gathered": datetime(2023, 9, 14, 6, 25, tzinfo=UTC),
    },
)
def _audience_missing(cluster: Cluster) -> None:
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    since = cluster.gathered - timedelta(days=1, hours=3)
    faults.authentication_fails(cluster, logs.INCORRECT_AUDIENCE, since=since)


@_scenario(
    "issuer-unset",
    "The Authentication manifest was lost: no issuer is set, so tokens say https://kubernetes.default.svc.",
    "mode-issuer-unset",
    "mode",
    chains=ALL,
    arguments={
        "version": "4.15.9",
        "name": "edge",
        "infra_name": "edge-t6x8b",
        "gathered": datetime(2024, 5, 6, 19, 55, tzinfo=UTC),
    },
)
def _issuer_unset(cluster: Cluster) -> None:
    cluster.authentication_issuer = ""
    cluster.kas_issuers = [DEFAULT_ISSUER]
    cluster.previous_kas_issuers = [DEFAULT_ISSUER]
    since = cluster.gathered - timedelta(days=3)
    faults.authentication_fails(cluster, logs.no_provider(DEFAULT_ISSUER), since=since)
    faults.ingress_never_published(cluster, cluster.installed + timedelta(minutes=20))


@_scenario(
    "mint-mode",
    "Nothing is broken, and STS is not in use: the cluster mints long-lived keys.",
    "mode-sts-not-used",
    "mode",
    parts=("credrequests",),
    arguments={
        "version": "4.13.20",
        "mode": "",
        "region": "us-east-1",
        "name": "classic",
        "infra_name": "classic-5gqzj",
        "gathered": datetime(2023, 11, 21, 11, 15, tzinfo=UTC),
    },
)
def _mint_mode(cluster: Cluster) -> None:
    pass


@_scenario(
    "bundle-only",
    "Nothing is broken as far as the bundle shows; without exports, what AWS holds stays unknown.",
    parts=(),
    arguments={
        "version": "4.18.5",
        "region": "eu-west-1",
        "account": "210987654321",
        "name": "quiet",
        "infra_name": "quiet-w2v7p",
        "gathered": datetime(2025, 4, 2, 9, 30, tzinfo=UTC),
    },
)
def _bundle_only(cluster: Cluster) -> None:
    pass
