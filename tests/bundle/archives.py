"""Archives made at test time, honest and hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import analyzer.bundle as b

PACK = {"tar": bytes, "tar.gz": gzip.compress, "tar.xz": lzma.compress, "tar.bz2": bz2.compress}
PACK["tar.zst"] = import_module(
    "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
).compress

ROOT = "must-gather.local.1/quay-io"
BUNDLE = {
    "must-gather.local.1/timestamp": b"2021-08-03 10:12:00.016988581 +0000 UTC m=+0.38\n",
    f"{ROOT}/version": b"4.18.1\n",
    f"{ROOT}/cluster-scoped-resources/config.openshift.io/infrastructures.yaml": b"---\na: 1\n",
    f"{ROOT}/namespaces/openshift-ingress-operator/core/secrets.yaml": b"---\nitems: []\n",
    f"{ROOT}/namespaces/openshift-x/pods/p/c/c/logs/current.log": b"line\n" * 5000,
    f"{ROOT}/namespaces/openshift-x/pods/p/c/c/logs/previous.log": b"",
    f"{ROOT}/namespaces/openshift-x/" + "n" * 160 + "/system:node.yaml": b"long: name\n",
}


def tar_of(files: dict[str, bytes] | list[tuple[str, bytes]], fmt: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt) as tar:
        for name, data in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_with(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def walk(path: Path, limits: b.Limits = b.DEFAULT_LIMITS) -> tuple[dict[str, bytes], b.Source]:
    source = b.open_source(path, limits)
    return {entry.path: entry.read() for entry in source.walk()}, source


def codes(source: b.Source) -> list[str]:
    return [issue.code for issue in source.issues]
