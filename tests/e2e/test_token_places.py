"""Where the pods' token lies, which audience it has, and what goes before it in their environment."""

import copy
import json
import re

import pytest
import yaml

from samples import Cluster
from samples.yamlout import Json

from .layered import ACCOUNT, SHOP, put, shop
from .runs import (
    INGRESS,
    MACHINES,
    REGISTRY,
    Bench,
    bundle,
    edited,
    everything,
    findings,
    flips,
    named,
    said,
    states_of,
    the_chain,
    told,
    without,
)
from .test_webhook_chains import cluster_with_role

CHAIN = f"{SHOP}/{ACCOUNT}"


def _elsewhere(*names: str) -> Cluster:
    cluster = Cluster()
    for name in names:
        token = cluster.workload(name).token
        assert token is not None
        token.mount = "/var/run/secrets/aws/token-dir"
    return cluster


def test_a_volume_without_audience_gives_the_api_servers(bench: Bench) -> None:
    """The token is there, and STS refuses its audience: it is no missing volume."""

    def edit(cluster: Cluster) -> None:
        token = cluster.workload("ingress-operator").token
        assert token is not None
        token.audience = None

    cluster = edited(edit)
    report = bench.report(everything(cluster))
    assert said(the_chain(report, INGRESS)) == ("fail", "workload", "workload-token-audience"), told(report)
    (finding,) = findings(report, "fail", "warn")
    assert f"the audience {cluster.issuer}, which" in finding.message
    assert finding.chains == (INGRESS,)


MESH: Json = {
    "name": "istio-token",
    "projected": {
        "sources": [
            {
                "serviceAccountToken": {
                    "audience": "istio-ca",
                    "expirationSeconds": 604800,
                    "path": "istio-token",
                }
            }
        ]
    },
}


def test_a_token_for_something_else_is_not_shown_to_aws(bench: Bench) -> None:
    """A service mesh's token in the same pod is no fault of its audience, its life or the provider."""
    cluster = cluster_with_role(audience="sts.amazonaws.com")
    cluster.workload("ingress-operator").volumes.append(MESH)
    path = f"namespaces/{SHOP}/core/pods.yaml"
    pods = yaml.safe_load(cluster.extra_files[path] or b"")
    pods["items"][0]["spec"]["volumes"].append(MESH)
    put(cluster, path, pods)
    report = bench.report(everything(cluster))
    assert not findings(report, "fail", "warn"), told(report)
    assert the_chain(report, CHAIN).verdict.state == "pass"


@pytest.mark.parametrize("place", [0, 1])
def test_one_volume_may_hold_several_tokens(bench: Bench, place: int) -> None:
    more = {"serviceAccountToken": {"audience": "vault", "expirationSeconds": 3600, "path": "vault"}}

    def change(path: str, body: Json) -> Json:
        for item in body.get("items", [body]) if "openshift-machine-api/" in path else []:
            spec = item["spec"].get("template", item)["spec"] if "spec" in item else {}
            for volume in spec.get("volumes", []):
                if volume["name"] == "bound-sa-token":
                    volume["projected"]["sources"].insert(place, more)
        return body

    cluster = edited(lambda cluster: cluster.hooks.append(change))
    report = bench.report(everything(cluster, secrets="full"))
    assert not findings(report, "fail", "warn"), told(report)
    assert the_chain(report, MACHINES).verdict.state == "pass"


def test_the_token_that_the_secret_names_is_the_one_for_aws(bench: Bench) -> None:
    """Whatever else the pod has, with whatever audience."""

    def edit(cluster: Cluster) -> None:
        workload = cluster.workload("machine-api-controllers")
        workload.volumes.append(MESH)
        workload.main.mounts.append({"name": "istio-token", "mountPath": "/var/run/secrets/aws"})
        arn = cluster.role("openshift-machine-api").arn
        place = "/var/run/secrets/aws/istio-token"
        text = f"[default]\nrole_arn = {arn}\nweb_identity_token_file = {place}\n"
        cluster.set_credentials("openshift-machine-api", "aws-cloud-credentials", text.encode())

    report = bench.report(everything(edited(edit), secrets="full"))
    assert said(the_chain(report, MACHINES)) == ("fail", "workload", "workload-token-audience"), told(report)


