"""Sentences and commands with facts filled in: ``{fact.name}`` or ``{fact.name.field}``.

Literal braces are doubled. In prose a value that is not known reads ``(not known)``. In a command every
value is quoted for a POSIX shell, and one that is not known becomes a placeholder such as
``<ROLE_NAME>``, which no shell accepts by accident.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from analyzer.engine.facts import Facts, FactSpec, Unknown, lookup, split_name
from analyzer.engine.source import Text, nearest, problem
from analyzer.frozen import frozen
from analyzer.patterns import later
from analyzer.shell import argument, expands_braces, is_shown, word

MAX_LENGTH: Final = 8192
MAX_LISTED: Final = 50
MAX_VALUE: Final = 4000
NOT_KNOWN: Final = "(not known)"
_BRACE = later(r"\{\{|\}\}|[{}]")
_HOLE = later(r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


@frozen
class Hole:
    """The place of a value: the fact, the fields to follow in it, and its name in a command."""

    fact: str
    fields: tuple[str, ...]
    placeholder: str


class Template:
    """A text with holes for facts, cut up when first filled in; ``is_command`` asks for quoted values."""

    __slots__ = ("_facts", "_parts", "_source", "is_command", "text")

    def __init__(self, source: Text, facts: Mapping[str, FactSpec], is_command: bool = False) -> None:
        self.text = source.value
        self.is_command = is_command
        self._source = source
        self._facts = facts
        self._parts: tuple[str | Hole, ...] | None = None

    @property
    def parts(self) -> tuple[str | Hole, ...]:
        """The literal parts and the holes between them; raises RuleProblem."""
        if self._parts is None:
            self._parts = _parts(self._source, self._facts, self.is_command)
        return self._parts

    @property
    def refs(self) -> frozenset[str]:
        """The facts that it shows."""
        return frozenset(part.fact for part in self.parts if isinstance(part, Hole))


def compile_template(source: Text | str, facts: Mapping[str, FactSpec], *, command: bool = False) -> Template:
    """Compile a template over declared facts.

    Raises RuleProblem for a lone brace, a name that the vocabulary does not declare, and in a command
    for a value inside quotes, back-ticks or a here-document, where no quoting would be safe.
    """
    text = source if isinstance(source, Text) else Text(source, "<template>")
    template = Template(text, facts, command)
    _ = template.parts
    return template


def _parts(text: Text, facts: Mapping[str, FactSpec], command: bool) -> tuple[str | Hole, ...]:
    value, at = text.value, 0
    if len(value) > MAX_LENGTH:
        raise problem(text, f"a template has at most {MAX_LENGTH} characters", 0, 1)
    parts: list[str | Hole] = []
    literal = ""
    while brace := _BRACE.search(value, at):
        literal, at = literal + value[at : brace.start()], brace.start()
        if len(brace.group()) == 2:
            literal, at = literal + value[at], at + 2
            continue
        match = _HOLE.match(value, at + 1)
        if value[at] == "}" or match is None or value[match.end() : match.end() + 1] != "}":
            raise problem(text, "a brace that holds no fact name", at, at + 1, "Double a literal brace")
        if command:
            before = "".join(part if isinstance(part, str) else "x" for part in parts)
            _refuse_unsafe(before + literal, text, at)
        parts += [literal] if literal else []
        parts.append(_hole(match.group(), text, at + 1, facts))
        literal, at = "", match.end() + 1
    literal += value[at:]
    parts += [literal] if literal else []
    return tuple(parts)


def _hole(written: str, text: Text, at: int, facts: Mapping[str, FactSpec]) -> Hole:
    names = tuple(written.split("."))
    found = split_name(names, facts)
    end = at + len(written)
    if found is None:
        raise problem(text, f"there is no fact {written!r}", at, end, nearest(written, facts))
    fact, fields = found
    if fields and facts[fact].type not in ("map", "any"):
        what = f"{fact} is a {facts[fact].type} and has no field {fields[0]!r}"
        raise problem(text, what, at, end, nearest(written, facts))
    placeholder = re.sub(r"[^A-Z0-9]+", "_", "_".join(names[-2:]).upper())
    return Hole(fact, fields, f"<{placeholder}>")


def _refuse_unsafe(before: str, text: Text, at: int) -> None:
    quote = ""
    position = 0
    while position < len(before):
        character = before[position]
        if character == "\\" and quote != "'":
            position += 1
        elif quote and character == quote:
            quote = ""
        elif not quote and character in "'\"`":
            quote = character
        position += 1
    if quote or any(mark in before for mark in ("`", "<<", "$'")):
        what = "a value inside quotes, back-ticks or a here-document of a command cannot be quoted safely"
        raise problem(text, what, at, at + 1, "Close the quotes before it; values are quoted on their own")
    if expands_braces(before):
        what = "curl expands braces and brackets in a value: {file:///etc/passwd} would be a file to read"
        raise problem(text, what, at, at + 1, "Put --globoff, or -g, before it")


def render(template: Template, facts: Facts) -> str:
    """Fill in the facts; never fails, whatever the values are."""
    if len(template.parts) == 1 and isinstance(template.parts[0], str):
        return template.parts[0]
    shown: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            shown.append(part)
            continue
        value = _value(part, facts)
        if template.is_command:
            shown.append(_argument(value, part, shown[-1] if shown else " "))
        else:
            shown.append(in_prose(value))
    return "".join(shown)


def _value(hole: Hole, facts: Facts) -> object:
    found = lookup(facts, hole.fact)
    value: object = found if isinstance(found, Unknown) else found.value
    for name in hole.fields:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def in_prose(value: object) -> str:
    """Return a value as a person writes it: yes and no, lists with commas, times in UTC."""
    if value is None or isinstance(value, Unknown):
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        more = f" and {len(value) - MAX_LISTED} more" if len(value) > MAX_LISTED else ""
        return (", ".join(_listed(item) for item in value[:MAX_LISTED]) or "(none)") + more
    if isinstance(value, Mapping):
        return in_prose([f"{key}: {in_prose(item)}" for key, item in value.items()])
    text = _scalar(value)
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def _listed(item: object) -> str:
    """Return an item of a list; one that begins or ends with a blank, or is empty, in quotes that show it."""
    text = in_prose(item)
    return f'"{text}"' if (isinstance(item, str) and text != text.strip()) or item == "" else text


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return _span(int(value.total_seconds()))
    return str(value)


def _span(seconds: int) -> str:
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    units = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    )
    return sign + (" ".join(f"{count}{unit}" for count, unit in units if count) or "0s")


def _argument(value: object, hole: Hole, before: str) -> str:
    """Return the value as words of a shell command; what could be taken for anything else is left out."""
    items = value if isinstance(value, (list, tuple)) else (value,)
    texts = [_text_of(item) for item in items]
    if not texts or any(text is None for text in texts):
        return hole.placeholder
    how = _whole if before[-1:].isspace() else _in_json if before.endswith("\"'") else word
    words = [how(text) for text in texts if text is not None]
    return " ".join(words) if all(words) else hole.placeholder


def _whole(text: str) -> str:
    return argument(text, "")


def _in_json(text: str) -> str:
    """Write a value that stands in a string of JSON, so that it does not end there."""
    return word(json.dumps(text)[1:-1])


def _text_of(value: object) -> str | None:
    """Return the text of one value; None where it is not known or a terminal could not show it honestly."""
    if value is None or isinstance(value, Unknown):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list, tuple)):
        try:
            text = json.dumps(value, ensure_ascii=False, default=_scalar)
        except (TypeError, ValueError, RecursionError):
            return None
    else:
        text = _scalar(value)
    return text if is_shown(text) else None
