"""The model of a whole cluster and its AWS account: healthy when made, then edited by scenarios and tests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from samples import aws, operators, workloads
from samples.aws import HttpError, Provider, Role
from samples.chatter import healthy_chatter
from samples.keys import Key, jwks, rsa_key
from samples.operators import Condition, Operator
from samples.requests import FOREIGN, is_gated, minor_of, release_requests
from samples.workloads import Workload
from samples.yamlout import Json

DEFAULT_ISSUER = "https://kubernetes.default.svc"
REGISTRY_COPY = ("openshift-image-registry", "image-registry-private-configuration")
REGISTRY_SOURCE = ("openshift-image-registry", "installer-cloud-credentials")
ROOT_SECRET = ("kube-system", "aws-creds")
GATHERED = datetime(2024, 3, 12, 10, 30, tzinfo=UTC)

# The example key pair of AWS's documentation: right lengths, no account.
EXAMPLE_KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

Hook = Callable[[str, Json], Json | None]


@dataclass
class Secret:
    """A Secret with its real data; what a bundle shows of it is decided when the bundle is written."""

    data: dict[str, bytes]
    created: datetime
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    type: str = "Opaque"


@cache
def _uid(*names: str) -> str:
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


@dataclass
class Cluster:
    """A cluster and its account: arguments shape it, all other fields are built from them to be edited."""

    version: str = "4.14.12"
    region: str = "us-west-2"
    partition: str = "aws"
    account: str = "123456789012"
    name: str = "demo"
    infra_name: str = "demo-7xk2p"
    cluster_id: str = "0b6c1d7e-52a4-4f0e-9d38-6a1f7c25e9b4"
    gathered: datetime = GATHERED
    issuer: str | None = None
    mode: str = "Manual"
    seed: str = "demo"
    base_domain: str = "example.com"

    minor: int = field(init=False)
    installed: datetime = field(init=False)
    authentication_issuer: str = field(init=False)
    kas_issuers: list[str] = field(init=False)
    previous_kas_issuers: list[str] = field(init=False)
    kas_revision: int = field(init=False, default=9)
    node_revisions: list[int] = field(init=False, default_factory=lambda: [9, 9, 9])
    kas_rolled_out: datetime = field(init=False)
    signing_keys: list[Key] = field(init=False)
    previous_signing_keys: list[Key] = field(init=False)
    discovery: Json | HttpError | str | None = field(init=False, default=None)
    jwks: Json | HttpError | str | None = field(init=False, default=None)
    providers: list[Provider] = field(init=False, default_factory=list)
    roles: dict[str, Role] = field(init=False, default_factory=dict)
    missing_roles: list[str] = field(init=False, default_factory=list)
    secrets: dict[tuple[str, str], Secret] = field(init=False, default_factory=dict)
    release: dict[str, Json] = field(init=False)
    requests: dict[str, Json] = field(init=False)
    workloads: dict[str, Workload] = field(init=False)
    operators: dict[str, Operator] = field(init=False)
    ingress_conditions: dict[str, Condition] = field(init=False)
    dns_zones: list[dict[str, Condition]] = field(init=False)
    registry_conditions: dict[str, Condition] = field(init=False)
    install_credentials_mode: str | None = field(init=False, default=None)
    upgradeable_to: str | None = field(init=False, default=None)
    private_zone_role: str | None = field(init=False, default=None)
    proxy: dict[str, str] = field(init=False, default_factory=dict)
    not_gathered: set[str] = field(init=False, default_factory=set)
    hooks: list[Hook] = field(init=False, default_factory=list)
    extra_files: dict[str, bytes | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.minor = minor_of(self.version)
        self.installed = self.gathered - timedelta(days=61, minutes=47)
        if self.issuer is None:
            suffix = aws.dns_suffix(self.partition)
            hosted = f"https://{self.name}-oidc.s3.{self.region}.{suffix}"
            self.issuer = hosted if self.mode == "Manual" else ""
        self.authentication_issuer = self.issuer
        self.kas_issuers = [self.issuer or DEFAULT_ISSUER]
        self.previous_kas_issuers = list(self.kas_issuers)
        self.kas_rolled_out = self.installed + timedelta(minutes=27)
        self.signing_keys = [rsa_key(f"{self.seed}-signer-1")]
        self.previous_signing_keys = list(self.signing_keys)
        self.release = release_requests(self.version)
        self.requests = {
            request["metadata"]["name"]: request
            for request in release_requests(self.version).values()
            if not is_gated(request)
        }
        self.install_credentials_mode = self.mode or None
        if self.is_sts:
            self._build_issuer()
        self._build_credentials()
        running = workloads.standard_workloads(self.version, self.minor, self.infra_name, self.region)
        workloads.start(running, self.gathered - timedelta(days=4, hours=3, minutes=9))
        self.workloads = {f"{workload.namespace}/{workload.name}": workload for workload in running}
        since = self.installed + timedelta(minutes=38)
        self.operators = operators.standard_operators(since, self.minor, sorted([*self.requests, *FOREIGN]))
        self.ingress_conditions = operators.ingress_conditions(since)
        self.dns_zones = [operators.zone_conditions(since, self.minor) for _ in range(2)]
        self.registry_conditions = operators.registry_conditions(since)
        healthy_chatter(self)

    @property
    def is_sts(self) -> bool:
        """Whether the cluster was installed for STS."""
        return self.mode == "Manual" and bool(self.issuer)

    @property
    def issuer_host(self) -> str:
        """The issuer without its scheme: what IAM calls the provider's URL."""
        return (self.issuer or "").removeprefix("https://")

    @property
    def provider(self) -> Provider:
        """The provider of this cluster."""
        return self.providers[0]

    @property
    def domain(self) -> str:
        """The cluster's DNS domain."""
        return f"{self.name}.{self.base_domain}"

    def role(self, namespace: str) -> Role:
        """Return the role whose description names a namespace."""
        start = f"OpenShift role for {namespace}/"
        return next(role for role in self.roles.values() if role.description.startswith(start))

    def workload(self, name: str) -> Workload:
        """Return a workload by the name of its Deployment."""
        return next(item for item in self.workloads.values() if item.name == name)

    def key(self, number: int) -> Key:
        """Return the cluster's n-th signing key, whether it is in use or not."""
        return rsa_key(f"{self.seed}-signer-{number}")

    def set_credentials(self, namespace: str, name: str, data: dict[str, bytes] | bytes) -> None:
        """Replace a Secret's data; the image registry's copy follows."""
        content = data if isinstance(data, dict) else {"credentials": data}
        self.secrets[namespace, name].data = dict(content)
        if (namespace, name) == REGISTRY_SOURCE:
            self.secrets[REGISTRY_COPY].data = dict(content)

    def set_role_arn(self, namespace: str, name: str, arn: str) -> None:
        """Make a Secret name another role."""
        self.set_credentials(namespace, name, aws.sts_credentials(arn, regional=self.minor >= 10))

    def add_root_secret(self) -> None:
        """Put the installer's own credentials into kube-system."""
        mode = {"cloudcredential.openshift.io/mode": "mint"} if self.mode in ("", "Mint") else {}
        data = aws.static_credentials(*EXAMPLE_KEY)
        del data["credentials"]
        self.secrets[ROOT_SECRET] = Secret(data, self.installed, annotations=mode)

    def uid(self, *names: str) -> str:
        """Return an object's uid, the same on every run."""
        return _uid(self.cluster_id, *names)

    def resource_version(self, when: datetime, *names: str) -> str:
        """Return a version that grows with the time of the last change."""
        spread = hashlib.sha256("/".join(names).encode()).digest()[0]
        return str(400 + max(0, int((when - self.installed).total_seconds())) // 3 + spread)

    def token(
        self, namespace: str, service_account: str, *, audience: str = "openshift", **claims: object
    ) -> str:
        """Return a signed token as the newest key makes it an hour before the gather ends."""
        issued = int((self.gathered - timedelta(minutes=20)).timestamp())
        payload = {
            "aud": [audience],
            "exp": issued + 3600,
            "iat": issued,
            "iss": self.kas_issuers[0],
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {
                    "name": service_account,
                    "uid": self.uid("ServiceAccount", namespace, service_account),
                },
            },
            "nbf": issued,
            "sub": f"system:serviceaccount:{namespace}:{service_account}",
        }
        return self.signing_keys[-1].sign(payload | claims)

    def write_bundle(self, directory: Path, *, secrets: str = "elided") -> Path:
        """Write the must-gather and return the folder that holds its image folder."""
        from samples.bundle import write_bundle

        return write_bundle(self, directory, secrets=secrets)

    def write_exports(self, directory: Path, **options: Any) -> None:
        """Write release requests, IAM, OIDC and issuer exports; see `samples.exports.export_files`."""
        from samples.exports import write_exports

        write_exports(self, directory, **options)

    def _build_issuer(self) -> None:
        issuer = self.issuer or ""
        self.jwks = dict(jwks(self.signing_keys))
        self.discovery = {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/keys.json",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["aud", "exp", "sub", "iat", "iss", "sub"],
        }
        self.providers = [
            Provider(
                self.issuer_host,
                self.account,
                self.partition,
                thumbprints=["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
                tags=aws.ccoctl_tags(self.name),
                created=self._iam_time(0),
            )
        ]

    def _build_credentials(self) -> None:
        for number, request in enumerate(self.requests.values(), 1):
            target = request["spec"]["secretRef"]
            where = (target["namespace"], target["name"])
            if where == REGISTRY_SOURCE:
                self.secrets[REGISTRY_COPY] = Secret({}, self.installed + timedelta(minutes=13))
            if self.is_sts:
                role_id = "AROA" + hashlib.sha256(repr(where).encode()).hexdigest()[:17].upper()
                role = aws.role_for(request, self.name, self.provider, self._iam_time(number), role_id)
                self.roles[role.name] = role
                self.secrets[where] = Secret({}, self.installed + timedelta(minutes=4))
                self.set_role_arn(*where, role.arn)
            else:
                self.secrets[where] = self._minted(request)
                self.set_credentials(*where, aws.static_credentials(*EXAMPLE_KEY))
        if not self.is_sts:
            self.add_root_secret()

    def _minted(self, request: Json) -> Secret:
        name = f"{request['metadata']['namespace']}/{request['metadata']['name']}"
        notes = {"cloudcredential.openshift.io/credentials-request": name}
        labels = {"cloudcredential.openshift.io/credentials-request": "true"} if self.minor >= 14 else {}
        return Secret({}, self.installed + timedelta(minutes=4), annotations=notes, labels=labels)

    def _iam_time(self, number: int) -> str:
        made = self.installed - timedelta(minutes=31) + timedelta(seconds=2 * number)
        return made.strftime("%Y-%m-%dT%H:%M:%S+00:00")
