"""Attacks beside a good bundle, through the real command with little memory, in a folder that is watched.

Each form stands beside a bundle with one known fault: the fault is still found, what was refused is named
with its reason, nothing is written, and the command ends in time. Elsewhere: single readers in
tests/bundle, tokens in tests/evidence, inert text in tests/reports, outputs in tests/cli, bombs among good
bundles in tests/fleet, inputs that do not belong together in tests/e2e.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from samples.bundle import write_files
from samples.scenarios import SCENARIOS
from tests.bundle.archives import special, tar_of, zip_of

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 500 << 20
SCENARIO = SCENARIOS["trust-wrong-service-account"]
RULE = "trust-subject-mismatch"
Member = tuple[tarfile.TarInfo, bytes]


@cache
def good() -> dict[str, bytes]:
    return dict(SCENARIO.files())


def root() -> str:
    return next(path for path in good() if path.endswith("/version")).rpartition("/")[0]


def analyze(folder: Path, *inputs: Path) -> tuple[dict[str, Any], str]:
    """Run the command on its own, with ``MEMORY`` of address space; assert that it only read."""
    before = _state(folder)
    result = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", *map(str, inputs), "-f", "json"],
        capture_output=True, text=True, timeout=100, check=False, cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )  # fmt: skip
    assert result.returncode in (1, 5, 6), result.stderr
    assert "Traceback" not in result.stderr
    assert _state(folder) == before
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["exit_code"] == result.returncode == 1  # the fault is what is said first
    assert RULE in {f["rule"] for f in report["findings"] if f["state"] == "fail"}, report["errors"]
    return report, result.stdout


def _state(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every name below the folder, with size, time and mode."""
    found = {}
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            status = os.lstat(Path(at) / name)
            found[f"{at}/{name}"] = (status.st_size, status.st_mtime_ns, status.st_mode)
    return found


def tar_beside(path: Path, *members: Member) -> Path:
    """Pack the good bundle, with the attack in front: what comes first must not spoil what follows."""
    with tarfile.open(path, "w") as tar:
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))
        for name, data in good().items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def unsafe(report: dict[str, Any]) -> str:
    """Give what the finding ``input-unsafe`` says; there is one at most."""
    (finding,) = [f for f in report["findings"] if f["rule"] == "input-unsafe"]
    return str(finding["message"])


def test_names_links_and_devices(tmp_path: Path) -> None:
    """A1, A2, A4: everything that is no plain file of a plain name, in one archive."""
    names = ["../up", "a/../../up", "..\\up", "C:\\x", "C:/x", "/abs", "x" * 5000, "a/..", "\x1b[2J", "‮txt"]
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    members: list[Member] = [(tarfile.TarInfo(name), b"apiVersion: v1\n") for name in names]
    members += [(special(f"special{n}", kind, "/etc/passwd"), b"") for n, kind in enumerate(kinds)]
    members += [(special(f"{root()}/version", tarfile.SYMTYPE, "/etc/hostname"), b"")]
    members += [(special("loop", tarfile.SYMTYPE, "loop"), b"")]
    report, text = analyze(tmp_path, tar_beside(tmp_path / "b.tar", *members))
    told = unsafe(report)
    for reason in ("climbs out", "drive letter", "link to /etc/passwd", "device or pipe"):
        assert reason in told, told
    refused = {e["member"] for e in report["errors"]}
    assert {"../up", "C:\\x", "special0", "special2", "special4", f"{root()}/version"} <= refused
    assert "\x1b" not in text
    assert "‮" not in text


