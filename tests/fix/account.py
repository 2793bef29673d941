"""A generated cluster that the commands of a README are carried out on, as AWS and the API server would."""

from __future__ import annotations

import base64
import json
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from samples import Cluster, Provider
from samples.aws import Role


class Account:
    """Carries out commands in the folder of the repairs; what it does not know is an error."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.done: list[str] = []

    def run(self, commands: list[str]) -> None:
        for line in commands:
            words = shlex.split(line)
            target = None
            if ">" in words:
                target = self.folder / words[words.index(">") + 1]
                words = words[: words.index(">")]
            answer = self._one(words)
            if target is not None:
                assert target.parent.is_dir(), f"{target.parent} was not made"
                target.write_text(answer or "")
            self.done.append(" ".join(words[:3]))

    def _one(self, words: list[str]) -> str | None:
        if words[0] == "mkdir":
            (self.folder / words[-1]).mkdir(mode=0o700)
            return None
        if words[0] == "curl":
            assert "-fsSg" in words, (
                "the page of an error would be kept as the document, or braces be expanded"
            )
            if "-o" in words:
                (self.folder / words[words.index("-o") + 1]).write_text("what is there now")
            return None
        if words[:3] == ["aws", "s3api", "put-object"]:
            return self._upload(_options(words[3:]))
        if words[0] == "oc":
            return self._oc(words)
        assert words[:2] == ["aws", "iam"], words
        options = _options(words[3:])
        call = getattr(self, words[2].replace("-", "_"))
        found: str | None = call(options)
        return found

    def _file(self, value: str) -> Any:
        return json.loads((self.folder / value.removeprefix("file://")).read_text())

    def _upload(self, options: dict[str, list[str]]) -> str | None:
        bucket, key = options["--bucket"][0], options["--key"][0]
        host, _, prefix = self.cluster.issuer_host.partition("/")
        made = f"{self.cluster.name}-oidc"  # by ccoctl, and CloudFront stands before it
        if host.startswith("s3."):
            assert f"{bucket}/{key}".startswith(f"{prefix}/")
        else:
            assert host.startswith(f"{bucket}.s3.") or bucket == made
            assert key.startswith(f"{prefix}/" if prefix else "")
        assert options["--tagging"] == [f"openshift.io/cloud-credential-operator/{self.cluster.name}=owned"]
        text = (self.folder / options["--body"][0]).read_text()
        body = json.loads(text) if text.startswith("{") else text
        if key.endswith("openid-configuration"):
            self.cluster.discovery = body
        else:
            self.cluster.jwks = body
        return None

    def _role(self, options: dict[str, list[str]]) -> Role:
        return self.cluster.roles[options["--role-name"][0]]

    def get_role(self, options: dict[str, list[str]]) -> str:
        return json.dumps(self._role(options).trust)

    def update_assume_role_policy(self, options: dict[str, list[str]]) -> None:
        self._role(options).trust = self._file(options["--policy-document"][0])

    def create_role(self, options: dict[str, list[str]]) -> None:
        name = options["--role-name"][0]
        assert name not in self.cluster.roles
        tags = dict(pair.removeprefix("Key=").split(",Value=") for pair in options.get("--tags", []))
        trust = self._file(options["--assume-role-policy-document"][0])
        path, description = options["--path"][0], options["--description"][0]
        self.cluster.roles[name] = Role(
            name, self.cluster.account, trust, {}, self.cluster.partition, path, description, tags
        )
        self.cluster.missing_roles = [n for n in self.cluster.missing_roles if n != name]

    def delete_role(self, options: dict[str, list[str]]) -> None:
        assert not self._role(options).inline
        del self.cluster.roles[options["--role-name"][0]]
        self.cluster.missing_roles.append(options["--role-name"][0])

    def get_role_policy(self, options: dict[str, list[str]]) -> str:
        return json.dumps(self._role(options).inline[options["--policy-name"][0]])

    def put_role_policy(self, options: dict[str, list[str]]) -> None:
        self._role(options).inline[options["--policy-name"][0]] = self._file(options["--policy-document"][0])

    def delete_role_policy(self, options: dict[str, list[str]]) -> None:
        del self._role(options).inline[options["--policy-name"][0]]

    def _provider(self, options: dict[str, list[str]]) -> Provider:
        arn = options["--open-id-connect-provider-arn"][0]
        return next(provider for provider in self.cluster.providers if provider.arn == arn)

    def get_open_id_connect_provider(self, options: dict[str, list[str]]) -> str:
        return json.dumps({"Url": self._provider(options).url})

    def create_open_id_connect_provider(self, options: dict[str, list[str]]) -> None:
        body = self._file(options["--cli-input-json"][0])
        assert set(body) <= {"Url", "ClientIDList", "ThumbprintList", "Tags"}
        assert body["Url"].startswith("https://")
        tags = {tag["Key"]: tag["Value"] for tag in body.get("Tags", [])}
        url = body["Url"].removeprefix("https://")
        made = Provider(url, self.cluster.account, self.cluster.partition, body["ClientIDList"], [], tags)
        assert made.arn not in {provider.arn for provider in self.cluster.providers}
        self.cluster.providers.insert(0, made)

    def delete_open_id_connect_provider(self, options: dict[str, list[str]]) -> None:
        self.cluster.providers.remove(self._provider(options))

    def add_client_id_to_open_id_connect_provider(self, options: dict[str, list[str]]) -> None:
        self._provider(options).client_ids.append(options["--client-id"][0])

    def remove_client_id_from_open_id_connect_provider(self, options: dict[str, list[str]]) -> None:
        self._provider(options).client_ids.remove(options["--client-id"][0])

    def update_open_id_connect_provider_thumbprint(self, options: dict[str, list[str]]) -> None:
        self._provider(options).thumbprints = options["--thumbprint-list"]

    def _oc(self, words: list[str]) -> str | None:
        if "get" in words:
            place = (words[2], words[5])
            held = self.cluster.secrets[place].data
            data = {key: base64.b64encode(value).decode() for key, value in held.items()}
            return yaml.safe_dump({"metadata": {"namespace": place[0], "name": place[1]}, "data": data})
        if "delete" in words:
            if words[4] == "secret":
                self.cluster.secrets[words[2], words[5]].data = {}
            return None
        if "restart" in words:
            return None
        assert words[1] in ("apply", "create", "replace"), words
        body = yaml.safe_load((self.folder / words[3]).read_text())
        data = {key: value.encode() for key, value in body.get("stringData", {}).items()}
        data |= {key: base64.b64decode(value) for key, value in body.get("data", {}).items()}
        place = (body["metadata"]["namespace"], body["metadata"]["name"])
        there = place in self.cluster.secrets and self.cluster.secrets[place].data != {}
        assert there == (words[1] == "replace"), words  # an apply would let other keys stay
        if place not in self.cluster.secrets:
            from samples.cluster import Secret

            self.cluster.secrets[place] = Secret({}, self.cluster.gathered)
        self.cluster.set_credentials(*place, data)
        return None


def _options(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word
            found[name] = []
        else:
            found[name].append(word)
    return found


def commands(readme: str, *, rollback: bool = False) -> list[str]:
    """Give the commands of a README in order: those that apply, or those that take it back."""
    there, _, back = readme.partition("## To take it all back")
    part = back if rollback else there
    blocks = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]
