"""Patterns: matching, inclusion and overlap against brute force over short texts."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.iam import glob, resources
from analyzer.iam.resources import Cover

ALPHABET = "ab"
TEXTS = ["".join(chars) for size in range(7) for chars in product(ALPHABET + "c", repeat=size)]
"""Of two patterns of four characters, one of these shows that one does not include the other."""
patterns = st.text(alphabet="ab*?", max_size=4)


def slow_match(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slow_match(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slow_match(pattern[1:], text[1:])


@given(patterns, st.text(alphabet="abc", max_size=7))
def test_match_agrees_with_the_definition(pattern: str, text: str) -> None:
    assert glob.matches(pattern, text) == slow_match(pattern, text)


@settings(max_examples=150, deadline=None)
@given(patterns, patterns)
def test_inclusion_and_overlap_agree_with_enumeration(outer: str, inner: str) -> None:
    inside = [text for text in TEXTS if glob.matches(inner, text)]
    assert glob.includes(outer, inner) == all(glob.matches(outer, text) for text in inside)
    assert glob.overlaps(outer, inner) == glob.overlaps(inner, outer)
    if any(glob.matches(outer, text) for text in inside):
        assert glob.overlaps(outer, inner)


def test_union_inclusion() -> None:
    assert glob.union_includes(("a*", "b*", "c*", "?", ""), "a*")
    assert not glob.union_includes(("a*", "b*"), "*")
    assert glob.union_includes(("*a", "*b", "*c"), "?*a")
    assert glob.union_includes(("x?*", "x"), "x*")
    assert not glob.union_includes(("x??*", "x"), "x*")


@given(st.text(max_size=20))
def test_an_escaped_text_matches_only_itself(text: str) -> None:
    pattern = glob.escape(text)
    assert glob.matches(pattern, text)
    assert glob.literal(pattern) == text
    assert not glob.has_wildcard(pattern)


@pytest.mark.timeout(60)  # what takes quadratic time does not end in it
def test_a_hostile_pattern_takes_no_time() -> None:
    assert not glob.matches("*a" * 60 + "b", "a" * 3000)
    assert not glob.includes("*a" * 12 + "b", "*a" * 12 + "?")


def test_a_pattern_longer_than_any_policy_is_not_compiled() -> None:
    pattern = "tag:" + "{[(<*" * 800_000
    assert len(glob.regex(pattern)) < 100
    assert len(glob.tokens(pattern)) == 1
    assert not glob.matches(pattern, "tag:GetResources")
    assert not glob.includes(pattern, "tag:GetResources")
    assert not glob.overlaps(pattern, "tag:GetResources")


def test_resources_part_by_part() -> None:
    assert resources.includes("arn:aws:ec2:*:*:*", "arn:aws:ec2:us-west-2:*:instance/*")
    assert not resources.includes("arn:aws:ec2:us-west-2:*:*", "arn:aws:ec2:*:*:instance/*")
    assert resources.overlaps("arn:aws:ec2:us-west-2:*:*", "arn:aws:ec2:*:*:instance/*")
    assert not resources.overlaps("arn:aws:ec2:us-west-2:*:*", "arn:aws:ec2:us-east-1:*:*")
    assert resources.cover(["arn:aws:s3:::a*", "arn:aws:s3:::b*"], "arn:aws:s3:::?x") is Cover.PART
    assert resources.cover(["arn:aws:s3:::?", "arn:aws:s3:::??*"], "arn:aws:s3:::?*") is Cover.FULL
    assert resources.cover_except(["arn:aws:s3:::a*"], "arn:aws:s3:::b*") is Cover.FULL
    assert resources.cover_except(["arn:aws:s3:::a*"], "*") is Cover.PART
    assert resources.cover_except(["*"], "arn:aws:s3:::b*") is Cover.NONE
