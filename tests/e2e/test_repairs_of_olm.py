"""Repairs of operators that no release brings: the release's requests do not help them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.findings.report import Finding
from samples import Cluster, aws, rosa
from samples.aws import Role
from samples.cluster import EXAMPLE_KEY
from samples.logs import Failure, klog, render, sdk1_call
from samples.manifests import elided, listing, metadata
from samples.yamlout import Json

from .layered import OPERATOR, OPERATOR_SECRET, albo, put
from .runs import INGRESS, Bench, bundle, everything, findings, told

PATH = "/var/run/secrets/openshift/serviceaccount/token"
OF_RELEASE = ("oc adm release extract", "rosa upgrade", "rosa create")


def _installed(cluster: Cluster, *secrets: Json) -> None:
    albo(cluster, token_path=PATH)
    put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, list(secrets), "Secret", "v1"))


def _no_secret(cluster: Cluster) -> None:
    _installed(cluster)


def _keys(cluster: Cluster) -> None:
    data = {name: value.decode() for name, value in aws.static_credentials(*EXAMPLE_KEY).items()}
    meta = metadata(cluster, "Secret", OPERATOR, OPERATOR)
    _installed(cluster, {"apiVersion": "v1", "stringData": data, "kind": "Secret", "metadata": meta})


def _commands(found: Finding) -> str:
    return "\n".join(step.command or "" for step in found.fix)


@pytest.mark.parametrize("edit", [_no_secret, _keys])
def test_the_credential_operator_makes_the_secret_of_a_request_that_names_its_role(
    bench: Bench, edit: Callable[[Cluster], None]
) -> None:
    cluster = Cluster()
    edit(cluster)
    report = bench.report(bundle(cluster))
    (found,) = [f for f in findings(report, "fail") if f.link == "secret" and OPERATOR_SECRET in f.chains]
    told_steps = _commands(found)
    assert "ccoctl" not in told_steps, told_steps
    assert not any(word in told_steps for word in OF_RELEASE), told_steps
    assert f"get credentialsrequest {OPERATOR} -o yaml; oc -n " in told_steps


_IMPOSSIBLE = {
    "whatever": "secret-placeholder",
    "arn:aws:iam::123456789012:roles/albo": "secret-role-arn-malformed",
    "arn:aws-us-gov:iam::123456789012:role/albo": "secret-partition-mismatch",
    f"arn:aws:iam::123456789012:role/{'a' * 70}": "secret-role-name-untruncated",
}


@pytest.mark.parametrize("role", _IMPOSSIBLE)
def test_a_role_that_cannot_be_is_told_by_the_request_and_set_in_the_subscription(
    bench: Bench, role: str
) -> None:
    """The credential operator copies it without a look, and writes over a Secret made by hand."""
    cluster = Cluster()
    albo(cluster, role=role, token_path=PATH)
    report = bench.report(everything(cluster))
    (found,) = [f for f in findings(report, "fail") if f.chains == (OPERATOR_SECRET,)]
    assert (found.rule, found.evidence[0].file.rpartition("/")[2]) == (_IMPOSSIBLE[role], f"{OPERATOR}.yaml")
    told_steps = _commands(found)
    assert f"oc -n {OPERATOR} edit subscriptions.operators.coreos.com" in told_steps
    assert f"oc -n {OPERATOR} delete secret {OPERATOR}" in told_steps
    assert "create secret generic" not in told_steps, told_steps


@pytest.mark.parametrize("around", [" %s", "%s ", "%s\n"])
def test_blanks_around_a_role_that_can_be_are_no_fault(bench: Bench, around: str) -> None:
    """What reads the Secret passes over them, and an empty line in it."""
    cluster = Cluster()
    albo(cluster, role=around % "arn:aws:iam::123456789012:role/albo", token_path=PATH)
    report = bench.report(everything(cluster))
    assert not findings(report, "fail"), told(report)


def test_a_secret_of_another_length_is_older_than_such_a_role(bench: Bench) -> None:
    cluster, role = Cluster(), "arn:aws:iam::123456789012:roles/albo"
    albo(cluster, role=role, token_path=PATH)
    path = f"namespaces/{OPERATOR}/core/secrets.yaml"
    size, older = (elided(82 + len(role) + more + len(PATH)).encode() for more in (0, 5))
    assert size in cluster.extra_files[path]
    cluster.extra_files[path] = cluster.extra_files[path].replace(size, older)
    report = bench.report(everything(cluster))
    assert not [f for f in findings(report, "fail") if OPERATOR_SECRET in f.chains], told(report)


def test_ccoctl_takes_a_users_request_from_a_file(bench: Bench) -> None:
    cluster = Cluster()
    albo(cluster, role=None, token_path=PATH)
    del cluster.extra_files[f"namespaces/{OPERATOR}/operators.coreos.com/subscriptions/{OPERATOR}.yaml"]
    put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, [], "Secret", "v1"))
    report = bench.report(bundle(cluster))
    (found,) = [f for f in findings(report, "fail") if f.rule == "secret-missing"]
    told_steps = _commands(found)
    assert not any(word in told_steps for word in OF_RELEASE), told_steps
    assert f"get credentialsrequest {OPERATOR} -o yaml > credrequests/request.yaml" in told_steps
    assert "ccoctl aws create-iam-roles --name demo " in told_steps
    assert f"oc apply -f out/manifests/{OPERATOR}-{OPERATOR}-credentials.yaml" in told_steps


def test_a_core_operator_is_still_repaired_with_the_releases_requests(bench: Bench) -> None:
    cluster = Cluster()
    del cluster.secrets[tuple(INGRESS.split("/"))]  # type: ignore[arg-type]
    report = bench.report(bundle(cluster))
    (found,) = findings(report, "fail")
    assert "oc adm release extract" in _commands(found)
    assert "credentialsrequest" not in _commands(found)


@pytest.mark.parametrize("of_rosa", [False, True])
def test_permissions_that_an_operator_of_olm_lacks_are_written_from_its_own_request(
    bench: Bench, *, of_rosa: bool
) -> None:
    cluster = Cluster(**(rosa.arguments() if of_rosa else {}))
    if of_rosa:
        rosa.classic(cluster)
    albo(cluster, token_path=PATH)
    subject = f"system:serviceaccount:{OPERATOR}:{OPERATOR}-controller-manager"
    trust = aws.trust_policy(
        cluster.provider.arn, cluster.provider.url, OPERATOR, [subject.rpartition(":")[2]]
    )
    statement = {"Effect": "Allow", "Action": ["ec2:DescribeVpcs"], "Resource": "*"}
    own = {"own": {"Version": "2012-10-17", "Statement": [statement]}}
    cluster.roles["demo-albo"] = Role("demo-albo", cluster.account, trust, own, role_id="AROAALBO")
    caller = f"arn:aws:sts::{cluster.account}:assumed-role/demo-albo/1710200000000000000"
    message = f"User: {caller} is not authorized to perform: ec2:DescribeSubnets on resource: * because no "
    denied = Failure(
        "AccessDenied", f"{message}identity-based policy allows the ec2:DescribeSubnets action", 403
    )
    line = klog(cluster.gathered, "E", "x.go:1", sdk1_call(denied, "32dcb208-6f0e-4798-bba2-ad8ddaab9079"))
    log = f"namespaces/{OPERATOR}/pods/manager-5d9c7b8f6d-x2x4q/manager/manager/logs/current.log"
    cluster.extra_files[log] = render([line] * 4)
    report = bench.report(everything(cluster))
    (found,) = [f for f in findings(report, "fail") if f.rule == "permission-missing"]
    assert found.chains == (OPERATOR_SECRET,), told(report)
    told_steps = _commands(found)
    assert "ccoctl" not in told_steps, told_steps
    assert not any(word in told_steps for word in OF_RELEASE), told_steps
    assert f"get credentialsrequest {OPERATOR} -o json" in told_steps
