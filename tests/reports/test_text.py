"""The text report: short, complete for its reader, inert, and within its width."""

import json
import re
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageProblem
from analyzer.findings.report import Candidate, Report
from analyzer.reports.detail import LADDER
from analyzer.reports.formats import Options
from analyzer.reports.inert import inert
from analyzer.reports.json import load_json, render_json, schema
from analyzer.reports.page import Page, wrapped
from analyzer.reports.story import tell
from analyzer.reports.text import LINES, render_text
from analyzer.reports.unknowns import draw_unknowns
from analyzer.session import built_in_rules, extract

from .conftest import ROOT, report_of

CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def test_the_short_answer_fits_on_a_screen(report: Report) -> None:
    assert len(render_text(report).splitlines()) <= LINES


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_line_is_wider_than_the_page_but_what_is_copied(report: Report, width: int) -> None:
    commands = {line for m in report.missing for line in m.command.splitlines()}
    commands |= {line for f in report.findings for x in f.fix for line in (x.command or "").splitlines()}
    for line in render_text(report, Options(width=width)).splitlines():
        assert len(line) <= width or line.strip() in commands or " " not in line.strip(), line


def test_ascii_is_ascii(report: Report) -> None:
    assert render_text(report, Options(ascii=True)).isascii()
    assert render_text(report, Options(ascii=True, verbose=True)).isascii()


def test_colour_adds_codes_and_nothing_else(report: Report) -> None:
    coloured = render_text(report, Options(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(report)
    assert "\x1b" not in render_text(report)


def test_the_answer_names_cause_proof_and_next_step(report: Report) -> None:
    text = " ".join(render_text(report, Options(width=140)).split())
    causes = [f for f in report.findings if f.state == "fail" and f.kind == "cause"]
    for finding in causes[:1]:
        assert finding.rule in text
        assert "-->" in text
        assert "= fix:" in text
    if report.missing:
        assert report.missing[0].command.split("|", 1)[0].split()[0] in text


def test_the_main_repair_is_whole_and_begins_early(report: Report) -> None:
    main = tell(report).main
    if not main or main[0].state != "fail":
        return
    lines = render_text(report).splitlines()
    early = " ".join(" ".join(lines[:29]).split())
    assert "-->" in early
    assert " ".join(main[0].fix[0].text.split())[:40] in early
    whole = " ".join(" ".join(lines).split())
    for step in main[0].fix:
        assert " ".join(step.text.split()) in whole
        assert not step.command or " ".join(step.command.split()) in whole


def test_what_settles_a_suspicion_is_asked_for_first() -> None:
    report = report_of("bundle-only")
    symptom = report_of("provider-gone").findings[0]
    last = report.missing[-1]
    for asked in (report.missing[0], last):
        candidate = Candidate("secret", ("secret-missing",), asked.evidence, asked.command)
        story = replace(tell(report), main=(replace(symptom, candidates=(candidate,)),))
        drawn = "\n".join(draw_unknowns(Page(), story, LADDER[0]))
        assert drawn.index("? " + asked.evidence.split(":")[0]) == drawn.index("? ")


def test_verbose_says_everything(report: Report) -> None:
    text = " ".join(render_text(report, Options(verbose=True, width=400)).split())
    for finding in report.findings:
        assert finding.rule in text
    for missing in report.missing:
        assert " ".join(missing.command.split()) in text


@given(st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_text_of_an_input_is_inert(hostile: str) -> None:
    report = report_of("trust-wrong-service-account")
    finding = report.findings[0]
    evidence = tuple(replace(e, excerpt=hostile, file=hostile) for e in finding.evidence)
    bad = replace(
        report,
        findings=(replace(finding, message=hostile, title=hostile, evidence=evidence), report.findings[1]),
        chains=report.chains[-2:],
        missing=report.missing[:1],
        cluster=replace(report.cluster, infra_name=hostile, issuer=hostile),
    )
    assert not CONTROLS.search(render_text(bad))
    assert not CONTROLS.search(render_text(bad, Options(verbose=True)))


@given(st.text())
def test_inert_leaves_no_control(text: str) -> None:
    assert not CONTROLS.search(inert(text).replace("\n", ""))


def test_json_is_valid_and_comes_back(report: Report) -> None:
    import jsonschema

    text = render_json(report)
    jsonschema.validate(json.loads(text), schema())
    assert load_json(text) == report


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema_version": "2"}', "nonsense"])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        load_json(text)


def test_counts_add_up(sample: str, report: Report) -> None:
    """Every rule is asked of every subject of its kind, and every answer is counted."""
    subjects = Counter(subject.kind for subject in extract([ROOT / "samples" / sample]).subjects)
    counts = report.counts
    total = counts.passed + counts.fail + counts.warn + counts.info + counts.unknown
    total += counts.not_applicable + counts.error
    assert total == sum(subjects[rule.subject] for rule in built_in_rules().rules)
    assert counts.error == 0


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_what_differs_is_in_sight_on_a_narrow_page(width: int) -> None:
    lines = render_text(report_of("trust-wrong-service-account"), Options(width=width)).splitlines()
    quoted = next(line for line in lines if re.match(r" *\d+ \| ", line))
    marks = lines[lines.index(quoted) + 1]
    assert quoted.endswith(':router"'), quoted
    assert "router" in quoted[marks.index("^") : marks.rindex("^") + 1]


@pytest.mark.parametrize("width", [60, 72])
def test_a_subject_or_arn_is_never_broken(width: int) -> None:
    lines = render_text(report_of("trust-wrong-service-account"), Options(width=width)).splitlines()
    subject = "system:serviceaccount:openshift-ingress-operator:ingress-operator,"
    assert subject in [line.strip() for line in lines], "the step names it whole"


def test_a_word_of_any_length_is_broken_in_one_pass() -> None:
    """A saved report may hold what no analysis writes; what was cut off is not copied again and again."""
    begun = time.process_time()
    lines = wrapped("x" * 8_000_000, 80, 80)
    assert "".join(lines) == "x" * 8_000_000
    assert time.process_time() - begun < 5
