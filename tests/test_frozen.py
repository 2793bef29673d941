"""``frozen`` makes what ``dataclass(frozen=True, slots=True)`` makes, and costs less at the start."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any

import pytest

from analyzer.frozen import field, frozen, replace, slotted
from analyzer.patterns import later


@frozen
class Ours:
    """One class, made our way."""

    a: int
    b: str = "x"
    c: list[int] = field(default_factory=list)
    d: int = field(default=0, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Theirs:
    """The same class, made by the standard library."""

    a: int
    b: str = "x"
    c: list[int] = dataclasses.field(default_factory=list)
    d: int = dataclasses.field(default=0, repr=False, compare=False)


@frozen
class Point:
    """All of it can be hashed."""

    x: int
    y: int = 2


@frozen
class Longer(Ours):
    """One that has the fields of another, one of them with another default."""

    e: str = "e"
    b: str = "z"


@dataclass(frozen=True, slots=True)
class TheirLonger(Theirs):
    """The same, made by the standard library."""

    e: str = "e"
    b: str = "z"


@slotted
class Keeping:
    """One that keeps something of its own."""

    a: int
    store: dict[int, str] = field(default_factory=dict, init=False)


@slotted
class OurRecord:
    """One that changes, made our way."""

    a: int
    b: list[int] = field(default_factory=list)


@dataclass(slots=True)
class TheirRecord:
    """The same class, made by the standard library."""

    a: int
    b: list[int] = dataclasses.field(default_factory=list)


def test_one_that_changes_behaves_as_the_standard_one() -> None:
    for number in range(20):  # the first few are made another way than the rest
        ours, theirs = OurRecord(number), TheirRecord(a=number)
        assert repr(ours) == repr(theirs).replace("Their", "Our")
        ours.b.append(1)
        assert ours != OurRecord(number)
        ours.a, ours.b = 7, []
        assert ours == OurRecord(7)
        assert OurRecord.__hash__ is TheirRecord.__hash__ is None
        with pytest.raises(AttributeError):
            ours.other = 1  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            OurRecord()  # type: ignore[call-arg]


def test_fields_are_inherited() -> None:
    for args in 9 * ((1,), (1, "y"), (1, "y", [3], 4, "f")):
        ours, theirs = Longer(*args), TheirLonger(*args)
        assert repr(ours) == repr(theirs).replace("TheirLonger", "Longer")
        assert [f.name for f in fields(ours)] == [f.name for f in fields(theirs)]
        assert replace(ours, e="g") == Longer(*args[:4], e="g") != ours
        assert copy.deepcopy(ours) == ours == pickle.loads(pickle.dumps(ours))  # noqa: S301
        with pytest.raises(FrozenInstanceError):
            ours.a = 2  # type: ignore[misc]
    assert Longer(1, d=5) == Longer(1, d=6)
    assert Longer(1) != Ours(1, "z")
    assert (Longer.__match_args__, Longer.__slots__) == (TheirLonger.__match_args__, TheirLonger.__slots__)


def test_what_is_not_given_is_made_anew_for_a_changed_instance() -> None:
    """A store of what was read, say, is of one instance."""
    for number in range(20):
        first = Keeping(number)
        first.store[number] = "read"
        assert replace(first, a=number + 1).store == {} == dataclasses.replace(first, a=number + 1).store


def test_a_field_of_the_standard_library_is_refused() -> None:
    class Wrong:
        a: list[int] = dataclasses.field(default_factory=list)

    with pytest.raises(TypeError, match=r"analyzer\.frozen"):
        frozen(Wrong)


def test_it_behaves_as_the_standard_one() -> None:
    for args in 9 * ((1,), (1, "y"), (1, "y", [3], 4)):  # the first few are made another way than the rest
        ours, theirs = Ours(*args), Theirs(*args)
        assert type(ours) is Ours
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
        assert [getattr(ours, f.name) for f in fields(ours)] == [
            getattr(theirs, f.name) for f in fields(theirs)
        ]
        assert replace(ours, a=9) == dataclasses.replace(ours, a=9) == Ours(9, *args[1:])
        assert copy.deepcopy(ours) == ours == pickle.loads(pickle.dumps(ours))  # noqa: S301
    assert Ours(1, d=5) == Ours(1, d=6)
    assert Ours(1) != Ours(2)
    assert Ours(1) != Theirs(1)
    assert Ours(1).c is not Ours(1).c
    assert Ours.__match_args__ == Theirs.__match_args__
    assert Ours.__slots__ == Theirs.__slots__
    assert {Point(1): "one"}[Point(1, 2)] == "one"


@pytest.mark.parametrize("wrong", [lambda c: c(), lambda c: c(1, z=2), lambda c: c(1, a=1)])
def test_wrong_arguments_are_refused(wrong: Any) -> None:
    made = frozen(type("Made", (), {"__annotations__": {"a": "int"}, "__module__": __name__}))
    for cls in (Ours, Theirs, *20 * [made]):
        with pytest.raises(TypeError):
            wrong(cls)


def test_a_default_before_a_field_without_one_is_refused() -> None:
    class Wrong:
        a: int = 1
        b: int

    made: Any = frozen(Wrong)
    for _ in range(8):  # those after them have an __init__ of their own
        made(1, 2)
    with pytest.raises(KeyError, match="b"):
        made(1, 2)


def test_it_is_frozen() -> None:
    for one in [Point(1), *(Ours(number) for number in range(20))]:
        made: Any = one
        name = fields(made)[0].name
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, 2)
        with pytest.raises(FrozenInstanceError):
            delattr(made, name)
        with pytest.raises((FrozenInstanceError, AttributeError)):
            made.other = 1


def test_a_late_pattern_is_the_pattern() -> None:
    ours, theirs = later(r"(?P<n>\d+)-x", re.IGNORECASE), re.compile(r"(?P<n>\d+)-x", re.IGNORECASE)
    assert ours.search("a 12-X")["n"] == theirs.search("a 12-X")["n"]  # type: ignore[index]
    assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)
    assert ours.sub("y", "1-x 2-x") == "y y"


def test_a_start_loads_what_it_needs() -> None:
    """What is slow to load is loaded where it is needed, and not before."""
    script = (
        "import sys; sys.argv = ['sts-doctor', '--version']\n"
        "from analyzer.cli import main; main(); early = set(sys.modules)\n"
        "import analyzer.session; late = set(sys.modules)\n"
        "print(sorted({'typer', 'yaml', 'rich', 'dataclasses'} & early))\n"
        "slow = {'cryptography', 'jwt', 'jsonschema', 'tabulate', 'rich', 'pydantic', 'jinja2'}\n"
        "print(sorted(slow & late))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1:] == ["[]", "[]"]
