"""What is asked for first."""

from __future__ import annotations

from analyzer.findings.missing import bundle_first
from analyzer.findings.report import Missing


def _missing(evidence: str, rule: str, chain: str = "a/b") -> Missing:
    return Missing(evidence, "why", f"get {evidence}", "a machine", "identifiers", (rule,), (chain,))


def test_without_a_bundle_one_must_gather_is_asked_for_in_the_place_of_its_parts() -> None:
    parts = [_missing("config:authentications.config.openshift.io", "mode-issuer-unset"),
             _missing("logs:openshift-ingress-operator", "log-no-provider"),
             _missing("namespace:openshift-image-registry", "secret-missing", "c/d")]  # fmt: skip
    beside = [_missing("roles", "trust-role-missing"), _missing("namespace:kube-system", "x"),
              _missing("secret-value:openshift-image-registry/x", "y")]  # fmt: skip
    first, *rest = bundle_first([*beside, *parts])
    assert (first.evidence, first.chains) == ("must-gather", ("a/b", "c/d"))
    assert first.decides == ("log-no-provider", "mode-issuer-unset", "secret-missing")
    assert first.command.startswith("oc adm must-gather")
    assert rest == beside


def test_one_thing_of_a_cluster_is_asked_for_by_itself() -> None:
    few = (_missing("config:infrastructures.config.openshift.io", "x"), _missing("roles", "y"))
    assert bundle_first(few) == few
