"""What the text must say for each kind of answer, on reports made by hand."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.findings.report import Evidence, ReadError, Report, SimulatedError
from analyzer.reports.case import render_case
from analyzer.reports.formats import Options, render
from analyzer.reports.inert import rewritten
from analyzer.reports.json import load_json, render_json
from analyzer.reports.text import LINES, render_text

from . import made

CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e01ef]"
)


@pytest.fixture(params=made.ALL)
def answer(request: pytest.FixtureRequest) -> Report:
    return made.ALL[request.param]


def commands(report: Report) -> set[str]:
    heard = [f for f in report.findings if f.muted is None]
    fixes = {step.command for f in heard for step in f.fix if step.command}
    return fixes | {m.command for m in report.missing}


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_fit_the_page(answer: Report, width: int, ascii_only: bool) -> None:
    text = render_text(answer, Options(width=width, ascii=ascii_only))
    copied = commands(answer)
    wide = [line.strip() for line in text.splitlines() if len(line) > width]
    assert all(line in copied or " " not in line for line in wide), wide
    assert len(text.splitlines()) <= LINES or width < 100
    assert not ascii_only or text.isascii()


def test_a_command_is_never_broken(answer: Report) -> None:
    lines = {line.strip() for line in render_text(answer, Options(width=60, verbose=True)).splitlines()}
    assert commands(answer) <= lines


def test_every_answer_comes_back_from_json(answer: Report) -> None:
    assert load_json(render_json(answer)) == answer


def test_verbose_keeps_every_finding_and_every_path_whole(answer: Report) -> None:
    text = render_text(answer, Options(verbose=True))
    for finding in answer.findings:
        assert finding.rule in text
        if finding.muted is None:
            assert all(f"{e.file}:{e.line}" in text for e in finding.evidence)


def test_all_passes() -> None:
    text = render_text(made.HEALTHY)
    assert "VERDICT  ✔ PASS" in text
    assert "3 of 3 operators: ingress, storage, network" in text
    assert "30 checks: 30 pass" in text
    assert len(text.splitlines()) < 15


def test_a_failure_names_operator_link_proof_and_repair() -> None:
    text = render_text(made.FAIL)
    assert "✘ FAIL at trust — Title of trust-subject." in text
    assert "1 of 3 operators: ingress · errors since 2024-03-10 06:30Z, still going on" in text
    assert "STS answers: AccessDenied: Not authorized" in text
    assert "✔ PASS — storage, network" in text
    assert "✘ fail[trust-subject]: Message of trust-subject" in text
    assert "--> iam/role.json:20:9" in text
    assert (
        "explains: 1 log-assume-role-denied finding (7 log lines, last 2024-03-12 10:28Z) in ingress" in text
    )
    assert "fail[log-assume-role-denied]" not in text
    assert "\n         aws iam fix --rule trust-subject\n" in text
    assert "would disprove: Disproof of trust-subject." in text


def test_the_chain_marks_the_broken_link_and_a_matrix_the_difference() -> None:
    lines = render_text(made.FAIL).splitlines()
    drawn = next(n for n, line in enumerate(lines) if "✘ trust" in line)
    assert [w for w in lines[drawn].replace("─", " ").split() if w != "✘"] == list(made.LINKS)
    assert lines[drawn + 1].count("✔ pass") == 9
    assert lines[drawn + 1].count("✘ fail") == 2
    matrix = lines[drawn + 2 : drawn + 5]
    assert matrix[0].split() == ["trust"]
    assert matrix[1].split() == ["ingress", "✘", "fail"]
    assert matrix[2].split() == ["storage,", "network", "✔", "pass"]


def test_the_part_that_differs_is_marked() -> None:
    lines = render_text(made.FAIL).splitlines()
    quote = next(n for n, line in enumerate(lines) if line.startswith("  20 | "))
    mark = lines[quote + 1]
    assert lines[quote][mark.index("^") : mark.rindex("^") + 1] == "router"


def test_a_log_line_is_found_by_namespace_pod_and_file() -> None:
    text = render_text(made.FAIL)
    assert "…/openshift-ingress-operator/ingress-operator-5b8c4b8d8b-8kb8b/current.log:4127" in text
    narrow = render_text(made.SUSPECTED, Options(width=60))
    assert "…/ingress-operator-5b8c4b8d8b-8kb8b/current.log:4127" in narrow
    assert "must-gather.local" not in text


def test_one_break_of_many_operators_is_told_once() -> None:
    text = render_text(made.COMMON)
    assert "same break on 4 of 4 operators" in text
    assert "explains: 4 log-assume-role-denied findings (40 log lines" in flat(text)
    assert text.count("fail[") == 1


def test_several_faults_stand_apart() -> None:
    text = render_text(made.SEVERAL)
    assert "✘ FAIL at trust — Title of trust-subject." in text
    assert "✘ FAIL at secret — Title of secret-wrong. (storage; errors" in text
    assert "also: 1 like this: network" in text
    assert "✘ fail[secret-wrong]: Message of secret-wrong" in text
    assert "aws iam fix --rule secret-wrong" in text
    assert "operator-sad" in text
    assert "no-aud" in text
    assert "muted: 1 finding (accepted)" in text
    assert "2 problems with reading: a/b.yaml: it is not YAML" in text
    assert "· 1 error" in text
    assert "muted warn[accepted]: " in render_text(made.SEVERAL, Options(verbose=True))


def test_warnings_and_remarks_take_one_line_for_each_rule() -> None:
    calm = replace(made.SEVERAL, chains=made.HEALTHY.chains, findings=made.SEVERAL.findings[3:])
    text = render_text(calm)
    assert "! warn[operator-sad]: Message of operator-sad" in text
    assert "i info[no-aud] ×2: Title of no-aud: ingress, storage" in text


def test_many_faults_do_not_make_a_wall() -> None:
    names = [f"op{n}" for n in range(15)]
    report = replace(
        made.HEALTHY,
        chains=tuple(made.chain(n, made.verdict("fail", "trust", f"rule-{n}"), trust="fail") for n in names),
        findings=tuple(made.finding(f"rule-{n}", "trust", n) for n in names),
    )
    text = render_text(report)
    assert "10 more verdicts (-v for all), fail: op5, op6" in text
    assert len(text.splitlines()) <= 50
    whole = render_text(report, Options(verbose=True))
    assert all(f"fail[rule-{n}]" in whole for n in names)


def test_with_several_inputs_a_place_names_its_input() -> None:
    report = replace(made.FAIL, inputs=(*made.FAIL.inputs, replace(made.FAIL.inputs[0], id="i2", path="iam")))
    text = render_text(report)
    assert "i1 mg: must-gather (173 files) · i2 iam: must-gather" in flat(text)
    assert "--> i1:iam/role.json:20:9" in text


def test_a_suspicion_says_what_would_settle_it() -> None:
    text = flat(render_text(made.SUSPECTED))
    assert "? SUSPECTED — Title of log-assume-role-denied, and the cause is not proven." in text
    assert "The cause lies at keys or trust" in text
    assert "settled by: jwks, role:ingress (see not known)" in text
    assert "not known (2), most decisive first:" in text


def test_what_would_settle_a_suspicion_is_named_by_kinds() -> None:
    roles = tuple(replace(m, chains=made.SUSPECTED.missing[0].chains) for m in made.UNKNOWN.missing)
    text = flat(render_text(replace(made.SUSPECTED, missing=roles)))
    assert re.search(r"settled by: .*role ×5", text), text


def test_unknowns_are_grouped_and_have_commands() -> None:
    text = render_text(made.UNKNOWN)
    assert "? UNKNOWN — No fault shows; keys and trust cannot be judged" in text
    assert "not known (8), most decisive first:" in text
    assert "? role ×5, ingress, storage, network, image-registry, machine-api: no role:ingress" in flat(text)
    assert text.count("      oc get ") == 3
    assert "… 1 more: oidc-providers (-v for all)" in text
    assert render_text(made.UNKNOWN, Options(verbose=True)).count("      oc get ") == 8


def test_a_cluster_without_sts_gets_a_short_answer() -> None:
    text = render_text(made.MINT)
    assert "VERDICT  · N/A — No STS here." in text
    assert len(text.splitlines()) <= 15


def test_inputs_without_a_cluster_say_so() -> None:
    text = render_text(made.NO_CHAINS)
    assert "? UNKNOWN — No consumer of a role is in these inputs" in text
    assert "not known whether STS is used" in text
    assert "2 more" in text


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_nothing_of_any_string_acts_on_a_terminal(hostile: str) -> None:
    bad = rewritten(made.SEVERAL, lambda text: hostile + text if " " in text else text)
    bad = replace(bad, cluster=rewritten(bad.cluster, lambda text: text + hostile))
    quoted = tuple(
        replace(f, evidence=(Evidence("i1", hostile, 1, 3, hostile, hostile),)) for f in bad.findings
    )
    bad = replace(bad, findings=quoted)
    for verbose in (False, True):
        text = render_text(bad, Options(verbose=verbose, ascii=verbose))
        assert not CONTROLS.search(text)
        assert text.encode("utf-8")
        assert not verbose or text.isascii()


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=60, deadline=None)
def test_json_holds_any_string_and_acts_on_no_terminal(hostile: str) -> None:
    bad = replace(made.FAIL, findings=(replace(made.FAIL.findings[0], message=hostile),))
    text = render_json(bad)
    assert load_json(text) == bad
    assert not CONTROLS.search(text)
    assert text.encode("utf-8")


def test_each_cause_of_a_case_is_told_what_it_is_answered() -> None:
    second = replace(
        made.verdict("fail", "permissions", "permission-missing"),
        simulated_error=SimulatedError(
            "permissions", "AccessDenied: not authorized to perform: ec2:RunInstances"
        ),
    )
    report = replace(
        made.FAIL,
        chains=(*made.FAIL.chains[:1], made.chain("storage", second, permissions="fail")),
        findings=(*made.FAIL.findings, made.finding("permission-missing", "permissions", "storage")),
    )
    text = flat(render_case(report, Options()))
    first, last = text.index("Message of trust-subject"), text.index("Message of permission-missing")
    assert first < text.index("STS answers: AccessDenied: Not authorized") < last
    assert last < text.index("AWS answers: AccessDenied: not authorized to perform: ec2:RunInstances")


def test_what_cannot_lead_to_the_error_is_no_candidate_for_it() -> None:
    chain = made.SUSPECTED.chains[0]
    closed = replace(
        chain.verdict, link=None, sentence="It is denied. No fault shows at keys in these inputs."
    )
    report = replace(made.SUSPECTED, chains=(replace(chain, verdict=closed), *made.SUSPECTED.chains[1:]))
    text = flat(render_text(report))
    assert "No fault shows at keys" in text
    assert "candidates:" not in text
    assert "settled by:" not in text


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_a_report_whose_failures_are_accepted_does_not_say_that_there_are_none(name: str) -> None:
    accepted = made.finding("trust-rule", "trust", "ingress", muted="known")
    shown = render(replace(made.HEALTHY, findings=(accepted,), exit_code=0), name, Options())
    assert "exit 0 (every failure accepted)" in shown
    assert "exit 0 (no failure found)" in render(replace(made.HEALTHY, exit_code=0), name, Options())


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_an_exit_code_without_a_finding_is_not_said_to_come_of_one(name: str) -> None:
    ended = replace(made.HEALTHY, exit_code=1)
    assert "exit 1 (not everything is known)" in flat(render(ended, name, Options()))
    broken = replace(ended, counts=replace(ended.counts, error=1))
    assert "exit 1 (a rule could not be evaluated)" in flat(render(broken, name, Options()))
    assert "exit 1 (findings)" in flat(render(made.FAIL, name, Options()))


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_an_input_that_was_cut_is_named_by_its_path(name: str) -> None:
    cut = ReadError(made.HEALTHY.inputs[0].id, "", "truncated", "the data ends too early")
    report = replace(made.HEALTHY, errors=(cut,))
    path = re.escape(report.inputs[0].path)
    assert re.search(rf"{path}\W*: the data ends too early", render(report, name, Options()))


def test_what_goes_on_speaks_for_what_has_stopped_beside_it() -> None:
    """Storage was denied for a while; ingress still is, which the sentence and the drawn chain must say."""
    ingress, storage, *others = made.SUSPECTED.chains
    was = replace(
        ingress.verdict, recency="stopped", sentence="STS denied storage then. The cause lies at keys."
    )
    quiet = replace(
        ingress,
        id=storage.id,
        operator=storage.operator,
        verdict=was,
        links=tuple(replace(link, state="warn") if link.state == "fail" else link for link in ingress.links),
    )
    text = flat(render_text(replace(made.SUSPECTED, chains=(quiet, ingress, *others))))
    assert "STS denied storage then" not in text
    assert "still going on" in text
    assert "✘ fail" in text.partition("chain")[2].partition("✘ fail[")[0]
