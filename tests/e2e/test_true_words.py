"""What a report says beside its verdict must be true too: what was handed in, what fits, what is missing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from analyzer.reports.formats import Options, render
from analyzer.reports.story import proofs
from analyzer.reports.text import render_text
from analyzer.session import built_in_rules
from samples import Cluster, recorded, rosa
from samples.aws import HttpError
from samples.cluster import REGISTRY_COPY, REGISTRY_SOURCE
from samples.edits import drop_role
from tests.e2e.faults import FAULTS
from tests.e2e.faults_in_cluster import role_of_another_request, untruncated
from tests.e2e.runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    NETWORK,
    READ_ONLY,
    REGISTRY,
    Bench,
    bundle,
    edited,
    everything,
    exports,
    told,
    without,
)


def test_the_role_that_fits_to_the_byte_is_named(bench: Bench) -> None:
    cluster = edited(role_of_another_request)
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch" and MACHINES in f.chains]
    assert cluster.role("openshift-image-registry").arn in found.message.partition("What fits instead")[2]


@pytest.mark.parametrize(
    "partition, region, path, written, phrase",
    [
        (
            "aws",
            "us-west-2",
            "/teams/ops/",
            "arn:aws:iam::123456789012:role/",
            "without its path /teams/ops/",
        ),
        ("aws-us-gov", "us-gov-west-1", "/", "arn:aws:iam::123456789012:role/", "in the partition aws."),
    ],
)
def test_a_part_of_the_arn_that_is_left_out_or_exchanged_is_named(
    bench: Bench, partition: str, region: str, path: str, written: str, phrase: str
) -> None:
    cluster = Cluster(partition=partition, region=region)
    for role in cluster.roles.values():
        role.path = path
        cluster.set_role_arn(*role.description.removeprefix("OpenShift role for ").split("/"), role.arn)
    cluster.secrets[REGISTRY_COPY] = cluster.secrets[REGISTRY_SOURCE]
    cluster.set_role_arn(*MACHINES.split("/"), written + cluster.role("openshift-machine-api").name)
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.state == "fail"]
    assert (found.rule, found.chains) == ("secret-length-mismatch", (MACHINES,)), told(report)
    assert phrase in found.message.partition("What fits instead")[2]


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_line_ends_of_windows_are_named_where_they_fit(bench: Bench, end: bytes) -> None:
    cluster = Cluster()
    value = cluster.secrets["openshift-machine-api", "aws-cloud-credentials"].data["credentials"]
    cluster.set_credentials(*MACHINES.split("/"), value.replace(b"\n", b"\r\n") + end)
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch"]
    assert "a file with line ends of Windows" in found.message.partition("What fits instead")[2]


def test_roles_that_were_handed_in_are_not_called_missing(bench: Bench) -> None:
    cluster = Cluster()
    files = everything(cluster)
    name = cluster.role("openshift-ingress-operator").name
    left = {path: content for path, content in files.items() if name not in path}
    asked = [m.why for m in bench.report(left).missing if INGRESS in m.chains]
    assert asked
    assert not [why for why in asked if "no export of the account's IAM roles" in why], asked


@pytest.mark.parametrize("platform", ["Azure", "GCP", "VSphere"])
def test_another_clouds_workload_identity_is_no_aws_sts(bench: Bench, platform: str) -> None:
    files = {
        path: re.sub(rb"\baws(?=:)|\bAWS\b", platform.encode(), body) if "infrastructures" in path else body
        for path, body in bundle(Cluster()).items()
    }
    files = {path: body for path, body in files.items() if not path.endswith("core/secrets.yaml")}
    report = bench.report(files)
    assert report.cluster.platform == platform
    assert report.cluster.sts is False
    assert report.missing == (), told(report)
    assert {f.rule for f in report.findings} <= {"input-incomplete"}, told(report)
    assert f"The platform of this cluster is {platform}, not AWS" in render_text(report)


def test_a_hosted_guest_is_asked_for_nothing_that_it_does_not_hold(bench: Bench) -> None:
    cluster = Cluster()
    hosted = {
        path: body.replace(b"controlPlaneTopology: HighlyAvailable", b"controlPlaneTopology: External")
        .replace(b"credentialsMode: Manual\n", b"" if "kube-system" in path else b"credentialsMode: Manual\n")
        for path, body in bundle(cluster).items()
        if "kube-apiserver" not in path and "kubeapiservers" not in path
        and "openshift-config-managed" not in path
    }  # fmt: skip
    report = bench.report(hosted | exports(cluster))
    assert not [m.command for m in report.missing if "kube-apiserver" in m.command]
    assert not [m.command for m in report.missing if "kubeapiservers" in m.command]
    assert any(m.command.startswith("oc create token ingress-operator") for m in report.missing)
    assert not [f.rule for f in report.findings if f.state in ("fail", "warn")], told(report)


def test_what_leads_nowhere_is_not_said_to_be_settled_by_anything(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.rule == "log-throttled")
    text = render_text(bench.report(fault.files()))
    assert "AWS throttles the calls, and the cause is not proven." in text
    assert "candidates:" not in text
    assert "settled by:" not in text


def test_sts_is_never_called_without_tls(bench: Bench) -> None:
    cluster = Cluster()
    for role in cluster.roles.values():
        role.trust["Statement"].append(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:AssumeRole*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        )
    report = bench.report(everything(cluster))
    assert not [f.rule for f in report.findings if f.link == "trust" and f.state != "info"], told(report)


def test_the_deny_itself_is_quoted(bench: Bench) -> None:
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    deny = {"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*"}
    role.inline["fence"] = {"Version": "2012-10-17", "Statement": [deny]}
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "permission-explicit-deny"]
    assert '"Effect": "Deny"' in proofs(found, 1)[0].excerpt


def test_a_name_that_was_not_cut_is_told_by_its_length(bench: Bench) -> None:
    cluster = edited(untruncated, name="production-eu-central-one", infra_name="production-eu-central-8x2p1")
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch" and MACHINES in f.chains]
    name = f"{cluster.name}-{MACHINES.replace('/', '-')}"
    assert "before ccoctl cut it to 64 characters" in found.message
    assert found.message.endswith(f"/{name}.")


def without_role(namespace: str) -> Cluster:
    """Give a cluster whose account has no role for that namespace."""
    cluster = Cluster()
    drop_role(cluster, namespace, recorded=False)
    return cluster


def test_what_only_the_release_asks_for_needs_no_role_here(bench: Bench) -> None:
    """A capability may be off: the cluster has no request, no Secret and no pod."""
    cluster = without_role("openshift-image-registry")
    of_it = r"must-gather/.*(?:openshift-image-registry|clusteroperators)"
    report = bench.report(without(everything(cluster, details=True), of_it))
    assert "trust-role-missing" not in {f.rule for f in report.findings}, told(report)


@pytest.mark.parametrize("ours", [True, False])
def test_a_users_request_may_have_a_role_of_any_name(bench: Bench, ours: bool) -> None:
    files = everything(without_role("openshift-ingress-operator"), details=True, parts=("iam", "oidc"))
    request = next(path for path in files if path.endswith("/openshift-ingress.yaml"))
    if not ours:
        body = re.sub(rb"\n +include\.release\.openshift\.io/[^\n]*", b"", files[request])
        body = body.replace(b"name: openshift-ingress\n", b"name: my-certificates\n")
        files[request] = body.replace(b"name: cloud-credentials", b"name: certificates")
    report = bench.report(files)
    found = {c for f in report.findings if f.rule == "trust-role-missing" for c in f.chains}
    assert found == ({INGRESS} if ours else set()), told(report)


@pytest.mark.parametrize("ours", [True, False])
def test_a_users_request_may_have_a_secret_of_any_length(bench: Bench, ours: bool) -> None:
    """In a bundle alone the roles of a release's requests are told by their Secrets; another's are not."""
    cluster = Cluster()
    cluster.set_role_arn(*INGRESS.split("/"), cluster.role("openshift-ingress-operator").arn + "-of-my-own")
    files = bundle(cluster)
    if not ours:
        request = next(path for path in files if path.endswith("/openshift-ingress.yaml"))
        body = re.sub(rb"\n +include\.release\.openshift\.io/[^\n]*", b"", files.pop(request))
        body = body.replace(b"name: openshift-ingress\n", b"name: my-certificates\n")
        files[request.replace("openshift-ingress.yaml", "my-certificates.yaml")] = body
    report = bench.report(files)
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch"]
    assert (found.state, found.chains) == ("fail" if ours else "warn", (INGRESS,)), told(report)


def test_where_the_roles_have_a_path_too_the_odd_secret_is_a_warning(bench: Bench) -> None:
    """A path explains what a name alone does not: roles that were named one by one may agree by chance."""
    cluster = Cluster()
    for chain in (INGRESS, REGISTRY, MACHINES, DRIVERS, NETWORK, READ_ONLY):
        role = cluster.role(chain.split("/")[0])
        role.path = "/ops/of/mine/" if chain == INGRESS else "/ops/"
        cluster.set_role_arn(*chain.split("/"), role.arn)
    report = bench.report(bundle(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch"]
    assert (found.state, found.chains) == ("warn", (INGRESS,)), told(report)


def test_the_export_of_a_role_of_another_name_explains_its_secret(bench: Bench) -> None:
    """Without the export this fails: with it, it is no pass either, but a remark."""
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    del cluster.roles[role.name]
    role.name = "routers"
    cluster.roles[role.name] = role
    cluster.set_role_arn(*INGRESS.split("/"), role.arn)
    report = bench.report(everything(cluster))
    (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch"]
    assert (found.state, found.chains) == ("info", (INGRESS,)), told(report)
    assert "fits instead: the role that was found for it, " + role.arn in found.message
    assert report.counts.fail == 0
    (found,) = [f for f in bench.report(bundle(cluster)).findings if f.rule == "secret-length-mismatch"]
    assert found.state == "fail"


@pytest.mark.parametrize("days", [30, -30])
def test_a_secret_that_was_made_apart_may_have_a_role_of_another_name(bench: Bench, days: int) -> None:
    """An upgrade brought its request, say, or it was left as it was when ccoctl was run with another name."""
    cluster = Cluster()
    cluster.set_role_arn(*INGRESS.split("/"), cluster.role("openshift-ingress-operator").arn + "-of-my-own")
    held = cluster.secrets[tuple(INGRESS.split("/"))]
    held.created += timedelta(days=days)
    (found,) = [f for f in bench.report(bundle(cluster)).findings if f.rule == "secret-length-mismatch"]
    assert (found.state, found.chains) == ("warn", (INGRESS,))


def test_where_no_two_were_made_together_their_times_tell_of_no_run(bench: Bench) -> None:
    cluster = Cluster()
    cluster.set_role_arn(*INGRESS.split("/"), cluster.role("openshift-ingress-operator").arn + "-of-my-own")
    for number, held in enumerate(cluster.secrets.values()):
        held.created -= timedelta(days=10 * number)
    (found,) = [f for f in bench.report(bundle(cluster)).findings if f.rule == "secret-length-mismatch"]
    assert (found.state, found.chains) == ("fail", (INGRESS,))


def test_a_sign_in_with_a_role_of_another_name_explains_its_secret(bench: Bench) -> None:
    """What AWS let in is not at fault, also where no role was exported."""
    cluster = Cluster()
    arn = f"arn:aws:iam::{cluster.account}:role/routers"
    cluster.set_role_arn(*INGRESS.split("/"), arn)
    subject = "system:serviceaccount:openshift-ingress-operator:ingress-operator"

    def state(role: str) -> str:
        event = recorded.sign_in(cluster, subject, role, cluster.gathered - timedelta(minutes=5))
        report = bench.report(bundle(cluster) | {"case/trail.json": recorded.log_file(event)})
        (found,) = [f for f in report.findings if f.rule == "secret-length-mismatch"]
        return found.state

    assert state(arn) == "warn"
    assert state(cluster.role("openshift-ingress-operator").arn) == "fail"


def test_a_token_that_no_container_mounts_is_none(bench: Bench) -> None:
    place = rb"- mountPath: /var/run/secrets/openshift/serviceaccount"
    mount = place + rb"\n +name: bound-sa-token\n +readOnly: true\n +"
    files = {
        path: re.sub(mount, b"", body) if "/openshift-machine-api/" in path else body
        for path, body in everything(Cluster()).items()
    }
    report = bench.report(files)
    found = {c for f in report.findings if f.rule == "workload-token-volume-missing" for c in f.chains}
    assert found == {MACHINES}, told(report)


def test_what_is_lacking_is_proven_by_the_request_and_by_the_policies(bench: Bench) -> None:
    cluster = Cluster()
    policy = next(iter(cluster.role("openshift-ingress-operator").inline.values()))
    policy["Statement"][0]["Action"].remove("route53:ChangeResourceRecordSets")
    report = bench.report(everything(cluster))
    finding = next(f for f in report.findings if f.rule == "permission-missing" and f.state == "fail")
    assert finding.evidence[0].role == "the entries of the request"
    policies = [piece for piece in finding.evidence if piece.role == "the policies of the role"]
    assert policies
    assert all("get-role-policy" in piece.file for piece in policies)


@pytest.mark.parametrize("what", ["discovery", "jwks"])
def test_a_redirect_to_another_region_is_no_matter_of_public_access(bench: Bench, what: str) -> None:
    def moved(cluster: Cluster) -> None:
        words = "The bucket you are attempting to access must be addressed using the specified endpoint."
        setattr(cluster, what, HttpError(301, "Moved Permanently", "PermanentRedirect", words))

    report = bench.report(everything(edited(moved)))
    (found,) = [f for f in report.findings if f.rule == f"{what}-unreachable"]
    assert "x-amz-bucket-region" in found.fix[0].text
    assert not any("Let everyone on the internet read" in step.text for step in found.fix)


def test_a_proof_stands_where_it_is_said_to_stand(bench: Bench) -> None:
    """The Url that is almost right is quoted, not the beginning of a listing that has it somewhere."""
    fault = next(f for f in FAULTS if f.id == "provider-url-mismatch-path")
    (finding,) = [f for f in bench.report(fault.files()).findings if f.rule == fault.rule]
    assert '"Url": "demo-oidc.s3.us-west-2.amazonaws.com/2abc"' in finding.evidence[0].excerpt


def test_logs_that_cover_less_are_not_said_to_cover_as_much_as_the_longest(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.id == "provider-url-mismatch-path")
    (finding,) = [f for f in bench.report(fault.files()).findings if f.rule == fault.rule]
    assert re.search(r"in \d+ h to \d+ h of logs of 7 pods", finding.remarks[0]), finding.remarks


def test_the_issuer_in_force_is_not_called_another_one(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.rule == "issuer-inconsistent")
    (finding,) = [f for f in bench.report(fault.files()).findings if f.rule == fault.rule]
    assert "but not every source names it: kube-apiserver runs with" in finding.message


def test_clusters_that_are_mixed_are_told_apart(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.id == "input-mixed-clusters-bundles")
    (finding,) = [f for f in bench.report(fault.files()).findings if f.rule == fault.rule]
    assert re.search(r"cluster \S+ \(\S+\); infrastructure ", finding.message), finding.message


def test_no_step_speaks_of_a_link_that_stands_elsewhere() -> None:
    for rule in built_in_rules().rules:
        assert "linked page" not in " ".join(" ".join(step.text.text.split()) for step in rule.fix), rule.id


def test_exports_that_are_left_out_are_not_said_to_be_missing(bench: Bench) -> None:
    fault = next(f for f in FAULTS if f.id == "input-mixed-clusters-exports")
    asked = {item.evidence: item.why for item in bench.report(fault.files()).missing}
    left_out = "that were exported are of another cluster, or nothing ties them to this one"
    assert asked["roles"] == f"the IAM roles {left_out}"
    assert asked["oidc-providers"] == asked["oidc-provider"] == f"the IAM OIDC providers {left_out}"
    alone = {item.evidence: item.why for item in bench.report(bundle(Cluster())).missing}
    assert alone["roles"] == "no export of the account's IAM roles was handed in"


def test_what_makes_a_token_is_not_said_to_only_read(bench: Bench) -> None:
    cluster = Cluster(**rosa.arguments())
    rosa.hosted(cluster)
    case = render(bench.report(everything(cluster)), "case", Options())
    asked = case.partition("Please send the output")[2]
    assert " create token " in asked
    assert "only read" not in asked


def test_that_one_containers_log_lacks_is_not_said_of_all(bench: Bench) -> None:
    files = without(bundle(Cluster()), "/kube-rbac-proxy/logs/")
    (item,) = [m for m in bench.report(files).missing if m.evidence == "logs:openshift-ingress-operator"]
    assert item.why == "not all logs of the pods in openshift-ingress-operator were gathered"


@pytest.mark.parametrize("what", ["discovery", "jwks"])
def test_a_bucket_that_is_gone_is_made_again_before_it_is_filled(bench: Bench, what: str) -> None:
    gone = HttpError(404, "Not Found", "NoSuchBucket", "The specified bucket does not exist")
    report = bench.report(everything(edited(lambda cluster: setattr(cluster, what, gone))))
    (found,) = [f for f in report.findings if f.rule == f"{what}-unreachable"]
    commands = [step.command or "" for step in found.fix]
    assert commands[0].startswith("aws s3 mb s3://demo-oidc --region "), commands
    assert not any("get-public-access-block" in command for command in commands)
