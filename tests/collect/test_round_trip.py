"""A bundle that leaves things open, the script for it, its archive: what was promised is settled."""

from __future__ import annotations

import base64
import re
import shutil
import stat
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.collect.script import EVERYTHING, write_script
from analyzer.collect.wanted import Plan, plan
from analyzer.findings.report import Report
from analyzer.session import analyze
from samples import Cluster, HttpError, edits
from samples.aws import ManagedPolicy
from samples.bundle import write_files

from ..e2e.runs import READ_ONLY, bundle, exports, findings, named, told, without
from .stubs import Answer, Bench, answers, denied

Edit = Callable[[Cluster], object]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def asked(bench: Bench, files: dict[str, bytes]) -> tuple[Path, Report, Plan]:
    folder = bench.folder / "given"
    write_files(folder, files)
    report = analyze([folder])
    return folder, report, plan(report)


def closed(before: Report, after: Report, wanted: Plan) -> None:
    """What the script promised to bring is not missing any more, and nothing got worse."""
    left = {item.evidence for item in after.missing}
    promised = {item.evidence for item in wanted.promised}
    assert promised
    assert not promised & left, (promised & left, told(after))
    assert after.counts.unknown < before.counts.unknown


def _attached(cluster: Cluster) -> None:
    role = cluster.role("openshift-machine-api")
    (body,) = role.inline.values()
    role.inline = {}
    role.attached = [ManagedPolicy("machines", [body], role.account, role.partition)]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    role.boundary = ManagedPolicy("ceiling", [everything], role.account, role.partition)


Files = dict[str, bytes]
NAMESPACE = r"namespaces/openshift-(?:ingress-operator|kube-apiserver)/"
SETTINGS = r"config\.openshift\.io/(?:infrastructures|clusteroperators)|cloudcredentials"
GOVERNMENT = Cluster(partition="aws-us-gov", region="us-gov-west-1", name="gov")

SHAPES: list[tuple[str, Cluster, Callable[[Files], Files], list[str]]] = [
    ("the bundle alone", GOVERNMENT, dict, ["bash"]),
    (
        "without a namespace and the signing keys",
        Cluster(version="4.17.3", name="prod"),
        lambda files: without(files, NAMESPACE),
        ["bash", "--posix"],
    ),
    (
        "without configuration",
        Cluster(region="eu-central-1"),
        lambda files: without(files, SETTINGS),
        ["dash"],
    ),
]


