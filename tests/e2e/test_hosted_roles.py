"""The object of a hosted cluster, handed in beside its guest's bundle, names the operators' roles."""

import yaml

from samples import Cluster, edits
from samples.yamlout import document

from .runs import INGRESS, Bench, bundle, exports, said, the_chain, told

ROLE = "arn:aws:iam::123456789012:role/shop-openshift-ingress"


def hosted(infra_id: str, issuer: str) -> dict[str, bytes]:
    spec = {
        "infraID": infra_id,
        "issuerURL": issuer,
        "platform": {"type": "AWS", "aws": {"region": "us-west-2", "rolesRef": {"ingressARN": ROLE}}},
    }
    body = {
        "apiVersion": "hypershift.openshift.io/v1beta1",
        "kind": "HostedControlPlane",
        "metadata": {"name": "shop", "namespace": "clusters-shop", "uid": "1"},
        "spec": spec,
    }
    return {"hcp.yaml": document(body)}


def test_the_role_is_known_by_it(bench: Bench) -> None:
    cluster = Cluster()
    report = bench.report(bundle(cluster) | hosted(cluster.infra_name, "https://elsewhere.example.com"))
    role = the_chain(report, INGRESS).role_arn
    assert (role.value, role.how) == (ROLE, "rolesRef"), told(report)


def test_it_is_found_in_a_dump_of_the_control_plane(bench: Bench) -> None:
    cluster = Cluster()
    body = hosted(cluster.infra_name, "")["hcp.yaml"]
    files = bundle(cluster)
    root = next(path for path in files if "/namespaces/" in path).partition("/namespaces/")[0]
    files[f"{root}/namespaces/clusters-shop/hypershift.openshift.io/hostedcontrolplanes/shop.yaml"] = body
    assert the_chain(bench.report(files), INGRESS).role_arn.value == ROLE


def test_another_cluster_s_object_says_nothing(bench: Bench) -> None:
    report = bench.report(bundle(Cluster()) | hosted("other-x1y2z", "https://other.example.com"))
    assert the_chain(report, INGRESS).role_arn.how != "rolesRef"


def test_its_trust_policy_is_judged(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    del cluster.roles[role.name]
    role.name, role.description = "shop-openshift-ingress", ""
    cluster.roles[role.name] = role
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", ROLE)
    edits.trust_subjects(role, ["system:serviceaccount:openshift-ingress:router"])
    files = bundle(cluster) | exports(cluster) | hosted(cluster.infra_name, cluster.issuer or "")
    report = bench.report(files)
    assert the_chain(report, INGRESS).role_arn.value == ROLE
    assert said(the_chain(report, INGRESS)) == ("fail", "trust", "trust-subject-mismatch"), told(report)


REGISTRY = "openshift-image-registry/installer-cloud-credentials"
PATHS = {INGRESS: "ingressARN", REGISTRY: "imageRegistryARN"}


def named(cluster: Cluster, roles: dict[str, str]) -> dict[str, bytes]:
    """Return a bundle and exports of a hosted cluster whose object names these roles for its consumers."""
    for chain, arn in roles.items():
        cluster.set_role_arn(*chain.split("/"), arn)
    for role in cluster.roles.values():
        role.description = ""
    files = bundle(cluster) | exports(cluster)
    body = yaml.safe_load(hosted(cluster.infra_name, cluster.issuer or "")["hcp.yaml"])
    body["spec"]["platform"]["aws"]["rolesRef"] = {PATHS[chain]: arn for chain, arn in roles.items()}
    return files | {"hcp.yaml": document(body)}


def test_roles_that_were_exchanged_are_named_and_their_policies_are_not_blamed(bench: Bench) -> None:
    cluster = Cluster()
    ingress, registry = (cluster.role(chain.split("/")[0]).arn for chain in PATHS)
    report = bench.report(named(cluster, {INGRESS: registry, REGISTRY: ingress}))
    for chain in PATHS:
        assert said(the_chain(report, chain)) == ("fail", "secret", "secret-role-foreign"), told(report)
    found = [f for f in report.findings if f.state == "fail"]
    assert {f.rule for f in found} == {"secret-role-foreign"}
    steps = {f.chains[0]: f.fix[0].text for f in found}
    assert f"names {ingress}, which admits these ServiceAccounts, for {REGISTRY}." in steps[INGRESS]
    assert f"names {registry}, which admits these ServiceAccounts, for {INGRESS}." in steps[REGISTRY]


def test_a_role_that_is_named_twice_is_the_one_s_that_it_admits(bench: Bench) -> None:
    cluster = Cluster()
    registry = cluster.role("openshift-image-registry").arn
    report = bench.report(named(cluster, {INGRESS: registry, REGISTRY: registry}))
    assert said(the_chain(report, INGRESS)) == ("fail", "secret", "secret-role-foreign"), told(report)
    assert the_chain(report, REGISTRY).verdict.state == "unknown", told(report)
    assert {f.rule for f in report.findings if f.state in ("fail", "warn")} == {"secret-role-foreign"}


def test_a_role_whose_policy_names_another_consumer_is_still_its_own(bench: Bench) -> None:
    cluster = Cluster()
    ingress, registry = (cluster.role(chain.split("/")[0]) for chain in PATHS)
    edits.trust_subjects(ingress, ["system:serviceaccount:openshift-image-registry:registry"])
    report = bench.report(named(cluster, {INGRESS: ingress.arn, REGISTRY: registry.arn}))
    assert said(the_chain(report, INGRESS)) == ("fail", "trust", "trust-subject-mismatch"), told(report)
    assert the_chain(report, REGISTRY).verdict.state == "unknown", told(report)


def test_a_role_that_two_share_may_admit_one_by_a_pattern(bench: Bench) -> None:
    cluster = Cluster()
    shared = cluster.role("openshift-ingress-operator")
    names = ["image-registry:*", "ingress-operator:ingress-operator"]
    edits.trust_subjects(shared, [f"system:serviceaccount:openshift-{name}" for name in names])
    statement = shared.trust["Statement"][0]
    statement["Condition"] = {"StringLike": next(iter(statement["Condition"].values()))}
    report = bench.report(named(cluster, {INGRESS: shared.arn, REGISTRY: shared.arn}))
    assert not [f for f in report.findings if f.rule == "secret-role-foreign"], told(report)
