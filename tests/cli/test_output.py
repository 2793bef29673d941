"""Where reports go: pairs of format and file, files that only their owner reads, never into an input."""

import io
import json
import os
import re
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from analyzer.cli.app import app
from analyzer.cli.output import REPORT_FORMATS, Target, TextOptions
from analyzer.reports.formats import FORMATS, Options
from analyzer.reports.json import load_json, render_json
from analyzer.reports.text import render_text

from ..reports import made

BUNDLE = Path(__file__).resolve().parents[2] / "samples" / "bundle-only"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.json"
    path.write_text(render_json(made.FAIL), encoding="utf-8")
    return path


def test_a_saved_report_is_shown_as_if_it_had_just_been_made(saved: Path) -> None:
    result = call("render", saved)
    assert (result.exit_code, result.stdout) == (0, render_text(made.FAIL))


def test_a_saved_report_is_read_from_stdin(saved: Path) -> None:
    result = CliRunner().invoke(app, ["render", "-", "-v"], input=saved.read_bytes())
    assert result.stdout == render_text(made.FAIL, Options(verbose=True))


def test_several_formats_go_to_several_files_in_one_run(saved: Path, tmp_path: Path) -> None:
    text, again = tmp_path / "a.txt", tmp_path / "b.json"
    result = call("render", saved, "-f", "text", "-o", text, "-f", "json", "-o", again)
    assert (result.exit_code, result.stdout) == (0, "")
    assert text.read_text(encoding="utf-8") == render_text(made.FAIL)
    assert load_json(again.read_text(encoding="utf-8")) == made.FAIL


def test_one_may_go_to_stdout_beside_a_file(saved: Path, tmp_path: Path) -> None:
    result = call("render", saved, "-f", "json", "-o", tmp_path / "a", "-f", "text")
    assert result.stdout == render_text(made.FAIL)
    assert json.loads((tmp_path / "a").read_text())["schema_version"] == "1"


def test_without_a_format_the_suffix_chooses_it(saved: Path, tmp_path: Path) -> None:
    assert call("render", saved, "-o", tmp_path / "a.json", "-o", tmp_path / "a.log").exit_code == 0
    assert load_json((tmp_path / "a.json").read_text()) == made.FAIL
    assert (tmp_path / "a.log").read_text() == render_text(made.FAIL)


def test_the_formats_that_help_names_are_those_that_there_are() -> None:
    assert tuple(FORMATS) == REPORT_FORMATS


