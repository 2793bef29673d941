"""The one line on an upgrade, its steps in order, and several releases handed in at once."""

from pathlib import Path
from typing import Any

import pytest

from analyzer import session
from analyzer.errors import NothingToRead, UsageProblem
from analyzer.findings.report import Report
from analyzer.options import Options as AskedFor
from analyzer.reports.formats import FORMATS, Options, render
from analyzer.reports.json import load_json
from samples import Cluster
from samples.layouts import insights
from samples.requests import release_requests
from samples.yamlout import Json, document

from .runs import Bench, bundle, everything, findings, told, without, write_files


def write(folder: Path, requests: dict[str, Json]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in requests.items():
        (folder / name).write_bytes(document(body))
    return folder


def with_news(version: str) -> dict[str, Json]:
    """Give a release that brings one more request beside its real ones."""
    requests = release_requests(version)
    name, first = next(
        item for item in requests.items() if item[1]["metadata"]["name"] == "openshift-ingress"
    )
    new: Any = {**first, "metadata": {**first["metadata"], "name": "openshift-brand-new"}}
    new["spec"] = {
        **first["spec"],
        "secretRef": {"namespace": "openshift-ingress-operator", "name": "new-creds"},
    }
    return {**requests, f"new-{name}": new}


def judged(bench: Bench, files: dict[str, bytes], folder: Path) -> Report:
    report = session.upgrade([bench.tree(files)], folder)
    assert report.readiness is not None
    return report


def test_ready(bench: Bench, tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.upgradeable_to = "4.15"
    report = judged(bench, everything(cluster), write(tmp_path / "4.15", release_requests("4.15.1")))
    assert report.readiness is not None
    assert report.readiness.state == "ready", told(report)
    assert report.readiness.sentence == "Ready for 4.15: nothing is to be prepared."
    assert "UPGRADE  ✔ Ready for 4.15" in render(report, "text", Options())


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_short_answer_is_the_release_first_and_fits(bench: Bench, tmp_path: Path, width: int) -> None:
    cluster = Cluster(version="4.8.20", name="a-long-name-prod-eu")
    for role in list(cluster.roles.values())[:3]:
        role.inline.clear()
    report = judged(bench, everything(cluster), write(tmp_path / "4.21", with_news("4.21.1")))
    assert report.readiness is not None
    assert "goes through 4.9 to 4.20" in report.readiness.sentence
    lines = render(report, "text", Options(width=width)).splitlines()
    assert len(lines) <= 40
    assert all(any(step.command in line for line in lines) for step in report.readiness.steps if step.command)
    starts = [n for n, line in enumerate(lines) if line.startswith(("UPGRADE", "TODAY"))]
    assert [lines[n].split()[0] for n in starts] == ["UPGRADE", "TODAY"]
    assert not any("= fix" in line for line in lines), "the steps stand above"
    assert render(report, "markdown", Options()).startswith("## sts-doctor: ✘ Not ready for 4.21")
    assert render(report, "case", Options()).startswith("~~~\nUpgrade:  Not ready for 4.21")
    assert '"state": "not-ready"' in render(report, "sarif", Options())


def test_where_only_the_release_was_asked_about_nothing_is_said_of_today(
    bench: Bench, tmp_path: Path
) -> None:
    folder = write(tmp_path / "4.15", release_requests("4.15.1"))
    report = session.upgrade([bench.tree(everything(Cluster()))], folder, AskedFor(select=("upgrade",)))
    text = render(report, "text", Options())
    assert "UPGRADE  ✘" in text
    assert "TODAY" not in text


def test_insights_keeps_no_annotation_and_says_nothing_of_one(bench: Bench, tmp_path: Path) -> None:
    folder = write(tmp_path / "4.15", release_requests("4.15.1"))
    files = insights(Cluster())
    report = judged(bench, files, folder)
    (found,) = findings(report, "fail")
    assert "CloudCredential cluster: the operator reports Upgradeable=False" in found.message
    assert "TODAY    ? UNKNOWN" in render(report, "text", Options())
    silent = judged(bench, without(files, "clusteroperator/cloud-credential"), folder)
    assert not findings(silent, "fail"), told(silent)
    asked = {item.evidence for item in silent.missing if "upgrade-annotation" in item.decides}
    assert asked == {"config:cloudcredentials.operator.openshift.io"}


def test_not_ready_lists_each_step_once_and_the_annotation_last(bench: Bench, tmp_path: Path) -> None:
    report = judged(bench, everything(Cluster()), write(tmp_path / "4.15", with_news("4.15.1")))
    found = report.readiness
    assert found is not None
    assert found.state == "not-ready"
    assert found.sentence.startswith("Not ready for 4.15: 2 preparations to make.")
    commands = [step.command or "" for step in found.steps]
    assert len(commands) == len(set(commands))
    order = [
        "oc adm release extract",
        "ccoctl aws create-iam-roles",
        "oc create namespace",
        "oc apply",
        "oc annotate",
    ]
    places = [next(i for i, c in enumerate(commands) if c.startswith(word)) for word in order]
    assert places == sorted(places)
    assert commands[-1].startswith("oc annotate")
    assert "out/manifests/openshift-ingress-operator-new-creds-credentials.yaml" in " ".join(commands)


def test_what_cannot_be_told_is_said(bench: Bench, tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.upgradeable_to = "4.15"
    files = without(bundle(cluster), r"openshift-ingress-operator/core/secrets")
    report = judged(bench, files, write(tmp_path / "4.15", with_news("4.15.1")))
    assert report.readiness is not None
    assert report.readiness.state == "unknown", told(report)
    assert "cannot be judged without" in report.readiness.sentence
    assert "roles" in report.readiness.sentence
    assert "4.15 brings CredentialsRequest openshift-brand-new" in report.readiness.sentence


def test_no_version_is_written_into_a_command_that_is_several(bench: Bench, tmp_path: Path) -> None:
    folder = write(tmp_path / "requests", release_requests("4.19.1"))
    report = judged(bench, everything(Cluster(version="4.16.9")), folder)
    assert report.readiness is not None
    assert report.readiness.sentence.startswith("Not ready for 4.18 to 4.21")
    assert (report.readiness.steps[-1].command or "").endswith("upgradeable-to=<UPGRADE_MINOR> --overwrite")
    assert report.readiness.sentence.endswith("The way there goes through 4.17: ask the same of each.")


def test_nobody_goes_back(bench: Bench, tmp_path: Path) -> None:
    report = judged(bench, everything(Cluster()), write(tmp_path / "4.12", release_requests("4.12.1")))
    assert report.readiness is not None
    assert report.readiness.state == "unknown", told(report)
    assert report.readiness.sentence.startswith("4.12 is older than the cluster's 4.14.12")


def test_a_part_of_a_release_takes_nothing_away(bench: Bench, tmp_path: Path) -> None:
    requests = release_requests("4.15.1")
    part = {name: body for name, body in requests.items() if "ingress" in name}
    report = judged(bench, everything(Cluster()), write(tmp_path / "4.15", part))
    assert report.readiness is not None
    assert "upgrade-request-removed" not in {f.rule for f in report.findings}
    assert "cannot be judged without target-requests" in report.readiness.sentence


def test_requests_of_another_cloud_are_no_target(bench: Bench, tmp_path: Path) -> None:
    first = next(iter(release_requests("4.15.1").values()))
    other: Any = {**first, "spec": {**first["spec"], "providerSpec": {"kind": "GCPProviderSpec"}}}
    folder = write(tmp_path / "4.15", {"gcp.yaml": other})
    with pytest.raises(NothingToRead, match="no CredentialsRequest for AWS"):
        session.upgrade([bench.tree(bundle(Cluster()))], folder)


def test_what_is_for_hosted_clusters_is_not_asked_of_others(bench: Bench, tmp_path: Path) -> None:
    cluster = Cluster()
    cluster.upgradeable_to = "4.15"
    requests = with_news("4.15.1")
    new: Any = next(body for name, body in requests.items() if name.startswith("new-"))
    new["metadata"]["annotations"] = {"include.release.openshift.io/hypershift": "true"}
    report = judged(bench, everything(cluster), write(tmp_path / "4.15", requests))
    assert report.readiness is not None
    assert report.readiness.state == "ready", told(report)
    files = everything(Cluster())
    files["release/new.yaml"] = document(new)
    assert not findings(bench.report(files), "fail", "warn")


def test_a_saved_report_is_read_again(bench: Bench, tmp_path: Path) -> None:
    report = judged(bench, bundle(Cluster()), write(tmp_path / "4.15", with_news("4.15.1")))
    saved = load_json(render(report, "json", Options()), "report.json")
    assert saved.readiness == report.readiness
    for form in FORMATS:
        assert render(saved, form, Options()) == render(report, form, Options())


def test_a_target_among_the_inputs_is_the_target_alone(bench: Bench, tmp_path: Path) -> None:
    write_files(tmp_path / "case", everything(Cluster()))
    write(tmp_path / "case" / "next", release_requests("4.19.1"))
    report = session.upgrade([tmp_path / "case"], tmp_path / "case" / "next")
    assert {f.rule for f in report.findings if f.state in ("fail", "warn")} == {"upgrade-annotation"}, told(
        report
    )


def test_of_a_cluster_without_sts_nothing_is_promised(bench: Bench, tmp_path: Path) -> None:
    folder = write(tmp_path / "4.15", release_requests("4.15.1"))
    report = judged(bench, bundle(Cluster(mode="Mint", issuer="")), folder)
    assert report.readiness is not None
    assert report.readiness.state == "unknown", told(report)
    assert "does not use STS" in report.readiness.sentence


@pytest.mark.parametrize("form", ["text", "case", "markdown", "html"])
def test_every_format_has_the_line_and_the_steps(bench: Bench, tmp_path: Path, form: str) -> None:
    report = judged(bench, bundle(Cluster()), write(tmp_path / "4.15", with_news("4.15.1")))
    text = render(report, form, Options())
    assert "Not ready for 4.15" in " ".join(text.split())
    assert text.index("oc apply -f out") < text.index("oc annotate")


def test_an_analysis_says_nothing_of_it(bench: Bench) -> None:
    assert bench.report(bundle(Cluster())).readiness is None


def test_a_target_with_two_releases_is_refused(bench: Bench, tmp_path: Path) -> None:
    for version in ("4.15", "4.18"):
        write(tmp_path / "targets" / version, release_requests(f"{version}.1"))
    with pytest.raises(UsageProblem, match=r"holds several releases: .*4\.15.*4\.18"):
        session.upgrade([bench.tree(bundle(Cluster()))], tmp_path / "targets")


@pytest.mark.parametrize("order", [("4.14", "4.18"), ("4.18", "4.14")])
def test_of_two_releases_the_cluster_s_own_counts_and_the_other_is_said(
    bench: Bench, order: tuple[str, str]
) -> None:
    files = bundle(Cluster())
    for position, version in enumerate(order):
        for name, body in release_requests(f"{version}.1").items():
            files[f"r{position}/{name}"] = document(body)
    report = bench.report(files)
    found = findings(report, "fail", "warn")
    assert [f.rule for f in found] == ["request-release-mismatch"], told(report)
    assert f"4.18 to 4.21, in input i1, r{order.index('4.18')}" in found[0].message


def test_a_copy_of_a_release_is_no_second_one(bench: Bench) -> None:
    files = bundle(Cluster())
    for position in range(2):
        for name, body in release_requests("4.14.1").items():
            files[f"r{position}/{name}"] = document(body)
    assert not findings(bench.report(files), "fail", "warn")
