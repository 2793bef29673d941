"""Read policy documents into frozen values.

``parse_policy`` takes a document in any form that exports use and gives a ``Policy`` or, with every
reason and its place, a ``Malformed``. It is as lenient as AWS is with what it stores: one string or a
list, one statement or a list, JSON booleans and numbers among condition values.
Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.frozen import replace
from analyzer.iam.document import Path, PolicyProblem, decode
from analyzer.iam.match import ActionMatcher, ResourceMatcher
from analyzer.iam.statement import (
    ConditionClause,
    Document,
    Malformed,
    MissingDocument,
    Policy,
    Principal,
    Statement,
)

__all__ = [
    "parse_policy",
    "scalar_text",
    "ConditionClause",
    "Document",
    "Malformed",
    "MissingDocument",
    "Policy",
    "Principal",
    "Statement",
]

MAX_ITEMS = 5_000
"""Statements and list entries that a document may hold; AWS stores at most a few hundred."""
VERSIONS = ("2012-10-17", "2008-10-17")
PRINCIPAL_KINDS = ("AWS", "Federated", "Service", "CanonicalUser")
_TOP = ("Version", "Id", "Statement")
_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)


def parse_policy(source: object, *, name: str = "", duplicates: Sequence[Path] = ()) -> Policy | Malformed:
    """Return a policy from an object, JSON text, or URL-encoded JSON text.

    ``duplicates`` are paths of keys that the text named twice, for a caller that parsed the text
    itself; for text they are found here.
    """
    value, repeats, problem = decode(source)
    if problem:
        return Malformed((problem,), name)
    policy = _Reader(name, tuple(duplicates) or repeats).read(value)
    if repeats and isinstance(policy, Policy):
        first, _, _ = decode(source, keep_first=True)
        return replace(policy, alternative=_Reader(name, repeats).read(first))
    return policy


class _Reader:
    """Reads one document and collects every problem on the way."""

    def __init__(self, name: str, duplicates: tuple[Path, ...]) -> None:
        self.name = name
        self.duplicates = duplicates
        self.problems: list[PolicyProblem] = []
        self.variables = False
        self.items = 0

    def too_many(self, count: int, path: Path) -> bool:
        """Count items and say once when the document holds more than is read."""
        over = self.items > MAX_ITEMS
        self.items += count
        if self.items > MAX_ITEMS and not over:
            self.problem(path, f"more than {MAX_ITEMS} statements and values")
        return self.items > MAX_ITEMS

    def problem(self, path: Path, reason: str) -> None:
        self.problems.append(PolicyProblem(path, reason))

    def read(self, value: object) -> Policy | Malformed:
        if not isinstance(value, Mapping):
            self.problem((), f"a policy document is an object, this is {_kind(value)}")
            return Malformed(tuple(self.problems), self.name)
        self._known_elements(value, _TOP, ())
        version = value.get("Version", "2008-10-17")
        if version not in VERSIONS:
            self.problem(("Version",), f"{version!r} is no version of the policy language")
        self.variables = version == "2012-10-17"
        statements = self._statements(value)
        if self.problems:
            return Malformed(tuple(self.problems), self.name)
        return Policy(tuple(statements), self.name, str(version), self.duplicates, document=value)

    def _known_elements(self, value: Mapping[object, object], known: tuple[str, ...], path: Path) -> None:
        for key in value:
            if key not in known:
                near = [name for name in known if name.lower() == str(key).lower().rstrip("s")]
                hint = f", did you mean {near[0]!r}" if near else ""
                self.problem((*path, str(key)), f"unknown element {key!r}{hint}")

    def _statements(self, value: Mapping[str, object]) -> list[Statement]:
        if "Statement" not in value:
            self.problem((), "it has no Statement")
            return []
        listed = value["Statement"]
        if isinstance(listed, list) and self.too_many(len(listed), ("Statement",)):
            return []
        if isinstance(listed, Mapping):
            found = [self._statement(listed, 0, ("Statement",))]
        elif isinstance(listed, list):
            found = [self._statement(one, index, ("Statement", index)) for index, one in enumerate(listed)]
        else:
            self.problem(("Statement",), f"a statement is an object, this is {_kind(listed)}")
            found = []
        return [statement for statement in found if statement]

    def _statement(self, value: object, index: int, path: Path) -> Statement | None:
        if not isinstance(value, Mapping):
            self.problem(path, f"a statement is an object, this is {_kind(value)}")
            return None
        self._known_elements(value, _ELEMENTS, path)
        effect, sid = value.get("Effect"), value.get("Sid")
        if effect not in ("Allow", "Deny"):
            self.problem((*path, "Effect"), f"Effect is Allow or Deny, this is {effect!r}")
        if sid is not None and not isinstance(sid, str):
            self.problem((*path, "Sid"), f"Sid is a string, this is {_kind(sid)}")
        actions, not_actions = self._pair(value, "Action", path)
        if actions is None and not_actions is None:
            self.problem(path, "it has neither Action nor NotAction")
        resources, not_resources = self._pair(value, "Resource", path)
        conditions = self._conditions(value.get("Condition", {}), (*path, "Condition"))
        principals = self._principals(value, "Principal", path)
        not_principals = self._principals(value, "NotPrincipal", path)
        if principals is not None and not_principals is not None:
            self.problem((*path, "NotPrincipal"), "both Principal and NotPrincipal")
        return Statement(
            index=index,
            effect=str(effect),
            path=path,
            sid=sid or None,
            actions=actions,
            not_actions=not_actions,
            resources=resources,
            not_resources=not_resources,
            principals=principals,
            not_principals=not_principals,
            conditions=conditions,
            variables=self.variables,
            action_matcher=ActionMatcher.of(actions, not_actions),
            resource_matcher=ResourceMatcher.of(resources, not_resources, self.variables),
        )

    def _pair(
        self, value: Mapping[str, object], element: str, path: Path
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        plain = self._strings(value, element, path)
        negated = self._strings(value, f"Not{element}", path)
        if plain is not None and negated is not None:
            self.problem((*path, f"Not{element}"), f"both {element} and Not{element}")
        return plain, negated

    def _strings(self, value: Mapping[str, object], element: str, path: Path) -> tuple[str, ...] | None:
        if element not in value:
            return None
        given = value[element]
        items = given if isinstance(given, list) else [given]
        if self.too_many(len(items), (*path, element)):
            return ()
        if not items:
            self.problem((*path, element), f"{element} is an empty list")
        for index, item in enumerate(items):
            # AWS stores null among resources and ignores it; nowhere else.
            if not isinstance(item, str) and not (item is None and isinstance(given, list)):
                at = (*path, element, index) if isinstance(given, list) else (*path, element)
                self.problem(at, f"{element} holds strings, this is {_kind(item)}")
        return tuple(item for item in items if isinstance(item, str))

    def _principals(
        self, value: Mapping[str, object], element: str, path: Path
    ) -> tuple[Principal, ...] | None:
        if element not in value:
            return None
        given, at = value[element], (*path, element)
        if given == "*":
            return (Principal("*", "*", at),)
        if not isinstance(given, Mapping):
            self.problem(at, f'{element} is an object or "*", this is {_kind(given)}')
            return ()
        found: list[Principal] = []
        for kind, names in given.items():
            if kind not in PRINCIPAL_KINDS:
                self.problem((*at, str(kind)), f"{kind!r} is no kind of principal")
                continue
            items = names if isinstance(names, list) else [names]
            if self.too_many(len(items), (*at, kind)):
                break
            for index, item in enumerate(items):
                where: Path = (*at, kind, index) if isinstance(names, list) else (*at, kind)
                if isinstance(item, str):
                    found.append(Principal(kind, item, where))
                else:
                    self.problem(where, f"a principal is a string, this is {_kind(item)}")
        return tuple(found)

    def _conditions(self, value: object, path: Path) -> tuple[ConditionClause, ...]:
        if not isinstance(value, Mapping):
            self.problem(path, f"Condition is an object, this is {_kind(value)}")
            return ()
        clauses: list[ConditionClause] = []
        for operator, keys in value.items():
            if not isinstance(keys, Mapping):
                self.problem(
                    (*path, str(operator)), f"an operator holds an object of keys, this is {_kind(keys)}"
                )
                continue
            clauses += [
                self._clause(str(operator), str(key), given, (*path, str(operator), str(key)))
                for key, given in keys.items()
            ]
        return tuple(clauses)

    def _clause(self, operator: str, key: str, given: object, path: Path) -> ConditionClause:
        items = given if isinstance(given, list) else [given]
        if self.too_many(len(items), path):
            items = []
        values: list[str] = []
        for index, item in enumerate(items):
            text = scalar_text(item)
            if text is None:
                at = (*path, index) if isinstance(given, list) else path
                self.problem(at, f"a condition value is a string, boolean or number, this is {_kind(item)}")
            else:
                values.append(text)
        return ConditionClause(operator, key, tuple(values), path, isinstance(given, list), self.variables)


def scalar_text(value: object) -> str | None:
    """Return a JSON string, boolean or number as the text that conditions compare; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 1024 else None
    return str(value) if isinstance(value, float) else None


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "a number")