@pytest.mark.parametrize("cluster, hide, shell", [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_what_is_promised_is_settled(
    bench: Bench, cluster: Cluster, hide: Callable[[dict[str, bytes]], dict[str, bytes]], shell: list[str]
) -> None:
    folder, before, wanted = asked(bench, hide(bundle(cluster)))
    bench.serve(answers(cluster))
    result = bench.run(write_script(wanted), shell=shell)
    assert result.returncode == 0, result.stderr
    assert "the stub has no answer" not in result.stderr
    assert not list(bench.collected.rglob("*.err")), result.stderr
    after = analyze([folder, bench.archive])
    closed(before, after, wanted)
    assert not findings(after, "fail", "warn"), told(after)
    assert {c.verdict.state for c in after.chains} <= {"pass", "unknown"}, told(after)
    assert [c.verdict.state for c in after.chains if c.id != READ_ONLY].count("pass") >= 5, told(after)


def test_named_roles_with_managed_policies_and_a_boundary(bench: Bench) -> None:
    cluster = Cluster()
    _attached(cluster)
    given = bundle(cluster) | without(exports(cluster), "machine-api|polic")
    folder, before, wanted = asked(bench, given)
    assert any(call.function == "role" for call in wanted.calls)
    bench.serve(answers(cluster))
    result = bench.run(write_script(wanted))
    assert "the stub has no answer" not in result.stderr
    after = analyze([folder, bench.archive])
    closed(before, after, wanted)
    assert not findings(after, "fail", "warn"), told(after)


def _wrong_subject(cluster: Cluster) -> None:
    wrong = ["system:serviceaccount:openshift-ingress-operator:router"]
    edits.trust_subjects(cluster.role("openshift-ingress-operator"), wrong)


def _windows(cluster: Cluster) -> None:
    held = cluster.secrets["openshift-ingress-operator", "cloud-credentials"].data["credentials"]
    cluster.set_credentials("openshift-ingress-operator", "cloud-credentials", held.replace(b"\n", b"\r\n"))


def _several(cluster: Cluster) -> None:
    _wrong_subject(cluster)
    _windows(cluster)
    cluster.jwks = HttpError()


@pytest.mark.parametrize(
    "rules, edit",
    [
        ({"trust-subject-mismatch", "jwks-unreachable", "secret-malformed"}, _several),
        ({"discovery-unreachable"}, lambda c: setattr(c, "discovery", None)),
    ],
)
def test_a_fault_that_the_bundle_alone_hides_is_found(bench: Bench, rules: set[str], edit: Edit) -> None:
    cluster = Cluster()
    edit(cluster)
    folder, before, wanted = asked(bench, bundle(cluster))
    assert not rules & named(before, "fail", "warn")
    bench.serve(answers(cluster))
    bench.run(write_script(wanted))
    after = analyze([folder, bench.archive])
    assert rules <= named(after, "fail", "warn"), told(after)


def test_a_comment_in_a_secret_is_kept_back_and_leaves_nothing_open(bench: Bench) -> None:
    cluster = Cluster()
    for secret in cluster.secrets.values():
        secret.data["credentials"] += b"\n# by our pipeline, see ticket\nrole_session_name = ours"
    folder, before, wanted = asked(bench, bundle(cluster) | exports(cluster))
    assert "secret-length-mismatch" in named(before, "warn"), told(before)
    bench.serve(answers(cluster))
    bench.run(write_script(wanted))
    assert b"pipeline" not in b"".join(p.read_bytes() for p in bench.collected.rglob("*") if p.is_file())
    after = analyze([folder, bench.archive])
    closed(before, after, wanted)
    assert not findings(after, "fail", "warn"), told(after)
    assert {c.verdict.state for c in after.chains} == {"pass"}, told(after)


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]], ids=" ".join)
def test_a_value_that_was_encoded_twice_is_seen_as_that(bench: Bench, shell: list[str]) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not installed")
    cluster = Cluster()
    place = ("openshift-ingress-operator", "cloud-credentials")
    held = cluster.secrets[place].data["credentials"] + b"\naws_secret_access_key = hunter22"
    cluster.set_credentials(*place, base64.b64encode(held))
    folder, _, wanted = asked(bench, bundle(cluster))
    bench.serve(answers(cluster))
    bench.run(write_script(wanted), shell=shell)
    kept = b"".join(p.read_bytes() for p in bench.collected.glob("secret-openshift-ingress-operator*"))
    (inner,) = re.findall(rb"credentials: ([A-Za-z0-9+/=]{40,})\n", kept)[:1]
    assert b"hunter22" not in base64.b64decode(base64.b64decode(inner))
    after = analyze([folder, bench.archive])
    assert "secret-malformed" in named(after, "fail"), told(after)


def test_what_the_account_does_not_hold_is_not_asked_for(bench: Bench) -> None:
    """The list of all roles lacks the one that the Secret names: no call can show more of it."""
    cluster = Cluster()
    gone = f"arn:aws:iam::{cluster.account}:role/of-nobody"
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", gone)
    folder, _, wanted = asked(bench, bundle(cluster))
    bench.serve(answers(cluster))
    bench.run(write_script(wanted))
    after = analyze([folder, bench.archive])
    assert "trust-role-missing" in named(after, "fail"), told(after)
    assert not [m.evidence for m in after.missing]


def test_a_whole_list_of_roles_is_not_asked_for_again(bench: Bench) -> None:
    cluster = Cluster()
    edits.drop_role(cluster, "openshift-ingress-operator", recorded=False)
    _, report, _ = asked(bench, bundle(cluster) | exports(cluster, details=True))
    assert "trust-role-missing" in named(report, "fail"), told(report)
    assert "roles" not in {item.evidence for item in report.missing}, told(report)


