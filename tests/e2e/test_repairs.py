"""The commands of a repair have their values filled in, in every partition."""

import copy
import re
import shlex
from collections.abc import Callable
from itertools import cycle

import pytest

from analyzer.findings.report import Report
from samples import Cluster, edits, rosa
from samples.aws import ManagedPolicy, Role, static_credentials
from samples.cluster import DEFAULT_ISSUER, EXAMPLE_KEY

from .faults_in_logs import NAMESPACE, denied
from .runs import Bench, Edit, everything, told

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]+>")
INGRESS = "openshift-ingress-operator"
WHERE = [
    {"region": "eu-north-1", "name": "fjord", "account": "210987654321"},
    {"region": "us-gov-east-1", "partition": "aws-us-gov", "name": "g0v", "account": "333344445555"},
    {"region": "cn-north-1", "partition": "aws-cn", "name": "bei", "account": "111122223333"},
]


def no_keys(cluster: Cluster) -> None:
    cluster.jwks = {"keys": []}


def no_provider(cluster: Cluster) -> None:
    cluster.providers.clear()


def no_role(cluster: Cluster) -> None:
    edits.drop_role(cluster, INGRESS)


def no_issuer(cluster: Cluster) -> None:
    cluster.authentication_issuer = ""
    cluster.kas_issuers = cluster.previous_kas_issuers = [DEFAULT_ISSUER]


def foreign_role(cluster: Cluster) -> None:
    cluster.set_role_arn(INGRESS, "cloud-credentials", cluster.role("openshift-machine-api").arn)


def placeholder(cluster: Cluster) -> None:
    cluster.set_role_arn(INGRESS, "cloud-credentials", "POPULATE ROLE ARN AND DELETE THIS LINE")


def narrow_policy(cluster: Cluster) -> None:
    for policy in cluster.role(INGRESS).inline.values():
        policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:RequestedRegion": "us-east-2"}}


def _in_a_managed_policy(cluster: Cluster) -> Role:
    role = cluster.role(INGRESS)
    (body,) = role.inline.values()
    role.attached = [ManagedPolicy("ingress", [body], role.account, role.partition)]
    role.inline, role.description, role.tags = {}, "", {}
    return role


def narrow_managed_policy(cluster: Cluster) -> None:
    _in_a_managed_policy(cluster).attached[0].documents[0]["Statement"][0]["Condition"] = {
        "StringEquals": {"aws:RequestedRegion": "us-east-2"}
    }


def lacking_managed_policy(cluster: Cluster) -> None:
    _in_a_managed_policy(cluster).attached[0].documents[0]["Statement"][0]["Action"].remove(
        "tag:GetResources"
    )


def older_version(cluster: Cluster) -> None:
    policy = _in_a_managed_policy(cluster).attached[0]
    older = copy.deepcopy(policy.documents[0])
    older["Statement"][0]["Action"].remove("tag:GetResources")
    policy.documents.insert(0, older)


def unseen_audience(cluster: Cluster) -> None:
    cluster.provider.client_ids = ["openshift", "sts.amazonaws.com\u200b", "open shift\u00a0"]


def provider_of_another_case(cluster: Cluster) -> None:
    cluster.provider.url = cluster.provider.url.upper()
    for role in cluster.roles.values():
        role.trust["Statement"][0]["Principal"]["Federated"] = cluster.provider.arn


def second_provider(cluster: Cluster) -> None:
    other = copy.deepcopy(cluster.provider)
    other.url = f"former.{other.url}"
    cluster.providers.append(other)


def static_keys(cluster: Cluster) -> None:
    cluster.set_credentials(INGRESS, "cloud-credentials", static_credentials(*EXAMPLE_KEY))


def commands(report: Report) -> list[str]:
    causes = [f for f in report.findings if f.kind != "symptom" and f.state in ("fail", "warn")]
    assert causes, told(report)
    return [step.command for finding in causes for step in finding.fix if step.command]


EDITS = (
    no_keys, no_provider, no_role, no_issuer, foreign_role, placeholder, narrow_policy, static_keys,
    narrow_managed_policy, lacking_managed_policy, older_version, unseen_audience, second_provider,
    provider_of_another_case,
)  # fmt: skip


