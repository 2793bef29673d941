"""Reading of generated bundles, for the tests of the generator."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization

from samples import Cluster
from samples.bundle import bundle_files, image_folder


class TextLoader(yaml.CSafeLoader):
    """Keeps times and numbers that a file left unquoted visible as what they are."""


TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(content: bytes) -> Any:
    return yaml.load(content, TextLoader)  # noqa: S506 (a safe loader)


def below_image(cluster: Cluster, **options: str) -> dict[str, bytes]:
    start = image_folder(cluster) + "/"
    files = bundle_files(cluster, **options)
    return {path.removeprefix(start): content for path, content in files.items() if path.startswith(start)}


def secrets_of(files: dict[str, bytes]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for path, content in files.items():
        if path.endswith("core/secrets.yaml"):
            for item in load(content)["items"]:
                yield item["metadata"]["namespace"], item["metadata"]["name"], item["data"]


def kids(config_map: dict[str, Any]) -> list[str]:
    found = []
    for pem in config_map["data"].values():
        key = serialization.load_pem_public_key(pem.encode())
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        found.append(base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode())
    return found


def items(files: dict[str, bytes], path: str) -> dict[str, Any]:
    return {item["metadata"]["name"]: item for item in load(files[path])["items"]}
