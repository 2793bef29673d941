"""The shapes that Red Hat's service gives a cluster: ROSA classic, and ROSA with a hosted control plane.

Names, tags and policies are as the rosa CLI and AWS's managed policies make them: roles carry no description,
their permissions stand in attached policies, and these grant less than the requests ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from samples.aws import TOKEN_FILE, ManagedPolicy, Role, permission_policy, role_name, trust_policy
from samples.requests import FOREIGN
from samples.yamlout import Json

if TYPE_CHECKING:
    from samples.cluster import Cluster

CONFIG_ID = "2c9k1example7m4q8"
ISSUERS = (
    f"https://rh-oidc.s3.us-east-1.amazonaws.com/{CONFIG_ID}",
    f"https://oidc.op1.openshiftapps.com/{CONFIG_ID}",
)
DOMAIN = "p1.openshiftapps.com"
_ZONES = ["*.openshiftapps.com", "*.devshift.org", "*.openshiftusgov.com", "*.devshiftusgov.com"]

# Requests of the guest by Secret: the managed policy, and the ServiceAccounts of the role's trust policy.
_GUEST = {
    ("openshift-image-registry", "installer-cloud-credentials"): (
        "ROSAImageRegistryOperatorPolicy", ("cluster-image-registry-operator", "registry"),
    ),
    ("openshift-ingress-operator", "cloud-credentials"): ("ROSAIngressOperatorPolicy", ("ingress-operator",)),
    ("openshift-cluster-csi-drivers", "ebs-cloud-credentials"): (
        "ROSAAmazonEBSCSIDriverOperatorPolicy",
        ("aws-ebs-csi-driver-operator", "aws-ebs-csi-driver-controller-sa"),
    ),
    ("openshift-cloud-network-config-controller", "cloud-credentials"): (
        "ROSACloudNetworkConfigOperatorPolicy", ("cloud-network-config-controller",),
    ),
}  # fmt: skip

# Roles of the control plane, which the guest shows nothing of.
_CONTROL_PLANE = (
    "kube-controller-manager",
    "capa-controller-manager",
    "control-plane-operator",
    "kms-provider",
)


def arguments(issuer: str = ISSUERS[1], **more: Any) -> dict[str, Any]:
    """Give the arguments of a cluster that the service installs."""
    return {"issuer": issuer, "base_domain": DOMAIN, "version": "4.16.9"} | more


def classic(cluster: Cluster, *, prefix: str = "demo-k7x2", path: str = "/", version: str = "4.16") -> None:
    """Give the roles of ROSA classic: a prefix of its own, tags, customer-managed policies."""
    for request in cluster.requests.values():
        namespace, secret = _target(request)
        old = cluster.role(namespace)
        role = cluster.roles.pop(old.name)
        role.name, role.path, role.description, role.inline = (
            role_name(prefix, namespace, secret), path, "", {},
        )  # fmt: skip
        role.trust["Statement"][0]["Action"] = ["sts:AssumeRoleWithWebIdentity"]
        role.tags = _tags(prefix, namespace, secret) | {"rosa_openshift_version": version}
        document = service_policy(request)
        name = role_name("ManagedOpenShift", namespace, secret)
        role.attached = [ManagedPolicy(name, [document], role.account, role.partition, path)]
        cluster.roles[role.name] = role
        cluster.set_role_arn(namespace, secret, role.arn)
    cluster.provider.tags = {"red-hat-managed": "true", "rosa_cluster_id": CONFIG_ID}


def service_policy(request: Json) -> Json:
    """Give what the service's policies grant of a request: no customer's key, no other account, own zones."""
    document = permission_policy(request)
    kept = [s for s in document["Statement"] if not all(a.startswith("kms:") for a in s["Action"])]
    for statement in kept:
        statement["Action"] = [a for a in statement["Action"] if a != "sts:AssumeRole"]
    records = [s for s in kept if "route53:ChangeResourceRecordSets" in s["Action"]]
    for statement in records:
        statement["Action"].remove("route53:ChangeResourceRecordSets")
        condition = {
            "ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": _ZONES}
        }
        kept.append(
            {
                "Effect": "Allow",
                "Action": ["route53:ChangeResourceRecordSets"],
                "Resource": "*",
                "Condition": condition,
            }
        )
    return {"Version": "2012-10-17", "Statement": kept}


def hosted(cluster: Cluster, *, prefix: str = "demo-hcp", path: str = "/") -> None:
    """Make it the guest of a hosted control plane: no kube-apiserver, its own Secrets and roles."""
    cluster.roles, requests = {}, dict(cluster.requests)
    for (namespace, secret), (policy, accounts) in _GUEST.items():
        request = next(r for r in requests.values() if _target(r) == (namespace, secret))
        role = _hosted_role(cluster, prefix, path, namespace, secret, accounts)
        role.attached = [ManagedPolicy(policy, [service_policy(request)], "aws", path="/service-role/")]
        cluster.set_credentials(namespace, secret, guest_credentials(role.arn, cluster.region))
    for name in _CONTROL_PLANE:
        _hosted_role(cluster, prefix, path, "kube-system", name, (name,))
    cluster.provider.tags = {"red-hat-managed": "true"}
    _take_away_control_plane(cluster)


def guest_credentials(arn: str, region: str) -> bytes:
    """Return the Secret's text that a hosted control plane writes into its guest."""
    return (
        f"[default]\nrole_arn = {arn}\nweb_identity_token_file = {TOKEN_FILE}\n"
        f"sts_regional_endpoints = regional\nregion = {region}\n"
    ).encode()


