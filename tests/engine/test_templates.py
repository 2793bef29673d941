"""Templates: what is filled in, and that nothing from an input can act in a shell."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.engine import Fact, Unknown, compile_template, in_prose, render
from analyzer.engine.source import Text
from analyzer.errors import RuleProblem

from .support import CHAIN, unknown


def prose(template: str, **facts: object) -> str:
    return render(compile_template(template, CHAIN), _facts(facts))


def command(template: str, **facts: object) -> str:
    return render(compile_template(template, CHAIN, command=True), _facts(facts))


def _facts(facts: dict[str, object]) -> dict[str, Fact | Unknown]:
    return {
        name.replace("__", "."): item if isinstance(item, Unknown) else Fact(item)
        for name, item in facts.items()
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a", "a"),
        (3, "3"),
        (True, "yes"),
        (False, "no"),
        (None, "(not known)"),
        (unknown("x"), "(not known)"),
        (["a", 1, None], "a, 1, (not known)"),
        ((), "(none)"),
        ({"a": 1, "b": ["c"]}, "a: 1, b: c"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05Z"),
        (timedelta(days=1, seconds=3661), "1d 1h 1m 1s"),
        (-timedelta(minutes=5), "-5m"),
        (timedelta(0), "0s"),
        (list(range(60)), ", ".join(str(number) for number in range(50)) + " and 10 more"),
        ("x" * 5000, "x" * 4000 + "…"),
        (["openshift ", "b"], '"openshift ", b'),
    ],
)
def test_values_in_prose(value: object, shown: str) -> None:
    assert in_prose(value) == shown


def test_fields_are_followed() -> None:
    assert prose("{role.policy.a.b}", role__policy={"a": {"b": 1}}) == "1"
    assert prose("{role.policy.a.b}", role__policy={"a": 7}) == "(not known)"
    assert prose("{role.policy.a}", role__policy={"a": unknown("x")}) == "(not known)"


def test_braces_are_doubled() -> None:
    assert prose('{{"a": "{role.name}"}}', role__name="n") == '{"a": "n"}'


def test_prose_is_not_quoted_and_a_value_is_never_a_template() -> None:
    assert prose("{role.name}", role__name="{role.arn} $(x)") == "{role.arn} $(x)"


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("plain-name", "plain-name"),
        ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a"),
        ("a b", "'a b'"),
        ("$(reboot)", "'$(reboot)'"),
        ("it's", "'it'\"'\"'s'"),
        (["a", "b c"], "a 'b c'"),
        ({"a": "b"}, '\'{"a": "b"}\''),
        (True, "true"),
        (None, "<ROLE_NAME>"),
        (unknown("x"), "<ROLE_NAME>"),
        ("", "<ROLE_NAME>"),
        ([], "<ROLE_NAME>"),
        (["a", None], "<ROLE_NAME>"),
        ("two\nlines", "<ROLE_NAME>"),
        ("esc\x1b[0m", "<ROLE_NAME>"),
        ("a\u202eb", "<ROLE_NAME>"),
        ("--endpoint-url=http://evil", "<ROLE_NAME>"),
    ],
)
def test_values_in_commands(value: object, word: str) -> None:
    assert (
        command("aws iam get-role --role-name {role.name}", role__name=value).removeprefix(
            "aws iam get-role --role-name "
        )
        == word
    )


def test_a_value_that_continues_a_word() -> None:
    assert command("--x={role.name}/y", role__name="-a b") == "--x='-a b'/y"


def test_a_placeholder_is_made_of_the_last_two_parts() -> None:
    assert command("{role.policy.a.b-c} {role.arn}") == "<A_B_C> <ROLE_ARN>"


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=8, max_size=8))
def test_a_shell_reads_back_exactly_the_value(values: list[str]) -> None:
    lines = [command("printf '%s\\n' {role.name} 'end of'", role__name=value) for value in values]
    kept = [value for value, line in zip(values, lines, strict=True) if "<ROLE_NAME>" not in line]
    script = "; ".join(line for line in lines if "<ROLE_NAME>" not in line)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode() == "".join(f"{value}\nend of\n" for value in kept)
    assert script.isascii()


def test_what_does_not_show_is_written_by_its_bytes() -> None:
    shown = command("a {role.name}", role__name="open\u200bshift\u00a0")
    assert shown == "a \"$(printf 'open\\342\\200\\213shift\\302\\240')\""


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell")
def test_a_real_shell_runs_nothing_of_a_value() -> None:
    evil = "x'; echo owned; $(echo owned) `echo owned` \\' \" & | > /dev/null #"
    script = command("printf %s {role.name}", role__name=evil)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == evil


@pytest.mark.parametrize(
    ("template", "column", "what"),
    [
        ("a {role.anr}", 4, "there is no fact 'role.anr'"),
        ("{role.arn.x}", 2, "role.arn is a string and has no field 'x'"),
        ("{", 1, "a brace"),
        ("a }", 3, "a brace"),
        ("{}", 1, "a brace"),
        ("{role.name", 1, "a brace"),
        ("{role.name!r}", 1, "a brace"),
        ("{role.name:>10}", 1, "a brace"),
        ("{role.name[0]}", 1, "a brace"),
        ("x" * 9000, 1, "at most"),
    ],
)
def test_mistakes_are_found_at_load(template: str, column: int, what: str) -> None:
    with pytest.raises(RuleProblem) as caught:
        compile_template(Text(template, "r.yaml", 4, 1), CHAIN)
    assert caught.value.where == f"r.yaml:4:{column}"
    assert what in caught.value.what


@pytest.mark.parametrize("evil", ['a","b":"c', "a\\", 'é"', "'", "a\\u0022"])
def test_a_value_in_json_ends_no_string_of_it(evil: str) -> None:
    script = command("""printf %s '{{"a":{{"b":"'{role.name}'"}}}}'""", role__name=evil)
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"a": {"b": evil}}


@pytest.mark.parametrize("value", ["file:///etc/passwd", "FILEB://x", "--all", ["a", "-b"]])
def test_what_a_program_would_not_take_as_a_value_is_left_out(value: object) -> None:
    assert command("aws x --y {role.name}", role__name=value) == "aws x --y <ROLE_NAME>"


@pytest.mark.parametrize(
    "template",
    [
        'x "{role.name}"',
        "x '{role.name}'",
        "x `y {role.name}`",
        "cat <<EOF\n{role.name}\nEOF",
        "x $'\\'{role.name}",
        'x "a\\" {role.name}"',
        'x "{role.arn} {role.name}"',
    ],
)
def test_a_value_inside_quotes_of_a_command_is_refused(template: str) -> None:
    with pytest.raises(RuleProblem, match="cannot be quoted safely"):
        compile_template(template, CHAIN, command=True)


@pytest.mark.parametrize(
    "template",
    [
        "curl -sS {role.arn}",
        "x; /usr/bin/curl -o g\n{role.arn}",
        "curl -g x | curl y/{role.arn}",
        "y $(curl {role.arn})",
        "curl -w 'a;b -g ' {role.arn}",
    ],
)
def test_a_value_that_curl_would_expand_is_refused(template: str) -> None:
    with pytest.raises(RuleProblem, match="curl expands braces"):
        compile_template(template, CHAIN, command=True)


@pytest.mark.parametrize("options", ["-sSg", "-g -sS", "--globoff", "-o x --globoff"])
def test_a_value_is_one_address_to_curl_without_globbing(options: str) -> None:
    assert command(f"curl {options} {{role.name}}", role__name="https://{a,b}") == (
        f"curl {options} 'https://{{a,b}}'"
    )
    assert command("curl -s https://x.example | jq --arg x {role.name}", role__name="{a}").endswith("'{a}'")


def test_quotes_that_are_closed_are_fine() -> None:
    assert command("""x '{{"a":"'{role.name}'"}}' "b" \\" {role.name}""", role__name="n") == (
        """x '{"a":"'n'"}' "b" \\" n"""
    )


def test_a_template_knows_its_facts() -> None:
    assert compile_template("{role.name} {role.policy.x}", CHAIN).refs == {"role.name", "role.policy"}
