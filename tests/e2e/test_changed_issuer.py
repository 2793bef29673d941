"""A cluster whose issuer was changed, with roles of another name: what proves that they are its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from samples import Cluster, Provider, edits, faults, logs
from tests.properties.hiding import judged, subjects_of, turned

from .faults_in_permissions import OBJECTS, change
from .runs import (
    MACHINES,
    REGISTRY,
    Bench,
    Edit,
    Files,
    everything,
    exports,
    named,
    said,
    states_of,
    the_chain,
    told,
    without,
)

RULE = "mode-issuer-not-rolled-out"
OLD = "https://d1a2b3c4d5e6f7.cloudfront.net"
NEW = "https://demo-oidc.s3.us-west-2.amazonaws.com"
BUCKET = "arn:aws:s3:::demo-7xk2p-image-registry-us-west-2-kqzhdwvbnxtr"


def _changed() -> Cluster:
    """The roles are named prod-…, and trust an issuer that nothing in the cluster names any more."""
    cluster = Cluster(name="prod", infra_name="demo-7xk2p", issuer=OLD)
    edits.change_issuer(cluster, NEW, cluster.gathered - timedelta(days=20))
    cluster.kas_issuers = cluster.previous_kas_issuers = [NEW]
    cluster.issuer = NEW
    cluster.providers = [Provider(NEW.removeprefix("https://"), cluster.account)]
    assert isinstance(cluster.discovery, dict)
    cluster.discovery |= {"issuer": NEW, "jwks_uri": f"{NEW}/keys.json"}
    return cluster


def _former_revision(cluster: Cluster) -> None:
    cluster.previous_kas_issuers = [OLD]


def _old_tokens(cluster: Cluster) -> None:
    since = cluster.gathered - timedelta(hours=9)
    faults.authentication_fails(
        cluster, logs.no_provider(OLD), since=since, namespaces=["openshift-machine-api"]
    )


def _old_documents(cluster: Cluster) -> Files:
    """What the old issuer serves was exported too."""
    new, old = (url.removeprefix("https://").encode() for url in (NEW, OLD))
    served = {path: data for path, data in exports(cluster).items() if path.startswith("exports/issuer/")}
    return {path.replace("/issuer/", "/old/"): data.replace(new, old) for path, data in served.items()}


def _a_bucket(name: str) -> Edit:
    return change(REGISTRY, OBJECTS, Resource=[f"{name}/*"])


@pytest.mark.parametrize(
    "edit", [_former_revision, _old_tokens, _a_bucket(BUCKET)], ids=["revision", "tokens", "bucket"]
)
def test_what_the_cluster_had_or_has_proves_the_roles_its_own(bench: Bench, edit: Edit) -> None:
    cluster = _changed()
    edit(cluster)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, MACHINES)) == ("fail", "trust", "trust-provider-mismatch"), told(report)
    assert "input-mixed-clusters" not in named(report, "fail", "warn"), told(report)


def test_without_proof_they_stay_in_doubt(bench: Bench) -> None:
    """Nor does a bucket of a like name prove anything, or an issuer that serves the cluster's keys."""
    for edit in (lambda _: None, _a_bucket("arn:aws:s3:::demo-9wq4r-image-registry")):
        cluster = _changed()
        edit(cluster)
        report = bench.report(everything(cluster))
        assert not named(report, "fail"), told(report)
        assert named(report, "warn") >= {"input-mixed-clusters"}, told(report)
    cluster = _changed()
    report = bench.report(everything(cluster) | _old_documents(cluster))
    assert not named(report, "fail"), told(report)


def test_hiding_the_proof_only_makes_unknown(bench: Bench) -> None:
    cluster = _changed()
    _former_revision(cluster)
    whole = everything(cluster)
    left = without(whole, r"openshift-kube-apiserver/core/configmaps")
    assert not turned(judged(bench, subjects_of(bench, whole)), judged(bench, subjects_of(bench, left)))
    assert not named(bench.report(left), "fail")


