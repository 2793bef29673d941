"""Must-gathers of any size, the same bytes each time, with a manifest of every line put into their logs.

The cluster is the healthy sample's. Around it lies what fills real bundles: namespaces with pods whose
`managedFields` are kept, CustomResourceDefinitions, events, logs in four formats, audit logs, metrics.
Shares follow what must-gathers of 4.12 to 4.18 hold: two thirds logs, a quarter YAML.
"""

from __future__ import annotations

import gzip
import json
import random
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samples.bundle import bundle_files, bundle_folder, image_folder
from samples.logs import INCORRECT_AUDIENCE, NOT_AUTHORIZED, THUMBPRINT, request_id, sdk2
from samples.scenarios import SCENARIOS

SHARES = {
    "logs": 0.66, "pods": 0.02, "definitions": 0.1, "events": 0.11, "config maps": 0.03, "audit": 0.04,
    "metrics": 0.04,
}  # fmt: skip
"""Parts of the bytes, by what they are of."""
NAMESPACES = 60
PODS = 12
"""Pods of each namespace; each stands in its namespace's list and in a file of its own."""
INJECTED = 40
_START = datetime(2024, 5, 14, 8, tzinfo=UTC)
_FAILURES = (INCORRECT_AUDIENCE, NOT_AUTHORIZED, THUMBPRINT)
_WORDS = [
    "reconciling",
    "syncing",
    "observed",
    "updated",
    "listing",
    "watching",
    "cache",
    "revision",
    "deployment",
    "replica",
    "endpoint",
    "node",
    "lease",
    "certificate",
    "rotation",
    "credentials",
    "config",
    "apply",
    "status",
    "condition",
    "progressing",
    "available",
    "degraded",
]


@dataclass
class Manifest:
    """What was put in: each error line with its file, line, namespace and pod."""

    megabytes: int
    folder: str
    files: int = 0
    bytes: int = 0
    injected: list[dict[str, object]] = field(default_factory=list)


