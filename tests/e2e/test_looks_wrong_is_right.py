"""What looks wrong and is right: never a failure, never a warning."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from samples import Cluster, aws
from samples.cluster import EXAMPLE_KEY
from samples.logs import klog
from samples.operators import Condition
from samples.requests import CCO_NAMESPACE
from samples.yamlout import Json, document

from .layered import operator_request
from .runs import (
    DRIVERS,
    NETWORK,
    READ_ONLY,
    REGISTRY,
    Bench,
    Edit,
    assert_healthy,
    edited,
    everything,
    findings,
    named,
    states_of,
    told,
    used,
    without,
)
from .test_healthy_matrix import LONG_NAME, SHAPES


def hook(cluster: Cluster, part: str, change: Callable[[Json], object]) -> None:
    """Change every document whose path holds a word."""

    def apply(path: str, body: Json) -> Json:
        if part in path:
            change(body)
        return body

    cluster.hooks.append(apply)


def _in_cluster_key_uri(cluster: Cluster) -> None:
    uri = [f"https://api-int.{cluster.domain}:6443/openid/v1/jwks"]

    def change(body: Json) -> None:
        body["spec"]["observedConfig"]["apiServerArguments"]["service-account-jwks-uri"] = uri

    hook(cluster, "kubeapiservers/cluster.yaml", change)


def _provisioned(value: bool | None) -> Edit:
    def change(body: Json) -> None:
        if body["spec"]["providerSpec"]["kind"] == "AWSProviderSpec":
            body.pop("status", None)
            if value is not None:
                body["status"] = {"provisioned": value, "lastSyncGeneration": 1}

    return lambda cluster: hook(cluster, "credentialsrequests/", change)


def _failed_to_grant(cluster: Cluster) -> None:
    message = "failed to grant creds: an empty awsSTSIAMRoleARN was found so no Secret was created"
    kind = "CredentialsProvisionFailure"
    condition = {
        "lastProbeTime": "2024-01-11T09:52:00Z",
        "lastTransitionTime": "2024-01-11T09:52:00Z",
        "message": message,
        "reason": kind,
        "status": "True",
        "type": kind,
    }

    def change(body: Json) -> None:
        if body["spec"]["providerSpec"]["kind"] == "AWSProviderSpec":
            body["status"] = {"conditions": [condition], "lastSyncGeneration": 0, "provisioned": False}

    hook(cluster, "credentialsrequests/", change)


def _read_only_secret_missing(cluster: Cluster) -> None:
    namespace, _, name = READ_ONLY.partition("/")
    del cluster.secrets[namespace, name]


def _read_only_role_missing(cluster: Cluster) -> None:
    role = cluster.role(CCO_NAMESPACE)
    del cluster.roles[role.name]
    cluster.missing_roles.append(role.name)


def _read_only_all_missing(cluster: Cluster) -> None:
    _read_only_secret_missing(cluster)
    _read_only_role_missing(cluster)


def _labels(cluster: Cluster) -> None:
    for secret in cluster.secrets.values():
        secret.labels, secret.annotations = {}, {}


def _capitals(cluster: Cluster) -> None:
    for number, role in enumerate(cluster.roles.values()):
        role.inline = copy.deepcopy(role.inline)
        for policy in role.inline.values():
            for entry in policy["Statement"]:
                entry["Action"] = [a.lower() if number % 2 else a.upper() for a in entry["Action"]]


def _more_permissions(cluster: Cluster) -> None:
    for role in cluster.roles.values():
        role.inline["more"] = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}],
        }


def _wildcards(cluster: Cluster) -> None:
    """A policy of wildcards grants what was asked for in words."""
    for role in cluster.roles.values():
        role.inline = {
            name: {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": services, "Resource": "*"},
            }
            for name, policy in role.inline.items()
            for services in [_services(policy)]
        }


def _services(policy: Json) -> list[str]:
    return sorted({f"{a.split(':')[0]}:*" for entry in policy["Statement"] for a in entry["Action"]})


def _no_openshift_in_api_audiences(cluster: Cluster) -> None:
    def change(body: Json) -> None:
        arguments = body["spec"]["observedConfig"]["apiServerArguments"]
        arguments["api-audiences"] = [cluster.issuer]

    hook(cluster, "kubeapiservers/cluster.yaml", change)


def _old_thumbprint(cluster: Cluster) -> None:
    cluster.provider.thumbprints = ["a9d53002e97e00e043244f3d170d6f4c414104fd"]


def _other_capitals_of_thumbprint(cluster: Cluster) -> None:
    cluster.provider.thumbprints = [print_.upper() for print_ in cluster.provider.thumbprints]


def _minted_by_nobody(cluster: Cluster) -> None:
    """The administrator's switch: every condition says that the operator is disabled."""
    assert cluster.mode == "Manual"


