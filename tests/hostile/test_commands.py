"""Commands with texts of strangers: one word each, no option, and the same after secrets were taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from analyzer import collect
from analyzer.collect.everything import full_list
from analyzer.findings.regional import in_region
from analyzer.findings.report import Fix, Report
from analyzer.fix.readme import write_readme
from analyzer.fix.repair import command
from analyzer.model.joining.asks import Asks
from analyzer.redact import redact
from analyzer.reports.inert import without_secrets
from analyzer.reports.mask import Pseudonyms
from analyzer.session import analyze, fix
from analyzer.shell import argument, with_words, word
from samples import Cluster
from samples.bundle import write_files
from samples.edits import trust_subjects
from tests.e2e.runs import everything

from .shells import calls

RUN = "echo>ran"
HOSTILE = [
    f"x$({RUN})", f"x`{RUN}`", f"x; {RUN};", f"x\n{RUN}\n", f"x';{RUN};'", f'x";{RUN};"', "x${IFS}y", "x>ran",
    "# x", "x\\", "'", '"', "x\u2028y", "x\u202ey", "x\x1b[31m", "x\ty", "é -n", "x y", "~", "*", "x\\012y",
]  # fmt: skip
UNDER_REDACTION = [
    f"%27;{RUN};%27password%3Dabcdefgh",
    f"Cookie: abcd'$({RUN})",
    f"password='$({RUN})abc",
    "password=abcdefgh",
    f"$({RUN}) api_key: abcdefgh'",
    f"x://{RUN}:abcdefgh",
]
OPTIONS = ["-x", "--all", "--endpoint-url=https://x", "-", "file:///etc/passwd", "fileb://x", "FILE:///x"]


@pytest.mark.parametrize("text", [*HOSTILE, *UNDER_REDACTION, "", "-é", "-n é"])
def test_a_word_is_one_argument_as_it_is(text: str, tmp_path: Path) -> None:
    assert calls(f"aws {word(text)} end", tmp_path) == [["aws", text, "end"]] or text.endswith("\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", [*OPTIONS, "", "x\ny", "x\x1b", "x\u202ey"])
def test_what_is_no_value_is_a_placeholder(text: str) -> None:
    assert argument(text, "<NAME>") == "<NAME>"
    if text:
        assert command("oc", "delete", "pod", text) == "oc delete pod <VALUE>"


@pytest.mark.parametrize("text", [*HOSTILE, *UNDER_REDACTION])
@pytest.mark.parametrize("line", ["aws iam get-role --role-name {} end", 'R={}; aws x "$R"', "aws a/{}-b/{}"])
def test_secrets_go_out_of_words_and_take_no_quotes_along(text: str, line: str, tmp_path: Path) -> None:
    written = line.replace("{}", word(text))
    step = without_secrets(Fix("", written))
    before, after = calls(written, tmp_path), calls(step.command or "", tmp_path)
    assert after == [[redact(one) for one in call] for call in before]
    assert list(tmp_path.iterdir()) == []


def test_only_words_that_change_are_written_anew() -> None:
    line = """R=ab; aws "$R" 'a b'"'"'c' "$(printf '\\303\\244b')" <ROLE> > "x-$R" $(oc get "$p" -o json)"""
    assert with_words(line, lambda text: text) == line
    assert with_words(line, lambda text: text.replace("b", "B'")) == (
        """R='aB'"'"''; aws "$R" 'a B'"'"''"'"'c' "$(printf '\\303\\244B\\047')" <ROLE> > "x-$R" """
        """$(oc get "$p" -o json)"""
    )


def test_a_region_goes_behind_calls_and_into_no_value(tmp_path: Path) -> None:
    name = "x; aws iam get-role --region y"
    line = f"aws iam get-role --role-name {word(name)}; aws iam list-roles"
    assert calls(in_region(line, "cn-north-1"), tmp_path) == [
        ["aws", "iam", "get-role", "--region", "cn-north-1", "--role-name", name],
        ["aws", "iam", "list-roles", "--region", "cn-north-1"],
    ]


@pytest.mark.parametrize("url", ["{file:///etc/passwd}", "[f-f]ile:///etc/passwd", "https://x/[1-9999]"])
def test_an_address_is_one_and_no_pattern_to_curl(url: str, tmp_path: Path) -> None:
    asks = Asks(issuer=url)
    for asked in (asks.discovery(), asks.jwks(None), asks.jwks(url)):
        [call] = calls(asked.missing[0].command, tmp_path)
        assert call[0] == "curl"
        assert "-sSg" in call
        assert call[-1].startswith(url)


def test_no_call_of_the_script_or_the_full_list_is_a_pattern_to_curl() -> None:
    script = Path(collect.__file__).with_name("collect.sh").read_text()
    texts = [script, *(item.missing.command for item in full_list())]
    options = [one for text in texts for one in re.findall(r"\bcurl (-\S+)", text)]
    assert len(options) > 4
    assert set(options) == {"-sSg"}


NAMESPACE = "openshift-ingress-operator"
KEPT = re.compile(r"core/secrets|list-role-policies|get-role-policy")


def renamed(folder: Path, more: str) -> Path:
    """Write a cluster whose ingress operator cannot sign in, with text behind its namespace's name."""
    cluster = Cluster()
    trust_subjects(cluster.role(NAMESPACE), ["system:serviceaccount:a:b"])
    old, new = NAMESPACE.encode(), (NAMESPACE + more).encode()
    files = {path: data.replace(old, new) for path, data in everything(cluster).items()}
    write_files(folder / "in", {path: data for path, data in files.items() if not KEPT.search(path)})
    return folder / "in"


