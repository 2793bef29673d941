"""What a statement of a trust policy gives to others: it stays where the statement itself is replaced."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from analyzer.evidence.records import Json
from analyzer.fix.admitted import Wanted
from analyzer.iam.operators import operator_named
from analyzer.iam.webidentity import ACTION, BUILT_IN, key_claim
from analyzer.model.joining.aws import without_scheme
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES
from analyzer.patterns import later

_ACCOUNT = later(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)")


def of_others(statement: Mapping[str, Json], wanted: Wanted) -> list[dict[str, Json]]:
    """Give what is left of an Allow without these ServiceAccounts: other principals, other accounts.

    Neither lets in anybody whom the statement does not let in.
    """
    found = [_of_principals(statement, wanted), _of_accounts(statement, wanted)]
    kept = [one for one in found if one is not None]
    for second in kept[1:]:
        second.pop("Sid", None)  # a policy may have one statement of a name
    return kept


def other_accounts(statement: Mapping[str, Json], wanted: Wanted) -> list[str]:
    """Give the ServiceAccounts that it names and lets in, and that are not these, written wrongly.

    One of the same namespace or name is taken for a mistake, and so is one whose Secret names another role.
    """
    namespaces, names = {one for one, _ in wanted.accounts}, {one for _, one in wanted.accounts}
    found: list[str] = []
    for subject in subjects_of(statement):
        account = _ACCOUNT.fullmatch(subject)
        if account and account[1] not in namespaces and account[2] not in names:
            found += (
                [subject] if subject not in wanted.elsewhere and _lets_in(statement, subject, wanted) else []
            )
    return found


def subjects_of(statement: Mapping[str, Json]) -> list[str]:
    """Give what a statement says of subjects, patterns too."""
    return _values_of(statement, "sub")


def federated(statement: Mapping[str, Json]) -> list[Json]:
    """Give the providers that a statement names."""
    principal = statement.get("Principal")
    return _listed(principal.get("Federated")) if isinstance(principal, Mapping) else [None]


def actions_of(statement: Mapping[str, Json]) -> list[str]:
    """Give the actions that a statement names."""
    return [action for action in _listed(statement.get("Action")) if isinstance(action, str)]


def is_web(action: str) -> bool:
    """Tell the action of a web identity, which no other principal has."""
    return action.lower() == ACTION.lower()


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _values_of(statement: Mapping[str, Json], claim: str) -> list[str]:
    condition = statement.get("Condition")
    found: list[str] = []
    for clause in condition.values() if isinstance(condition, Mapping) else ():
        for key, value in clause.items() if isinstance(clause, Mapping) else ():
            if key_claim(str(key)) == claim:
                found += [one for one in _listed(value) if isinstance(one, str)]
    return list(dict.fromkeys(found))


def _lets_in(statement: Mapping[str, Json], subject: str, wanted: Wanted) -> bool:
    """Tell whether it lets a subject in, or may, with a token for any audience that somebody uses."""
    audiences = {*wanted.audiences, *USUAL_AUDIENCES, *_values_of(statement, "aud")}
    return any(wanted.judge([dict(statement)], subject, (one,)).allowed is not False for one in audiences)


def _of_accounts(statement: Mapping[str, Json], wanted: Wanted) -> dict[str, Json] | None:
    """Give the statement for the other ServiceAccounts of this issuer that it names."""
    others = other_accounts(statement, wanted)
    condition = statement.get("Condition")
    if not others or not isinstance(condition, Mapping):
        return None
    kept: dict[str, dict[str, Json]] = {}
    for operator, clause in condition.items():
        for key, value in clause.items() if isinstance(clause, Mapping) else ():
            if key_claim(str(key)) != "sub":
                kept.setdefault(str(operator), {})[str(key)] = copy.deepcopy(value)
    kept.setdefault("StringEquals", {})[f"{without_scheme(wanted.issuer)}:sub"] = list(others)
    return {**statement, "Principal": {"Federated": wanted.provider}, "Condition": dict(kept)}


def _of_principals(statement: Mapping[str, Json], wanted: Wanted) -> dict[str, Json] | None:
    """Give the statement without this provider and without providers that are not there."""
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping) or _asks_for_token(statement, wanted):
        return None
    kept: dict[str, Json] = {}
    providers = [one for one in federated(statement) if is_there(one, wanted)]
    if providers:
        kept["Federated"] = providers
    actions = actions_of(statement)
    more = [action for action in actions if not is_web(action)]
    if more or "NotAction" in statement:
        kept |= {str(kind): value for kind, value in principal.items() if kind != "Federated"}
    if not kept:
        return None
    narrowed = {} if providers or len(more) == len(actions) else {"Action": more}
    return {**statement, "Principal": kept, **narrowed}


def is_there(provider: Json, wanted: Wanted) -> bool:
    """Tell a provider that others may sign in with: of another issuer, of SAML, or AWS's own."""
    return wanted.may_exist(provider) or (
        isinstance(provider, str) and (":saml-provider/" in provider or provider in BUILT_IN)
    )


def _asks_for_token(statement: Mapping[str, Json], wanted: Wanted) -> bool:
    """Tell a condition that only a token of this issuer meets."""
    condition = statement.get("Condition")
    host = f"{without_scheme(wanted.issuer)}:".lower()
    for name, clause in condition.items() if isinstance(condition, Mapping) else ():
        operator = operator_named(str(name))
        weak = operator is None or operator.negated or operator.if_exists or operator.is_null
        if (
            weak
            or operator is None
            or operator.quantifier == "ForAllValues"
            or not isinstance(clause, Mapping)
        ):
            continue
        if any(str(key).lower().startswith(host) for key in clause):
            return True
    return False