@pytest.mark.parametrize(
    ("gone", "hidden"),
    [(False, None), (True, None), (True, "exports/oidc/")],
    ids=["provider-kept", "provider-gone", "not-listed"],
)
def test_of_an_issuer_on_its_way_is_told_what_sts_says_to_the_tokens_of_today(
    bench: Bench, gone: bool, hidden: str | None
) -> None:
    """kube-apiserver still signs with the old issuer: where its provider stands, STS refuses nothing yet."""
    cluster = Cluster()
    old = cluster.issuer
    if gone:
        cluster.providers = []
    cluster.kas_issuers = cluster.previous_kas_issuers = [old]
    cluster.authentication_issuer = "https://next-oidc.s3.us-west-2.amazonaws.com"
    files = everything(cluster)
    report = bench.report(without(files, hidden) if hidden else files)
    verdict = the_chain(report, MACHINES).verdict
    assert verdict.rule == "mode-issuer-not-rolled-out", told(report)
    error = verdict.simulated_error
    if gone and not hidden:
        assert error is not None
        assert error.text.endswith(f"account for {old}")
    else:
        assert error is None


CONFIG_MAPS = r"openshift-kube-apiserver/core/configmaps"
ITS_OPERATOR = r"/kubeapiservers/"


def _observed(issuer: str) -> Edit:
    def hook(path: str, body: Any) -> Any:
        if path.endswith("kubeapiservers/cluster.yaml"):
            body["spec"]["observedConfig"]["apiServerArguments"]["service-account-issuer"] = [issuer]
        return body

    return lambda cluster: cluster.hooks.append(hook)


@pytest.mark.parametrize("hidden", [None, CONFIG_MAPS], ids=["all-there", "its-operator-alone"])
def test_what_the_operator_has_not_observed_kube_apiserver_does_not_run_with(
    bench: Bench, hidden: str | None
) -> None:
    cluster = Cluster()
    cluster.authentication_issuer = "https://next-oidc.s3.us-west-2.amazonaws.com"
    files = everything(cluster)
    report = bench.report(without(files, hidden) if hidden else files)
    assert named(report, "fail", kind="cause") == {RULE}, told(report)
    waiting = {link.link: link.waits_for for link in the_chain(report, MACHINES).links}
    assert {waiting[name] for name in ("provider", "trust")} == {RULE}


@pytest.mark.parametrize(
    ("hidden", "state"),
    [(None, "unknown"), (CONFIG_MAPS, "fail"), (ITS_OPERATOR, "pass")],
    ids=["both", "its-operator-alone", "kube-apiserver-alone"],
)
def test_where_operator_and_kube_apiserver_differ_neither_is_believed_alone(
    bench: Bench, hidden: str | None, state: str
) -> None:
    """The issuer was set back just now: hiding what contradicts decides, and turns nothing around."""
    cluster = Cluster()
    _observed("https://next-oidc.s3.us-west-2.amazonaws.com")(cluster)
    files = everything(cluster)
    report = bench.report(without(files, hidden) if hidden else files)
    assert states_of(report)[MACHINES, "mode", RULE] == state, told(report)


BUCKET_URL = "https://demo-oidc.s3.us-west-2.amazonaws.com"


def _issuer_alone_is_another() -> Cluster:
    """Provider and roles are CloudFront's, as ccoctl made them; the cluster's setting names the bucket."""
    cluster = Cluster(issuer=OLD)
    cluster.authentication_issuer = BUCKET_URL
    cluster.kas_issuers = cluster.previous_kas_issuers = [BUCKET_URL]
    faults.authentication_fails(cluster, logs.no_provider(BUCKET_URL), since=cluster.installed)
    return cluster


def test_roles_that_all_trust_another_provider_tell_which_issuer_was_meant(bench: Bench) -> None:
    """One fault is one finding: to set the issuer again mends it, and no role need change."""
    report = bench.report(everything(_issuer_alone_is_another()))
    assert said(the_chain(report, MACHINES)) == ("fail", "provider", "provider-missing"), told(report)
    assert named(report, "fail", kind="cause") == {"provider-missing"}, "nor the documents of that issuer"
    (found,) = [f for f in report.findings if f.rule == "provider-missing"]
    assert f"trust the provider of {OLD}, and that one is there" in found.fix[0].text
    assert str(found.fix[0].command).startswith(f"issuer={OLD}; oc patch authentication.config.openshift.io")


def test_one_such_role_tells_nothing(bench: Bench) -> None:
    cluster = _issuer_alone_is_another()
    for name in list(cluster.roles):
        if "machine-api" not in name:
            del cluster.roles[name]
    report = bench.report(everything(cluster))
    assert {"provider-missing", "trust-provider-mismatch"} <= named(report, "fail"), told(report)
    (found,) = [f for f in report.findings if f.rule == "provider-missing"]
    assert "Create the provider" in found.fix[0].text