@pytest.mark.parametrize("path", ["/opt/aws/token", "/opt/aws-1/token"])
def test_a_secret_that_is_hidden_may_name_the_token_with_the_wrong_audience(bench: Bench, path: str) -> None:
    """Where the length does not tell which of two it names, neither is the one for AWS."""
    own: Json = copy.deepcopy(MESH)
    own["name"] = "own"
    own["projected"]["sources"][0]["serviceAccountToken"] |= {
        "audience": "sts.amazonaws.com",
        "path": "token",
    }

    def edit(cluster: Cluster) -> None:
        workload = cluster.workload("machine-api-controllers")
        assert workload.token is not None
        workload.token.audience, workload.token.mount = "vault", path.rpartition("/")[0]
        workload.volumes.append(own)
        workload.main.mounts.append({"name": "own", "mountPath": "/opt/own"})
        arn = cluster.role("openshift-machine-api").arn
        text = f"[default]\nsts_regional_endpoints = regional\nrole_arn = {arn}\n"
        text += f"web_identity_token_file = {path}"
        cluster.set_credentials("openshift-machine-api", "aws-cloud-credentials", text.encode())

    cluster = edited(edit)
    audience = (MACHINES, "workload", "workload-token-audience")
    assert states_of(bench.report(everything(cluster, secrets="full")))[audience] == "fail"
    files = everything(cluster)
    told_by_length = "fail" if path != "/opt/aws/token" else "unknown"
    assert states_of(bench.report(files))[audience] == told_by_length
    hidden = bench.report(without(files, r"openshift-machine-api/core/secrets"))
    assert states_of(hidden)[audience] == "unknown", told(hidden)
    assert any(audience[2] in item.decides for item in hidden.missing)


def test_beside_another_token_one_without_audience_is_the_one_for_aws(bench: Bench) -> None:
    """It lies where the Secret says; that the other is not there is no fault of the Secret."""

    def edit(cluster: Cluster) -> None:
        workload = cluster.workload("machine-api-controllers")
        assert workload.token is not None
        workload.token.audience = None
        workload.volumes.append(MESH)
        workload.main.mounts.append({"name": "istio-token", "mountPath": "/var/run/secrets/tokens"})

    cluster = edited(edit)
    for secrets in ("full", "elided"):
        report = bench.report(everything(cluster, secrets=secrets))
        (found,) = findings(report, "fail", "warn")
        assert found.rule == "workload-token-audience", told(report)
        assert f"the audience {cluster.issuer}, which" in found.message


def test_a_provider_may_list_the_api_servers_audience(bench: Bench) -> None:
    """Its list settles it. That is a remark and no pass: where the list is hidden, the audience fails."""

    def edit(cluster: Cluster) -> None:
        token = cluster.workload("ingress-operator").token
        assert token is not None
        token.audience = None
        cluster.provider.client_ids.append(cluster.issuer)

    files = everything(edited(edit))
    whole, hidden = bench.report(files), bench.report(without(files, r"oidc"))
    assert not findings(whole, "fail", "warn"), told(whole)
    assert not flips(whole, hidden)
    (remark,) = [f for f in findings(whole, "info") if f.rule == "workload-token-audience"]
    assert not [fix for fix in remark.fix if "add-client-id" in (fix.command or "")], remark.fix
    assert named(hidden, "fail") == {"workload-token-audience"}, told(hidden)


def test_a_length_that_fits_one_path_shows_that_none_else_is_named(bench: Bench) -> None:
    cluster = _elsewhere("machine-api-controllers")
    report = bench.report(everything(cluster))
    assert said(the_chain(report, MACHINES)) == ("fail", "secret", "secret-token-path-unmounted"), told(
        report
    )
    # without the roles it is not known how long the path in the Secret is
    assert said(the_chain(bench.report(bundle(cluster)), MACHINES))[0] == "unknown"


