"""ServiceAccounts of the pod identity webhook: the provider and the trust policy of their role."""

import copy
from datetime import timedelta

import pytest
import yaml

from samples import Cluster
from samples.logs import LogLine, render
from samples.manifests import elided, listing, metadata
from samples.yamlout import Json, aws_json

from .layered import (
    ACCOUNT,
    ANNOTATION,
    OPERATOR,
    OPERATOR_SECRET,
    ROLE,
    SHOP,
    albo,
    own_template,
    put,
    shop,
    webhook_down,
)
from .runs import Bench, bundle, everything, findings, named, said, the_chain, told, used, without

CHAIN = f"{SHOP}/{ACCOUNT}"
OTHER = "444455556666"
SUBJECT = f"system:serviceaccount:{SHOP}:{ACCOUNT}"


def cluster_with_role(subject: str = SUBJECT, audience: str | None = None) -> Cluster:
    """Give a cluster with a program of a user, whose role is in the exports."""
    cluster = Cluster()
    shop(cluster)
    role = copy.deepcopy(cluster.role("openshift-ingress-operator"))
    role.name, role.description, role.inline = "shop-backup", "", {}
    keys = {f"{cluster.issuer_host}:sub": subject}
    keys |= {f"{cluster.issuer_host}:aud": audience} if audience else {}
    role.trust["Statement"][0]["Condition"] = {"StringEquals": keys}
    cluster.roles[role.name] = role
    return cluster


def test_a_role_that_admits_it_passes(bench: Bench) -> None:
    report = bench.report(everything(cluster_with_role(audience="sts.amazonaws.com")))
    assert not findings(report, "fail", "warn"), told(report)
    chain = the_chain(report, CHAIN)
    assert (chain.mechanism, chain.verdict.state) == ("webhook", "pass")
    assert chain.role_arn.how == "annotation"
    states = {link.link: link.state for link in chain.links}
    assert states["trust"] == states["provider"] == "pass"
    assert {states[name] for name in ("mode", "request", "secret", "permissions")} == {"not-applicable"}
    assert not any(CHAIN in item.chains for item in report.missing)


@pytest.mark.parametrize(
    "subject, audience, rule",
    [
        (f"system:serviceaccount:{SHOP}:other", None, "trust-subject-mismatch"),
        (SUBJECT, "openshift", "trust-audience-mismatch"),
        (f"system:serviceaccount:{SHOP}:*", None, "trust-wildcard-literal"),
    ],
)
def test_a_role_that_keeps_it_out(bench: Bench, subject: str, audience: str | None, rule: str) -> None:
    report = bench.report(everything(cluster_with_role(subject, audience)))
    assert said(the_chain(report, CHAIN)) == ("fail", "trust", rule), told(report)
    assert {c.id for c in report.chains if c.verdict.state == "fail"} == {CHAIN}
    assert all(link.waits_for is None for link in the_chain(report, CHAIN).links)


def test_a_role_that_does_not_exist(bench: Bench) -> None:
    cluster = Cluster()
    shop(cluster)
    cluster.missing_roles.append("shop-backup")
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("fail", "trust", "trust-role-missing"), told(report)
    commands = [one.command or "" for one in findings(report, "fail")[0].fix]
    assert not any("ccoctl" in command or "oc apply" in command for command in commands), commands
    assert f"--args {SUBJECT} > trust.json" in commands[0]
    assert commands[1].startswith("aws iam create-role --role-name shop-backup ")


def test_ccoctl_does_not_make_the_role_of_an_operator_of_olm(bench: Bench) -> None:
    cluster = Cluster()
    albo(cluster)
    cluster.missing_roles.append("demo-albo")
    report = bench.report(everything(cluster))
    assert said(the_chain(report, OPERATOR_SECRET)) == ("fail", "trust", "trust-role-missing"), told(report)
    commands = [one.command or "" for one in findings(report, "fail")[0].fix]
    assert not any("ccoctl" in command for command in commands), commands
    assert commands[1].startswith("aws iam create-role --role-name demo-albo ")
    assert f"get credentialsrequest {OPERATOR} -o json" in commands[2]
    assert commands[3].startswith("aws iam put-role-policy --role-name demo-albo ")


