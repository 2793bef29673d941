"""The actions that AWS had on the catalogue's date: names, access levels, resource types.

An action that is not in it is "not in the catalogue of <date>", not invalid. The data file is made by
``data/make_actions.py``; it is read when the first question is asked.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from analyzer.frozen import field, frozen
from analyzer.iam import glob

LEVELS = {"R": "Read", "W": "Write", "L": "List", "T": "Tagging", "P": "Permissions management"}


@frozen
class Action:
    """One action: its name as AWS writes it, its access level, whether it has resource types."""

    name: str
    level: str
    has_resources: bool


class Services(Mapping[str, Mapping[str, Action]]):
    """Actions by service prefix and lower-case name; a service is unpacked when it is asked for."""

    def __init__(self, packed: Mapping[str, Mapping[str, str]]) -> None:
        self._packed = packed
        self._read: dict[str, dict[str, Action]] = {}

    def __getitem__(self, prefix: str) -> Mapping[str, Action]:
        if prefix not in self._read:
            self._read[prefix] = dict(sorted(_actions(prefix, self._packed[prefix])))
        return self._read[prefix]

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _actions(prefix: str, groups: Mapping[str, str]) -> Iterator[tuple[str, Action]]:
    for group, names in groups.items():
        level, has_resources = LEVELS.get(group[0], group[0]), group[1] == "1"
        for name in names.split():
            yield name.lower(), Action(f"{prefix}:{name}", level, has_resources)


@frozen
class Catalogue:
    """All actions by service prefix and lower-case name."""

    source: str
    date: str
    services: Mapping[str, Mapping[str, Action]] = field(repr=False)
    _expanded: dict[str, tuple[Action, ...]] = field(default_factory=dict, repr=False, compare=False)

    def find(self, action: str) -> Action | None:
        """Return the action of that name, in any case."""
        service, _, name = action.lower().partition(":")
        return self.services.get(service, {}).get(name)

    def expand(self, pattern: str) -> tuple[Action, ...]:
        """Return the actions that a pattern such as ``kms:ReEncrypt*`` matches, in order of name."""
        key = pattern.lower()
        found = self._expanded.get(key)
        if found is None:
            found = self._expanded[key] = tuple(self._expand(key))
        return found

    def _expand(self, pattern: str) -> Iterator[Action]:
        if set(pattern) == {"*"}:
            for actions in self.services.values():
                yield from actions.values()
            return
        service, colon, name = pattern.partition(":")
        if not colon:
            return
        if glob.has_wildcard(service):
            prefixes = [prefix for prefix in self.services if glob.matches(service, prefix)]
        else:
            prefixes = [service] if service in self.services else []
        compiled = glob.compiled(glob.escape_dollars(name))
        for prefix in prefixes:
            yield from (action for key, action in self.services[prefix].items() if compiled.fullmatch(key))

    def nearest(self, action: str) -> str | None:
        """Return the known action most like a name that is not known, or None when none is near."""
        service, _, name = action.lower().partition(":")
        if service in self.services:
            near = get_close_matches(name, self.services[service], n=1, cutoff=0.75)
            return self.services[service][near[0]].name if near else None
        return self._nearest_service(service, name)

    def _nearest_service(self, service: str, name: str) -> str | None:
        for prefix in get_close_matches(service, self.services, n=3, cutoff=0.5):
            if name in self.services[prefix]:
                return self.services[prefix][name].name
        holders = sorted(prefix for prefix, actions in self.services.items() if name in actions)
        return self.services[holders[0]][name].name if len(holders) == 1 else None


@cache
def load_catalogue() -> Catalogue:
    """Read the shipped catalogue, once."""
    from importlib import resources  # slow to load, and seldom needed

    packed = resources.files("analyzer.iam").joinpath("data/actions.json.gz").read_bytes()
    content = json.loads(gzip.decompress(packed))
    return Catalogue(content["source"], content["date"], Services(content["services"]))
