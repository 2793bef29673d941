"""Bundles that are right but written, stripped or left over in ways that the usual ones are not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
import yaml

from samples import Cluster

from .faults_in_operators import degraded, zones_denied
from .runs import (
    DRIVERS,
    INGRESS,
    MACHINES,
    Bench,
    assert_healthy,
    bundle,
    edited,
    everything,
    findings,
    named,
    said,
    states_of,
    the_chain,
    told,
    without,
)

Documents = dict[str, bytes]


def _rewritten(files: Documents, write: Callable[[object], str]) -> Documents:
    """Give the files with every YAML file of the must-gather written anew."""
    return {
        path: write(yaml.load(content, yaml.CSafeLoader)).encode()
        if path.startswith("must-gather/") and path.endswith(".yaml")
        else content
        for path, content in files.items()
    }


class _Quoted(yaml.SafeDumper):
    """Writes every string, keys too, in double quotes."""


_Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)

STYLES: dict[str, Callable[[object], str]] = {
    "flow": lambda value: yaml.dump(value, Dumper=yaml.CSafeDumper, default_flow_style=True),
    "quoted": lambda value: yaml.dump(value, Dumper=_Quoted, default_flow_style=False),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_bundle_in_another_style_of_yaml(bench: Bench, style: str) -> None:
    files = _rewritten(everything(Cluster()), STYLES[style])
    assert_healthy(bench.report(files))


def test_the_registrys_copy_is_no_consumer_where_no_request_was_gathered(bench: Bench) -> None:
    files = everything(Cluster())
    before = {chain.id for chain in bench.report(files).chains}
    report = bench.report(without(files, "credentialsrequests"))
    assert not findings(report, "fail", "warn"), told(report)
    assert {chain.id for chain in report.chains} <= before


def test_objects_of_a_bundle_need_no_uid_to_be_the_clusters(bench: Bench) -> None:
    """Bundles are stripped by hand: what lies in a must-gather was in the cluster all the same."""

    def strip(value: object) -> str:
        members = value.get("items", [value]) if isinstance(value, dict) else []
        for member in members or []:
            for name in ("uid", "resourceVersion"):
                member.get("metadata", {}).pop(name, None)
        return yaml.dump(value, Dumper=yaml.CSafeDumper)

    files = _rewritten(everything(Cluster()), strip)
    report = bench.report(files)
    assert_healthy(report)
    hidden = _without_secret(files, INGRESS)
    assert said(the_chain(bench.report(hidden), INGRESS)) == ("fail", "secret", "secret-missing")


def _without_secret(files: Documents, chain: str) -> Documents:
    namespace, name = chain.split("/")
    changed = dict(files)
    for path, content in files.items():
        if path.endswith(f"namespaces/{namespace}/core/secrets.yaml"):
            value = yaml.safe_load(content)
            value["items"] = [item for item in value["items"] if item["metadata"]["name"] != name]
            changed[path] = yaml.safe_dump(value).encode()
    assert changed != files
    return changed


def test_a_stale_request_needs_no_secret(bench: Bench) -> None:
    """The credential operator marks requests that no release brings any more; in Manual mode they stay."""
    files = everything(Cluster())
    path = next(p for p in files if p.endswith("credentialsrequests/openshift-ingress.yaml"))
    request = yaml.safe_load(files[path])
    request["metadata"]["name"] = "cloud-credential-operator-s3"
    request["spec"]["secretRef"]["name"] = "cloud-credential-operator-s3-creds"
    request["status"] = {
        "conditions": [{"type": "StaleCredentials", "status": "True", "message": "no longer asked for"}]
    }
    files[path.replace("openshift-ingress.yaml", "cloud-credential-operator-s3.yaml")] = yaml.safe_dump(
        request
    ).encode()
    report = bench.report(files)
    assert not findings(report, "fail", "warn"), told(report)
    assert "request-stale" in named(report, "info")


@pytest.mark.parametrize(("minutes", "warned"), [(10, True), (90, False)])
def test_an_issuer_change_shows_by_when_the_old_issuer_expires(
    bench: Bench, minutes: int, warned: bool
) -> None:
    """kube-apiserver's operator trusts the issuer before for 24 hours; its configuration may be gone."""
    cluster = Cluster(version="4.16.9")
    files = without(everything(cluster), r"openshift-kube-apiserver/core/configmaps")
    path = next(p for p in files if p.endswith("kubeapiservers/cluster.yaml"))
    operator = yaml.safe_load(files[path])
    until = cluster.gathered - timedelta(minutes=minutes) + timedelta(hours=24)
    old = {"name": "https://kubernetes.default.svc", "expirationTime": until.strftime("%Y-%m-%dT%H:%M:%SZ")}
    operator["status"]["serviceAccountIssuers"] = [{"name": cluster.issuer}, old]
    files[path] = yaml.safe_dump(operator).encode()
    report = bench.report(files)
    assert named(report, "fail", "warn") == ({"workload-predates-issuer"} if warned else set()), told(report)


