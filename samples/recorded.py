"""What AWS and tools record beside the exports: CloudTrail, simulations, organizations, rosa, STS."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from samples.aws import Role
from samples.cluster import Cluster
from samples.yamlout import Json, aws_json


def _stamp(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def sign_in(
    cluster: Cluster,
    subject: str,
    role: str,
    when: datetime,
    code: str | None = None,
    message: str = "",
    duration: int | None = None,
) -> Json:
    """Return a CloudTrail record of AssumeRoleWithWebIdentity, a success without `code`."""
    asked: Json = {"durationSeconds": duration} if duration else {}
    provider = cluster.provider.arn
    event: Json = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "WebIdentityUser",
            "principalId": f"{provider}:openshift:{subject}",
            "userName": subject,
            "identityProvider": provider,
        },
        "eventTime": _stamp(when),
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        "awsRegion": cluster.region,
        "requestParameters": {"roleArn": role, "roleSessionName": "1710239400000000000", **asked},
        "responseElements": None,
    }
    if code is not None:
        return event | {"errorCode": code, "errorMessage": message or "An unknown error occurred"}
    name = role.rsplit("/", 1)[-1]
    answer = {
        "subjectFromWebIdentityToken": subject,
        "assumedRoleUser": {
            "arn": f"arn:{cluster.partition}:sts::{cluster.account}:assumed-role/{name}/1710239400"
        },
        "provider": provider,
        "audience": "openshift",
    }
    return event | {"responseElements": answer}


def denied_call(cluster: Cluster, role: Role, service: str, call: str, message: str, when: datetime) -> Json:
    """Return a CloudTrail record of a call that a role was denied."""
    session = f"arn:{cluster.partition}:sts::{cluster.account}:assumed-role/{role.name}/1710239400"
    issuer = {"type": "Role", "arn": role.arn, "accountId": cluster.account, "userName": role.name}
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": session,
            "sessionContext": {
                "sessionIssuer": issuer,
                "webIdFederationData": {"federatedProvider": cluster.provider.arn, "attributes": {}},
            },
        },
        "eventTime": _stamp(when),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": cluster.region,
        "errorCode": "Client.UnauthorizedOperation" if service == "ec2" else "AccessDenied",
        "errorMessage": message,
    }


def log_file(*records: Json) -> bytes:
    """Return a CloudTrail log file."""
    return aws_json({"Records": list(records)})


def lookup_events(*records: Json) -> bytes:
    """Return the answer of `aws cloudtrail lookup-events`."""
    events = [
        {
            "EventId": f"e{at}",
            "EventName": record["eventName"],
            "EventTime": record["eventTime"],
            "CloudTrailEvent": json.dumps(record),
        }
        for at, record in enumerate(records)
    ]
    return aws_json({"Events": events, "NextToken": "eyJuZXh0IjoxfQ=="})


def simulation(decisions: dict[str, str], **more: Any) -> bytes:
    """Return the answer of simulate-principal-policy: a decision for each action on everything."""
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": decision,
            "MatchedStatements": [],
            "MissingContextValues": [],
            **more,
        }
        for action, decision in decisions.items()
    ]
    return aws_json({"EvaluationResults": results, "IsTruncated": False})


def organization_policy(
    document: Json,
    *,
    kind: str = "SERVICE_CONTROL_POLICY",
    name: str = "regions",
    identity: str = "p-abc12345",
) -> bytes:
    """Return the answer of `aws organizations describe-policy`."""
    arn = f"arn:aws:organizations::111122223333:policy/o-exampleorgid/{kind.lower()}/{identity}"
    summary = {"Id": identity, "Arn": arn, "Name": name, "Type": kind, "AwsManaged": False}
    return aws_json({"Policy": {"PolicySummary": summary, "Content": json.dumps(document)}})


def policies_for_target(*identities: str, kind: str = "SERVICE_CONTROL_POLICY") -> bytes:
    """Return the answer of `aws organizations list-policies-for-target`."""
    found = [{"Id": one, "Name": one, "Type": kind, "AwsManaged": False} for one in identities]
    return aws_json({"Policies": found})


def assumed(cluster: Cluster, role: Role, subject: str) -> bytes:
    """Return the answer of `aws sts assume-role-with-web-identity`, with the example keys of AWS's manual."""
    return aws_json(
        {
            "Credentials": {
                "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
                "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "SessionToken": "AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE",
                "Expiration": _stamp(cluster.gathered + timedelta(hours=1)),
            },
            "SubjectFromWebIdentityToken": subject,
            "AssumedRoleUser": {
                "AssumedRoleId": "AROAEXAMPLEEXAMPLE000:check",
                "Arn": f"arn:{cluster.partition}:sts::{cluster.account}:assumed-role/{role.name}/check",
            },
            "Provider": cluster.provider.arn,
            "Audience": "openshift",
        }
    )


def operator_roles(cluster: Cluster) -> bytes:
    """Return `rosa list operator-roles -o json`."""
    found = []
    for role in cluster.roles.values():
        namespace, name = role.description.removeprefix("OpenShift role for ").split("/")
        found.append({"Name": name, "Namespace": namespace, "RoleName": role.name, "RoleARN": role.arn})
    return aws_json({cluster.name: found})


def described_cluster(cluster: Cluster) -> bytes:
    """Return the text of `rosa describe cluster`."""
    roles = "".join(f" - {role.arn}\n" for role in cluster.roles.values())
    return (
        f"\nName:                       {cluster.name}\n"
        f"External ID:                {cluster.cluster_id}\n"
        f"OpenShift Version:          {cluster.version}\n"
        f"AWS Account:                {cluster.account}\n"
        f"Region:                     {cluster.region}\n"
        f"Operator IAM Roles:\n{roles}"
        "State:                      ready \n"
        f"OIDC Endpoint URL:          {cluster.issuer} (Classic)\n\n"
    ).encode()


def verbose_curl(cluster: Cluster, peer: str, status: str = "403 Forbidden", body: str = "no") -> bytes:
    """Return what `curl -v` shows of a request for the key set."""
    return (
        f"* Host {cluster.issuer_host}:443 was resolved.\n"
        f"* Connected to {cluster.issuer_host} ({peer}) port 443\n"
        f"> GET /keys.json HTTP/1.1\n> Host: {cluster.issuer_host}\n> \n< HTTP/1.1 {status}\n"
        f"< Content-Type: application/xml\n< \n{body}\n"
    ).encode()
