"""Dataclasses that cost a start little: ``frozen`` ones, and ``slotted`` for those that change.

``dataclasses`` compiles six methods for each class, used or not, and studies its annotations; with some
three hundred classes that is a seventh of a short run. Here an ``__init__`` is compiled for the classes of
which many instances are made, and fields are described when somebody asks for them: until then
``dataclasses`` is not even loaded, nor what it brings.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")
_FEW: Final = 8
"""Instances that are made without an ``__init__`` compiled for them."""
_MANY: Final = 3
"""Fields from which on changing the class twice costs less than setting each past the guard."""
_DESCRIPTION: Final = ("__dataclass_fields__", "__dataclass_params__")
_MISSING: Final = object()

if TYPE_CHECKING:
    from dataclasses import field as field
    from dataclasses import replace as replace
else:

    def field(**told: Any) -> _Field:
        """Say of a field what ``dataclasses.field`` says."""
        return _Field(told)

    def replace(of: T, /, **changes: Any) -> T:
        """Give an instance as it is but for the changes, as ``dataclasses.replace`` does."""
        made = getattr(of, "__frozen_defaults__", None)
        passed = made.uninitialised | changes.keys() if made else changes
        kept = {name: getattr(of, name) for name in of.__match_args__ if name not in passed}
        return of.__class__(**kept, **changes)


class _Field:
    """What was said of a field, until somebody asks for its description."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class what ``@dataclass(frozen=True, slots=True)`` makes it."""
    made = _made_anew(cls)
    made.__setattr__, made.__delattr__ = _refuse_set, _refuse_delete
    made.__getstate__, made.__setstate__ = _state, _set_state
    return made  # type: ignore[no-any-return]


@dataclass_transform(field_specifiers=(field,))
def slotted(cls: type[T]) -> type[T]:
    """Make a class what ``@dataclass(slots=True)`` makes it."""
    made = _made_anew(cls)
    if "__eq__" not in vars(cls):
        made.__hash__ = None
    return made  # type: ignore[no-any-return]


def field_names(cls: type) -> tuple[str, ...]:
    """Give the names of a class's fields in their order; none for what is no such class."""
    names: tuple[str, ...] = getattr(cls, "__match_args__", ())
    return names


def _made_anew(cls: type) -> Any:
    """Make a class again, with slots for its fields and what a dataclass has."""
    own = tuple(name for name, of in cls.__annotations__.items() if not str(of).startswith("ClassVar"))
    inherited = dict.fromkeys(name for base in reversed(cls.__mro__[1:]) for name in field_names(base))
    names = tuple(inherited | dict.fromkeys(own))
    content = dict(vars(cls))
    written = {name: content.pop(name) for name in own if name in content}
    for name in ("__dict__", "__weakref__"):
        content.pop(name, None)
    defaults = _Defaults(getattr(cls, "__frozen_defaults__", None), written)
    content |= {"__slots__": tuple(name for name in own if name not in inherited)}
    content |= {"__match_args__": names, "__frozen_defaults__": defaults}
    content |= {name: _Described(cls, name) for name in _DESCRIPTION}
    made: Any = type(cls)(cls.__name__, cls.__bases__, content)
    made.__init__ = _first_init(made, defaults)
    if "__repr__" not in content:
        made.__repr__ = _repr
    if "__eq__" not in content:
        made.__eq__, made.__hash__ = _comparison([name for name in names if name not in defaults.uncompared])
    return made


class _Described:
    """Stands where ``dataclasses`` looks for the fields of a class, until it does."""

    def __init__(self, cls: type, name: str) -> None:
        self._written = cls
        self._name = name

    def __get__(self, _: object, owner: type) -> Any:
        import dataclasses

        for name, told in vars(self._written).copy().items():
            if isinstance(told, _Field):
                setattr(self._written, name, dataclasses.field(**told.told))
        described: Any = dataclasses.dataclass(init=False, repr=False, eq=False)(self._written)
        for name in _DESCRIPTION:
            setattr(owner, name, getattr(described, name))
        return getattr(described, self._name)