def test_the_log_before_a_restart_does_not_tell_that_no_error_goes_on(bench: Bench) -> None:
    """An error may stand in the log that is not there: its rule is not known, and has not passed."""
    files = everything(Cluster())
    gone = r"namespaces/openshift-ingress-operator/pods/.*/current\.log$"
    path = next(p for p in files if "openshift-ingress-operator/pods/" in p and p.endswith("/current.log"))
    hidden = without(files, gone)
    hidden[path.replace("current.log", "previous.log")] = files[path]
    before, after = states_of(bench.report(files)), states_of(bench.report(hidden))
    key = (INGRESS, "operator", "log-no-provider")
    assert (before[key], after[key]) == ("pass", "unknown")


SETTINGS = "[default]\nsts_regional_endpoints = regional\nrole_arn = {arn}\nweb_identity_token_file = {path}"
TOKEN = "/var/run/secrets/openshift/serviceaccount/token"


@pytest.mark.parametrize(
    ("arn", "rule"),
    [
        ("", "secret-role-arn-missing"),
        ("<role-arn>", "secret-placeholder"),
        ("${ROLE_ARN}", "secret-placeholder"),
        ("arn:aws:iam::<account id>:role/CHANGEME", "secret-placeholder"),
        (f"arn:aws:iam::123456789012:role/{'a' * 70}", "secret-role-name-untruncated"),
    ],
)
def test_one_fault_of_a_role_arn_is_one_finding(bench: Bench, arn: str, rule: str) -> None:
    """An empty ARN has no trailing blank, a placeholder is not malformed, no role has so long a name."""
    cluster = Cluster()
    text = SETTINGS.format(arn=arn, path=TOKEN)
    namespace, name = INGRESS.split("/")
    files = everything(cluster)
    for path, content in bundle(cluster).items():
        if path.endswith(f"namespaces/{namespace}/core/secrets.yaml"):
            value = yaml.safe_load(content)
            for item in value["items"]:
                if item["metadata"]["name"] == name:
                    elided = base64.b64encode(f"{len(text)} bytes long".encode()).decode()
                    item["data"] = {"credentials": elided}
            files[path] = yaml.safe_dump(value).encode()
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": {"credentials": text},
    }
    files["exports/secret.yaml"] = yaml.safe_dump(manifest).encode()
    report = bench.report(files)
    assert named(report, "fail", "warn") == {rule}, told(report)
    assert said(the_chain(report, INGRESS))[2] == rule


def test_operators_are_known_where_their_list_of_objects_was_cut(bench: Bench) -> None:
    """A ClusterOperator of its conditions alone is still the one that every release has for the namespace."""

    def cut(value: object) -> str:
        members = value.get("items", [value]) if isinstance(value, dict) else []
        for member in members or []:
            if member.get("kind") == "ClusterOperator":
                member["status"].pop("relatedObjects", None)
        return yaml.dump(value, Dumper=yaml.CSafeDumper)

    report = bench.report(_rewritten(bundle(edited(degraded)), cut))
    assert the_chain(report, MACHINES).operator == "machine-api"
    assert the_chain(report, DRIVERS).operator == "storage"
    (finding,) = [f for f in report.findings if f.rule == "operator-degraded"]
    assert finding.chains == (MACHINES,)


def test_a_record_that_failed_is_told_without_its_ingress_controller(bench: Bench) -> None:
    files = bundle(edited(zones_denied))
    key = (INGRESS, "operator", "operator-dns-not-ready")
    assert states_of(bench.report(without(files, "ingresscontrollers/")))[key] == "fail"
    assert states_of(bench.report(without(files, "ingresscontrollers/|dnsrecords/")))[key] == "unknown"


def _empty(files: Documents, folder: str, kind: str) -> Documents:
    """Give the files with a whole list that is empty in the place of the objects of a folder."""
    place = next(path for path in files if f"/{folder}" in path).partition(f"/{folder}")[0]
    value = {"apiVersion": "v1", "kind": f"{kind}List", "items": []}
    return without(files, f"/{folder}") | {f"{place}/{folder}.yaml": yaml.safe_dump(value).encode()}


def test_no_list_is_asked_for_that_shows_that_there_is_nothing(bench: Bench) -> None:
    files = everything(Cluster(), secrets="full")
    none = _empty(files, f"{INGRESS.partition('/')[0]}/ingress.operator.openshift.io/dnsrecords", "DNSRecord")
    assert bench.report(none).missing == ()
    none = _empty(
        none, f"{INGRESS.partition('/')[0]}/operator.openshift.io/ingresscontrollers", "IngressController"
    )
    assert bench.report(none).missing == ()
    [asked] = bench.report(without(none, "dnsrecords|ingresscontrollers")).missing
    assert asked.command.endswith(
        "ingresscontrollers.operator.openshift.io,dnsrecords.ingress.operator.openshift.io"
    )


def test_logs_of_what_did_not_run_are_asked_for_by_saying_so(bench: Bench) -> None:
    place = "namespaces/openshift-machine-api"
    files = without(everything(Cluster(), secrets="full"), f"{place}/pods/")
    path = next(path for path in files if path.endswith(f"{place}/core/pods.yaml"))
    files[path] = yaml.safe_dump({"apiVersion": "v1", "kind": "PodList", "items": []}).encode()
    [asked] = bench.report(files).missing
    assert (
        asked.why == "no pod ran in openshift-machine-api when it was gathered: there are logs once one does"
    )


