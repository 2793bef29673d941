"""Facts about the conditions in which ingress (DNS) and the image registry leave AWS's own words."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.engine.facts import Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.logs.scan import classify
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, items, mapping, message_of, text
from analyzer.frozen import frozen
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import Objects, known
from analyzer.model.symptoms.hidden_conditions import hides_state
from analyzer.model.symptoms.operator_conditions import is_served
from analyzer.patterns import later

INGRESS = "openshift-ingress-operator"
REGISTRY = "openshift-image-registry"

_CONTROLLERS = "ingresscontrollers.operator.openshift.io"
_RECORDS = "dnsrecords.ingress.operator.openshift.io"

_CODE = later(r"[A-Z][A-Za-z0-9]{3,}(?:\.[A-Za-z0-9]+)*")
_OWN_REASONS = frozenset({"StorageNotConfigured", "NotConfigured", "EmptyDir", "Unmanaged", "Removed"})


@frozen
class _Trouble:
    phrase: str
    message: str | None
    error: str | None
    served: bool
    since: str | None
    where: Where


def condition_facts(chain: Chain, objects: Objects, evidence: Evidence, asks: Asks) -> Facts:
    """Give ``operator.dns_*`` and ``operator.storage_*``; null for all but the two operators' chains."""
    dns: list[_Trouble] | Unknown = []
    storage: list[_Trouble] | Unknown = []
    if chain.namespace == INGRESS:
        dns = _dns(objects, evidence, asks)
    if chain.namespace == REGISTRY:
        storage = _storage(objects, asks)
    return _facts("dns", dns) | _facts("storage", storage)


def _facts(name: str, found: list[_Trouble] | Unknown) -> Facts:
    fields = ("problem", "message", "error", "served", "since")
    if isinstance(found, Unknown):
        return {f"operator.{name}_{field}": found for field in fields}
    if not found:
        none: Facts = {f"operator.{name}_{field}": known(None) for field in fields}
        return none | {f"operator.{name}_served": known(False)}
    # the one that carries AWS's own words says most
    worst = next((t for t in found if t.error), found[0])
    places = [worst.where, *(t.where for t in found if t is not worst)][:3]
    return {
        f"operator.{name}_problem": known(worst.phrase, *places),
        f"operator.{name}_message": known(worst.message, worst.where.at("message")),
        f"operator.{name}_error": known(worst.error, worst.where.at("message"), derived=True),
        f"operator.{name}_served": known(_all_served(found), derived=True),
        f"operator.{name}_since": known(worst.since, worst.where.at("lastTransitionTime")),
    }


def _all_served(found: list[_Trouble]) -> bool:
    """Tell trouble of which AWS's words say that it let the caller in; a summary of zones says nothing."""
    own = [t for t in found if not t.phrase.endswith("(FailedZones)")]
    return bool(own) and all(t.served for t in own)


def _dns(objects: Objects, evidence: Evidence, asks: Asks) -> list[_Trouble] | Unknown:
    controllers = [o for o in objects.all("IngressController", INGRESS) if _is_openshift(o)]
    records = [o for o in objects.all("DNSRecord", INGRESS) if _is_openshift(o)]
    found: list[_Trouble] = []
    names = {record.name for record in records}
    for record in records:
        for index, zone in enumerate(items(dig(record.value, "status", "zones"))):
            found += _zone_troubles(record, zone, index)
    all_records = evidence.has_list("DNSRecord", INGRESS)
    if not controllers and not found and not evidence.has_list("IngressController", INGRESS):
        return asks.objects(INGRESS, _CONTROLLERS if all_records else f"{_CONTROLLERS},{_RECORDS}")
    for controller in controllers:
        if not _is_dns_managed(controller):
            continue
        for entry, where in _conditions(controller, "status", "conditions"):
            if entry.get("type") == "DNSReady" and entry.get("status") == "False":
                reason = text(entry.get("reason")) or "no reason"
                phrase = f"IngressController {controller.name} has DNSReady=False ({reason})"
                found.append(_trouble(phrase, entry, where))
    hidden = any(map(_hides_state, (*controllers, *records)))
    if not found and (
        hidden
        or (
            not all_records and any(_has_record(c) and f"{c.name}-wildcard" not in names for c in controllers)
        )
    ):
        return asks.objects(INGRESS, _RECORDS)
    return found


def _has_record(controller: K8sObject) -> bool:
    """Tell whether the operator writes a wildcard record for a controller: it does for load balancers."""
    strategy = dig(controller.value, "status", "endpointPublishingStrategy", "type")
    return strategy == "LoadBalancerService"


def _is_dns_managed(controller: K8sObject) -> bool:
    """Tell whether the operator writes records for a controller at all: else that one lacks is no trouble."""
    conditions = (entry for entry, _ in _conditions(controller, "status", "conditions"))
    return not any(c.get("type") == "DNSManaged" and c.get("status") == "False" for c in conditions)


def _zone_troubles(record: K8sObject, zone: Json, index: int) -> Iterator[_Trouble]:
    for number, value in enumerate(items(dig(zone, "conditions"))):
        entry = mapping(value)
        state = (text(entry.get("type")), text(entry.get("status")))
        if state in (("Failed", "True"), ("Published", "False")):
            where = record.where.at("status", "zones", index, "conditions", number)
            name = text(dig(zone, "dnsZone", "id")) or text(dig(zone, "dnsZone", "tags", "Name"))
            phrase = f"DNSRecord {record.name} has {state[0]}={state[1]} in zone {name or index + 1}"
            yield _trouble(phrase, entry, where)


def _storage(objects: Objects, asks: Asks) -> list[_Trouble] | Unknown:
    config = objects.one("Config", "cluster", group="imageregistry.operator.openshift.io")
    if config is None:
        return asks.config("configs.imageregistry.operator.openshift.io")
    if dig(config.value, "spec", "managementState") == "Removed":
        return []
    found = []
    for entry, where in _conditions(config, "status", "conditions"):
        if entry.get("type") != "StorageExists" or entry.get("status") != "False":
            continue
        reason = text(entry.get("reason")) or ""
        code = _CODE.fullmatch(reason) is not None and reason not in _OWN_REASONS
        trouble = _trouble(f"StorageExists=False ({reason or 'no reason'})", entry, where)
        if trouble.error or code:
            found.append(trouble)
    if not found and _hides_state(config):
        return asks.config("configs.imageregistry.operator.openshift.io", "it is masked in this bundle")
    return found


def _hides_state(obj: K8sObject) -> bool:
    zones = [dig(zone, "conditions") for zone in items(dig(obj.value, "status", "zones"))]
    return any(map(hides_state, (dig(obj.value, "status", "conditions"), *zones)))


def _conditions(obj: K8sObject, *path: str) -> Iterator[tuple[dict[str, Json], Where]]:
    for index, entry in enumerate(items(dig(obj.value, *path))):
        yield dict(mapping(entry)), obj.where.at(*path, index)


def _trouble(phrase: str, entry: Json, where: Where) -> _Trouble:
    message = message_of(entry)
    told = classify(message) if message else None
    return _Trouble(
        phrase, message, told.klass if told else None, is_served(entry),
        text(dig(entry, "lastTransitionTime")), where,
    )  # fmt: skip


def _is_openshift(obj: K8sObject) -> bool:
    return obj.group in ("operator.openshift.io", "ingress.operator.openshift.io")
