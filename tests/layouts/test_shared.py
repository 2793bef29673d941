"""Other people's files: each is used for what it is, or passed over, and none is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.errors import NothingToRead
from analyzer.findings.report import Report
from analyzer.session import analyze, extract
from tests.data import DATA

MUST_GATHER = DATA / "must-gather"
OMC = MUST_GATHER / "omc"

pytestmark = pytest.mark.shared


def clean(path: Path) -> Report:
    """Analyse an input that holds no fault of STS: no failure, no error."""
    report = analyze([path])
    assert not [f for f in report.findings if f.state == "fail"]
    assert not report.errors
    return report


def test_the_insights_sample_gives_what_it_holds() -> None:
    report = clean(MUST_GATHER / "insights" / "insights-archive-sample")
    assert "Insights archive" in report.inputs[0].kind
    assert report.cluster.id == "84ef291d-8f1b-4d28-ab34-cfddff941b84"
    assert (report.cluster.version, report.cluster.platform) == ("4.7.16", "None")
    assert (report.cluster.infra_name, report.cluster.region) == (None, None), "masked, and not AWS"
    assert report.cluster.sts is False


def test_the_insights_sample_fact_by_fact() -> None:
    found = extract([MUST_GATHER / "insights" / "insights-archive-sample"])
    read = {file.what for file in found.evidence.files}
    assert {"ClusterVersion", "Infrastructure", "Authentication", "CloudCredential", "KubeAPIServer"} <= read
    assert {"ConfigMap", "Pod", "MachineSet", "MutatingWebhookConfiguration", "Subscription", "log"} <= read


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz", "tar.xz"])
def test_the_small_archives_open(form: str) -> None:
    # They hold an empty page of events and an empty folder.
    with pytest.raises(NothingToRead, match="it was opened"):
        analyze([OMC / "cmd" / "use" / "testdata" / f"must-gather.{form}"])


def test_inspect_directories_and_rotated_logs() -> None:
    assert clean(OMC).inputs[0].kind == "inspect"
    logs = {file.path.rpartition("/")[2] for file in extract([OMC]).evidence.files if file.what == "log"}
    assert logs == {"current.log", "1.log.20231102-061208", "1.log.20231102-061208.gz"}


def test_a_hosted_control_plane_by_itself() -> None:
    assert (
        clean(MUST_GATHER / "hostedcontrolplane-sample-aws-sts.yaml").inputs[0].kind == "Kubernetes objects"
    )


def test_a_report_of_the_cleaner_beside_a_bundle_undoes_nothing_where_nothing_is_masked() -> None:
    found = extract([MUST_GATHER / "must-gather-aws-report.yaml", OMC])
    translation = found.evidence.translation
    assert translation is not None
    assert (
        translation.restore(b"https://api.domain0000000001:6443") == b"https://api.aws.dev.rhcloud.com:6443"
    )
    assert translation.restore(b"ip x-ipv4-0000000115-x") == b"ip 10.129.0.11"


def test_a_configuration_of_the_cleaner_is_not_relevant() -> None:
    with pytest.raises(NothingToRead):
        analyze([MUST_GATHER / "openshift_default.yaml"])


def test_everything_at_once() -> None:
    report = analyze([MUST_GATHER])
    assert not report.errors
    assert report.cluster.infra_name == "ci-ln-5ylibmb-d5d6b-dfvr6"
    assert [f.rule for f in report.findings if f.state == "fail"] == ["input-mixed-clusters"], "two clusters"
