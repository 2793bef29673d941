"""Facts about the issuer that kube-apiserver signs with: from its configuration, its log, its operator."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.logs.flags import API_SERVER
from analyzer.evidence.records import Json, K8sObject, LogFile
from analyzer.evidence.values import dig, items, mapping, text
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import is_hidden_issuer
from analyzer.model.joining.objects import Objects, known, read

OBSERVED_ISSUERS = ("spec", "observedConfig", "apiServerArguments", "service-account-issuer")
"""Where the operator of kube-apiserver notes the issuers that it is to run with."""

ITS_OPERATOR = "the operator of kube-apiserver"
"""``cluster.runtime_source`` where the operator's wish alone tells what kube-apiserver runs with."""

_USUAL_MASTERS = 3


def runtime_facts(objects: Objects, logs: Iterable[LogFile], asks: Asks) -> dict[str, Fact | Unknown]:
    """Give the issuers of kube-apiserver, the first of them, what tells them, and whether that is sure."""
    issuers = _runtime_issuers(objects, logs)
    if issuers is None:
        missing = asks.configmap("openshift-kube-apiserver", "config")
        names = ("runtime_issuers", "runtime_issuer", "runtime_source", "runtime_confirmed")
        return {f"cluster.{name}": missing for name in names}
    return {
        "cluster.runtime_issuers": issuers,
        "cluster.runtime_issuer": Fact(_first(issuers), issuers.cites),
        "cluster.runtime_source": known(
            ITS_OPERATOR if _is_wish(issuers, objects) else "kube-apiserver", *issuers.cites
        ),
        "cluster.runtime_confirmed": _confirmed(issuers, objects, asks),
    }


def _runtime_issuers(objects: Objects, logs: Iterable[LogFile]) -> Fact | None:
    """What kube-apiserver runs with: by the revision that the nodes run, config, its log, observedConfig."""
    operator = _its_operator(objects)
    names = ["config"]
    if operator is not None:
        running = Counter(
            revision
            for status in nodes_of(operator)
            if isinstance(revision := dig(status, "currentRevision"), int) and revision > 0
        )
        names = [f"config-{revision}" for revision, _ in running.most_common(1)] + names
    for name in names:
        config = objects.one("ConfigMap", name, "openshift-kube-apiserver")
        issuers = config_issuers(text(read(config, "data", "config.yaml"))) if config else []
        if config and issuers and _is_hidden(issuers[0]):
            return None  # what its operator wants may be another
        if config and issuers:
            return known(issuers, config.where.at("data", "config.yaml"))
    if (logged := _logged_issuers(objects, logs)) is not None:
        return logged
    return _observed_issuers(operator)


def _observed_issuers(operator: K8sObject | None) -> Fact | None:
    """Give the issuers that kube-apiserver is to run with by its operator's word."""
    issuers = [i for i in items(read(operator, *OBSERVED_ISSUERS)) if isinstance(i, str)] if operator else []
    if operator is None or not issuers or _is_hidden(issuers[0]):
        return None
    return known(issuers, operator.where.at(*OBSERVED_ISSUERS))


def nodes_of(operator: K8sObject | None) -> list[Json]:
    """Give what the operator of kube-apiserver says of each node."""
    return items(read(operator, "status", "nodeStatuses")) if operator is not None else []


def _logged_issuers(objects: Objects, logs: Iterable[LogFile]) -> Fact | None:
    """Give the issuers that kube-apiserver logged when it started, the same on every node.

    Its operator must say that all nodes run one revision and none is on its way to another: then one log
    is enough, as those of the others may be rotated. Without it every node's log must tell.
    """
    operator = _its_operator(objects)
    nodes = nodes_of(operator)
    pods = {f"{API_SERVER[1]}-{dig(status, 'nodeName')}" for status in nodes}
    told: dict[str, LogFile | None] = {}
    for log in logs:
        if (log.namespace, log.container) == API_SERVER and (not nodes or log.pod in pods):
            before = told.setdefault(log.pod, None)
            newer = before is None or before.last is None or (log.last and log.last >= before.last)
            told[log.pod] = log if log.issuer_flag and newer else before
    flags = [log.issuer_flag for log in told.values() if log and log.issuer_flag]
    firsts = {flag.issuers[0] for flag in flags}
    revisions = {dig(status, "currentRevision") for status in nodes}
    revisions |= {to for status in nodes if (to := dig(status, "targetRevision"))}
    whole = None not in told.values() and len(told) >= _masters(objects)
    if (
        len(firsts) != 1
        or not (len(revisions) == 1 if nodes else whole)
        or any(map(is_hidden_issuer, firsts))
    ):
        return None
    return known(list(flags[0].issuers), *(flag.where for flag in flags))


def _masters(objects: Objects) -> int:
    """Give how many nodes run a kube-apiserver, as far as the cluster's topology tells."""
    infra = objects.one("Infrastructure", "cluster", group="config.openshift.io")
    single = infra is not None and dig(infra.value, "status", "controlPlaneTopology") == "SingleReplica"
    return 1 if single else _USUAL_MASTERS


def _first(issuers: Fact) -> Json:
    return items(issuers.value)[0]


def _its_operator(objects: Objects) -> K8sObject | None:
    return objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")


def _is_wish(issuers: Fact, objects: Objects) -> bool:
    """Tell whether they are what the operator of kube-apiserver wants, as nothing else is there."""
    operator = _its_operator(objects)
    return operator is not None and operator.where.at(*OBSERVED_ISSUERS) in issuers.cites


def _confirmed(issuers: Fact, objects: Objects, asks: Asks) -> Fact | Unknown:
    """Tell whether kube-apiserver itself says what it runs with, and its operator nothing else.

    An issuer reaches the operator before it reaches kube-apiserver: what differs is on its way to another.
    """
    if _is_wish(issuers, objects):
        return asks.configmap("openshift-kube-apiserver", "config")
    observed = _observed_issuers(_its_operator(objects))
    if observed is not None and _first(observed) != _first(issuers):
        why = "kube-apiserver's operator is to give it another issuer than it runs with"
        return asks.config("kubeapiservers.operator.openshift.io", why)
    return known(True, *issuers.cites)


def config_issuers(config: str | None) -> list[str]:
    """Give the issuers that a configuration of kube-apiserver names, the one in force first."""
    try:
        parsed: Json = json.loads(config or "")
    except (ValueError, RecursionError):
        return []
    arguments = mapping(dig(parsed, "apiServerArguments"))
    return [issuer for issuer in items(arguments.get("service-account-issuer")) if isinstance(issuer, str)]


def _is_hidden(issuer: str) -> bool:
    """Tell an issuer that was masked, or emptied: kube-apiserver takes no empty one."""
    return not issuer or is_hidden_issuer(issuer)