def write_bundle(top: Path, megabytes: int) -> Manifest:
    """Write a bundle of about so many MB below a folder, and its manifest beside it."""
    cluster = SCENARIOS["healthy"].cluster()
    manifest = Manifest(megabytes, bundle_folder(cluster))
    root = top / manifest.folder
    files = bundle_files(cluster)
    image = image_folder(cluster)
    for path, data in files.items():
        _write(root / path, data, manifest)
    for path, data in _filling(random.Random(megabytes), megabytes * 1_000_000, manifest):
        _write(root / image / path, data, manifest)
    for entry in manifest.injected:
        entry["file"] = f"{manifest.folder}/{image}/{entry['file']}"
    text = json.dumps(vars(manifest), indent=1)
    (top / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder as tar.gz, as `tar czf` of a must-gather does."""
    with (
        gzip.GzipFile(archive, "wb", compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            tar.add(path, path.relative_to(folder.parent).as_posix(), recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = "root"
    return member


def _write(path: Path, data: bytes, manifest: Manifest) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    manifest.files += 1
    manifest.bytes += len(data)


def _filling(chance: random.Random, size: int, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    room = {what: int(size * share) for what, share in SHARES.items()}
    spaces = [f"team-{number:02d}" for number in range(NAMESPACES)]
    pods = [
        (space, f"{_word(chance)}-{_hex(chance, 10)}-{_hex(chance, 5)}")
        for space in spaces
        for _ in range(PODS)
    ]
    yield from _definitions(chance, room["definitions"])
    for space in spaces:
        names = [name for where, name in pods if where == space]
        bodies = [_pod(chance, space, name, room["pods"] // len(pods) // 2) for name in names]
        yield f"namespaces/{space}/core/pods.yaml", _list("Pod", map(_item, bodies))
        for name, body in zip(names, bodies, strict=True):
            yield f"namespaces/{space}/pods/{name}/{name}.yaml", f"---\n{body}".encode()
        for kind, made in (("Event", _events), ("ConfigMap", _config_maps)):
            size = room["events" if kind == "Event" else "config maps"] // NAMESPACES
            yield f"namespaces/{space}/core/{kind.lower()}s.yaml", _list(kind, made(chance, space, size))
    lines = _line_pool(chance)
    struck = set(chance.sample(range(len(pods)), min(INJECTED, len(pods))))
    for number, (space, pod) in enumerate(pods):
        path = f"namespaces/{space}/pods/{pod}/main/main/logs/current.log"
        text = _log(chance, lines, room["logs"] // len(pods))
        if number in struck:
            at = chance.randrange(len(text) // 4, len(text))
            stamp = text[at].partition(b" ")[0].decode()
            failure = _FAILURES[number % len(_FAILURES)]
            error = sdk2(failure, request_id(space, pod), "EC2: DescribeInstances")
            text[at] = f"{stamp} E0514 main.go:42] {error}".encode()
            found = {"file": path, "line": at + 1, "namespace": space, "pod": pod, "code": failure.code}
            manifest.injected.append(found)
        yield path, b"\n".join(text) + b"\n"
    yield (
        "audit_logs/kube-apiserver/master-0-audit.log.gz",
        gzip.compress(_audit(chance, room["audit"] * 5), 6, mtime=0),
    )
    yield "monitoring/prometheus/rules.json", _metrics(chance, room["metrics"])


def _hex(chance: random.Random, length: int) -> str:
    return f"{chance.getrandbits(4 * length):0{length}x}"


def _word(chance: random.Random) -> str:
    return chance.choice(_WORDS)


def _line_pool(chance: random.Random) -> list[bytes]:
    """Give lines as klog, zap, logrus and JSON write them, without the kubelet's stamp."""
    pool = []
    for number in range(20_000):
        what = " ".join(chance.choices(_WORDS, k=chance.randrange(3, 14)))
        uid = f"{_hex(chance, 8)}-{_hex(chance, 4)}-{_hex(chance, 12)}"
        pool.append(
            (
                f"I0514 08:12:03.{number:06d}       1 reconciler.go:{number % 900}] {what} uid={uid}",
                f"2024-05-14T08:12:03.123Z\tINFO\tcontroller\tcontroller/{number % 90}.go:88\t{what}\t"
                f'{{"name": "{uid}", "attempt": {number % 7}}}',
                f'time="2024-05-14T08:12:03Z" level=info msg="{what}" controller=sync uid={uid}',
                f'{{"level":"info","ts":"2024-05-14T08:12:03.{number:06d}Z","msg":"{what}","uid":"{uid}"}}',
            )[number % 4].encode()
        )
    return pool


def _log(chance: random.Random, pool: list[bytes], size: int) -> list[bytes]:
    lines, when, written = [], _START, 0
    while written < size:
        for text in chance.choices(pool, k=500):
            when += timedelta(milliseconds=937)
            line = f"{when:%Y-%m-%dT%H:%M:%S.%f}789Z ".encode() + text
            lines.append(line)
            written += len(line) + 1
            if written >= size:
                break
    return lines


def _managed(chance: random.Random) -> str:
    keys = "".join(f"          f:{_word(chance)}-{_hex(chance, 4)}: {{}}\n" for _ in range(25))
    return (
        "  managedFields:\n  - apiVersion: v1\n    fieldsType: FieldsV1\n    fieldsV1:\n      f:metadata:\n"
        f"        f:labels:\n{keys}    manager: kube-controller-manager\n    operation: Update\n"
    )


def _pod(chance: random.Random, space: str, name: str, size: int) -> str:
    body = (
        'apiVersion: v1\nkind: Pod\nmetadata:\n  creationTimestamp: "2024-05-14T07:00:00Z"\n'
        f"  labels:\n    app: {name[:-6]}\n{_managed(chance)}  name: {name}\n  namespace: {space}\n"
        f'  resourceVersion: "{chance.randrange(10**6)}"\n  uid: {_hex(chance, 32)}\nspec:\n  containers:\n'
    )
    while True:
        body += f"  - name: main\n    image: quay.io/team/app@sha256:{_hex(chance, 64)}\n    env:\n"
        body += "".join(
            f"    - name: {_word(chance).upper()}\n      value: {_hex(chance, 24)}\n" for _ in range(9)
        )
        if len(body) >= size:
            return body + "  serviceAccountName: default\nstatus:\n  phase: Running\n"


def _item(body: str) -> str:
    """Write an object as an item of a list."""
    return "- " + body.rstrip("\n").replace("\n", "\n  ") + "\n"


def _list(kind: str, items: Iterable[str]) -> bytes:
    end = f'kind: {kind}List\nmetadata:\n  resourceVersion: "1"\n'
    return "".join(["---\napiVersion: v1\nitems:\n", *items, end]).encode()


def _events(chance: random.Random, space: str, size: int) -> Iterator[str]:
    written = 0
    while written < size:
        text = (
            f"- apiVersion: v1\n  count: {chance.randrange(90)}\n  kind: Event\n"
            f"  message: {' '.join(chance.choices(_WORDS, k=9))}\n"
            f"  metadata:\n    name: {_word(chance)}.{_hex(chance, 16)}\n    namespace: {space}\n"
            "  reason: Pulled\n  type: Normal\n"
        )
        written += len(text)
        yield text


def _config_maps(chance: random.Random, space: str, size: int) -> Iterator[str]:
    written = 0
    while written < size:
        lines = "".join(f"      {_word(chance)}: {_hex(chance, 40)}\n" for _ in range(60))
        text = (
            f"- apiVersion: v1\n  data:\n    config.yaml: |\n{lines}  kind: ConfigMap\n"
            f"  metadata:\n    name: {_word(chance)}-{_hex(chance, 6)}\n    namespace: {space}\n"
        )
        written += len(text)
        yield text


def _definitions(chance: random.Random, size: int) -> Iterator[tuple[str, bytes]]:
    folder = "cluster-scoped-resources/apiextensions.k8s.io/customresourcedefinitions"
    for number in range(100):
        name = f"{_word(chance)}{number}.example.com"
        text = f"---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {name}\nspec:\n"
        while len(text) < size // 100:
            text += f"  {_word(chance)}{_hex(chance, 6)}:\n    description: {' '.join(chance.choices(_WORDS, k=20))}\n    type: string\n"
        yield f"{folder}/{name}.yaml", text.encode()


def _audit(chance: random.Random, size: int) -> bytes:
    line = '{"kind":"Event","auditID":"%s","verb":"get","requestURI":"/api/v1/namespaces/%s","code":200}\n'
    return "".join(line % (_hex(chance, 32), _word(chance)) for _ in range(size // 120)).encode()


def _metrics(chance: random.Random, size: int) -> bytes:
    rows = [{"name": _word(chance), "query": _hex(chance, 60), "health": "ok"} for _ in range(size // 110)]
    return json.dumps({"status": "success", "data": rows}).encode()
