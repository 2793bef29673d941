"""Text that YAML readers disagree on comes back as it was."""

from __future__ import annotations

import pytest
import yaml

from samples.yamlout import document, dump

LONG = "word " * 40
AWKWARD = [
    *("", " ", "~", "null", "true", "off", "=", "123456789012", "1e5", "0x1f", "12:30:45"),
    *("2024-03-12T10:30:00Z", "- a", "a: b", "a #b", "*", "&x", "!x", "'q'", '"q"', "%d", "@a", "`a`"),
    *("a:", "tab\there", "line\nline\n", "line\n\n", "trail \nx", " lead\nx", "back\\slash", "{x}", "[x]"),
    *("a, b", "?x", "-x", "---", "naïve", "a  b " * 30 + "c"),
    *(f"{LONG}end", f"'quoted: {LONG}x", f"tab\t{LONG}x", f"tab\t{LONG} - x", f"\t{LONG} \\ {LONG}x"),
]


@pytest.mark.parametrize("text", AWKWARD)
def test_yaml_text_comes_back(text: str) -> None:
    value = {"a": text, "b": [text, {"c": text, "d": [text]}], "e": {}, "f": [], text or "key": None}
    assert yaml.safe_load(dump(value)) == value
    assert yaml.load(document(value), yaml.CSafeLoader) == value
