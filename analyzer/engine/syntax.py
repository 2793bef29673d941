"""The tree of an expression; every node knows which part of the text it came from.

The parser makes all nodes but ``FactRef`` and ``Local``, which name resolution puts in place of
``Name`` and of the ``Select`` that spell a dotted fact name; it also numbers the quantifiers' variables.
"""

from __future__ import annotations

from analyzer.frozen import frozen


@frozen
class Literal:
    """A number, string, bool or null."""

    value: object
    start: int
    end: int


@frozen
class ListOf:
    """``[a, b, c]``."""

    items: tuple[Node, ...]
    start: int
    end: int


@frozen
class Name:
    """An identifier that is not yet resolved."""

    name: str
    start: int
    end: int


@frozen
class FactRef:
    """A fact of the vocabulary, by its full dotted name."""

    name: str
    start: int
    end: int


@frozen
class Local:
    """The variable of a quantifier, by its nesting level."""

    slot: int
    start: int
    end: int


@frozen
class Select:
    """``base.field``."""

    base: Node
    field: str
    start: int
    end: int


@frozen
class Index:
    """``base[key]``."""

    base: Node
    key: Node
    start: int
    end: int


@frozen
class Unary:
    """``!operand`` or ``-operand``."""

    operator: str
    operand: Node
    start: int
    end: int


@frozen
class Binary:
    """Arithmetic, a comparison, or ``in``."""

    operator: str
    left: Node
    right: Node
    start: int
    end: int


@frozen
class Logic:
    """A run of terms joined by ``&&`` or by ``||``."""

    operator: str
    terms: tuple[Node, ...]
    start: int
    end: int


@frozen
class Choice:
    """``condition ? yes : no``."""

    condition: Node
    yes: Node
    no: Node
    start: int
    end: int


@frozen
class Call:
    """A function, or a method whose receiver is the first argument."""

    name: str
    arguments: tuple[Node, ...]
    method: bool
    start: int
    end: int


@frozen
class Has:
    """``has(base.field)`` or ``has(fact)``."""

    operand: Node
    start: int
    end: int


@frozen
class Known:
    """``known(fact)``."""

    operand: Node
    start: int
    end: int


@frozen
class Quantifier:
    """``range.exists(variable, body)`` and its kin."""

    kind: str
    range: Node
    variable: str
    body: Node
    start: int
    end: int
    slot: int = -1


Node = (
    Literal
    | ListOf
    | Name
    | FactRef
    | Local
    | Select
    | Index
    | Unary
    | Binary
    | Logic
    | Choice
    | Call
    | Has
    | Known
    | Quantifier
)
