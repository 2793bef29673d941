"""Keys of the cluster that its key set holds under other ids: STS finds none, yet nobody else's are there."""

from collections.abc import Callable

import pytest

from samples import Cluster
from samples.keys import jwks, rsa_key

from .runs import Bench, everything, named, told


@pytest.mark.parametrize("rename", [lambda kid: kid + "=", lambda kid: "signer-1"])
@pytest.mark.parametrize("others", [[], ["someone-else"]])
def test_the_clusters_own_key_under_another_id_is_not_another_clusters(
    bench: Bench, rename: Callable[[str], str], others: list[str]
) -> None:
    cluster = Cluster()
    published = jwks([*cluster.signing_keys, *map(rsa_key, others)])
    own = cluster.signing_keys[-1].kid
    for key in published["keys"]:
        key["kid"] = rename(own) if key["kid"] == own else key["kid"]
    cluster.jwks = published
    report = bench.report(everything(cluster))
    assert named(report, "fail") == {"jwks-key-missing"}, told(report)
    (found,) = [f for f in report.findings if f.rule == "jwks-key-missing"]
    assert f"{own} as {rename(own)}" in found.fix[0].text
