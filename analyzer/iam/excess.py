"""What a role is granted and nobody asked for.

Counts per access level of the catalogue, and always by name what gives away an account: every
action, every IAM action, ``iam:PassRole`` and ``sts:AssumeRole`` on everything, Allow by NotAction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from analyzer.frozen import frozen
from analyzer.iam import glob
from analyzer.iam.catalogue import Action, Catalogue, load_catalogue
from analyzer.iam.document import Path
from analyzer.iam.entries import Entry
from analyzer.iam.layers import Layers
from analyzer.iam.policy import Policy, Statement

MAX_NAMED = 50


@frozen
class Risk:
    """One grant that is named whatever was asked for."""

    code: str
    policy: str
    path: Path
    text: str


_SINGLE = {"iam-passrole": "iam:passrole", "sts-assumerole": "sts:assumerole"}
"""The action of a risk that is one."""


@frozen
class Excess:
    """Actions granted beyond the request: how many per access level, the first of them, the risks.

    ``complete`` False: a document is missing, so there may be more.
    """

    levels: dict[str, int]
    actions: tuple[str, ...]
    total: int
    risks: tuple[Risk, ...]
    complete: bool


def excess(entries: Iterable[Entry], layers: Layers) -> Excess:
    """Return what the identity policies grant beyond the union of all entries.

    Pass the entries of every request that shares the role. Denies and boundaries are not subtracted.
    """
    book = load_catalogue()
    asked_entries = list(entries)
    asked = {action.name for entry in asked_entries for one in entry.actions for action in _expand(one, book)}
    policies = [one for one in layers.identity if isinstance(one, Policy)]
    granted: dict[str, Action] = {}
    for statement in _allows(policies):
        granted.update((action.name, action) for action in _granted(statement, book))
    beyond = [granted[name] for name in sorted(set(granted) - asked)]
    return Excess(
        levels=dict(sorted(Counter(action.level for action in beyond).items())),
        actions=tuple(action.name for action in beyond[:MAX_NAMED]),
        total=len(beyond),
        risks=tuple(
            risk for policy in policies for risk in risks(policy) if not _asked_for(risk.code, asked_entries)
        ),
        complete=layers.complete and len(policies) == len(layers.identity),
    )


def may_be_asked_for(risk: Risk) -> bool:
    """Whether a risk is a single action, which a request may ask for."""
    return risk.code in _SINGLE


def _asked_for(code: str, entries: list[Entry]) -> bool:
    """Whether a risk is exactly what some entry asks for, on every resource."""
    action = _SINGLE.get(code, "")
    return any(
        entry.resource == "*" and action in (one.lower() for one in entry.actions) for entry in entries
    )


def risks(policy: Policy) -> Iterator[Risk]:
    """Yield the grants of a policy that are named whatever was asked for."""
    for statement in policy.statements:
        if statement.effect != "Allow":
            continue
        for code, path, text in _statement_risks(statement):
            yield Risk(code, policy.name, path, text)


def _statement_risks(statement: Statement) -> Iterator[tuple[str, Path, str]]:
    at = (*statement.path, "Action")
    if statement.not_actions is not None:
        listed = ", ".join(statement.not_actions)
        yield "not-action", (*statement.path, "NotAction"), f"allows every action but {listed}"
        return
    actions = [action.lower() for action in statement.actions or ()]
    everywhere = "*" in (statement.resources or ())
    where = " on every resource" if everywhere else ""
    if any(set(action) == {"*"} for action in actions):
        yield "all-actions", at, f"allows * (every action){where}"
    elif "iam:*" in actions:
        yield "all-iam", at, f"allows iam:*{where}"
    if not everywhere:
        return
    for action in ("iam:PassRole", "sts:AssumeRole"):
        hit = [one for one in actions if glob.matches(one, action.lower())]
        if hit and not statement.conditions:
            yield action.lower().replace(":", "-"), at, f"allows {action} on every resource"


def _allows(policies: Iterable[Policy]) -> Iterator[Statement]:
    for policy in policies:
        yield from (statement for statement in policy.statements if statement.effect == "Allow")


def _granted(statement: Statement, book: Catalogue) -> Iterator[Action]:
    if statement.actions is not None:
        for pattern in statement.actions:
            yield from _expand(pattern, book)
        return
    for action in book.expand("*"):
        if statement.action_matcher.matches(action.name.lower()):
            yield action


def _expand(pattern: str, book: Catalogue) -> tuple[Action, ...]:
    if "*" in pattern or "?" in pattern:
        return book.expand(pattern)
    found = book.find(pattern)
    return (found or Action(pattern, "not in the catalogue", True),)