class _Defaults:
    """What fields hold that are not given: a value, or what a factory makes."""

    def __init__(self, base: _Defaults | None, written: dict[str, Any]) -> None:
        self.values: dict[str, Any] = dict(base.values) if base else {}
        self.factories: dict[str, Callable[[], Any]] = dict(base.factories) if base else {}
        self.uncompared: set[str] = set(base.uncompared) if base else set()
        self.uninitialised: set[str] = set(base.uninitialised) if base else set()
        for name, of in written.items():
            if type(of).__module__ == "dataclasses":
                raise TypeError(f"{name}: take field from analyzer.frozen, not from dataclasses")
            told = of.told if isinstance(of, _Field) else {"default": of}
            if "default_factory" in told:
                self.factories[name] = told["default_factory"]
            elif "default" in told:
                self.values[name] = told["default"]
            if told.get("compare") is False:
                self.uncompared.add(name)
            if told.get("init") is False:
                self.uninitialised.add(name)

    def all(self) -> dict[str, Any]:
        return self.values | {name: make() for name, make in self.factories.items()}


def _first_init(cls: Any, defaults: _Defaults) -> Callable[..., None]:
    names = cls.__match_args__
    known = frozenset(names)
    made = 0

    def init(self: Any, /, *args: Any, **kwargs: Any) -> None:
        nonlocal made
        made += 1
        if made > _FEW:
            cls.__init__ = _write_init(cls, defaults)
            cls.__init__(self, *args, **kwargs)
            return
        given = dict(zip(names, args, strict=False))
        if len(args) > len(names) or not known >= kwargs.keys() or not given.keys().isdisjoint(kwargs):
            raise TypeError(f"{cls.__qualname__} does not take {len(args)} values and {sorted(kwargs)}")
        given = defaults.all() | given | kwargs
        if len(given) < len(names):
            raise TypeError(f"{cls.__qualname__} needs {sorted(known - given.keys())}")
        for name, value in given.items():
            object.__setattr__(self, name, value)

    return init


def _write_init(cls: Any, defaults: _Defaults) -> Callable[..., None]:
    """Make the ``__init__`` of a class as ``dataclasses`` makes it at once.

    What is frozen is of a class of the same slots while its fields are set: there each is set as fast as any
    attribute, where ``object.__setattr__`` takes several times as long.
    """
    names: tuple[str, ...] = cls.__match_args__
    known: dict[str, Any] = {"MISSING": _MISSING, "put": object.__setattr__}
    way = "direct"
    if cls.__setattr__ is _refuse_set:
        way = "thawed" if len(names) >= _MANY else "put"
    if way == "thawed":
        content = {"__slots__": cls.__slots__, "__setattr__": object.__setattr__}
        known |= {"Frozen": cls, "Open": type(cls)("Open", cls.__bases__, content)}
    made = frozenset(place for place, name in enumerate(names) if name in defaults.factories)
    called = {f"field{place}": name for place, name in enumerate(names)}
    known |= {f"make_field{place}": defaults.factories[names[place]] for place in made}
    code = _template(len(names), way, made)
    code = code.replace(
        co_varnames=tuple(called.get(name, name) for name in code.co_varnames),
        co_names=tuple(called.get(name, name) for name in code.co_names),
        co_consts=tuple(called.get(value, value) for value in code.co_consts),
    )
    given = defaults.values | dict.fromkeys(defaults.factories, _MISSING)
    last = names[len(names) - len(given) :]  # a field without a default does not follow one with one
    init = FunctionType(code, known, "__init__", tuple(given[name] for name in last))
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


@cache
def _template(fields: int, way: str, made: frozenset[int]) -> CodeType:
    """Compile what the ``__init__`` of all classes with so many fields is, but for their names.

    The fields ``made`` are made by a factory where they are not given.
    """
    lines = ["    put(self, '__class__', Open)"] if way == "thawed" else []
    for place in range(fields):
        name = f"field{place}"
        value = f"make_{name}() if {name} is MISSING else {name}" if place in made else name
        lines.append(f"    put(self, {name!r}, {value})" if way == "put" else f"    self.{name} = {value}")
    lines += ["    self.__class__ = Frozen"] if way == "thawed" else []
    parameters = ", ".join(["self", *(f"field{place}" for place in range(fields))])
    known: dict[str, Any] = {}
    exec("\n".join([f"def __init__({parameters}):", *(lines or ["    pass"])]), known)  # noqa: S102 - no text of others
    code: CodeType = known["__init__"].__code__
    return code


def _comparison(names: list[str]) -> tuple[Callable[[Any, object], Any], Callable[[Any], int]]:
    key: Callable[[Any], object] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    return equal, lambda self: hash(key(self))


def _repr(self: Any) -> str:
    from dataclasses import fields

    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse_set(_: object, name: str, value: object) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_: object, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__match_args__]


def _set_state(self: Any, state: list[object]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)
