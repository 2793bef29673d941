"""Frozen dataclasses that cost a start little.

``dataclasses`` compiles six methods for each class, used or not; with some three hundred classes that is a
quarter of a short run. Here only ``__init__`` is compiled, when the first instance is made, and the rest
is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class what ``@dataclass(frozen=True, slots=True)`` makes it."""
    own = set(vars(cls))
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    made.__init__ = _first_init(made)
    made.__setattr__, made.__delattr__ = _refuse_set, _refuse_delete
    made.__getstate__, made.__setstate__ = _state, _set_state
    if "__repr__" not in own:
        made.__repr__ = _repr
    if "__eq__" not in own:
        made.__eq__, made.__hash__ = _comparison(tuple(f.name for f in fields(made) if f.compare))
    return made  # type: ignore[no-any-return]


def _first_init(cls: Any) -> Callable[..., None]:
    def init(self: Any, /, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = _write_init(cls)
        cls.__init__(self, *args, **kwargs)

    return init


def _write_init(cls: Any) -> Callable[..., None]:
    """Compile the ``__init__`` of a class, as ``dataclasses`` does at once."""
    known: dict[str, Any] = {"MISSING": MISSING, "put": object.__setattr__}
    parameters, lines = [], []
    for number, item in enumerate(fields(cls)):
        parameter, value = _parameter(item, f"default{number}", known)
        parameters.append(parameter)
        lines.append(f"    put(self, {item.name!r}, {value})\n")
    text = f"def __init__(self, {', '.join(parameters)}):\n{''.join(lines) or '    pass'}"
    exec(text, known)  # noqa: S102 - names of our own fields
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameter(item: Field[Any], default: str, known: dict[str, Any]) -> tuple[str, str]:
    if item.default_factory is not MISSING:
        known[default] = item.default_factory
        return f"{item.name}=MISSING", f"{default}() if {item.name} is MISSING else {item.name}"
    if item.default is not MISSING:
        known[default] = item.default
        return f"{item.name}={default}", item.name
    return item.name, item.name


def _comparison(names: tuple[str, ...]) -> tuple[Callable[[Any, object], Any], Callable[[Any], int]]:
    key: Callable[[Any], object] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> Any:
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    return equal, lambda self: hash(key(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse_set(_: object, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(_: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, f.name) for f in fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for item, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, item.name, value)
