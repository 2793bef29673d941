"""The same account in every shape of export: the same findings, whatever the files are called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.evidence.loose.sniff import read_loose
from analyzer.findings.report import Report
from analyzer.session import analyze
from samples import Cluster
from samples.aws import ManagedPolicy
from samples.bundle import write_files
from samples.export_shapes import MEANINGLESS, SHAPES, cloudformation, terraform_plan
from samples.exports import export_files
from tests.data import DATA

from .runs import INGRESS, Bench, bundle, edited, told


def three_faults(cluster: Cluster) -> None:
    """A wrong ServiceAccount in a trust policy, an audience gone, an action taken by a boundary."""
    statement = cluster.role("openshift-ingress-operator").trust["Statement"][0]
    key = next(iter(statement["Condition"]["StringEquals"]))
    statement["Condition"]["StringEquals"][key] = [
        "system:serviceaccount:openshift-ingress-operator:ingres-operator"
    ]
    cluster.provider.client_ids = ["sts.amazonaws.com"]
    registry = cluster.role("openshift-image-registry")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    denied = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}
    limit = {"Version": "2012-10-17", "Statement": [*everything["Statement"], denied]}
    registry.boundary = ManagedPolicy("limit", [limit], cluster.account)


def case(cluster: Cluster, shape: str, *, named: bool = True) -> dict[str, bytes]:
    files = bundle(cluster)
    rest = export_files(cluster, parts=("credrequests", "issuer"))
    files |= {f"exports/{path}": content for path, content in rest.items()}
    for number, (path, content) in enumerate(SHAPES[shape](cluster).items()):
        files[f"exports/aws/{path}" if named else f"exports/{number:02}"] = content
    return files


def fingerprints(report: Report) -> set[tuple[str, str, str]]:
    # A permission that is too much or a listing that is not there may differ; faults may not.
    return {(f.rule, f.state, f.fingerprint) for f in report.findings if f.state in ("fail", "warn")}


EXPECTED = {"trust-subject-mismatch", "provider-audience-missing", "permission-boundary"}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_findings(bench: Bench, shape: str) -> None:
    cluster = edited(three_faults)
    report = bench.report(case(cluster, shape))
    assert {f.rule for f in report.findings if f.state == "fail" and f.kind == "cause"} == EXPECTED, told(
        report
    )
    assert fingerprints(report) == fingerprints(bench.report(case(cluster, "cli")))


@pytest.mark.parametrize("shape", ["concatenated", "terminal", "terraform-state", "steampipe-csv"])
def test_names_mean_nothing(bench: Bench, shape: str) -> None:
    assert shape in MEANINGLESS
    cluster = edited(three_faults)
    report = bench.report(case(cluster, shape, named=False))
    assert fingerprints(report) == fingerprints(bench.report(case(cluster, "cli"))), told(report)


def test_lists_that_do_not_say_whose_they_are_are_said(bench: Bench) -> None:
    cluster = Cluster()
    name = cluster.role("openshift-ingress-operator").name
    report = bench.report(
        {path.replace(name, "ingress"): data for path, data in case(cluster, "cli").items()}
    )
    assert report.exit_code == 0, told(report)
    assert any("of no role that another export" in text for text in report.inputs[0].warnings)


def test_what_is_only_planned_proves_nothing(bench: Bench) -> None:
    """A template or plan with a fault is no fault of the account, and one without is no proof."""
    faulty = edited(three_faults)
    healthy = bundle(Cluster())
    for files in (terraform_plan(faulty), cloudformation(faulty), cloudformation(faulty, short_tags=False)):
        case_files = healthy | {f"exports/{path}": content for path, content in files.items()}
        report = bench.report(case_files)
        assert report.exit_code == 0, told(report)
        chain = next(c for c in report.chains if c.id == INGRESS)
        assert {link.link: link.state for link in chain.links}["trust"] == "unknown"
        assert any("proves nothing" in warning for warning in report.inputs[0].warnings)


def test_an_export_wins_over_what_terraform_remembers(bench: Bench) -> None:
    healthy, faulty = Cluster(), edited(three_faults)
    files = case(healthy, "details") | {
        f"exports/{path}": content for path, content in SHAPES["terraform-state"](faulty).items()
    }
    report = bench.report(files)
    assert not [f for f in report.findings if f.link == "trust" and f.state == "fail"], told(report)


@pytest.mark.shared
@pytest.mark.parametrize("folder", ["iam-export-samples", "ccoctl-dryrun-rendered"])
def test_shared_data_is_used_or_named(folder: str) -> None:
    report = analyze([DATA / folder])
    assert not report.errors
    # The manifests of a dry run hold placeholders, and say so themselves.
    assert {f.rule for f in report.findings if f.state == "fail"} <= {"secret-placeholder"}, told(report)


@pytest.mark.shared
def test_bare_policies_are_named() -> None:
    """Documents of a product's policies are of no account: each is named, none is taken for a role's."""
    files = sorted((DATA / "iam").rglob("*.json"))
    assert files
    for file in files:
        found = read_loose("i", str(file.relative_to(DATA)), file.read_bytes())
        assert found.problem is None
        assert not found.records
        assert "does not say whose" in (found.note or ""), file


def test_a_case_directory_of_everything(bench: Bench, tmp_path: Path) -> None:
    """All shapes thrown into one directory agree with each other."""
    cluster = edited(three_faults)
    files = bundle(cluster) | {
        f"exports/{path}": content
        for path, content in export_files(cluster, parts=("credrequests", "issuer")).items()
    }
    number = 0
    for shape in MEANINGLESS:
        for content in SHAPES[shape](cluster).values():
            files[f"exports/x{number:03}"] = content
            number += 1
    write_files(tmp_path, files)
    report = analyze([tmp_path])
    assert fingerprints(report) == fingerprints(bench.report(case(cluster, "cli"))), told(report)
    assert "Terraform state" in report.inputs[0].kind
    json.dumps(report.inputs[0].kind)
