"""Inputs that are broken, empty, mixed or none: a clear word, the right exit code, the rest analysed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analyzer.cli.app import app
from analyzer.errors import NothingToRead, UsageProblem
from analyzer.reports.text import render_text
from analyzer.session import analyze
from samples import Cluster
from samples.scenarios import SCENARIOS

from .runs import Bench, archive, bundle, everything, exports, findings, named, the_chain, told, used, without

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str | Path) -> Result:
    """Run a command within this process, which is cheaper than one of its own."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def as_a_user_does(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_line(result: Result, code: int, *words: str) -> None:
    """The program said what is wrong in one line on stderr, and nothing on stdout."""
    assert result.exit_code == code, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    for word in words:
        assert word in result.stderr


# --- nothing to read: exit 3; nothing there: exit 2 ----------------------------------------------


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="nowhere"):
        analyze([tmp_path / "nowhere"])
    assert_one_line(command("analyze", tmp_path / "nowhere"), 2, "nowhere")


def test_no_input_at_all() -> None:
    assert_one_line(command("analyze"), 2)


def test_empty_directory(tmp_path: Path) -> None:
    with pytest.raises(NothingToRead):
        analyze([tmp_path])
    assert_one_line(command("analyze", tmp_path), 3, tmp_path.name)


_NO_BUNDLES: dict[str, bytes] = {
    "notes.txt": b"The customer says that it does not work.\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8,
    "empty": b"",
    "table.csv": b"a,b\n1,2\n",
    "other.json": b'{"hello": "world"}\n',
    "zeros": bytes(10_000),
    "half.tar.gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x03",
    "broken.json": b'{"apiVersion": ',
}


@pytest.mark.parametrize("name", sorted(_NO_BUNDLES))
def test_a_file_that_is_no_bundle(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_NO_BUNDLES[name])
    with pytest.raises(NothingToRead, match=name):
        analyze([path])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is nothing in it"),
        (b"<!DOCTYPE html><html><title>Log in</title></html>", "a page of HTML and no archive"),
        (b"Salted__" + bytes(64), "openssl enc -d"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQIMA\n", "gpg -d"),
        (b"\x04\x22\x4d\x18" + bytes(64), "unlz4"),
    ],
)
def test_what_lies_in_the_place_of_an_archive_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "must-gather.tar.gz").write_bytes(content)
    with pytest.raises(NothingToRead, match=said):
        analyze([tmp_path / "must-gather.tar.gz"])


def test_a_gather_that_failed_is_told_from_no_gather(tmp_path: Path) -> None:
    (tmp_path / "must-gather.logs").write_text("error: gather never finished\n")
    (tmp_path / "timestamp").write_text("2024-03-12 10:00:00.0 +0000 UTC m=+0.3\n")
    with pytest.raises(NothingToRead, match="see must-gather"):
        analyze([tmp_path])


def test_a_file_that_is_no_bundle_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(_NO_BUNDLES["notes.txt"])
    assert_one_line(command("analyze", path, "-f", "json"), 3, "notes.txt")


