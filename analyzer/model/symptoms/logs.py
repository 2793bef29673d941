"""Facts about the logs of a chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from analyzer.engine.facts import Fact
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import LogFile, Symptom
from analyzer.frozen import replace
from analyzer.iam.match import role_of_session
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.hosted import deployment_of
from analyzer.model.joining.objects import known

Recency = Literal["ongoing", "stopped", "unknown"]

_AFTER_SIGN_IN = ("action-denied", "throttled", "node-role")

ONGOING = timedelta(hours=1)
"""An error this recent at gather time counts as going on: controllers back off to minutes, not hours."""

SILENCE = timedelta(minutes=30)
"""The longest that a controller waits before it tries again, with a margin: most back off to 17 minutes."""

AFTER_RESTART = timedelta(minutes=5)
"""The same for a run of the container that is over: the next begins with trying, and backs off later."""

OFTEN = 3
"""Lines from which on an error is one that comes again and again."""

_SOURCES = {
    "log": "Log lines",
    "event": "Events",
    "termination": "Termination messages",
    "condition": "Conditions",
}
"""What tells an error, as a message names it, the one that counts each try first."""

CLASSES = (
    "no_provider",
    "verification_key",
    "incorrect_audience",
    "missing_claim",
    "thumbprint",
    "invalid_token",
    "assume_role_denied",
    "token_expired",
    "idp_rejected",
    "idp_communication",
    "region_disabled",
    "token_file",
    "no_credentials",
    "node_role",
    "sts_unreachable",
    "throttled",
    "clock_skew",
    "action_denied",
)


def log_facts(
    chain: Chain,
    evidence: Evidence,
    symptoms: Sequence[Symptom],
    now: datetime | None,
    asks: Asks,
    recovered: datetime | None = None,
) -> Facts:
    """Give the ``logs.*`` facts of a chain; ``recovered`` is when a sign-in was last recorded to work."""
    files = [f for f in logs_of(chain, evidence) if not f.empty]
    if not files or not _tells_now(chain, evidence):
        absent: Facts = {"logs.scanned": known(False)}
        unknown = asks.logs(chain.namespace, no_pods=_runs_elsewhere(chain, evidence))
        facts = absent | dict.fromkeys(("logs.window", *(f"logs.{klass}" for klass in CLASSES)), unknown)
        return facts | _found(symptoms, now, recovered)
    facts = {"logs.scanned": known(True), "logs.window": known(_window(files))}
    elsewhere = _is_unread_outside(chain, evidence)
    quiet = known(None) if all_logs_read(chain, evidence) else asks.logs(chain.namespace, no_pods=elsewhere)
    if isinstance(quiet, Fact) and _are_events_lacking(chain, evidence):
        quiet = asks.events(chain.namespace)
    return facts | {f"logs.{klass}": quiet for klass in CLASSES} | _found(symptoms, now, recovered)


def unclaimed_facts(chain: Chain, facts: Facts, unclaimed: Sequence[Symptom], asks: Asks) -> Facts:
    """Leave open what errors of unknown pods may be the chain's, where its own pods have none of the kind."""
    names = {f"logs.{symptom.klass.replace('-', '_')}" for symptom in unclaimed}
    open_ = asks.namespace(chain.namespace, "pods")
    return {n: open_ for n in names if isinstance(fact := facts[n], Fact) and fact.value is None}


def all_logs_read(chain: Chain, evidence: Evidence) -> bool:
    """Whether each container of the pods that use the chain left a log of now, be it an empty one."""
    if _is_unread_outside(chain, evidence):
        return False
    pods = [w for w in chain.workloads if w.kind == "Pod"]
    if not pods and chain.consumer is not None and not chain.consumer.in_guest:
        return True
    if not evidence.has_list("Pod", chain.namespace):  # there may be more pods than have a file of their own
        return False
    read = {(log.pod, log.container) for log in logs_of_now(chain, evidence)}
    return all((pod.name, container.name) in read for pod in pods for container in pod.containers)