def test_an_audience_that_only_the_webhook_uses_breaks_only_its_pods(bench: Bench) -> None:
    cluster = cluster_with_role()
    cluster.provider.client_ids = ["openshift"]
    report = bench.report(everything(cluster))
    assert named(report, "fail", "warn") == {"provider-audience-missing"}, told(report)
    assert {c.id for c in report.chains if c.verdict.state == "fail"} == {CHAIN}


def test_a_missing_provider_is_one_finding_for_all(bench: Bench) -> None:
    cluster = cluster_with_role()
    cluster.providers.clear()
    report = bench.report(everything(cluster))
    found = [f for f in report.findings if f.rule == "provider-missing"]
    assert len(found) == 1
    assert CHAIN in found[0].chains
    assert len(found[0].chains) == len(report.chains)


def _in_another_account(*, listed: bool | None = None) -> dict[str, bytes]:
    """The program's role is in an account of its own; ``listed`` tells whether that has a provider."""
    cluster = cluster_with_role()
    role = cluster.roles["shop-backup"]
    role.account = OTHER
    role.trust["Statement"][0]["Principal"]["Federated"] = cluster.provider.arn.replace(
        cluster.account, OTHER
    )
    shop(cluster, annotations={ANNOTATION: role.arn}, role=role.arn)
    files = everything(cluster)
    if listed is None:
        return files
    url = cluster.provider.url if listed else "else.example.com"
    arns = [{"Arn": f"arn:aws:iam::{OTHER}:oidc-provider/{url}"}]
    return files | {"exports/other/list-oidc.json": aws_json({"OpenIDConnectProviderList": arns})}


def test_the_provider_of_the_clusters_account_is_none_of_another_accounts(bench: Bench) -> None:
    """STS looks for it in the account of the role: what nobody listed is not known."""
    report = bench.report(_in_another_account())
    assert not findings(report, "fail", "warn"), told(report)
    chain = the_chain(report, CHAIN)
    assert said(chain) == ("unknown", "provider", None), told(report)
    (asked,) = [item for item in report.missing if item.evidence == "oidc-providers"]
    assert OTHER in asked.why
    assert {link.state for c in used(report) for link in c.links if link.link == "provider"} == {
        "pass",
        "unknown",
    }


@pytest.mark.parametrize("listed, state", [(True, "unknown"), (False, "fail")])
def test_the_listing_of_that_account_settles_it(bench: Bench, *, listed: bool, state: str) -> None:
    """A listing alone does not tell the audiences of a provider that is there."""
    report = bench.report(_in_another_account(listed=listed))
    assert named(report, "fail") == ({"provider-account-mismatch"} if not listed else set()), told(report)
    assert the_chain(report, CHAIN).verdict.state == state, told(report)
    assert not [c for c in report.chains if c.verdict.state == "fail" and c.id != CHAIN]


def test_without_its_role_there_is_no_chain(bench: Bench) -> None:
    cluster = Cluster()
    shop(cluster)
    assert CHAIN not in {c.id for c in bench.report(everything(cluster)).chains}


def test_bare_pods_break_the_chain_at_the_workload(bench: Bench) -> None:
    cluster = cluster_with_role()
    shop(cluster, mutated=False)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("fail", "workload", "webhook-not-injected"), told(report)


@pytest.mark.parametrize(
    "labels, notes, first, makes_anew",
    [
        ({"openshift.io/run-level": "0"}, {}, "oc label namespace shop openshift.io/run-level-", True),
        ({}, {"eks.amazonaws.com/skip-containers": "backup"}, "grep -n skip-containers", False),
        ({}, {}, "grep -A1 AWS_ROLE_ARN", True),
    ],
)
def test_the_steps_follow_from_why_the_webhook_left_them_alone(
    bench: Bench, labels: dict[str, str], notes: dict[str, str], first: str, makes_anew: bool
) -> None:
    cluster = cluster_with_role()
    shop(cluster, mutated=False, pod_annotations=notes, **labels)
    (found,) = findings(bench.report(everything(cluster)), "fail")
    assert first in (found.fix[0].command or "")
    assert any("delete pods" in (one.command or "") for one in found.fix) == makes_anew


