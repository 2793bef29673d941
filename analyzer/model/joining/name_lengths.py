"""What the lengths of all Secrets of a cluster tell together: one name for its roles, and the odd one out.

ccoctl and rosa name a role ``<name>-<namespace>-<secret>``, cut at 64 characters, with the same name for
all roles of a cluster. No bundle holds a role's ARN, but each elided Secret tells how long it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from analyzer.frozen import frozen
from analyzer.model.joining.aws import ROLE_NAME_LIMIT, partition_of
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.credentials import expected_lengths, fitting, fitting_arns, written_as

_NAMES = range(1, ROLE_NAME_LIMIT // 2 + 1)
_PATHS = range(ROLE_NAME_LIMIT)
_ENOUGH = 4
"""Secrets that must agree on one name before another one counts as odd."""
_SHORTEST_PATH = 2
"""Characters by which a path makes an ARN longer: ``/a/`` for ``/``."""
_MOST = 200
"""Chains that are compared: no release has more than some dozen."""


@frozen
class Odd:
    """A Secret whose length no name explains that explains those of the others."""

    expected: list[int]
    """Byte lengths that would fit the name that the others agree on."""
    agreeing: tuple[str, ...]
    """The chains that agree."""
    by_name_alone: bool
    """Whether the name explains them, without a path, and one maker wrote all: names chosen one by one do
    not agree so by chance."""


@frozen
class _Told:
    """What the length of one Secret tells: how long the ARN in it may be, beside its fixed beginning."""

    chain: Chain
    tail: int
    """Length of what follows the name in the role's name."""
    lengths: frozenset[int]

    def fitting(self) -> Iterator[tuple[int, int]]:
        """Give the lengths of a name and of a path with which the Secret's length fits."""
        for name in _NAMES:
            rest = min(name + self.tail, ROLE_NAME_LIMIT)
            yield from ((name, length - rest) for length in self.lengths if length - rest in _PATHS)


@frozen
class Agreement:
    """Which Secrets the names and paths explain that explain the most of them."""

    paths: Mapping[str, Sequence[str]]
    region: str
    head: int
    told: list[_Told]
    agreeing: dict[tuple[int, int], list[_Told]]
    best: list[tuple[int, int]]

    def odd(self) -> dict[str, Odd]:
        """Give the chains whose Secret's length fits no name that the others agree on."""
        # of those that explain as much: without a path, and without a line break at the end of every value
        of = max(self.best, key=lambda of: (-of[1], of[0]))
        agree = tuple(sorted(t.chain.id for t in self.agreeing[of]))
        alone = of[1] == 0 and self._have_one_maker(of)
        return {
            t.chain.id: Odd(
                expected_lengths(self._length(t, of), self.paths[t.chain.id], self.region), agree, alone
            )
            for t in self.unexplained
        }

    def _have_one_maker(self, of: tuple[int, int]) -> bool:
        """Tell whether one template, with the same line ends or lines more, fits all that agree."""
        return bool(
            frozenset.intersection(
                *(
                    written_as(
                        one.chain.length or 0, self._length(one, of), self.paths[one.chain.id], self.region
                    )
                    for one in self.agreeing[of]
                )
            )
        )

    def without_regional_line(self) -> dict[str, tuple[str, ...]]:
        """Give the chains whose Secret fits the name of the others only by a template without that line.

        With each stand the chains that have the line under every name that explains as much; where too few
        have it, all that agree, if the length of what is cut tells that no longer text was written.
        """
        regional: dict[str, set[bool]] = {}
        for of in self.best:
            for one in self.agreeing[of]:
                chain = one.chain
                fits = fitting(chain.length or 0, self._length(one, of), self.paths[chain.id], self.region)
                regional.setdefault(chain.id, set()).update(fit.template.regional for fit in fits)
        having = tuple(sorted(chain_id for chain_id, lines in regional.items() if lines == {True}))
        lacking = [chain_id for chain_id, lines in regional.items() if lines == {False}]
        if len(having) >= _ENOUGH:
            return dict.fromkeys(lacking, having)
        agreeing = tuple(sorted(t.chain.id for t in self.told))
        return dict.fromkeys(lacking, agreeing) if self._is_pinned else {}

    @property
    def _is_pinned(self) -> bool:
        """Tell whether the names explain every Secret, and no path that all roles have makes up for a text.

        A longer name makes up for a shorter text as well, but not in a name that is cut: where those alone
        have the longer text, it did.
        """
        cut = any(of[0] + one.tail >= ROLE_NAME_LIMIT for of in self.best for one in self.agreeing[of])
        pathless = all(path < _SHORTEST_PATH for _, path in self.best)
        return cut and pathless and not self.unexplained and any(map(self._have_one_maker, self.best))

    @property
    def unexplained(self) -> list[_Told]:
        """The Secrets that none of the names and paths explains."""
        return [t for t in self.told if not any(t in self.agreeing[of] for of in self.best)]

    def _length(self, one: _Told, of: tuple[int, int]) -> int:
        """How long the ARN in a Secret is under a name and a path."""
        name, path = of
        return self.head + path + min(name + one.tail, ROLE_NAME_LIMIT)


def agreement(chains: Sequence[Chain], paths: Mapping[str, Sequence[str]], region: str) -> Agreement | None:
    """Find what explains most of the Secrets; None where too few agree, and roles are named one by one.

    ``paths`` holds, by chain, the token paths that its Secret may name. All roles of a cluster also have
    one path in their ARNs, by which they are longer. Fewer than ``_ENOUGH`` are too few, and less than
    three times as many as are odd.
    """
    if not region or len(chains) > _MOST:  # a template names the region
        return None
    head = len(f"arn:{partition_of(region)}:iam::123456789012:role/")
    told = [
        _Told(
            c,
            len(f"-{c.namespace}-{c.secret_name}"),
            frozenset(a - head for a in fitting_arns(c.length, paths[c.id], region)),
        )
        for c in chains
        if c.length is not None
    ]
    agreeing: dict[tuple[int, int], list[_Told]] = {}
    for one in told:
        for of in one.fitting():
            agreeing.setdefault(of, []).append(one)
    most = max(map(len, agreeing.values()), default=0)
    best = [of for of, agree in agreeing.items() if len(agree) == most]
    found = Agreement(paths, region, head, told, agreeing, best)
    return None if most < _ENOUGH or most < 3 * len(found.unexplained) else found