def test_a_directory_with_ways_out(tmp_path: Path) -> None:
    """A2: links out, a loop, a pipe, a socket's name, a folder that nobody may list, names of odd bytes."""
    top = tmp_path / "in"
    write_files(top, good())
    (tmp_path / "outside.yaml").write_text("apiVersion: v1\n")
    (top / "out").symlink_to(tmp_path / "outside.yaml")
    (top / "passwd").symlink_to("/etc/passwd")
    (top / "loop").symlink_to(top)
    os.mkfifo(top / "pipe")
    with open(os.fsencode(top) + b"/\xff\x1b[2J.log", "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"x")
    report, text = analyze(tmp_path, top)
    for name in ("out", "passwd", "loop", "pipe"):
        assert f"{name}: " in unsafe(report)
    assert "root:" not in text


def _bombs() -> Iterator[Member]:
    zeros = gzip.compress(bytes(80 << 20), 9)
    yield (
        tarfile.TarInfo(f"{root()}/namespaces/openshift-ingress-operator/pods/p/c/c/logs/rotated/0.log.gz"),
        zeros,
    )
    yield tarfile.TarInfo("nested.tar.gz"), gzip.compress(tar_of({"deep/zeros": bytes(80 << 20)}))
    yield tarfile.TarInfo("nested.zip"), zip_of({"zeros": bytes(80 << 20)})
    quine = zip_of({"x": b"1"})
    for _ in range(6):
        quine = zip_of({"again.zip": quine}, zipfile.ZIP_STORED)
    yield tarfile.TarInfo("quine.zip"), quine
    yield tarfile.TarInfo("announces.json"), b'{"Role": {"RoleName": "' + b"x" * (1 << 20)


def test_bombs(tmp_path: Path) -> None:
    """A3: packed zeros as a log, as an archive, in a zip; archives in archives; nothing is held."""
    report, _ = analyze(tmp_path, tar_beside(tmp_path / "b.tar", *_bombs()))
    assert unsafe(report).count("a bomb") >= 2
    assert any(e["code"] == "depth" for e in report["errors"]), report["errors"]


def _yaml() -> dict[str, bytes]:
    head = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: openshift-config}\ndata:\n"
    aliases = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9))
                                         for n in range(1, 9))  # fmt: skip
    merges = b"m0: &m0 {k: v}\n" + b"".join(
        b"m%d: &m%d\n  <<: [%s]\n" % (n, n, b",".join([b"*m%d" % (n - 1)] * 20)) for n in range(1, 5)
    )
    return {
        "aliases": head + aliases, "merges": head + merges, "self": head + b"a: &a [*a]\n",
        "deep-flow": head + b"a: " + b"[" * 100_000 + b"]" * 100_000,
        "deep-block": head + b"".join(b" " * n + b"a:\n" for n in range(1, 3000)),
        "deep-map": head + b"a: " + b"{a: " * 60_000,
        "object": head + b"a: !!python/object/apply:os.system ['touch owned']\n",
        "integers": head + b"a: " + b"9" * 6000 + b"\nb: 012345670123\nc: 12:30\nd: 2024-13-45\ne: .nan\n",
        "keys": head + b"{a: b}: c\n? [x]\n: y\n1: 2\n1: 3\n", "escape": head + b'a: "\\e[2J\\u202e"\nb: \x1b[2J\n',
        "utf16": "﻿apiVersion: v1\nkind: Secret\n".encode("utf-16-le"), "latin": head + b"a: \xff\xfe\xe9\n",
        "nul": head + b"a: \0\0\n", "cr": head.replace(b"\n", b"\r"), "many": head + b"a: [" + b"1," * 400_000 + b"]\n",
        "percent": b"%YAML 9.9\n---\n" + head, "huge-line": head + b"a: " + b"x" * (6 << 20) + b"\n",
    }  # fmt: skip


def _json() -> dict[str, bytes]:
    role = b'{"Role": {"RoleName": "x", "Arn": "arn:aws:iam::123456789012:role/x", "AssumeRolePolicyDocument": %s}}'
    return {
        "deep": role % (b"[" * 100_000 + b"]" * 100_000), "deep-object": role % (b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        "nan": role % b'{"Version": NaN, "Statement": Infinity}', "digits": role % (b"9" * 10_000), "float": role % b"1e999999",
        "double": role % b'{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*"}]}',
        "surrogate": role % b'"\\ud800"', "mark": b"\xef\xbb\xbf" + role % b"{}", "pattern": role % json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*" * 3000 + "a",
            "Resource": "a*" * 3000, "Principal": "*", "Condition": {"StringLike": {"x:sub": "*?" * 3000}}}]}).encode(),
        "format": role % b'"{0.__class__.__init__} %s%s%n [/x] [link=http://x]y[/link] <script>alert(1)</script>"',
    }  # fmt: skip


def test_documents_that_are_built_to_harm(tmp_path: Path) -> None:
    """A5 to A8, A11, A18: in a place that is read below the bundle's root, and lying loose beside it."""
    where = f"{root()}/cluster-scoped-resources/config.openshift.io"
    members: list[Member] = []
    for name, data in _yaml().items():
        members += [
            (tarfile.TarInfo(f"{where}/oauths/{name}.yaml"), data),
            (tarfile.TarInfo(f"loose/{name}.yaml"), data),
        ]
        members += [(tarfile.TarInfo(f"{root()}/namespaces/openshift-{name}/core/pods.yaml"), data)]
    members += [(tarfile.TarInfo(f"loose/{name}.json"), data) for name, data in _json().items()]
    report, text = analyze(tmp_path, tar_beside(tmp_path / "b.tar", *members))
    assert not (tmp_path / "owned").exists()
    assert "\x1b" not in text
    refused = {e["member"]: e["detail"] for e in report["errors"]}
    for name, reason in {
        "aliases": "alias",
        "deep-flow": "(levels deep|nesting depth)",  # our limit, or that of a libyaml that has one
        "self": "alias",
        "deep-map": "(levels|nesting depth)",
    }.items():
        assert re.search(reason, refused[f"loose/{name}.yaml"]), refused
    assert "levels deep" in refused["loose/deep.json"]


