"""Manifests that ccoctl made for another cluster, beside the bundle: they say nothing of this one."""

import pytest

from samples import Cluster

from .runs import Bench, everything, exports, findings, told, without


def test_manifests_that_ccoctl_made_for_another_cluster_are_not_the_clusters(bench: Bench) -> None:
    """Names of roles are cut at 64 characters, so that some values have one length in all clusters."""
    other = Cluster(name="another-one", account="999988887777")
    manifests = without(exports(other, parts=(), ccoctl=True), "authentication")
    report = bench.report(everything(Cluster()) | manifests)
    assert not findings(report, "fail"), told(report)
    assert any("most Secrets in its folder have other lengths" in text for text in report.inputs[0].warnings)
    own = {path.replace("exports/", "own/"): data for path, data in
           exports(Cluster(), parts=(), ccoctl=True).items()}  # fmt: skip
    report = bench.report(everything(Cluster()) | manifests | own)
    assert not findings(report, "fail", "warn"), told(report)
    assert {c.verdict.state for c in report.chains} == {"pass"}


def test_manifests_of_a_cluster_whose_name_is_as_long_are_told_by_the_issuer_beside_them(
    bench: Bench,
) -> None:
    """Their values have the lengths of this cluster's; both clusters' roles are in one account."""
    ours = Cluster()
    other = Cluster(name="".join(reversed(ours.name)))
    ours.roles |= other.roles
    ours.providers += other.providers
    report = bench.report(everything(ours) | exports(other, parts=(), ccoctl=True))
    assert not findings(report, "fail", "warn"), told(report)
    assert any("in its folder is for the issuer" in text for text in report.inputs[0].warnings)


@pytest.mark.parametrize("number", ["00", "99"])
def test_the_authentication_of_another_cluster_in_their_folder_outweighs_not_their_own(
    bench: Bench, number: str
) -> None:
    """Everything was put into one folder: the Secrets are the cluster's all the same."""
    other = exports(Cluster(name="stag"), parts=(), ccoctl=True)
    (theirs,) = [path for path in other if "authentication" in path]
    beside = {theirs.replace("authentication-02", f"authentication-{number}"): other[theirs]}
    report = bench.report(everything(Cluster(), ccoctl=True) | beside)
    assert not findings(report, "fail", "warn"), told(report)
    assert {c.verdict.state for c in report.chains} == {"pass"}, told(report)


def test_a_letter_more_in_a_name_is_no_line_end(bench: Bench) -> None:
    """A manifest without one cannot be the longer of the two by it."""
    ours = Cluster()
    other = Cluster(name="other" + ours.name[4:])
    ours.roles |= other.roles
    ours.providers += other.providers
    manifests = without(exports(other, parts=(), ccoctl=True), "authentication")
    report = bench.report(everything(ours) | manifests)
    assert not findings(report, "fail"), told(report)
