"""What people put over their values: never a fault of its own, and none that stands beside it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from analyzer.findings.report import Report
from samples import Cluster, edits
from samples.yamlout import Json

from .faults_in_aws import rotated
from .faults_in_roles import INGRESS_NAMESPACE
from .runs import DRIVERS, Bench, Files, bundle, edited, everything, exports, named, told, without

ACCOUNT = "402938475610"
BUCKET = "demo-oidc"
MASKS = [
    "REDACTED", "***", "xxxx", "xxx", "<masked>", "[REDACTED]", "(redacted)", "MASKED", "demo****oidc",
    "...", "••••", "domain0000000001",
]  # fmt: skip
TO_FILL_IN = ["<account-id>", "{{account}}", "$ACCOUNT", "${ACCOUNT}", "<name>"]


def over(files: Files, value: str, mask: str, *parts: str) -> dict[str, bytes]:
    """Put a mask over a value in the files whose path holds one of the parts, or in all."""
    changed = {
        path: data.replace(value.encode(), mask.encode()) if any(part in path for part in parts) else data
        for path, data in files.items()
    }
    assert changed != files, "nothing is masked"
    return changed


def assert_quiet(report: Report) -> None:
    assert not named(report, "fail", "warn"), told(report)


def healthy(*, secrets: str = "elided", **options: object) -> dict[str, bytes]:
    token = ("openshift-ingress-operator", "ingress-operator")
    return everything(Cluster(account=ACCOUNT), secrets=secrets, token=token, **options)


@pytest.mark.parametrize("mask", [*(mask for mask in MASKS if mask != "xxx"), *TO_FILL_IN])
@pytest.mark.parametrize("value", [BUCKET, "us-west-2"])
@pytest.mark.parametrize("where", ["exports/oidc", "exports/issuer", "exports/"])
def test_an_issuer_masked_in_exports(bench: Bench, mask: str, value: str, where: str) -> None:
    files = without(healthy(), "exports/token")
    assert_quiet(bench.report(over(files, value, mask, where)))


@pytest.mark.parametrize("mask", [*MASKS, *TO_FILL_IN])
@pytest.mark.parametrize("details", [False, True])
def test_an_account_masked_in_exports(bench: Bench, mask: str, *, details: bool) -> None:
    assert_quiet(bench.report(over(healthy(secrets="full", details=details), ACCOUNT, mask, "exports/")))


@pytest.mark.parametrize("mask", ["ACCOUNT_ID", "my-account", "12345678901", "1", ""])
@pytest.mark.parametrize("where", ["exports/", "exports/iam", "exports/oidc"])
@pytest.mark.parametrize("secrets", ["elided", "full"])
def test_what_stands_for_an_account_without_being_one(
    bench: Bench, mask: str, where: str, secrets: str
) -> None:
    """AWS names no account but of twelve digits: whatever else its answers have there was put there."""
    assert_quiet(bench.report(over(healthy(secrets=secrets), ACCOUNT, mask, where)))


@pytest.mark.parametrize("mask", [*(mask for mask in MASKS if mask != "***"), "$BUCKET", "<bucket>"])
@pytest.mark.parametrize(
    "where",
    ["kubeapiservers/", "authentications", "openshift-kube-apiserver/core/configmaps", "must-gather/"],
)
def test_an_issuer_masked_in_the_bundle(bench: Bench, mask: str, where: str) -> None:
    mask = mask if mask != "xxx" else "xxxx"
    files = without(healthy(), "exports/token")
    assert_quiet(bench.report(over(files, BUCKET, mask, where)))


@pytest.mark.parametrize(
    "mask",
    ["[REDACTED]", "<masked>", "***", "{{REDACTED}}", "%ISSUER%", "@@@@", "!redacted", "#####", "`hidden`"],
)
def test_an_issuer_that_is_no_text_any_more(bench: Bench, mask: str) -> None:
    cluster = Cluster(account=ACCOUNT)
    report = bench.report(over(everything(cluster), str(cluster.issuer), mask, "authentications"))
    assert_quiet(report)
    assert report.cluster.version  # nothing beside it is lost
    assert not report.errors


@pytest.mark.parametrize("mask", ["REDACTED", "...", "xxxx", "{{modulus}}"])
def test_a_key_without_its_modulus_is_not_judged(bench: Bench, mask: str) -> None:
    files = everything(Cluster())
    keys = json.loads(files["exports/issuer/keys.json"])
    keys["keys"][0]["n"] = mask
    assert_quiet(bench.report(files | {"exports/issuer/keys.json": json.dumps(keys).encode()}))


def _of_ids_alone(files: Files, *kept: str) -> Files:
    keys = json.loads(files["exports/issuer/keys.json"])["keys"]
    body = {"keys": [{name: key[name] for name in ("kid", *kept)} for key in keys]}
    return files | {"exports/issuer/keys.json": json.dumps(body).encode()}


@pytest.mark.parametrize("kept", [("use",), ("kty", "alg", "use")])
def test_a_key_set_of_which_a_filter_left_the_ids(bench: Bench, kept: tuple[str, ...]) -> None:
    assert_quiet(bench.report(_of_ids_alone(everything(Cluster()), *kept)))
    report = bench.report(_of_ids_alone(everything(edited(rotated(published=False))), *kept))
    assert named(report, "fail", kind="cause") == {"jwks-key-missing"}, told(report)


@pytest.mark.parametrize("mask", ["REDACTED", "xxxx", "<masked>", "MASKED"])
@pytest.mark.parametrize("where", ["must-gather/", "credentialsrequests", "core/pods", "exports/"])
def test_masked_service_accounts(bench: Bench, mask: str, where: str) -> None:
    files = over(everything(Cluster()), "machine-api-controllers", mask, where)
    assert_quiet(bench.report(files))


@pytest.mark.parametrize("lacking", [False, True])
@pytest.mark.parametrize("release", [False, True])
def test_an_action_masked_in_a_request_neither_fails_nor_passes(
    bench: Bench, *, lacking: bool, release: bool
) -> None:
    cluster = Cluster()
    if lacking:
        for document in cluster.role("openshift-cluster-csi-drivers").inline.values():
            for statement in document["Statement"]:
                statement["Action"] = [one for one in statement["Action"] if one != "ec2:AttachVolume"]
    parts = ("must-gather/", "credrequests/") if release else ("must-gather/",)
    report = bench.report(over(everything(cluster), "ec2:AttachVolume\n", "REDACTED\n", *parts))
    assert_quiet(report)
    (chain,) = (one for one in report.chains if one.id == DRIVERS)
    assert {one.link: one.state for one in chain.links}["permissions"] == "unknown"


def test_a_masked_action_hides_no_other_difference(bench: Bench) -> None:
    files = over(everything(Cluster()), "ec2:AttachVolume\n", "REDACTED\n", "must-gather/")
    files = over(files, "ec2:DetachVolume\n", "ec2:CreateVpc\n", "must-gather/")
    (found,) = [f for f in bench.report(files).findings if f.rule == "request-drift"]
    assert "asks for ec2:CreateVpc" in found.message
    assert "REDACTED" not in found.message
    assert "lacks" not in found.message


def test_a_masked_thumbprint_is_not_malformed(bench: Bench) -> None:
    files = over(everything(Cluster()), Cluster().provider.thumbprints[0], "REDACTED", "exports/")
    assert_quiet(bench.report(files))


def test_a_list_with_an_object_whose_name_was_taken_out_is_not_whole(bench: Bench) -> None:
    """The nameless one may be the Secret that is not among the others."""
    files = over(
        everything(Cluster()),
        "    name: ebs-cloud-credentials\n",
        "",
        "openshift-cluster-csi-drivers/core/secrets",
    )
    report = bench.report(files)
    assert not named(report, "fail"), told(report)
    (chain,) = (one for one in report.chains if one.id == DRIVERS)
    assert {one.link: one.state for one in chain.links}["secret"] == "unknown"


def test_a_request_that_the_operator_does_not_name_any_more(bench: Bench) -> None:
    files = over(everything(Cluster()), "openshift-image-registry\n", "REDACTED\n", "clusteroperators")
    report = bench.report(without(files, "credentialsrequests/openshift-image-registry.yaml"))
    assert "request-missing" not in named(report, "fail"), told(report)


def _wrong_namespace(cluster: Cluster) -> None:
    role = cluster.role("openshift-ingress-operator")
    edits.trust_subjects(role, ["system:serviceaccount:openshift-ingress:ingress-operator"])


@pytest.mark.parametrize("mask", [*MASKS, *TO_FILL_IN])
def test_a_wrong_subject_is_found_beside_masked_accounts(bench: Bench, mask: str) -> None:
    cluster = edited(_wrong_namespace, account=ACCOUNT)
    report = bench.report(bundle(cluster) | over(exports(cluster), ACCOUNT, mask, ""))
    assert named(report, "fail") == {"trust-subject-mismatch"}, told(report)


@pytest.mark.parametrize("text", TO_FILL_IN[1:])
def test_a_placeholder_in_a_trust_policy_alone_is_one(bench: Bench, text: str) -> None:
    """AWS's own fields hold the account: nobody put the text over it."""
    cluster = Cluster()
    role = cluster.role("openshift-ingress-operator")
    role.trust = json.loads(json.dumps(role.trust).replace(BUCKET, text))
    report = bench.report(bundle(cluster) | exports(cluster))
    assert named(report, "fail") == {"trust-placeholder"}, told(report)


