"""Names that look like something else: a call's word, a placeholder, a dry run's leftover."""

import pytest

from samples import Cluster

from .runs import Bench, assert_healthy, everything


@pytest.mark.parametrize("name", ["aws", "prod-enter", "demo-fake", "whatever"])
def test_a_cluster_with_an_odd_name_is_healthy(bench: Bench, name: str) -> None:
    cluster = Cluster(name=name, infra_name=f"{name}-7xk2p")
    assert_healthy(bench.report(everything(cluster, secrets="full")), elided=False)
