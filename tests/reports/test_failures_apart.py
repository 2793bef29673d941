"""A failure that belongs to no chain stands first: no verdict of a chain may hide it."""

from pathlib import Path

from analyzer.reports.text import render_text
from analyzer.session import analyze
from samples import Cluster


def test_a_failure_beside_healthy_chains_is_the_headline(tmp_path: Path) -> None:
    one = Cluster(name="one", infra_name="one-aaaaa", cluster_id="11111111-1111-1111-1111-111111111111")
    two = Cluster(name="two", infra_name="two-bbbbb", cluster_id="22222222-2222-2222-2222-222222222222")
    one.write_bundle(tmp_path / "one")
    two.write_bundle(tmp_path / "two")
    report = analyze([tmp_path])
    assert not any(chain.verdict.state == "fail" for chain in report.chains)
    text = render_text(report)
    headline = next(line for line in text.splitlines() if line.startswith("VERDICT"))
    assert "FAIL at inputs" in headline
    assert report.exit_code == 1
