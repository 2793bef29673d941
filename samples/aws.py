"""The AWS side of a cluster: roles, policies and the OIDC provider, as ccoctl makes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from samples.yamlout import Json

TOKEN_FILE = "/var/run/secrets/openshift/serviceaccount/token"  # noqa: S105 (a path)
AUDIENCES = ("openshift", "sts.amazonaws.com")


@dataclass
class ManagedPolicy:
    """A managed policy; the first document is the default version."""

    name: str
    documents: list[Json]
    account: str
    partition: str = "aws"
    path: str = "/"

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.path}{self.name}"


@dataclass
class Role:
    """An IAM role; every field may be edited."""

    name: str
    account: str
    trust: Json
    inline: dict[str, Json]
    partition: str = "aws"
    path: str = "/"
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    attached: list[ManagedPolicy] = field(default_factory=list)
    boundary: ManagedPolicy | None = None
    created: str = ""
    role_id: str = ""
    max_session: int = 3600

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass
class Provider:
    """An IAM OIDC provider; `url` is as IAM answers it, without the scheme."""

    url: str
    account: str
    partition: str = "aws"
    client_ids: list[str] = field(default_factory=lambda: list(AUDIENCES))
    thumbprints: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    created: str = ""

    @property
    def arn(self) -> str:
        """The provider's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{self.url}"


@dataclass
class HttpError:
    """An answer that S3 gives instead of a document."""

    status: int = 403
    reason: str = "Forbidden"
    code: str = "AccessDenied"
    message: str = "Access Denied"
    request_id: str = "7C2NF7J1Q9RT4K8M"
    host_id: str = "xJ0vXK5mT0hQk3Zr8sN2pWq6yB4uLd9fGc1aEo7iHt5=="

    def body(self) -> bytes:
        """Return the XML document of the answer."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{self.message}</Message>"
            f"<RequestId>{self.request_id}</RequestId><HostId>{self.host_id}</HostId></Error>"
        ).encode()

    def headers(self, date: str) -> bytes:
        """Return the header block as `curl -D` saves it."""
        lines = [
            f"HTTP/1.1 {self.status} {self.reason}",
            f"x-amz-request-id: {self.request_id}",
            f"x-amz-id-2: {self.host_id}",
            "Content-Type: application/xml",
            "Transfer-Encoding: chunked",
            f"Date: {date}",
            "Server: AmazonS3",
        ]
        return "".join(line + "\r\n" for line in [*lines, ""]).encode()


def dns_suffix(partition: str) -> str:
    """Return the domain under which a partition's services live."""
    return {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}.get(partition, "amazonaws.com")


def role_name(cluster_name: str, namespace: str, secret: str) -> str:
    """Return the role name that ccoctl gives: cut at 64 characters, no hash."""
    return f"{cluster_name}-{namespace}-{secret}"[:64]


def trust_policy(provider_arn: str, url: str, namespace: str, service_accounts: list[str]) -> Json:
    """Return ccoctl's trust policy: subjects as a list, no audience condition."""
    subjects = [f"system:serviceaccount:{namespace}:{name}" for name in service_accounts]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{url}:sub": subjects}},
            }
        ],
    }


def permission_policy(request: Json) -> Json:
    """Return the policy that grants exactly what a CredentialsRequest asks for."""
    statements: list[dict[str, Any]] = []
    for entry in request["spec"]["providerSpec"]["statementEntries"]:
        statement = {
            "Effect": entry["effect"],
            "Action": list(entry["action"]),
            "Resource": entry["resource"],
        }
        if entry.get("policyCondition"):
            statement["Condition"] = entry["policyCondition"]
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def role_for(request: Json, cluster_name: str, provider: Provider, created: str, role_id: str) -> Role:
    """Return the role that `ccoctl aws create-iam-roles` makes for a request."""
    namespace, secret = request["spec"]["secretRef"]["namespace"], request["spec"]["secretRef"]["name"]
    name = role_name(cluster_name, namespace, secret)
    subjects = request["spec"]["serviceAccountNames"]
    return Role(
        name=name,
        account=provider.account,
        partition=provider.partition,
        trust=trust_policy(provider.arn, provider.url, namespace, subjects),
        inline={name: permission_policy(request)},
        description=f"OpenShift role for {namespace}/{secret}",
        tags=ccoctl_tags(cluster_name),
        created=created,
        role_id=role_id,
    )


def ccoctl_tags(cluster_name: str) -> dict[str, str]:
    """Return the tags that ccoctl puts on all it makes."""
    return {f"openshift.io/cloud-credential-operator/{cluster_name}": "owned", "Name": cluster_name}


def sts_credentials(role_arn: str, *, regional: bool = True, token_file: str = TOKEN_FILE) -> bytes:
    """Return the AWS configuration file of an STS Secret: 129 bytes and the ARN, 95 in the older template."""
    lines = [
        "[default]",
        *(["sts_regional_endpoints = regional"] if regional else []),
        f"role_arn = {role_arn}",
        f"web_identity_token_file = {token_file}",
    ]
    return "\n".join(lines).encode()


def static_credentials(key_id: str, key: str) -> dict[str, bytes]:
    """Return the data of a Secret with a long-lived access key."""
    text = f"[default]\naws_access_key_id = {key_id}\naws_secret_access_key = {key}"
    return {
        "aws_access_key_id": key_id.encode(),
        "aws_secret_access_key": key.encode(),
        "credentials": text.encode(),
    }
