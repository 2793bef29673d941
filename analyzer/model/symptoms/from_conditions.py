"""AWS's own words in the status of operators and of what they make, as symptoms of a chain.

An operator copies the error of its last try into a condition, which outlives the log line. Only one that
stands for trouble counts, and only where the trouble is the chain's own: the ingress operator passes on
what the cloud's controllers say of load balancers, others name an operator that they wait for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.logs.classes import classify
from analyzer.evidence.logs.error import Classified
from analyzer.evidence.masks.translation import words_unmasked
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject, Symptom
from analyzer.evidence.values import dig, items, message_of, parse_time, text
from analyzer.frozen import frozen, replace
from analyzer.iam.match import role_of_session
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.operators import operator_of
from analyzer.model.symptoms.hidden_conditions import hides_words
from analyzer.model.symptoms.hosted_conditions import hosted_conditions
from analyzer.model.symptoms.logs import CLASSES, against_logs
from analyzer.model.symptoms.told import merge_repeats, told_symptom
from analyzer.patterns import later

_OPERATOR = "operator.openshift.io"
_OBJECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "openshift-ingress-operator": (
        ("IngressController", _OPERATOR),
        ("DNSRecord", "ingress.operator.openshift.io"),
    ),
    "openshift-image-registry": (("Config", "imageregistry.operator.openshift.io"),),
    "openshift-machine-api": (("Machine", "machine.openshift.io"),),
    "openshift-cloud-network-config-controller": (("CloudPrivateIPConfig", "cloud.network.openshift.io"),),
}
"""The kinds in whose status the operator of a namespace writes, with their groups."""
_OF_MANY = ("Machine", "CloudPrivateIPConfig")

_TROUBLE_IF_TRUE = later(r".*(?:Degraded|Failed|Failing|Failure|Error|Progressing)")
_PASSED_ON = later(r"service-controller|controller-manager|LoadBalancer\w*=")
_LONGEST = 16384
"""Characters of a condition's message that are looked at."""


@frozen
class Said:
    """One text of trouble: where it stands, since when, and until when it is known to hold."""

    subject: str
    message: str
    where: Where
    since: datetime | None
    until: datetime | None
    of_many: bool = False
    """Whether it is of one object among many, of which it is not known how many there are."""


def condition_symptoms(
    chain: Chain, role: str | None, joined: Joined, recovered: datetime | None
) -> list[Symptom]:
    """Give the errors of AWS that conditions tell of a chain, equal ones merged.

    ``role`` is the name of the chain's role, ``recovered`` when a sign-in was last recorded to work: a
    condition older than that is taken for the last try before it.
    """
    told = [
        (said, symptom)
        for said in _said(chain, joined)
        if (symptom := _symptom(chain, said, recovered)) and is_own(chain, role, said, symptom, joined)
    ]
    single = [symptom for said, symptom in told if not said.of_many]
    others = against_logs((symptom for said, symptom in told if said.of_many), chain, joined.evidence)
    return merge_repeats([*single, *others])


def _said(chain: Chain, joined: Joined) -> Iterator[Said]:
    operator = operator_of(chain, joined.objects)
    if operator is not None and not chain.of_control_plane:
        yield from _conditions(operator, joined.now, "status", "conditions")
    for obj, entry, where in hosted_conditions(chain, joined):
        yield from _condition(obj, entry, where, joined.now)
    for kind, group in _OBJECTS.get(chain.namespace, ()):
        for obj in joined.objects.all(kind):
            if obj.group == group and obj.namespace in ("", chain.namespace):
                yield from _of_object(obj, joined.now, of_many=kind in _OF_MANY)


def _of_object(obj: K8sObject, now: datetime | None, *, of_many: bool) -> Iterator[Said]:
    for said in _all_of(obj, now):
        yield replace(said, of_many=True) if of_many else said


def _all_of(obj: K8sObject, now: datetime | None) -> Iterator[Said]:
    yield from _conditions(obj, now, "status", "conditions")
    for index in range(len(items(dig(obj.value, "status", "zones")))):
        yield from _conditions(obj, now, "status", "zones", index, "conditions")
    if obj.kind == "Machine":
        yield from _of_machine(obj, now)


def _of_machine(obj: K8sObject, now: datetime | None) -> Iterator[Said]:
    """Give why a Machine has no instance; one that failed for good is not tried again."""
    failed = dig(obj.value, "status", "phase") == "Failed"
    told = list(_conditions(obj, now, "status", "providerStatus", "conditions"))
    message, at = (
        text(dig(obj.value, "status", "errorMessage")),
        parse_time(dig(obj.value, "status", "lastUpdated")),
    )
    if message and not told:
        told = [Said(f"Machine {obj.name}", message, obj.where.at("status", "errorMessage"), at, now)]
    yield from (replace(said, until=said.since) if failed else said for said in told)


def quiet_where_read(facts: Facts, chain: Chain, joined: Joined) -> Facts:
    """Leave it open whether AWS refused the chain, where no log says so but not all conditions were read."""
    names = ("operator.unhealthy", "operator.dns_problem", "operator.storage_problem")
    unread = next((fact for name in names if isinstance(fact := facts[name], Unknown)), None)
    unread = unread or _wordless(chain, joined)
    if unread is None:
        return {}
    quiet = [f"logs.{klass}" for klass in CLASSES]
    return {name: unread for name in quiet if isinstance(fact := facts[name], Fact) and fact.value is None}