def test_a_file_that_is_no_bundle_beside_one_that_is(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(_NO_BUNDLES["notes.txt"])
    report = analyze([path, bench.tree(everything(Cluster()))])
    bench.check(report)
    assert not findings(report, "fail", "warn"), told(report)
    assert len(report.chains) == 6


def test_an_empty_input_beside_a_bundle_is_named(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "roles.json").touch()
    (tmp_path / "exports").mkdir()
    report = analyze([bench.tree(everything(Cluster())), tmp_path / "roles.json", tmp_path / "exports"])
    assert [i.kind for i in report.inputs[1:]] == ["empty", "empty"]
    assert "! roles.json and 1 more: there is nothing in it" in render_text(report)


# --- truncated archives ---------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w"])
@pytest.mark.parametrize("kept", [0.4, 0.85])
def test_truncated_archive(bench: Bench, tmp_path: Path, mode: str, kept: float) -> None:
    """What was read before the cut is analysed; it is said that there was a cut; nothing is made up of it."""
    scenario = SCENARIOS["trust-wrong-service-account"]
    whole = bench.report(scenario.files())
    files = dict(sorted(scenario.files().items(), reverse=True))
    packed = archive(files, mode)
    path = tmp_path / "bundle.tar"
    path.write_bytes(packed[: int(len(packed) * kept)])
    report = analyze([path])
    bench.check(report)
    assert "input-incomplete" in named(report, "warn"), told(report)
    (finding,) = [f for f in report.findings if f.rule == "input-incomplete"]
    assert "cut" in finding.message or "truncated" in finding.message or "end" in finding.message
    assert report.errors
    causes = named(report, "fail", kind="cause")
    assert causes <= {"trust-subject-mismatch"}, told(report)
    assert report.exit_code == (1 if causes else 6) or named(report, "fail"), told(report)
    passed = {chain.id for chain in whole.chains if chain.verdict.state != "fail"}
    assert not [c for c in report.chains if c.id in passed and c.verdict.state == "fail"], told(report)


def test_truncated_healthy_archive_on_the_command_line(tmp_path: Path) -> None:
    packed = archive(dict(sorted(everything(Cluster()).items(), reverse=True)), "w:gz")
    path = tmp_path / "bundle.tar.gz"
    path.write_bytes(packed[: len(packed) * 3 // 4])
    result = as_a_user_does("analyze", path, "-f", "json")
    assert "Traceback" not in result.stderr
    assert result.returncode == 6, result.stderr
    body = json.loads(result.stdout)
    assert body["exit_code"] == 6
    assert body["errors"]
    assert not [f for f in body["findings"] if f["state"] == "fail"]


def test_every_command_that_reads_says_that_it_could_not_read_all(tmp_path: Path) -> None:
    packed = archive(dict(sorted(everything(Cluster()).items(), reverse=True)), "w:gz")
    cut, whole = tmp_path / "cut.tar.gz", tmp_path / "whole.tar.gz"
    cut.write_bytes(packed[: len(packed) * 3 // 4])
    whole.write_bytes(packed)

    def codes(path: Path) -> list[int]:
        place = tmp_path / f"fix-{path.name}"
        commands = (
            ("facts", path, "--only", "cluster."), ("collect", path), ("fix", path, "-o", place),
            ("diff", path, whole), ("diff", whole, path), ("diff", "--strict", whole, path),
        )  # fmt: skip
        return [as_a_user_does(*command).returncode for command in commands]

    assert codes(cut) == [6] * 6
    assert codes(whole) == [0] * 6


# --- broken files ---------------------------------------------------------------------------------

_BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2] + b'\n"unclosed: [\n',
    "tab": lambda content: content.replace(b"\n  ", b"\n\t", 3),
    "binary": lambda content: bytes(range(256)) * 4,
    "empty": lambda content: b"",
}
_NEEDED = {
    "authentication": "config.openshift.io/authentications",
    "infrastructure": "config.openshift.io/infrastructures",
    "mode": "cloudcredentials/cluster.yaml",
    "secrets": "namespaces/openshift-machine-api/core/secrets.yaml",
    "pods": "namespaces/openshift-machine-api/core/pods.yaml",
    "signing-keys": "namespaces/openshift-kube-apiserver/core/configmaps.yaml",
    "request": "credentialsrequests/openshift-machine-api-aws.yaml",
}


@pytest.mark.parametrize("how", sorted(_BROKEN))
@pytest.mark.parametrize("what", sorted(_NEEDED))
def test_broken_yaml_in_a_needed_file(bench: Bench, what: str, how: str) -> None:
    """The file is named with what is wrong; what it would have shown is unknown; the rest is judged."""
    files = everything(Cluster())
    hit = [
        path for path in files if _NEEDED[what] in path and path.endswith(".yaml") and "events" not in path
    ]
    assert hit
    broken = files | {path: _BROKEN[how](files[path]) for path in hit}
    report = bench.report(broken)
    assert not findings(report, "fail"), told(report)
    members = {error.member for error in report.errors}
    assert members & set(hit), report.errors
    assert all(error.detail for error in report.errors)
    assert "input-incomplete" in named(report, "warn"), told(report)
    assert report.exit_code == 6, told(report)
    assert len(report.chains) >= 5
    if what in ("secrets", "pods", "request"):
        untouched = [chain for chain in used(report) if "machine-api" not in chain.id]
        assert all(chain.verdict.state in ("pass", "unknown") for chain in untouched), told(report)
    healthy = bench.report(files)
    assert not {c.id for c in report.chains} - {c.id for c in healthy.chains}


def test_a_broken_export_is_named(bench: Bench) -> None:
    files = everything(Cluster())
    path = next(name for name in files if "get-role-demo-openshift-machine-api" in name)
    report = bench.report(files | {path: files[path][:-40]})
    assert path in {error.member for error in report.errors}, report.errors
    assert not findings(report, "fail"), told(report)
    assert report.exit_code == 6
    trust = next(link for link in the_chain(report, "openshift-machine-api/aws-cloud-credentials").links
                 if link.link == "trust")  # fmt: skip
    assert trust.state == "unknown", told(report)


# --- inputs that do not belong together -----------------------------------------------------------


def _other() -> Cluster:
    return Cluster(
        name="other",
        infra_name="other-4kq8z",
        cluster_id="7d1f0c52-1111-4222-8333-944455556666",
        account="210987654321",
        region="eu-west-1",
        seed="other",
    )


def test_two_bundles_mixed(bench: Bench) -> None:
    roots = [bench.tree(bundle(Cluster())), bench.tree(bundle(_other()))]
    report = analyze(roots)
    bench.check(report)
    assert "input-mixed-clusters" in named(report, "fail"), told(report)
    (finding,) = [f for f in report.findings if f.rule == "input-mixed-clusters"]
    assert "other-4kq8z" in finding.message or "7d1f0c52" in finding.message
    assert report.exit_code == 1


def test_a_bundle_with_the_exports_of_another_cluster(bench: Bench) -> None:
    files = bundle(Cluster()) | exports(_other())
    report = bench.report(files)
    assert "input-mixed-clusters" in named(report, "fail"), told(report)
    # That the exports are another's explains all that does not fit in them.
    assert not findings(report, "fail", kind="cause"), told(report)


def test_one_cluster_gathered_twice_is_not_mixed(bench: Bench) -> None:
    first, second = Cluster(), Cluster()
    second.gathered += timedelta(minutes=30)
    files = bundle(first) | bundle(second) | exports(first)
    report = bench.report(files)
    assert "input-mixed-clusters" not in named(report)
    assert not findings(report, "fail", "warn"), told(report)


def test_only_exports(bench: Bench) -> None:
    """Without a bundle nothing is known of the cluster; what AWS holds is still read, and nothing fails."""
    report = bench.report(exports(Cluster()))
    assert not findings(report, "fail"), told(report)
    assert report.exit_code == 0
    assert report.cluster.version is None
    assert report.chains, "the release's requests name the consumers"
    assert {chain.verdict.state for chain in report.chains} == {"unknown"}, told(report)
    assert any("must-gather" in item.command or "oc adm" in item.command for item in report.missing)


def test_only_the_releases_requests(bench: Bench) -> None:
    report = bench.report(exports(Cluster(), parts=("credrequests",)))
    assert not findings(report, "fail", "warn"), told(report)
    assert report.exit_code == 0


def test_a_bundle_without_its_cluster_scoped_part(bench: Bench) -> None:
    report = bench.report(without(everything(Cluster()), "/cluster-scoped-resources/"))
    assert not findings(report, "fail"), told(report)
    assert {chain.verdict.state for chain in report.chains} <= {"unknown", "not-applicable"}, told(report)
    assert report.missing


def test_an_inspect_of_one_namespace(bench: Bench) -> None:
    """`oc adm inspect ns/openshift-ingress-operator` alone: one chain at most can be looked at."""
    kept = {
        path: content
        for path, content in bundle(Cluster()).items()
        if "/namespaces/openshift-ingress-operator/" in path
    }
    report = bench.report(kept)
    assert not findings(report, "fail"), told(report)
    assert report.missing


# --- the command line over the samples ------------------------------------------------------------


@pytest.mark.parametrize("name", ["kid-rotated", "bundle-only"])
def test_exit_codes_of_the_samples(bench: Bench, name: str) -> None:
    scenario = SCENARIOS[name]
    root = bench.tree(scenario.files())
    result = command("analyze", root, "-f", "json", "-q")
    assert result.exit_code == scenario.exit_code, result.stderr
    assert result.stderr == ""
    body = json.loads(result.stdout)
    assert body["schema_version"] == "1"
    assert body["exit_code"] == scenario.exit_code
    expected = {(f.rule, f.state, f.fingerprint) for f in bench.report(scenario.files()).findings}
    assert {(f["rule"], f["state"], f["fingerprint"]) for f in body["findings"]} == expected


def test_text_answer_of_a_sample(bench: Bench) -> None:
    result = as_a_user_does("analyze", bench.tree(SCENARIOS["kid-rotated"].files()), "--no-color")
    assert result.returncode == 1
    assert len(result.stdout.splitlines()) <= 45
    for words in ("prod-eu-c9w5l", "4.17.20", "eu-central-1", "jwks-key-missing", "configmaps.yaml:",
                  "log-verification-key"):  # fmt: skip
        assert words in result.stdout
    assert "\x1b" not in result.stdout


def test_bad_options(tmp_path: Path) -> None:
    assert_one_line(command("analyze", tmp_path, "--fail-on", "sometimes"), 2, "sometimes")
    assert_one_line(
        command("analyze", ROOT / "samples" / "mint-mode", "--select", "no-such-rule"), 2, "no-such"
    )


def test_a_token_with_a_time_beyond_all_numbers(bench: Bench) -> None:
    cluster = Cluster()
    token = cluster.token("openshift-ingress-operator", "ingress-operator", iat=10**400)
    report = bench.report(everything(cluster, token=token))
    assert not findings(report, "fail", "warn"), told(report)
