"""The generator: reproducible, without private keys, true to the layout and lengths of real files."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from bundle_reading import below_image, items, kids, load, secrets_of
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from samples import Cluster, HttpError, edits
from samples.__main__ import differences, main
from samples.aws import role_name, sts_credentials
from samples.cluster import DEFAULT_ISSUER
from samples.exports import export_files
from samples.scenarios import SCENARIOS

LOG_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z .*")


@pytest.fixture(params=sorted(SCENARIOS))
def sample(request: pytest.FixtureRequest) -> dict[str, bytes]:
    return SCENARIOS[request.param].files()


def test_samples_on_disk_are_current() -> None:
    assert main(["--check"]) == 0


def test_check_reports_changed_missing_and_foreign_files(tmp_path: Path) -> None:
    assert main(["--to", str(tmp_path)]) == 0
    assert differences(tmp_path) == []
    (tmp_path / "healthy/README.md").write_text("edited")
    (tmp_path / "healthy/exports/issuer/keys.json").unlink()
    (tmp_path / "healthy/stray").write_text("")
    assert differences(tmp_path) == [
        "healthy/README.md",
        "healthy/exports/issuer/keys.json",
        "healthy/stray",
    ]
    assert main(["--check", "--to", str(tmp_path)]) == 1


def test_same_seed_same_bytes(sample: dict[str, bytes]) -> None:
    name = sample["README.md"].decode().split("\n")[0].removeprefix("# ")
    assert SCENARIOS[name].files() == sample


def test_no_private_key_and_bounded_size(sample: dict[str, bytes]) -> None:
    assert not any(b"PRIVATE KEY" in content for content in sample.values())
    bundle = [content for path, content in sample.items() if path.startswith("must-gather/")]
    assert len(bundle) < 150
    assert sum(map(len, bundle)) < 400_000


def test_every_document_parses_and_logs_carry_kubelet_times(sample: dict[str, bytes]) -> None:
    for path, content in sample.items():
        if path.endswith(".yaml"):
            assert content.startswith(b"---\n")
            assert isinstance(load(content), dict)
        elif path.endswith(("current.log", "previous.log")):
            assert all(LOG_LINE.fullmatch(line) for line in content.splitlines())
        elif path.endswith(".json") and b"<Error>" not in content:
            json.loads(content)


@pytest.mark.parametrize("full", [False, True])
def test_private_halves_stay_elided(full: bool) -> None:
    cluster = Cluster()
    files = below_image(cluster, secrets="full" if full else "elided")
    data = {(namespace, name): data for namespace, name, data in secrets_of(files)}
    signer = data["openshift-kube-apiserver", "bound-service-account-signing-key"]
    assert re.fullmatch(rb"16\d\d bytes long", base64.b64decode(signer["service-account.key"]))
    assert base64.b64decode(signer["service-account.pub"]) == b"459 bytes long"
    shown = base64.b64decode(data["openshift-ingress-operator", "cloud-credentials"]["credentials"])
    arn = cluster.role("openshift-ingress-operator").arn
    assert shown == (sts_credentials(arn) if full else f"{129 + len(arn)} bytes long".encode())


@pytest.mark.parametrize(
    ("version", "overhead"), [("4.8.2", 95), ("4.9.21", 95), ("4.10.3", 129), ("4.21.0", 129)]
)
@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "us-west-2"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")]
)
def test_elided_lengths(version: str, overhead: int, partition: str, region: str) -> None:
    cluster = Cluster(version=version, partition=partition, region=region)
    lengths = {
        (namespace, name): base64.b64decode(data["credentials"]).decode()
        for namespace, name, data in secrets_of(below_image(cluster))
        if "credentials" in data
    }
    assert len(lengths) == len(cluster.requests) + 1
    for request in cluster.requests.values():
        target = request["spec"]["secretRef"]
        name = role_name(cluster.name, target["namespace"], target["name"])
        arn = f"arn:{partition}:iam::{cluster.account}:role/{name}"
        assert len(name) <= 64
        assert cluster.roles[name].arn == arn
        assert lengths[target["namespace"], target["name"]] == f"{overhead + len(arn)} bytes long"
    copy = lengths["openshift-image-registry", "image-registry-private-configuration"]
    assert copy == lengths["openshift-image-registry", "installer-cloud-credentials"]


def test_mint_secrets_have_the_lengths_of_a_real_bundle() -> None:
    cluster = SCENARIOS["mint-mode"].cluster()
    seen = set()
    for namespace, name, data in secrets_of(below_image(cluster)):
        if "aws_access_key_id" in data:
            seen.add(namespace)
            lengths = {key: base64.b64decode(value).decode() for key, value in data.items()}
            assert lengths["aws_access_key_id"] == "20 bytes long"
            assert lengths["aws_secret_access_key"] == "40 bytes long"
            assert namespace == "kube-system" or lengths["credentials"] == "115 bytes long", name
    assert "kube-system" in seen
    assert len(seen) > 4


def test_key_ids_agree_everywhere() -> None:
    cluster = Cluster()
    edits.rotate_key(cluster, cluster.gathered, publish=True)
    files = below_image(cluster)
    maps = items(files, "namespaces/openshift-kube-apiserver/core/configmaps.yaml")
    managed = items(files, "namespaces/openshift-config-managed/core/configmaps.yaml")
    current = kids(maps["bound-sa-token-signing-certs"])
    assert current == kids(maps["bound-sa-token-signing-certs-10"])
    assert current == kids(managed["bound-sa-token-signing-certs"])
    assert current[:1] == kids(maps["bound-sa-token-signing-certs-9"])
    published = json.loads(export_files(cluster)["issuer/keys.json"])
    assert [key["kid"] for key in published["keys"]] == current
    assert not set(current) & set(kids(maps["sa-token-signing-certs"]))


def test_token_verifies_with_the_published_key_and_is_exported_unsigned() -> None:
    cluster = Cluster()
    where = ("openshift-ingress-operator", "ingress-operator")
    token = cluster.token(*where)
    assert export_files(cluster, token=where)["token"].decode().strip() == token.rpartition(".")[0]
    jwk = json.loads(export_files(cluster)["issuer/keys.json"])["keys"][0]

    def decode(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    public = rsa.RSAPublicNumbers(
        int.from_bytes(decode(jwk["e"]), "big"), int.from_bytes(decode(jwk["n"]), "big")
    ).public_key()
    assert public.key_size == 2048
    signed, _, signature = token.rpartition(".")
    public.verify(decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    header, claims = (json.loads(decode(part)) for part in signed.split("."))
    assert header["kid"] == jwk["kid"]
    assert (claims["iss"], claims["aud"]) == (cluster.issuer, ["openshift"])


def test_lists_and_single_objects_have_the_shape_of_oc() -> None:
    files = below_image(Cluster())
    for path, content in files.items():
        if not path.endswith(".yaml"):
            continue
        body = load(content)
        if "items" in body:
            assert list(body) == ["apiVersion", "items", "kind", "metadata"]
            assert body["kind"].endswith("List")
            assert all("apiVersion" in item and "kind" in item for item in body["items"])
        else:
            assert body["metadata"]["name"] == Path(path).stem
    assert files["version"].startswith(b"openshift/must-gather\n")
    assert re.match(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC m=\+[\d.]+\n", files["timestamp"])
    logs = [path for path in files if path.endswith("logs/previous.insecure.log")]
    assert logs
    assert all(files[path] == b"" for path in logs)


def test_errors_of_every_broken_scenario_are_recent_and_vary_in_request_id() -> None:
    for name in ("ingress-jwks-403", "kid-rotated", "provider-gone", "audience-missing", "issuer-unset"):
        files = SCENARIOS[name].files()
        for operator in ("ingress-operator", "machine-controller", "csi-driver", "controller"):
            log = next(
                content for path, content in files.items() if path.endswith(f"/{operator}/logs/current.log")
            )
            ids = re.findall(rb"(?:request id: |RequestID: )([0-9a-f-]{36})", log)
            assert len(ids) == len(set(ids)) >= 5, (name, operator)


def test_default_issuer_is_named_in_the_log() -> None:
    cluster = SCENARIOS["issuer-unset"].cluster()
    text = "".join(line.text for line in cluster.workload("ingress-operator").main.log)
    assert f"No OpenIDConnect provider found in your account for {DEFAULT_ISSUER}" in text


def test_http_errors_are_saved_as_curl_saves_them() -> None:
    cluster = Cluster()
    cluster.discovery = HttpError(404, "Not Found", "NoSuchKey", "The specified key does not exist.")
    files = export_files(cluster)
    assert files["issuer/openid-configuration.headers"].startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"<Error><Code>NoSuchKey</Code>" in files["issuer/openid-configuration"]


def test_issuer_with_a_path_and_other_exports() -> None:
    cluster = Cluster(issuer="https://oidc.op1.openshiftapps.com/2abc")
    files = export_files(cluster, details=True, ccoctl=True)
    provider = json.loads(files["oidc/get-open-id-connect-provider-oidc.op1.openshiftapps.com_2abc.json"])
    assert provider["Url"] == "oidc.op1.openshiftapps.com/2abc"
    details = json.loads(files["iam/get-account-authorization-details.json"])
    assert len(details["RoleDetailList"]) == len(cluster.roles)
    manifest = load(files["ccoctl/manifests/openshift-ingress-operator-cloud-credentials-credentials.yaml"])
    arn = cluster.role("openshift-ingress-operator").arn
    assert manifest["stringData"]["credentials"].encode() == sts_credentials(arn)


def test_hooks_and_extra_files() -> None:
    cluster = Cluster()
    cluster.hooks.append(lambda path, body: None if path.endswith("proxies.yaml") else body)
    cluster.extra_files = {"namespaces/x/x.yaml": b"---\n", "version": None}
    files = below_image(cluster)
    assert "cluster-scoped-resources/config.openshift.io/proxies.yaml" not in files
    assert files["namespaces/x/x.yaml"] == b"---\n"
    assert "version" not in files
