"""The same bundle as a directory, in every archive and under any name: the same findings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.findings.report import Report
from analyzer.session import analyze
from samples.cluster import GATHERED
from samples.scenarios import SCENARIOS

from .runs import Bench, archive, told
from .test_faults import FAULTS

NAMES = ("kid-rotated", "trust-wrong-service-account", "issuer-unset")


def essence(report: Report) -> dict[str, object]:
    """Give what must not depend on how the files were handed in."""
    return {
        "findings": [(f.rule, f.state, f.chains, f.fingerprint, f.message) for f in report.findings],
        "places": [
            (f.rule, [(p.file.rsplit("/", 1)[-1], p.line, p.excerpt) for p in f.evidence])
            for f in report.findings
            if f.kind == "cause" and f.state == "fail"
        ],
        "verdicts": [(c.id, c.verdict.state, c.verdict.link, c.verdict.rule) for c in report.chains],
        "missing": [(m.evidence, m.command, m.decides, m.chains) for m in report.missing],
        "counts": report.counts,
        "cluster": (report.cluster.id, report.cluster.version, report.cluster.issuer, report.cluster.region),
        "exit": report.exit_code,
        "as_of": report.run.as_of,
    }


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("bundle.tar", "w"),
        ("bundle.tar.gz", "w:gz"),
        ("bundle.tgz", "w:gz"),
        ("bundle.tar.xz", "w:xz"),
        ("bundle.zip", "w:gz"),
        ("bundle", "w:xz"),
        ("0100-case.log", "w"),
        ("bundle.tar.gz", "w:xz"),
        ("bundle.json", "w:gz"),
    ],
)
@pytest.mark.parametrize("scenario", NAMES[:1])
def test_every_archive(bench: Bench, tmp_path: Path, scenario: str, name: str, mode: str) -> None:
    _same(bench, tmp_path, scenario, name, mode)


@pytest.mark.parametrize("scenario", NAMES[1:])
def test_other_samples(bench: Bench, tmp_path: Path, scenario: str) -> None:
    _same(bench, tmp_path, scenario, "bundle.tar.gz", "w:gz")


def _same(bench: Bench, tmp_path: Path, scenario: str, name: str, mode: str) -> None:
    files = SCENARIOS[scenario].files()
    path = tmp_path / name
    path.write_bytes(archive(files, mode))
    report = analyze([path])
    bench.check(report)
    assert essence(report) == essence(analyze([bench.tree(files)])), told(report)


def test_the_order_of_members_does_not_matter(bench: Bench, tmp_path: Path) -> None:
    files = SCENARIOS["kid-rotated"].files()
    for order in (sorted(files), sorted(files, reverse=True)):
        path = tmp_path / "bundle.tar"
        path.write_bytes(archive({name: files[name] for name in order}, "w"))
        assert essence(analyze([path])) == essence(analyze([bench.tree(files)]))


def test_archive_of_the_bundle_beside_a_directory_of_exports(bench: Bench, tmp_path: Path) -> None:
    files = SCENARIOS["trust-wrong-service-account"].files()
    packed = {name: content for name, content in files.items() if name.startswith("must-gather/")}
    loose = {name: content for name, content in files.items() if name.startswith("exports/")}
    path = tmp_path / "must-gather.tar.gz"
    path.write_bytes(archive(packed))
    report = analyze([path, bench.tree(loose)])
    bench.check(report)
    whole, split = essence(bench.report(files)), essence(report)
    assert split["findings"] == whole["findings"]
    assert split["verdicts"] == whole["verdicts"]


def test_an_archive_inside_the_directory_is_read_or_named(bench: Bench, tmp_path: Path) -> None:
    """A customer's folder often holds the archive itself: it must not be passed over in silence."""
    files = SCENARIOS["kid-rotated"].files()
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "must-gather.tar.gz").write_bytes(archive(files))
    report = analyze([folder, bench.tree(SCENARIOS["healthy"].files())])
    texts = [error.member + error.detail for error in report.errors]
    read = any(f.rule in ("jwks-key-missing", "input-mixed-clusters") for f in report.findings)
    assert read or any("must-gather.tar.gz" in text for text in texts), told(report)


def test_fingerprints_hold_over_gathers(bench: Bench) -> None:
    """The same fault gathered a day later has the same fingerprints: pods, times and counts are left out."""
    chosen = [f for f in FAULTS if f.id in ("log-no-provider", "secret-missing", "jwks-empty")]
    assert len(chosen) == 3
    for fault in chosen:
        first = bench.report(fault.files())
        later = replace(fault, arguments={"gathered": GATHERED + timedelta(days=1, hours=2)})
        second = bench.report(later.files())
        assert {f.fingerprint for f in first.findings} == {f.fingerprint for f in second.findings}
