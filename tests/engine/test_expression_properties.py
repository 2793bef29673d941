"""What must never be, over generated expressions and facts."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from analyzer.engine import EvaluationError, Fact, Facts, FactSpec, Unknown, compile_expression, run
from analyzer.engine.regex import PatternError, compile_pattern, found_in
from analyzer.engine.values import matches_glob
from analyzer.errors import RuleProblem

from .support import CHAIN, unknown

SPECS = {
    "b.one": FactSpec("bool", ""),
    "b.two": FactSpec("bool", ""),
    "s.one": FactSpec("string", ""),
    "s.two": FactSpec("string", ""),
    "n.one": FactSpec("int", ""),
    "l.one": FactSpec("list", ""),
    "m.one": FactSpec("map", ""),
}

words = st.sampled_from(["", "a", "b", "ab", "role"])
numbers = st.integers(-2, 3)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


values = st.fixed_dictionaries(
    {
        "b.one": maybe(st.booleans()),
        "b.two": st.booleans(),
        "s.one": maybe(words),
        "s.two": words,
        "n.one": maybe(numbers),
        "l.one": st.lists(words, max_size=3),
        "m.one": st.dictionaries(st.sampled_from(["x", "y"]), maybe(words), max_size=2),
    }
)

string = st.recursive(
    st.one_of(
        st.sampled_from(["s.one", "s.two", "m.one.x", "m.one['y']", "l.one[0]"]),
        words.map(lambda word: f"'{word}'"),
    ),
    lambda inner: st.builds("({} + {})".format, inner, inner),
    max_leaves=3,
)
integer = st.one_of(
    st.just("n.one"),
    numbers.map(str),
    string.map("size({})".format),
    st.just("size(l.one)"),
    st.just("size(m.one)"),
)
listing = st.one_of(
    st.just("l.one"),
    st.lists(string, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.builds("l.one.map(e, e + {})".format, string),
    st.builds("l.one.filter(e, e != {})".format, string),
)
atom = st.one_of(
    st.sampled_from(
        [
            "b.one",
            "b.two",
            "true",
            "false",
            "has(s.one)",
            "has(m.one.x)",
            "has(m.one)",
            "'x' in m.one",
            "m.one.x == null",
        ]
    ),
    st.builds("{} {} {}".format, string, st.sampled_from(["==", "!=", "<"]), string),
    st.builds("{} {} {}".format, integer, st.sampled_from(["==", "<=", ">"]), integer),
    st.builds("{} in {}".format, string, listing),
    st.builds("{}.startsWith({})".format, string, string),
    st.builds("glob({}, {})".format, string, string),
    st.builds("{}.matches('^a|b$')".format, string),
    st.builds("{} {} {}".format, listing, st.sampled_from(["==", "!="]), listing),
    st.just("m.one == m.one"),
)


def quantified(over: str, kind: str, compared: str, inner: str) -> str:
    variable = "v"
    while f"{variable}," in inner:
        variable += "v"
    call = f"{over}.{kind}({variable}, {variable} == {compared} || {inner})"
    return f"{call}.size() > 0" if kind == "filter" else call


def compose(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifier = st.sampled_from(["exists", "all", "exists_one", "filter"])
    return st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("(({}) == ({}))".format, inner, inner),
        st.builds(quantified, listing, quantifier, string, inner),
        st.builds(
            "m.one.{}(k, m.one[k] == {})".format, st.sampled_from(["exists", "all", "exists_one"]), string
        ),
    )


expressions = st.recursive(atom, compose, max_leaves=8)


def answer(expression: str, facts: Facts) -> object:
    try:
        return run(compile_expression(expression, SPECS), facts)
    except EvaluationError:
        return "error"


def hide(facts: dict[str, Fact], names: set[str], elements: set[int], fields: set[str]) -> Facts:
    """Hide whole facts, and single leaves inside the list and the map."""
    hidden: dict[str, Fact | Unknown] = {
        name: unknown(name) if name in names else fact for name, fact in facts.items()
    }
    if "l.one" not in names:
        items = list(facts["l.one"].value)  # type: ignore[call-overload]
        hidden["l.one"] = Fact([unknown("e") if at in elements else item for at, item in enumerate(items)])
    if "m.one" not in names:
        known = dict(facts["m.one"].value)  # type: ignore[call-overload]
        hidden["m.one"] = Fact(known | {name: unknown("f") for name in fields})
    return hidden


@settings(max_examples=150, deadline=None)
@given(
    expressions,
    values,
    st.sets(st.sampled_from(sorted(SPECS))),
    st.sets(st.integers(0, 2)),
    st.sets(st.sampled_from(["x", "y"])),
)
@example("'b' in l.one", {"l.one": ["b"], "m.one": {}}, set(), {0}, set())
@example("has(m.one.x)", {"l.one": [], "m.one": {"x": "a"}}, set(), set(), {"x"})
@example("has(m.one.x)", {"l.one": [], "m.one": {}}, set(), set(), {"x"})
@example("'x' in m.one", {"l.one": [], "m.one": {}}, set(), set(), {"x"})
def test_hiding_evidence_never_turns_an_answer_over(
    expression: str, known: dict[str, object], names: set[str], elements: set[int], fields: set[str]
) -> None:
    facts = {name: Fact(item) for name, item in known.items()}
    full = answer(expression, facts)
    partial = answer(expression, hide(facts, names, elements, fields))
    assert not isinstance(full, Unknown) or len(facts) < len(SPECS)
    if isinstance(full, bool):
        assert partial is full or isinstance(partial, Unknown)


@settings(max_examples=150, deadline=None)
@given(expressions, values, st.sets(st.sampled_from(sorted(SPECS)), min_size=1))
def test_an_unknown_names_only_what_is_hidden(
    expression: str, known: dict[str, object], names: set[str]
) -> None:
    facts = {name: unknown(name) if name in names else Fact(item) for name, item in known.items()}
    result = answer(expression, facts)
    if isinstance(result, Unknown):
        assert result.missing
        assert {item.evidence for item in result.missing} <= names


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=60), st.text("()[]!&|?:.,'\"\\<>=+-*/% \nabx01trueinrole.arnhas", max_size=80))
)
def test_any_text_compiles_or_is_a_rule_problem(text: str) -> None:
    try:
        program = compile_expression(text, CHAIN, result="any", may_ask_known=True)
    except RuleProblem as problem:
        refused = problem
    else:
        with suppress(EvaluationError):
            run(program, {})
        return
    assert re.match(r"<expression>:[0-9]+:[0-9]+\Z", refused.where)


patterns = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\S", "-", r"\."]),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("({})?".format, inner),
        st.builds("^{}".format, inner),
        st.builds("{}$".format, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "{2}", "{1,3}", "{0,}", "*?"])),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(patterns, st.text("ab1-.\n ", max_size=8), st.booleans())
def test_patterns_agree_with_the_standard_library(pattern: str, text: str, fold: bool) -> None:
    source = f"(?i){pattern}" if fold else pattern
    compiled = None
    with suppress(PatternError):  # a repeat inside a repeat
        compiled = compile_pattern(source)
    assume(compiled is not None)
    assert compiled is not None
    ours = found_in(compiled, text.upper() if fold else text)
    # \Z: RE2's $ is the end of the text, while Python's also stands before a last line break
    assert ours == bool(re.search(source.replace("$", r"\Z"), text.upper() if fold else text))


@settings(max_examples=150, deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab*?", max_size=8))
def test_glob_agrees_with_its_definition(text: str, pattern: str) -> None:
    wanted = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    assert matches_glob(text, pattern) == bool(re.fullmatch(wanted, text, re.DOTALL))
