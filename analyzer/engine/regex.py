r"""Regular expressions in linear time: no pattern and no text makes a match slow.

A pattern becomes a non-deterministic automaton, which is run over the text with all its states at
once (R. Cox, "Regular Expression Matching Can Be Simple And Fast"). The syntax is the part of RE2's
that rules need: literals, ``.``, classes, ``\d \w \s`` and their negations, groups, ``|``, ``^``,
``$``, ``* + ? {n,m}``, and ``(?i)`` at the start. A repeat inside a repeat, back-references,
look-around and ``\b`` are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from analyzer.frozen import field, frozen, slotted

MAX_STATES: Final = 600
_CACHE_SIZE: Final = 4096
_CLASSES: Final = {
    "d": (("0", "9"),),
    "w": (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")),
    "s": (("\t", "\n"), ("\f", "\r"), (" ", " ")),
}
_CONTROL: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}

Ranges = tuple[tuple[str, str], ...]
State = frozenset[int]


class PatternError(Exception):
    """A pattern that is not in the subset; ``at`` is the offset in the pattern."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


@frozen
class _Step:
    """One state: consumes a character (ranges), asserts a border, forks, or accepts."""

    kind: str
    ranges: Ranges = ()
    negated: bool = False
    to: tuple[int, ...] = ()


@slotted
class Pattern:
    """A compiled pattern; ``steps`` is its automaton, entered at ``start``."""

    source: str
    steps: list[_Step] = field(default_factory=list)
    start: int = 0
    fold: bool = False
    cache: dict[tuple[State, str], State] = field(default_factory=dict)


def compile_pattern(source: str) -> Pattern:
    """Compile a pattern; raises PatternError with the offset of what is not in the subset."""
    pattern = Pattern(source)
    builder = _Builder(source, pattern)
    pattern.fold = builder.take("(?i)")
    accept = builder.add(_Step("accept"))
    pattern.start = builder.alternation()(accept)
    if builder.at < len(source):
        raise PatternError("a ')' without its '('", builder.at)
    return pattern


def found_in(pattern: Pattern, text: str) -> bool:
    """Whether the pattern matches anywhere in the text."""
    if pattern.fold:
        text = text.lower()
    state = _closure(pattern, (pattern.start,), at_start=True, at_end=False)
    again = _closure(pattern, (pattern.start,), at_start=False, at_end=False)
    for character in text:
        if _accepts(pattern, state):
            return True
        key = (state, character)
        follow = pattern.cache.get(key)
        if follow is None:
            moved = [
                step.to[0] for step in (pattern.steps[index] for index in state)
                if step.kind == "character" and _admits(pattern, step, character)
            ]  # fmt: skip
            follow = _closure(pattern, moved, at_start=False, at_end=False) | again
            if len(pattern.cache) >= _CACHE_SIZE:
                pattern.cache.clear()
            pattern.cache[key] = follow
        state = follow
    return _accepts(pattern, _closure(pattern, state, at_start=not text, at_end=True))


def _accepts(pattern: Pattern, state: State) -> bool:
    return any(pattern.steps[index].kind == "accept" for index in state)


def _admits(pattern: Pattern, step: _Step, character: str) -> bool:
    inside = any(low <= character <= high for low, high in step.ranges)
    if not inside and pattern.fold:
        upper = character.upper()
        inside = len(upper) == 1 and any(low <= upper <= high for low, high in step.ranges)
    return inside != step.negated


def _closure(pattern: Pattern, states: Iterable[int], *, at_start: bool, at_end: bool) -> State:
    """All states reached without a character; an end border stays as a state until the text ends."""
    seen: set[int] = set()
    todo = list(states)
    while todo:
        index = todo.pop()
        if index in seen:
            continue
        seen.add(index)
        step = pattern.steps[index]
        if step.kind == "fork" or (step.kind == "start" and at_start) or (step.kind == "end" and at_end):
            todo.extend(step.to)
    return frozenset(index for index in seen if pattern.steps[index].kind not in ("fork", "start"))


# A part of a pattern, given the state that follows it, adds its own states and answers its entry.
Part = Callable[[int], int]


