"""What an export's reader is, and what it is told of the file while that is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, ManagedPolicy
from analyzer.frozen import field, frozen, slotted
from analyzer.patterns import later

_OPTION = later(
    r"--([a-z][a-z-]{1,60})(?:[ \t]+|=)(?:'([^']{1,2000})'|\"([^\"]{1,2000})\"|([^\s'\"]{1,2000}))"
)
_URL = later(r"https?://[^\s'\"<>|]{1,2000}")
_RAW = later(r"(?:^|[ /])(?:oc|kubectl)[ \t].{0,400}?--raw(?:[ \t]+|=)['\"]?(/[^\s'\"<>|]{1,400})")


@frozen
class Command:
    """A command that stands before its output in a pasted terminal."""

    text: str

    @property
    def options(self) -> dict[str, str]:
        """The long options with a value: ``--role-name X`` and ``--role-name=X``."""
        return {name: a or b or c for name, a, b, c in _OPTION.findall(self.text)}

    @property
    def url(self) -> str | None:
        """The first URL that it names."""
        found = _URL.search(self.text)
        return found[0] if found else None

    @property
    def raw_path(self) -> str | None:
        """The path that it asks the API server for (``oc get --raw``)."""
        found = _RAW.search(self.text)
        return found[1] if found else None

    @property
    def role(self) -> str | None:
        """The name of the role that it is about."""
        options = self.options
        named = options.get("role-name") or options.get("role-arn") or options.get("policy-source-arn")
        return named.rsplit("/", 1)[-1] if named else None


@slotted
class Reading:
    """One file while its documents are read in order: what the answers before may say of the next."""

    path: str
    command: Command | None = None
    role: str | None = None
    answered: set[str] = field(default_factory=set)
    last_policy: ManagedPolicy | None = None
    budget: int = 100_000
    """Objects that are looked at: a hostile file holds millions."""
    notes: list[str] = field(default_factory=list)
    """What in the file is known and of no use, as sentences."""


Reader = Callable[[Mapping[str, Json], Where, Reading], Iterator[object]]


@frozen
class Shape:
    """One kind of answer.

    ``what`` is its name in reports, ``keys`` are those of which every such object has at least one,
    ``read`` yields its records, and nothing for an object that only looks like it.
    """

    what: str
    keys: tuple[str, ...]
    read: Reader

    def fits(self, value: Mapping[str, Json]) -> bool:
        """Tell by the keys alone whether an object is worth reading."""
        return any(key in value for key in self.keys)
