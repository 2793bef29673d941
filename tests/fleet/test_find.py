"""Which paths of a tree are bundles, and what belongs to each."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.fleet.find import find_bundles


def tree(root: Path, *paths: str) -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"PK\x05\x06" + bytes(18) if path.endswith(".zip") else b"{}\n")
    return root


def found(root: Path) -> dict[str, list[str]]:
    return {
        str(f.path.relative_to(root)): [str(p.relative_to(root)) for p in f.beside]
        for f in find_bundles([root])
    }


@pytest.mark.parametrize(("paths", "expected"), [
    # one bundle, at any depth: everything else is its own
    (["a.zip", "roles.json", "x/token"], {"a.zip": ["roles.json", "x"]}),
    (["mg/must-gather.local.1/quay-sha256-1/namespaces/a/b.yaml", "notes/roles.json"],
     {"mg/must-gather.local.1": ["notes"]}),
    # several: only what bears the name
    (["a.zip", "b.zip", "roles.json", "a.roles.json", "b/token"],
     {"a.zip": ["a.roles.json"], "b.zip": ["b"]}),
    # cases below a folder keep their own
    (["1/a.zip", "1/roles.json", "2/b.zip", "readme"], {"1/a.zip": ["1/roles.json"], "2/b.zip": []}),
    # an inspect directory is a bundle; what lies in it is not looked at
    (["inspect.local.1/namespaces/a/b.yaml", "inspect.local.1/c.zip"], {"inspect.local.1": []}),
    # a must-gather with a timestamp and a folder that bears no digest
    (["mg/timestamp", "mg/image/cluster-scoped-resources/a.yaml", "z.zip"], {"mg": [], "z.zip": []}),
    # nothing
    (["roles.json"], {}),
])  # fmt: skip
def test_what_belongs_together(paths: list[str], expected: dict[str, list[str]], tmp_path: Path) -> None:
    assert found(tree(tmp_path, *paths)) == expected


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path / "a", "b.zip")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert list(found(tmp_path / "a")) == ["b.zip"]


def test_a_stamp_changes_with_any_file(tmp_path: Path) -> None:
    tree(tmp_path, "a.zip", "exports/roles.json")
    (before,) = find_bundles([tmp_path])
    stamp = before.stamp()
    assert stamp == before.stamp()
    (tmp_path / "exports" / "roles.json").write_bytes(b"[]")
    assert before.stamp() != stamp
