"""Which requests come to the same role name once ccoctl has cut it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.model.joining.aws import ROLE_NAME_LIMIT
from analyzer.model.joining.chain import Chain


class CutNames:
    """Chains with a request by what is left of ``-<namespace>-<secret>`` behind a ``--name`` of some length.

    Each length is gone through once: compared one by one, ten thousand requests would be a hundred million
    pairs.
    """

    def __init__(self, chains: Sequence[Chain]) -> None:
        self._chains = chains
        self._by_tail: dict[int, dict[str, list[Chain]]] = {}

    def others(self, chain: Chain, length: int) -> list[Chain]:
        """Give the other chains whose role would be named as this one's by a ``--name`` of a length."""
        by_tail = self._by_tail.get(length)
        if by_tail is None:
            by_tail = self._by_tail[length] = {}
            for other in self._chains:
                if other.request is not None:
                    by_tail.setdefault(_tail(other, length), []).append(other)
        return [other for other in by_tail.get(_tail(chain, length), ()) if other.id != chain.id]


def _tail(chain: Chain, length: int) -> str:
    return f"-{chain.namespace}-{chain.secret_name}"[: ROLE_NAME_LIMIT - length]