@pytest.mark.parametrize(
    ("hidden", "why"),
    [
        (
            "clusteroperators",
            "it does not show whether all of the cluster's CredentialsRequests were gathered",
        ),
        ("credentialsrequests/", "the cluster's CredentialsRequests were not gathered"),
    ],
)
def test_what_is_asked_for_tells_some_requests_from_none(bench: Bench, hidden: str, why: str) -> None:
    """Without the credential operator's list of them it does not show whether there are more."""
    missing = bench.report(without(bundle(Cluster()), hidden)).missing
    assert [entry.why for entry in missing if entry.evidence == "credentialsrequests"] == [why]


@pytest.mark.parametrize(
    ("owner", "warned"), [({"f:data": {"f:credentials": {}}}, True), ({"f:metadata": {}}, False)]
)
def test_a_secret_that_was_changed_after_its_pods_began(
    bench: Bench, owner: dict[str, object], warned: bool
) -> None:
    """What last set its values tells when, by managedFields; labels may change at any time."""
    cluster = Cluster()
    when = (cluster.gathered - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"manager": "kubectl-edit", "operation": "Update", "time": when, "fieldsV1": owner}
    kept = {"manager": "cluster-bootstrap", "operation": "Update", "time": "2020-01-01T00:00:00Z",
            "fieldsV1": {"f:data": {"f:credentials": {}}}}  # fmt: skip

    def change(value: object) -> str:
        members = value.get("items", []) if isinstance(value, dict) else []
        for member in members or []:
            if (member["metadata"].get("namespace"), member["metadata"]["name"]) == tuple(DRIVERS.split("/")):
                member["metadata"]["managedFields"] = [kept, entry]
        return yaml.dump(value, Dumper=yaml.CSafeDumper)

    report = bench.report(_rewritten(bundle(cluster), change))
    found = [f for f in report.findings if f.rule == "secret-newer-than-pods"]
    assert [f.chains for f in found] == ([(DRIVERS,)] if warned else []), told(report)


def test_a_pod_that_is_cut_with_its_list_proves_nothing(bench: Bench) -> None:
    """Its text may end in the middle of a word and still be YAML, of a pod without volumes."""
    files = everything(Cluster())
    lists = next(p for p in files if p.endswith("openshift-cluster-csi-drivers/core/pods.yaml"))
    text = files[lists]
    last = text.rindex(b"volumeMounts:")
    files[lists] = text[: text.index(b"name: kube-api", last) + len(b"name: kub")]
    report = bench.report(files)
    assert not named(report, "fail"), told(report)
    alone = bench.report(without(files, r"openshift-cluster-csi-drivers/pods/.*[0-9a-z]\.yaml"))
    assert not named(alone, "fail"), told(alone)


@pytest.mark.parametrize(
    "where", ["/credentialsrequests/", "/credrequests/", "/credrequests/0000_50_cluster-ing"]
)
def test_requests_that_are_cut_before_a_value_do_not_lack_it(bench: Bench, where: str) -> None:
    """A full disk cuts many files; behind ``serviceAccountNames:`` somebody stood."""
    key = b"  serviceAccountNames:"
    files = everything(Cluster())
    cut = {p: d[: d.find(key) + len(key)] if where in p and key in d else d for p, d in files.items()}
    report = bench.report(cut)
    assert named(report, "fail", "warn") == {"input-incomplete"}, told(report)


@pytest.mark.parametrize("end", ["\n  ", "\n      "])
def test_blanks_behind_the_last_line_are_no_cut(bench: Bench, end: str) -> None:
    """Text between quotes of a program ends so."""
    files = everything(Cluster())
    ended = {p: d.rstrip() + end.encode() if "/credrequests/" in p else d for p, d in files.items()}
    assert ended != files
    assert not named(bench.report(ended), "fail", "warn")


@pytest.mark.parametrize(("hidden", "state"), [("", "pass"), ("apps/deployments", "unknown")])
def test_an_operator_needs_no_token_where_its_operand_has_no_pods(
    bench: Bench, hidden: str, state: str
) -> None:
    """The operator of the storage driver never signs in; nobody knows that where its operand is not seen."""
    name = "aws-ebs-csi-driver-controller-"

    def without_pods(value: object) -> str:
        if isinstance(value, dict) and value.get("kind") == "PodList":
            value["items"] = [i for i in value["items"] if not i["metadata"]["name"].startswith(name)]
        return yaml.dump(value, Dumper=yaml.CSafeDumper)

    files = without(
        _rewritten(everything(Cluster()), without_pods), f"/pods/{name}" + (f"|{hidden}" if hidden else "")
    )
    report = bench.report(files)
    assert not named(report, "fail", "warn"), told(report)
    assert states_of(report)[DRIVERS, "workload", "workload-token-volume-missing"] == state
