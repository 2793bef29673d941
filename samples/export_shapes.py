"""The same roles, policies and providers in every shape in which people hand them over."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import yaml

from samples.aws import ManagedPolicy, Provider, Role
from samples.cluster import Cluster
from samples.exports import export_files
from samples.yamlout import Json, aws_json

Files = dict[str, bytes]


def _cli(cluster: Cluster) -> Files:
    return export_files(cluster, parts=("iam", "oidc"))


def _details(cluster: Cluster) -> Files:
    return export_files(cluster, parts=("iam", "oidc"), details=True)


def _answers(cluster: Cluster) -> list[tuple[str, bytes]]:
    """Return the answers in the order in which a script asks: role by role, then the policies."""
    files = _cli(cluster)
    ordered: list[str] = []
    for role in cluster.roles.values():
        ordered += [path for path in files if role.name in path and path not in ordered]
    for policy in _policies(cluster):
        names = (f"iam/get-policy-{policy.name}.json", f"iam/get-policy-version-{policy.name}.json")
        ordered += [name for name in names if name in files]
    ordered += [path for path in files if path not in ordered]
    return [(path, files[path]) for path in ordered]


def _concatenated(cluster: Cluster) -> Files:
    return {"all": b"".join(content for _, content in _answers(cluster))}


def _json_lines(cluster: Cluster) -> Files:
    lines = [
        json.dumps(json.loads(content))
        for _, content in _answers(cluster)
        if not content.startswith(b"\nAn error")
    ]
    return {"all": ("\n".join(lines) + "\n").encode()}


def _yaml(cluster: Cluster) -> Files:
    return {
        path: yaml.safe_dump(json.loads(content), sort_keys=False).encode()
        for path, content in _cli(cluster).items()
        if not content.startswith(b"\nAn error")
    }


def _url_encoded(cluster: Cluster) -> Files:
    def encoded(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: quote(json.dumps(child, separators=(",", ":")), safe="")
                if key in ("AssumeRolePolicyDocument", "PolicyDocument", "Document")
                else encoded(child)
                for key, child in value.items()
            }
        return [encoded(child) for child in value] if isinstance(value, list) else value

    return {
        path: aws_json(encoded(json.loads(content)))
        for path, content in _cli(cluster).items()
        if not content.startswith(b"\nAn error")
    }


def _terminal(cluster: Cluster) -> Files:
    """Return one pasted session, prompts and all."""
    out = [b"Last login: Tue Mar 12 09:58:11 2024 from 192.0.2.4\n"]
    for path, content in _answers(cluster):
        out.append(f"[support@jump ~]$ {_command(cluster, path)}\n".encode() + content)
    return {"screen": b"".join(out)}


def _command(cluster: Cluster, path: str) -> str:
    stem = path.rsplit("/", 1)[-1].removesuffix(".json")
    for call in ("list-attached-role-policies", "list-role-policies", "get-role-policy", "get-role"):
        if stem.startswith(f"{call}-"):
            name = stem.removeprefix(f"{call}-").split("--")[0]
            return f"aws iam {call} --role-name {name}"
    for call in ("get-policy-version", "get-policy"):
        if stem.startswith(f"{call}-"):
            name = stem.removeprefix(f"{call}-")
            arn = next(policy.arn for policy in _policies(cluster) if policy.name == name)
            return f"aws iam {call} --policy-arn {arn}"
    return "aws sts get-caller-identity" if stem == "get-caller-identity" else f"aws iam {stem[:60]}"


def _policies(cluster: Cluster) -> list[ManagedPolicy]:
    used = [p for r in cluster.roles.values() for p in [*r.attached, *([r.boundary] if r.boundary else [])]]
    return list({policy.arn: policy for policy in used}.values())


# --- AWS Config -------------------------------------------------------------------------------


def _config_items(cluster: Cluster) -> list[Json]:
    items = [
        _config_item(cluster, "AWS::IAM::Role", r.arn, r.name, _config_role(r))
        for r in cluster.roles.values()
    ]
    for policy in _policies(cluster):
        versions = [
            {
                "document": _encoded(body),
                "versionId": f"v{len(policy.documents) - at}",
                "isDefaultVersion": at == 0,
            }
            for at, body in enumerate(policy.documents)
        ]
        body = {
            "policyName": policy.name,
            "arn": policy.arn,
            "defaultVersionId": f"v{len(policy.documents)}",
            "policyVersionList": versions,
        }
        items.append(_config_item(cluster, "AWS::IAM::Policy", policy.arn, policy.name, body))
    for provider in cluster.providers:
        body = {
            "Url": provider.url,
            "ClientIdList": provider.client_ids,
            "ThumbprintList": provider.thumbprints,
            "Arn": provider.arn,
            "Tags": [{"Key": key, "Value": value} for key, value in provider.tags.items()],
        }
        items.append(_config_item(cluster, "AWS::IAM::OIDCProvider", provider.arn, provider.url, body))
    return items


def _config_item(cluster: Cluster, kind: str, arn: str, name: str, body: Json) -> Json:
    return {
        "version": "1.3",
        "configurationItemStatus": "OK",
        "configurationItemCaptureTime": cluster.gathered.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "resourceType": kind,
        "resourceName": name,
        "ARN": arn,
        "awsAccountId": cluster.account,
        "awsRegion": "global",
        "configuration": body,
        "supplementaryConfiguration": {},
    }


def _config_role(role: Role) -> Json:
    boundary = role.boundary
    return {
        "path": role.path,
        "roleName": role.name,
        "roleId": role.role_id,
        "arn": role.arn,
        "createDate": role.created,
        "description": role.description,
        "assumeRolePolicyDocument": _encoded(role.trust),
        "instanceProfileList": [],
        "rolePolicyList": [
            {"policyName": name, "policyDocument": _encoded(body)} for name, body in role.inline.items()
        ],
        "attachedManagedPolicies": [{"policyName": p.name, "policyArn": p.arn} for p in role.attached],
        "permissionsBoundary": (
            {"permissionsBoundaryType": "Policy", "permissionsBoundaryArn": boundary.arn}
            if boundary
            else None
        ),
        "tags": [{"key": key, "value": value} for key, value in role.tags.items()],
    }


def _encoded(body: Json) -> str:
    return quote(json.dumps(body, separators=(",", ":")), safe="")


def _config(cluster: Cluster) -> Files:
    return {"snapshot": aws_json({"fileVersion": "1.0", "configurationItems": _config_items(cluster)})}


def _config_history(cluster: Cluster) -> Files:
    """Return get-resource-config-history, whose configurations are text, an older state after the newest."""
    items = [{**item, "configuration": json.dumps(item["configuration"])} for item in _config_items(cluster)]
    older = [
        {**item, "configurationItemCaptureTime": "2020-01-01T00:00:00.000Z", "configuration": "{}"}
        for item in items
    ]
    return {"history": aws_json({"configurationItems": [*items, *older]})}


def _config_query(cluster: Cluster) -> Files:
    results = [json.dumps({**item, "arn": item["ARN"]}) for item in _config_items(cluster)]
    return {"query": aws_json({"Results": results, "QueryInfo": {"SelectFields": []}})}


# --- Terraform --------------------------------------------------------------------------------


def _resources(cluster: Cluster) -> list[tuple[str, str, Json]]:
    caller = {"account_id": cluster.account, "arn": f"arn:{cluster.partition}:iam::{cluster.account}:user/ci"}
    found: list[tuple[str, str, Json]] = [("data", "aws_caller_identity", caller)]
    for role in cluster.roles.values():
        attributes = {
            "arn": role.arn,
            "name": role.name,
            "id": role.name,
            "path": role.path,
            "description": role.description,
            "assume_role_policy": json.dumps(role.trust, separators=(",", ":")),
            "max_session_duration": role.max_session,
            "permissions_boundary": role.boundary.arn if role.boundary else "",
            "inline_policy": [],
            "managed_policy_arns": [],
            "tags": role.tags,
            "unique_id": role.role_id,
        }
        found.append(("managed", "aws_iam_role", attributes))
        for name, body in role.inline.items():
            policy = {"role": role.name, "name": name, "policy": json.dumps(body)}
            found.append(("managed", "aws_iam_role_policy", policy))
        for attached in role.attached:
            body = {"role": role.name, "policy_arn": attached.arn}
            found.append(("managed", "aws_iam_role_policy_attachment", body))
    for managed in _policies(cluster):
        body = {"arn": managed.arn, "name": managed.name, "policy": json.dumps(managed.documents[0])}
        found.append(("managed", "aws_iam_policy", body))
    kind = "aws_iam_openid_connect_provider"
    return found + [("managed", kind, _tf_provider(provider)) for provider in cluster.providers]


def _tf_provider(provider: Provider) -> Json:
    return {
        "arn": provider.arn,
        "url": provider.url,
        "client_id_list": provider.client_ids,
        "thumbprint_list": provider.thumbprints,
        "tags": provider.tags,
    }


def _terraform_state(cluster: Cluster) -> Files:
    resources = [
        {
            "mode": mode,
            "type": kind,
            "name": f"r{at}",
            "instances": [{"schema_version": 0, "attributes": body}],
        }
        for at, (mode, kind, body) in enumerate(_resources(cluster))
    ]
    state = {"version": 4, "terraform_version": "1.9.0", "serial": 3, "outputs": {}, "resources": resources}
    return {"terraform": aws_json(state)}


def _root_module(cluster: Cluster) -> Json:
    found = [
        {"address": f"{kind}.r{at}", "mode": mode, "type": kind, "name": f"r{at}", "values": body}
        for at, (mode, kind, body) in enumerate(_resources(cluster))
    ]
    return {"root_module": {"resources": found[:2], "child_modules": [{"resources": found[2:]}]}}


def _terraform_show(cluster: Cluster) -> Files:
    return {"show": aws_json({"format_version": "1.0", "values": _root_module(cluster)})}


def terraform_plan(cluster: Cluster) -> Files:
    """Return `terraform show -json` of a plan that is going to make everything."""
    plan = {"format_version": "1.2", "planned_values": _root_module(cluster), "resource_changes": []}
    return {"plan": aws_json(plan)}


# --- Steampipe, CloudFormation, rosa ----------------------------------------------------------


def _steampipe_rows(cluster: Cluster) -> dict[str, list[Json]]:
    roles = [
        {
            "name": role.name,
            "arn": role.arn,
            "path": role.path,
            "description": role.description,
            "max_session_duration": role.max_session,
            "permissions_boundary_arn": role.boundary.arn if role.boundary else "",
            "attached_policy_arns": [policy.arn for policy in role.attached] or None,
            "inline_policies": [
                {"PolicyName": name, "PolicyDocument": body} for name, body in role.inline.items()
            ]
            or None,
            "assume_role_policy": role.trust,
            "assume_role_policy_std": json.loads(json.dumps(role.trust).lower()),
            "tags": role.tags,
            "account_id": role.account,
        }
        for role in cluster.roles.values()
    ]
    policies = [
        {"name": p.name, "arn": p.arn, "policy": p.documents[0], "policy_std": {}, "is_attached": True}
        for p in _policies(cluster)
    ]
    return {"roles": roles, "policies": policies, "providers": [_tf_provider(p) for p in cluster.providers]}


def _steampipe(cluster: Cluster) -> Files:
    return {name: aws_json({"rows": rows}) for name, rows in _steampipe_rows(cluster).items() if rows}


def _steampipe_csv(cluster: Cluster) -> Files:
    files: Files = {}
    for name, rows in _steampipe_rows(cluster).items():
        if rows:
            out = io.StringIO()
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(rows[0])
            for row in rows:
                writer.writerow(
                    json.dumps(cell) if isinstance(cell, dict | list) else ("" if cell is None else cell)
                    for cell in row.values()
                )
            files[name] = out.getvalue().encode()
    return files


def cloudformation(cluster: Cluster, *, short_tags: bool = True) -> Files:
    """Return a template that would make the roles: YAML with short tags, or get-template's JSON."""
    resources = {}
    for at, role in enumerate(cluster.roles.values()):
        policies = [{"PolicyName": name, "PolicyDocument": body} for name, body in role.inline.items()]
        properties = {"RoleName": role.name, "AssumeRolePolicyDocument": role.trust, "Policies": policies}
        resources[f"Role{at}"] = {"Type": "AWS::IAM::Role", "Properties": properties}
    body: Json = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    if not short_tags:
        return {"template": aws_json({"TemplateBody": body, "StagesAvailable": ["Original"]})}
    text = yaml.safe_dump(body, sort_keys=False)
    text = text.replace(
        "Federated: arn:aws:iam::" + cluster.account, "Federated: !Sub arn:aws:iam::${AWS::AccountId}"
    )
    return {"template": (text + "Outputs:\n  First:\n    Value: !GetAtt Role0.Arn\n").encode()}


SHAPES: dict[str, Callable[[Cluster], Files]] = {
    "cli": _cli,
    "details": _details,
    "concatenated": _concatenated,
    "json-lines": _json_lines,
    "yaml": _yaml,
    "url-encoded": _url_encoded,
    "terminal": _terminal,
    "config": _config,
    "config-history": _config_history,
    "config-query": _config_query,
    "terraform-state": _terraform_state,
    "terraform-show": _terraform_show,
    "steampipe": _steampipe,
    "steampipe-csv": _steampipe_csv,
}
"""Shapes that say what is in the account; a function for each gives the files by path."""

MEANINGLESS = tuple(name for name in SHAPES if name not in ("cli", "yaml", "url-encoded"))
"""Those whose answers name their role: they hold under any file name."""
