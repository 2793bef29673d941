"""A real bundle of an AWS cluster in mint mode, turned into one that uses STS."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from samples import Cluster
from samples.aws import role_for, sts_credentials
from samples.cluster import DEFAULT_ISSUER
from samples.exports import export_files
from samples.keys import b64url
from samples.logs import LogLine, render
from samples.manifests import elided
from samples.yamlout import Json

GATHERED = datetime(2021, 8, 3, 10, 13, 47, tzinfo=UTC)
"""The end of the last gather, by the bundle's own timestamp file."""

KEY_ID = "service-account-001.pub"
_COPY = ("openshift-image-registry", "image-registry-private-configuration")
_CONFIG = "cluster-scoped-resources/config.openshift.io"
_OPERATOR = "cluster-scoped-resources/operator.openshift.io"
_APISERVER = "namespaces/openshift-kube-apiserver/core/configmaps.yaml"


class RealBundle:
    """An unpacked bundle that can be changed, and put back."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.folder = folder
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "must-gather", filter="data")
        (self.image,) = (folder / "must-gather").glob("*/quay-io-*")
        self.exports = folder / "exports"

    def read(self, path: str) -> Any:
        """Parse one file below the image folder."""
        return yaml.load((self.image / path).read_bytes(), yaml.CSafeLoader)

    def change(self, path: str, edit: Callable[[Any], object]) -> None:
        """Parse a file, edit it, and write it back."""
        body = self.read(path)
        edit(body)
        text = "---\n" + yaml.dump(body, Dumper=yaml.CSafeDumper, default_flow_style=False)
        (self.image / path).write_text(text)

    def change_items(self, path: str, edit: Callable[[Any], object]) -> None:
        """Edit every object of a list."""
        self.change(path, lambda body: [edit(item) for item in body["items"]])

    def requests(self) -> dict[str, Json]:
        """Give the bundle's own requests of AWS, without what the API server added."""
        folder = "namespaces/openshift-cloud-credential-operator/cloudcredential.openshift.io"
        found = {}
        for path in sorted((self.image / folder / "credentialsrequests").glob("*.yaml")):
            body = self.read(str(path.relative_to(self.image)))
            if body["spec"]["providerSpec"]["kind"] == "AWSProviderSpec":
                kept = {key: body["metadata"][key] for key in ("annotations", "name", "namespace")}
                found[kept["name"]] = {
                    "apiVersion": body["apiVersion"],
                    "kind": body["kind"],
                    "metadata": kept,
                    "spec": body["spec"],
                }
        return found

    def public_key(self) -> Json:
        """Give the bundle's own signing key as ccoctl would publish it."""
        items = {item["metadata"]["name"]: item for item in self.read(_APISERVER)["items"]}
        pem = items["bound-sa-token-signing-certs"]["data"][KEY_ID]
        body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
        key = load_pem_public_key(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode())
        assert isinstance(key, RSAPublicKey)
        numbers = key.public_numbers()
        digest = hashlib.sha256(base64.b64decode(body)).digest()
        modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
        return {
            "use": "sig",
            "kty": "RSA",
            "kid": b64url(digest),
            "alg": "RS256",
            "n": b64url(modulus),
            "e": b64url(numbers.e.to_bytes(3, "big")),
        }

    @contextmanager
    def changed(self, files: Mapping[str, bytes]) -> Iterator[None]:
        """Write files below the image folder, and put back what was there."""
        before = {name: (self.image / name).read_bytes() for name in files}
        try:
            for name, content in files.items():
                (self.image / name).write_bytes(content)
            yield
        finally:
            for name, content in before.items():
                (self.image / name).write_bytes(content)

    # --- the conversion ---------------------------------------------------------------------------

    def cluster(self) -> Cluster:
        """Give the generator's cluster that fits this bundle: its name, region, requests and key."""
        infra = self.read(f"{_CONFIG}/infrastructures.yaml")["items"][0]["status"]
        version = self.read(f"{_CONFIG}/clusterversions.yaml")["items"][0]
        made = Cluster(
            version=version["status"]["history"][0]["version"],
            region=infra["platformStatus"]["aws"]["region"],
            name=infra["infrastructureName"].rsplit("-", 1)[0],
            infra_name=infra["infrastructureName"],
            cluster_id=version["spec"]["clusterID"],
            gathered=GATHERED,
        )
        made.requests = self.requests()
        made.release = {f"{name}.yaml": request for name, request in made.requests.items()}
        made.roles, made.secrets = {}, {}
        for number, request in enumerate(made.requests.values()):
            created = f"2021-08-03T08:50:{number:02d}+00:00"
            role = role_for(request, made.name, made.provider, created, f"AROAEXAMPLEROLE{number:04d}")
            made.roles[role.name] = role
        made.jwks = {"keys": [self.public_key()]}
        return made

    def convert(self, cluster: Cluster) -> None:
        """Make the bundle that of a cluster installed for STS."""
        issuer = cluster.issuer or ""
        self.set_issuer(issuer)
        self.change(
            f"{_OPERATOR}/cloudcredentials/cluster.yaml",
            lambda body: body["spec"].update(credentialsMode="Manual"),
        )

        def manual(item: Json) -> None:
            if item["metadata"]["name"] == "cluster-config-v1":
                item["data"]["install-config"] = "credentialsMode: Manual\n" + item["data"]["install-config"]

        self.change_items("namespaces/kube-system/core/configmaps.yaml", manual)

        def no_root(body: Json) -> None:
            body["items"] = [item for item in body["items"] if item["metadata"]["name"] != "aws-creds"]

        self.change("namespaces/kube-system/core/secrets.yaml", no_root)
        for request in cluster.requests.values():
            target = request["spec"]["secretRef"]
            role = cluster.role(target["namespace"])
            self._elide(target["namespace"], target["name"], sts_credentials(role.arn))
            if target["namespace"] == _COPY[0]:
                self._elide(*_COPY, sts_credentials(role.arn))

    def set_issuer(self, issuer: str) -> None:
        """Set the issuer in Authentication, in the API server's configuration and in its operator."""

        def configure(item: Json) -> None:
            item["spec"]["serviceAccountIssuer"] = issuer

        self.change(f"{_CONFIG}/authentications/cluster.yaml", configure)
        self.change_items(f"{_CONFIG}/authentications.yaml", configure)
        running = issuer or DEFAULT_ISSUER

        def run(item: Json) -> None:
            name = item["metadata"]["name"]
            if name == "config" or name.startswith("config-"):
                config = json.loads(item["data"]["config.yaml"])
                config["apiServerArguments"]["service-account-issuer"] = [running]
                config["apiServerArguments"]["api-audiences"] = [running]
                item["data"]["config.yaml"] = json.dumps(config)

        self.change_items(_APISERVER, run)

        def observe(body: Json) -> None:
            arguments = body["spec"]["observedConfig"]["apiServerArguments"]
            arguments["service-account-issuer"] = [running]

        self.change(f"{_OPERATOR}/kubeapiservers/cluster.yaml", observe)

    def add_signing_key(self, pem: str) -> None:
        """Let the cluster sign with a second key."""

        def add(item: Json) -> None:
            if item["metadata"]["name"] in ("bound-sa-token-signing-certs", "bound-sa-token-signing-certs-9"):
                item["data"]["service-account-002.pub"] = pem

        self.change_items(_APISERVER, add)
        self.change_items("namespaces/openshift-config-managed/core/configmaps.yaml", add)

    def _elide(self, namespace: str, name: str, content: bytes) -> None:
        def edit(item: Json) -> None:
            if item["metadata"]["name"] == name:
                item["data"] = {"credentials": elided(len(content))}
                item["metadata"].pop("annotations", None)

        self.change_items(f"namespaces/{namespace}/core/secrets.yaml", edit)

    def write_exports(self, cluster: Cluster) -> None:
        """Replace the exports by those of this cluster."""
        for path in sorted(self.exports.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        for name, content in export_files(cluster).items():
            path = self.exports / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def logs_with(self, cluster: Cluster, since: datetime) -> dict[str, bytes]:
        """Give the real logs, each with what the generator's workload logged from a time on."""
        files = {}
        for workload in cluster.workloads.values():
            lines: list[LogLine] = [line for line in workload.main.log if line.when >= since]
            pods = self.image / "namespaces" / workload.namespace / "pods"
            name = workload.main.name
            for path in sorted(pods.glob(f"{workload.name}-*/{name}/{name}/logs/current.log")):
                files[str(path.relative_to(self.image))] = path.read_bytes() + render(lines)
        return files
