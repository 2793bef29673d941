"""Hosted clusters, as their management cluster describes them: which one is judged, and by what."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest

from analyzer import session
from analyzer.errors import UsageProblem
from samples import Cluster, edits, rosa
from samples.bundle import write_files
from samples.hosted import ControlPlane, Files, hypershift_dump, management_bundle
from samples.logs import INCORRECT_AUDIENCE, NOT_AUTHORIZED, VERIFICATION_KEY, Failure, no_provider
from samples.operators import Condition
from samples.yamlout import document

from .runs import (
    INGRESS,
    REGISTRY,
    Bench,
    bundle,
    check_places,
    exports,
    findings,
    named,
    said,
    states_of,
    the_chain,
    told,
    without,
)

NODES = "kube-system/capa-controller-manager"
PLANE = "kube-system/control-plane-operator"
KMS = "kube-system/kms-provider"
GUESTS_OWN = {
    INGRESS,
    REGISTRY,
    "openshift-cluster-csi-drivers/ebs-cloud-credentials",
    "openshift-cloud-network-config-controller/cloud-credentials",
}
OUTSIDE = {NODES, PLANE, "kube-system/kube-controller-manager"}
SIGNS_IN = ("ingress-operator", "cluster-image-registry-operator", "aws-ebs-csi-driver-controller",
            "cloud-network-config-controller", "cloud-controller-manager", "capi-provider",
            "control-plane-operator")  # fmt: skip
GOV = {
    "issuer": "https://oidc.int.openshiftusgov.com/2c9k1example7m4q8",
    "region": "us-gov-west-1",
    "partition": "aws-us-gov",
}


def guest(**arguments: object) -> Cluster:
    cluster = Cluster(**rosa.arguments(**arguments))
    rosa.hosted(cluster)
    return cluster


def hub(mode: str = "Manual") -> Cluster:
    """The management cluster, in an account of its own."""
    return Cluster(
        name="hub", infra_name="hub-4k2lm", mode=mode, seed="hub", account="999988887777",
        cluster_id="5d1c1d7e-52a4-4f0e-9d38-6a1f7c25e9aa",
    )  # fmt: skip


def bank() -> Cluster:
    cluster = Cluster(
        name="bank", infra_name="bank-9zzz1", cluster_id="aaaa1d7e-52a4-4f0e-9d38-6a1f7c25e9b4",
        account="222233334444", **rosa.arguments("https://oidc.op1.openshiftapps.com/2c9bank"),
    )  # fmt: skip
    rosa.hosted(cluster, prefix="bank")
    return cluster


def below(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": data for path, data in files.items()}


def role_of(cluster: Cluster, account: str):  # type: ignore[no-untyped-def]
    return next(r for r in cluster.roles.values() if f":{account}" in json.dumps(r.trust))


@pytest.mark.parametrize("arguments", [{}, GOV], ids=["aws", "aws-us-gov"])
def test_the_control_planes_object_alone_tells_the_cluster(bench: Bench, arguments: dict[str, str]) -> None:
    cluster = guest(**arguments)
    plane = ControlPlane(cluster)
    report = bench.report({"hcp.yaml": document(plane.hosted_control_plane())})
    found = report.cluster
    assert (found.infra_name, found.id, found.issuer) == (
        cluster.infra_name, cluster.cluster_id, cluster.issuer,
    )  # fmt: skip
    assert (found.region, found.partition, found.version) == (
        cluster.region, cluster.partition, cluster.version,
    )  # fmt: skip
    assert (found.platform, found.credentials_mode, found.sts) == ("AWS", "Manual", True)
    assert {chain.id for chain in report.chains} == GUESTS_OWN | OUTSIDE
    roles = plane.roles_ref().values()
    assert {chain.role_arn.value for chain in report.chains} == set(roles)
    assert {chain.verdict.state for chain in report.chains} == {"unknown"}, told(report)
    assert not findings(report, "fail", "warn"), told(report)


def test_the_network_operators_secret_is_with_the_control_plane(bench: Bench) -> None:
    """HyperShift makes Secrets for storage, ingress and the registry in a guest; later ones only these."""
    cluster = guest()
    del cluster.secrets["openshift-cloud-network-config-controller", "cloud-credentials"]
    report = bench.report(bundle(cluster) | exports(cluster))
    assert not findings(report, "fail", "warn"), told(report)
    network = the_chain(report, "openshift-cloud-network-config-controller/cloud-credentials")
    links = {link.link: link.state for link in network.links}
    assert (links["secret"], links["trust"], network.mechanism) == ("not-applicable", "pass", "sts-secret")


def test_a_capability_that_is_disabled_uses_no_role(bench: Bench) -> None:
    body = ControlPlane(guest()).hosted_control_plane()
    body["spec"]["capabilities"] = {"disabled": ["ImageRegistry"]}
    report = bench.report({"hcp.yaml": document(body)})
    assert {chain.id for chain in report.chains} == (GUESTS_OWN | OUTSIDE) - {REGISTRY}


def test_a_dump_with_exports_is_judged_to_the_trust_of_every_role(bench: Bench) -> None:
    cluster = guest()
    report = bench.report(below("dump", hypershift_dump(ControlPlane(cluster))) | exports(cluster))
    assert not findings(report, "fail", "warn"), told(report)
    states = states_of(report)
    for chain in GUESTS_OWN | OUTSIDE:
        assert states[chain, "trust", "trust-subject-mismatch"] == "pass"
    assert {states[chain, "operator", "log-no-provider"] for chain in OUTSIDE} == {"pass"}
    within = {link.link: link.state for link in the_chain(report, NODES).links}
    assert {within[name] for name in ("request", "secret", "workload", "permissions")} == {"not-applicable"}


@pytest.mark.parametrize("fields", [("ingressARN", "storageARN"), ("nodePoolManagementARN", "networkARN")])
def test_roles_that_were_exchanged_are_told_where_no_secret_tells(
    bench: Bench, fields: tuple[str, str], tmp_path: Path
) -> None:
    cluster = guest()
    plane = ControlPlane(cluster)
    roles = plane.roles_ref()
    one, other = fields
    exchanged = roles | {one: roles[other], other: roles[one]}
    with patch.object(plane, "roles_ref", lambda: exchanged):
        files = below("dump", hypershift_dump(plane)) | exports(cluster)
    found = findings(bench.report(files), "fail")
    assert {f.rule for f in found} == {"trust-subject-mismatch"}
    (first,), (second,) = (finding.fix for finding in found)
    assert all("Exchange the ARNs there" in step.text for step in (first, second))
    for field in fields:
        assert f"rolesRef names {roles[field]}," in first.text + second.text
    write_files(tmp_path / "case", files)
    mended = session.fix([tmp_path / "case"])
    assert not mended.repairs
    assert all("the wrong way round" in left.reason for left in mended.left)


def test_trust_policies_that_were_exchanged_are_the_ones_to_change(bench: Bench) -> None:
    """The roles bear the names of those that they are named for."""
    cluster = guest()
    plane = ControlPlane(cluster)
    files = below("dump", hypershift_dump(plane))
    one, other = role_of(cluster, "openshift-ingress-operator"), role_of(cluster, "openshift-image-registry")
    one.trust, other.trust = other.trust, one.trust
    found = findings(bench.report(files | exports(cluster)), "fail")
    assert {f.rule for f in found} == {"trust-subject-mismatch"}
    assert all(f.fix[0].text == "Save the trust policy." for f in found)


def test_the_logs_of_the_control_plane_are_those_of_the_guests_operators(bench: Bench) -> None:
    cluster = guest()
    plane = ControlPlane(cluster)
    plane.fail(no_provider(cluster.issuer or ""), *SIGNS_IN)
    files = below("hub", management_bundle(hub(), plane)) | bundle(cluster)
    report = bench.report(files)
    assert {said(chain) for chain in report.chains} == {("suspected", "provider", "log-no-provider")}
    (finding,) = {f.rule for f in findings(report, "fail")}
    assert finding == "log-no-provider"
    places = {proof.file for f in findings(report, "fail") for proof in f.evidence}
    assert all("/namespaces/clusters-shop/pods/" in place for place in places)
    assert not report.notices, report.notices


def test_what_runs_with_the_control_plane_is_not_restarted_in_the_guest(bench: Bench) -> None:
    cluster = guest()
    plane = ControlPlane(cluster)
    plane.fail(Failure("ExpiredTokenException", "Token expired: current date/time 2 > 1"), *SIGNS_IN)
    files = below("hub", management_bundle(hub(), plane)) | bundle(cluster)
    found = [f for f in findings(bench.report(files), "fail") if f.rule == "log-token-expired"]
    assert found
    for finding in found:
        assert "restart its pods there" in finding.fix[0].text.lower()
        assert not any(step.command for step in finding.fix)


@pytest.mark.parametrize(
    ("failing", "account", "chain"),
    [("capi-provider", "capa-controller-manager", NODES), ("ingress-operator", "ingress-operator", INGRESS)],
)
def test_a_wrong_subject_is_found_where_its_operator_is_denied(
    bench: Bench, failing: str, account: str, chain: str
) -> None:
    cluster = guest()
    plane = ControlPlane(cluster)
    objects = plane.objects()
    plane.fail(NOT_AUTHORIZED, failing)
    edits.trust_subjects(role_of(cluster, account), ["system:serviceaccount:kube-system:another"])
    top = management_bundle(hub("Mint"))
    image = next(path for path in top if "/namespaces/" in path).partition("/namespaces/")[0]
    files = below("hub", top | below(image, objects | plane.logs())) | bundle(cluster) | exports(cluster)
    report = bench.report(files)
    assert said(the_chain(report, chain)) == ("fail", "trust", "trust-subject-mismatch"), told(report)
    failed = {c.id for c in report.chains if c.verdict.state == "fail"}
    assert failed == {chain}
    assert the_chain(report, chain).verdict.recency == "ongoing"


def test_a_provider_without_the_audience_breaks_the_control_plane_too(bench: Bench) -> None:
    cluster = guest()
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    plane = ControlPlane(cluster)
    plane.fail(INCORRECT_AUDIENCE, "control-plane-operator")
    report = bench.report(below("dump", hypershift_dump(plane)) | exports(cluster))
    assert {said(c) for c in report.chains} == {("fail", "provider", "provider-audience-missing")}


def test_a_management_cluster_is_judged_as_if_it_hosted_nothing(bench: Bench) -> None:
    for mode in ("Manual", "Mint"):
        alone, plane = bench.report(management_bundle(hub(mode))), ControlPlane(guest())
        hosting = bench.report(management_bundle(hub(mode), plane))
        assert (hosting.chains, hosting.findings, hosting.missing) == (
            alone.chains, alone.findings, alone.missing,
        )  # fmt: skip
        assert (hosting.notices, hosting.cluster) == ((), alone.cluster)


def test_of_several_hosted_clusters_the_one_that_was_asked_for_is_judged(bench: Bench) -> None:
    well, ill = ControlPlane(guest()), ControlPlane(bank(), name="bank")
    ill.fail(VERIFICATION_KEY, "ingress-operator", "capi-provider")
    files = management_bundle(hub("Mint"), well, ill)
    (notice,) = bench.report(files).notices
    assert "bank-9zzz1" in notice and "--of bank-9zzz1" in notice  # noqa: PT018
    report = bench.report(files, cluster="bank-9zzz1")
    assert report.cluster.issuer == ill.cluster.issuer
    suspected = {c.id for c in report.chains if c.verdict.state == "suspected"}
    assert suspected == {INGRESS, NODES}, told(report)
    assert {c.role_arn.value for c in report.chains} == set(ill.roles_ref().values())
    other = bench.report(files, cluster=well.cluster.cluster_id)
    assert not findings(other, "fail", "warn"), told(other)
    with pytest.raises(UsageProblem, match="no cluster 'nowhere'"):
        bench.report(files, cluster="nowhere")


def test_of_a_list_of_hosted_clusters_none_is_mixed_with_another(bench: Bench) -> None:
    planes = ControlPlane(guest()), ControlPlane(bank(), name="bank")
    listed = {"apiVersion": "v1", "kind": "List", "items": [p.hosted_cluster() for p in planes]}
    report = bench.report({"hosted.yaml": document(listed)})
    assert (report.chains, len(report.notices)) == ((), 2)
    assert bench.report({"hosted.yaml": document(listed)}, cluster="bank").cluster.infra_name == "bank-9zzz1"


@pytest.mark.parametrize("mode", ["Manual", "Mint"])
def test_exports_of_a_hosted_clusters_roles_tell_that_it_is_meant(bench: Bench, mode: str) -> None:
    cluster, manager = guest(), hub(mode)
    cluster.providers.clear()
    files = management_bundle(manager, ControlPlane(cluster), ControlPlane(bank(), name="bank"))
    report = bench.report(files | exports(cluster))
    assert {said(c) for c in report.chains} == {("fail", "provider", "provider-missing")}, told(report)
    assert (report.cluster.infra_name, named(report, "fail")) == (cluster.infra_name, {"provider-missing"})
    own = exports(manager, parts=("iam",)) if mode == "Manual" else {}
    both = bench.report(files | exports(cluster) | below("more", own))
    assert both.cluster.infra_name == (manager if own else cluster).infra_name


SINCE = guest().gathered


@pytest.mark.parametrize(
    ("kind", "status", "message", "chain", "rule"),
    [
        ("ValidAWSIdentityProvider", "False", "WebIdentityErr", PLANE, "operator-degraded"),
        (
            "ValidAWSIdentityProvider", "Unknown",
            "Cannot validate AWS identity provider: InvalidIdentityToken: Incorrect token audience",
            PLANE, "log-incorrect-audience",
        ),
        ("ValidAWSIdentityProvider", "Unknown", "AWS EC2 client is not available", PLANE, None),
        ("ValidOIDCConfiguration", "False", "failed to upload: NoSuchBucket", PLANE, "operator-degraded"),
        (
            "ValidAWSKMSConfig", "False",
            f"failed to assume role: {NOT_AUTHORIZED.code}: {NOT_AUTHORIZED.message}",
            KMS, "log-assume-role-denied",
        ),
        ("CloudResourcesDestroyed", "False", "Remaining resources: image-registry", PLANE, None),
        ("ClusterVersionSucceeding", "False", "Cluster operator console is not available", PLANE, None),
    ],
)  # fmt: skip
def test_conditions_about_aws_are_symptoms(
    bench: Bench, kind: str, status: str, message: str, chain: str, rule: str | None
) -> None:
    plane = ControlPlane(guest(), kms_role="arn:aws:iam::123456789012:role/demo-hcp-kms")
    plane.conditions[kind] = Condition(status, SINCE, "AWSError", message)
    report = bench.report(plane.objects())
    assert named(report, "fail", "warn") - {"operator-degraded"} == {rule} - {"operator-degraded", None}
    state = the_chain(report, chain).verdict
    assert (state.state, state.rule) == (("suspected", rule) if rule else ("unknown", None)), told(report)
    assert not findings(report, "fail", kind="cause")


def test_a_node_pools_machines_tell_what_ec2_denied(bench: Bench) -> None:
    plane = ControlPlane(guest())
    caller = f"{plane.roles_ref()['nodePoolManagementARN'].replace('iam', 'sts', 1)}/1"
    caller = caller.replace(":role/", ":assumed-role/")
    text = (
        f"api error UnauthorizedOperation: You are not authorized to perform this operation. User: {caller} "
        "is not authorized to perform: ec2:RunInstances on resource: * because no identity-based policy "
        "allows the ec2:RunInstances action"
    )
    plane.pool_conditions["AllMachinesReady"] = Condition("False", SINCE, "InstanceProvisionFailed", text)
    report = bench.report(plane.objects())
    assert said(the_chain(report, NODES))[::2] == ("suspected", "log-action-denied"), told(report)


@pytest.mark.parametrize("listed", [True, False])
def test_node_pools_are_asked_for_only_where_no_list_shows_that_there_are_none(
    bench: Bench, listed: bool
) -> None:
    plane = ControlPlane(guest())
    files = below("dump", hypershift_dump(plane))
    folder = next(path for path in files if "/nodepools/" in path).rpartition("/")[0]
    files = without(files, "/nodepools/")
    if listed:
        kind = {"apiVersion": "hypershift.openshift.io/v1beta1", "kind": "NodePoolList", "items": []}
        files[f"{folder}.yaml"] = document(kind)
    report = bench.report(files)
    assert ("hosted-status:nodepools" in {item.evidence for item in report.missing}) == (not listed)


def test_hiding_the_control_plane_leaves_a_shorter_ladder(bench: Bench) -> None:
    cluster = guest()
    cluster.providers.clear()
    plane = ControlPlane(cluster)
    plane.fail(no_provider(cluster.issuer or ""), *SIGNS_IN)
    files = below("hub", management_bundle(hub(), plane)) | bundle(cluster) | exports(cluster)
    hide = (r"/clusters-shop/pods/", r"hypershift\.openshift\.io", r"^must-gather/", r"^hub/",
            r"^hub/.*/config\.openshift\.io/")  # fmt: skip
    for hidden in hide:
        report = bench.report(without(files, hidden), cluster=cluster.infra_name)
        causes = {f.rule for f in findings(report, "fail", kind="cause")}
        assert causes == {"provider-missing"}, (hidden, told(report))
        for finding in report.findings:
            check_places(finding, files)
    bare = bench.report(without(files, r"^exports/"))
    assert {said(c) for c in bare.chains} == {("suspected", "provider", "log-no-provider")}, told(bare)


def test_an_operator_whose_own_log_lacks_is_not_said_to_be_quiet(bench: Bench) -> None:
    """The log of the container beside it, which asks for its token, tells nothing of its calls."""
    cluster = guest()
    plane = ControlPlane(cluster)
    files = below("hub", management_bundle(hub(), plane)) | bundle(cluster)
    report = bench.report(without(files, r"/capi-provider-[^/]+/manager/"))
    states = {c: states_of(report)[c, "operator", "log-no-provider"] for c in OUTSIDE}
    assert states == dict.fromkeys(OUTSIDE, "pass") | {NODES: "unknown"}
    (asked,) = [item for item in report.missing if item.evidence.startswith("hosted-logs")]
    assert (asked.command, asked.chains) == ("oc adm inspect ns/clusters-shop", (NODES,))


def test_logs_of_a_control_plane_beside_a_guest_are_tied_where_nothing_speaks_against_it(
    bench: Bench,
) -> None:
    cluster = guest()
    plane = ControlPlane(cluster)
    plane.fail(no_provider(cluster.issuer or ""), "ingress-operator", "capi-provider")
    files = bundle(cluster) | below("inspect.local.12", plane.logs())
    report = bench.report(files)
    suspected = {c.id for c in report.chains if c.verdict.state == "suspected"}
    assert (suspected, report.notices) == ({INGRESS, NODES}, ()), told(report)
    other = ControlPlane(bank(), name="bank")
    other.fail(no_provider(other.cluster.issuer or ""), "ingress-operator")
    strange = bench.report(bundle(cluster) | below("inspect.local.12", other.logs()))
    assert not findings(strange, "fail", "warn"), told(strange)
    assert "clusters-bank" in strange.notices[0]


def test_other_platforms_of_hosted_clusters_are_not_applicable(bench: Bench) -> None:
    body = ControlPlane(guest()).hosted_control_plane()
    body["spec"]["platform"] = {"type": "KubeVirt"}
    report = bench.report({"hcp.yaml": document(body)})
    assert (report.cluster.platform, report.cluster.sts, report.chains) == ("KubeVirt", False, ())


def test_a_guest_lacks_no_request_where_it_is_not_told_that_it_is_one(bench: Bench) -> None:
    """A hosted cluster has no request for machines or the storage driver: its control plane has them."""
    cluster = guest()
    report = bench.report(without(bundle(cluster) | exports(cluster), "infrastructures"))
    assert not findings(report, "fail", "warn"), told(report)
    asked = {rule for item in report.missing if "infrastructures" in item.command for rule in item.decides}
    assert "request-missing" in asked


def test_what_is_unknown_of_a_guest_can_be_asked_for(bench: Bench) -> None:
    cluster = guest()
    report = bench.report(bundle(cluster) | exports(cluster))
    asked = {rule for item in report.missing if item.command for rule in item.decides}
    assert {rule for (_, _, rule), state in states_of(report).items() if state == "unknown"} <= asked
