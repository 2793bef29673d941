"""What ``facts`` says of the files, and content that is made to harm."""

from __future__ import annotations

import copy
import gzip
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from analyzer.bundle import Limits, open_source
from analyzer.cli.app import app
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.masks.translation import Translation, is_cleaned, read_report
from samples import Cluster
from samples.bundle import write_files
from samples.cleaning import masked_accounts
from samples.layouts import must_gather, pack

from .test_layouts import exports


def facts(tmp_path: Path, files: dict[str, bytes], *options: str) -> dict[str, Any]:
    write_files(tmp_path / "case", files)
    result = CliRunner().invoke(app, ["facts", str(tmp_path / "case"), "-f", "json", *options])
    assert result.exit_code in (0, 6), result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_every_file_that_was_read_is_there(tmp_path: Path) -> None:
    files = must_gather(Cluster())
    found = facts(tmp_path, files)["files"]
    read = {row["file"] for row in found["read"]}
    assert read <= set(files)
    for part in (
        "clusterversions.yaml",
        "core/secrets.yaml",
        "current.log",
        "credentialsrequests/openshift-ingress",
    ):
        assert any(part in path for path in read), part
    assert not any("nodes/" in path for path in read)
    assert found["absent"] == []
    assert found["refused"] == []


def test_what_is_absent_and_what_was_refused(tmp_path: Path) -> None:
    files = must_gather(Cluster())
    hidden = ("/infrastructures", "openshift-ingress-operator/core/secrets.yaml")
    kept = {path: data for path, data in files.items() if not any(part in path for part in hidden)}
    broken = next(path for path in kept if path.endswith("openshift-machine-api/core/secrets.yaml"))
    kept[broken] = b"a: [\n"
    found = facts(tmp_path, kept)["files"]
    absent = {row["what"] for row in found["absent"]}
    assert absent == {
        "Infrastructure",
        "Secrets of openshift-ingress-operator",
        "Secrets of openshift-machine-api",
    }
    assert [row["file"] for row in found["refused"]] == [broken]


def test_other_copies_that_disagree_are_shown(tmp_path: Path) -> None:
    files = must_gather(Cluster())
    single = next(path for path in files if path.endswith("authentications/cluster.yaml"))
    old = files[single].replace(b"demo-oidc", b"older-oidc")
    assert old != files[single]
    before = b"\n".join(
        b'  resourceVersion: "1"' if line.startswith(b"  resourceVersion:") else line
        for line in old.split(b"\n")
    )
    files[single] = before
    found = facts(tmp_path, files, "--only", "cluster.authentication_issuer")
    (cluster,) = [one for one in found["subjects"] if one["kind"] == "cluster"]
    fact = cluster["facts"]["cluster.authentication_issuer"]
    assert fact["value"] == "https://demo-oidc.s3.us-west-2.amazonaws.com"
    (other,) = fact["other_copies"]
    assert other["value"] == "https://older-oidc.s3.us-west-2.amazonaws.com"
    assert other["origin"].startswith(f"{single}:")


def test_what_is_masked_is_listed(tmp_path: Path) -> None:
    cluster = Cluster()
    files = must_gather(cluster) | masked_accounts(exports(cluster), cluster.account, "XXXXXXXXXXXX")
    masked = facts(tmp_path, files)["files"]["masked"]
    assert any("account of role demo-openshift-ingress" in row["what"] for row in masked)


# --- made to harm -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["x" * 200_000 + "!", "xX-" * 70_000, "x-" * 100_000 + "\0", "domain" * 40_000, "*" * 100_000 + "a"],
)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_looking_for_masks_takes_no_time(text: str) -> None:
    is_masked(text)
    data = b"x-ipv4-00 domain000 " + text.encode()
    is_cleaned(data)
    Translation({b"domain0000001": b"a"}).restore(data)


@pytest.mark.parametrize(
    "report",
    [
        {
            "replacements": [[{"replacedWith": "a" * 50, "occurrences": [{"original": "b", "count": 1}]}]],
            "config": {},
        },
        {
            "replacements": [[{"replacedWith": "domain0000001", "occurrences": [{"original": 5}]}]],
            "config": {},
        },
        {"replacements": {"a": 1}, "config": {}},
    ],
)
def test_a_report_cannot_replace_what_is_no_mask(report: object) -> None:
    translation = read_report(report)
    assert not translation
    assert (
        translation is None
        or translation.restore(b"a" * 50 + b" domain0000001") == b"a" * 50 + b" domain0000001"
    )


def test_a_zstd_bomb_is_stopped(tmp_path: Path) -> None:
    zstd = import_module("backports.zstd") if not _has_zstd() else import_module("compression.zstd")
    path = tmp_path / "bomb"
    path.write_bytes(zstd.compress(pack({"namespaces/a/core/secrets.yaml": bytes(64 << 20)})))
    source = open_source(path, Limits(ratio_after=1 << 20))
    for entry in source.walk():
        entry.read()
    assert source.stopped
    assert [issue.code for issue in source.issues][:1] == ["ratio"]


def test_a_zstd_window_that_wants_too_much_memory(tmp_path: Path) -> None:
    zstd = import_module("backports.zstd") if not _has_zstd() else import_module("compression.zstd")
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
    packer = zstd.ZstdCompressor(options=options)
    data = packer.compress(pack({"a": b"1" * 2000})) + packer.flush()
    path = tmp_path / "wide"
    path.write_bytes(data)
    source = open_source(path, Limits(window=1 << 20))
    for entry in source.walk():
        entry.read()
    assert "too-large" in [issue.code for issue in source.issues]


def _has_zstd() -> bool:
    try:
        import_module("compression.zstd")
    except ImportError:
        return False
    return True


def test_a_section_heading_without_end_or_pod(tmp_path: Path) -> None:
    head = b"==== START logs for container c of pod "
    files = must_gather(Cluster()) | {
        "a": head + b"x/y ====\n" * 3,
        "b": head + b"\xff ====\n",
        "c": head * 5000,
    }
    assert not facts(tmp_path, files)["files"]["refused"]


def test_a_packed_log_inside_a_packed_bundle_counts_against_both(tmp_path: Path) -> None:
    place = "r/namespaces/n/pods/p/c/c/logs/rotated/0.log.gz"
    path = tmp_path / "b"
    path.write_bytes(gzip.compress(pack({place: gzip.compress(bytes(48 << 20))})))
    source = open_source(path, Limits(ratio_after=1 << 20))
    for entry in source.walk():
        for _ in entry.chunks():
            pass
    assert source.stopped


def test_facts_are_as_their_schema_says(tmp_path: Path) -> None:
    write_files(tmp_path / "case", dict(must_gather(Cluster())))
    (tmp_path / "case" / "hello.txt").write_text("nothing of use\n")
    shown = CliRunner().invoke(app, ["facts", str(tmp_path / "case"), "-f", "json"])
    schema = json.loads(CliRunner().invoke(app, ["schema", "facts"]).stdout)
    facts = json.loads(shown.stdout)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(facts)
    wrong = copy.deepcopy(facts)
    wrong["subjects"][0]["facts"]["cluster.version"]["value"] = 4
    assert not Draft202012Validator(schema).is_valid(wrong)
