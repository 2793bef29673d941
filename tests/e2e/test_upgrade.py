"""What a target release adds, said before the upgrade: between all releases, and for each rule by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from analyzer import session
from analyzer.cli.app import app
from analyzer.errors import NothingToRead
from analyzer.findings.report import Report
from samples import Cluster, rosa
from samples.aws import ManagedPolicy, Role
from samples.operators import Condition
from samples.requests import is_gated, release_requests
from samples.yamlout import Json, document
from tests.data import DATA

from .faults_in_upgrades import prepare
from .runs import MACHINES, Bench, Files, check_contract, edited, everything, named, told, without

MINORS = range(10, 21)
Requests = dict[str, Json]


def write(folder: Path, requests: Requests) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in requests.items():
        (folder / name).write_bytes(document(body))
    return folder


@pytest.fixture
def ready(bench: Bench, tmp_path: Path) -> Callable[..., Report]:
    """Judge a cluster's readiness for the requests of a release."""

    def judge(
        cluster: Cluster,
        target: str | Requests,
        *,
        hide: str | None = None,
        name: str = "",
        details: bool = True,
        files: Files | None = None,
    ) -> Report:
        requests = release_requests(f"{target}.1") if isinstance(target, str) else target
        folder = write(tmp_path / (name or (target if isinstance(target, str) else "target")), requests)
        files = files or everything(cluster, details=details)
        files = without(files, hide) if hide else files
        report = session.upgrade([bench.tree(files)], folder)
        check_contract(report, bench.rules)
        return report

    return judge


def found(report: Report, rule: str) -> list[str]:
    return [f.message for f in report.findings if f.rule == rule]


def added(old: Requests, new: Requests) -> dict[str, set[str]]:
    """Give the actions that each request gains, and all of a new one."""

    def actions(body: Json) -> set[str]:
        return {a for e in body["spec"]["providerSpec"]["statementEntries"] for a in e["action"]}

    before = {r["metadata"]["name"]: actions(r) for r in old.values() if not is_gated(r)}
    after = {r["metadata"]["name"]: actions(r) for r in new.values() if not is_gated(r)}
    gains = {name: wanted - before.get(name, set()) for name, wanted in after.items()}
    return {name: gain for name, gain in gains.items() if gain}


@pytest.mark.parametrize("minor", MINORS)
def test_from_one_release_to_the_next(ready: Callable[..., Report], minor: int) -> None:
    """Exactly the actions that the two releases differ in, and nothing else but the annotation."""
    cluster = Cluster(version=f"4.{minor}.9")
    report = ready(cluster, f"4.{minor + 1}")
    gains = added(cluster.release, release_requests(f"4.{minor + 1}.1"))
    told_of = {f.subject: f for f in report.findings if f.rule == "upgrade-actions-new"}
    assert told_of.keys() == gains.keys(), told(report)
    for name, gain in gains.items():
        assert all(action.removesuffix("*") in told_of[name].message for action in gain), told(report)
        unused = all(action.startswith("kms:") or action == "sts:AssumeRole" for action in gain)
        assert told_of[name].state == ("info" if unused else "fail"), told(report)
    assert named(report, "fail", "warn") <= {"upgrade-annotation", "upgrade-actions-new"}, told(report)
    assert f"4.{minor + 1} waits" in found(report, "upgrade-annotation")[0]
    assert report.exit_code == 1


@pytest.mark.parametrize("minor", MINORS)
def test_a_prepared_cluster_is_ready(ready: Callable[..., Report], minor: int) -> None:
    cluster = Cluster(version=f"4.{minor}.9")
    prepare(cluster, release_requests(f"4.{minor + 1}.1"))
    report = ready(cluster, f"4.{minor + 1}")
    assert not named(report, "fail", "warn"), told(report)
    assert report.exit_code == 0, told(report)


def test_analyze_asks_nothing_about_upgrades(bench: Bench) -> None:
    report = bench.report(everything(Cluster(version="4.13.9")))
    assert not [rule for rule in named(report) if rule.startswith("upgrade-")]


# --- each rule ------------------------------------------------------------------------------------


def test_a_guest_of_a_hosted_control_plane_is_not_asked_for_what_runs_outside_it(
    ready: Callable[..., Report],
) -> None:
    """The release keeps the request of machine-api from guests by its annotations."""
    cluster = edited(rosa.hosted, **rosa.arguments(version="4.17.9"))
    assert not found(ready(cluster, "4.18"), "upgrade-request-new")


