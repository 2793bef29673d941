"""Facts about the inputs themselves: whose they are, what was refused, what must not be there."""

from __future__ import annotations

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence.gather import Evidence
from analyzer.evidence.kubernetes import dig, secret, text
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import FailedCall, K8sObject, SecretValue, TokenSample
from analyzer.model.binding import IDENTITIES
from analyzer.model.cluster import Facts
from analyzer.model.objects import known, was_in_cluster

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


def input_facts(evidence: Evidence) -> Facts:
    """Give the ``inputs.*`` facts."""
    return {
        "inputs.clusters": _clusters(evidence.objects),
        "inputs.cleaned": known([f"{i.path} (by {i.cleaned})" for i in evidence.inputs if i.cleaned]),
        "inputs.incomplete": _problems(evidence, ("incomplete", "unreadable")),
        "inputs.unsafe": _problems(evidence, ("unsafe",)),
        "inputs.live_secrets": _live_secrets(evidence),
        "inputs.denied_calls": _denied_calls(evidence),
    }


def _clusters(objects: list[K8sObject]) -> Fact:
    """Name the different clusters, by what identifies one; a single identity is no finding."""
    names: list[str] = []
    cites: list[Cite] = []
    for kind, word, path in IDENTITIES:
        found: dict[str, Cite] = {}
        for obj in objects:
            value = text(dig(obj.value, *path)) if obj.kind == kind else None
            if value and was_in_cluster(obj):
                found.setdefault(value, obj.where.at(*path))
        if len(found) > 1 and not names:
            names = [f"{word} {value} ({cite.file})" for value, cite in found.items()]
            cites = list(found.values())
    return known(names, *cites)


def _problems(evidence: Evidence, severities: tuple[str, ...]) -> Fact:
    found = [p for p in evidence.problems if p.severity in severities]
    phrases = [f"{p.member or 'the input'}: {p.detail}" for p in found]
    return known(phrases, *(Quote(p.input, p.member or "(input)", 1, p.detail) for p in found[:20]))


def _live_secrets(evidence: Evidence) -> Fact:
    """Say where a token still carries its signature; other kinds are found by their own readers."""
    places: dict[str, Cite] = {}
    for token in evidence.of(TokenSample):
        if token.signature:
            places[f"a token with its signature in {token.where.file}"] = token.where
    for obj in evidence.objects:
        if obj.kind == "Secret" and any(
            "aws_secret_access_key" in f"{k}{v.text}" for k, v in _values(obj) if v.text
        ):
            places[f"an access key in Secret {obj.namespace}/{obj.name} ({obj.where.file})"] = obj.where
    for problem in evidence.problems:
        if problem.code == "private-key":
            places[f"a private key in {problem.member}"] = Quote(
                problem.input, problem.member, 1, "(not shown)"
            )
    return known(list(places), *places.values())


def _values(obj: K8sObject) -> list[tuple[str, SecretValue]]:
    return list(secret(obj).values.items())


def _denied_calls(evidence: Evidence) -> Fact:
    calls = [c for c in evidence.of(FailedCall) if c.code in _DENIED]
    return known([f"{c.operation}: {c.message}" for c in calls], *(c.where for c in calls))
