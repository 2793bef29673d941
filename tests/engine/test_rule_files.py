"""Rule files: what is read, and every refusal with its line."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.engine import choose, find_problems, load_rules, rulefolder
from analyzer.engine.yamlnodes import plain, read_nodes
from analyzer.errors import RuleProblem, UsageProblem
from analyzer.session import _state_of

from .support import CAUSE, SYMPTOM, VOCABULARY, write_rules


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_rule_is_read(tmp_path: Path) -> None:
    ruleset = load_rules([write_rules(tmp_path / "pack", CAUSE, SYMPTOM)], VOCABULARY)
    assert [rule.id for rule in ruleset.rules] == ["log-assume-role-denied", "trust-subject-mismatch"]
    assert ruleset.packs == ("pack",)
    assert len(ruleset.sha256) == 64
    rule = ruleset.find("trust-subject-mismatch")
    assert (rule.state, rule.severity, rule.subject, rule.kind) == ("fail", "critical", "chain", "cause")
    assert rule.refs == {"chain.uses_sts", "trust.problem"}
    assert rule.check.text == 'trust.problem != "subject-mismatch"'
    assert [(item.fact, item.role) for item in rule.evidence] == [
        ("trust.problem", "trust.problem"),
        ("role.arn", "role.arn"),
    ]
    assert rule.explains == ("log-assume-role-denied",)
    assert rule.sts_error is not None
    assert (rule.pack, rule.file) == ("pack", "trust/trust-subject-mismatch.yaml")
    assert [test.expect for test in rule.tests] == ["fail", "pass", "unknown"]
    symptom = ruleset.find("log-assume-role-denied")
    assert [(item.fact, item.role) for item in symptom.evidence] == [("chain.ready", "the log line")]
    assert symptom.points_at == ("trust", "secret")
    assert symptom.applies is None


def test_states_may_depend(tmp_path: Path) -> None:
    states = "state:\n  - {when: chain.ready, is: info}\n  - {is: fail}"
    rule = load_rules(
        [write_rules(tmp_path, CAUSE.replace("state: fail", states), SYMPTOM)], VOCABULARY
    ).rules[1]
    assert [(case.state, case.when is None) for case in rule.states] == [("info", False), ("fail", True)]
    assert rule.refs == {"chain.uses_sts", "trust.problem", "chain.ready"}


def test_the_hash_changes_with_the_text_only(tmp_path: Path) -> None:
    one = load_rules([write_rules(tmp_path / "a", SYMPTOM)], VOCABULARY)
    same = load_rules([write_rules(tmp_path / "b", SYMPTOM)], VOCABULARY)
    other = load_rules([write_rules(tmp_path / "c", SYMPTOM + "# more\n")], VOCABULARY)
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize(
    ("old", "new", "marked", "what"),
    [
        ("id: trust-subject-mismatch", "id: Trust", "id:", "is not the name of the file"),
        ("link: trust", "link: turst", "link:", "'link' cannot be 'turst'"),
        ("link: trust", "link: keys", "link:", "is not the name of the folder"),
        ("kind: cause", "kind: reason", "kind:", "'kind' cannot be 'reason'"),
        ("state: fail", "state: pass", "state:", "'state' cannot be 'pass'"),
        ("state: fail", "state: []", "state:", "'state' is empty"),
        ("state: fail", "state: [fail]", "state:", "a mapping of 'when' and 'is'"),
        (
            "state: fail",
            "state: [{when: chain.ready, is: fail}]",
            "state:",
            "the last state has no key 'when'",
        ),
        ("state: fail", "state: [{is: warn}, {is: fail}]", "state:", "a state needs the key 'when'"),
        ("severity: critical", "severity: 1", "severity:", "'severity' is a text"),
        ("subject: chain", "subject: chains", "subject:", "'subject' cannot be 'chains'"),
        ("title: No", "titel: No", "titel:", "a rule has no key 'titel'"),
        ("title: No ServiceAccount of the request may assume the role\n", "", "id:", "needs the key 'title'"),
        ("why: The sub claim decides.", "why: ''", "why:", "'why' is a text"),
        ("check: trust.problem", "check: trust.probelm", "check:", "there is no fact 'trust.probelm'"),
        (
            "check: trust.problem",
            "check: known(trust.problem) && trust.problem",
            "check:",
            "for 'applies' and 'fix' only",
        ),
        ('check: trust.problem != "subject-mismatch"', "check: {a: b}", "check:", "'check' is an expression"),
        ("applies: chain.uses_sts", "applies: role.arn", "applies:", "a bool is needed"),
        ("{role.name} admits", "{role.nam} admits", "message:", "there is no fact 'role.nam'"),
        ("--role-name {role.name}", "--role-name '{role.name}'", "- {text", "cannot be quoted safely"),
        ("evidence: [trust.problem, role.arn]", "evidence: [trust.problm]", "evidence:", "there is no fact"),
        ("evidence: [trust.problem, role.arn]", "evidence: []", "evidence:", "'evidence' is a list"),
        ("evidence: [trust.problem, role.arn]", "evidence: {}", "evidence:", "'evidence' is empty"),
        ("evidence: [trust.problem, role.arn]", "evidence: [[role.arn]]", "evidence:", "holds fact names"),
        ("{text: Correct the trust policy, command:", "{text: x, comand:", "- {text", "has no key 'comand'"),
        ("{text: Correct the trust policy, command:", "{command:", "- {command", "needs the key 'text'"),
        ("disproof: The call succeeds.\n", "", "id:", "a cause needs the key 'disproof'"),
        ('["https://example.org/trust"]', "[javascript:x]", "references:", "a reference is a URL"),
        ("explains: [log-assume-role-denied]", "explains: [log-x]", "id:", "'log-x', which is no rule"),
        (
            "explains: [log-assume-role-denied]",
            "explains: [trust-subject-mismatch]",
            "id:",
            "it holds symptoms",
        ),
        ("explains: [log-assume-role-denied]", "explains: log", "explains:", "'explains' is a list"),
        ("explains: [log-assume-role-denied]", "explains: [a, a]", "explains:", "stands twice"),
        ("explains: [log-assume-role-denied]", "points_at: [trust]", "points_at:", "only a symptom"),
        ("stage: trust,", "stage: door,", "sts_error:", "'stage' cannot be 'door'"),
        ("stage: trust, text", "txt", "sts_error:", "has no key 'txt'"),
        ("expect: fail}", "expect: warn}", "- {name: fails", "never gives the state 'warn'"),
        ("expect: fail}", "expect: pass}", "- {name: fails", "a case that fails (fail)"),
        ("expect: pass}", "expect: fail}", "- {name: fails", "a case that passes"),
        ("expect: unknown}", "expect: pass}", "- {name: fails", "a case that stays unknown"),
        ("expect: unknown}", "expect: unknwon}", "not collected", "'expect' cannot be"),
        ("expect: unknown}", "expect: unknown, with: 1}", "not collected", "a case has no key 'with'"),
        ("name: passes", "name: fails", "given: {trust.problem: sub", "two cases are named 'fails'"),
        ("name: passes, ", "", "given: {trust.problem: null", "a case needs the key 'name'"),
        (
            "given: {chain.uses_sts: true}",
            "given: {chain.uses_sst: true}",
            "not collected",
            "there is no fact",
        ),
        (
            "given: {chain.uses_sts: true}",
            "given: {chain.uses_sts: 'true'}",
            "not collected",
            "is a bool, not",
        ),
        ("given: {chain.uses_sts: true}", "given: {role.arn: 123}", "not collected", "is a string, not 123"),
        (
            "given: {chain.uses_sts: true}",
            "given: {role.policy.size: true}",
            "not collected",
            "is a int, not True",
        ),
        (
            "given: {chain.uses_sts: true}",
            "given: {token.since: soon}",
            "not collected",
            "not an RFC 3339 time",
        ),
        ("given: {chain.uses_sts: true}", "given: [a]", "not collected", "maps fact names to values"),
        ("title: No", "title: &a No", "title:", "anchors and aliases are refused"),
        ("title: No", "title: !!str No", "title:", "is refused in rule files"),
        ("title: No", "title: !!python/object/apply:os.system No", "title:", "is refused"),
        ("severity: critical", "title: again", "title: again", "stands twice"),
        ("title: No", "? [a]\n: b\ntitle: No", "? [a]", "a key is a plain word"),
        ("title: No", "title: [No", "link:", "the YAML cannot be read"),
    ],
)
def test_refused_with_its_line(tmp_path: Path, old: str, new: str, marked: str, what: str) -> None:
    assert old in CAUSE
    text = CAUSE.replace(old, new, 1)
    path = write_rules(tmp_path, CAUSE, SYMPTOM) / "trust" / "trust-subject-mismatch.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleProblem) as caught:
        load_rules([tmp_path], VOCABULARY)
    assert what in caught.value.what
    assert caught.value.exit_code == 2
    file, line = caught.value.where.split(":")[:2]
    assert file == str(path)
    assert int(line) == line_of(text, marked)


def test_a_symptom_explains_nothing(tmp_path: Path) -> None:
    write_rules(tmp_path, SYMPTOM + "explains: [x]\n")
    with pytest.raises(RuleProblem, match="a symptom explains nothing"):
        load_rules([tmp_path], VOCABULARY)


def test_an_id_stands_once_over_all_folders(tmp_path: Path) -> None:
    one, other = write_rules(tmp_path / "a", SYMPTOM), write_rules(tmp_path / "b", SYMPTOM)
    with pytest.raises(RuleProblem, match="is taken by") as caught:
        load_rules([one, other], VOCABULARY)
    assert str(other) in caught.value.where
    assert str(one) in caught.value.what


def test_a_user_cause_may_explain_a_built_in_symptom(tmp_path: Path) -> None:
    folders = [write_rules(tmp_path / "builtin", SYMPTOM), write_rules(tmp_path / "user", CAUSE)]
    assert load_rules(folders, VOCABULARY).packs == ("builtin", "user")


@pytest.mark.parametrize("where", ["r.yaml", "turst/r.yaml", "trust/deep/r.yaml", "trust/r.yml"])
def test_files_in_the_wrong_place(tmp_path: Path, where: str) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CAUSE, encoding="utf-8")
    with pytest.raises(RuleProblem) as caught:
        load_rules([tmp_path], VOCABULARY)
    assert str(path) in caught.value.where


def test_other_files_are_let_be(tmp_path: Path) -> None:
    write_rules(tmp_path, SYMPTOM)
    (tmp_path / "README.md").write_text("x", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("x", encoding="utf-8")
    assert len(load_rules([tmp_path], VOCABULARY).rules) == 1


def test_a_link_is_followed_inside_its_folder_alone(tmp_path: Path) -> None:
    pack, outside = tmp_path / "pack", tmp_path / "outside"
    for folder in (pack, outside):
        write_rules(folder, SYMPTOM)
    (file,) = pack.rglob("*.yaml")
    file.rename(pack / "shared")
    file.symlink_to(pack / "shared")
    assert len(load_rules([pack], VOCABULARY).rules) == 1
    file.unlink()
    file.symlink_to(outside / file.relative_to(pack))
    with pytest.raises(RuleProblem, match="a link to a file outside") as refused:
        load_rules([pack], VOCABULARY)
    assert refused.value.where == f"{file}:1"


def test_names_of_odd_bytes_and_folders_without_end_are_no_crash(tmp_path: Path) -> None:
    write_rules(tmp_path, SYMPTOM)
    (file,) = tmp_path.rglob("*.yaml")
    Path(os.fsdecode(os.fsencode(file.parent) + b"/\xff\x1b.yaml")).write_bytes(file.read_bytes())
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d" * 20, dir_fd=at)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    _ = list(_state_of([tmp_path]))
    with pytest.raises(RuleProblem, match="is not the name of the file"):
        load_rules([tmp_path], VOCABULARY)


def test_the_bytes_of_all_rules_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rules(tmp_path, SYMPTOM, CAUSE)
    monkeypatch.setattr(rulefolder, "MAX_BYTES_OF_ALL", len(SYMPTOM) + 10)
    with pytest.raises(RuleProblem, match="up to this one have more than") as refused:
        load_rules([tmp_path], VOCABULARY)
    assert refused.value.where.endswith(".yaml:1")


def test_no_folder_and_no_rule(tmp_path: Path) -> None:
    with pytest.raises(RuleProblem, match="no folder of rules"):
        load_rules([tmp_path / "none"], VOCABULARY)
    with pytest.raises(RuleProblem, match="holds no rule"):
        load_rules([tmp_path], VOCABULARY)


def test_all_problems_can_be_listed(tmp_path: Path) -> None:
    write_rules(tmp_path, CAUSE.replace("why:", "y:"), SYMPTOM.replace("why:", "y:"))
    found = [problem.what for problem in find_problems([tmp_path], VOCABULARY)]
    assert found == ["a rule has no key 'y'", "a rule needs the key 'why'"] * 2
    with pytest.raises(RuleProblem, match="no key 'y'") as caught:
        load_rules([tmp_path], VOCABULARY)
    assert "3 more problems" in caught.value.do


def test_one_mistake_hides_no_other_of_the_file(tmp_path: Path) -> None:
    text = CAUSE.replace("kind: cause", "kind: cuase").replace("severity: ", "severity: very ")
    write_rules(tmp_path, re.sub("(?m)^check: .*$", "check: chain.nothing == 1", text))
    found = [(p.where.rsplit("/", 1)[-1], p.what) for p in find_problems([tmp_path], VOCABULARY)]
    assert [what.split(" cannot be")[0] for _, what in found] == [
        "'kind'",
        "'severity'",
        "there is no fact 'chain.nothing'",
    ]
    assert len({where for where, _ in found}) == 3


def test_of_a_rule_about_nothing_its_facts_are_not_asked(tmp_path: Path) -> None:
    write_rules(tmp_path, re.sub("(?m)^subject: .*$", "subject: moon", CAUSE))
    assert [p.what for p in find_problems([tmp_path], VOCABULARY)] == ["'subject' cannot be 'moon'"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b"# only a remark\n", "the file is empty"),
        (b"- a\n", "a rule is a mapping"),
        (b"a: 1\n---\nb: 2\n", "second document"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x00\n", "cannot be read"),
        (b"a: " + b"x" * 300_000, "at most 256 KiB"),
        (b"a: " + b"[" * 200, "at most 16 levels"),
        (b"a: " + b"[" * 20_000, ""),  # our limit, or that of a libyaml that has one
        (b"a: [" + b"1," * 20_000 + b"]", "at most 16 levels and 10000 values"),
        (b"a: &x [1]\nb: *x\n", "anchors and aliases"),
        (b"a: *x\n", "anchors and aliases"),
        (b"a: b: c\n", "cannot be read"),
        (b"\ta: b\n", "cannot be read"),
    ],
)
def test_hostile_yaml(data: bytes, what: str) -> None:
    with pytest.raises(RuleProblem, match=r".") as caught:
        read_nodes(data, "r.yaml")
    assert what in caught.value.what
    assert caught.value.where.startswith("r.yaml:")


@settings(max_examples=120, deadline=None)
@given(
    st.one_of(st.binary(max_size=80), st.text("ab:-[]{}&*!|>'\"#?,\n ~1%@`\té", max_size=60).map(str.encode))
)
def test_any_bytes_are_read_or_a_rule_problem(data: bytes) -> None:
    with suppress(RuleProblem):
        read_nodes(data, "r.yaml")


def test_core_schema_values() -> None:
    data = "a: on\nb: 012\nc: '1'\nd: 1.5\ne: ~\nf: True\ng: 12:30\nh: =\ni: 2026-01-01\n"
    data += "j: [x, {k: v}]\n\u00e9: \ufefff\n"
    assert plain(read_nodes(data.encode(), "r.yaml")) == {
        "a": "on",
        "b": 12,
        "c": "1",
        "d": 1.5,
        "e": None,
        "f": True,
        "g": "12:30",
        "h": "=",
        "i": "2026-01-01",
        "j": ["x", {"k": "v"}],
        "\u00e9": "\ufefff",
    }


def test_places_count_characters_not_bytes(tmp_path: Path) -> None:
    text = CAUSE.replace("title: No", "title: ⚠ é 🙂 No").replace(
        "check: trust.problem", "check: trust.probelm"
    )
    write_rules(tmp_path, text, SYMPTOM)
    with pytest.raises(RuleProblem) as caught:
        load_rules([tmp_path], VOCABULARY)
    assert caught.value.where.endswith(":9:8")


def test_rules_are_chosen_by_id_link_and_glob(tmp_path: Path) -> None:
    ruleset = load_rules([write_rules(tmp_path, CAUSE, SYMPTOM)], VOCABULARY)
    assert [rule.id for rule in choose(ruleset, ["trust"])] == ["trust-subject-mismatch"]
    assert [rule.id for rule in choose(ruleset, ["log-*"])] == ["log-assume-role-denied"]
    with pytest.raises(UsageProblem, match="no rule is left to ask"):
        choose(ruleset, ["log-*"], ["operator"])
    assert len(choose(ruleset)) == 2
    with pytest.raises(UsageProblem, match="no rule fits 'trust-subjct-mismatch'") as caught:
        choose(ruleset, ignore=["trust-subjct-mismatch"])
    assert "trust-subject-mismatch" in caught.value.do
    with pytest.raises(UsageProblem, match="there is no rule"):
        ruleset.find("trust-subject")


def test_tests_are_left_out_where_nobody_asks_for_them(tmp_path: Path) -> None:
    folder = write_rules(tmp_path, CAUSE, SYMPTOM)
    whole = load_rules([folder], VOCABULARY)
    lean = load_rules([folder], VOCABULARY, with_tests=False)
    assert [rule.tests for rule in lean.rules] == [(), ()]
    assert lean.sha256 == whole.sha256
    assert [(rule.id, rule.line, rule.check.source) for rule in lean.rules] == [
        (rule.id, rule.line, rule.check.source) for rule in whole.rules
    ]


@pytest.mark.parametrize(
    "shape", ["tests: [{name: a}]\n", "tests:\n- name: a\n  given: {}\n\n# end\n", "tests: []"]
)
def test_what_follows_the_tests_keeps_its_lines(tmp_path: Path, shape: str) -> None:
    head, _, _ = CAUSE.partition("tests:")
    wrong = f"{head}{shape}{'' if shape.endswith(chr(10)) else chr(10)}nonsense: 1\n"
    with pytest.raises(RuleProblem) as problem:
        load_rules([write_rules(tmp_path, wrong)], VOCABULARY, with_tests=False)
    assert problem.value.where.endswith(f":{wrong.count(chr(10))}")


@pytest.mark.parametrize("value", ["!x", "!x && y", '"a" == b', "%x", "@x", "!a == 'b'"])
def test_a_value_that_yaml_reads_as_something_else_is_advised_quotes(tmp_path: Path, value: str) -> None:
    head, _, rest = CAUSE.partition("check: ")
    text = f"{head}check: {value}\n{rest.partition(chr(10))[2]}"
    with pytest.raises(RuleProblem) as caught:
        load_rules([write_rules(tmp_path, text, SYMPTOM)], VOCABULARY)
    quoted = value.replace("'", "''")
    assert caught.value.do == f"Put the whole value in quotes: check: '{quoted}'"
    assert caught.value.where.endswith(f":{line_of(text, 'check:')}")
