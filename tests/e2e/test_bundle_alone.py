"""The must-gather without any export, and exports with a folder hidden: nothing is made up."""

from __future__ import annotations

import re

import pytest

from analyzer.findings.report import Report
from analyzer.options import Options
from analyzer.session import analyze
from samples import Cluster
from samples.exports import PARTS
from samples.scenarios import SCENARIOS

from .fault import Fault
from .faults_in_permissions import denied
from .runs import EXPORTS_DECIDE, Bench, everything, findings, flips, ids, named, told, used, without
from .runs import bundle as bundle_of
from .test_faults import ONE_OF_EACH

# What AWS says in a log line proves it without any export.
_SAID_IN_A_LOG = ("permission-organization-deny",)
# What the lengths of ARNs, the release's requests and the provider's audiences decide comes from exports.
_NEEDS_EXPORTS = ("secret-length-mismatch", "request-missing", "workload-token-audience")


def needs_exports(fault: Fault) -> bool:
    """Tell whether nothing in a bundle alone can prove the fault."""
    said = fault.rule in _SAID_IN_A_LOG or fault.rule == "key-rollout-in-progress"
    decided = EXPORTS_DECIDE.fullmatch(f"{fault.link}/{fault.rule}") or fault.link == "token"
    return bool(decided) and not said


FROM_EXPORTS = [fault for fault in ONE_OF_EACH if needs_exports(fault)]
IN_BUNDLE = [fault for fault in ONE_OF_EACH if fault.target is None and not needs_exports(fault)]

# Which folders of the exports decides the fault of a sample.
DECIDED_BY = {
    "audience-missing": ("oidc",),
    "ingress-jwks-403": ("issuer",),
    "kid-rotated": ("issuer",),
    "provider-gone": ("oidc", "iam"),  # without the roles their account is not known
    "trust-wrong-service-account": ("iam",),
}


def assert_nothing_made_up(report: Report) -> None:
    """No rule fails that needs an export, and what is unknown says how it can be known."""
    wrong = {f.rule for f in findings(report, "fail") if EXPORTS_DECIDE.fullmatch(f"{f.link}/{f.rule}")}
    assert wrong <= set(_SAID_IN_A_LOG), told(report)
    assert_unknowns_ask(report)


def assert_unknowns_ask(report: Report) -> None:
    """Every rule that is unknown on a chain stands in `missing`, with a command, for that chain."""
    asked = {(rule, chain) for item in report.missing for rule in item.decides for chain in item.chains}
    for chain in report.chains:
        if chain.verdict.state == "not-applicable":
            continue
        for link in chain.links:
            for check in link.checks:
                if check.state == "unknown":
                    assert (check.rule, chain.id) in asked, (check.rule, chain.id)


def test_healthy(bench: Bench) -> None:
    report = bench.report(bundle_of(Cluster()))
    assert_nothing_made_up(report)
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0
    assert {chain.verdict.state for chain in report.chains} == {"unknown"}, told(report)
    links = {link.link for chain in used(report) for link in chain.links if link.state == "unknown"}
    assert links >= {"provider", "issuer", "keys", "trust", "permissions"}
    states = {
        link.state for chain in used(report) for link in chain.links if link.link in ("mode", "workload")
    }
    assert states == {"pass"}, told(report)
    assert report.common_cause is None


def test_missing_is_ranked(bench: Bench) -> None:
    """What settles most for all chains comes before what settles little for one."""
    report = bench.report(bundle_of(Cluster()))
    weights = [len(item.decides) * max(1, len(item.chains)) for item in report.missing]
    assert weights, "a bundle alone leaves questions"
    wide = [place for place, item in enumerate(report.missing) if len(item.chains) == len(report.chains)]
    assert wide
    assert wide[0] < len(report.missing) / 2
    evidence = [item.evidence for item in report.missing]
    assert len(evidence) == len(set(evidence))
    commands = " ".join(item.command for item in report.missing)
    for wanted in ("aws iam", "open-id-connect-provider", "curl", f"{Cluster().issuer}"):
        assert wanted in commands, wanted
    assert "<" not in report.missing[0].command


def test_strict_says_that_something_decisive_is_unknown(bench: Bench) -> None:
    root = bench.tree(bundle_of(Cluster()))
    assert analyze([root], Options(strict=True)).exit_code == 4
    assert analyze([root], Options(fail_on="unknown")).exit_code == 1


def test_strict_is_not_content_with_inputs_that_hold_no_chain(bench: Bench) -> None:
    cluster = Cluster()
    keys = {name: data for name, data in everything(cluster).items() if name.endswith("keys.json")}
    report = analyze([bench.tree(keys)], Options(strict=True))
    assert (report.chains, report.exit_code) == ((), 4)
    assert analyze([bench.tree(keys)]).exit_code == 0


@pytest.mark.parametrize("fault", FROM_EXPORTS, ids=ids(FROM_EXPORTS))
def test_a_fault_that_only_exports_show(bench: Bench, fault: Fault) -> None:
    report = bench.report(fault.bundle())
    assert_nothing_made_up(report)
    assert fault.rule not in named(report, "fail", "warn"), told(report)
    assert not findings(report, "fail", kind="cause"), told(report)