def _wordless(chain: Chain, joined: Joined) -> Unknown | None:
    """Give what to ask for where trouble has a condition whose words were masked or taken out."""
    operator = None if chain.of_control_plane else operator_of(chain, joined.objects)
    if operator is not None and hides_words(dig(operator.value, "status", "conditions")):
        return joined.asks.config("clusteroperators.config.openshift.io", "it is masked in this bundle")
    for kind, group in _OBJECTS.get(chain.namespace, ()):
        for obj in joined.objects.all(kind):
            zones = [dig(zone, "conditions") for zone in items(dig(obj.value, "status", "zones"))]
            hidden = any(map(hides_words, (dig(obj.value, "status", "conditions"), *zones)))
            if hidden and obj.group == group and obj.namespace in ("", chain.namespace):
                return joined.asks.objects(chain.namespace, f"{kind.lower()}s.{group}")
    return None


def quoted_in(obj: K8sObject, now: datetime | None) -> Iterator[tuple[Said, Classified]]:
    """Yield the conditions of an object that stand for trouble and quote AWS, each with the error."""
    for said in _conditions(obj, now, "status", "conditions"):
        message = said.message[:_LONGEST]
        if (found := classify(message)) is not None and not _PASSED_ON.search(message):
            yield said, found


def _conditions(obj: K8sObject, now: datetime | None, *path: str | int) -> Iterator[Said]:
    for index, entry in enumerate(items(dig(obj.value, *path))):
        yield from _condition(obj, entry, obj.where.at(*path, index), now)


def _condition(obj: K8sObject, entry: Json, where: Where, now: datetime | None) -> Iterator[Said]:
    kind, message = text(dig(entry, "type")) or "", message_of(entry)
    if message and _is_trouble(kind, dig(entry, "status")) and not kind.startswith("LoadBalancer"):
        since = parse_time(dig(entry, "lastTransitionTime"))
        # judged as of a time before it began, it is not known to hold any longer than from its start
        until = max(filter(None, (now, since)), default=None)
        yield Said(f"{obj.name} {kind}", message, where.at("message"), since, until)


def _is_trouble(kind: str, status: Json) -> bool:
    if _TROUBLE_IF_TRUE.fullmatch(kind):
        return status == "True"
    return status in ("False", "Unknown")


def _symptom(chain: Chain, said: Said, recovered: datetime | None) -> Symptom | None:
    message = said.message[:_LONGEST]
    found = classify(message)
    passed_on = not chain.of_control_plane and _PASSED_ON.search(message)
    if found is None or passed_on:
        return None
    over = recovered is not None and said.since is not None and recovered > said.since
    symptom = told_symptom(chain, found, said.where, said.since, said.since if over else said.until, message)
    return words_unmasked(replace(symptom, source="condition"))


def is_own(chain: Chain, role: str | None, said: Said, symptom: Symptom, joined: Joined) -> bool:
    """Tell trouble of the chain itself from what is passed on of another, or is of a peer.

    ``said`` is of the chain's operator, or of a namespace that the chain shares.
    """
    named = _role_named(symptom)
    if chain.of_control_plane:  # its conditions are of its own calls
        return named is None or role is None or named == role
    others = [c for c in joined.chains if c.id != chain.id and not c.optional]
    if named is not None and named != role:
        if symptom.caller is not None and role is not None:
            return False
        if named in {joined.choices[c.id].name for c in others}:
            return False
    apart = [c.namespace for c in others if c.namespace != chain.namespace]
    if any(_names(name, said.message) for name in apart) and not _names(chain.namespace, said.message):
        return False
    own = operator_of(chain, joined.objects)
    peers = []
    for other in others:
        operator = operator_of(other, joined.objects)
        if other.namespace == chain.namespace or (own and operator and own.name == operator.name):
            peers.append(other)
        elif operator is not None and _names_operator(operator.name, said.message):
            return False
    if not peers or (named is not None and named == role):
        return True
    return _speaks_of(chain, peers, f"{said.subject} {said.message}".lower())


def _role_named(symptom: Symptom) -> str | None:
    """Give the name of the role that an error is about: the one asked for, or that of the caller."""
    if symptom.klass == "node-role":
        return None
    if symptom.role_arn:
        return symptom.role_arn.rpartition("/")[2]
    return role_of_session(symptom.caller) if symptom.caller else None


def _names(name: str, message: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", message) is not None


def _names_operator(name: str, message: str) -> bool:
    word = re.escape(name)
    pattern = rf"operators?[\s/:\"']+{word}(?![\w-])|(?<![\w-]){word}[\"']?\s+(?:cluster\s*)?operator"
    return re.search(pattern, message, re.IGNORECASE) is not None


def _speaks_of(chain: Chain, peers: list[Chain], words: str) -> bool:
    """Tell which of one operator's chains a text is about: by a word of its names that the others lack."""
    shared = set().union(*(words_of(peer) for peer in peers))
    return any(word in words for word in words_of(chain) - shared)


def words_of(chain: Chain) -> set[str]:
    """Give the words that a chain's Secret and request are named with, but the shortest."""
    request = chain.request.name if chain.request else ""
    return {w for w in f"{chain.secret_name}-{request}".lower().split("-") if len(w) > 2}
