"""The object of a hosted cluster, handed in beside its guest's bundle, names the operators' roles."""

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