def against_logs(found: Iterable[Symptom], chain: Chain, evidence: Evidence) -> list[Symptom]:
    """Note which of some errors, told elsewhere, no log has though all of the chain's logs are there.

    Who tries again writes it into its log: without a line there, nothing shows that it still goes on.
    """
    told, found = {s.klass for s in evidence.symptoms if s.namespace == chain.namespace}, list(found)
    if not found or not all_logs_read(chain, evidence):
        return found
    return [s if s.klass in told else replace(s, contradicted=True) for s in found]


def logs_of(chain: Chain, evidence: Evidence) -> list[LogFile]:
    """Give the logs of a chain's namespace; where the chains of a control plane share one, its own."""
    return [
        log
        for log in evidence.log_files
        if log.namespace == chain.namespace and (not chain.of_control_plane or log.pod in chain.pods_outside)
    ]


def _is_unread_outside(chain: Chain, evidence: Evidence) -> bool:
    """Tell whether what uses the chain's role outside the guest left no log here of now."""
    if chain.consumer is None:
        return False
    told = {
        (deployment_of(log.pod), log.container)
        for log in logs_of(chain, evidence)
        if log.pod in chain.pods_outside and not is_previous(log.path)
    }
    return (chain.consumer.deployment, chain.consumer.containers[0]) not in told


def _runs_elsewhere(chain: Chain, evidence: Evidence) -> bool:
    """Tell whether the logs that lack are those of what runs outside the guest."""
    if evidence.has_list("Pod", chain.namespace) and not evidence.seen("Pod", chain.namespace):
        return True
    return _is_unread_outside(chain, evidence) and not any(w.kind == "Pod" for w in chain.workloads)


def is_previous(path: str) -> bool:
    """Tell the log of a run that is over, by the name of its file."""
    return "previous" in path.rsplit("/", 1)[-1]


def _are_events_lacking(chain: Chain, evidence: Evidence) -> bool:
    """Whether a bundle has Events, but not those of the chain's namespace, which may tell of it."""
    told = {namespace for _, kind, namespace in evidence.listed if kind == "Event"}
    gathered = {root for root, kind, _ in evidence.listed if kind == "Event"}
    here = {
        root for root, kind, namespace in evidence.listed if (kind, namespace) == ("Pod", chain.namespace)
    }
    return bool(gathered & here) and chain.namespace not in told


def _tells_now(chain: Chain, evidence: Evidence) -> bool:
    """Whether the log of every running pod of the chain is there: the one that is not may hold an error."""
    told = {log.pod for log in logs_of_now(chain, evidence)}
    running = {w.name for w in chain.workloads if w.kind == "Pod" and w.phase in (None, "Running")}
    return running <= told


def logs_of_now(chain: Chain, evidence: Evidence) -> list[LogFile]:
    """Give the logs of the chain's namespace but those from before a restart, which do not tell of now."""
    return [log for log in logs_of(chain, evidence) if not is_previous(log.path)]


def _found(symptoms: Sequence[Symptom], now: datetime | None, recovered: datetime | None) -> Facts:
    facts: Facts = {}
    for klass in CLASSES:
        found = [s for s in symptoms if s.klass.replace("-", "_") == klass]
        if found:
            facts[f"logs.{klass}"] = _merged(found, now, recovered)
    return facts


def _window(files: Sequence[LogFile]) -> str | None:
    starts, ends = [f.first for f in files if f.first], [f.last for f in files if f.last]
    return f"{stamp(min(starts))} to {stamp(max(ends))}" if starts and ends else None


def _merged(found: Sequence[Symptom], now: datetime | None, recovered: datetime | None) -> Fact:
    opened = _open(found, now)
    # the others repeat what a log says, and tell whether it still holds
    told = next(source for source in _SOURCES if any(s.source == source for s in opened))
    latest = max(
        [s for s in opened if s.source == told],
        key=lambda s: (s.last is not None, s.last and s.last.timestamp(), s.count),
    )
    alike = [s for s in found if _about(s) == _about(latest)]
    counted = [s for s in alike if s.source == told]
    firsts, lasts = [s.first for s in counted if s.first], [s.last for s in counted if s.last]
    first, last = min(firsts, default=None), max(lasts, default=None)
    going_on = [s for s in alike if not is_over(s.klass, s.last, recovered)]
    value = {
        "source": _SOURCES[told],
        "count": sum(s.count for s in counted),
        "first": stamp(first) if first else None,
        "last": stamp(last) if last else None,
        "recency": recency(going_on, now) if going_on else "stopped",
        "message": latest.message,
        "issuer": latest.issuer,
        "role_arn": latest.role_arn,
        "action": latest.action,
        "resource": latest.resource,
        "caller": latest.caller,
        "caller_role": role_of_session(latest.caller) if latest.caller else None,
        "layer": latest.layer,
        "token_path": latest.token_path,
        "call": _call(latest),
        "asked": f", which asked for {latest.role_arn}" if latest.role_arn else "",
        "besides": _besides([s for s in found if s not in alike]),
    }
    ordered = sorted(found, key=lambda s: (s is not latest, s not in alike))
    return known(value, *(s.quote for s in ordered[:3]))


