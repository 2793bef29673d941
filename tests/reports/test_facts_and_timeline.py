"""The facts on the links and the timeline that a report carries, on the samples."""

from analyzer.findings.report import LINKS, Event, LinkFact

from .conftest import report_of


def facts(sample: str, link: str, operator: str | None = None) -> dict[str, LinkFact]:
    report = report_of(sample)
    chain = next((c.id for c in report.chains if operator and c.operator == operator), None)
    return {f.name: f for f in report.facts if f.link == link and f.chain == chain}


def events(sample: str, kind: str) -> list[Event]:
    return [e for e in report_of(sample).timeline if e.kind == kind]


def test_a_fact_has_the_line_that_it_was_read_from(sample: str) -> None:
    report = report_of(sample)
    inputs = {i.id for i in report.inputs}
    assert report.facts
    for fact in report.facts:
        assert fact.link in LINKS
        assert fact.origin is None or (fact.origin.input in inputs and fact.origin.line >= 1)
        assert fact.value != ""


def test_what_was_not_collected_is_not_known() -> None:
    assert facts("bundle-only", "trust", "ingress")["admits"].value is None
    assert facts("bundle-only", "keys")["key set"].value is None
    assert facts("healthy", "keys")["key set"].value == "answers"


def test_the_broken_link_shows_both_sides() -> None:
    shown = facts("trust-wrong-service-account", "trust", "ingress")
    assert shown["policy names"].value == "system:serviceaccount:openshift-ingress-operator:router"
    own = "system:serviceaccount:openshift-ingress-operator:ingress-operator"
    assert shown["the call carries"].value == own
    assert shown["admits"].value == "none"
    assert "policy names" not in facts("trust-wrong-service-account", "trust", "storage")


def test_a_cluster_without_sts_shows_its_mode_alone() -> None:
    report = report_of("mint-mode")
    assert {f.link for f in report.facts} == {"mode"}
    assert facts("mint-mode", "mode")["credentialsMode"].value == "default (empty)"


def test_time_runs_forward(sample: str) -> None:
    timeline = report_of(sample).timeline
    assert [e.time for e in timeline] == sorted(e.time for e in timeline)
    assert all(e.until is None or e.until >= e.time for e in timeline)
    assert len(events(sample, "gather")) == 1


def test_a_rotation_is_dated_by_the_revision_that_brought_the_key() -> None:
    texts = [e.text for e in events("kid-rotated", "keys")]
    assert any("service-account-002.pub" in text for text in texts)
    assert not any("service-account" in e.text for e in events("healthy", "keys"))


def test_errors_last_from_the_first_line_to_the_last() -> None:
    report = report_of("trust-wrong-service-account")
    found = events("trust-wrong-service-account", "error")
    [error] = [event for event in found if "log lines" in event.text]
    [condition] = [event for event in found if event is not error]
    assert "conditions. AccessDenied" in condition.text
    assert condition.chains == error.chains
    [ingress] = [c for c in report.chains if c.operator == "ingress"]
    assert min(error.time, condition.time) == ingress.verdict.since
    assert error.chains == (ingress.id,)
    assert error.until
    assert not events("healthy", "error")
