"""Inputs of different clusters, and several gathers of one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analyzer.errors import UsageProblem
from samples import Cluster
from samples.cleaning import Cleaner
from samples.layouts import insights, must_gather

from .conftest import Analyse, Files, fingerprints, rules
from .test_layouts import exports, no_provider

OTHER = {
    "name": "prod",
    "infra_name": "prod-q9f4z",
    "cluster_id": "11111111-2222-4333-8444-555555555555",
    "account": "444455556666",
    "seed": "prod",
}


def other(**more: object) -> Cluster:
    return Cluster(**{**OTHER, **more})  # type: ignore[arg-type]


def in_folder(name: str, files: Files) -> Files:
    return {f"{name}/{path}": data for path, data in files.items()}


def test_two_clusters_are_said_and_not_mixed(look: Analyse) -> None:
    files = in_folder("a", must_gather(Cluster())) | in_folder("b", must_gather(other()))
    report = look(files)
    assert rules(report, "fail") == {"input-mixed-clusters"}
    (said,) = [f for f in report.findings if f.rule == "input-mixed-clusters"]
    assert "demo-7xk2p" in said.message
    assert "prod-q9f4z" in said.message
    assert "--of" in " ".join(f"{fix.text} {fix.command}" for fix in said.fix)


@pytest.mark.parametrize("wanted", ["demo-7xk2p", "prod-q9f4z", OTHER["cluster_id"]])
def test_the_cluster_can_be_chosen(look: Analyse, wanted: str) -> None:
    files = in_folder("a", must_gather(Cluster())) | in_folder("b", must_gather(other()))
    report = look(files, cluster=wanted)
    assert wanted in (report.cluster.infra_name, report.cluster.id)
    assert not rules(report, "fail")
    assert ["left out" in text for text in report.inputs[0].warnings] == [True]
    alone = look(must_gather(Cluster() if wanted == "demo-7xk2p" else other()))
    assert fingerprints(report, "fail", "warn") == fingerprints(alone, "fail", "warn")


def test_two_clusters_and_exports_of_one_are_all_named(look: Analyse) -> None:
    files = in_folder("a", must_gather(Cluster())) | in_folder("b", must_gather(other()))
    report = look(files | exports(other()))
    assert rules(report, "fail") == {"input-mixed-clusters"}
    (said,) = [f for f in report.findings if f.rule == "input-mixed-clusters"]
    assert all(
        word in said.message for word in ("demo-7xk2p", "(a/must-gather.local.", "prod-q9f4z", "the exports")
    )
    assert not rules(look(files | exports(other()), cluster="prod-q9f4z"), "fail")


def test_a_cluster_that_is_not_there(look: Analyse) -> None:
    with pytest.raises(UsageProblem, match="no cluster 'nowhere'") as problem:
        look(must_gather(Cluster()), cluster="nowhere")
    assert "demo-7xk2p" in str(problem.value)


@pytest.mark.parametrize("cleaned", [False, True])
def test_exports_of_another_cluster(look: Analyse, cleaned: bool) -> None:
    bundle = must_gather(Cluster())
    if cleaned:  # no Secrets, so no byte lengths
        bundle = Cleaner().clean(bundle, next(iter(bundle)).partition("/")[0])
    report = look(bundle | exports(other()))
    assert "input-mixed-clusters" in rules(report, "fail")
    assert not {r for r in rules(report, "fail", "warn") if r.startswith(("trust-", "provider-"))}


def changed_issuer(cluster: Cluster) -> None:
    cluster.authentication_issuer = "https://renamed-oidc.s3.us-west-2.amazonaws.com"
    cluster.kas_issuers = [cluster.authentication_issuer]


@pytest.mark.parametrize("cleaned", [False, True])
@pytest.mark.parametrize("fault", [no_provider, changed_issuer])
def test_exports_of_this_cluster_with_a_fault_are_no_others(look: Analyse, fault, cleaned: bool) -> None:  # type: ignore[no-untyped-def]
    cluster = Cluster()
    fault(cluster)
    bundle = must_gather(cluster)
    if cleaned:
        bundle = Cleaner().clean(bundle, next(iter(bundle)).partition("/")[0])
    report = look(bundle | exports(cluster))
    assert "input-mixed-clusters" not in rules(report, "fail")
    assert rules(report, "fail")


def test_an_insights_archive_of_another_cluster_is_noticed(look: Analyse) -> None:
    files = must_gather(Cluster()) | in_folder("insights", insights(other()))
    assert "input-mixed-clusters" in rules(look(files), "fail")


def later(cluster: Cluster) -> Cluster:
    """Give the same cluster a day later: what was installed stays as old as it was."""
    installed = cluster.installed
    after = Cluster(gathered=cluster.gathered + timedelta(days=1))
    after.installed = installed
    return after


def test_of_two_gathers_the_newer_wins_and_it_is_said(look: Analyse) -> None:
    old, new = Cluster(), later(Cluster())
    secret = ("openshift-ingress-operator", "cloud-credentials")
    del new.secrets[secret]
    files = in_folder("monday", must_gather(old)) | in_folder("tuesday", must_gather(new))
    report = look(files)
    assert rules(report, "fail") == {"secret-missing"} == rules(look(must_gather(new)), "fail")
    assert any("2024-03-12" in text and "wins" in text for text in report.inputs[0].warnings)
    assert not report.errors


def test_a_fault_that_was_mended_between_two_gathers_is_gone(look: Analyse) -> None:
    old, new = Cluster(), later(Cluster())
    del old.secrets["openshift-ingress-operator", "cloud-credentials"]
    files = in_folder("monday", must_gather(old)) | in_folder("tuesday", must_gather(new))
    assert "secret-missing" in rules(look(must_gather(old)), "fail")
    assert not rules(look(files), "fail")


def test_the_same_gather_twice_is_one(look: Analyse) -> None:
    files = must_gather(Cluster())
    report = look(in_folder("a", files) | in_folder("b", files))
    assert not rules(report, "fail", "warn")
    assert not report.inputs[0].warnings
