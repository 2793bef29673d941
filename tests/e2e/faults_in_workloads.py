"""Faults of what runs: pods, projected tokens, the webhook and its ServiceAccounts, operators of OLM."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from samples import Cluster, Secret, faults, logs

from .fault import TRUST_FAULT, Fault, pods_in, secrets_in
from .faults_in_requests import IN_CLUSTER, RELEASE
from .layered import ANNOTATION, OPERATOR, OPERATOR_SECRET, ROLE, SHOP, albo, env_of, shop, webhook_down
from .runs import DRIVERS, MACHINES, NETWORK, Edit


def no_token_volume(name: str) -> Edit:
    """Give an edit that takes the projected token from a workload."""
    return lambda cluster: setattr(cluster.workload(name), "token", None)


def runs_as(name: str, account: str) -> Edit:
    """Give an edit that lets a workload run as another ServiceAccount."""
    return lambda cluster: setattr(cluster.workload(name), "service_account", account)


def audience(name: str, value: str) -> Edit:
    """Give an edit that gives the projected token another audience."""
    return lambda cluster: setattr(cluster.workload(name).token, "audience", value)


def _env(workload: str, name: str, value: str) -> Edit:
    return lambda cluster: env_of(cluster, workload).set_env(name, value)


def _key_from_another_secret(cluster: Cluster) -> None:
    ref = {"secretKeyRef": {"key": "aws_access_key_id", "name": "mine"}}
    env_of(cluster, "machine-api-controllers").env.append({"name": "AWS_ACCESS_KEY_ID", "valueFrom": ref})
    place = ("openshift-machine-api", "mine")
    cluster.secrets[place] = Secret({"aws_access_key_id": b"x" * 20}, cluster.installed)


def _other_profile(cluster: Cluster) -> None:
    env_of(cluster, "aws-ebs-csi-driver-controller").set_env("AWS_PROFILE", "mine")


def _lifetime(cluster: Cluster) -> None:
    token = cluster.workload("machine-api-controllers").token
    assert token is not None
    token.expiration = 604800


OLD_ISSUER = "https://demo-old-oidc.s3.us-west-2.amazonaws.com"


def issuer_changed(*, ago: timedelta, log: bool) -> Edit:
    """Give an edit that changes the issuer and restarts nothing; ``log`` lets one pod show an old token."""

    def edit(cluster: Cluster) -> None:
        when = cluster.gathered - ago
        cluster.previous_kas_issuers = [OLD_ISSUER]
        cluster.kas_issuers = [cluster.issuer or "", OLD_ISSUER]
        cluster.kas_revision += 1
        cluster.node_revisions = [cluster.kas_revision] * 3
        cluster.kas_rolled_out = when
        if log:
            since = when + timedelta(minutes=3)
            space = "openshift-machine-api"
            faults.authentication_fails(
                cluster, logs.no_provider(OLD_ISSUER), since=since, namespaces=[space]
            )

    return edit


def _opt_in(cluster: Cluster) -> None:
    shop(cluster, region=False)


def _run_level_zero(cluster: Cluster) -> None:
    shop(cluster, mutated=False, **{"openshift.io/run-level": "0"})


def _on_the_pod(cluster: Cluster) -> None:
    shop(cluster, annotations={}, pod_annotations={ANNOTATION: ROLE}, mutated=False)


def _misspelt(cluster: Cluster) -> None:
    shop(cluster, annotations={"eks.amazonaws.com/role_arn": ROLE}, mutated=False)


GOVERNMENT = {"region": "us-gov-west-1", "partition": "aws-us-gov"}
SHOP_PODS = rf"namespaces/{SHOP}/core/pods"
CHANGES = r"openshift-kube-apiserver/core/configmaps|operator\.openshift\.io/kubeapiservers/"


def _webhook_down_and_used(cluster: Cluster) -> None:
    webhook_down(cluster)
    shop(cluster)


OLM = r"operators\.coreos\.com/"


def _fault(rule: str, edit: Edit, hide: str, *chains: str, **more: Any) -> Fault:
    return Fault(rule, "workload", edit, hide, chains, **more)


def _machines(rule: str, edit: Edit, **more: Any) -> Fault:
    return _fault(rule, edit, pods_in(MACHINES), MACHINES, second=TRUST_FAULT, **more)


FAULTS = [
    Fault(
        "workload-token-volume-missing", "workload", no_token_volume("machine-api-controllers"),
        pods_in(MACHINES), chains=(MACHINES,), second=TRUST_FAULT,
    ),
    Fault(
        "workload-token-volume-missing", "workload", no_token_volume("cloud-network-config-controller"),
        pods_in(NETWORK), chains=(NETWORK,), variant="mounts-the-secret", second=TRUST_FAULT,
    ),
    Fault(
        "workload-service-account-mismatch", "workload",
        runs_as("cloud-network-config-controller", "default"), pods_in(NETWORK), chains=(NETWORK,),
    ),
    Fault(
        "workload-token-audience", "workload", audience("cloud-network-config-controller", "vault"),
        pods_in(NETWORK), chains=(NETWORK,),
    ),
    _machines("workload-static-env", _env("machine-api-controllers", "AWS_ACCESS_KEY_ID", "AKIAI0000")),
    _machines("workload-static-env", _key_from_another_secret, variant="from-a-secret"),
    _fault("workload-static-env", _other_profile, pods_in(DRIVERS), DRIVERS, variant="profile"),
    _machines("workload-token-lifetime", _lifetime, state="warn", kind="hygiene"),
    _machines("workload-legacy-token-path",
              _env("machine-api-controllers", "AWS_WEB_IDENTITY_TOKEN_FILE",
                   "/var/run/secrets/kubernetes.io/serviceaccount/token")),
    _fault("workload-predates-issuer", issuer_changed(ago=timedelta(hours=4), log=True), CHANGES, MACHINES,
           second=TRUST_FAULT),
    _fault("workload-region-missing", _opt_in, SHOP_PODS, state="warn", arguments=GOVERNMENT),
    _fault("workload-region-missing", _opt_in, SHOP_PODS, state="warn", variant="opt-in",
           arguments={"region": "eu-south-1"}),
    _fault("webhook-not-injected", lambda cluster: shop(cluster, mutated=False), SHOP_PODS),
    _fault("webhook-not-injected", _run_level_zero, SHOP_PODS, variant="run-level"),
    _fault("webhook-not-injected", lambda cluster: shop(cluster, annotations={ANNOTATION: f"{ROLE}-new"}),
           SHOP_PODS, state="warn", variant="other-role"),
    _fault("webhook-annotation-typo", _misspelt, rf"namespaces/{SHOP}/"),
    _fault("webhook-annotation-typo", _on_the_pod, SHOP_PODS, variant="on-the-pod"),
    _fault("webhook-unavailable", _webhook_down_and_used, r"apps/deployments", state="warn", kind="hygiene"),
    _fault("olm-role-arn-missing", lambda c: albo(c, role=None), secrets_in(OPERATOR), OPERATOR_SECRET),
    _fault("olm-role-arn-missing", lambda c: albo(c, role=None, request=False), OLM, state="info",
           variant="nothing-waits"),
    _fault("olm-token-path-default", lambda c: albo(c, token_path=None, secret="kubernetes.io"),
           f"{IN_CLUSTER}|{RELEASE}", OPERATOR_SECRET),
    _fault("olm-automatic-approval", lambda c: albo(c, approval="Automatic"), OLM, OPERATOR_SECRET,
           state="warn", kind="hygiene"),
]  # fmt: skip
