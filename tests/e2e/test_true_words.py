"""What a report says beside its verdict must be true too: what was handed in, what fits, what is missing."""

from __future__ import annotations

from samples import Cluster
from tests.e2e.faults_in_cluster import role_of_another_request
from tests.e2e.runs import INGRESS, MACHINES, Bench, edited, everything


def test_the_role_that_fits_to_the_byte_is_named(bench: Bench) -> None:
    cluster = edited(role_of_another_request)
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch" and MACHINES in f.chains]
    assert cluster.role("openshift-image-registry").arn in found.message.partition("What fits instead")[2]


def test_roles_that_were_handed_in_are_not_called_missing(bench: Bench) -> None:
    cluster = Cluster()
    files = everything(cluster)
    name = cluster.role("openshift-ingress-operator").name
    left = {path: content for path, content in files.items() if name not in path}
    asked = [m.why for m in bench.report(left).missing if INGRESS in m.chains]
    assert asked
    assert not [why for why in asked if "no export of the account's IAM roles" in why], asked