@pytest.mark.parametrize("fault", IN_BUNDLE, ids=ids(IN_BUNDLE))
def test_a_fault_that_the_bundle_shows(bench: Bench, fault: Fault) -> None:
    report = bench.report(fault.bundle())
    assert_nothing_made_up(report)
    if fault.kind == "symptom":
        assert fault.rule in named(report, fault.state), told(report)
    if fault.state != "fail" or fault.kind != "cause":
        return
    if "exports/" not in fault.hide and fault.rule not in _NEEDS_EXPORTS:
        assert named(report, "fail", kind="cause") == {fault.rule}, told(report)
        verdicts = {chain.verdict.rule for chain in report.chains if chain.verdict.state == "fail"}
        assert verdicts == ({fault.rule} if fault.chains else set()), told(report)
        assert report.exit_code == 1


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", sorted(DECIDED_BY))
def test_each_export_folder_hidden(bench: Bench, name: str, part: str) -> None:
    scenario = SCENARIOS[name]
    files = scenario.files()
    report = bench.report(without(files, f"exports/{part}/"))
    assert not flips(bench.report(files), report)
    assert_unknowns_ask(report)
    broken = [chain for chain in used(report) if chain.verdict.state == "fail"]
    if part in DECIDED_BY[name]:
        assert scenario.rule not in named(report, "fail"), told(report)
        assert not broken, told(report)
        suspected = {chain.verdict.state for chain in used(report) if chain.verdict.recency == "ongoing"}
        assert suspected == {"suspected"}, told(report)
        if part == DECIDED_BY[name][0]:
            assert scenario.rule in {rule for item in report.missing for rule in item.decides}
    else:
        assert {chain.verdict.rule for chain in broken} == {scenario.rule}, told(report)


@pytest.mark.parametrize("name", sorted(DECIDED_BY))
def test_an_error_without_exports_is_suspected(bench: Bench, name: str) -> None:
    """The log says what STS answered: that alone is a suspicion, and what settles it comes first."""
    scenario = SCENARIOS[name]
    report = bench.report(without(scenario.files(), "exports/"))
    assert_nothing_made_up(report)
    suspected = [chain for chain in report.chains if chain.verdict.state == "suspected"]
    assert suspected, told(report)
    assert not [chain for chain in report.chains if chain.verdict.state == "fail"], told(report)
    for chain in suspected:
        assert chain.verdict.rule is not None
        assert chain.verdict.rule.startswith("log-"), told(report)
        # The error tells how far STS came: the likeliest link first, and none that cannot make it.
        points_at = bench.rules.find(chain.verdict.rule).points_at
        assert chain.verdict.link == points_at[0], told(report)
        named = chain.verdict.sentence.partition("The cause lies at ")[2].partition(":")[0]
        assert tuple(re.split(r", | or ", named)) == chain.verdict.candidate_links, told(report)
        explaining = {rule.link for rule in bench.rules.rules if chain.verdict.rule in rule.explains}
        assert set(chain.verdict.candidate_links) <= explaining, told(report)
    # What would settle it is asked for among the first.
    decisive = [place for place, item in enumerate(report.missing) if scenario.rule in item.decides]
    assert decisive, told(report)
    assert decisive[0] <= len(report.missing) // 2


def test_one_request_that_lacks_is_named(bench: Bench) -> None:
    files = without(SCENARIOS["healthy"].files(), r"cloudcredential\.openshift\.io/.*ingress")
    report = bench.report(files)
    whys = [item.why for item in report.missing if item.evidence == "credentialsrequests"]
    assert whys == ["CredentialsRequest openshift-ingress is not among those that were gathered"], told(
        report
    )


def test_calls_for_another_partition_name_its_region(bench: Bench) -> None:
    cluster = Cluster(region="us-gov-east-1", partition="aws-us-gov")
    commands = [item.command for item in bench.report(bundle_of(cluster)).missing]
    calls = [command for command in commands if "aws iam" in command]
    assert len(calls) == 3
    for command in calls:
        assert command.count("aws iam") == command.count("--region us-gov-east-1")


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (
            "secret-role-arn-missing",
            "'arn:aws-us-gov:iam::<ACCOUNT_ID>:role/demo-openshift-machine-api-aws-cloud-",
        ),
        (
            "secret-static-keys",
            "'arn:aws-us-gov:iam::<ACCOUNT_ID>:oidc-provider/demo-oidc.s3.us-gov-west-1.amazonaws.com'",
        ),
    ],
)
def test_a_command_lacks_of_an_arn_the_account_alone(bench: Bench, rule: str, word: str) -> None:
    """No bundle tells the account of the roles. Their names follow from ccoctl's own."""
    fault = next(f for f in ONE_OF_EACH if f.rule == rule)
    cluster = Cluster(region="us-gov-west-1", partition="aws-us-gov")
    fault.edit(cluster)
    (finding,) = (f for f in bench.report(bundle_of(cluster)).findings if f.rule == rule)
    assert any(word in (step.command or "") for step in finding.fix), finding.fix


def test_a_denied_call_in_a_log_tells_the_account(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-machine-api")
    fault = next(f for f in ONE_OF_EACH if f.rule == "secret-static-keys")
    fault.edit(cluster)
    denied("openshift-image-registry/installer-cloud-credentials", "s3:PutObject")(cluster)
    (finding,) = (f for f in bench.report(bundle_of(cluster)).findings if f.rule == fault.rule)
    provider = f"arn:aws:iam::{role.arn.split(':')[4]}:oidc-provider/demo-oidc.s3.us-west-2.amazonaws.com"
    assert any(provider in (step.command or "") for step in finding.fix), finding.fix
