"""A real bundle of an AWS cluster, read as an archive."""

from __future__ import annotations

import pytest
import yaml

import analyzer.bundle as b
from tests.data import BUNDLE, DATA

from .archives import walk

pytestmark = pytest.mark.shared


def test_walk() -> None:
    source = b.open_source(BUNDLE)
    roots, sizes, read = set(), 0, 0
    for entry in source.walk():
        sizes += entry.size
        if split := b.split_root(entry.path):
            roots.add(split[0])
        if entry.path.endswith(".log"):
            read += sum(map(len, entry.chunks()))
    assert (source.kind, source.members, source.bytes, source.issues) == ("tar", 3526, 83_188_510, [])
    assert sizes == source.bytes
    assert read > 30_000_000
    assert len(roots) == 1


def test_lists_agree_with_the_whole_file() -> None:
    seen = 0
    for entry in b.open_source(BUNDLE).walk():
        if not entry.path.endswith(("core/pods.yaml", "core/configmaps.yaml", "clusteroperators.yaml")):
            continue
        if "ingress" not in entry.path and "config" not in entry.path:
            continue
        data = entry.read()
        documents, problems = b.parse_items(b.cut_list(data), entry.path)
        whole = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both safe
        assert problems == []
        assert [d.value for d in documents] == whole["items"]
        lines = data.decode().split("\n")
        for document in documents:
            place = document.at("metadata", "name")
            assert lines[place.line - 1] == place.excerpt
            seen += 1
    assert seen > 100


def test_timestamps() -> None:
    seen = 0
    for entry in b.open_source(BUNDLE).walk():
        if b.note_of(entry.path) and entry.path.endswith("timestamp"):
            times = b.parse_timestamps(entry.read())
            assert times is not None
            assert times[0] < times[1]
            seen += 1
    assert seen


@pytest.mark.parametrize(
    "name", ["must-gather.tar", "must-gather.tar.gz", "must-gather.tar.xz", "must-gather.zip"]
)
def test_small_archives(name: str) -> None:
    files, source = walk(DATA / "must-gather" / "omc/cmd/use/testdata" / name)
    assert len(files) == 1
    assert source.issues == []
