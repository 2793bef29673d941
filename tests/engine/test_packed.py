"""The packed rules are the rules of the files beside them, and are used for no others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.engine import Rule, load_rules
from analyzer.engine.packed import NAME, pack, unpack
from analyzer.engine.source import place
from analyzer.engine.template import Template
from analyzer.model.vocabulary import VOCABULARY
from analyzer.session import rules_directory

READ = load_rules([rules_directory()], VOCABULARY, with_tests=False)


def _plain(value: Any) -> Any:
    """Give a part of a rule as what can be compared; places in the text and compiled forms are left out."""
    if isinstance(value, Template):
        return value.text, value.is_command, value.parts
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if hasattr(value, "parsed"):
        parsed = value.parsed()
        return value.text, parsed.refs, parsed.type, _tree(parsed.tree)
    names = getattr(type(value), "__match_args__", ())
    return {name: _plain(getattr(value, name)) for name in names} if names else value


def _tree(node: Any) -> Any:
    if isinstance(node, tuple):
        return tuple(map(_tree, node))
    names = [name for name in getattr(type(node), "__match_args__", ()) if name not in ("start", "end")]
    return (type(node).__name__, *(_tree(getattr(node, name)) for name in names)) if names else node


def test_they_are_what_reading_gives() -> None:
    packed = unpack(rules_directory(), READ.sha256, VOCABULARY)
    assert packed is not None, "rules/packed.json is stale: run make docs"
    by_id: dict[str, Rule] = {rule.id: rule for rule in packed}
    assert list(by_id) == [rule.id for rule in READ.rules]
    for rule in READ.rules:
        assert _plain(by_id[rule.id]) == _plain(rule)
        places = [[place(p.source, 0) for p in one.programs] for one in (by_id[rule.id], rule)]
        assert places[0] == places[1]
    assert pack(READ.rules, READ.sha256) == (rules_directory() / NAME).read_text(encoding="utf-8")


def _changed_rule(folder: Path) -> None:
    rule = folder / "trust" / "trust-subject-mismatch.yaml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("severity: critical", "severity: low"), "utf-8")


def _damaged(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / NAME).write_text(text, "utf-8") and None


@pytest.mark.parametrize(
    "harm",
    [_changed_rule, _damaged(""), _damaged("[]"), _damaged("{}"), _damaged('{"sha256": 1}'),
     lambda folder: (folder / NAME).unlink()],
    ids=["another rule", "empty", "a list", "no digest", "no rules", "absent"],
)  # fmt: skip
def test_where_they_do_not_fit_the_files_are_read(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(rules_directory(), folder)
    harm(folder)
    loaded = load_rules([folder], VOCABULARY, with_tests=False, packed=folder)
    read = load_rules([folder], VOCABULARY, with_tests=False)
    assert loaded.sha256 == read.sha256
    assert _plain(loaded.rules) == _plain(read.rules)


def test_a_folder_of_the_user_is_never_taken_from_a_packed_file(tmp_path: Path) -> None:
    """Such a file could say anything of the rules beside it."""
    folder = tmp_path / "rules"
    shutil.copytree(rules_directory(), folder)
    content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    for rule in content["rules"]:
        rule["title"] = "not what the file says"
    (folder / NAME).write_text(json.dumps(content), encoding="utf-8")
    loaded = load_rules([folder], VOCABULARY, with_tests=False, packed=rules_directory())
    assert [rule.title for rule in loaded.rules] == [rule.title for rule in READ.rules]
