"""Which paths of a tree are bundles, and what belongs to each."""

from __future__ import annotations

import io
import zipfile
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
    # several, and one's name begins with another's
    (["mg-1.zip", "mg-12.zip", "mg-12-exports/roles.json", "mg-1.json"],
     {"mg-1.zip": ["mg-1.json"], "mg-12.zip": ["mg-12-exports"]}),
    # nothing
    (["roles.json"], {}),
])  # fmt: skip
def test_what_belongs_together(paths: list[str], expected: dict[str, list[str]], tmp_path: Path) -> None:
    assert found(tree(tmp_path, *paths)) == expected


def parts(folder: Path, name: str, numbers: str) -> list[Path]:
    """Write an archive in parts of 40 bytes, which are named by a pattern, and give them."""
    data = zip_of(name)
    pieces = [data[at : at + 40] for at in range(0, len(data), 40)]
    paths = [folder / numbers.format(number) for number in range(1, len(pieces) + 1)]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    return paths


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x" * 60)
    return out.getvalue()


def test_the_parts_of_each_archive_are_one_bundle(tmp_path: Path) -> None:
    tree(tmp_path, "c.zip", "a-exports/roles.json", "b.json")
    first, second = parts(tmp_path, "a", "a.zip.{:03}"), parts(tmp_path, "b", "b.part{}.zip")
    assert len(first) > 2
    every = {
        "a.zip.001": [*(path.name for path in first[1:]), "a-exports"],
        "b.part1.zip": [*(path.name for path in second[1:]), "b.json"],
        "c.zip": [],
    }
    assert found(tmp_path) == every
    # given one by one, as a shell spells a pattern
    given = {f.path: f.beside for f in find_bundles([*first, tmp_path / "c.zip", *second])}
    assert given == {first[0]: tuple(first[1:]), tmp_path / "c.zip": (), second[0]: tuple(second[1:])}
    # a part that is gone changes nothing of the others
    first[1].unlink()
    assert found(tmp_path) == every | {"a.zip.001": every["a.zip.001"][1:]}


def test_a_bundle_that_several_paths_hold_is_one(tmp_path: Path) -> None:
    tree(tmp_path, "a.zip", "mg/must-gather.local.1/quay-sha256-1/namespaces/a/b.yaml", "mg/roles.json")
    paths = [tmp_path / "mg" / "must-gather.local.1", tmp_path / "mg", tmp_path, tmp_path, tmp_path / "a.zip"]
    once = list(find_bundles([tmp_path]))
    assert list(find_bundles(paths)) == list(find_bundles(paths[::-1])) == once
    assert {f.path.name: [p.name for p in f.beside] for f in once}["must-gather.local.1"] == ["roles.json"]


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
