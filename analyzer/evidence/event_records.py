"""What an Event tells: who reports what of which object, how often, from when to when."""

from __future__ import annotations

from datetime import datetime

from analyzer.evidence.events import SUCCESS
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.logs.classes import classify
from analyzer.evidence.logs.error import Classified
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Json, K8sObject
from analyzer.evidence.values import dig, parse_time, text
from analyzer.frozen import frozen
from analyzer.patterns import later

_LONGEST = 16384
"""Characters of an Event's text that are looked at; Kubernetes keeps about one thousand."""

_DRIVER = later(r"([a-z0-9]+)\.csi\.[a-z]")
ATTACHER = "attachdetach-controller"
"""Who attaches volumes: it has the driver do it, and tells what the driver answers."""

_EBS_VOLUME = later(r"\bvol-[0-9a-f]{8,17}\b")
_MISSING = later(r"(?:(?P<secret>[Ss]ecret)|serviceaccounts?) \"(?P<name>[^\"\s]{1,253})\" not found")
_AFTER_SIGN_IN = ("action-denied", "throttled", "node-role")


@frozen
class ClusterEvent:
    """One Event that may bear on a chain."""

    namespace: str
    about: str
    """Kind and name of the object that it is about."""
    reason: str
    reporter: str
    """Who tells it; a CSI driver adds the name of its pod."""
    driver: str | None
    """Whose volumes it is about: "ebs", "efs"."""
    message: str
    count: int
    first: datetime | None
    last: datetime | None
    where: Where
    found: Classified | None
    """What AWS said."""
    secret: str | None
    """The Secret that was not found."""
    account: str | None
    """The ServiceAccount that was not found."""


def read_events(evidence: Evidence) -> tuple[ClusterEvent, ...]:
    """Read the Events that were kept, but the failures that a success of the same kind came after."""
    namespaces = {raw.namespace for raw in evidence.raw if raw.kind == "Event"}
    events = [_read(obj) for obj in evidence.parse_raw(("Event",), namespaces)]
    done = [event for event in events if event.reason in SUCCESS.values()]
    told = (e for e in events if (e.found or e.secret or e.account))
    return tuple(event for event in told if not any(_is_over(event, other) for other in done))


def _read(obj: K8sObject) -> ClusterEvent:
    """Read an Event of either API: in events.k8s.io the same fields have other names."""
    value = obj.value
    key = "message" if "message" in value else "note"
    message = (text(value.get(key)) or "")[:_LONGEST]
    about = value.get("involvedObject") or value.get("regarding")
    names = (
        dig(value, "source", "component"), dig(value, "deprecatedSource", "component"),
        value.get("reportingComponent"), value.get("reportingController"),
    )  # fmt: skip
    reporter = next((name for name in names if isinstance(name, str) and name), "")
    missing = _MISSING.search(message)
    first, last = _times(value)
    return ClusterEvent(
        namespace=obj.namespace,
        about=f"{text(dig(about, 'kind')) or 'object'} {text(dig(about, 'name')) or ''}",
        reason=text(value.get("reason")) or "",
        reporter=reporter,
        driver=_driver(reporter, message),
        message=message,
        count=_count(value),
        first=first,
        last=last,
        where=obj.where.at(key),
        found=classify(message),
        secret=missing["name"] if missing and missing["secret"] else None,
        account=missing["name"] if missing and not missing["secret"] else None,
    )


def _driver(reporter: str, message: str) -> str | None:
    if reporter == ATTACHER:  # gRPC's envelope is around what a driver answers
        return "ebs" if "rpc error" in message and _EBS_VOLUME.search(message) else None
    found = _DRIVER.match(reporter)
    return found[1] if found else None


def _count(value: Json) -> int:
    counts = (dig(value, "count"), dig(value, "series", "count"), dig(value, "deprecatedCount"))
    return max((n for n in counts if isinstance(n, int) and 0 < n < 1 << 31), default=1)


def _times(value: Json) -> tuple[datetime | None, datetime | None]:
    """Give when it happened first and last."""
    keys = (
        ("firstTimestamp",), ("deprecatedFirstTimestamp",), ("eventTime",), ("lastTimestamp",),
        ("deprecatedLastTimestamp",), ("series", "lastObservedTime"),
    )  # fmt: skip
    times = [when for key in keys if (when := parse_time(dig(value, *key)))]
    times = times or [w for w in (parse_time(dig(value, "metadata", "creationTimestamp")),) if w]
    return min(times, default=None), max(times, default=None)


def _is_over(event: ClusterEvent, done: ClusterEvent) -> bool:
    """Tell a failure after which the same reporter succeeded there: with that, or in signing in at all."""
    if done.namespace != event.namespace or not (done.last and event.last and done.last > event.last):
        return False
    if SUCCESS.get(event.reason) == done.reason:
        return event.reporter == done.reporter or (event.driver is not None and event.driver == done.driver)
    return (
        event.reporter == done.reporter
        and event.found is not None
        and event.found.klass not in _AFTER_SIGN_IN
    )