def test_logs_that_are_built_to_harm(tmp_path: Path) -> None:
    """A9, A10, A18: endless lines, near misses of every pattern, escapes, NULs, tokens of all sorts."""
    logs = f"{root()}/namespaces/openshift-ingress-operator/pods/evil/c/c/logs"
    near = b"WebIdentityErr: failed to retrieve credentials\ncaused by: " * 20_000
    rng = random.Random(3)
    tokens = [
        b"eyJ" + b"A" * 40_000 + b".eyJ.x",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"eyJhbGciOiJIUzI1NiJ9." * 200,
        b"e30.e30.e30",
    ]
    data = {
        "current.log": b"2024-05-14T08:00:00.1Z " + b"AccessDenied: User: arn:aws:sts::" * 300_000,
        "previous.log": near + b"\0" * 5000 + b"\x1b]52;c;aGk=\x07\r\n" * 5000,
        "previous.insecure.log": rng.randbytes(1 << 20) + b"\n" + b"\n".join(tokens),
    }
    members = [(tarfile.TarInfo(f"{logs}/{name}"), content) for name, content in data.items()]
    members += [(tarfile.TarInfo(f"token-{n}"), content) for n, content in enumerate(tokens)]
    _, text = analyze(tmp_path, tar_beside(tmp_path / "b.tar", *members))
    assert "\x1b" not in text
    assert "\\u001b]52" not in text or "\x07" not in text


def test_an_archive_that_is_a_bomb_itself_ends_with_five(tmp_path: Path) -> None:
    """A3: where nothing but the bomb is there, the code says that the input was refused."""
    path = tmp_path / "b.tar.bz2"
    healthy = dict(SCENARIOS["healthy"].files())
    path.write_bytes(bz2.compress(tar_of([*healthy.items(), ("zeros", bytes(120 << 20))])))
    result = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", str(path), "-f", "json"],
        capture_output=True, text=True, timeout=100, check=False, cwd=ROOT,
    )  # fmt: skip
    assert result.returncode == 5, result.stderr
    assert "bomb" in unsafe(json.loads(result.stdout))


def test_nothing_but_a_bomb_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.bz2"
    path.write_bytes(bz2.compress(tar_of({"must-gather/zeros": bytes(70 << 20)})))
    from .commands import run

    code, said = run("analyze", path)
    assert code == 5
    assert "inflates to more than 250 times its size" in said


def _packs() -> dict[str, Callable[[Path], None]]:
    rule = (ROOT / "rules/trust/trust-subject-mismatch.yaml").read_bytes()

    def put(data: bytes) -> Callable[[Path], None]:
        return lambda folder: (folder / "trust/trust-subject-mismatch.yaml").write_bytes(data)

    return {
        "deep": put(b"[" * 200_000), "huge": put(rule + b"#" * (8 << 20)), "aliases": put(_yaml()["aliases"]),
        "object": put(b"id: !!python/object/apply:os.system ['touch owned']\n"),
        "pattern": put(rule.replace(b"check: ", rb'check: cluster.id.matches("^(a|a)*(\\w+\\s?)*$(?=x)\\1") && ', 1)),
        "call": put(rule.replace(b"check: ", b"check: open('/etc/passwd') || ", 1)),
        "attribute": put(rule.replace(b"check: ", b"check: cluster.__class__ == 1 || ", 1)),
        "parentheses": put(rule.replace(b"check: ", b"check: " + b"(" * 20_000, 1)), "escape": put(b"id: \x1b[2J\n"),
        "link": lambda folder: (folder / "trust/trust-subject-mismatch.yaml").symlink_to("/dev/zero"),
        "pipe": lambda folder: os.mkfifo(folder / "trust/trust-subject-mismatch.yaml"),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(_packs()))
def test_a_rule_pack_of_a_stranger_is_refused(tmp_path: Path, name: str) -> None:
    """A16: no code, no file, no slow pattern, no size: one sentence and exit code 2."""
    from .commands import run

    (tmp_path / "pack/trust").mkdir(parents=True)
    _packs()[name](tmp_path / "pack")
    code, said = run("rules", "check", "--rules", tmp_path / "pack")
    assert code == 2, said
    assert "\x1b" not in said
    assert not (tmp_path / "owned").exists()
