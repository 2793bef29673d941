"""What the objects of a hosted cluster report of its calls to AWS, as symptoms of a chain.

HyperShift checks some calls itself and notes the outcome in a condition (openshift/hypershift,
api/hypershift/v1beta1/hostedcluster_conditions.go): the operator of the control plane signs in with its own
role for most of them, kube-apiserver's plug-in for KMS with another.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, items, text
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.hosted import CONTROL_PLANE_OPERATOR, KMS, NODE_POOLS, Consumer, Hosted
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.symptoms.operator_conditions import condition_of, no_condition

HEALTH: dict[str, Consumer] = {
    "ValidAWSIdentityProvider": CONTROL_PLANE_OPERATOR,
    "ValidOIDCConfiguration": CONTROL_PLANE_OPERATOR,
    "AWSDefaultSecurityGroupCreated": CONTROL_PLANE_OPERATOR,
    "AWSEndpointAvailable": CONTROL_PLANE_OPERATOR,
    "PlatformCredentialsFound": CONTROL_PLANE_OPERATOR,
    "ValidAWSKMSConfig": KMS,
}
"""Conditions that are false where something is wrong, and whose calls they are about.

Those of the private link in the management cluster's account are made with keys of its own, and tell nothing.
"""

_BY_WORDS: dict[str, Consumer] = {
    "AWSDefaultSecurityGroupDeleted": CONTROL_PLANE_OPERATOR,
    "CloudResourcesDestroyed": CONTROL_PLANE_OPERATOR,
}
"""Conditions that are false for a while in any case: only AWS's own words in them count."""


def hosted_operator_facts(chain: Chain, joined: Joined) -> Facts:
    """Give the ``operator.*`` facts of a chain of the control plane."""
    told = joined.hosted
    mine = {name for name, consumer in HEALTH.items() if consumer is chain.consumer}
    if chain.consumer is NODE_POOLS and not (told and told.pools):
        lacking = joined.asks.control_plane_status("nodepools", told.space if told else None)
        return no_condition(known(None) if told and told.has_all_pools else lacking)
    if not mine:
        return no_condition(known(None))
    there = list(told.conditions()) if told else []
    if told is None or not there:
        return no_condition(
            joined.asks.control_plane_status("hostedcontrolplanes", told.namespace if told else None)
        )
    failing = [
        (entry, obj)
        for obj, index, entry in there
        if text(dig(entry, "type")) in mine and dig(entry, "status") == "False"
    ]
    if not failing:
        return no_condition(_all_well(told))
    places = {id(entry): _place(obj, index) for obj, index, entry in there}
    obj = failing[0][1]
    return condition_of([(entry, places[id(entry)]) for entry, of in failing if of is obj], obj)


def _all_well(told: Hosted) -> Fact | Unknown:
    return known(None, told.objects[0].where.at("status", "conditions"))


def hosted_conditions(chain: Chain, joined: Joined) -> Iterator[tuple[K8sObject, Json, Where]]:
    """Give the conditions that are about the calls of a chain of the control plane."""
    told = joined.hosted
    if told is None or not chain.of_control_plane:
        return
    about = {**HEALTH, **_BY_WORDS}
    for obj, index, entry in told.conditions():
        if about.get(text(dig(entry, "type")) or "") is chain.consumer:
            yield obj, entry, _place(obj, index)
    for pool in told.pools if chain.consumer is NODE_POOLS else ():
        for index, entry in enumerate(items(dig(pool.value, "status", "conditions"))):
            yield pool, entry, _place(pool, index)


def _place(obj: K8sObject, index: int) -> Where:
    return obj.where.at("status", "conditions", index)
