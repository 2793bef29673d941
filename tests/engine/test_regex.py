"""Patterns: what is in the subset, what is refused, and that time stays linear."""

from __future__ import annotations

import pytest

from analyzer.engine.regex import PatternError, compile_pattern, found_in


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("^$", "", True),
        ("^$", "a", False),
        ("b", "abc", True),
        ("^b", "abc", False),
        ("c$", "abc", True),
        ("^(a|bc)+d$", "abcad", True),
        ("^a{2,3}$", "aaaa", False),
        ("^a{2,}$", "aaaa", True),
        ("^[a-c-]+$", "a-c", True),
        ("^[]a]+$", "]a", True),
        ("^[^\\d\\s]+$", "ab1", False),
        ("^\\x", "x", None),
        ("(?i)^ROLE", "role", True),
        ("(?i)[A-Z]é", "QÉ", True),
        ("a.c", "a\nc", False),
        ("\\.", "a", False),
        ("\\{a\\}", "{a}", True),
        ("a|", "zzz", True),
        ("(?:a|b)?$", "", True),
        ("^([a-z]+-)?x$", "ab-x", True),
        ("^é+$", "éé", True),
    ],
)
def test_matches(pattern: str, text: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(PatternError):
            compile_pattern(pattern)
    else:
        assert found_in(compile_pattern(pattern), text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*b)*",
        "(a{2}){3}",
        "a**",
        "a{2}{3}",
        "+",
        "*a",
        "(a",
        "a)",
        "[a",
        "[b-a]",
        "[a-\\d]",
        "a{",
        "a{,2}",
        "a{3,2}",
        "a{1000}",
        "a{999}",
        "(?=a)",
        "(?<n>a)",
        "(?P<n>a)",
        "(?!a)",
        "a(?i)b",
        "\\1",
        "\\b",
        "\\",
        "[[:alpha:]]",
        "[\\D]",
        "(" * 30 + "a" + ")" * 30,
    ],
)
def test_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["^(a|a)*$", "^(a|aa|aaa)+$", "^a*a*a*a*a*a*$", ".*.*.*.*=", "(a?){60}a{60}$"]
)
@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_time_is_linear_in_the_text(pattern: str) -> None:
    compiled = compile_pattern(pattern)
    assert found_in(compiled, "a" * 20_000 + "!") is False
