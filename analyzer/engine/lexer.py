"""Expression text to tokens: the lexical part of CEL's grammar, without bytes and unsigned numbers.

Source: CEL specification, "Syntax" (github.com/google/cel-spec, doc/langdef.md).
"""

from __future__ import annotations

import re
from typing import Final

from analyzer.engine.source import Text, problem
from analyzer.frozen import frozen
from analyzer.patterns import later

MAX_LENGTH: Final = 4096
INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_TOKEN = later(
    r"""(?P<blank>[ \t\r\n\f]+|//[^\n]*)
      | (?P<double>(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+))
      | (?P<int>0[xX][0-9a-fA-F]+|[0-9]+)
      | (?P<raw>[rR](?:"[^"\n]*"|'[^'\n]*'))
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]])""",
    re.VERBOSE,
)
_ESCAPE = later(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)")
_SIMPLE_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip


@frozen
class Token:
    """One token: its kind (literal, name, operator or end), what it means, and where it stands."""

    kind: str
    value: object
    start: int
    end: int


def tokenize(text: Text) -> list[Token]:
    """All tokens of the text, the last of the kind ``end``; raises RuleProblem with a caret."""
    value = text.value
    if len(value) > MAX_LENGTH:
        raise problem(text, f"an expression has at most {MAX_LENGTH} characters", 0, 1)
    tokens: list[Token] = []
    at = 0
    while at < len(value):
        match = _TOKEN.match(value, at)
        if match is None:
            raise _stray(text, at)
        at = match.end()
        if match.lastgroup == "blank":
            continue
        token = _token(text, match)
        if tokens and tokens[-1].end == token.start and _runs_together(tokens[-1], token):
            raise problem(
                text, "a number or string runs into what follows (marks such as b and u are refused)",
                tokens[-1].start, token.end,
            )  # fmt: skip
        tokens.append(token)
    tokens.append(Token("end", None, len(value), len(value)))
    return tokens


def _runs_together(left: Token, right: Token) -> bool:
    return "literal" in (left.kind, right.kind) and {left.kind, right.kind} <= {"literal", "name"}


def _stray(text: Text, at: int) -> Exception:
    character = text.value[at]
    if character in "\"'":
        return problem(text, "a string is not closed on its line", at, at + 1)
    if character == "=":
        return problem(text, "a single '=' is not an operator", at, at + 1, "Did you mean '=='?")
    if character in "&|":
        return problem(text, f"a single {character!r} is not an operator", at, at + 1,
                       f"Did you mean '{character * 2}'?")  # fmt: skip
    return problem(text, f"{character!r} is not part of the expression language", at, at + 1)


def _token(text: Text, match: re.Match[str]) -> Token:
    kind, found, start, end = match.lastgroup, match.group(), match.start(), match.end()
    if kind == "int":
        number = int(found, 16) if found[:2] in ("0x", "0X") else int(found)
        if number > INT_MAX + 1:
            raise problem(text, "a number does not fit into 64 bits", start, end)
        return Token("literal", number, start, end)
    if kind == "double":
        return Token("literal", float(found), start, end)
    if kind == "raw":
        return Token("literal", found[2:-1], start, end)
    if kind == "string":
        return Token("literal", _unescape(text, found[1:-1], start + 1), start, end)
    if kind == "name" and found in ("true", "false", "null"):
        return Token("literal", {"true": True, "false": False, "null": None}[found], start, end)
    if kind == "name" and found == "in":
        return Token("operator", found, start, end)
    return Token(kind or "operator", found, start, end)


def _unescape(text: Text, body: str, start: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 1:
            if code in _SIMPLE_ESCAPES:
                return _SIMPLE_ESCAPES[code]
        else:
            number = int(code, 8) if code[0].isdigit() else int(code[1:], 16)
            if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
                return chr(number)
        at = start + match.start()
        raise problem(text, f"\\{code} is not an escape of a string", at, at + 1 + len(code),
                      "Double the backslash, or write a raw string r'...'")  # fmt: skip

    return _ESCAPE.sub(one, body) if "\\" in body else body
