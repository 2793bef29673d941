"""ServiceAccounts that a role is not for, made up to see whether a trust policy lets them in all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from analyzer.patterns import later

_SUBJECT = later(r"system:serviceaccount:(?P<namespace>[a-z0-9-]+):[a-z0-9.-]+")


def strangers(values: Iterable[str], names: Iterable[str], namespaces: Collection[str]) -> Iterator[str]:
    """Make up ServiceAccounts of foreign namespaces: any, those of the given names, one for each pattern.

    ``values`` are what a trust policy says of subjects, ``namespaces`` those that are not foreign.
    """
    for name in ("any-other-name", *names):
        yield f"system:serviceaccount:any-other-namespace:{name}"
    for value in values:
        made = value.replace("*", "any-other-name").replace("?", "x")
        found = _SUBJECT.fullmatch(made) if made != value else None
        if found and found["namespace"] not in namespaces:
            yield made
