"""What a workload asks for: entries as a CredentialsRequest has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.frozen import frozen
from analyzer.iam.policy import ConditionClause, Malformed, parse_policy


@frozen
class Entry:
    """One thing asked for: actions on a resource pattern, perhaps under a condition."""

    actions: tuple[str, ...]
    resource: str = "*"
    conditions: tuple[ConditionClause, ...] = ()
    effect: str = "Allow"
    index: int = 0


def read_entries(given: Iterable[Mapping[str, object]]) -> tuple[Entry, ...]:
    """Return entries from plain objects with ``effect``, ``action``, ``resource``, ``policyCondition``.

    ``action`` and ``resource`` may be a string or a list; more than one resource gives one entry each.
    Raises ValueError naming the entry and what is wrong with it.
    """
    found: list[Entry] = []
    for index, one in enumerate(given):
        statement = {
            "Effect": one.get("effect", "Allow"),
            "Action": one.get("action"),
            "Resource": one.get("resource", "*"),
            "Condition": one.get("policyCondition") or {},
        }
        policy = parse_policy({"Version": "2012-10-17", "Statement": [statement]})
        if isinstance(policy, Malformed):
            raise ValueError(f"entry {index}: {policy.problems[0].reason}")  # noqa: TRY004 - the value is wrong
        parsed = policy.statements[0]
        found += [
            Entry(parsed.actions or (), resource, parsed.conditions, parsed.effect, index)
            for resource in parsed.resources or ()
        ]
    return tuple(found)