def test_in_a_guest_nothing_waits_for_the_annotation_unless_it_says_so(
    ready: Callable[..., Report],
) -> None:
    """Before 4.22 the credential operator has no say in upgrades of hosted clusters."""
    guest = edited(rosa.hosted, **rosa.arguments(version="4.17.9"))
    report = ready(guest, "4.18", hide="clusteroperators")
    assert not found(report, "upgrade-annotation"), told(report)
    blocked = Condition("False", guest.installed, "MissingUpgradeableAnnotation")
    guest.operators["cloud-credential"].conditions["Upgradeable"] = blocked
    report = ready(guest, "4.18")
    assert found(report, "upgrade-annotation"), told(report)
    (step,) = next(f for f in report.findings if f.rule == "upgrade-annotation").fix
    assert (step.command or "").startswith("rosa upgrade operator-roles --cluster ")
    assert found(ready(Cluster(version="4.17.9"), "4.18"), "upgrade-annotation")


def test_a_new_request(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.9.30")
    report = ready(cluster, "4.10")
    (message,) = found(report, "upgrade-request-new")
    assert "openshift-cloud-network-config-controller-aws" in message
    assert "It lacks: role demo-openshift-cloud-network-config-controller-cloud-credentials." in message
    hidden = ready(cluster, "4.10", hide="exports/iam/")
    assert not found(hidden, "upgrade-request-new"), told(hidden)
    asked = {item.evidence for item in hidden.missing if "upgrade-request-new" in item.decides}
    assert "namespaces" in asked


def test_a_new_request_beside_another_fault(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.9.30")
    cluster.workload("machine-api-controllers").token = None
    report = ready(cluster, "4.10")
    assert found(report, "upgrade-request-new")
    assert found(report, "workload-token-volume-missing")


def _renamed(requests: Requests, chain: str, **changes: Any) -> Requests:
    namespace, _, name = chain.partition("/")
    for request in requests.values():
        if request["spec"]["secretRef"] == {"namespace": namespace, "name": name}:
            request["spec"] |= changes
    return requests


def test_a_new_service_account(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.14.9")
    names = ["machine-api-controllers", "machine-api-operator"]
    target = _renamed(release_requests("4.15.1"), MACHINES, serviceAccountNames=names)
    report = ready(cluster, target)
    (message,) = found(report, "upgrade-service-account-new")
    assert "system:serviceaccount:openshift-machine-api:machine-api-operator" in message
    assert "machine-api-controllers." not in message
    hidden = ready(cluster, target, hide="exports/iam/")
    assert not found(hidden, "upgrade-service-account-new"), told(hidden)
    statement = cluster.role("openshift-machine-api").trust["Statement"][0]
    statement["Condition"]["StringEquals"] = {
        f"{cluster.issuer_host}:sub": [f"system:serviceaccount:openshift-machine-api:{n}" for n in names]
    }
    assert not found(ready(cluster, target), "upgrade-service-account-new")


def _deny(role: Role, action: str) -> None:
    role.inline["guardrail"] = _policy("Deny", action)


def _boundary(role: Role, action: str) -> None:
    whole = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": action, "Resource": "*"}],
    }
    role.boundary = ManagedPolicy("ceiling", [whole], role.account, role.partition)


def _older_default(role: Role, action: str) -> None:
    newer = role.inline.pop(role.name)
    older = json.loads(json.dumps(newer).replace(f'"{action}"', '"ec2:DescribeTags"'))
    role.attached = [ManagedPolicy("operator-policy", [older, newer], role.account, role.partition)]


def _policy(effect: str, action: str) -> Json:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


@pytest.mark.parametrize("edit", [_deny, _boundary, _older_default])
def test_a_new_action_that_is_granted_and_taken_again(
    ready: Callable[..., Report], edit: Callable[[Role, str], None]
) -> None:
    """A Deny, a boundary, or a policy's older version in force: the role is not ready."""
    cluster = Cluster(version="4.13.9")
    prepare(cluster, release_requests("4.14.1"))
    edit(cluster.role("openshift-cluster-csi-drivers"), "ec2:EnableFastSnapshotRestores")
    report = ready(cluster, "4.14")
    (message,) = found(report, "upgrade-actions-new")
    assert "does not allow: ec2:EnableFastSnapshotRestores" in message
    assert "fail" in {f.state for f in report.findings if f.rule == "upgrade-actions-new"}


def test_a_boundary_that_was_not_exported_may_take_a_new_action(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.13.9")
    prepare(cluster, release_requests("4.14.1"))
    _boundary(cluster.role("openshift-cluster-csi-drivers"), "ec2:EnableFastSnapshotRestores")
    report = ready(cluster, "4.14", details=False, hide="exports/iam/get-policy")
    assert not found(report, "upgrade-actions-new"), told(report)
    assert report.readiness is not None
    assert report.readiness.state == "unknown"


def test_a_renamed_secret(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.14.9")
    where = {"namespace": "openshift-machine-api", "name": "aws-machine-credentials"}
    target = _renamed(release_requests("4.15.1"), MACHINES, secretRef=where)
    report = ready(cluster, target)
    (message,) = found(report, "upgrade-secret-renamed")
    assert f"uses {MACHINES} now" in message
    hidden = ready(cluster, target, hide="openshift-machine-api/core/secrets")
    assert not found(hidden, "upgrade-secret-renamed"), told(hidden)


def test_a_request_that_goes(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.14.9")
    target = release_requests("4.15.1")
    for request in target.values():
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["metadata"]["annotations"]["release.openshift.io/delete"] = "true"
    report = ready(cluster, target)
    assert [f.state for f in report.findings if f.rule == "upgrade-request-removed"] == ["info"]
    hidden = ready(cluster, target, hide="credentialsrequests/|exports/credrequests")
    assert not found(hidden, "upgrade-request-removed"), told(hidden)


def test_a_request_under_another_name_leaves_the_secret_in_use(ready: Callable[..., Report]) -> None:
    target = release_requests("4.15.1")
    for request in target.values():
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["metadata"]["name"] = "openshift-machine-api-machines"
    assert not found(ready(Cluster(version="4.14.9"), target), "upgrade-request-removed")


def test_a_role_that_another_request_has_too_does_not_go(ready: Callable[..., Report]) -> None:
    target = release_requests("4.15.1")
    for request in target.values():
        if request["metadata"]["name"] == "openshift-machine-api-aws":
            request["metadata"]["annotations"]["release.openshift.io/delete"] = "true"
    cluster = Cluster(version="4.14.9")
    arn = cluster.role("openshift-ingress-operator").arn
    cluster.set_role_arn(*MACHINES.split("/"), arn)
    files = everything(cluster, secrets="full", details=True)
    report = ready(cluster, target, files=files)
    (finding,) = [f for f in report.findings if f.rule == "upgrade-request-removed"]
    assert finding.message.endswith(f"After the upgrade Secret {MACHINES} can go.")
    assert [step.command for step in finding.fix] == [
        "oc delete secret -n openshift-machine-api aws-cloud-credentials"
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "it is not set"), ("4.14", "it is 4.14"), ("v4.17.0", "it is v4.17.0"), ("4.15", None),
     ("v4.15", None), ("4.15.3", None)],
)  # fmt: skip
def test_the_annotation(ready: Callable[..., Report], value: str | None, words: str | None) -> None:
    cluster = Cluster(version="4.14.9")
    cluster.upgradeable_to = value
    messages = found(ready(cluster, "4.15"), "upgrade-annotation")
    assert [words in message for message in messages] == ([True] if words else [])
    hidden = ready(cluster, "4.15", hide=r"operator\.openshift\.io/cloudcredentials")
    assert not found(hidden, "upgrade-annotation"), told(hidden)


def test_an_annotation_is_seen_where_a_tool_took_the_uid_out(ready: Callable[..., Report]) -> None:
    """kubectl-neat does; Insights keeps neither."""
    cluster = Cluster(version="4.14.9")
    cluster.upgradeable_to = "4.14"
    files = everything(cluster, details=True)
    path = next(p for p in files if p.endswith("operator.openshift.io/cloudcredentials/cluster.yaml"))
    body = yaml.safe_load(files[path])
    del body["metadata"]["uid"]
    (message,) = found(ready(cluster, "4.15", files=files | {path: document(body)}), "upgrade-annotation")
    assert "it is 4.14" in message


def test_an_update_within_the_minor_release_needs_no_annotation(ready: Callable[..., Report]) -> None:
    report = ready(Cluster(version="4.14.9"), "4.14")
    assert not named(report, "fail", "warn"), told(report)


def test_the_version_is_told_without_a_folder_name(ready: Callable[..., Report]) -> None:
    report = ready(Cluster(version="4.16.9"), release_requests("4.18.2"), name="requests")
    assert "4.18 to 4.21 waits" in found(report, "upgrade-annotation")[0]


def test_two_releases_beside_each_other(ready: Callable[..., Report], tmp_path: Path) -> None:
    """The present release's requests are among the inputs; the target's are not taken for them."""
    cluster = Cluster(version="4.13.9")
    report = ready(cluster, "4.14")
    assert "request-release-mismatch" not in named(report)
    assert "request-drift" not in named(report)


def test_the_command(bench: Bench, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    root = bench.tree(everything(Cluster(version="4.13.9")))
    target = write(tmp_path / "4.14", release_requests("4.14.1"))
    output = tmp_path / "report.json"
    words = ["upgrade", str(root), "--to", str(target), "-f", "json", "-o", str(output)]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 1, run.output
    rules = {f["rule"] for f in json.loads(output.read_text())["findings"]}
    assert {"upgrade-annotation", "upgrade-actions-new"} <= rules


def test_the_command_refuses_an_empty_target(bench: Bench, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    root = bench.tree(everything(Cluster(version="4.13.9")))
    (tmp_path / "nothing").mkdir()
    run = CliRunner().invoke(app, ["upgrade", str(root), "--to", str(tmp_path / "nothing")])
    assert run.exit_code == 3
    assert CliRunner().invoke(app, ["upgrade", str(root)]).exit_code == 2


# --- real requests --------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("minor", MINORS)
def test_real_requests(bench: Bench, ready: Callable[..., Report], minor: int) -> None:
    cluster = Cluster(version=f"4.{minor}.9")
    root = bench.tree(everything(cluster, details=True))
    report = session.upgrade([root], DATA / "credrequests" / f"4.{minor + 1}")
    made = ready(cluster, f"4.{minor + 1}")
    real, generated = (
        {(f.rule, f.subject, f.message) for f in one.findings if f.link == "upgrade"}
        for one in (report, made)
    )
    assert real == generated, told(report)


@pytest.mark.shared
@pytest.mark.parametrize("minor", range(8, 22))
def test_the_version_of_real_requests_is_told_by_what_they_ask_for(minor: int) -> None:
    from analyzer.evidence import kubernetes
    from analyzer.evidence.gather import gather
    from analyzer.model.joining.releases import range_of

    evidence = gather([DATA / "credrequests" / f"4.{minor}"])
    span = range_of(kubernetes.credentials_request(obj, release=True) for obj in evidence.objects)
    assert span is not None
    assert minor in span
    assert span.last - span.first < 80


def test_an_object_without_uid_and_annotations_has_none(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.14.9")
    files = everything(cluster, details=True)
    path = next(p for p in files if p.endswith("operator.openshift.io/cloudcredentials/cluster.yaml"))
    body = yaml.safe_load(files[path])
    body["metadata"] = {"name": "cluster"}
    (message,) = found(ready(cluster, "4.15", files=files | {path: document(body)}), "upgrade-annotation")
    assert "it is not set" in message


def test_an_operator_that_holds_nothing_back_asks_for_no_annotation(ready: Callable[..., Report]) -> None:
    cluster = Cluster(version="4.14.9")
    cluster.operators["cloud-credential"].conditions["Upgradeable"] = Condition("True", cluster.installed)
    assert not found(ready(cluster, "4.15"), "upgrade-annotation")
    hidden = ready(cluster, "4.15", hide="clusteroperators")
    assert not found(hidden, "upgrade-annotation"), told(hidden)


def test_the_version_repeats_what_the_operator_says(ready: Callable[..., Report]) -> None:
    """Of the operator alone the ClusterVersion is left: its sentence names the annotation."""
    cluster = Cluster(version="4.14.9")
    files = without(everything(cluster, details=True), "clusteroperators")
    words = "Cluster operator cloud-credential should not be upgraded between minor versions: Upgradeable "
    words += "annotation cloudcredential.openshift.io/upgradeable-to on the object needs updating"
    held = {"type": "Upgradeable", "status": "False", "reason": "MultipleReasons", "message": words}
    for path in [p for p in files if "clusterversions" in p]:
        body = yaml.safe_load(files[path])
        for one in body.get("items", [body]):
            one["status"]["conditions"] = [held]
        files[path] = document(body)
    assert found(ready(cluster, "4.15", files=files), "upgrade-annotation")


def test_a_target_alone_makes_no_cluster_ready(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    target = tmp_path / "to"
    write(target, release_requests("4.15.1"))
    with pytest.raises(NothingToRead, match="no must-gather and no export found in none"):
        session.upgrade([tmp_path / "none"], target)


def test_a_file_of_the_target_that_is_cut_leaves_open_what_stood_in_it(bench: Bench, tmp_path: Path) -> None:
    """It is neither a request that goes nor a release that brings nothing new."""
    whole = release_requests("4.15.1")
    file = next(name for name in whole if "ingress" in name)
    folder = write(tmp_path / "4.15", whole)
    cut = (folder / file).read_bytes().partition(b"spec:")[0] + b"spec:\n  secretRef: name: : [\n"
    tree = bench.tree(everything(edited(lambda c: prepare(c, whole), version="4.14.12")))
    extra = folder / "0000_99_other.yaml"
    extra.write_bytes(cut.replace(b"openshift-ingress", b"openshift-other"))
    beside = session.upgrade([tree], folder)
    extra.unlink()
    (folder / file).write_bytes(cut)
    instead = session.upgrade([tree], folder)
    for report in (beside, instead):
        check_contract(report, bench.rules)
        assert report.readiness is not None
        assert report.readiness.state == "unknown", report.readiness
        assert "target-requests" in report.readiness.sentence
        assert "upgrade-request-removed" not in {f.rule for f in report.findings}