def test_a_webhook_that_is_down_comes_before_new_pods(bench: Bench) -> None:
    cluster = cluster_with_role()
    shop(cluster, mutated=False)
    webhook_down(cluster)
    found = next(f for f in findings(bench.report(everything(cluster)), "fail"))
    commands = [one.command or "" for one in found.fix]
    assert "logs deployment/pod-identity-webhook" in commands[0]
    assert "delete pods" in commands[1]


def test_pods_keep_the_role_that_they_were_made_with(bench: Bench) -> None:
    """The webhook changes no pod that is there: a new annotation is for new pods."""
    cluster = cluster_with_role()
    old = f"{ROLE}-old"
    shop(cluster, role=old)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("warn", "workload", "webhook-not-injected"), told(report)
    (found,) = findings(report, "warn")
    assert f"for {ROLE}, but these of its pods have the role {old}: backup-7d9f8" in found.message
    hidden = bench.report(without(everything(cluster), f"{SHOP}/core/serviceaccounts"))
    assert not named(hidden, "fail", "warn"), told(hidden)
    assert "webhook-not-injected" in {rule for item in hidden.missing for rule in item.decides}


def test_a_token_of_it_is_of_a_known_account(bench: Bench) -> None:
    cluster = cluster_with_role()
    token = cluster.token(SHOP, ACCOUNT, audience="sts.amazonaws.com")
    report = bench.report(everything(cluster, token=token))
    assert not named(report, "fail"), told(report)


def test_a_token_of_an_account_without_a_request_is_no_wrong_one(bench: Bench) -> None:
    """No role of it was exported, so that it has no chain; its pods show that it signs in all the same."""
    cluster = Cluster()
    own_template(cluster)
    files = everything(cluster, token=cluster.token(SHOP, ACCOUNT, audience="sts.amazonaws.com"))
    report = bench.report(files)
    assert not named(report, "fail", "warn"), told(report)
    assert not [i for i in report.missing if "token-subject-mismatch" in i.decides]
    elsewhere = bench.report(without(files, f"namespaces/{SHOP}/"))
    assert not named(elsewhere, "fail", "warn"), told(elsewhere)
    asked = [i.command for i in elsewhere.missing if "token-subject-mismatch" in i.decides]
    assert asked == [f"oc adm inspect ns/{SHOP}"]


def test_a_token_of_an_account_whose_pods_have_none_is_a_wrong_one(bench: Bench) -> None:
    cluster = Cluster()
    own_template(cluster)
    report = bench.report(everything(cluster, token=cluster.token(SHOP, "default")))
    assert named(report, "fail") == {"token-subject-mismatch"}, told(report)


def test_of_the_platforms_own_a_request_is_expected_whatever_was_gathered(bench: Bench) -> None:
    """The router's token in the place of its operator's: nothing of its namespace is in the bundle."""
    cluster = Cluster()
    report = bench.report(everything(cluster, token=cluster.token("openshift-ingress", "router")))
    assert named(report, "fail") == {"token-subject-mismatch"}, told(report)


def test_an_operator_of_olm_in_such_a_namespace_is_not_the_platforms(bench: Bench) -> None:
    """No ClusterOperator names its namespace: with its pods hidden, it may be the webhook's."""
    cluster = Cluster()
    files = everything(cluster, token=cluster.token("openshift-adp", "velero", audience="sts.amazonaws.com"))
    report = bench.report(files)
    assert not named(report, "fail", "warn"), told(report)
    asked = [i.command for i in report.missing if "token-subject-mismatch" in i.decides]
    assert asked == ["oc adm inspect ns/openshift-adp"]


REFUSED = (
    "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: "
    "Not authorized to perform sts:AssumeRoleWithWebIdentity"
)
UNREAD = (
    "WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token\n"
    "caused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied"
)