@pytest.mark.parametrize(
    "edit, where", list(zip(EDITS, cycle(WHERE), strict=False)), ids=[e.__name__ for e in EDITS]
)
def test_nothing_is_left_to_fill_in(bench: Bench, edit: Edit, where: dict[str, str]) -> None:
    cluster = Cluster(**where)
    edit(cluster)
    found = commands(bench.report(everything(cluster, secrets="full", details=True)))
    assert found
    for command in found:
        assert not PLACEHOLDER.search(command), command
        words = shlex.split(command)
        for arn in (word for word in words if word.startswith("arn:")):
            assert arn.split(":")[1] == where.get("partition", "aws")
            assert arn.split(":")[4] == where["account"]
        if "--name" in words:
            assert words[words.index("--name") + 1] in (where["name"], "fake")


def test_what_is_not_known_stays_open_and_no_shell_takes_it(bench: Bench) -> None:
    cluster = Cluster(issuer="https://login.example.com/oidc/4711")
    cluster.jwks = {"keys": []}
    files = {p: d for p, d in everything(cluster).items() if "/iam/" not in p and "/oidc/" not in p}
    found = commands(bench.report(files))
    assert any("<ISSUER_BUCKET>" in command for command in found), found


def fix_of(report: Report, rule: str) -> str:
    (found,) = [f for f in report.findings if f.rule == rule]
    return "\n".join(step.command or "" for step in found.fix)


def test_no_repair_puts_the_fault_back(bench: Bench) -> None:
    dry_run = Cluster(issuer="https://fake-oidc.s3.us-west-2.amazonaws.com")
    commands = fix_of(bench.report(everything(dry_run)), "issuer-placeholder")
    assert "<ISSUER_MEANT>" in commands
    assert "fake-oidc" not in commands

    name = "production-eu-central-cluster-number-one-of-sho"
    long = Cluster(name=name, infra_name="production-eu-central-8x2p1")
    report = bench.report(everything(long))
    collided = [f for f in report.findings if f.rule == "request-role-name-collision"]
    assert collided, told(report)
    told_to = [step.command or "" for f in collided for step in f.fix]
    assert not any(f"--name {name} " in command or PLACEHOLDER.search(command) for command in told_to)
    assert any(f"--name {name[:-1]} " in command for command in told_to), told_to


def no_ingress_role(cluster: Cluster) -> None:
    role = next(r for r in cluster.roles.values() if "ingress" in r.name)
    del cluster.roles[role.name]
    cluster.missing_roles.append(role.name)


@pytest.mark.parametrize("shape", (rosa.classic, rosa.hosted))
@pytest.mark.parametrize("edit", (no_ingress_role, no_keys))
def test_on_rosa_nobody_is_sent_to_ccoctl_or_to_red_hats_bucket(
    bench: Bench, edit: Edit, shape: Callable[[Cluster], None]
) -> None:
    cluster = Cluster(**rosa.arguments())
    shape(cluster)
    edit(cluster)
    report = bench.report(everything(cluster))
    causes = [f for f in report.findings if f.kind == "cause" and f.state in ("fail", "warn")]
    found = "\n".join(step.command or step.text for finding in causes for step in finding.fix)
    wanted = "open a support case" if edit is no_keys else "rosa create operator-roles"
    assert wanted.lower() in found.lower(), told(report)
    assert not re.search(r"ccoctl|put-object|out/manifests", found), found


@pytest.mark.parametrize("secrets", ["elided", "full"])
def test_a_denied_call_is_looked_into_at_the_role_that_aws_names(bench: Bench, secrets: str) -> None:
    """Where the Secret says another role, the pods hold credentials of the one before."""
    cluster = Cluster()
    denied(cluster)
    own, former = cluster.role(NAMESPACE).name, "former-machine-api"
    files = everything(cluster, secrets=secrets)
    logs = {
        path: data.replace(f"assumed-role/{own}".encode(), f"assumed-role/{former}".encode())
        for path, data in files.items()
        if path.endswith(".log")
    }
    report = bench.report(files | logs)
    (found,) = [f for f in report.findings if f.rule == "log-action-denied"]
    commands = [step.command or "" for step in found.fix]
    assert f"aws iam list-role-policies --role-name {former}" in commands, told(report)
    restarts = [step.text for step in found.fix if "rollout restart" in (step.command or "")]
    assert [f"not {own}." in text for text in restarts] == ([True] if secrets == "full" else [])
