"""``--of`` chooses the cluster for every command that judges one, where the inputs hold several."""

import json
from pathlib import Path

import pytest

from samples import Cluster, edits
from samples.bundle import write_files
from samples.yamlout import document
from tests.e2e.faults import FAULTS
from tests.e2e.runs import bundle, everything

from .test_output import call

OTHER = {"name": "shop", "infra_name": "shop-1abcd", "cluster_id": "7d1c1d7e-52a4-4f0e-9d38-6a1f7c25e9b4"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster with a wrong trust policy, and a healthy one."""
    folder = tmp_path_factory.mktemp("both")
    broken = Cluster()
    edits.trust_subjects(broken.role("openshift-ingress-operator"), ["system:serviceaccount:one:another"])
    write_files(folder / "a", everything(broken))
    write_files(folder / "b", everything(Cluster(**OTHER)))
    return folder


def test_fix(both: Path, tmp_path: Path) -> None:
    assert "of different clusters" in call("fix", both, "-o", tmp_path / "none").stdout
    assert (
        "mends trust-subject-mismatch" in call("fix", both, "--of", "demo-7xk2p", "-o", tmp_path / "a").stdout
    )
    assert "Nothing to mend" in call("fix", both, "--of", OTHER["cluster_id"], "-o", tmp_path / "b").stdout


def test_upgrade_and_collect(both: Path, tmp_path: Path) -> None:
    fault = next(f for f in FAULTS if f.rule == "upgrade-request-new")
    assert fault.target is not None
    write_files(tmp_path / "to", {name: document(body) for name, body in fault.target(Cluster()).items()})
    for name in ("demo-7xk2p", "shop-1abcd"):
        shown = call("upgrade", both, "--to", tmp_path / "to", "--of", name, "-f", "json")
        report = json.loads(shown.stdout)
        assert report["cluster"]["infra_name"] == name
        assert "upgrade-request-new" in {finding["rule"] for finding in report["findings"]}
    assert call("collect", both, "--of", "shop-1abcd").exit_code == 0
    assert "no cluster 'nowhere'" in call("collect", both, "--of", "nowhere").stderr


def test_a_name_that_two_clusters_have_chooses_none(tmp_path: Path) -> None:
    write_files(tmp_path / "a", bundle(Cluster()))
    write_files(tmp_path / "b", bundle(Cluster(cluster_id=OTHER["cluster_id"])))
    refused = call("analyze", tmp_path, "--of", "demo-7xk2p")
    assert refused.exit_code == 2
    assert "several clusters are called 'demo-7xk2p'. Name one by its id:" in refused.stderr
    assert call("analyze", tmp_path, "--of", OTHER["cluster_id"]).exit_code == 0


def test_exports_of_the_one_that_was_not_asked_for_are_a_note(tmp_path: Path) -> None:
    write_files(tmp_path / "a", everything(Cluster()))
    write_files(tmp_path / "b", bundle(Cluster(**OTHER)))
    shown = call("analyze", tmp_path, "--of", OTHER["infra_name"], "-f", "json")
    report = json.loads(shown.stdout)
    assert (shown.exit_code, [f["rule"] for f in report["findings"] if f["state"] == "fail"]) == (0, [])
    assert any("they are another cluster's" in text for text in report["inputs"][0]["warnings"])