@pytest.mark.parametrize("text", ["<account-id>", "${ACCOUNT}", "<name>"])
def test_a_placeholder_in_a_secret_is_one(bench: Bench, text: str) -> None:
    cluster = Cluster()
    arn = cluster.role("openshift-ingress-operator").arn.replace(cluster.account, text)
    cluster.set_role_arn("openshift-ingress-operator", "cloud-credentials", arn)
    report = bench.report(everything(cluster, secrets="full"))
    assert named(report, "fail") == {"secret-placeholder"}, told(report)


def test_what_a_dry_run_left_for_a_thumbprint_is_no_mask(bench: Bench) -> None:
    left = "<enter_tls_fingerprint_for_issuer_url_here>"
    files = over(everything(Cluster()), Cluster().provider.thumbprints[0], left, "exports/")
    report = bench.report(files)
    assert named(report, "fail", "warn") == {"provider-thumbprint-malformed"}, told(report)


def _without_accounts(spec: Json) -> None:
    for name in ("serviceAccountName", "serviceAccount"):
        spec.pop(name, None)


def _without_mounts(spec: Json) -> None:
    for container in spec["containers"]:
        container.pop("volumeMounts", None)


@pytest.mark.parametrize("name", ["ingress-operator", "aws-ebs-csi-driver-controller"])
@pytest.mark.parametrize("strip", [_without_accounts, _without_mounts])
def test_what_the_api_server_gives_each_pod_was_taken_out(
    bench: Bench, strip: Callable[[Json], None], name: str
) -> None:
    """Every pod has the name of its ServiceAccount, and the token for the API mounted: one here has not."""

    def hook(path: str, body: Json) -> Json:
        for item in body.get("items", [body]):
            if item.get("kind") == "Pod" and item["metadata"]["name"].startswith(name):
                strip(item["spec"])
        return body

    cluster = Cluster()
    cluster.hooks.append(hook)
    report = bench.report(everything(cluster))
    assert_quiet(report)


@pytest.mark.parametrize("statement", [None, "", [None]])
@pytest.mark.parametrize("details", [False, True])
def test_statements_that_were_taken_out_of_a_trust_policy(
    bench: Bench, statement: object, *, details: bool
) -> None:
    cluster = Cluster()
    cluster.role(INGRESS_NAMESPACE).trust = {"Version": "2012-10-17", "Statement": statement}
    assert_quiet(bench.report(everything(cluster, details=details)))
