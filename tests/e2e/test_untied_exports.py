"""Exports that nothing ties to the cluster prove nothing of it: what tells them apart may be what lacks."""

import json
from urllib.parse import quote

import pytest

from samples import Cluster
from samples.exports import PARTS
from tests.properties.hiding import judged, subjects_of

from .fault import Fault
from .faults_in_inputs import FAULTS
from .runs import Bench, Files, broken, bundle, everything, named, told, without

ALIKE = next(fault for fault in FAULTS if fault.variant == "alike")
EXPORTS = next(fault for fault in FAULTS if fault.variant == "exports")
LEFT = {
    "without the document": r"exports/issuer/openid-configuration",
    "without roles": r"exports/iam/",
    "without roles and providers": r"exports/(?:iam|oidc)/",
    "without documents": r"exports/issuer/",
    "without all but roles": r"exports/(?!iam/get-role)",
    "without the cluster's name": r"infrastructures|exports/issuer/",
    "without document and name": r"infrastructures|exports/issuer/openid",
}


@pytest.mark.parametrize("hidden", LEFT.values(), ids=LEFT)
@pytest.mark.parametrize("fault", [ALIKE, EXPORTS], ids=["alike", "another account"])
def test_exports_of_another_cluster_are_no_fault_of_this_one(bench: Bench, fault: Fault, hidden: str) -> None:
    """Whatever part of them is at hand: no link fails, and nobody says that they belong together."""
    files = without(fault.files(), hidden)
    report = bench.report(files)
    assert not broken(report), told(report)
    assert mixed(bench, files) in ("fail", "warn", "unknown")


def mixed(bench: Bench, files: Files) -> str:
    """Give the state of the rule on mixed inputs."""
    return judged(bench, subjects_of(bench, files)).states["input-mixed-clusters", "cluster", "cluster"]


@pytest.mark.parametrize("part", PARTS)
def test_one_part_of_its_own_exports_is_enough(bench: Bench, part: str) -> None:
    files = without(everything(Cluster()), rf"^exports/(?!{part}/)")
    report = bench.report(files)
    assert not named(report, "fail", "warn"), told(report)


def test_a_bundle_alone_cannot_be_mixed(bench: Bench) -> None:
    assert mixed(bench, everything(Cluster())) == "pass"
    assert mixed(bench, bundle(Cluster())) == "not-applicable"


def test_a_key_set_alone_is_taken_for_what_the_issuer_serves(bench: Bench) -> None:
    """It names nobody; beside exports of other issuers it is taken for one of theirs."""
    files = without(ALIKE.files(), r"exports/(?!issuer/keys)")
    assert named(bench.report(files), "fail") == {"jwks-foreign"}


def test_a_document_of_another_issuer_is_this_ones_where_its_keys_are(bench: Bench) -> None:
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    cluster.discovery = dict(cluster.discovery, issuer="https://d1a2b3c4d5e6f7.cloudfront.net")
    files = without(everything(cluster), r"exports/(?:iam|oidc)/")
    assert named(bench.report(files), "fail") == {"discovery-issuer-mismatch"}
    hidden = bench.report(without(files, "exports/issuer/keys"))
    assert not named(hidden, "fail"), told(hidden)


@pytest.mark.parametrize("encoded", [False, True], ids=["as the CLI writes it", "percent-encoded"])
def test_a_document_of_another_issuer_is_this_ones_where_roles_trust_it(bench: Bench, encoded: bool) -> None:
    cluster = Cluster()
    assert isinstance(cluster.discovery, dict)
    cluster.discovery = dict(cluster.discovery, issuer="https://d1a2b3c4d5e6f7.cloudfront.net")
    files = without(everything(cluster), r"exports/oidc/|exports/issuer/keys")
    if encoded:
        files = {path: _as_the_api_gives_it(data) if "AssumeRolePolicyDocument" in data.decode() else data
                 for path, data in files.items()}  # fmt: skip
    assert named(bench.report(files), "fail") == {"discovery-issuer-mismatch"}


def _as_the_api_gives_it(data: bytes) -> bytes:
    answer = json.loads(data)
    answer["Role"]["AssumeRolePolicyDocument"] = quote(json.dumps(answer["Role"]["AssumeRolePolicyDocument"]))
    return json.dumps(answer).encode()


def test_the_list_of_an_account_that_nothing_names_lacks_no_provider(bench: Bench) -> None:
    cluster = Cluster()
    cluster.providers = []
    files = everything(cluster)
    assert "provider-missing" in named(bench.report(files), "fail")
    hidden = bench.report(without(files, r"exports/iam/get-role"))
    assert not named(hidden, "fail"), told(hidden)