def test_without_any_bundle_the_archive_alone_is_enough(bench: Bench) -> None:
    cluster = Cluster(name="alone")
    table = answers(cluster)
    places = [request["spec"]["secretRef"] for request in cluster.requests.values()]
    targets = "".join(f"{place['namespace']}/{place['name']}\n" for place in places)
    table |= {
        ("oc", "get", "authentications.config.openshift.io", "cluster", "-o",
         "jsonpath={.spec.serviceAccountIssuer}"): Answer((cluster.issuer or "").encode()),
        ("oc", "-n", "kube-system", "get", "configmap", "cluster-config-v1", "-o",
         "jsonpath={.data.install-config}"): Answer(_install_config(cluster)),
    }  # fmt: skip
    template = re.search(r"--all-namespaces -o (go-template='[^']*')", write_script(EVERYTHING))
    assert template
    words = template[1].replace("'", "")
    table[
        "oc", "get", "credentialsrequests.cloudcredential.openshift.io", "--all-namespaces", "-o", words
    ] = Answer(targets.encode())
    bench.serve(table)
    result = bench.run(write_script(EVERYTHING))
    assert result.returncode == 0, result.stderr
    assert "pullSecret" not in "".join(p.read_text() for p in bench.collected.glob("install-config*"))
    after = analyze([bench.archive])
    assert len(after.chains) >= 6
    assert not findings(after, "fail"), told(after)
    assert after.cluster.sts is True
    settled = ("provider", "issuer", "keys", "trust", "permissions", "secret")
    used = [chain for chain in after.chains if chain.id != READ_ONLY]
    states = {link.state for chain in used for link in chain.links if link.link in settled}
    assert states == {"pass"}, told(after)


def _install_config(cluster: Cluster) -> bytes:
    text = "apiVersion: v1\ncredentialsMode: Manual\nplatform:\n  aws:\n    region: %s\npullSecret: s3cret\n"
    return (text % cluster.region).encode()


def test_denied_calls_are_evidence(bench: Bench) -> None:
    cluster = Cluster()
    folder, _, wanted = asked(bench, bundle(cluster))
    table = answers(cluster)
    details = next(words for words in table if "get-account-authorization-details" in words)
    table[details] = denied("GetAccountAuthorizationDetails")
    refusal = (
        b'Error from server (Forbidden): secrets "cloud-credentials" is forbidden: User "me" cannot get '
        b'resource "secrets" in API group "" in the namespace "openshift-ingress-operator"\n'
    )
    secret = next(words for words in table if words[2:5] == ("openshift-ingress-operator", "get", "secret"))
    table[secret] = Answer(err=refusal, status=1)
    bench.serve(table)
    result = bench.run(write_script(wanted))
    assert result.returncode == 0
    manifest = (bench.collected / "MANIFEST.tsv").read_text().splitlines()
    statuses = {line.split("\t")[3]: line.split("\t")[0] for line in manifest if line[:1].isdigit()}
    assert sorted(set(statuses.values())) == ["0", "1", "254"]
    assert all(re.fullmatch(r"\d+\t\d{4}-\d\d-\d\dT[\d:]{8}Z\t[^\t]+\t[^\t]+", line) for line in manifest[3:])
    after = analyze([folder, bench.archive])
    (finding,) = [f for f in after.findings if f.rule == "input-denied-call"]
    assert "GetAccountAuthorizationDetails" in finding.message
    assert "oc get secrets" in finding.message
    assert not findings(after, "fail"), told(after)
    left = {item.evidence for item in after.missing}
    assert "secret-value:openshift-ingress-operator/cloud-credentials" in left
    assert "role:demo-openshift-machine-api-aws-cloud-credentials" in left


def test_who_may_not_list_roles_is_asked_for_those_known_by_name(bench: Bench, tmp_path: Path) -> None:
    cluster = Cluster()
    folder, _, wanted = asked(bench, bundle(cluster))
    table = answers(cluster)
    details = next(words for words in table if "get-account-authorization-details" in words)
    table[details] = denied("GetAccountAuthorizationDetails")
    bench.serve(table)
    bench.run(write_script(wanted))
    after = analyze([folder, bench.archive])
    again = Bench(tmp_path / "again")
    again.folder.mkdir()
    again.serve(table)
    again.run(write_script(plan(after)))
    last = analyze([folder, bench.archive, again.archive])
    assert not last.missing, told(last)
    assert {c.verdict.state for c in last.chains} == {"pass"}, told(last)


def test_where_a_tool_is_not_installed_its_calls_are_left_out(bench: Bench) -> None:
    cluster = Cluster()
    folder, _, wanted = asked(bench, bundle(cluster))
    bench.serve(answers(cluster), tools=["oc"])
    result = bench.run(write_script(wanted))
    assert result.returncode == 0
    assert {call[0] for call in bench.calls} == {"oc"}
    after = analyze([folder, bench.archive])
    left = {item.evidence for item in after.missing}
    assert {"roles", "jwks"} <= left
    assert not any(name.startswith("secret-value") for name in left)
    assert not findings(after, "fail", "warn"), told(after)