def test_a_container_that_uses_the_secret_needs_the_token_where_that_says(bench: Bench) -> None:
    """The registry uses a copy of the Secret; its operator mounts the token in the right place."""
    report = bench.report(everything(_elsewhere("image-registry")))
    assert said(the_chain(report, REGISTRY)) == ("fail", "workload", "workload-token-volume-missing"), told(
        report
    )
    (finding,) = findings(report, "fail", "warn")
    assert " image-registry-" in finding.message
    assert "cluster-image-registry-operator" not in finding.message


def test_a_profile_is_looked_for_in_what_an_operator_reads_from_the_api(bench: Bench) -> None:
    def edit(cluster: Cluster) -> None:
        cluster.workload("machine-api-controllers").main.set_env("AWS_PROFILE", "ops")

    report = bench.report(everything(edited(edit)))
    assert said(the_chain(report, MACHINES)) == ("fail", "workload", "workload-static-env"), told(report)
    report = bench.report(bundle(edited(edit)))
    assert states_of(report)[MACHINES, "workload", "workload-static-env"] == "warn"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("AWS_ACCESS_KEY_ID", "x" * 20, "workload-static-env"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/kubernetes.io/serviceaccount/token",
         "workload-legacy-token-path"),
    ],
)  # fmt: skip
def test_what_goes_before_the_role_of_the_webhook(bench: Bench, name: str, value: str, rule: str) -> None:
    """A program of a user is a chain where its pods' environment keeps it from its role."""
    cluster = Cluster()
    shop(cluster)
    files = bundle(cluster)
    (path,) = [p for p in files if p.endswith(f"namespaces/{SHOP}/core/pods.yaml")]
    entry = re.escape("- name: AWS_ROLE_ARN")
    text = files[path].decode()
    text = re.sub(rf"( *)- name: {name}\n\s+value: .*\n", "", text)
    text, count = re.subn(
        rf"( *){entry}", rf"\1- name: {name}\n\1  value: {json.dumps(value)}\n\1- name: AWS_ROLE_ARN", text
    )
    assert count == 1
    report = bench.report({**files, path: text.encode()})
    assert said(the_chain(report, CHAIN)) == ("fail", "workload", rule), told(report)
    (finding,) = findings(report, "fail", "warn")
    assert finding.chains == (CHAIN,)
    assert CHAIN in finding.message or "/backup" in finding.message
    assert CHAIN not in {chain.id for chain in bench.report(files).chains}


def test_a_chain_stays_where_its_request_is_hidden(bench: Bench) -> None:
    """The Secret that every release has shows that something was meant to use it."""
    report = bench.report(without(bundle(Cluster()), "credentialsrequests/openshift-ingress.yaml"))
    chain = the_chain(report, INGRESS)
    assert (chain.request, chain.operator, chain.verdict.state) == (None, "ingress", "unknown")
    assert not findings(report, "fail", "warn"), told(report)
    (entry,) = [m for m in report.missing if m.evidence == "credentialsrequests"]
    assert entry.why == "CredentialsRequest openshift-ingress is not among those that were gathered"
    assert INGRESS in entry.chains


def test_a_pod_whose_text_is_cut_shows_nothing_of_its_token(bench: Bench) -> None:
    """Containers stand before the ServiceAccount and the volumes in a file."""
    files = bundle(Cluster())
    ended = {}
    for path, content in files.items():
        if re.search(r"cluster-csi-drivers/(?:pods/[^/]+/[^/]+|core/pods|apps/deployments)\.yaml$", path):
            ended[path] = content[: content.index(b"volumeMounts:") + 300]
    assert len(ended) >= 2
    report = bench.report(files | ended)
    assert {f.rule for f in findings(report, "fail", "warn")} == {"input-incomplete"}, told(report)


def test_a_secret_without_a_token_path_says_so(bench: Bench) -> None:
    cluster = Cluster()
    arn = cluster.role("openshift-machine-api").arn
    cluster.set_credentials(
        "openshift-machine-api", "aws-cloud-credentials", f"[default]\nrole_arn = {arn}\n".encode()
    )
    report = bench.report(bundle(cluster, secrets="full"))
    (found,) = [f for f in report.findings if f.rule == "secret-token-path-unmounted"]
    assert "of no token file (web_identity_token_file is missing), and its pods mount" in found.message