def _without(capability: str, *chains: str) -> Edit:
    """A capability is off: the release has its request, the cluster has nothing of it."""

    def edit(cluster: Cluster) -> None:
        def change(body: Json) -> None:
            for item in body.get("items", [body]):
                listed = item["status"]["capabilities"]["enabledCapabilities"]
                item["status"]["capabilities"]["enabledCapabilities"] = [c for c in listed if c != capability]

        hook(cluster, "clusterversions", change)
        for chain in chains:
            namespace, _, name = chain.partition("/")
            where = {"namespace": namespace, "name": name}
            gone = next(n for n, r in cluster.requests.items() if r["spec"]["secretRef"] == where)
            del cluster.requests[gone], cluster.secrets[namespace, name]
            del cluster.roles[cluster.role(namespace).name]
            cluster.workloads = {k: w for k, w in cluster.workloads.items() if w.namespace != namespace}
            for operator in cluster.operators.values():
                operator.related = [entry for entry in operator.related if entry["name"] != gone]

    return edit


def _logged(workload: str, text: str) -> Edit:
    """A line that is there again and again until the gather."""

    def edit(cluster: Cluster) -> None:
        log = cluster.workload(workload).main.log
        for minutes in (300, 90, 15, 2):
            log.append(klog(cluster.gathered - timedelta(minutes=minutes), "E", "sync.go:41", text))

    return edit