def test_collect_takes_its_formats_and_pseudonyms(tmp_path: Path) -> None:
    script, plain, masked = tmp_path / "a.sh", tmp_path / "a.txt", tmp_path / "b.txt"
    assert call("collect", BUNDLE, "-o", script, "-o", plain).exit_code == 0
    assert script.read_text().startswith("#!/bin/sh")
    assert call("collect", BUNDLE, "-o", masked, "--mask", "domains").exit_code == 0
    host = re.search(r"https://([\w.-]+)/", plain.read_text())
    assert host
    assert host[1] not in masked.read_text()
    refused = call("collect", BUNDLE, "-f", "sh", "--mask", "all")
    assert refused.exit_code == 2
    assert "ask for what is not there" in refused.stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["-n", "openshift-ingres-operator"], "Did you mean 'openshift-ingress-operator'?"),
        (["-n", "openshift-ingress-operator", "--operator", "storage"], "Known here: ingress"),
        (["--operator", "ingrss"], "Did you mean 'ingress'?"),
        (["--select", "trust", "--ignore", "trust"], "no rule is left to ask"),
    ],
)
def test_a_part_that_is_not_there_is_no_healthy_cluster(words: list[str], complaint: str) -> None:
    result = call("analyze", BUNDLE, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("analyze", BUNDLE, "--operator", "ingress", "--operator", "storage"),
        ("analyze", BUNDLE, "-n", "openshift-ingress", "--namespace=openshift-machine-api"),
        ("render", "x.json", "--mask", "accounts", "--mask", "all"),
        ("--config", "a.toml", "--config", "b.toml", "analyze", BUNDLE),
        ("inspect", "trust", "--policy", "a.json", "--policy", "b.json"),
        ("fleet", "query", "x.sqlite", "-o", "a", "-o", "b"),
    ],
)
def test_no_value_of_an_option_is_dropped_in_silence(words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert "takes one value, and is given twice" in result.stderr
    assert call("analyze", BUNDLE, "-q", "-q", "-v", "-v").exit_code == 0


@pytest.mark.parametrize(
    "words, complaint",
    [
        (["-f", "poem"], "there is no format 'poem'"),
        (["-f", "json", "-f", "html", "-o", "x.html"], "x.html would hold json, not html"),
        (["-f", "html", "-o", "x.json", "-f", "json", "-o", "y"], "x.json would hold html, not json"),
        (["-f", "text", "-f", "json"], "two formats cannot both go to stdout"),
        (["-f", "text", "-o", "x", "-o", "y"], "more --output than --format"),
        (["-f", "text", "-o", "x", "-f", "json", "-o", "x"], "two formats cannot both go to x"),
        (["-o", "no/such/place"], "there is no directory no/such"),
        (["-o", "."], "is a directory"),
        (["-o", "collect.sh"], "there is no format 'sh' here"),
        (["-o", "x", "--mask", "all", "--mask-map", "x"], "name the same file"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_read(
    words: list[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("render", tmp_path / "not-there.json", *words)
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [("-o", "LONG"), ("--mask", "all", "--mask-map", "LONG"), ("--rules", "LONG"), ("-o", "LONG/x")]
)
def test_a_path_that_the_system_refuses_is_no_defect(words: tuple[str, ...]) -> None:
    result = call("analyze", BUNDLE, *(word.replace("LONG", "a" * 300) for word in words))
    assert result.exit_code == 2
    assert "cannot be looked at: File name too long" in result.stderr


def test_what_is_wrong_with_a_file_that_is_named_like_a_secret_is_said(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_text("x")
    assert "passwd: this is not a saved report" in call("render", path).stderr


def test_a_file_is_private_also_where_an_open_one_was(saved: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("before")
    old.chmod(0o666)
    call("render", saved, "-o", old)
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_another_name_of_the_old_file_keeps_what_it_held(saved: Path, tmp_path: Path) -> None:
    old, other = tmp_path / "old.txt", tmp_path / "other"
    old.write_text("before")
    os.link(old, other)
    call("render", saved, "-o", old)
    assert other.read_text() == "before"
    assert old.read_text() == render_text(made.FAIL)


def test_nothing_is_written_through_a_link(saved: Path, tmp_path: Path) -> None:
    aim, link = tmp_path / "aim", tmp_path / "link"
    aim.write_text("before")
    link.symlink_to(aim)
    result = call("render", saved, "-o", link)
    assert result.exit_code == 2
    assert "is a link" in result.stderr
    assert aim.read_text() == "before"


def test_nothing_is_written_into_an_input(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (tmp_path / "by-link").symlink_to(bundle)
    for place in (bundle / "report.txt", tmp_path / "by-link" / "report.txt"):
        result = call("analyze", bundle, "-o", place)
        assert result.exit_code == 2
        assert "lies in the input" in result.stderr
    assert not list(bundle.iterdir())


def test_an_input_is_not_replaced(saved: Path) -> None:
    before = saved.read_bytes()
    assert call("render", saved, "-o", saved).exit_code == 2
    assert saved.read_bytes() == before


def test_a_pipe_takes_a_report(saved: Path, tmp_path: Path) -> None:
    assert call("render", saved, "-o", os.devnull).exit_code == 0
    assert stat.S_ISCHR(os.lstat(os.devnull).st_mode)


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_bytes(b"\xff\xfe{")
    result = call("render", wrong)
    assert result.exit_code == 2
    assert "not a saved report" in result.stderr
    assert call("render", tmp_path / "gone.json").exit_code == 2


@pytest.mark.parametrize("tail", ["", "x" * 400])
def test_a_token_in_the_place_of_a_file_is_told_what_to_do(tail: str) -> None:
    result = call("analyze", "--token", f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0{tail}", BUNDLE)
    assert result.exit_code == 2
    assert "Save it, best without its signature" in result.stderr
    assert "eyJ" not in result.stderr


def test_of_a_database_one_report_is_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "fleet.sqlite").write_bytes(b"SQLite format 3\0" + bytes(100))
    for words in (("render",), ("baseline", "--reason", "known")):
        refused = call(*words, tmp_path / "fleet.sqlite")
        assert refused.exit_code == 2
        assert "sts-doctor render DB --bundle PATH" in refused.stderr


def test_pseudonyms_are_kept_in_a_private_file_and_used_again(saved: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    first = call("render", saved, "--mask", "all", "--mask-map", names, "-f", "json").stdout
    assert made.CLUSTER.id not in first
    assert stat.S_IMODE(names.stat().st_mode) == 0o600
    assert made.CLUSTER.id in names.read_text()
    assert call("render", saved, "--mask", "all", "--mask-map", names, "-f", "json").stdout == first


@pytest.mark.parametrize("words", [["--mask", "moons"], ["--mask-map", "x"]])
def test_a_mask_that_is_none_is_refused(saved: Path, words: list[str]) -> None:
    assert call("render", saved, *words).exit_code == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdout", "columns", "width"), [(Terminal, "72", 72), (Terminal, "20", 60), (io.StringIO, "72", 100)]
)
def test_columns_count_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, stdout: type[io.StringIO], columns: str, width: int
) -> None:
    monkeypatch.setattr("sys.stdout", stdout())
    monkeypatch.setenv("COLUMNS", columns)
    assert TextOptions().options(Target("text", "-")).width == width


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "99999-01-01", "now"]
)
def test_a_time_that_is_none_is_refused(time: str) -> None:
    result = call("analyze", BUNDLE, "--as-of", time)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a time. Write it as" in result.stderr
