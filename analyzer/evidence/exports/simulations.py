"""AWS's own verdicts: simulate-principal-policy. Those of simulate-custom-policy are about no role.

The answer does not say whose policies were simulated: the command before it or the file's name may.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from analyzer.evidence.aws_records import Decision, SimulatedAction
from analyzer.evidence.exports.file_names import role_name_hint
from analyzer.evidence.exports.shape import Reading, Shape
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json
from analyzer.evidence.values import dig, items, mapping, text

_CUSTOM = "PolicyInputList"
_MOST = 5000
_IS_CUSTOM = "a simulation of policies that were handed to AWS, not of a role's: it proves nothing about one"
_NO_ROLE = (
    "a simulation that does not say of which role: keep the command above it, or name the file after the role"
)


def _results(value: Mapping[str, Json], where: Where, reading: Reading) -> Iterator[object]:
    results = items(value.get("EvaluationResults"))
    if not results or not all("EvalActionName" in mapping(result) for result in results):
        return
    sources = {
        text(mapping(statement).get("SourcePolicyId")) or ""
        for result in results
        for statement in items(mapping(result).get("MatchedStatements"))
    }
    said = reading.command.text if reading.command else ""
    if "simulate-custom-policy" in said or any(source.startswith(_CUSTOM) for source in sources):
        reading.notes.append(_IS_CUSTOM)
        return
    role = _role_of(reading, sources)
    if role is None:
        reading.notes.append(_NO_ROLE)
    for at, result in enumerate(results[:_MOST]):
        yield from _result(mapping(result), role, where.at("EvaluationResults", at))


def _role_of(reading: Reading, sources: set[str]) -> str | None:
    told = reading.command.role if reading.command else None
    hint = role_name_hint(reading.path)
    hint = hint.removeprefix("simulate-principal-policy").removeprefix("simulate").strip("-_.")
    return told or (hint if hint.count("-") >= 2 else None)


def _result(value: Mapping[str, Json], role: str | None, where: Where) -> Iterator[SimulatedAction]:
    action, specific = text(value.get("EvalActionName")), items(value.get("ResourceSpecificResults"))
    own = (value, text(value.get("EvalResourceName")), text(value.get("EvalDecision")))
    told = [
        (
            mapping(one),
            text(mapping(one).get("EvalResourceName")),
            text(mapping(one).get("EvalResourceDecision")),
        )
        for one in specific
    ] or [own]
    organization = dig(value, "OrganizationsDecisionDetail", "AllowedByOrganizations")
    for one, resource, decision in told:
        if action and decision in get_args(Decision):
            boundary = dig(one, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary")
            yield SimulatedAction(
                action=action,
                resource=resource or "*",
                decision=decision,  # type: ignore[arg-type]
                missing_keys=tuple(filter(None, map(text, items(one.get("MissingContextValues"))))),
                organization=organization if isinstance(organization, bool) else None,
                boundary=boundary if isinstance(boundary, bool) else None,
                role=role,
                where=where,
            )


SHAPES = (Shape("AWS policy simulation", ("EvaluationResults",), _results),)
