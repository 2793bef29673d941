"""Rules that the program treats in a way of their own are named in it: each name is a rule's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from analyzer.session import built_in_rules

SOURCES = Path(__file__).resolve().parents[2] / "analyzer"
NO_RULE = {
    "key-never-present", "provider-mismatch",  # what is wrong with a trust policy
    "token-file",  # a class of errors
    "provider-audiences", "provider-thumbprints",  # keys of repairs
    "role-arn", "role-name",  # options of aws
    "role-policies", "secret-value", "secret-values",  # evidence to ask for
    "token-minter",  # a container
}  # fmt: skip
"""Words of the same form that mean something else."""


def test_each_rule_that_is_named_exists() -> None:
    rules = {rule.id for rule in built_in_rules().rules}
    form = re.compile(f"(?:{'|'.join(sorted({rule.partition('-')[0] for rule in rules}))})(?:-[a-z]+)+")
    named = {
        node.value
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and form.fullmatch(node.value)
    }
    assert len(named & rules) > 50
    assert named - rules == NO_RULE
