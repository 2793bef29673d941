"""Remarks on a policy that do not change what it decides: sizes, dead statements, unknown names."""

from __future__ import annotations

import json
from collections.abc import Iterator

from analyzer.frozen import frozen
from analyzer.iam import glob
from analyzer.iam.catalogue import Catalogue, load_catalogue
from analyzer.iam.document import Path, dotted
from analyzer.iam.operators import operator_named
from analyzer.iam.policy import Policy, Statement

TRUST_QUOTA = 2048
"""Characters without white space that a trust policy may have by default (quota, can be raised)."""
MANAGED_QUOTA = 6144
"""Characters without white space that a managed policy may have."""


@frozen
class Lint:
    """One remark: a stable code, the place, and what to know about it."""

    code: str
    path: Path
    text: str


def policy_size(policy: Policy) -> int:
    """Return the number of characters of a policy as IAM counts them: white space left out."""
    text = json.dumps(policy.document, ensure_ascii=False, separators=(",", ":"), default=str)
    return len("".join(text.split()))


def lint_policy(policy: Policy) -> tuple[Lint, ...]:
    """Return the remarks on a permissions policy, in the order of its statements."""
    book = load_catalogue()
    found: list[Lint] = [
        Lint("duplicate-key", path, f"{dotted(path)} is named twice, only one of its values counts")
        for path in policy.duplicates
    ]
    for statement in policy.statements:
        found += _action_lints(statement, book)
        found += _resource_lints(statement, book)
        found += _condition_lints(statement)
    if (size := policy_size(policy)) > MANAGED_QUOTA:
        text = f"{size} characters without white space, the quota of a managed policy is {MANAGED_QUOTA}"
        found.append(Lint("too-long", (), text))
    return tuple(found)


def _listed(statement: Statement, element: str) -> Iterator[tuple[Path, str]]:
    """Yield the texts of an element or of its negation, each with its place."""
    pairs = {
        "Action": (statement.actions, statement.not_actions),
        "Resource": (statement.resources, statement.not_resources),
    }
    plain, negated = pairs[element]
    name, texts = (element, plain) if plain is not None else (f"Not{element}", negated or ())
    for index, text in enumerate(texts):
        yield (*statement.path, name, index), text


def _action_lints(statement: Statement, book: Catalogue) -> Iterator[Lint]:
    for path, action in _listed(statement, "Action"):
        if set(action) == {"*"}:
            continue
        service = action.partition(":")[0]
        if action != action.strip() or " " in action:
            yield Lint("action-blank", path, f"{action!r} holds a blank and matches nothing")
        elif ":" not in action:
            yield Lint("action-without-service", path, f"{action} names no service and matches nothing")
        elif glob.has_wildcard(service):
            yield Lint("service-wildcard", path, f"{action} has a wildcard for the service")
        elif not book.expand(action):
            near = book.nearest(action)
            hint = f", nearest is {near}" if near else ""
            text = f"{action} is not in the catalogue of {book.date}{hint}"
            yield Lint("unknown-action", path, text)


def _resource_lints(statement: Statement, book: Catalogue) -> Iterator[Lint]:
    """Yield the actions that have no resource types in a statement that names only ARNs."""
    if statement.resources is None or "*" in statement.resources:
        return
    for path, action in _listed(statement, "Action"):
        known = book.find(action)
        if known and not known.has_resources and statement.effect == "Allow":
            text = f"{known.name} has no resource types: only Resource * allows it"
            yield Lint("needs-all-resources", path, text)


def _condition_lints(statement: Statement) -> Iterator[Lint]:
    for clause in statement.conditions:
        operator = operator_named(clause.operator)
        if operator is None:
            yield Lint("unknown-operator", clause.path[:-1], f"{clause.operator} is no condition operator")
        elif operator.name in ("StringEquals", "StringNotEquals"):
            for index, value in enumerate(clause.values):
                if glob.has_wildcard(value):
                    text = f"{clause.operator} takes the wildcard in {value} literally"
                    yield Lint("wildcard-without-like", clause.value_path(index), text)
