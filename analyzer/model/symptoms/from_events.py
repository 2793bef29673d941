"""AWS's own words in Events, and credentials that kubelet misses, as symptoms of a chain.

An Event tells what was tried, how often and when, also where no log was gathered or the log has been
rotated away. Whoever reports it need not be a consumer of a chain, and what it is about lies in any
namespace: an EBS volume that could not be made is told of where it was claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from analyzer.evidence.event_records import ATTACHER, ClusterEvent
from analyzer.evidence.logs.error import Classified
from analyzer.evidence.masks.translation import words_unmasked
from analyzer.evidence.records import Symptom
from analyzer.frozen import replace
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.joined import Joined
from analyzer.model.symptoms.from_conditions import Said, is_own, words_of
from analyzer.model.symptoms.logs import recency
from analyzer.model.symptoms.told import merge_repeats, told_symptom
from analyzer.patterns import later

_NOBODYS = later(
    r"(?:kubelet|kube-controller-manager|(?:aws-)?cloud-controller-manager|service-controller"
    r"|(?:default-)?scheduler|cluster-autoscaler|node-controller)\b.*"
)
"""Who signs in to AWS as the node by design, or passes on what others say."""


def event_symptoms(chain: Chain, role: str | None, joined: Joined) -> list[Symptom]:
    """Give what Events tell of a chain, repeats merged; ``role`` is the name of its role."""
    return merge_repeats(_symptoms(chain, role, joined))


def _symptoms(chain: Chain, role: str | None, joined: Joined) -> Iterator[Symptom]:
    for event in joined.events:
        if (missed := _missed(chain, event)) is not None:
            symptom = _symptom(chain, event, missed, joined)
            # Pods wait for a Secret all the time while a cluster is set up.
            if recency([symptom], joined.now) == "ongoing" and not _was_made_since(chain, event):
                yield symptom
        elif event.found is not None and event.found.klass != "throttled" and _tells_of(chain, event, joined):
            symptom = _symptom(chain, event, event.found, joined)
            subject = f"{event.driver or ''} {event.reporter} {event.about}"
            said = Said(subject, event.message, event.where, event.first, event.last)
            if is_own(chain, role, said, symptom, joined):
                yield symptom


def _symptom(chain: Chain, event: ClusterEvent, found: Classified, joined: Joined) -> Symptom:
    told = told_symptom(chain, found, event.where, event.first, event.last, event.message)
    return words_unmasked(replace(told, source="event", count=event.count, log_end=_gathered(joined)))


def _gathered(joined: Joined) -> datetime | None:
    """Give the earliest that the Events can have been read: when the gather began."""
    latest = max(joined.evidence.times, key=lambda time: time.last, default=None)
    return min(filter(None, (joined.now, latest.first if latest else None)), default=None)


def _missed(chain: Chain, event: ClusterEvent) -> Classified | None:
    """Tell credentials of the chain that were not found: its Secret, or the ServiceAccount of a token."""
    if event.namespace != chain.namespace:
        return None
    if event.secret == chain.secret_name:
        start = event.message.find(f'"{event.secret}" not found')
        return Classified("no-credentials", f'Secret "{event.secret}" not found', start, len(event.message))
    if event.account in chain.service_accounts:
        start = event.message.find(f'"{event.account}" not found')
        words = f'no token: ServiceAccount "{event.account}" not found'
        return Classified("token-file", words, start, len(event.message))
    return None


def _was_made_since(chain: Chain, event: ClusterEvent) -> bool:
    made = chain.secret.created if chain.secret else None
    return event.secret is not None and made is not None and (event.last is None or made > event.last)


def _tells_of(chain: Chain, event: ClusterEvent, joined: Joined) -> bool:
    """Tell whether an Event is of what the chain's pods do, by who tells it and where."""
    pods = {w.name: c.id for c in joined.chains for w in c.workloads if w.kind == "Pod"}
    pods |= {name: c.id for c in joined.chains for name in c.pods_outside}
    for name, owner in pods.items():
        if name in event.reporter:
            return owner == chain.id
    if event.driver is not None:
        return event.driver in words_of(chain)
    if _NOBODYS.fullmatch(event.reporter) or event.reporter == ATTACHER or chain.of_control_plane:
        return False  # the chains of a control plane share a namespace, of which much more is told
    accounts = [name for name in chain.service_accounts if len(name) > 4]
    if any(event.reporter == name or event.reporter.startswith(f"{name}-") for name in accounts):
        return True
    return event.namespace == chain.namespace
