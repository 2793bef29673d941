"""Errors of signing in to AWS of which no consumer of a role is known: in logs, and in what operators report.

No chain can tell them: nothing shows the role, nor who presents the token. They are said all the same,
since they may be the whole reason why the inputs were handed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from analyzer.evidence.logs.classes import ANSWERS_OF_STS
from analyzer.evidence.records import Symptom
from analyzer.evidence.values import dig, text
from analyzer.model.joining.hosted import Hosted
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.operators import operator_of
from analyzer.model.symptoms.from_conditions import quoted_in
from analyzer.model.symptoms.hosted_conditions import HEALTH
from analyzer.model.symptoms.logs import stamp
from analyzer.patterns import later

_PLAIN = later(r"[A-Za-z0-9][A-Za-z0-9.-]*")
"""What may be pasted from a sentence as it is."""

_UNJUDGED = "so no check judges it"
_MOST = 4


def unclaimed_errors(
    symptoms: Sequence[Symptom], chained: Collection[str], beside: Collection[str]
) -> tuple[str, ...]:
    """Say which namespaces without a chain have errors of STS in their logs, each with one of them.

    ``chained`` have one, ``beside`` are of hosted clusters that are told elsewhere.

    Operators write the conditions of others into their logs: where the logs of a chain have the same words,
    these are judged, and the namespaces are only listed.
    """
    judged = {(s.klass, s.message) for s in symptoms if s.namespace in chained}
    found: dict[str, list[Symptom]] = {}
    for symptom in symptoms:
        if symptom.klass in ANSWERS_OF_STS and symptom.namespace not in ("", *chained, *beside):
            found.setdefault(symptom.namespace, []).append(symptom)
    alike = [n for n, there in sorted(found.items()) if all((s.klass, s.message) in judged for s in there)]
    notices = [_notice(name, there) for name, there in sorted(found.items()) if name not in alike]
    more = len(notices) - _MOST
    return (
        *notices[:_MOST],
        *([f"so do the logs of {more} more namespaces"] if more > 0 else []),
        *([_echoes(alike)] if alike else []),
    )


def unclaimed_conditions(joined: Joined) -> tuple[str, ...]:
    """Say which ClusterOperators that no chain belongs to quote STS in a condition.

    Where logs or the operators of chains have the same words, these are told already.
    """
    operators = [one for chain in joined.chains if (one := operator_of(chain, joined.objects))]
    claimed = {operator.name for operator in operators}
    known = {found.message for operator in operators for _, found in quoted_in(operator, joined.now)}
    known |= {symptom.message for symptom in joined.evidence.symptoms}
    notices = []
    for operator in joined.objects.all("ClusterOperator"):
        told = [] if operator.name in claimed else list(quoted_in(operator, joined.now))
        said, found = next(((s, f) for s, f in told if f.klass in ANSWERS_OF_STS), (None, None))
        if said is not None and found is not None and found.message not in known:
            since = f" since {stamp(said.since)}" if said.since else ""
            where = f"ClusterOperator {said.subject.replace(' ', ' quotes STS in its condition ')}{since}"
            notices.append(
                f"{where}, and no consumer of a role is known for it, {_UNJUDGED}: {found.message}"
            )
    return tuple(dict.fromkeys(notices))[:_MOST]


def hosted_trouble(symptoms: Sequence[Symptom], beside: Sequence[Hosted], *, alone: bool) -> tuple[str, ...]:
    """Say of which hosted clusters, none of which is judged, something tells of trouble at AWS.

    ``alone`` tells that nothing else is judged either: then the others are named too.
    """
    notices = []
    counts: Counter[str] = Counter()
    for symptom in symptoms:
        counts[symptom.namespace] += symptom.count if symptom.klass in ANSWERS_OF_STS else 0
    for one in beside:
        lines = counts[one.namespace]
        states = [
            f"{text(dig(entry, 'type'))}={dig(entry, 'status')}"
            for _, _, entry in one.conditions()
            if text(dig(entry, "type")) in HEALTH and dig(entry, "status") == "False"
        ]
        signs = ", ".join([*states, *([f"{lines} log lines that quote STS"] if lines else [])])
        if signs or alone:
            name = one.infra or one.name
            chosen = name if _PLAIN.fullmatch(name) else "<CLUSTER>"
            what = f" shows {signs} and" if signs else ""
            notices.append(f"{one.phrase}{what} is not judged here; --of {chosen} judges it")
    more = len(notices) - _MOST
    return (*notices[:_MOST], *([f"so it is with {more} more hosted clusters"] if more > 0 else []))


def _notice(namespace: str, symptoms: Sequence[Symptom]) -> str:
    count = sum(s.count for s in symptoms)
    message = max(symptoms, key=lambda s: s.count).message
    lines = f"{count} log lines of {namespace} quote" if count > 1 else f"a log line of {namespace} quotes"
    told = f"{lines} STS, and no consumer of a role is known there, {_UNJUDGED}"
    return f"{told}: {message}"


def _echoes(namespaces: Sequence[str]) -> str:
    more = len(namespaces) - _MOST
    named = ", ".join(namespaces[:_MOST]) + (f" and {more} more" if more > 0 else "")
    return f"errors of STS stand in logs of {named} in the same words as in logs that are judged"