def commands_of(report: Report) -> Iterator[str]:
    yield from (step.command for finding in report.findings for step in finding.fix if step.command)
    yield from (item.command for item in report.missing)


@pytest.mark.parametrize("more", [UNDER_REDACTION[0], UNDER_REDACTION[3]])
def test_what_is_left_of_secrets_in_commands_of_a_run_is_not_run(more: str, tmp_path: Path) -> None:
    report = analyze([renamed(tmp_path, more)])
    found = [*commands_of(report), *commands_of(Pseudonyms(("domains", "clusters")).mask(report))]
    assert sum("(secret)" in one for one in found) > 4
    for one in found:
        if "<" not in one:
            calls(one, tmp_path / "run")
            assert not (tmp_path / "run/ran").exists(), one


def test_what_is_written_of_repairs_holds_no_secret_and_nothing_that_runs(tmp_path: Path) -> None:
    mended = fix([renamed(tmp_path, UNDER_REDACTION[0])])
    text = write_readme(mended)
    lines = re.findall(r"^ {8}(\S.*)$", text, re.MULTILINE)
    lines += "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines()
    assert any("(secret)" in line for line in lines)
    assert "abcdefgh" not in text
    for line in lines:
        calls(line, tmp_path / "run")
        assert not (tmp_path / "run/ran").exists(), line


def secret_made(folder: Path, old: bytes, new: bytes) -> tuple[list[str], list[str]]:
    """Let the ingress operator's Secret be made; give the commands, and the lines of its value."""
    cluster = Cluster()
    del cluster.secrets[NAMESPACE, "cloud-credentials"]
    files = {
        path: data.replace(old, new) if f"{NAMESPACE}/" in path else data
        for path, data in everything(cluster).items()
    }
    write_files(folder / "in", files)
    made = next((one for one in fix([folder / "in"]).repairs if one.key.startswith("secret:")), None)
    if made is None:
        return [], []
    [manifest] = yaml.safe_load_all(made.documents[0].text)
    assert set(manifest) == {"apiVersion", "kind", "metadata", "type", "stringData"}
    return [step.command for step in made.apply], manifest["stringData"]["credentials"].splitlines()


def test_a_pod_is_no_option_where_pods_are_restarted(tmp_path: Path) -> None:
    pod = re.search(rb"name: (ingress-operator-\w+-\w+)\n", b"".join(everything(Cluster()).values()))
    assert pod
    commands, lines = secret_made(tmp_path, b"name: " + pod[1], b"name: --all")
    assert len(lines) == 4
    assert not any("--all" in one for one in commands)


def test_a_token_path_adds_no_line_to_a_secret(tmp_path: Path) -> None:
    old = b"mountPath: /var/run/secrets/openshift/serviceaccount"
    commands, lines = secret_made(tmp_path, old, b'mountPath: "/var/x\\n  other: y"')
    assert (commands, lines) == ([], [])
