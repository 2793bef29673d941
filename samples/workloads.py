"""The pods that use AWS: what runs, as whom, with which token and which environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from samples.logs import LogLine
from samples.yamlout import Json


@dataclass
class TokenVolume:
    """The projected ServiceAccount token with an audience for AWS."""

    audience: str | None = "openshift"
    expiration: int = 3600
    path: str = "token"
    mount: str = "/var/run/secrets/openshift/serviceaccount"
    name: str = "bound-sa-token"


@dataclass
class Ended:
    """How the run before ended: its last lines, and minutes before the gather; ``waits`` to be started."""

    message: str
    minutes: float = 4
    waits: bool = True


@dataclass
class Container:
    """One container, with its logs."""

    name: str
    env: list[Json] = field(default_factory=list)
    mounts: list[Json] = field(default_factory=list)
    args: list[str] = field(default_factory=list)
    uses_token: bool = True
    log: list[LogLine] = field(default_factory=list)
    previous: list[LogLine] = field(default_factory=list)
    restarts: int = 0
    ready: bool = True
    ended: Ended | None = None

    def set_env(self, name: str, value: str | None) -> None:
        """Set a variable; None takes it away."""
        self.env = [entry for entry in self.env if entry["name"] != name]
        if value is not None:
            self.env.append({"name": name, "value": value})


@dataclass
class Workload:
    """A Deployment and its pod; `chain` names the Secret it authenticates with, as namespace/name."""

    namespace: str
    name: str
    service_account: str
    containers: dict[str, Container]
    operator: str
    chain: str | None = None
    token: TokenVolume | None = field(default_factory=TokenVolume)
    volumes: list[Json] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.min)
    pod_annotations: dict[str, str] = field(default_factory=dict)

    @property
    def main(self) -> Container:
        """The container that talks to AWS."""
        return next(iter(self.containers.values()))


def _env(**values: str) -> list[Json]:
    return [{"name": name, "value": value} for name, value in values.items()]


def _optional_key(variable: str, key: str, secret: str) -> Json:
    source = {"secretKeyRef": {"key": key, "name": secret, "optional": True}}
    return {"name": variable, "valueFrom": source}


def _secret_volume(name: str, secret: str, **more: Any) -> Json:
    return {"name": name, "secret": {"defaultMode": 420, "secretName": secret, **more}}


def _mount(name: str, path: str) -> Json:
    return {"mountPath": path, "name": name, "readOnly": True}


def standard_workloads(version: str, minor: int, infra_name: str, region: str) -> list[Workload]:
    """Return the workloads that use AWS credentials on a default cluster, as the operators deploy them."""
    release = _env(RELEASE_VERSION=version)
    return [
        _ingress(release),
        *_registry(release, infra_name, region),
        _machines(),
        *_drivers(infra_name),
        *_credentials(release),
        *([_network(release, region)] if minor >= 10 else []),
    ]


def _ingress(release: list[Json]) -> Workload:
    return Workload(
        "openshift-ingress-operator",
        "ingress-operator",
        "ingress-operator",
        {
            "ingress-operator": Container("ingress-operator", env=[*release]),
            "kube-rbac-proxy": Container("kube-rbac-proxy", uses_token=False),
        },
        operator="ingress",
        chain="openshift-ingress-operator/cloud-credentials",
        labels={"name": "ingress-operator"},
    )


def _registry(release: list[Json], infra_name: str, region: str) -> list[Workload]:
    registry = "openshift-image-registry"
    return [
        Workload(
            registry,
            "cluster-image-registry-operator",
            "cluster-image-registry-operator",
            {"cluster-image-registry-operator": Container("cluster-image-registry-operator", env=[*release])},
            operator="image-registry",
            chain=f"{registry}/installer-cloud-credentials",
            labels={"name": "cluster-image-registry-operator"},
        ),
        Workload(
            registry,
            "image-registry",
            "registry",
            {
                "registry": Container(
                    "registry",
                    env=_env(
                        REGISTRY_STORAGE="s3",
                        REGISTRY_STORAGE_S3_BUCKET=f"{infra_name}-image-registry-{region}-kqzhdwvbnxtr",
                        REGISTRY_STORAGE_S3_REGION=region,
                        REGISTRY_STORAGE_S3_CREDENTIALSCONFIGPATH="/var/run/secrets/cloud/credentials",
                        REGISTRY_HTTP_ADDR=":5000",
                    ),
                    mounts=[_mount("image-registry-private-configuration", "/var/run/secrets/cloud")],
                )
            },
            operator="image-registry",
            chain=f"{registry}/installer-cloud-credentials",
            volumes=[
                _secret_volume(
                    "image-registry-private-configuration",
                    "image-registry-private-configuration",
                    optional=False,
                )
            ],
            labels={"docker-registry": "default"},
        ),
    ]


def _machines() -> Workload:
    return Workload(
        "openshift-machine-api",
        "machine-api-controllers",
        "machine-api-controllers",
        {
            "machine-controller": Container(
                "machine-controller", args=["--logtostderr=true", "--v=3", "--leader-elect=true"]
            )
        },
        operator="machine-api",
        chain="openshift-machine-api/aws-cloud-credentials",
        labels={"api": "clusterapi", "k8s-app": "controller"},
    )


def _drivers(infra_name: str) -> list[Workload]:
    drivers = "openshift-cluster-csi-drivers"
    ebs = "ebs-cloud-credentials"
    return [
        Workload(
            drivers,
            "aws-ebs-csi-driver-operator",
            "aws-ebs-csi-driver-operator",
            {"aws-ebs-csi-driver-operator": Container("aws-ebs-csi-driver-operator", uses_token=False)},
            operator="storage",
            token=None,
            labels={"name": "aws-ebs-csi-driver-operator"},
        ),
        Workload(
            drivers,
            "aws-ebs-csi-driver-controller",
            "aws-ebs-csi-driver-controller-sa",
            {
                "csi-driver": Container(
                    "csi-driver",
                    env=[
                        *_env(CSI_ENDPOINT="unix:///var/lib/csi/sockets/pluginproxy/csi.sock"),
                        _optional_key("AWS_ACCESS_KEY_ID", "aws_access_key_id", ebs),
                        _optional_key("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", ebs),
                        *_env(AWS_SDK_LOAD_CONFIG="1", AWS_CONFIG_FILE="/var/run/secrets/aws/credentials"),
                    ],
                    mounts=[_mount("aws-credentials", "/var/run/secrets/aws")],
                    args=[f"--k8s-tag-cluster-id={infra_name}", "--v=2"],
                ),
                "csi-provisioner": Container("csi-provisioner", uses_token=False),
            },
            operator="storage",
            chain=f"{drivers}/{ebs}",
            volumes=[_secret_volume("aws-credentials", ebs)],
            labels={"app": "aws-ebs-csi-driver-controller"},
        ),
    ]


def _credentials(release: list[Json]) -> list[Workload]:
    return [
        Workload(
            "openshift-cloud-credential-operator",
            "cloud-credential-operator",
            "cloud-credential-operator",
            {
                "cloud-credential-operator": Container(
                    "cloud-credential-operator", env=[*release], uses_token=False
                )
            },
            operator="cloud-credential",
            token=None,
            labels={"app": "cloud-credential-operator", "control-plane": "controller-manager"},
        ),
        Workload(
            "openshift-cloud-credential-operator",
            "pod-identity-webhook",
            "pod-identity-webhook",
            {
                "pod-identity-webhook": Container(
                    "pod-identity-webhook",
                    args=["--annotation-prefix=eks.amazonaws.com", "--token-audience=sts.amazonaws.com"],
                    uses_token=False,
                )
            },
            operator="cloud-credential",
            token=None,
            labels={"app": "pod-identity-webhook"},
        ),
    ]


def _network(release: list[Json], region: str) -> Workload:
    network = "openshift-cloud-network-config-controller"
    controller = Container(
        "controller",
        args=["-platform-type", "AWS", "-platform-region", region, "-secret-name", "cloud-credentials"],
        env=[*release],
        mounts=[_mount("cloud-provider-secret", "/etc/secret/cloudprovider")],
    )
    return Workload(
        network,
        "cloud-network-config-controller",
        "cloud-network-config-controller",
        {"controller": controller},
        operator="network",
        chain=f"{network}/cloud-credentials",
        volumes=[_secret_volume("cloud-provider-secret", "cloud-credentials")],
        labels={"app": "cloud-network-config-controller"},
    )


def start(workloads: list[Workload], when: datetime) -> None:
    """Give the pods start times, some seconds apart."""
    for number, workload in enumerate(workloads):
        workload.started = when + timedelta(seconds=17 * number)
