"""Facts about the conditions of the operator of a chain."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.logs.answers import let_in
from analyzer.evidence.logs.scan import classify
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, items, message_of, text
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.symptoms.hidden_conditions import hides_state

_UNHEALTHY = (("Degraded", "True"), ("Available", "False"))
_OPERATOR_FACTS = ("unhealthy", "message", "served", "since", "reporter", "namespace", "resource")


def operator_facts(operator: K8sObject | None, asks: Asks, *, all_read: bool) -> Facts:
    """Give the ``operator.*`` facts: the condition that is not as it should be, best one with AWS's words.

    ``all_read`` tells whether the whole list of ClusterOperators was: only then a chain has none.
    """
    if operator is None and all_read:
        return no_condition(known(None))
    if operator is None:
        return no_condition(asks.config("clusteroperators.config.openshift.io"))
    where = operator.where.at("status", "conditions")
    failing = [
        (condition, where.at(index))
        for index, condition in enumerate(items(dig(operator.value, "status", "conditions")))
        if (text(dig(condition, "type")), text(dig(condition, "status"))) in _UNHEALTHY
    ]
    if not failing and hides_state(dig(operator.value, "status", "conditions")):
        return no_condition(
            asks.config("clusteroperators.config.openshift.io", "it is masked in this bundle")
        )
    if not failing:
        return no_condition(known(None, where))
    return condition_of(failing, operator)


def no_condition(why: Fact | Unknown) -> Facts:
    """Give the ``operator.*`` facts where no condition is as it should not be, or where that is not known."""
    served = known(False) if isinstance(why, Fact) else why
    return {f"operator.{name}": why for name in _OPERATOR_FACTS} | {"operator.served": served}


def condition_of(failing: Sequence[tuple[Json, Where]], obj: K8sObject) -> Facts:
    """Give the ``operator.*`` facts of the condition of an object that says most."""
    told = [found for found in failing if classify(message_of(found[0]) or "")]
    condition, where = next(iter(told), failing[0])
    served = not told and all(is_served(found[0]) for found in failing)
    state = f"{text(dig(condition, 'type'))}={text(dig(condition, 'status'))}"
    return {
        "operator.unhealthy": known(state, where.at("status")),
        "operator.message": known(message_of(condition), where.at("message")),
        "operator.served": known(served, where.at("message"), derived=True),
        "operator.since": known(text(dig(condition, "lastTransitionTime")), where.at("lastTransitionTime")),
        "operator.reporter": known(f"{obj.kind} {'/'.join(filter(None, (obj.namespace, obj.name)))}"),
        "operator.namespace": known(obj.namespace or None),
        "operator.resource": known(f"{obj.kind.lower()}/{obj.name}"),
    }


def is_served(condition: Json) -> bool:
    """Tell whether a condition quotes an answer that AWS gives to those alone whom it lets in."""
    message = message_of(condition) or ""
    return let_in(message) and classify(message) is None