def _open(found: Sequence[Symptom], now: datetime | None) -> Sequence[Symptom]:
    """Give those that go on; without any those of which nobody can tell; else all."""
    told = [(recency([s], now), s) for s in found]
    going = [s for state, s in told if state == "ongoing"]
    return going or [s for state, s in told if state == "unknown"] or found


def _about(symptom: Symptom) -> str | None:
    """Give what the sentence about a symptom names, and its count is of: the action, or the issuer."""
    return symptom.action if symptom.klass == "action-denied" else symptom.issuer


def _call(symptom: Symptom) -> str:
    """Say in words which call was denied, to whom, on what and by which layer, as much as is told."""
    told = symptom.action or "a call that is not named"
    told += f" to {symptom.caller}" if symptom.caller else ""
    told += f" on the resource {symptom.resource}" if symptom.resource else ""
    return told + (f" (AWS names the layer {symptom.layer})" if symptom.layer else "")


def _besides(others: Iterable[Symptom]) -> str:
    """List in parentheses what else was met, with its lines; an empty text without any."""
    met: Counter[tuple[str, str]] = Counter()
    for symptom in others:
        what = "line" if symptom.source == "log" else source_name(symptom)
        met[_about(symptom) or "not named", what] += symptom.count
    listed = ", ".join(
        f"{name} in {count} {what if count == 1 else f'{what}s'}" for (name, what), count in met.items()
    )
    return f" (besides: {listed})" if listed else ""


def source_name(symptom: Symptom) -> str:
    """Name what tells a symptom, one of them, as a sentence does."""
    return _SOURCES[symptom.source].lower().removesuffix("s")


def is_over(klass: str, last: datetime | None, recovered: datetime | None) -> bool:
    """Tell whether a sign-in worked after the last failure to sign in."""
    return klass not in _AFTER_SIGN_IN and last is not None and recovered is not None and recovered > last


def recency(found: Sequence[Symptom], now: datetime | None) -> Recency:
    """Tell whether one of some errors was still going on when the bundle was gathered."""
    if now is None:
        return "unknown"
    recent = [s for s in found if s.last is not None and now - s.last <= ONGOING and not fell_silent(s)]
    if recent:  # of one that came once or twice, long before the log ends, nobody can tell
        return "unknown" if all(_came_rarely(s) for s in recent) else "ongoing"
    if any(s.overtaken for s in found):
        return "unknown"
    return "stopped" if any(s.last is not None for s in found) else "unknown"


def _came_rarely(symptom: Symptom) -> bool:
    if symptom.last is None or symptom.log_end is None or symptom.count >= OFTEN:
        return False
    return symptom.log_end - symptom.last > SILENCE


def fell_silent(symptom: Symptom) -> bool:
    """Tell an error that came often and then no more, while its container went on logging.

    One that came once or twice may come again at any time, but not in a run of the container that is over;
    nor in Events, whose writers try again within minutes at first, each try counted.
    """
    if symptom.contradicted:
        return True
    if symptom.first is None or symptom.last is None or symptom.log_end is None:
        return False
    over = symptom.quote.file.rpartition("/")[2].startswith("previous")
    over = over or (symptom.source == "event" and symptom.count < OFTEN)
    if symptom.count < OFTEN and not over:
        return False
    gap = (symptom.last - symptom.first) / max(symptom.count - 1, 1)
    return symptom.log_end - symptom.last > max(AFTER_RESTART if over else SILENCE, 3 * gap)


def stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
