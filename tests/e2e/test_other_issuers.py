"""What another cluster's issuer serves may lie among the exports: it is no fault of this one's."""

import pytest

from samples import Cluster

from .runs import Bench, assert_healthy, bundle, exports, named, told, without

OWN = Cluster(name="alpha", infra_name="alpha-aaaaa", seed="alpha")
OTHER = Cluster(
    name="beta",
    infra_name="beta-bbbbb",
    seed="beta",
    cluster_id="2f0c1b9a-7a51-4c06-8f39-5d1e0a6b7c42",
    account="444455556666",
)


def _moved(cluster: Cluster, folder: str) -> dict[str, bytes]:
    return {path.replace("exports/", folder, 1): body for path, body in exports(cluster).items()}


def _in_folders() -> dict[str, bytes]:
    return bundle(OWN) | _moved(OWN, "alpha/") | _moved(OTHER, "beta/")


def _in_one_folder() -> dict[str, bytes]:
    own = {path.replace("alpha/issuer/", "docs/a-"): body for path, body in _moved(OWN, "alpha/").items()}
    other = {path.replace("beta/issuer/", "docs/b-"): body for path, body in _moved(OTHER, "beta/").items()}
    return bundle(OWN) | own | other


def test_exports_of_two_clusters_side_by_side(bench: Bench) -> None:
    report = bench.report(_in_folders())
    assert_healthy(report)
    assert any(f"left out: {OTHER.issuer}" in warning for one in report.inputs for warning in one.warnings)
    assert_healthy(bench.report(_in_one_folder()))


@pytest.mark.parametrize("hidden", ["alpha/issuer/", "alpha/issuer/keys", "alpha/issuer/openid"])
def test_where_its_own_are_hidden_the_others_are_not_taken_for_them(bench: Bench, hidden: str) -> None:
    report = bench.report(without(_in_folders(), f"^{hidden}"))
    assert not named(report, "fail", "warn"), told(report)
    flat = hidden.replace("alpha/issuer/", "docs/a-")
    if flat.endswith("keys"):
        report = bench.report(without(_in_one_folder(), f"^{flat}"))
        assert not named(report, "fail", "warn"), told(report)


def test_what_its_own_issuer_serves_is_a_fault_whosever_it_is(bench: Bench) -> None:
    cluster = Cluster()
    assert isinstance(OTHER.discovery, dict)
    cluster.discovery = dict(OTHER.discovery)
    assert named(bench.report(bundle(cluster) | exports(cluster)), "fail") == {"discovery-issuer-mismatch"}
