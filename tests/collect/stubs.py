"""Stand-ins for oc, aws and curl on PATH that serve a generated cluster's true answers, and log each call.

A stub is a few lines of sh that look an answer up by its command line: what is not there is an error.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samples import Cluster
from samples.clusterscoped import cluster_scoped
from samples.exports import export_files
from samples.namespaced import namespaced
from samples.yamlout import document

TOOLS = (
    "base64", "cat", "cp", "cut", "date", "find", "grep", "gzip", "head", "md5sum", "mkdir", "rm", "sed",
    "sh", "sort", "tar", "tr",
)  # fmt: skip
"""All that the script may need beside oc, aws and curl; md5sum and cp are the stubs'."""

STUB = r"""#!/bin/sh
here=%s
printf '%%s' "${0##*/}" >>"$here/calls"
printf '\t%%s' "$@" | tr '\n' ' ' >>"$here/calls"
echo >>"$here/calls"
headers= place= words=${0##*/}
while [ $# -gt 0 ]; do
    case $1 in
    -D) headers=$2; shift ;;
    --dest-dir) place=$2; shift ;;
    *) words="$words $1" ;;
    esac
    shift
done
key=$(printf '%%s' "$words" | md5sum | cut -d' ' -f1)
if [ -d "$here/$key" ]; then mkdir -p "$place" && cp -R "$here/$key/." "$place"; exit; fi
if [ ! -e "$here/$key.rc" ]; then echo "the stub has no answer to: $words" >&2; exit 64; fi
[ ! -e "$here/$key.headers" ] || cp "$here/$key.headers" "$headers"
cat "$here/$key.out"
cat "$here/$key.err" >&2
exit "$(cat "$here/$key.rc")"
"""


@dataclass(frozen=True)
class Answer:
    out: bytes = b""
    err: bytes = b""
    status: int = 0
    headers: bytes | None = None


DETAILS = (
    "iam get-account-authorization-details --filter Role LocalManagedPolicy AWSManagedPolicy --output json"
)

Answers = dict[tuple[str, ...], "Answer | Mapping[str, bytes]"]


def denied(operation: str) -> Answer:
    caller = "User: arn:aws:iam::123456789012:user/x"
    text = f"\nAn error occurred (AccessDenied) when calling the {operation} operation: {caller}"
    text += f" is not authorized to perform: iam:{operation}\n"
    return Answer(err=text.encode(), status=254)


def _aws(*words: str) -> tuple[str, ...]:
    return ("aws", *words)


def aws_answers(cluster: Cluster) -> Answers:
    exports = export_files(cluster)
    found: Answers = {
        _aws("sts", "get-caller-identity", "--output", "json"): Answer(
            exports["iam/get-caller-identity.json"]
        ),
        _aws(*DETAILS.split()): Answer(
            export_files(cluster, details=True)["iam/get-account-authorization-details.json"]
        ),
    }
    for role in cluster.roles.values():
        found |= _role(role.name, role, exports)
    for name in cluster.missing_roles:
        text = exports[f"iam/get-role-{name}.json"]
        found[_aws("iam", "get-role", "--role-name", name, "--output", "json")] = Answer(err=text, status=254)
    listing = exports["oidc/list-open-id-connect-providers.json"]
    arns = [entry["Arn"] for entry in json.loads(listing)["OpenIDConnectProviderList"]]
    call = _aws("iam", "list-open-id-connect-providers")
    found[(*call, "--output", "json")] = Answer(listing)
    found[(*call, "--query", "OpenIDConnectProviderList[].Arn", "--output", "text")] = text_of(arns)
    for path, body in exports.items():
        if path.startswith("oidc/get-"):
            arn = next((a for a in arns if a.endswith(json.loads(body)["Url"])), "elsewhere")
            words = ("iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", arn)
            found[_aws(*words, "--output", "json")] = Answer(body)
    return found


def text_of(words: Sequence[str | None]) -> Answer:
    return Answer(("\t".join(word or "None" for word in words) + "\n").encode())


