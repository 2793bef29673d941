"""A real must-gather, as it is and turned into one of an STS cluster, with all its noise."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from analyzer.findings.report import Report
from analyzer.session import analyze
from samples import Cluster, HttpError, Provider, edits, faults, logs
from samples.cluster import DEFAULT_ISSUER
from samples.keys import rsa_key
from samples.logs import Failure
from samples.scenarios import SCENARIOS
from tests.data import BUNDLE

from .real_bundle import RealBundle
from .runs import EVERY_USED, INGRESS, Bench, findings, named, said, told, used

pytestmark = pytest.mark.shared


@pytest.mark.timeout(60)
def test_as_it_is(bench: Bench) -> None:
    report = analyze([BUNDLE])
    bench.check(report)
    assert report.cluster.sts is False
    assert (report.cluster.region, report.cluster.partition) == ("us-east-1", "aws")
    assert report.cluster.version == "4.8.0-0.nightly-2021-07-31-065602"
    assert report.cluster.infra_name == "ci-ln-5ylibmb-d5d6b-dfvr6"
    assert report.cluster.credentials_mode == ""
    assert not findings(report, "fail", "warn"), told(report)
    assert named(report, "info") == {"mode-sts-not-used"}
    assert report.exit_code == 0
    assert {chain.mechanism for chain in report.chains} == {"static-keys"}
    assert {chain.verdict.state for chain in report.chains} == {"not-applicable"}
    assert len(report.chains) == 5
    assert report.missing == ()
    assert report.errors == ()
    assert report.run.as_of is not None
    assert report.run.as_of.startswith("2021-08-03T10:1")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[RealBundle, Cluster]:
    found = RealBundle(BUNDLE, tmp_path_factory.mktemp("real"))
    cluster = found.cluster()
    found.convert(cluster)
    return found, cluster


Fault = Callable[[RealBundle, Cluster], None]


def _nothing(real: RealBundle, cluster: Cluster) -> None:
    pass


def _jwks_403(real: RealBundle, cluster: Cluster) -> None:
    cluster.jwks = HttpError()


def _kid_rotated(real: RealBundle, cluster: Cluster) -> None:
    real.add_signing_key(rsa_key("demo-signer-2").pem())


def _wrong_account(real: RealBundle, cluster: Cluster) -> None:
    role = cluster.role("openshift-ingress-operator")
    edits.trust_subjects(role, ["system:serviceaccount:openshift-ingress-operator:router"])


def _provider_gone(real: RealBundle, cluster: Cluster) -> None:
    cluster.providers = [Provider("staging-oidc.s3.us-east-2.amazonaws.com", cluster.account)]


def _audience_missing(real: RealBundle, cluster: Cluster) -> None:
    cluster.provider.client_ids = ["sts.amazonaws.com"]


def _issuer_unset(real: RealBundle, cluster: Cluster) -> None:
    real.set_issuer("")


# The faults of the samples: what breaks, and what the operators then log.
FAULTS: dict[str, tuple[Fault, Failure | None]] = {
    "ingress-jwks-403": (_jwks_403, logs.VERIFICATION_KEY),
    "kid-rotated": (_kid_rotated, logs.VERIFICATION_KEY),
    "trust-wrong-service-account": (_wrong_account, logs.NOT_AUTHORIZED),
    "provider-gone": (
        _provider_gone,
        logs.no_provider("https://ci-ln-5ylibmb-d5d6b-oidc.s3.us-east-1.amazonaws.com"),
    ),
    "audience-missing": (_audience_missing, logs.INCORRECT_AUDIENCE),
    "issuer-unset": (_issuer_unset, logs.no_provider(DEFAULT_ISSUER)),
}
_CHANGED = (
    "cluster-scoped-resources/config.openshift.io/authentications/cluster.yaml",
    "cluster-scoped-resources/config.openshift.io/authentications.yaml",
    "cluster-scoped-resources/operator.openshift.io/kubeapiservers/cluster.yaml",
    "namespaces/openshift-kube-apiserver/core/configmaps.yaml",
    "namespaces/openshift-config-managed/core/configmaps.yaml",
)


def run(bench: Bench, real: tuple[RealBundle, Cluster], fault: Fault, failure: Failure | None) -> Report:
    """Put a fault into the bundle and its exports, analyse, and put everything back."""
    found, healthy = real
    cluster = copy.deepcopy(healthy)
    logged: dict[str, bytes] = {}
    if failure is not None:
        since = cluster.gathered - timedelta(minutes=40)
        faults.authentication_fails(cluster, failure, since=since)
        logged = found.logs_with(cluster, since)
        assert len(logged) >= 3, sorted(logged)
    originals = {name: (found.image / name).read_bytes() for name in _CHANGED}
    with found.changed(originals | logged):
        fault(found, cluster)
        found.write_exports(cluster)
        report = analyze([found.folder])
        bench.check(report)
        places = [proof for finding in report.findings for proof in finding.evidence]
        assert all((found.folder / proof.file).is_file() for proof in places), places
    return report


def test_turned_into_sts_is_healthy(bench: Bench, real: tuple[RealBundle, Cluster]) -> None:
    report = run(bench, real, _nothing, None)
    assert report.cluster.sts is True
    assert report.cluster.issuer == real[1].issuer
    assert report.cluster.credentials_mode == "Manual"
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0
    assert {chain.mechanism for chain in report.chains} == {"sts-secret"}
    links = {link.link for chain in report.chains for link in chain.links if link.state == "unknown"}
    assert links <= {"secret"}, told(report)
    assert {chain.role_arn.value for chain in report.chains} == {role.arn for role in real[1].roles.values()}


def test_no_scenario_is_forgotten() -> None:
    left = {"healthy", "mint-mode", "bundle-only"}
    assert set(SCENARIOS) - left == set(FAULTS)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_faults_of_the_samples(bench: Bench, real: tuple[RealBundle, Cluster], name: str) -> None:
    scenario = SCENARIOS[name]
    report = run(bench, real, *FAULTS[name])
    broken = [c for c in used(report) if scenario.chains == EVERY_USED or c.id in scenario.chains]
    assert broken
    for chain in broken:
        assert said(chain) == ("fail", scenario.link, scenario.rule), told(report)
    assert next(c for c in broken if c.id == INGRESS).verdict.recency == "ongoing"
    assert named(report, "fail", kind="cause") == {scenario.rule}, told(report)
    assert named(report, "fail", kind="symptom"), told(report)
    if len(broken) > 1:
        assert report.common_cause is not None
        assert report.common_cause.rule == scenario.rule
    assert report.exit_code == 1


def test_without_exports(bench: Bench, real: tuple[RealBundle, Cluster]) -> None:
    found, _ = real
    report = analyze([found.folder / "must-gather"])
    bench.check(report)
    assert not findings(report, "fail", "warn"), told(report)
    assert {chain.verdict.state for chain in report.chains} == {"unknown"}
    assert report.missing
