"""What is fuzzed: each target takes any bytes and may raise only what it says it raises."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import analyzer.bundle as b
from analyzer.engine.regex import PatternError, compile_pattern, found_in
from analyzer.engine.rulefile import RuleFile, read_rule
from analyzer.errors import DoctorError
from analyzer.evidence.logs.scan import LogScan
from analyzer.evidence.loose.logs import feed_loose
from analyzer.evidence.loose.sniff import read_loose
from analyzer.evidence.tokens import read_tokens
from analyzer.findings.baseline import read_baseline
from analyzer.iam.lines import evaluate_policy_line, evaluate_trust_line
from analyzer.iam.policy import parse_policy
from analyzer.model.vocabulary import VOCABULARY
from analyzer.redact import redact
from analyzer.reports.formats import FORMATS, Options, render
from analyzer.reports.json import load_json, render_json
from analyzer.session import analyze
from samples.bundle import bundle_files
from samples.cluster import Cluster
from samples.exports import export_files

ROOT = Path(__file__).resolve().parents[2]
SMALL = b.Limits(nodes=200_000, ratio_after=4 << 20, total_bytes=64 << 20)


@dataclass(frozen=True)
class Target:
    """One reader, and what it is meant to read."""

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]


@cache
def _files() -> dict[str, bytes]:
    cluster = Cluster()
    return dict(bundle_files(cluster)) | {f"exports/{k}": v for k, v in export_files(cluster).items()}


def _of(*parts: str, most: int = 60_000) -> list[bytes]:
    found = [
        data
        for path, data in sorted(_files().items())
        if any(p in path for p in parts) and 0 < len(data) < most
    ]
    assert found, parts
    return found


def _archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:  # noqa: PTH112
        path = Path(folder) / "x"
        path.write_bytes(data)
        for entry in b.open_source(path, SMALL).walk():
            entry.head()
            entry.read()


def _archives() -> list[bytes]:
    from tests.bundle.archives import BUNDLE, PACK, tar_of, zip_of

    inner = tar_of(BUNDLE)
    packed = [pack(inner) for pack in PACK.values()]
    return [
        *packed,
        zip_of(BUNDLE),
        tar_of({"a.tar.gz": packed[1], "b.zip": zip_of(BUNDLE)}),
        zip_of({"a": packed[2]}),
    ]


def _yaml(data: bytes) -> None:
    with contextlib.suppress(b.UnreadableDocument):
        for document in b.iter_yaml(data, "x", SMALL):
            b.Place(document).line  # noqa: B018 - where it stands is worked out on request
    for item in b.cut_list(data).items:
        b.item_names(item.data), b.item_kind(item.data)
        with contextlib.suppress(b.UnreadableDocument):
            b.parse_item(item, "x")


def _json(data: bytes) -> None:
    with contextlib.suppress(b.UnreadableDocument):
        for document in b.iter_json(data, "x", SMALL):
            value = document.value
            if isinstance(value, dict) and value:
                b.Place(document).at(next(iter(value))).line  # noqa: B018


def _token(data: bytes) -> None:
    read_tokens("i1", "token", data)


def _policy(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    parse_policy(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    claims = {"iss": "https://x.example", "sub": "system:serviceaccount:a:b", "aud": "sts.amazonaws.com"}
    provider = "arn:aws:iam::123456789012:oidc-provider/x.example"
    evaluate_trust_line({"trustPolicy": text, "providerArn": provider, "claims": claims})
    request = {"action": "s3:GetObject", "resource": "arn:aws:s3:::bucket/key", "context": {}}
    evaluate_policy_line({"request": request, "identityPolicies": [value, text]})
    evaluate_policy_line(value)
    evaluate_trust_line(value)


def _rule(data: bytes) -> None:
    with contextlib.suppress(DoctorError):
        read_rule(RuleFile("p", "trust", "trust-subject-mismatch", "p/trust/x.yaml", data), VOCABULARY)
    with contextlib.suppress(PatternError):
        found_in(compile_pattern(data.decode("utf-8", "replace")[:300]), "a" * 500 + "!")


def _rules() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "rules").rglob("*.yaml"))][::3]


def _log(data: bytes) -> None:
    scan = LogScan()
    name = "namespaces/openshift-ingress-operator/pods/p/c/c/logs/current.log"
    scan.feed("i1", name, (data[at : at + 4096] for at in range(0, len(data), 4096)))
    feed_loose(scan, "i1", "x.log", data)
    for symptom in scan.symptoms():
        repr(symptom)


def _report(data: bytes) -> None:
    try:
        report = load_json(data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace"))
    except (DoctorError, UnicodeDecodeError):
        return
    for name in FORMATS:
        render(report, name, Options())


def _reports() -> list[bytes]:
    names = ("mint-mode", "bundle-only", "trust-wrong-service-account")
    return [render_json(analyze([ROOT / "samples" / name])).encode() for name in names]


def _baseline(data: bytes) -> None:
    with contextlib.suppress(DoctorError):
        read_baseline(data.decode("utf-8", "replace"), "x")


def _baselines() -> list[bytes]:
    return [
        b'[[accept]]\nrule = "trust-no-audience"\nchain = "a/b"\nreason = "r"\nuntil = 2026-12-31\n',
        b'# c\n[[accept]]\nfingerprint = "0123456789abcdef"\nreason = "r"\nuntil = 2026-12-31T10:00:00Z\n',
    ]


_NAMES = (
    "x.json",
    "exports/iam/get-role-x.json",
    "jwks.json",
    ".well-known/openid-configuration",
    "token",
    "x.tf",
    "a.txt",
)


def _export(data: bytes) -> None:
    for name in _NAMES:
        for record in read_loose("i1", name, data).records:
            repr(record)


def _redact(data: bytes) -> None:
    redact(data.decode("utf-8", "replace"))


def _logs() -> list[bytes]:
    from samples.scenarios import SCENARIOS

    found: list[bytes] = []
    for name in ("ingress-jwks-403", "trust-wrong-service-account", "kid-rotated"):
        found += [
            data
            for path, data in SCENARIOS[name].files().items()
            if path.endswith(".log") and len(data) < 60_000
        ]
    return found[::3] or found


def _tokens() -> list[bytes]:
    return [
        b"eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJhdWQiOlsib3BlbnNoaWZ0Il0sImV4cCI6MTcyMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly94Iiwic3ViIjoic3lz"
        b"dGVtOnNlcnZpY2VhY2NvdW50OmE6YiJ9.c2lnbmF0dXJl\n",
        b'{"status": {"token": "eyJhbGciOiJub25lIn0.e30."}}',
        b'{"alg":"RS256","kid":"x"}\n{"iss":"https://x","sub":"a","aud":["b"],"exp":1e400}\n',
    ]


def _targets() -> Iterable[Target]:
    yield Target("archive", _archive, _archives)
    yield Target("yaml", _yaml, lambda: _of("cluster-scoped", "core/secrets.yaml", most=20_000))
    yield Target("json", _json, lambda: _of("exports/", most=20_000))
    yield Target("token", _token, _tokens)
    yield Target("policy", _policy, lambda: _of("get-role", "policy", most=20_000))
    yield Target("rule", _rule, _rules)
    yield Target("log", _log, _logs)
    yield Target("report", _report, _reports)
    yield Target("baseline", _baseline, _baselines)
    yield Target("export", _export, lambda: _of("exports/", most=20_000))
    yield Target("redact", _redact, lambda: [*_tokens(), *_logs()[:3]])


TARGETS = {target.name: target for target in _targets()}