def _role(name: str, role: Any, exports: Mapping[str, bytes]) -> Answers:
    def call(operation: str, *more: str) -> tuple[str, ...]:
        return _aws("iam", operation, "--role-name", name, *more)

    boundary = role.boundary.arn if role.boundary else None

    def listed(operation: str, query: str, words: Sequence[str | None]) -> Answers:
        return {call(operation, "--query", query, "--output", "text"): text_of(words)}

    found: Answers = {
        call(operation, "--output", "json"): Answer(exports[f"iam/{operation}-{name}.json"])
        for operation in ("get-role", "list-role-policies", "list-attached-role-policies")
    }
    found |= listed("get-role", "Role.PermissionsBoundary.PermissionsBoundaryArn", [boundary])
    found |= listed("list-role-policies", "PolicyNames[]", list(role.inline))
    arns = [policy.arn for policy in role.attached]
    found |= listed("list-attached-role-policies", "AttachedPolicies[].PolicyArn", arns)
    for policy in role.inline:
        suffix = "" if policy == name else f"--{policy}"
        answer = Answer(exports[f"iam/get-role-policy-{name}{suffix}.json"])
        found[call("get-role-policy", "--policy-name", policy, "--output", "json")] = answer
    for managed in [*role.attached, *([role.boundary] if role.boundary else [])]:
        get = _aws("iam", "get-policy", "--policy-arn", managed.arn)
        version = f"v{len(managed.documents)}"
        found[(*get, "--output", "json")] = Answer(exports[f"iam/get-policy-{managed.name}.json"])
        found[(*get, "--query", "Policy.DefaultVersionId", "--output", "text")] = text_of([version])
        words = ("iam", "get-policy-version", "--policy-arn", managed.arn, "--version-id", version)
        document = Answer(exports[f"iam/get-policy-version-{managed.name}.json"])
        found[_aws(*words, "--output", "json")] = document
    return found


def curl_answers(cluster: Cluster) -> Answers:
    exports = export_files(cluster)
    suffix = "amazonaws.com.cn" if cluster.partition == "aws-cn" else "amazonaws.com"
    found: Answers = {
        ("curl", "-sSg", "--proto", "=https", "--max-time", "30", "--", f"https://{host}/"): Answer(b"<html>")
        for host in (f"sts.{cluster.region}.{suffix}", "sts.amazonaws.com")
    }
    for name, url in (
        ("openid-configuration", "/.well-known/openid-configuration"),
        ("keys.json", "/keys.json"),
    ):
        words = ("curl", "-sSg", "--proto", "=https", "--max-time", "30", "--", f"{cluster.issuer}{url}")
        body = exports.get(f"issuer/{name}")
        headers = exports.get(f"issuer/{name.removesuffix('.json')}.headers", b"HTTP/1.1 200 OK\r\n\r\n")
        if body is None:
            lost = b"curl: (6) Could not resolve host: " + cluster.issuer_host.encode() + b"\n"
            found[words] = Answer(err=lost, status=6)
        else:
            found[words] = Answer(body, headers=headers)
    return found