def _stopping(cluster: Cluster) -> None:
    """What a rollout replaces: its audience was wrong, and it is told to end."""

    def change(body: Json) -> None:
        for pod in [p for p in body["items"] if p["metadata"]["name"].startswith("ingress-operator")]:
            old = copy.deepcopy(pod)
            old["metadata"] |= {"name": "ingress-operator-old", "deletionTimestamp": "2025-01-01T00:00:00Z"}
            (volume,) = [v for v in old["spec"]["volumes"] if v["name"] == "bound-sa-token"]
            volume["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "vault"
            body["items"].append(old)

    hook(cluster, "openshift-ingress-operator/core/pods.yaml", change)


def _init_container(cluster: Cluster) -> None:
    """What copies the Secret before the program starts signs in nowhere."""

    def change(body: Json) -> None:
        for item in body.get("items", [body]):
            spec = item["spec"].get("template", item)["spec"]
            for volume in (v for v in spec.get("volumes", []) if "secret" in v):
                mounts = [{"name": volume["name"], "mountPath": "/from"}]
                spec["initContainers"] = [{"name": "copy", "image": "copy", "volumeMounts": mounts}]

    for kind in ("core/pods", "apps/deployments", "pods/aws-ebs"):
        hook(cluster, f"openshift-cluster-csi-drivers/{kind}", change)


_OTHER_STORE = (
    "upload of a layer failed: AccessDenied: Access Denied\n\tstatus code: 403, request id: lw3k9a0c-7r1xqe, "
    "host id: lw3k9a0c-7r1xqe"
)
_NAMED_FILE = "signing in with the web identity token file /var/run/secrets/openshift/serviceaccount/token"

LOOKS: dict[str, tuple[Edit, dict[str, Any]]] = {
    "in-cluster-key-uri": (_in_cluster_key_uri, {}),
    "operator-disabled-by-admin": (_minted_by_nobody, {}),
    "provisioned": (_provisioned(True), {}),
    "not-provisioned": (_provisioned(False), {}),
    "no-status": (_provisioned(None), {}),
    "no-role-arn-in-4.14": (_failed_to_grant, {"version": "4.14.3"}),
    "no-role-arn-in-4.15": (_failed_to_grant, {"version": "4.15.2"}),
    "read-only-secret-missing": (_read_only_secret_missing, {}),
    "read-only-role-missing": (_read_only_role_missing, {}),
    "read-only-all-missing": (_read_only_all_missing, {}),
    "secrets-without-labels": (_labels, {}),
    "capitals-in-actions": (_capitals, {}),
    "more-permissions": (_more_permissions, {}),
    "wildcard-permissions": (_wildcards, {}),
    "api-audiences-without-openshift": (_no_openshift_in_api_audiences, {}),
    "old-thumbprint": (_old_thumbprint, {}),
    "old-thumbprint-of-cloudfront": (_old_thumbprint, {"issuer": "https://d2abc1example9z.cloudfront.net"}),
    "capitals-in-thumbprint": (_other_capitals_of_thumbprint, {}),
    "storage-disabled": (_without("Storage", DRIVERS), {"version": "4.15.9"}),
    "registry-disabled": (_without("ImageRegistry", REGISTRY), {"version": "4.16.4"}),
    "images-in-another-store": (_logged("image-registry", _OTHER_STORE), {}),
    "token-file-named": (_logged("machine-api-controllers", _NAMED_FILE), {}),
    "pod-stopping": (_stopping, {}),
    "before-the-network-controller": (lambda _: None, {"version": "4.9.33"}),
    **{
        name: SHAPES[name]
        for name in ("two-issuers", "key-rotated", "subject-as-text", "lists-everywhere",
                     "statement-as-object", "more-audiences", "url-encoded", "json-text")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_it_is_right(bench: Bench, name: str) -> None:
    edit, arguments = LOOKS[name]
    report = bench.report(everything(edited(edit, **arguments)))
    if arguments.get("version") == "4.9.33":
        warned = {finding.rule for finding in findings(report, "fail", "warn")}
        assert warned <= {"secret-global-endpoint"}, told(report)  # the template of that time
        assert NETWORK not in {chain.id for chain in report.chains}
        return
    if "disabled" in name and "admin" not in name:
        assert len(report.chains) >= 4
        assert not findings(report, "fail", "warn"), told(report)
        return
    if name.startswith("read-only"):
        assert not findings(report, "fail", "warn"), told(report)
        assert report.exit_code == 0
        assert {chain.verdict.state for chain in used(report)} <= {"pass", "unknown"}, told(report)
        return
    assert_healthy(report)


@pytest.mark.parametrize("part", ["sessions-revoked", "began-long-ago"])
def test_a_date_in_a_policy_that_is_long_past_decides(bench: Bench, part: str) -> None:
    """The console's "Revoke active sessions" leaves a Deny that touches no session made after it."""
    cluster = Cluster()
    role = cluster.role("openshift-cluster-csi-drivers")
    if part == "sessions-revoked":
        past = {"DateLessThan": {"aws:TokenIssueTime": "2024-03-01T00:00:00.000Z"}}
        deny = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": past}
        role.inline["AWSRevokeOlderSessions"] = {"Version": "2012-10-17", "Statement": [deny]}
    else:
        role.trust["Statement"][0]["Condition"]["DateGreaterThan"] = {"aws:CurrentTime": "2020-01-01"}
    assert_healthy(bench.report(everything(cluster)))


def test_sessions_revoked_just_now_may_still_be_in_use(bench: Bench) -> None:
    cluster = Cluster()
    when = (cluster.gathered - timedelta(hours=11)).strftime("%Y-%m-%dT%H:%M:%SZ")
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    deny["Condition"] = {"DateLessThan": {"aws:TokenIssueTime": when}}  # type: ignore[assignment]
    statements = {"Version": "2012-10-17", "Statement": [deny]}
    cluster.role("openshift-cluster-csi-drivers").inline["AWSRevokeOlderSessions"] = statements
    report = bench.report(everything(cluster))
    assert {f.rule for f in findings(report, "fail", "warn")} == {"permission-condition-narrow"}


def test_an_init_container_may_copy_the_secret(bench: Bench) -> None:
    """It is through where its pod runs. A pod that waits may wait for it."""
    files = everything(edited(_init_container))
    assert not findings(bench.report(files), "fail", "warn")
    waits = {
        path: data.replace(b"phase: Running", b"phase: Pending")
        for path, data in files.items()
        if "openshift-cluster-csi-drivers/" in path
    }
    report = bench.report(files | waits)
    assert {f.rule for f in findings(report, "fail")} == {"workload-token-volume-missing"}, told(report)
    phases = {path: data.replace(b"phase: Pending", b"phase:") for path, data in waits.items()}
    pods = r"openshift-cluster-csi-drivers/(?:core/pods|pods/)"
    for hidden in (files | phases, without(files | waits, pods)):
        report = bench.report(hidden)
        volume = states_of(report)[DRIVERS, "workload", "workload-token-volume-missing"]
        assert volume == "unknown", told(report)
        assert not findings(report, "fail", "warn"), told(report)


def test_a_hosted_control_plane_has_a_shorter_ladder(bench: Bench) -> None:
    """The guest of a hosted control plane holds no kube-apiserver: unknown, not fail."""

    def hosted(cluster: Cluster) -> None:
        def topology(body: Json) -> None:
            for item in body.get("items", [body]):
                item["status"]["controlPlaneTopology"] = "External"

        hook(cluster, "infrastructures", topology)
        cluster.not_gathered |= {"openshift-kube-apiserver", "openshift-kube-apiserver-operator"}
        cluster.hooks.append(lambda path, body: None if "kubeapiservers" in path else body)

    cluster = edited(hosted, issuer="https://oidc.op1.openshiftapps.com/2c9k1example7m4", version="4.16.9")
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0
    assert report.cluster.sts is True
    assert report.cluster.issuer == cluster.issuer


def test_rosa_policies_do_not_grant_all_and_work(bench: Bench) -> None:
    """A role that ccoctl did not make may lack what the request asks for: no failure."""

    def narrow(cluster: Cluster) -> None:
        for role in cluster.roles.values():
            namespace, _, name = role.description.removeprefix("OpenShift role for ").partition("/")
            role.description = ""
            role.tags = {
                "red-hat-managed": "true",
                "rosa_cluster_id": "2c9k1example7m4",
                "operator_namespace": namespace,
                "operator_name": name,
            }
            role.inline = copy.deepcopy(role.inline)
            for policy in role.inline.values():
                policy["Statement"][0]["Action"] = policy["Statement"][0]["Action"][:-1]

    cluster = edited(narrow, issuer="https://oidc.op1.openshiftapps.com/2c9k1example7m4", version="4.16.9")
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "af-south-1"])
def test_the_old_template_where_no_sdk_calls_the_global_endpoint(bench: Bench, region: str) -> None:
    partition = {"us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}.get(region, "aws")
    cluster = Cluster(version="4.9.33", region=region, partition=partition)
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)


def test_the_old_template_with_an_endpoint_of_its_own(bench: Bench) -> None:
    cluster = Cluster(version="4.9.33")

    def named_endpoint(path: str, value: Json) -> Json | None:
        if value.get("kind") == "Infrastructure":
            aws = value["status"]["platformStatus"]["aws"]
            aws["serviceEndpoints"] = [{"name": "sts", "url": "https://vpce-0a1b.sts.us-west-2.vpce.example"}]
        return value

    cluster.hooks.append(named_endpoint)
    assert not findings(bench.report(everything(cluster)), "fail", "warn")


def _static(cluster: Cluster) -> None:
    cluster.set_credentials(*READ_ONLY.split("/"), aws.static_credentials(*EXAMPLE_KEY))


def _untruncated(cluster: Cluster) -> None:
    cluster.set_role_arn(*READ_ONLY.split("/"), f"arn:aws:iam::{cluster.account}:role/{'x' * 80}")


def _without_role(cluster: Cluster) -> None:
    cluster.set_role_arn(*READ_ONLY.split("/"), "")


@pytest.mark.parametrize("edit", [_static, _untruncated, _without_role])
@pytest.mark.parametrize("secrets", ["elided", "full"])
def test_what_is_wrong_with_a_secret_that_nothing_uses_breaks_nothing(
    bench: Bench, edit: Edit, secrets: str
) -> None:
    """In Manual mode the credential operator asks AWS for nothing."""
    report = bench.report(everything(edited(edit), secrets=secrets))
    assert report.exit_code == 0, told(report)
    assert {f.rule for f in findings(report, "fail", "warn")} <= {"input-live-secret"}, told(report)
    assert any(f.chains == (READ_ONLY,) for f in findings(report, "info")), told(report)


def test_the_role_that_nothing_uses_may_be_gone_though_a_readable_secret_names_it(bench: Bench) -> None:
    report = bench.report(everything(edited(_read_only_role_missing), secrets="full"))
    assert not findings(report, "fail", "warn"), told(report)
    assert {c.verdict.state for c in report.chains} == {"pass"}, told(report)


def test_keys_of_a_container_without_a_token_are_not_the_operators(bench: Bench) -> None:
    """A container beside it may call a store of another maker, with keys of its own."""
    cluster = Cluster()
    beside = cluster.workload("ingress-operator").containers["kube-rbac-proxy"]
    beside.set_env("AWS_ACCESS_KEY_ID", "minio")
    assert_healthy(bench.report(everything(cluster)))


def test_a_controller_whose_dns_somebody_else_manages_may_lack_its_record(bench: Bench) -> None:
    """The ingress operator says that it manages no DNS for it, and also that the record is not there."""
    cluster = Cluster()
    since = cluster.gathered - timedelta(days=3)
    unmanaged = "The DNS management policy is set to Unmanaged."
    cluster.ingress_conditions["DNSReady"] = Condition(
        "False", since, "RecordNotFound", "The wildcard record resource was not found."
    )
    assert named(bench.report(everything(cluster)), "warn") == {"operator-dns-not-ready"}
    cluster.ingress_conditions["DNSManaged"] = Condition(
        "False", since, "UnmanagedLoadBalancerDNS", unmanaged
    )
    assert_healthy(bench.report(everything(cluster)))


@pytest.mark.parametrize(("role", "collides"), [("efs-of-shops", False), (None, True)])
def test_a_request_that_names_its_role_shares_none_by_the_cut_of_its_name(
    bench: Bench, role: str | None, *, collides: bool
) -> None:
    """ccoctl names no role of an operator of OLM that was given one."""
    cluster = Cluster(name=LONG_NAME, infra_name="production-eu-central-8x2p1")
    space = DRIVERS.split("/")[0]
    body = operator_request(cluster, f"arn:aws:iam::{cluster.account}:role/{role}" if role else None, None)
    body["metadata"]["name"] = "openshift-aws-efs-csi-driver"
    body["spec"]["secretRef"] = {"namespace": space, "name": "aws-efs-cloud-credentials"}
    path = f"namespaces/{CCO_NAMESPACE}/cloudcredential.openshift.io/credentialsrequests/efs.yaml"
    cluster.extra_files[path] = document(body)
    report = bench.report(everything(cluster))
    found = [f for f in findings(report) if f.rule == "request-role-name-collision"]
    assert (DRIVERS in {c for f in found for c in f.chains}) == collides, told(report)
    saved = [
        s for f in found for s in f.fix if "get credentialsrequest openshift-aws-efs" in (s.command or "")
    ]
    assert len(saved) == collides, "ccoctl gets only what the release brings"
