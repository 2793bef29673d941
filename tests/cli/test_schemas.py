"""Each output for programs is as the schema says that is published for it."""

import copy
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from analyzer.schemas import NAMES
from tests.reports.conftest import SAMPLES

from .test_output import call

ROOT = Path(__file__).resolve().parents[2] / "samples"


def checker(name: str) -> Any:
    schema = json.loads(call("schema", name).stdout)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def refused(name: str, value: Any, *path: Any) -> bool:
    """Tell whether the schema refuses a value in which a part is another."""
    wrong = copy.deepcopy(value)
    part = wrong
    for key in path[:-2]:
        part = part[key]
    part[path[-2]] = path[-1]
    return not checker(name).is_valid(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_it_defines_what_it_refers_to_and_no_more(name: str) -> None:
    schema = json.loads(call("schema", name).stdout)
    used = {word.split('"')[0].split("/")[0] for word in json.dumps(schema).split("#/$defs/")[1:]}
    assert used == set(schema["$defs"])


def test_differences() -> None:
    check = checker("diff")
    pairs = [(SAMPLES[0], SAMPLES[0]), *pairwise(SAMPLES)][:5]
    changes = set()
    for old, new in pairs:
        shown = call("diff", ROOT / old, ROOT / new, "--force", "-f", "json")
        difference = json.loads(shown.stdout)
        check.validate(difference)
        changes |= {finding["change"] for finding in difference["findings"]}
    assert changes >= {"fixed", "new", "still"}
    assert refused("diff", difference, "findings", 0, "change", "better")
    assert refused("diff", difference, "new", "cluster", "sts", "yes")


@pytest.mark.parametrize("inputs", [[], ["bundle-only"], ["healthy"], ["mint-mode"]])
def test_what_is_missing(inputs: list[str]) -> None:
    shown = json.loads(call("collect", *(ROOT / name for name in inputs), "-f", "json").stdout)
    checker("collect").validate(shown)
    assert [row["rank"] for row in shown["missing"]] == list(range(1, len(shown["missing"]) + 1))
    if shown["missing"]:
        assert refused("collect", shown, "missing", 0, "sensitivity", "low")
        assert refused("collect", shown, "missing", 0, "command", None)
