"""The length of a Secret that the credential operator makes, for a request that names its role."""

from __future__ import annotations

import copy

import pytest

from samples import Cluster
from samples.manifests import elided, listing, metadata

from .layered import OPERATOR, OPERATOR_ROLE, OPERATOR_SECRET, albo, put
from .runs import Bench, bundle, everything, findings, named, said, the_chain, told

_OWN = 129 + len(OPERATOR_ROLE)
_OLD_DEFAULT = 99 + len(OPERATOR_ROLE)
"""The default path in ccoctl's template of before 4.10, which the credential operator never wrote."""
_REGION_LINE = len("\nregion = us-west-2")
_STRANGE = [_OLD_DEFAULT, _OLD_DEFAULT + 1, _OLD_DEFAULT + _REGION_LINE, _OLD_DEFAULT + _REGION_LINE + 1]


def _cluster(size: int, *, exported: bool = False, token_path: str | None = None) -> Cluster:
    cluster = Cluster()
    albo(cluster, token_path=token_path)
    body = {
        "apiVersion": "v1",
        "data": {"credentials": elided(size)},
        "kind": "Secret",
        "metadata": metadata(cluster, "Secret", OPERATOR, OPERATOR),
        "type": "Opaque",
    }
    put(cluster, f"namespaces/{OPERATOR}/core/secrets.yaml", listing(cluster, [body], "Secret", "v1"))
    if exported:
        role = copy.deepcopy(cluster.role("openshift-ingress-operator"))
        role.name, role.description = "demo-albo", ""
        statement = {"Effect": "Allow", "Action": ["ec2:DescribeSubnets"], "Resource": "*"}
        role.inline = {"own": {"Version": "2012-10-17", "Statement": [statement]}}
        subject = f"system:serviceaccount:{OPERATOR}:{OPERATOR}-controller-manager"
        role.trust["Statement"][0]["Condition"] = {"StringEquals": {f"{cluster.issuer_host}:sub": subject}}
        cluster.roles[role.name] = role
    return cluster


@pytest.mark.parametrize("size", _STRANGE)
def test_no_path_is_told_by_what_the_operator_never_wrote(bench: Bench, size: int) -> None:
    """Such a length is that of another role's Secret, which the request's change of role left behind."""
    report = bench.report(everything(_cluster(size, exported=True)))
    assert named(report, "fail", kind="cause") == {"secret-length-mismatch"}, told(report)
    assert said(the_chain(report, OPERATOR_SECRET)) == ("fail", "secret", "secret-length-mismatch")


def test_no_path_is_told_where_the_request_names_one(bench: Bench) -> None:
    path = "/var/run/secrets/openshift/serviceaccount/token"
    report = bench.report(everything(_cluster(_OWN + 4, exported=True, token_path=path)))
    assert named(report, "fail", kind="cause") == {"secret-length-mismatch"}, told(report)


@pytest.mark.parametrize("size", [_OWN + 4, _OWN + 5])
def test_the_default_is_told_by_what_it_writes(bench: Bench, size: int) -> None:
    report = bench.report(everything(_cluster(size, exported=True)))
    assert named(report, "fail", kind="cause") == {"olm-token-path-default"}, told(report)


def test_the_request_alone_tells_that_the_secret_is_of_another_role(bench: Bench) -> None:
    """The role that the Secret still names may be one that works: this warns."""
    report = bench.report(bundle(_cluster(_OWN - 9)))
    (found,) = findings(report, "warn", "fail")
    assert (found.rule, found.state, found.chains) == ("secret-length-mismatch", "warn", (OPERATOR_SECRET,))
    assert f"has {_OWN - 9} bytes. For role {OPERATOR_ROLE} it would have" in found.message


def test_the_right_length_is_right_without_an_export(bench: Bench) -> None:
    path = "/var/run/secrets/openshift/serviceaccount/token"
    report = bench.report(bundle(_cluster(_OWN, token_path=path)))
    assert not findings(report, "warn", "fail"), told(report)
