"""What a difference may claim: mended only where the rule passes, never where it is out of sight."""

import json
from dataclasses import replace

import pytest

from analyzer.errors import UsageProblem
from analyzer.findings.diff import compare
from analyzer.findings.report import Asked, Finding, Readiness, Report
from analyzer.reports.diff import render_diff_json, render_diff_text
from analyzer.reports.formats import Options
from tests.reports import made


def report(state: str, *findings: Finding, **changes: object) -> Report:
    """One chain whose check ``trust-rule`` has this state."""
    chain = made.chain("ingress", made.verdict(state, "trust", "trust-rule"), trust=state)
    return replace(made.HEALTHY, chains=(chain,), findings=findings, **changes)  # type: ignore[arg-type]


BROKEN = report("fail", made.finding("trust-rule", "trust", "ingress"))


def changes(old: Report, new: Report) -> dict[str, str]:
    return {f.rule: f.change for f in compare(old, new).findings}


@pytest.mark.parametrize(
    "state, change",
    [("pass", "fixed"), ("unknown", "lost"), ("not-applicable", "moot")],
)
def test_a_finding_is_mended_only_where_its_rule_passes(state: str, change: str) -> None:
    assert changes(BROKEN, report(state)) == {"trust-rule": change}


@pytest.mark.parametrize("state, gone, came", [("pass", "fixed", "new"), ("unknown", "lost", "seen")])
def test_what_is_asked_of_the_inputs_is_looked_up_there(state: str, gone: str, came: str) -> None:
    finding = replace(made.finding("input-unsafe", "inputs", "ingress", state="warn"), subject="cluster")
    bad = replace(report("pass", finding), asked=(Asked("input-unsafe", "cluster", "warn"),))
    good = replace(report("pass"), asked=(Asked("input-unsafe", "cluster", state),))
    assert changes(bad, good) == {"input-unsafe": gone}
    assert changes(good, bad) == {"input-unsafe": came}


def test_a_finding_whose_chain_is_gone_is_out_of_sight() -> None:
    assert changes(BROKEN, replace(made.HEALTHY, chains=())) == {"trust-rule": "lost"}


def test_a_finding_on_a_chain_that_was_not_there_is_new() -> None:
    assert changes(replace(made.HEALTHY, chains=()), BROKEN) == {"trust-rule": "new"}


def test_a_pass_that_became_unknown_is_no_improvement() -> None:
    missing = replace(made.missing("role:ingress", "ingress"), decides=("trust-rule",))
    [lost] = compare(report("pass"), report("unknown", missing=(missing,))).lost
    assert (lost.link, lost.rules, lost.commands) == ("trust", ("trust-rule",), (missing.command,))


@pytest.mark.parametrize("before, change", [("pass", "new"), ("unknown", "seen")])
def test_what_could_not_be_seen_before_is_not_called_new(before: str, change: str) -> None:
    assert changes(report(before), BROKEN) == {"trust-rule": change}


def test_what_makes_two_reports_hard_to_compare_is_said() -> None:
    other = replace(BROKEN.rules, sha256="1" * 64)
    before = replace(BROKEN, run=replace(BROKEN.run, as_of="2001-01-02T00:00:00Z"))
    earlier = replace(BROKEN.run, as_of="2001-01-01T00:00:00Z")
    new = replace(report("pass"), rules=other, run=earlier, notices=("only rules of: trust",))
    notices = compare(before, new).notices
    assert [text.split()[0] for text in notices] == ["OLD", "NEW", "NEW:"], notices
    assert "note     !" in render_diff_text(compare(before, new), Options())
    assert not compare(BROKEN, report("pass")).notices


def test_what_an_upgrade_needs_is_not_made_by_asking_no_more() -> None:
    ahead = report(
        "pass", replace(made.finding("upgrade-annotation", "upgrade"), chains=(), subject="release")
    )
    ahead = replace(ahead, readiness=Readiness("4.15", "not-ready", "Not ready.", ()))
    assert changes(ahead, report("pass")) == {"upgrade-annotation": "lost"}
    assert changes(report("pass"), ahead) == {"upgrade-annotation": "seen"}
    assert changes(ahead, replace(ahead, findings=())) == {"upgrade-annotation": "fixed"}


def test_still_there_and_changed() -> None:
    softer = report("warn", made.finding("trust-rule", "trust", "ingress", state="warn"))
    assert changes(BROKEN, BROKEN) == {"trust-rule": "still"}
    assert changes(BROKEN, softer) == {"trust-rule": "changed"}


