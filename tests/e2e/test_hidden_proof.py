"""What is hidden of a proof leaves the rule unknown: the rest never passes for the whole."""

import pytest

from analyzer.findings.diff import compare
from samples import Cluster
from tests.properties.hiding import judged, subjects_of, turned

from .faults import FAULTS
from .faults_in_cluster import shared_role
from .runs import INGRESS, MACHINES, READ_ONLY, Bench, everything, named, states_of, told, without

HIDDEN = [
    ("request-release-mismatch-older", r"cloudcredential\.openshift\.io"),
    ("request-release-mismatch-newer", r"exports/credrequests/.*(?:machine-api|ingress)"),
    ("operator-dns-not-ready-denied", r"dnsrecords/"),
    ("operator-degraded", r"clusteroperators(?:\.yaml|/machine-api)"),
    (
        "permission-overwritten",
        r"image-registry.*credentials-request|credentialsrequests/openshift-image-registry",
    ),
    (
        "role-shared",
        r"ingress.*credentials-request|credentialsrequests/openshift-ingress\.|ingress-operator/core/secrets",
    ),
    ("permission-boundary-in-part", r"exports/iam/get-role-policy-.*machine-api"),
    ("secret-role-foreign", r"exports/iam/get-role-staging-"),
    ("workload-predates-issuer", r"openshift-machine-api/pods/.*/machine-controller/.*current\.log"),
    ("workload-predates-issuer", r"openshift-machine-api/(?:core/pods|pods/[^/]+/[^/]+)\.yaml"),
    ("provider-url-mismatch-scheme", r"exports/oidc/list-"),
    ("issuer-inconsistent", r"openshift-kube-apiserver/core/configmaps"),
    (
        "request-role-name-collision",
        r"iam-ro-credentialsrequest|credentialsrequests/cloud-credential-operator-iam-ro",
    ),
    (
        "secret-newer-than-pods",
        r"machine-api.*credentials-request|credentialsrequests/openshift-machine-api-aws",
    ),
    (
        "secret-newer-than-pods",
        r"openshift-machine-api/(?:core/pods|pods/[^/]+/[^/]+|apps/deployments)\.yaml",
    ),
]


@pytest.mark.parametrize(("name", "hidden"), HIDDEN, ids=[name for name, _ in HIDDEN])
def test_the_rest_does_not_pass(bench: Bench, name: str, hidden: str) -> None:
    fault = next(one for one in FAULTS if one.id == name)
    before = judged(bench, subjects_of(bench, fault.files())).states
    after = judged(bench, subjects_of(bench, without(fault.files(), hidden))).states
    found = [key for key, state in before.items() if key[0] == fault.rule and state in ("fail", "warn")]
    assert found
    assert [after.get(key) for key in found].count("pass") == 0, [(k, after.get(k)) for k in found]
    assert "unknown" in [after.get(key, "unknown") for key in found]


@pytest.mark.parametrize("name", ["role-shared-named", "permission-missing-made-by-hand"])
def test_policies_without_their_role_blame_nobody(bench: Bench, name: str) -> None:
    """Whom the role admits, and what made it, its own export alone tells."""
    fault = next(one for one in FAULTS if one.id == name)
    hidden = without(fault.files(), r"get-role-demo-openshift-ingress-operator-cloud-credentials\.json")
    assert not turned(*(judged(bench, subjects_of(bench, files)) for files in (fault.files(), hidden)))


@pytest.mark.parametrize(
    "name",
    ["token-expired", "token-malformed-cut", "request-release-mismatch-older", "webhook-annotation-typo"],
)
def test_what_is_not_handed_in_again_is_not_mended(bench: Bench, name: str) -> None:
    """The token, the release or the pods are not in the later inputs: that is no improvement, and no news."""
    fault = next(one for one in FAULTS if one.id == name)
    found, hidden = (bench.report(files) for files in (fault.files(), without(fault.files(), fault.hide)))
    for old, new, change in ((found, hidden, "lost"), (hidden, found, "seen")):
        changes = {f.change for f in compare(old, new).findings if f.rule == fault.rule}
        assert changes == {change}