def test_a_machine_without_a_way_out_proves_nothing_about_the_issuer(bench: Bench) -> None:
    cluster = Cluster()
    folder, _, wanted = asked(bench, bundle(cluster))
    lost = Answer(err=b"curl: (6) Could not resolve host\n", status=6)
    bench.serve(answers(cluster) | {words: lost for words in answers(cluster) if words[0] == "curl"})
    result = bench.run(write_script(wanted))
    assert "tells nothing" in result.stderr
    after = analyze([folder, bench.archive])
    assert not findings(after, "fail"), told(after)
    assert {"jwks", "discovery"} <= {item.evidence for item in after.missing}


@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"]], ids=" ".join)
def test_secrets_never_reach_the_disk(bench: Bench, shell: list[str]) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not installed")
    cluster = Cluster()
    text = b"""[default]
role_arn = arn:aws:iam::123456789012:role/x
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
password=hunter22"""
    cluster.set_credentials("openshift-ingress-operator", "cloud-credentials", text)
    _, _, wanted = asked(bench, bundle(cluster))
    table = answers(cluster)
    for words in [w for w in table if "openid-configuration" in w[-1]]:
        table[words] = Answer(b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n")  # somebody served the wrong file
    bench.serve(table)
    call = "secret_value openshift-ingress-operator cloud-credentials\n"
    script = write_script(wanted).replace("\nfinish\n", f"\n{call}finish\n")
    result = bench.run(script, shell=shell)
    everything = b"".join(p.read_bytes() for p in bench.collected.rglob("*") if p.is_file())
    with tarfile.open(bench.archive) as packed:
        members = {m.name for m in packed.getmembers()}
        packs = b"".join(packed.extractfile(m).read() for m in packed.getmembers() if m.isfile())  # type: ignore[union-attr]
    held = base64.b64decode(re.findall(rb"credentials: ([A-Za-z0-9+/=]{40,})\n", everything)[-1])
    assert b"role_arn = arn:aws:iam::123456789012:role/x" in everything
    for secret in (b"AKIAIOSFODNN7", b"wJalrXUtn", b"hunter22", b"PRIVATE KEY"):
        assert secret not in everything + packs + held
    assert "left out, it looks as if it held a secret: openid-configuration" in result.stderr
    assert not any(name.endswith("/openid-configuration") for name in members)
    assert stat.S_IMODE(bench.archive.stat().st_mode) == 0o600
    assert {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in bench.collected.rglob("*")} == {0}


def test_a_token_is_kept_without_its_signature_and_judged_at_its_own_time(bench: Bench) -> None:
    cluster = Cluster()
    _wrong_subject(cluster)
    now = int(datetime.now(UTC).timestamp())
    whole = cluster.token(
        "openshift-ingress-operator", "ingress-operator", iat=now - 60, nbf=now - 60, exp=now + 3500
    )
    folder, _, wanted = asked(bench, without(bundle(cluster) | exports(cluster), "exports/oidc"))
    table = answers(cluster)
    script = write_script(wanted)
    assert "\ntoken openshift-ingress-operator ingress-operator\n" in script
    template = re.search(r"^token_places='([^']*)'", script, re.MULTILINE)
    assert template
    path = "/var/run/secrets/openshift/serviceaccount/token"
    rows = f"default Running other other {path}\ningress-operator Running pod-1 ingress-operator {path}\n"
    table["oc", "-n", "openshift-ingress-operator", "get", "pods", "-o", f"go-template={template[1]}"] = (
        Answer(rows.encode())
    )
    words = (
        "oc",
        "-n",
        "openshift-ingress-operator",
        "exec",
        "pod-1",
        "-c",
        "ingress-operator",
        "--",
        "cat",
        path,
    )
    table[words] = Answer(whole.encode())
    bench.serve(table)
    bench.run(script)
    kept = (bench.collected / "token-openshift-ingress-operator-ingress-operator").read_text().strip()
    assert kept == whole.rpartition(".")[0]
    after = analyze([folder, bench.archive])
    assert not [f for f in after.findings if f.rule.startswith("token-")], told(after)
    assert not [f for f in after.findings if f.rule == "input-live-secret"]
