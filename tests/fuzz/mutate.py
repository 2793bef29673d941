"""Seeded damage to bytes and to JSON trees: the same number gives the same damage everywhere."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

WORDS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\n---\n", b"\n...\n", b"- ", b": ", b"&a ", b"*a", b"<<: ",
    b"!!python/object:os.system ", b"!!binary ", b"|\n", b">-\n", b"{", b"}", b"[", b"]", b'"', b"'", b"\\u0000",
    b"\\ud800", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"0x7fffffffffffffff", b"null", b"~", b"true", b"#",
    b"%YAML 9.9\n", b"%", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\x1b[2J", b"eyJ", b".", b"=", b"-----BEGIN ",
    b"PRIVATE KEY-----", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"ustar", b"../", b"items:", b"kind: List",
    b"arn:aws:iam::", b"Effect", b"Statement", b"${aws:", b"*", b"?", b"2024-13-45T99:99:99Z", b"sts.amazonaws.com",
    b"AccessDenied", b"status code: 403", b"WebIdentityErr", b"\\", b"$", b"(?:", b"{cluster.issuer}", b"<html>",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 62, 1e308, "", " ", "*", "?" * 50, "\x00", "\ud800", "\x1b[31m", "a" * 5000, [], {},
    [[]], [{}], [None], {"": None}, {"Statement": "x"}, "arn:aws:iam::123456789012:role/x", "https://x", "eyJ", "NaN",
    ["a", 1, None, {}], {"metadata": 7}, {"kind": []}, "2024-99-99T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999+14:00", -(10**19),
)  # fmt: skip


def damaged(data: bytes, rng: random.Random, others: Sequence[bytes] = (b"",)) -> bytes:
    """Give the data with one to six places changed; JSON sometimes as a tree."""
    if rng.random() < 0.4:
        tree = _tree(data)
        if tree is not None:
            for _ in range(rng.randint(1, 4)):
                tree = _damaged_tree(tree, rng)
            return json.dumps(tree).encode("utf-8", "surrogatepass")
    raw = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        rng.choice(_CHANGES)(raw, rng, rng.choice(others))
    return bytes(raw[: 1 << 20])


def _tree(data: bytes) -> Any:
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _damaged_tree(tree: Any, rng: random.Random) -> Any:
    """Replace, remove, double or nest one node, each node as likely as another on its level."""
    if not isinstance(tree, (dict, list)) or not tree or rng.random() < 0.08:
        kind = rng.randrange(4)
        return (deepcopy(rng.choice(ODD)), [tree, deepcopy(tree)], {"Statement": tree}, f"{tree}")[kind]
    key = rng.choice(list(tree)) if isinstance(tree, dict) else rng.randrange(len(tree))
    if rng.random() < 0.08:
        del tree[key]
    elif isinstance(tree, dict) and rng.random() < 0.05:
        tree[rng.choice(["", "Version", "\x00", "a" * 300, "items", "metadata"])] = tree.pop(key)
    else:
        tree[key] = _damaged_tree(tree[key], rng)
    return tree


def _span(raw: bytearray, rng: random.Random) -> tuple[int, int]:
    at = rng.randrange(len(raw) + 1)
    return at, min(len(raw), at + int(rng.expovariate(1 / 40)))


def _flip(raw: bytearray, rng: random.Random, _: bytes) -> None:
    if raw:
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)


def _insert(raw: bytearray, rng: random.Random, _: bytes) -> None:
    at = rng.randrange(len(raw) + 1)
    raw[at:at] = rng.choice(WORDS) * rng.choice([1, 1, 1, 2, 50])


def _overwrite(raw: bytearray, rng: random.Random, _: bytes) -> None:
    start, end = _span(raw, rng)
    raw[start:end] = rng.randbytes(end - start)


def _delete(raw: bytearray, rng: random.Random, _: bytes) -> None:
    start, end = _span(raw, rng)
    del raw[start:end]


def _double(raw: bytearray, rng: random.Random, _: bytes) -> None:
    start, end = _span(raw, rng)
    raw[start:start] = raw[start:end] * rng.choice([1, 1, 3, 200])


def _line(raw: bytearray, rng: random.Random, _: bytes) -> None:
    lines = bytes(raw).split(b"\n")
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one] if rng.random() < 0.5 else b"  " + lines[one]
    raw[:] = b"\n".join(lines)


def _splice(raw: bytearray, rng: random.Random, other: bytes) -> None:
    start, end = _span(bytearray(other), rng)
    at = rng.randrange(len(raw) + 1)
    raw[at : at + rng.choice([0, end - start])] = other[start : end + 200]


def _cut(raw: bytearray, rng: random.Random, _: bytes) -> None:
    if rng.random() < 0.3:
        del raw[rng.randrange(len(raw) + 1) :]


_CHANGES: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    _flip, _flip, _insert, _insert, _overwrite, _delete, _double, _line, _splice, _cut,
)  # fmt: skip