def test_one_of_several_chains_can_be_mended() -> None:
    names = ("ingress", "storage")

    def both(*broken: str) -> Report:
        return replace(
            made.HEALTHY,
            chains=tuple(
                made.chain(n, made.verdict("fail"), trust="fail" if n in broken else "pass") for n in names
            ),
            findings=(made.finding("trust-rule", "trust", *broken),),
        )

    found = {f.change: f.subjects for f in compare(both(*names), both("storage")).findings}
    assert found == {"fixed": ("openshift-ingress/creds",), "still": ("openshift-storage/creds",)}


def test_a_finding_beside_the_chains_is_out_of_sight_where_its_rule_waits() -> None:
    beside = made.finding("jwks-gone", "keys")
    missing = replace(made.missing("jwks"), decides=("jwks-gone",))
    old = report("pass", beside)
    assert changes(old, report("pass")) == {"jwks-gone": "fixed"}
    assert changes(old, report("pass", missing=(missing,))) == {"jwks-gone": "lost"}
    assert changes(report("pass", missing=(missing,)), old) == {"jwks-gone": "seen"}


TOKEN = replace(made.finding("token-sample", "token"), chains=(), subject="a token")


def with_asked(state: str | None, *findings: Finding) -> Report:
    """A report whose rule about tokens has this state, on a token that is on no chain."""
    asked = (Asked("token-sample", "a token", state),) if state else ()
    return report("pass", *findings, asked=asked)


@pytest.mark.parametrize(
    "state, change", [("pass", "fixed"), ("unknown", "lost"), ("not-applicable", "moot"), (None, "lost")]
)
def test_what_is_on_no_chain_is_mended_only_where_its_rule_passes(state: str | None, change: str) -> None:
    """A token that is not handed in again leaves no state of its rules anywhere."""
    assert changes(with_asked("fail", TOKEN), with_asked(state)) == {"token-sample": change}


@pytest.mark.parametrize("state, change", [("pass", "new"), ("unknown", "seen"), (None, "seen")])
def test_what_is_on_no_chain_is_new_only_where_it_was_asked_before(state: str | None, change: str) -> None:
    assert changes(with_asked(state), with_asked("fail", TOKEN)) == {"token-sample": change}


def test_what_was_not_asked_of_a_chain_is_neither_mended_nor_new() -> None:
    found = made.finding("token-sample", "token", "ingress")
    assert changes(report("pass", found), report("pass")) == {"token-sample": "lost"}
    assert changes(report("pass"), report("pass", found)) == {"token-sample": "seen"}


@pytest.mark.parametrize("field", ["id", "infra_name"])
def test_two_clusters_are_refused(field: str) -> None:
    other = replace(made.HEALTHY, cluster=replace(made.CLUSTER, **{field: "another"}))
    with pytest.raises(UsageProblem, match="--force"):
        compare(made.HEALTHY, other)
    assert compare(made.HEALTHY, other, force=True)
    unknown = replace(made.HEALTHY, cluster=replace(made.CLUSTER, **{field: None}))
    assert compare(made.HEALTHY, unknown)


def test_changed_facts_are_named_and_lost_ones_too() -> None:
    new = replace(made.HEALTHY, cluster=replace(made.CLUSTER, version="4.15.1", issuer=None))
    facts = {f.name: (f.was, f.now) for f in compare(made.HEALTHY, new).facts}
    assert facts == {"version": ("4.14.12", "4.15.1"), "issuer": (made.ISSUER, None)}


def test_a_report_against_itself_has_no_change() -> None:
    difference = compare(made.SEVERAL, made.SEVERAL)
    assert [*difference.verdicts, *difference.lost, *difference.facts] == []
    assert {f.change for f in difference.findings} == {"still"}
    assert "the same on every chain" in render_diff_text(difference, Options())


def test_text_says_it() -> None:
    text = render_diff_text(compare(BROKEN, report("unknown")), Options())
    assert "✘ fail at trust → ? unknown: ingress" in text
    assert "no longer visible, which is no improvement (1):" in text
    assert "0 fixed" in text
    assert render_diff_text(compare(BROKEN, report("pass")), Options(ascii=True)).isascii()


def test_hostile_text_stays_inert() -> None:
    bad = made.finding("trust-rule", "trust", "ingress", message="\x1b[2J\u202e", title="\x9b\n")
    difference = compare(report("pass"), report("fail", bad))
    for shown in (render_diff_text(difference, Options()), render_diff_json(difference, Options())):
        assert all(c == "\n" or c.isprintable() for c in shown)
    assert json.loads(render_diff_json(difference, Options()))["findings"][0]["change"] == "new"