def _hosted_role(
    cluster: Cluster, prefix: str, path: str, namespace: str, name: str, accounts: tuple[str, ...]
) -> Role:
    full = role_name(prefix, namespace, name)
    trust = trust_policy(cluster.provider.arn, cluster.issuer_host, namespace, list(accounts))
    tags = _tags(prefix, namespace, name) | {"rosa_hcp_policies": "true", "rosa_managed_policies": "true"}
    role = Role(full, cluster.account, trust, {}, cluster.partition, path, tags=tags)
    cluster.roles[full] = role
    return role


def _take_away_control_plane(cluster: Cluster) -> None:
    """Leave what a guest holds: no pods of its own but the registry's, requests of the hosted profile."""
    profiles = ("include.release.openshift.io/hypershift", "include.release.openshift.io/ibm-cloud-managed")
    cluster.requests = {
        name: request
        for name, request in cluster.requests.items()
        if any(profile in request["metadata"]["annotations"] for profile in profiles)
    }
    known = {*cluster.requests, *FOREIGN}
    operator = cluster.operators["cloud-credential"]
    operator.related = [
        one for one in operator.related if one["resource"] != "credentialsrequests" or one["name"] in known
    ]
    wanted = {*_GUEST, ("openshift-image-registry", "image-registry-private-configuration")}
    cluster.secrets = {place: secret for place, secret in cluster.secrets.items() if place in wanted}
    api = "openshift-kube-apiserver"
    cluster.not_gathered |= {api, f"{api}-operator", "openshift-machine-api", "kube-system"}
    for name in ("kube-apiserver", "machine-api"):
        cluster.operators.pop(name, None)
    kept = {"image-registry"}
    cluster.workloads = {key: w for key, w in cluster.workloads.items() if w.name in kept}

    def guest(path: str, body: Json) -> Json | None:
        if "kubeapiservers" in path or "openshift-config-managed" in path:
            return None
        if "infrastructures" in path:
            for item in body.get("items", [body]):
                item["status"]["controlPlaneTopology"] = "External"
        return body

    cluster.hooks.append(guest)


def _target(request: Json) -> tuple[str, str]:
    reference = request["spec"]["secretRef"]
    return reference["namespace"], reference["name"]


def _tags(prefix: str, namespace: str, name: str) -> dict[str, str]:
    return {
        "red-hat-managed": "true",
        "rosa_cluster_id": CONFIG_ID,
        "rosa_role_prefix": prefix,
        "operator_namespace": namespace,
        "operator_name": name,
    }
