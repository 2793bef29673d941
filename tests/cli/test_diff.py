"""``diff`` on the command line: saved reports and bundles, exit codes."""

from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.findings.report import Report
from analyzer.reports.json import render_json

from ..reports import made
from .test_output import call

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def save(tmp_path: Path):  # type: ignore[no-untyped-def]
    def write(name: str, report: Report) -> Path:
        path = tmp_path / name
        path.write_text(render_json(report), encoding="utf-8")
        return path

    return write


def test_exit_codes(save) -> None:  # type: ignore[no-untyped-def]
    good, bad = save("good.json", made.HEALTHY), save("bad.json", made.FAIL)
    blind = save("blind.json", replace(made.HEALTHY, chains=made.UNKNOWN.chains))
    assert call("diff", bad, good).exit_code == 0
    assert call("diff", good, bad).exit_code == 1
    assert call("diff", bad, bad).exit_code == 0
    assert call("diff", good, blind).exit_code == 0
    assert call("diff", good, blind, "--strict").exit_code == 4


@pytest.mark.parametrize("was, now, code", [("fail", "warn", 0), ("warn", "fail", 1), ("info", "warn", 1)])
def test_what_became_better_is_not_counted_as_worse(save, was: str, now: str, code: int) -> None:  # type: ignore[no-untyped-def]
    def found(state: str) -> Report:
        return replace(made.FAIL, findings=(replace(made.FAIL.findings[0], state=state),))  # type: ignore[arg-type]

    old, new = save("old.json", found(was)), save("new.json", found(now))
    assert call("diff", old, new, "--fail-on", "warn").exit_code == code


def test_that_one_report_is_masked_is_said(save, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    plain, masked = save("plain.json", made.HEALTHY), tmp_path / "masked.json"
    call("render", plain, "--mask", "all", "-o", masked)
    for more in ((), ("--mask", "all")):
        result = call("diff", masked, plain, *more)
        assert result.exit_code == 0
        assert "OLD is masked and NEW is not" in " ".join(result.stdout.split())
    assert "masked" not in call("diff", plain, plain, "--mask", "all").stdout
    assert "OLD and NEW are masked" in call("diff", masked, masked).stdout


def test_another_cluster_is_refused(save) -> None:  # type: ignore[no-untyped-def]
    good = save("good.json", made.HEALTHY)
    other = save("other.json", replace(made.HEALTHY, cluster=replace(made.CLUSTER, id="x")))
    result = call("diff", good, other)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert call("diff", good, other, "--force").exit_code == 0


def test_a_bundle_without_its_exports_shows_what_was_lost() -> None:
    sample = ROOT / "samples" / "trust-wrong-service-account"
    result = call("diff", sample, sample / "must-gather")
    assert result.exit_code == 0
    assert "no longer visible" in result.stdout
    assert "0 fixed" in result.stdout
