"""What the AWS side exports, in the shape that the AWS CLI, curl, oc and ccoctl save it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samples.aws import HttpError, ManagedPolicy, Provider, Role
from samples.bundle import write_files
from samples.yamlout import Json, aws_json, document

if TYPE_CHECKING:
    from samples.cluster import Cluster

PARTS = ("credrequests", "iam", "oidc", "issuer")


def write_exports(cluster: Cluster, directory: Path, **options: Any) -> None:
    """Write the exports below a directory; options as for `export_files`."""
    write_files(Path(directory), export_files(cluster, **options))


def export_files(
    cluster: Cluster,
    *,
    parts: tuple[str, ...] = PARTS,
    details: bool = False,
    token: tuple[str, str] | str | None = None,
    signature: bool = False,
    ccoctl: bool = False,
) -> dict[str, bytes]:
    """Return the exports by path.

    `details` writes one account listing in the place of the calls for every role. `token` is a token, or a
    namespace and ServiceAccount to make one for; without `signature` only header and payload are kept.
    """
    files: dict[str, bytes] = {}
    if "credrequests" in parts:
        files |= {f"credrequests/{name}": document(body) for name, body in cluster.release.items()}
    if "iam" in parts:
        files |= _account_details(cluster) if details else _role_calls(cluster)
        caller = f"arn:{cluster.partition}:iam::{cluster.account}:user/support"
        identity = {"UserId": "AIDAEXAMPLEEXAMPLE000", "Account": cluster.account, "Arn": caller}
        files["iam/get-caller-identity.json"] = aws_json(identity)
    if "oidc" in parts:
        files |= _providers(cluster)
    if "issuer" in parts:
        files |= _answer(cluster, "openid-configuration", cluster.discovery)
        files |= _answer(cluster, "keys.json", cluster.jwks)
    if token is not None:
        text = token if isinstance(token, str) else cluster.token(*token)
        files["token"] = (text if signature else text.rpartition(".")[0]).encode() + b"\n"
    if ccoctl:
        files |= _ccoctl_manifests(cluster)
    return files


def _tags(tags: dict[str, str]) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _boundary(role: Role) -> Json:
    if role.boundary is None:
        return {}
    kind = "PermissionsBoundaryPolicy"
    return {
        "PermissionsBoundary": {"PermissionsBoundaryType": kind, "PermissionsBoundaryArn": role.boundary.arn}
    }


def _identity(role: Role) -> Json:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": role.trust,
    }


def _attached(role: Role) -> list[Json]:
    return [{"PolicyName": policy.name, "PolicyArn": policy.arn} for policy in role.attached]


def _role_calls(cluster: Cluster) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    policies: dict[str, ManagedPolicy] = {}
    for role in cluster.roles.values():
        body = {
            **_identity(role),
            "Description": role.description,
            "MaxSessionDuration": role.max_session,
            **_boundary(role),
            "Tags": _tags(role.tags),
            "RoleLastUsed": {},
        }
        files[f"iam/get-role-{role.name}.json"] = aws_json({"Role": body})
        files[f"iam/list-role-policies-{role.name}.json"] = aws_json({"PolicyNames": list(role.inline)})
        for name, policy in role.inline.items():
            suffix = "" if name == role.name else f"--{name}"
            answer = {"RoleName": role.name, "PolicyName": name, "PolicyDocument": policy}
            files[f"iam/get-role-policy-{role.name}{suffix}.json"] = aws_json(answer)
        attached = {"AttachedPolicies": _attached(role)}
        files[f"iam/list-attached-role-policies-{role.name}.json"] = aws_json(attached)
        used = [*role.attached, *([role.boundary] if role.boundary else [])]
        policies |= {policy.arn: policy for policy in used}
    for name in cluster.missing_roles:
        error = "An error occurred (NoSuchEntity) when calling the GetRole operation: "
        text = f"\n{error}The role with name {name} cannot be found.\n"
        files[f"iam/get-role-{name}.json"] = text.encode()
    for managed in policies.values():
        files[f"iam/get-policy-{managed.name}.json"] = aws_json({"Policy": _policy(managed)})
        version = _version(managed.documents[0], 1, len(managed.documents))
        files[f"iam/get-policy-version-{managed.name}.json"] = aws_json({"PolicyVersion": version})
    return files


def _policy(policy: ManagedPolicy) -> Json:
    return {
        "PolicyName": policy.name,
        "PolicyId": "ANPA" + policy.name.encode().hex()[:17].upper().ljust(17, "0"),
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{len(policy.documents)}",
        "AttachmentCount": 1,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
    }


def _version(body: Json, number: int, count: int) -> Json:
    return {"Document": body, "VersionId": f"v{count + 1 - number}", "IsDefaultVersion": number == 1}


def _account_details(cluster: Cluster) -> dict[str, bytes]:
    roles: list[Json] = []
    policies: dict[str, ManagedPolicy] = {}
    for role in cluster.roles.values():
        inline = [{"PolicyName": name, "PolicyDocument": policy} for name, policy in role.inline.items()]
        roles.append(
            {
                **_identity(role),
                "InstanceProfileList": [],
                "RolePolicyList": inline,
                "AttachedManagedPolicies": _attached(role),
                **_boundary(role),
                "Tags": _tags(role.tags),
                "RoleLastUsed": {},
            }
        )
        used = [*role.attached, *([role.boundary] if role.boundary else [])]
        policies |= {policy.arn: policy for policy in used}
    listed = [
        _policy(policy)
        | {
            "PolicyVersionList": [
                _version(body, number, len(policy.documents))
                for number, body in enumerate(policy.documents, 1)
            ]
        }
        for policy in policies.values()
    ]
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": listed}
    return {"iam/get-account-authorization-details.json": aws_json(details)}


def _providers(cluster: Cluster) -> dict[str, bytes]:
    own = [provider for provider in cluster.providers if provider.account == cluster.account]
    listed = {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in own]}
    files = {"oidc/list-open-id-connect-providers.json": aws_json(listed)}
    for provider in cluster.providers:
        files[f"oidc/{_provider_file(cluster, provider)}"] = aws_json(
            {
                "Url": provider.url,
                "ClientIDList": provider.client_ids,
                "ThumbprintList": provider.thumbprints,
                "CreateDate": provider.created,
                "Tags": _tags(provider.tags),
            }
        )
    return files


def _provider_file(cluster: Cluster, provider: Provider) -> str:
    where = "" if provider.account == cluster.account else f"-{provider.account}"
    return f"get-open-id-connect-provider-{provider.url.replace('/', '_')}{where}.json"


def _answer(cluster: Cluster, name: str, answer: Json | HttpError | str | None) -> dict[str, bytes]:
    if answer is None:
        return {}
    if isinstance(answer, HttpError):
        date = cluster.gathered.strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = f"issuer/{name.removesuffix('.json')}.headers"
        return {f"issuer/{name}": answer.body(), headers: answer.headers(date)}
    if isinstance(answer, str):
        return {f"issuer/{name}": answer.encode()}
    return {f"issuer/{name}": (json.dumps(answer, indent=4) + "\n").encode()}


def _ccoctl_manifests(cluster: Cluster) -> dict[str, bytes]:
    authentication = (
        "apiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata:\n  name: cluster\n"
        f"spec:\n  serviceAccountIssuer: {cluster.issuer}"
    )
    files = {"ccoctl/manifests/cluster-authentication-02-config.yaml": authentication.encode()}
    for request in cluster.requests.values():
        target = request["spec"]["secretRef"]
        secret = cluster.secrets.get((target["namespace"], target["name"]))
        if secret is None:
            continue
        text = secret.data["credentials"].decode().replace("\n", "\n    ")
        manifest = (
            f"apiVersion: v1\nstringData:\n  credentials: |-\n    {text}\nkind: Secret\nmetadata:\n"
            f"  name: {target['name']}\n  namespace: {target['namespace']}\ntype: Opaque"
        )
        name = f"{target['namespace']}-{target['name']}-credentials.yaml"
        files[f"ccoctl/manifests/{name}"] = manifest.encode()
    return files
