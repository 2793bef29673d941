"""Without the pods nobody knows the audience: which statement of a trust policy comes nearest stays open."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from samples import Cluster

from .runs import INGRESS, Bench, everything, flips, states_of, without

PODS = r"namespaces/openshift-ingress-operator/(?:pods/[^/]+/[^/]+\.yaml|core/pods|apps/)"
_FOREIGN = "system:serviceaccount:other:other"


def _statements(cluster: Cluster, *changes: tuple[str, str, str | None, bool]) -> None:
    """Give the trust policy a statement for each: the key's suffix, subject, audience, an extra condition."""
    trust = cluster.role("openshift-ingress-operator").trust
    first = trust["Statement"][0]
    key = next(k for k in first["Condition"]["StringEquals"] if k.endswith(":sub"))
    subject = first["Condition"]["StringEquals"][key]
    trust["Statement"] = []
    for suffix, other, audience, extra in changes:
        one: Any = copy.deepcopy(first)
        issuer = key.removesuffix(":sub") + suffix
        one["Condition"]["StringEquals"] = {f"{issuer}:sub": other or subject}
        if audience:
            one["Condition"]["StringEquals"][f"{issuer}:aud"] = audience
        if extra:
            one["Condition"]["IpAddress"] = {"aws:SourceIp": "10.0.0.0/8"}
        trust["Statement"].append(one)


@pytest.mark.parametrize(
    "changes",
    [
        (("", _FOREIGN, "other", False), ("/x", "", "openshift", False)),
        (("", "", "other", True), ("/x", "", None, False)),
    ],
)
def test_the_nearest_statement_turns_no_verdict(bench: Bench, changes: Any) -> None:
    cluster = Cluster()
    _statements(cluster, *changes)
    files = everything(cluster)
    whole, hidden = bench.report(files), bench.report(without(files, PODS))
    rule = (INGRESS, "trust", "trust-condition-key-mismatch")
    assert (states_of(whole)[rule], states_of(hidden)[rule]) == ("fail", "unknown")
    assert not flips(whole, hidden)
    assert not [k for k, state in states_of(hidden).items() if k[0] == INGRESS and k[1] == "trust"
                and state in ("fail", "warn")]  # fmt: skip
