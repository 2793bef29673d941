"""A single value that was masked, emptied or taken out is not known: no more than that is open."""

from __future__ import annotations

import pytest

from samples import Cluster
from tests.properties.hiding import Said, judged, subjects_of, turned
from tests.properties.single_values import GONE, Path, changed, parsed

from .faults import FAULTS
from .runs import Bench, Files, everything

PODS = "namespaces/openshift-machine-api/core/pods.yaml"
REGISTRY_PODS = "namespaces/openshift-image-registry/core/pods.yaml"
SECRETS = "namespaces/openshift-machine-api/core/secrets.yaml"
REQUEST = "credentialsrequests/openshift-image-registry.yaml"
RELEASED = "credrequests/0000_50_cluster-image-registry-operator_01-registry-credentials-request.yaml"
ROLE = "iam/get-role-demo-openshift-ingress-operator-cloud-credentials.json"
POLICY = "iam/get-role-policy-demo-openshift-ingress-operator-cloud-credentials.json"
PROVIDER = "oidc/get-open-id-connect-provider-demo-oidc.s3.us-west-2.amazonaws.com.json"
KEYS = "issuer/keys.json"
INSTALL = "namespaces/kube-system/core/configmaps.yaml"
REGISTRY_CONFIG = "imageregistry.operator.openshift.io/configs/cluster.yaml"
MASK = "REDACTED"

OBSERVED: Path = ("spec", "observedConfig", "apiServerArguments", "service-account-issuer")
VARIABLE: Path = ("items", 0, "spec", "containers", 0, "env", 0, "value")
TOKEN = ("serviceAccountToken",)
STATEMENT: Path = ("PolicyDocument", "Statement", 0)
ENTRY: Path = ("spec", "providerSpec", "statementEntries", 0)
HIDDEN_ACCOUNT = "arn:aws:iam::REDACTED:oidc-provider/demo-oidc.s3.us-west-2.amazonaws.com"
TRUST: Path = ("Role", "AssumeRolePolicyDocument", "Statement", 0)


def the_file(files: Files, end: str) -> str:
    (found,) = (path for path in files if path.endswith(end))
    return found


def said(bench: Bench, files: Files) -> Said:
    return judged(bench, subjects_of(bench, files))


def token_volume(files: Files, file: str) -> Path:
    """Find the token for AWS of the first pod of a namespace."""
    for number, pod in enumerate(parsed(files[file], file)["items"]):
        for index, volume in enumerate(pod["spec"]["volumes"]):
            for at, source in enumerate(volume.get("projected", {}).get("sources", ())):
                if "audience" in source.get("serviceAccountToken", {}):
                    return ("items", number, "spec", "volumes", index, "projected", "sources", at, *TOKEN)
    raise AssertionError(file)


@pytest.mark.parametrize("new", [MASK, "***", "", None])
@pytest.mark.parametrize("key", ["path", "audience"])
@pytest.mark.parametrize("file", [PODS, REGISTRY_PODS])
def test_a_token_volume_that_is_not_known(bench: Bench, file: str, key: str, new: str | None) -> None:
    files = everything(Cluster())
    path = the_file(files, file)
    hidden = changed(files, path, (*token_volume(files, path), key), new)
    assert not turned(said(bench, files), said(bench, hidden))


@pytest.mark.parametrize(
    "at",
    [("volumes",), ("volumes", 0, "name"), ("volumes", 0, "projected"),
     ("volumes", 0, "projected", "sources"), ("containers", 0, "volumeMounts"),
     ("containers", 0, "volumeMounts", 0, "mountPath"),
     ("containers", 0, "volumeMounts", 0, "name")],
    ids=str,
)  # fmt: skip
def test_a_pod_whose_volumes_are_masked(bench: Bench, at: Path) -> None:
    files = everything(Cluster())
    path = the_file(files, PODS)
    hidden = changed(files, path, ("items", 0, "spec", *at), MASK)
    assert not turned(said(bench, files), said(bench, hidden))


def test_a_pod_that_no_one_can_read_leaves_its_list_not_whole(bench: Bench) -> None:
    """The one of the drivers that has the token may be the one that is lost."""
    files = everything(Cluster())
    path = the_file(files, "namespaces/openshift-cluster-csi-drivers/core/pods.yaml")
    text = files[path].decode()
    at = text.index("name: csi-driver\n")
    hidden = {**files, path: (text[:at] + '"masked"' + text[at:]).encode()}
    assert not turned(said(bench, files), said(bench, hidden))


@pytest.mark.parametrize("file", [REQUEST, RELEASED])
@pytest.mark.parametrize(
    ("at", "new"),
    [((*ENTRY, "effect"), MASK), ((*ENTRY, "effect"), ""), ((*ENTRY, "action", 0), ""),
     ((*ENTRY, "action", 0), None), ((*ENTRY, "action"), GONE), (ENTRY, MASK),
     (ENTRY[:-1], MASK), (("spec", "providerSpec"), MASK), (("spec", "secretRef"), GONE),
     (("spec", "secretRef", "namespace"), None), (("spec", "serviceAccountNames", 0), None),
     (("spec", "serviceAccountNames", 0), "")],
    ids=str,
)  # fmt: skip
def test_a_request_of_which_a_part_is_not_known(bench: Bench, file: str, at: Path, new: object) -> None:
    files = everything(Cluster())
    hidden = changed(files, the_file(files, file), at, new)
    assert not turned(said(bench, files), said(bench, hidden))


