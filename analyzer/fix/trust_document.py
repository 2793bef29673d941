"""A trust policy, corrected: right statements stay, a broken one is replaced, nobody new is let in."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from analyzer.evidence.records import Json
from analyzer.fix.admitted import Wanted
from analyzer.fix.of_others import (
    actions_of,
    federated,
    is_there,
    is_web,
    of_others,
    other_accounts,
    subjects_of,
)
from analyzer.iam.document import decode
from analyzer.model.joining.aws import without_scheme
from analyzer.model.role.strangers import strangers

_CLOCK = ("aws:currenttime", "aws:epochtime")


def corrected(raw: Json, wanted: Wanted, *, doubted: bool = False) -> tuple[dict[str, Json], list[str]]:
    """Correct a trust policy; gives the document and what a reader must know of the change.

    ``doubted`` says that it names a key twice: which value IAM kept cannot be seen, so that a statement
    that speaks of this issuer is written anew.
    """
    value, _, problem = decode(raw)
    whole = dict(value) if isinstance(value, Mapping) and problem is None else {}
    statements = whole.get("Statement")
    statements = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(statements, list) or not all(isinstance(s, Mapping) for s in statements):
        return policy_of({}, [wanted.statement]), ["The old document was no policy: all of it is replaced."]
    notes: list[str] = []
    kept: list[Json] = []
    replaced: list[dict[str, Json]] = []
    for number, statement in enumerate(statements, 1):
        found = _kept(dict(statement), number, wanted, notes, doubted=doubted)
        replaced += [dict(statement)] if statement.get("Effect") != "Deny" and statement not in found else []
        kept += found
    if not all(wanted.admits(kept, subject) for subject in wanted.subjects):
        kept.insert(0, _with_limits(wanted, replaced, notes))
    return policy_of(whole, kept), notes


def _with_limits(wanted: Wanted, replaced: Sequence[Mapping[str, Json]], notes: list[str]) -> dict[str, Json]:
    """Give the new statement, with the other conditions of the one that it replaces that can hold.

    A limit to addresses or times was set on purpose; one that no web identity can meet is a fault.
    """
    new = wanted.statement
    before = next((s for s in replaced if wanted.provider in federated(s)), {})
    condition = before.get("Condition")
    for operator, clause in condition.items() if isinstance(condition, Mapping) else ():
        for key, value in clause.items() if isinstance(clause, Mapping) else ():
            if str(key).endswith((":sub", ":aud")):
                continue
            tried = copy.deepcopy(new)
            conditions = tried["Condition"]
            if isinstance(conditions, dict):
                conditions.setdefault(str(operator), {})[str(key)] = value
            if any(wanted.admits([tried], subject) is False for subject in wanted.subjects):
                notes.append(f"The condition {operator} on {key} is left out: {_why_never(str(key))}.")
            else:
                new = tried
                notes.append(
                    f"The condition {operator} on {key} is kept: whether it holds cannot be seen offline."
                )
    return new


def _why_never(key: str) -> str:
    """Say why a condition cannot hold."""
    if key.lower() in _CLOCK:
        return "its time is over. Somebody may have ended this access on purpose: ask before you apply this"
    return "no web identity can meet it"


def policy_of(whole: Mapping[str, Json], statements: list[Json]) -> dict[str, Json]:
    """Give a policy of these statements, with what else the old one held, such as its Id."""
    other = {key: value for key, value in whole.items() if key not in ("Version", "Statement")}
    return {"Version": "2012-10-17", **other, "Statement": statements}


def _kept(
    statement: dict[str, Json], number: int, wanted: Wanted, notes: list[str], *, doubted: bool
) -> list[dict[str, Json]]:
    """Give what becomes of one statement: itself, a narrower Deny, or what it gives to others."""
    if statement.get("Effect") == "Deny":
        return [_narrowed(statement, number, wanted, notes)]
    right = any(wanted.admits([statement], subject) for subject in wanted.subjects)
    broad = _is_broad(statement, wanted)
    whole = all(wanted.admits([statement], subject) for subject in wanted.subjects)
    if right and whole and not broad and not doubted:
        return [statement]
    reason = _reason(statement, wanted, broad=broad)
    if reason is None:
        notes.append(f"Statement {number} is kept: it is for another principal ({_principal(statement)}).")
        return [statement]
    if not (wanted.alone or doubted):
        notes.append(f"Statement {number} is kept: workloads that these inputs do not show may use the role.")
        return [statement]
    # which of two values of a key IAM kept is not seen, nor whom the statement let in
    others = [] if doubted else other_accounts(statement, wanted)
    named = subjects_of(statement)
    if others and set(others) == set(named) and federated(statement) == [wanted.provider]:
        notes.append(f"Statement {number} is kept: it is for others ({', '.join(others)}).")
        return [statement]
    rest = [] if doubted else of_others(statement, wanted)
    notes.append(f"Statement {number} is replaced: {reason}.")
    notes += [f"What it gives to others stays ({', '.join([*others, *_principals(rest)])})."] if rest else []
    lost = [s for s in named if s not in wanted.subjects and s not in others]
    if lost:
        notes.append(f"It named {', '.join(lost)}, which no request that uses this role names.")
    return rest


def _is_broad(statement: dict[str, Json], wanted: Wanted) -> bool:
    """Tell whether it lets in ServiceAccounts of foreign namespaces that it does not name."""
    namespaces = {namespace for namespace, _ in wanted.accounts}
    names = sorted({name for _, name in wanted.accounts})
    made_up = strangers(subjects_of(statement), names, namespaces)
    return any(wanted.admits([statement], stranger) is True for stranger in made_up)


def _reason(statement: Mapping[str, Json], wanted: Wanted, *, broad: bool) -> str | None:
    """Say why a statement is replaced; None for one that may serve somebody else."""
    principal = statement.get("Principal")
    names = [name for name in federated(statement) if isinstance(name, str)]
    if broad:
        return "it admits ServiceAccounts of any or of foreign namespaces"
    if wanted.provider in names:
        return "it is for this issuer and does not admit the tokens as they are"
    if names and not any(is_there(name, wanted) for name in names):
        return f"it trusts {', '.join(map(str, names)) or 'nothing'}, and no such provider is known here"
    if names:
        return None
    if any(is_web(action) for action in actions_of(statement)):
        return "it allows web identity to a principal that cannot have one"
    return None if isinstance(principal, Mapping) and principal else "it names no principal"


def _principals(statements: Sequence[Mapping[str, Json]]) -> list[str]:
    return [_principal(s) for s in statements if not subjects_of(s)]


def _principal(statement: Mapping[str, Json]) -> str:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return str(principal)
    return ", ".join(f"{kind} {value}" for kind, value in principal.items())


def _narrowed(statement: dict[str, Json], number: int, wanted: Wanted, notes: list[str]) -> dict[str, Json]:
    """Let a Deny that takes these tokens except exactly them; any other Deny stays as it is."""
    if not any(wanted.admits([wanted.statement, statement], s) is False for s in wanted.subjects):
        return statement
    narrowed = copy.deepcopy(statement)
    condition = narrowed.setdefault("Condition", {})
    key = f"{without_scheme(wanted.issuer)}:sub"
    if not isinstance(condition, dict):
        return statement
    clause = condition.setdefault("StringNotEquals", {})
    before = clause.get(key, [])
    before = [before] if isinstance(before, str) else list(before)
    clause[key] = list(dict.fromkeys([*before, *wanted.subjects]))
    notes.append(
        f"Statement {number} is a Deny that somebody put there on purpose. It is kept for everybody but the"
        " ServiceAccounts of this role: agree with its owner before you apply this."
    )
    return narrowed