def test_nothing_hidden_leaves_nothing_of_it_unknown(bench: Bench) -> None:
    states = judged(bench, subjects_of(bench, everything(Cluster()))).states
    rules = {fault.rule for fault in FAULTS if fault.id in dict(HIDDEN)} - {"secret-role-foreign"}
    assert "unknown" not in {state for key, state in states.items() if key[0] in rules}


@pytest.mark.parametrize(
    "hidden",
    [r"^staging/.*(?:clusterversions|infrastructures|/version)", r"clusterversions|infrastructures"],
    ids=["the other's", "both"],
)
def test_a_bundle_that_names_no_cluster_shows_by_its_uids_that_it_is_anothers(
    bench: Bench, hidden: str
) -> None:
    """Its Authentication is not taken for this cluster's, however new it is."""
    fault = next(one for one in FAULTS if one.id == "input-mixed-clusters-bundles")
    report = bench.report(without(fault.files(), hidden))
    assert named(report, "fail") == {"input-mixed-clusters"}, told(report)
    assert report.cluster.issuer == Cluster().issuer


def test_a_warning_is_no_fault_where_what_softens_it_is_hidden(bench: Bench) -> None:
    """A user's request without ServiceAccounts is warned of where its Secret was made all the same."""
    fault = next(one for one in FAULTS if one.id == "request-no-service-accounts-of-a-user")
    report = bench.report(without(fault.files(), r"openshift-machine-api/core/secrets"))
    assert not named(report, "fail"), told(report)
    assert "request-no-service-accounts" in named(report, "warn"), told(report)


def test_secrets_that_are_hidden_may_be_for_sts(bench: Bench) -> None:
    """A chain with keys is one of several kinds, as long as the others' Secrets were not looked at."""
    fault = next(one for one in FAULTS if one.id == "mode-mixed-credentials")
    files = fault.files()
    key = (fault.rule, "chain", fault.chains[0])
    assert judged(bench, subjects_of(bench, files)).states[key] == "fail"
    left = without(files, r"(?:ingress-operator|machine-api|image-registry|csi-drivers)/core/secrets")
    assert judged(bench, subjects_of(bench, left)).states[key] == "unknown"


def test_a_role_that_a_trust_policy_alone_gives_a_chain_is_not_shared_for_sure(bench: Bench) -> None:
    cluster = Cluster()
    shared_role(cluster)
    own = "arn:aws:iam::123456789012:role/ingress-of-its-own"
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", own)
    files = everything(cluster, secrets="full")
    rule = (MACHINES, "trust", "role-shared")
    assert states_of(bench.report(files))[rule] == "pass"
    hidden = bench.report(without(files, r"openshift-ingress-operator/core/secrets"))
    assert states_of(hidden)[rule] == "unknown"
    assert f"secret-value:{INGRESS}" in {item.evidence for item in hidden.missing}


def test_what_nothing_uses_is_known_by_its_secret_where_its_request_is_hidden(bench: Bench) -> None:
    """The role of the credential operator's own request is no fault in Manual mode, whatever it trusts."""
    cluster = Cluster()
    cluster.role(READ_ONLY.partition("/")[0]).trust["Statement"][0]["Principal"] = {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/former.example.com"
    }
    whole = bench.report(everything(cluster))
    assert named(whole, "info") >= {"trust-provider-mismatch"}
    assert not named(whole, "fail"), told(whole)
    hidden = bench.report(without(everything(cluster), r"cloudcredential\.openshift\.io|credrequests/"))
    assert not named(hidden, "fail"), told(hidden)


def test_a_shared_role_is_no_foreign_one_where_the_requests_are_hidden(bench: Bench) -> None:
    fault = next(one for one in FAULTS if one.id == "role-shared-named")
    key = (MACHINES, "secret", "secret-role-foreign")
    assert states_of(bench.report(fault.files()))[key] == "pass"
    hidden = bench.report(without(fault.files(), r"cloudcredential\.openshift\.io|credrequests/"))
    assert states_of(hidden)[key] == "unknown"
    assert not named(hidden, "fail"), told(hidden)
