"""Accepted findings are marked and counted as before; what has expired or matches nothing is said."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli.app import app
from analyzer.errors import UsageProblem
from analyzer.findings.baseline import accept, read_baseline, write_baseline
from analyzer.findings.report import Report
from analyzer.reports.json import load_json, render_json
from tests.reports import made
from tests.work import is_linear

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "trust-wrong-service-account"
TODAY = date(2026, 1, 15)


def apply(text: str, report: Report = made.SEVERAL) -> Report:
    return accept(report, read_baseline(text, "b.toml"), TODAY)


def muted(report: Report) -> dict[str, str]:
    return {f.rule: f.muted for f in report.findings if f.muted and f.rule != "accepted"}


def test_a_rule_a_chain_and_a_fingerprint_are_ways_to_name_findings() -> None:
    assert muted(apply('[[accept]]\nrule = "no-aud"\nreason = "ours"')) == {"no-aud": "ours"}
    one = apply('[[accept]]\nrule = "no-aud"\nchain = "openshift-storage/creds"\nreason = "ours"')
    assert [f.chains for f in one.findings if f.muted == "ours"] == [("openshift-storage/creds",)]
    unique = replace(made.FAIL, findings=(replace(made.FAIL.findings[0], fingerprint="f" * 16),))
    text = f'[[accept]]\nfingerprint = "{"f" * 16}"\nreason = "x"\nuntil = 2026-01-15'
    assert muted(apply(text, unique)) == {"trust-subject": "x (until 2026-01-15)"}


def test_entries_by_the_thousand_cost_no_pairs() -> None:
    rule = made.FAIL.findings[0].rule

    def accepted(size: int) -> Callable[[], Report]:
        entries = [f'[[accept]]\nrule = "r{n}"\nreason = "x"\n' for n in range(2 * size)]
        entries += [f'[[accept]]\nrule = "{rule}"\nreason = "{n}"\nuntil = 2020-01-01\n' for n in range(size)]
        entries += [f'[[accept]]\nrule = "{rule}"\nreason = "last"\n']
        read = read_baseline("".join(entries), "b.toml")
        return lambda: accept(made.FAIL, read, TODAY)

    report = accepted(100)()
    assert muted(report) == {rule: "last"}
    assert len(report.notices) == len(made.FAIL.notices) + 300
    assert is_linear(accepted, 100)


def test_nothing_is_left_out_and_every_count_stays() -> None:
    report = apply('[[accept]]\nrule = "secret-wrong"\nreason = "known"')
    assert report.counts == made.SEVERAL.counts
    assert [f.rule for f in report.findings] == [f.rule for f in made.SEVERAL.findings]
    assert report.chains == made.SEVERAL.chains


def test_a_finding_on_several_chains_must_be_accepted_on_all() -> None:
    one = '[[accept]]\nrule = "jwks-gone"\nchain = "openshift-ingress/creds"\nreason = "x"\n'
    assert muted(apply(one, made.COMMON)) == {}
    every = one + "".join(one.replace("ingress", name) for name in ("storage", "network", "image-registry"))
    assert muted(apply(every, made.COMMON)) == {"jwks-gone": "x"}


def test_what_became_worse_counts_again() -> None:
    mild = replace(made.FAIL.findings[0], state="warn")
    entries = read_baseline(write_baseline([mild], "CASE-9", None), "accepted.toml")
    same = accept(replace(made.FAIL, findings=(mild,)), entries, TODAY)
    assert same.findings[0].muted == "CASE-9"
    worse = accept(replace(made.FAIL, findings=made.FAIL.findings[:1]), entries, TODAY)
    assert worse.findings[0].muted is None
    assert "was accepted as warn and is fail now" in worse.notices[-1]


def test_expired_and_stale_entries_are_said() -> None:
    report = apply(
        '[[accept]]\nrule = "no-aud"\nreason = "ours"\nuntil = 2026-01-14\n'
        '[[accept]]\nrule = "gone"\nreason = "old"\n'
    )
    assert muted(report) == {}
    assert any("no-aud was accepted until 2026-01-14" in text for text in report.notices)
    assert any("gone matches no finding any more" in text for text in report.notices)
    assert load_json(render_json(report)) == report


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("accept = 1", "[[accept]]"),
        ("[[ignore]]", "ignore"),
        ("= x", "not TOML"),
        ('[[accept]]\nrule = "x"', "entry 1: it has no reason"),
        ('[[accept]]\nreason = "x"', "either a fingerprint, or a rule"),
        ('[[accept]]\nreason = "x"\nchain = "y"', "either a fingerprint, or a rule"),
        ('[[accept]]\nreason = "x"\nrule = "y"\nfingerprint = "z"', "either a fingerprint"),
        ('[[accept]]\nreason = "x"\nrules = "y"', "there is no key 'rules'"),
        ('[[accept]]\nreason = "x"\nrule = "y"\nuntil = "soon"', "until is not a date"),
        ('[[accept]]\nreason = 1\nrule = "y"', "reason is not a text"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        read_baseline(text, "b.toml")
    assert complaint in str(caught.value)
    assert "b.toml" in str(caught.value)


def test_what_is_written_is_read_and_accepts_everything() -> None:
    hostile = replace(made.FAIL.findings[0], title="a\n[[accept]]\x7f\ud800\u202e", fingerprint='"\\x')
    text = write_baseline([hostile], 'because "of"\nthis', date(2026, 12, 31))
    [entry] = tomllib.loads(text)["accept"]
    assert entry["fingerprint"] == '"\\x'
    report = apply(text, replace(made.FAIL, findings=(hostile,)))
    assert muted(report) == {"trust-subject": 'because "of"\nthis (until 2026-12-31)'}


def test_from_report_to_baseline_to_exit_code(tmp_path: Path) -> None:
    def call(*words: object) -> int:
        result = CliRunner().invoke(app, [str(word) for word in words])
        outputs.append(result.stdout)
        return result.exit_code

    outputs: list[str] = []
    saved, file = tmp_path / "r.json", tmp_path / "b.toml"
    assert call("analyze", SAMPLE, "-f", "json", "-o", saved) == 1
    assert call("baseline", saved, "--reason", "CASE-1", "-o", file) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert call("analyze", SAMPLE, "--baseline", file) == 0
    assert "✘ FAIL at trust" in outputs[-1]
    assert "Accepted: CASE-1" in " ".join(outputs[-1].split())
    assert "3 fail" in outputs[-1]
    assert call("baseline", saved, "--reason", "x", "--rule", "no-such-rule") == 2
    assert call("baseline", saved, "--reason", "x", "--until", "soon") == 2