def logs(cluster: Cluster, text: str, *, ago: int = 3, space: str = SHOP) -> None:
    """Let the program log an error again and again, until some minutes before the gather."""
    lines = [LogLine(cluster.gathered - timedelta(minutes=ago + m), text) for m in (300, 200, 100, 30, 0)]
    path = f"namespaces/{space}/pods/backup-7d9f8/backup/backup/logs/current.log"
    cluster.extra_files[path] = render(lines)


def test_its_log_makes_a_chain_without_its_role(bench: Bench) -> None:
    cluster = Cluster()
    shop(cluster)
    logs(cluster, REFUSED)
    report = bench.report(bundle(cluster))
    assert said(the_chain(report, CHAIN)) == ("suspected", "trust", "log-assume-role-denied"), told(report)
    (found,) = findings(report, "fail")
    assert (found.chains, found.evidence[0].line) == ((CHAIN,), 5)
    assert f"identity of ServiceAccount {CHAIN}" in found.message
    asked = [item for item in report.missing if CHAIN in item.chains]
    assert {"trust-subject-mismatch", "provider-missing"} <= {r for item in asked for r in item.decides}


def test_links_that_hold_do_not_outweigh_its_log(bench: Bench) -> None:
    cluster = cluster_with_role()
    logs(cluster, UNREAD)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("suspected", None, "log-token-file"), told(report)
    logs(cluster, UNREAD, ago=500)
    over = bench.report(everything(cluster))
    assert said(the_chain(over, CHAIN)) == ("warn", "operator", "log-token-file"), told(over)


def test_what_no_rule_can_judge_is_not_said_to_hold(bench: Bench) -> None:
    cluster = cluster_with_role()
    caller = "arn:aws:sts::123456789012:assumed-role/shop-backup/7"
    call = f"User: {caller} is not authorized to perform: s3:PutObject"
    logs(cluster, f"AccessDenied: {call} on resource: arn:aws:s3:::shop/x\n\tstatus code: 403, request id: 1")
    report = bench.report(everything(cluster))
    verdict = the_chain(report, CHAIN).verdict
    assert (verdict.state, verdict.rule) == ("suspected", "log-action-denied"), told(report)
    assert "No fault shows at permissions" not in verdict.sentence


def test_a_request_of_its_namespace_is_not_blamed(bench: Bench) -> None:
    cluster = Cluster()
    albo(cluster)
    shop(cluster, space=OPERATOR)
    logs(cluster, REFUSED, space=OPERATOR)
    report = bench.report(bundle(cluster))
    blamed = {chain for f in findings(report, "fail", kind="symptom") for chain in f.chains}
    assert blamed == {f"{OPERATOR}/{ACCOUNT}"}, told(report)


@pytest.mark.parametrize(
    "value, wrong",
    [("an:aws:iam::123456789012:role/shop", True), ("shop-backup", True), (f"{ROLE}", False)],
)
def test_an_annotation_must_name_a_role(bench: Bench, value: str, wrong: bool) -> None:
    cluster = Cluster()
    shop(cluster, annotations={"eks.amazonaws.com/role-arn": value}, role=value)
    report = bench.report(bundle(cluster))
    found = [f for f in report.findings if f.rule == "webhook-annotation-typo"]
    assert bool(found) is wrong, told(report)
    if wrong:
        assert f"its eks.amazonaws.com/role-arn is {value}, which is no ARN of a role" in found[0].message
        (step,) = found[0].fix
        assert str(step.command).endswith(f"serviceaccount {ACCOUNT} eks.amazonaws.com/role-arn=<ROLE_ARN>")


@pytest.mark.parametrize("on_pod", [False, True])
def test_an_empty_role_is_none_to_the_webhook(bench: Bench, *, on_pod: bool) -> None:
    """Charts write the annotation so where nobody set a role: no pod is meant to have one."""
    cluster = Cluster()
    empty = {"eks.amazonaws.com/role-arn": ""}
    shop(cluster, annotations=empty, pod_annotations=empty if on_pod else None, mutated=False)
    report = bench.report(everything(cluster))
    assert not named(report, "fail", "warn"), told(report)