def oc_answers(cluster: Cluster) -> Answers:
    found: Answers = {}
    lists: dict[str, list[Any]] = {}
    trees: dict[str, dict[str, bytes]] = {}
    for path, body in [*cluster_scoped(cluster), *namespaced(cluster, full_secrets=False)]:
        parts = path.split("/")
        if parts[0] == "namespaces":
            text = body if isinstance(body, bytes) else document(body)
            trees.setdefault(parts[1], {})[path] = text
        if not isinstance(body, dict):
            continue
        kind = str(body.get("kind", ""))
        items = [body]
        if kind.endswith(
            "List"
        ):  # where a list is gathered its items have no kind, and oc get gives them one
            one = {"apiVersion": body["apiVersion"], "kind": kind.removesuffix("List")}
            items = [one | item for item in body["items"]]
        if parts[0] == "cluster-scoped-resources":
            plural = f"{parts[2].removesuffix('.yaml')}.{parts[1]}"
            if len(parts) > 3 or plural not in lists:
                lists.setdefault(plural, []).extend(items)
        for item in items:
            if item.get("kind") == "CredentialsRequest":
                lists.setdefault("requests", []).append(item)
            if item.get("kind") == "Namespace":
                lists.setdefault("namespaces", []).append(item)
        if path.endswith("core/configmaps.yaml"):
            for item in items:
                words = ("oc", "-n", parts[1], "get", "configmap", item["metadata"]["name"], "-o", "yaml")
                found[words] = Answer(document(item))
    requests = lists.pop("requests", [])
    for plural, items in lists.items():
        found["oc", "get", plural, "-o", "yaml"] = listed(items)
    found[
        "oc", "get", "credentialsrequests.cloudcredential.openshift.io", "--all-namespaces", "-o", "yaml"
    ] = listed(requests)
    for namespace, files in trees.items():
        found["oc", "adm", "inspect", f"ns/{namespace}"] = files
    template = "go-template={{with .data.credentials}}{{base64decode .}}{{end}}"
    for (namespace, name), secret in cluster.secrets.items():
        words = ("oc", "-n", namespace, "get", "secret", name, "-o", template)
        found[words] = Answer(secret.data.get("credentials", b""))
    return found


def listed(items: list[Any]) -> Answer:
    return Answer(document({"apiVersion": "v1", "kind": "List", "items": items}))


def answers(cluster: Cluster) -> Answers:
    return aws_answers(cluster) | curl_answers(cluster) | oc_answers(cluster)


@dataclass(frozen=True)
class Bench:
    """A folder with the stubs, in which scripts are run."""

    folder: Path

    def serve(self, table: Answers, tools: Sequence[str] = ("oc", "aws", "curl")) -> None:
        for tool in tools:
            stub = self.folder / "bin" / tool
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text(STUB % self.folder)
            stub.chmod(0o755)
        for words, answer in table.items():
            key = self.folder / hashlib.md5(" ".join(words).encode()).hexdigest()  # noqa: S324
            if not isinstance(answer, Answer):
                for path, content in answer.items():
                    (key / path).parent.mkdir(parents=True, exist_ok=True)
                    (key / path).write_bytes(content)
                continue
            parts = (("out", answer.out), ("err", answer.err), ("rc", str(answer.status).encode()))
            for suffix, content in parts:
                key.with_suffix(f".{suffix}").write_bytes(content)
            if answer.headers is not None:
                key.with_suffix(".headers").write_bytes(answer.headers)

    def run(
        self, script: str, *arguments: str, shell: Sequence[str] = ("dash",)
    ) -> subprocess.CompletedProcess[str]:
        """Run a script in a shell; with busybox's, all other programs are busybox's too."""
        place = self.folder / "work"
        place.mkdir(exist_ok=True)
        path = self.folder / "collect.sh"
        path.write_text(script)
        for tool in TOOLS:  # no other program, and above all no real curl, can be started
            link = self.folder / "tools" / tool
            link.parent.mkdir(exist_ok=True)
            if not link.exists() and (found := shutil.which("busybox" if shell[0] == "busybox" else tool)):
                link.symlink_to(found)
        environment = {"PATH": f"{self.folder / 'bin'}:{self.folder / 'tools'}", "HOME": str(self.folder)}
        return subprocess.run(
            [shutil.which(shell[0]) or shell[0], *shell[1:], str(path), *arguments],
            cwd=place, env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip

    @property
    def archive(self) -> Path:
        (found,) = (self.folder / "work").glob("sts-collect-*.tar.gz")
        return found

    @property
    def collected(self) -> Path:
        return self.archive.with_name(self.archive.name.removesuffix(".tar.gz"))

    @property
    def calls(self) -> list[list[str]]:
        text = (self.folder / "calls").read_text() if (self.folder / "calls").exists() else ""
        return [line.split("\t") for line in text.splitlines()]
