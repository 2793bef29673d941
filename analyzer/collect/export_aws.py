"""The exports that analyze reads, made by asking AWS: calls that only get and list, each recorded.

It is imported by its own command alone, since it loads boto3.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analyzer.aws import IAM, BotoCoreError, ClientError, NoCredentialsError, clients
from analyzer.errors import UsageProblem
from analyzer.evidence.collected import MANIFEST
from analyzer.frozen import frozen

_MOST_PROVIDERS = 700
_PAGED = {
    "list_roles": "Roles",
    "list_role_policies": "PolicyNames",
    "list_attached_role_policies": "AttachedPolicies",
}


@frozen
class Wanted:
    """Which roles: those that are named, those whose name begins so, those with one of the tags."""

    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    """Key and value; None stands for any value."""


@dataclass(slots=True)
class Export:
    """One export: where it is written, and what became of its calls."""

    folder: Path
    iam: Any
    sts: Any
    calls: list[tuple[str, str, str, str]] = field(default_factory=list)
    policies: set[str] = field(default_factory=set)

    @property
    def failed(self) -> int:
        """How many calls were not answered."""
        return sum(status != "0" for status, _, _, _ in self.calls)

    def call(self, client: Any, operation: str, file: str, **arguments: Any) -> Mapping[str, Any] | None:
        """Make one call, write its answer, and record it; None where AWS refused it.

        Raises UsageProblem where there are no credentials or AWS is not reached.
        """
        try:
            answer = _whole(client, operation, arguments)
        except ClientError as error:
            self._record("254", file, operation, arguments)
            self._write(f"{file}.err", f"{error}\n")
            return None
        except NoCredentialsError:
            raise UsageProblem(
                "there are no AWS credentials", do="Set AWS_PROFILE, or log in with the aws command"
            ) from None
        except BotoCoreError as error:
            raise UsageProblem(f"AWS is not reached: {type(error).__name__}") from None
        self._record("0", file, operation, arguments)
        self._write(file, json.dumps(answer, indent=4, default=_plain) + "\n")
        return answer

    def _record(self, status: str, file: str, operation: str, arguments: Mapping[str, Any]) -> None:
        told = " ".join(
            [operation.replace("_", "-"), *(f"{key}={value}" for key, value in arguments.items())]
        )
        self.calls.append((status, _now(), file, told))

    def _write(self, file: str, text: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(self.folder / file, flags, 0o600), "a", encoding="utf-8") as out:
            out.write(text)

    def close(self, started: str) -> None:
        """Write the manifest: each call with its status and time."""
        head = f"{MANIFEST}\n# started {started}\nstatus\ttime\tfile\tcommand\n"
        self._write("MANIFEST.tsv", head + "".join("\t".join(row) + "\n" for row in self.calls))


def connect(folder: Path, region: str | None) -> Export:
    """Prepare an export with the user's own AWS settings. Raises UsageProblem for settings that are none."""
    iam, sts = clients("iam", "sts", config=IAM, region=region)
    return Export(folder, iam, sts)


def export(target: Export, wanted: Wanted) -> None:
    """Write everything that analyze asks of an account about these roles."""
    started = _now()
    try:
        target.call(target.sts, "get_caller_identity", "caller-identity.json")
        _providers(target)
        for name in dict.fromkeys(_names(target, wanted)):
            _role(target, name)
    finally:
        if target.calls:  # nothing was asked where there are no credentials
            target.close(started)


def _names(target: Export, wanted: Wanted) -> Iterator[str]:
    yield from wanted.names
    if not wanted.prefixes and not wanted.tags:
        return
    answer = target.call(target.iam, "list_roles", "list-roles.json") or {}
    for role in answer.get("Roles", ()):
        if role["RoleName"].startswith(wanted.prefixes or ("",)) and _tagged(
            target, role["RoleName"], wanted
        ):
            yield role["RoleName"]


def _tagged(target: Export, name: str, wanted: Wanted) -> bool:
    """Tell whether a role has one of the tags: a listing of roles does not show them."""
    if not wanted.tags:
        return True
    try:
        answer = target.iam.list_role_tags(RoleName=name)
    except ClientError as error:
        target._record("254", f"tags-{name}.json", "list_role_tags", {"RoleName": name})
        target._write(f"tags-{name}.json.err", f"{error}\n")
        return False
    held = {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
    return any(key in held and value in (None, held[key]) for key, value in wanted.tags)


def _role(target: Export, name: str) -> None:
    file, iam = f"role-{name}.json", target.iam
    found = target.call(iam, "get_role", file, RoleName=name)
    listed = target.call(iam, "list_role_policies", file, RoleName=name) or {}
    for policy in listed.get("PolicyNames", ()):
        target.call(iam, "get_role_policy", file, RoleName=name, PolicyName=policy)
    attached = target.call(iam, "list_attached_role_policies", file, RoleName=name) or {}
    for policy in attached.get("AttachedPolicies", ()):
        _policy(target, policy["PolicyArn"])
    boundary = ((found or {}).get("Role") or {}).get("PermissionsBoundary")
    if boundary:
        _policy(target, boundary["PermissionsBoundaryArn"])


def _policy(target: Export, arn: str) -> None:
    if arn in target.policies:
        return
    target.policies.add(arn)
    file = f"policy-{arn.rsplit('/', 1)[-1]}.json"
    found = target.call(target.iam, "get_policy", file, PolicyArn=arn)
    if found:
        version = found["Policy"]["DefaultVersionId"]
        target.call(target.iam, "get_policy_version", file, PolicyArn=arn, VersionId=version)


def _providers(target: Export) -> None:
    answer = target.call(target.iam, "list_open_id_connect_providers", "oidc-providers.json") or {}
    for number, entry in enumerate(answer.get("OpenIDConnectProviderList", ())[:_MOST_PROVIDERS], 1):
        target.call(
            target.iam, "get_open_id_connect_provider", f"oidc-provider-{number}.json",
            OpenIDConnectProviderArn=entry["Arn"],
        )  # fmt: skip


def _whole(client: Any, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call, with all pages of a list as one answer."""
    call: Callable[..., dict[str, Any]] = getattr(client, operation)
    key = _PAGED.get(operation)
    if key is None:
        return _without_metadata(call(**arguments))
    pages: Iterable[dict[str, Any]] = client.get_paginator(operation).paginate(**arguments)
    return {key: [entry for page in pages for entry in page[key]]}


def _without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