def test_pods_that_bring_role_and_token_themselves_are_judged_by_their_log(bench: Bench) -> None:
    """Their role stands in a Secret, and no annotation is said to be there."""
    cluster = Cluster()
    own_template(cluster)
    assert CHAIN not in {c.id for c in bench.report(everything(cluster)).chains}
    cluster.provider.client_ids = ["openshift"]
    logs(cluster, "WebIdentityErr: x\\ncaused by: InvalidIdentityToken: Incorrect token audience")
    alone = bench.report(bundle(cluster))
    assert said(the_chain(alone, CHAIN)) == ("suspected", "provider", "log-incorrect-audience"), told(alone)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("fail", "provider", "provider-audience-missing"), told(report)
    assert the_chain(report, CHAIN).role_arn.value is None
    assert not {f.rule for r in (alone, report) for f in r.findings if f.rule.startswith("webhook-")}


BY_REFERENCE = {
    "env": [{"name": "AWS_ACCESS_KEY_ID", "valueFrom": {"secretKeyRef": {"key": "id", "name": "k"}}}]
}
WHOLE = {"envFrom": [{"prefix": "AWS_", "secretRef": {"name": "k"}}]}


def with_key(cluster: Cluster, setting: dict[str, list[Json]], key: str) -> None:
    """Let the program take an access key from a Secret, in which it has this name."""
    pods = yaml.safe_load(cluster.extra_files[f"namespaces/{SHOP}/core/pods.yaml"])
    container = pods["items"][0]["spec"]["containers"][0]
    for name, entries in setting.items():
        container[name] = container.get(name, []) + entries
    put(cluster, f"namespaces/{SHOP}/core/pods.yaml", pods)
    meta = metadata(cluster, "Secret", "k", SHOP)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {key: elided(20)}}
    put(cluster, f"namespaces/{SHOP}/core/secrets.yaml", listing(cluster, [secret], "Secret", "v1"))


@pytest.mark.parametrize("setting, key", [(BY_REFERENCE, "id"), (WHOLE, "ACCESS_KEY_ID")])
def test_a_key_from_a_secret_overrides_the_role(
    bench: Bench, setting: dict[str, list[Json]], key: str
) -> None:
    cluster = cluster_with_role()
    with_key(cluster, setting, key)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, CHAIN)) == ("fail", "workload", "workload-static-env"), told(report)
    (found,) = findings(report, "fail")
    assert found.evidence[0].file.endswith("pods.yaml")
    assert found.evidence[0].excerpt.strip().endswith(("AWS_ACCESS_KEY_ID", "envFrom:"))


@pytest.mark.parametrize("setting", [BY_REFERENCE, WHOLE])
@pytest.mark.parametrize("data", ["REDACTED", {"REDACTED": "REDACTED"}, None])
def test_a_secret_without_its_keys_is_not_known_to_have_none(
    bench: Bench, setting: dict[str, list[Json]], data: Json
) -> None:
    cluster = cluster_with_role()
    with_key(cluster, setting, "id")
    path = f"namespaces/{SHOP}/core/secrets.yaml"
    secrets = yaml.safe_load(cluster.extra_files[path])
    secrets["items"][0]["data"] = data
    put(cluster, path, secrets)
    chain = the_chain(bench.report(everything(cluster)), CHAIN)
    assert chain.verdict.state == "unknown", chain.verdict


@pytest.mark.parametrize("setting", [BY_REFERENCE, WHOLE])
def test_a_key_that_the_secret_does_not_have_overrides_nothing(
    bench: Bench, setting: dict[str, list[Json]]
) -> None:
    cluster = cluster_with_role()
    with_key(cluster, setting, "other_access_key_id")
    report = bench.report(everything(cluster))
    assert the_chain(report, CHAIN).verdict.state == "pass", told(report)


def test_without_the_secret_nobody_knows_of_a_key(bench: Bench) -> None:
    cluster = cluster_with_role()
    with_key(cluster, BY_REFERENCE, "id")
    report = bench.report(without(everything(cluster), f"{SHOP}/core/secrets.yaml"))
    assert the_chain(report, CHAIN).verdict.state == "unknown", told(report)
    assert {item.evidence for item in report.missing if CHAIN in item.chains} == {f"namespace:{SHOP}"}
