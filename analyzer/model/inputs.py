"""Facts about the inputs themselves: whose they are, what was refused, what must not be there."""

from __future__ import annotations

from analyzer.engine.facts import Cite, Fact
from analyzer.evidence.aws_records import LiveSecret
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.kubernetes import secret
from analyzer.evidence.masks.translation import is_masked_by_hand
from analyzer.evidence.masks.withheld import phrases
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import FailedCall, K8sObject, SecretValue, TokenSample
from analyzer.model.joining.binding import clusters_of
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known


def input_facts(evidence: Evidence) -> Facts:
    """Give the ``inputs.*`` facts."""
    return {
        "inputs.clusters": _clusters(evidence.objects),
        "inputs.cleaned": _cleaned(evidence),
        "inputs.incomplete": _problems(evidence, ("incomplete", "unreadable")),
        "inputs.unsafe": _problems(evidence, ("unsafe",)),
        "inputs.live_secrets": _live_secrets(evidence),
        "inputs.denied_calls": _denied_calls(evidence),
    }


def _clusters(objects: list[K8sObject]) -> Fact:
    """Name the different clusters, by what identifies one; a single identity is no finding."""
    clusters = clusters_of(objects)
    if len(clusters) < 2:
        return known([])
    return known([c.phrase for c in clusters], *(c.cites[0] for c in clusters))


def _cleaned(evidence: Evidence) -> Fact:
    """Say by what the inputs were cleaned, which kinds are gone whole, and what is masked in exports."""
    found = []
    for one in evidence.inputs:
        if one.cleaned is None:
            continue
        gone = [f"{kind}s" for kind in ("Secret", "ConfigMap") if one.roots and kind not in one.kinds]
        words = [f"by {one.cleaned}"]
        words += [f"without {' and '.join(gone)}"] if gone else []
        words += ["its report undoes the masks"] if evidence.translation else []
        found.append(f"{one.path} ({', '.join(words)})")
    found += phrases((one.path, one.what) for one in evidence.masked)
    by_hand = _masked_by_hand(evidence)
    found += phrases((obj.where.file.rsplit("/", 1)[-1], f"{obj.kind} {obj.name}") for obj in by_hand)
    marks = (Quote(i.id, i.path, 1, "(masked)") for i in evidence.inputs if i.cleaned)
    return known(found, *marks, *(obj.where for obj in by_hand))


def _masked_by_hand(evidence: Evidence) -> list[K8sObject]:
    """Give the objects that say which cluster it is and hold masks, in inputs that no tool went over."""
    by_tool = {one.id for one in evidence.inputs if one.cleaned}
    return [
        obj
        for obj in evidence.objects
        if obj.kind in _IDENTIFYING
        and obj.where.input not in by_tool
        and any(is_masked_by_hand(obj.value.get(part)) for part in ("spec", "status"))
    ]


_IDENTIFYING = frozenset({"Infrastructure", "Authentication", "DNS"})


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
    for opens in evidence.of(LiveSecret):
        places[f"{opens.what} in {opens.where.file}"] = opens.where
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
    calls = [c for c in evidence.of(FailedCall) if c.denied]
    return known([f"{c.operation}: {c.message}" for c in calls], *(c.where for c in calls))
