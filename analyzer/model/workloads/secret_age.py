"""Whether pods are older than the Secret that they read."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.records import Secret, Workload
from analyzer.evidence.values import dig, parse_time
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.consumers import signing_in, uses_secret
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.secret_length import brokered
from analyzer.model.workloads.pods import no_pods

_ONE_WRITE = timedelta(seconds=10)
"""How long after its creation a Secret may be written once more by what makes it."""


def changed_after_pods(chain: Chain, joined: Joined) -> Fact | Unknown:
    """Give the pods that the Secret is newer than; that it is so of none is known where all pods are."""
    since = last_written(chain.secret) if chain.secret else None
    if since is None and chain.workloads:
        return joined.asks.namespace(chain.namespace, "Secrets")
    older = [w for w in chain.workloads if since and (began := _began(w, chain)) and began < since]
    if older and _is_as_made(chain.secret) and brokered(chain):
        requested = _requested(chain, joined)
        waited = [w for w in older if not uses_secret(w, chain.secret_name)]
        if requested is None and waited:
            return joined.asks.requests()
        older = [w for w in older if w not in waited or not _began_before(w, chain, requested)]
    rest = no_pods(chain, joined.evidence, joined.asks)
    if not older and isinstance(rest, Unknown):
        return rest
    return known([w.name for w in older], *(w.where for w in older))


def _is_as_made(secret: Secret | None) -> bool:
    """Tell a Secret that nothing has written to since it was made."""
    made, changed = (secret.created, secret.changed) if secret else (None, None)
    return made is not None and (changed is None or changed - made <= _ONE_WRITE)


def _requested(chain: Chain, joined: Joined) -> datetime | None:
    """Give when the request was made that is in the cluster."""
    request = chain.in_cluster
    obj = joined.objects.one("CredentialsRequest", request.name, request.namespace) if request else None
    return parse_time(dig(obj.value, "metadata", "creationTimestamp")) if obj else None


def _began_before(found: Workload, chain: Chain, requested: datetime | None) -> bool:
    """Tell a pod that was there before the request: an operator of OLM makes that itself, and waits."""
    began = _began(found, chain)
    return began is not None and requested is not None and began < requested


def _began(found: Workload, chain: Chain) -> datetime | None:
    """Give since when a pod's containers run that use the Secret: what is restarted reads it anew."""
    using = {container.name for container in signing_in(found, chain.secret_name)}
    times = (when for name, when in found.running.items() if not using or name in using)
    return min(times, default=found.started)


def last_written(secret: Secret) -> datetime | None:
    """Give when a Secret's values were last set, None where no time was gathered."""
    return max(filter(None, (secret.created, secret.changed)), default=None)