class _Builder:
    """The position in the source while a pattern is read."""

    def __init__(self, source: str, pattern: Pattern) -> None:
        self.source = source
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.repeats = 0

    def add(self, step: _Step) -> int:
        if len(self.pattern.steps) >= MAX_STATES:
            raise PatternError(f"the pattern needs more than {MAX_STATES} states", 0)
        self.pattern.steps.append(step)
        return len(self.pattern.steps) - 1

    def take(self, wanted: str) -> bool:
        if self.source.startswith(wanted, self.at):
            self.at += len(wanted)
            return True
        return False

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def alternation(self) -> Part:
        branches = [self.sequence()]
        while self.take("|"):
            branches.append(self.sequence())
        if len(branches) == 1:
            return branches[0]
        return lambda after: self.add(_Step("fork", to=tuple(branch(after) for branch in branches)))

    def sequence(self) -> Part:
        parts: list[Part] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated())

        def build(after: int) -> int:
            for part in reversed(parts):
                after = part(after)
            return after

        return build

    def repeated(self) -> Part:
        begin, repeats = self.at, self.repeats
        part = self.atom()
        bounds = self.bounds()
        if bounds is None:
            return part
        if bounds != (0, 1):
            if self.repeats > repeats:
                raise PatternError("a repeat inside a repeat", begin)
            self.repeats += 1
        self.take("?")  # laziness makes no difference to whether a match exists
        if self.peek() in ("*", "+", "?", "{"):
            raise PatternError("a repeat of a repeat", self.at)
        return lambda after: self.copies(part, *bounds, after)

    def bounds(self) -> tuple[int, int | None] | None:
        for mark, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(mark):
                return found
        if self.peek() != "{":
            return None
        begin = self.at
        close = self.source.find("}", begin)
        low, comma, high = self.source[begin + 1 : max(close, begin)].partition(",")
        digits = low.isdecimal() and (high.isdecimal() or not high) and low.isascii() and high.isascii()
        if not digits or len(low) > 3 or len(high) > 3:
            raise PatternError("'{' begins a repeat such as {2} or {2,5}; write \\{ for the sign", begin)
        least, most = int(low), (int(high) if high else None) if comma else int(low)
        if most is not None and most < least:
            raise PatternError("the upper bound is below the lower one", begin)
        self.at = close + 1
        return least, most

    def copies(self, part: Part, least: int, most: int | None, after: int) -> int:
        if most is None:
            loop = self.add(_Step("fork"))
            body = part(loop)
            self.pattern.steps[loop] = _Step("fork", to=(body, after))
            entry = loop
        else:
            entry = after
            for _ in range(most - least):
                entry = self.add(_Step("fork", to=(part(entry), after)))
        for _ in range(least):
            entry = part(entry)
        return entry

    def atom(self) -> Part:
        begin = self.at
        if self.take("("):
            return self.group(begin)
        if self.take("["):
            return self.characters(*self.bracket(begin))
        if self.take("."):
            return self.characters((("\n", "\n"),), True)
        for mark, kind in (("^", "start"), ("$", "end")):
            if self.take(mark):
                return lambda after: self.add(_Step(kind, to=(after,)))
        if self.peek() in ("*", "+", "?", "{"):
            raise PatternError("nothing stands before the repeat", begin)
        if self.take("\\"):
            ranges, negated = self.escape(begin)
            return self.characters(ranges, negated)
        character = self.peek()
        self.at += 1
        return self.characters(((character, character),), False)

    def group(self, begin: int) -> Part:
        if self.peek() == "?" and not self.take("?:"):
            raise PatternError("of the '(?' forms only (?: ) and a leading (?i) are in the subset", begin)
        self.depth += 1
        if self.depth > 20:
            raise PatternError("groups nest too deeply", begin)
        part = self.alternation()
        self.depth -= 1
        if not self.take(")"):
            raise PatternError("a '(' without its ')'", begin)
        return part

    def characters(self, ranges: Ranges, negated: bool) -> Part:
        return lambda after: self.add(_Step("character", ranges, negated, (after,)))

    def escape(self, begin: int) -> tuple[Ranges, bool]:
        letter = self.peek()
        self.at += 1
        if letter.lower() in _CLASSES and letter.isascii():
            return _CLASSES[letter.lower()], letter.isupper()
        literal = _CONTROL.get(letter, letter)
        if not letter or (literal == letter and letter.isalnum()):
            raise PatternError(f"\\{letter} is not in the subset", begin)
        return ((literal, literal),), False

    def bracket(self, begin: int) -> tuple[Ranges, bool]:
        negated = self.take("^")
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self.peek() != "]":
            first = False
            low = self.member(begin)
            if len(low) > 1 or low[0][0] != low[0][1] or not self.ranges_on():
                ranges.extend(low)
                continue
            self.at += 1
            high = self.member(begin)
            if len(high) > 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                raise PatternError("a range of a class has two ends in order", self.at)
            ranges.append((low[0][0], high[0][0]))
        self.at += 1
        return tuple(ranges), negated

    def ranges_on(self) -> bool:
        return self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("]", "")

    def member(self, begin: int) -> Ranges:
        if not self.peek():
            raise PatternError("a '[' without its ']'", begin)
        if self.take("[:"):
            raise PatternError("[:name:] classes are not in the subset", self.at)
        if self.take("\\"):
            ranges, negated = self.escape(self.at - 1)
            if negated:
                raise PatternError("a negated class inside a class", self.at)
            return ranges
        character = self.peek()
        self.at += 1
        return ((character, character),)
