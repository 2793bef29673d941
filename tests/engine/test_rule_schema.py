"""The schema for editors takes what ``rules check`` takes, and refuses what it can see to be wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from analyzer.engine.ruleschema import rule_schema
from analyzer.model.vocabulary import VOCABULARY

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = rule_schema(VOCABULARY)
VALIDATOR = Draft7Validator(SCHEMA)
RULE: dict[str, Any] = yaml.safe_load(
    (ROOT / "samples/rule-pack/trust/example-session-length.yaml").read_text("utf-8")
)


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("folder", ["rules", "samples/rule-pack"])
def test_every_rule_fits(folder: str) -> None:
    files = sorted((ROOT / folder).glob("*/*.yaml"))
    assert files
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for file in files:
        rule = yaml.load(file.read_text("utf-8"), loader)  # noqa: S506 - a safe loader
        assert not [f"{file.name}: {e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(rule)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"link": "roles"},
        {"severity": "bad"},
        {"state": "pass"},
        {"chek": "true"},
        {"subject": "bucket"},
        {"evidence": ["role.nmae"]},
        {"evidence": {"role.nmae": "its name"}},
        {"evidence": ["provider.url"]},  # a fact, but of another kind of subject
        {"kind": "cause", "fix": None},
        {"tests": [*RULE["tests"][:2], {"name": "x", "given": {"role.nmae": "a"}, "expect": "pass"}]},
        {"tests": [*RULE["tests"][:2], {"name": "x", "given": {"role.max_session": "1"}, "expect": "pass"}]},
    ],
)
def test_what_is_wrong_does_not_fit(wrong: dict[str, object]) -> None:
    assert VALIDATOR.is_valid(RULE)
    assert not VALIDATOR.is_valid(RULE | wrong)


def test_a_cause_needs_a_repair() -> None:
    cause = {key: value for key, value in RULE.items() if key not in ("fix", "disproof")}
    assert VALIDATOR.is_valid(cause)
    assert not VALIDATOR.is_valid(cause | {"kind": "cause"})