@pytest.mark.parametrize(
    ("file", "at", "new"),
    [(POLICY, (*STATEMENT, "Action", 0), ""), (POLICY, (*STATEMENT, "Action", 0), None),
     (POLICY, (*STATEMENT, "Resource"), ""), (POLICY, (*STATEMENT, "Resource"), GONE),
     (ROLE, (*TRUST, "Action"), ""), (ROLE, (*TRUST, "Effect"), ""), (ROLE, (*TRUST, "Effect"), GONE),
     (ROLE, (*TRUST, "Principal"), GONE), (ROLE, (*TRUST, "Principal", "Federated"), GONE),
     (ROLE, (*TRUST, "Principal", "Federated"), None), (ROLE, TRUST[:-1], GONE),
     (ROLE, (*TRUST[:2], "Version"), ""), (ROLE, TRUST[:2], None),
     (PROVIDER, ("ClientIDList", 0), None), (PROVIDER, ("ClientIDList", 0), ""),
     (KEYS, ("keys",), MASK), (KEYS, ("keys", 0), MASK)],
    ids=str,
)  # fmt: skip
def test_what_aws_never_stores_was_hidden(bench: Bench, file: str, at: Path, new: object) -> None:
    files = everything(Cluster())
    hidden = changed(files, the_file(files, file), at, new)
    assert not turned(said(bench, files), said(bench, hidden))


@pytest.mark.parametrize(
    ("file", "at", "new"),
    [(SECRETS, ("items", 0, "metadata", "namespace"), MASK),
     (SECRETS, ("items", 0, "metadata", "namespace"), GONE), (SECRETS, ("items", 0, "kind"), MASK),
     (SECRETS, ("items", 0, "data"), MASK), (SECRETS, ("items",), MASK),
     (SECRETS, ("items", 0, "data", "credentials"), ""),
     (PODS, ("items", 0, "metadata", "namespace"), GONE),
     (INSTALL, ("items", 0, "data", "install-config"), MASK),
     (REQUEST, ("status", "conditions", 0, "message"), MASK),
     (REQUEST, ("status", "conditions", 0, "message"), GONE),
     ("kubeapiservers/cluster.yaml", (*OBSERVED, 0), ""),
     ("authentications/cluster.yaml", ("spec",), GONE),
     ("cloudcredentials/cluster.yaml", ("spec", "credentialsMode"), MASK)],
    ids=str,
)  # fmt: skip
def test_an_object_of_which_a_part_is_not_known(bench: Bench, file: str, at: Path, new: object) -> None:
    files = everything(Cluster())
    hidden = changed(files, the_file(files, file), at, new)
    assert not turned(said(bench, files), said(bench, hidden))


@pytest.mark.parametrize(
    ("name", "file", "at", "new"),
    [("workload-legacy-token-path", PODS, VARIABLE, MASK),
     ("trust-provider-mismatch-account", ROLE, ("Role", "Arn"), MASK),
     ("key-rollout-in-progress", "kubeapiservers/cluster.yaml",
      ("status", "nodeStatuses", 2, "currentRevision"), MASK),
     ("secret-newer-than-pods", SECRETS, ("items", 0, "metadata", "creationTimestamp"), GONE),
     ("operator-storage-error-sts", REGISTRY_CONFIG, ("status", "conditions", 0, "status"), MASK),
     ("operator-storage-error-sts", REGISTRY_CONFIG, ("status", "conditions"), MASK),
     ("operator-storage-error-sts", REGISTRY_CONFIG, ("status", "conditions", 0, "message"), MASK),
     ("operator-degraded", "clusteroperators/machine-api.yaml", ("status", "conditions", 0, "status"), ""),
     ("permission-boundary", "iam/get-role-demo-openshift-machine-api-aws-cloud-credentials.json",
      ("Role", "PermissionsBoundary", "PermissionsBoundaryArn"), GONE),
     ("request-release-mismatch-newer", "0_machine-api-operator_00_credentials-request.yaml",
      ("metadata", "annotations", "capability.openshift.io/name"), MASK)],
    ids=str,
)  # fmt: skip
def test_a_fault_does_not_pass_where_its_proof_is_hidden(
    bench: Bench, name: str, file: str, at: Path, new: object
) -> None:
    (fault,) = (one for one in FAULTS if one.id == name)
    files = fault.files()
    whole, hidden = said(bench, files), said(bench, changed(files, the_file(files, file), at, new))
    assert not turned(whole, hidden)


def test_a_masked_profile_is_no_other_one(bench: Bench) -> None:
    """It may be the default one, as the file may be the Secret's."""
    (fault,) = (one for one in FAULTS if one.id == "workload-static-env-profile")
    files = fault.files()
    path = the_file(files, "namespaces/openshift-cluster-csi-drivers/core/pods.yaml")
    value = ("items", 1, "spec", "containers", 0, "env", 5, "value")
    hidden = said(bench, changed(files, path, value, MASK))
    found = {state for key, state in hidden.states.items() if key[0] == fault.rule}
    assert found <= {"unknown", "pass", "not-applicable"}
    assert hidden.states[fault.rule, "chain", fault.chains[0]] == "unknown"


@pytest.mark.parametrize(
    ("at", "new", "why"),
    [(("Role", "Arn"), GONE, "nothing tells the account of role"),
     ((*TRUST, "Principal", "Federated"), HIDDEN_ACCOUNT,
      "the account is masked in the trust policy of role")],
    ids=["not-told", "masked"],
)  # fmt: skip
def test_why_a_trust_policy_is_left_open(bench: Bench, at: Path, new: object, why: str) -> None:
    files = everything(Cluster())
    report = bench.report(changed(files, the_file(files, ROLE), at, new))
    assert any(item.why.startswith(why) for item in report.missing), [item.why for item in report.missing]
