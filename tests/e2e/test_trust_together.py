"""Several faults in one trust policy: each is named that stays when the others are mended."""

from __future__ import annotations

import pytest

from samples import Cluster, edits

from .fault import ROLES, pods_in
from .faults import FAULTS
from .faults_in_permissions import both
from .runs import DRIVERS, INGRESS, Bench, Edit, edited, everything, named, states_of, told, without

IDS = {fault.id: fault for fault in FAULTS}


def _edit(name: str) -> Edit:
    return IDS[name].edit


def _no_driver(cluster: Cluster) -> None:
    """Of the two ServiceAccounts one is not trusted, and a Deny is in the way of both."""
    role = cluster.role("openshift-cluster-csi-drivers")
    operator = "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator"
    edits.trust_subjects(role, [operator])
    allowed = role.trust["Statement"][0]
    role.trust["Statement"].append(
        {k: v for k, v in allowed.items() if k != "Condition"} | {"Effect": "Deny"}
    )


TOGETHER = [
    ("explicit-deny subject-mismatch-account", "explicit-deny subject-mismatch"),
    ("audience-mismatch wildcard-literal", "audience-mismatch wildcard-literal"),
    ("action-wrong subject-mismatch-account", "action-wrong subject-mismatch"),
    ("provider-mismatch-account subject-mismatch-account", "provider-mismatch subject-mismatch"),
    ("provider-mismatch-account condition-key-mismatch-slash", "provider-mismatch condition-key-mismatch"),
    ("extra-condition-never audience-mismatch", "extra-condition audience-mismatch"),
    ("audience-mismatch placeholder-empty", "placeholder audience-mismatch"),
    ("condition-key-mismatch-slash principal-wrong-account", "principal-wrong condition-key-mismatch"),
    ("subject-mismatch-account duplicate-key", "subject-mismatch duplicate-key"),
    ("condition-key-mismatch-slash subject-mismatch-account", "condition-key-mismatch subject-mismatch"),
    # what goes with a principal of another kind, or with another provider, comes of that
    ("extra-condition-never principal-wrong-ec2", "principal-wrong"),
    ("action-wrong principal-wrong-account", "principal-wrong"),
    ("provider-mismatch", "provider-mismatch"),
    ("provider-mismatch subject-mismatch-account", "provider-mismatch"),
    ("placeholder", "placeholder"),
]


@pytest.mark.parametrize(("faults", "said"), TOGETHER, ids=[faults for faults, _ in TOGETHER])
def test_each_is_named(bench: Bench, faults: str, said: str) -> None:
    edits_made = [_edit(f"trust-{name}") for name in faults.split()]
    expected = {f"trust-{name}" for name in said.split()}
    report = bench.report(everything(edited(both(*edits_made))))
    assert named(report, "fail", kind="cause") == expected, told(report)
    chain = next(chain for chain in report.chains if chain.id == INGRESS)
    assert {chain.verdict.rule, *chain.verdict.also} == expected
    for finding in report.findings:
        if finding.state == "fail":
            assert len({proof.line for proof in finding.evidence}) > 1, finding.evidence


def test_a_condition_that_may_hold_is_warned_of_beside_a_fault(bench: Bench) -> None:
    edit = both(_edit("trust-extra-condition-address"), _edit("trust-subject-mismatch-account"))
    report = bench.report(everything(edited(edit)))
    assert named(report, "fail") == {"trust-subject-mismatch"}, told(report)
    assert named(report, "warn") == {"trust-extra-condition"}, told(report)


def test_one_of_two_accounts_beside_a_deny(bench: Bench) -> None:
    report = bench.report(everything(edited(_no_driver)))
    assert named(report, "fail") == {"trust-explicit-deny", "trust-subject-partial"}, told(report)
    (partial,) = [f for f in report.findings if f.rule == "trust-subject-partial"]
    assert partial.chains == (DRIVERS,)
    assert "aws-ebs-csi-driver-controller-sa" in partial.message.partition(";")[0]


def test_an_audience_that_is_not_known_stays_open_beside_another_fault(bench: Bench) -> None:
    edit = both(_edit("trust-audience-mismatch"), _edit("trust-subject-mismatch-account"))
    files = everything(edited(edit))
    whole, hidden = bench.report(files), bench.report(without(files, pods_in(INGRESS)))
    key = (INGRESS, "trust", "trust-audience-mismatch")
    assert states_of(whole)[key] == "fail", told(whole)
    assert states_of(hidden)[key] == "unknown", told(hidden)
    assert named(hidden, "fail") == {"trust-subject-mismatch"}, told(hidden)
    assert states_of(bench.report(without(files, ROLES)))[key] == "unknown"


def test_of_a_text_that_is_no_policy_nothing_else_is_said(bench: Bench) -> None:
    """No check of a clause passes that nobody could read: a difference would say that it was mended."""
    report = bench.report(everything(edited(_edit("trust-malformed"))))
    states = {rule: state for (chain, link, rule), state in states_of(report).items()
              if (chain, link) == (INGRESS, "trust")}  # fmt: skip
    assert {rule for rule, state in states.items() if state == "pass"} == {
        "role-shared",
        "trust-role-missing",
    }
    assert states["trust-malformed"] == "fail"


def test_where_none_is_admitted_some_are_not(bench: Bench) -> None:
    report = bench.report(everything(edited(_edit("trust-subject-mismatch-account"))))
    states = states_of(report)
    assert states[INGRESS, "trust", "trust-subject-mismatch"] == "fail"
    assert states[INGRESS, "trust", "trust-subject-partial"] == "not-applicable"
