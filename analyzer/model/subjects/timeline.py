"""What happened when, from every date that the evidence carries: from the installation to the gather."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from analyzer.engine.facts import Cite
from analyzer.evidence.records import K8sObject, TokenSample
from analyzer.evidence.values import dig, items, parse_time, strings, text
from analyzer.findings.report import Event, EventKind, Place
from analyzer.frozen import replace
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import was_in_cluster
from analyzer.model.subjects.chain import ChainModel
from analyzer.model.symptoms.logs import source_name, stamp
from analyzer.model.workloads.predating import issuer_change
from analyzer.redact import redact

_CONDITIONS = ("Degraded", "Available")
_LONGEST = 300


def timeline(joined: Joined, models: Sequence[ChainModel]) -> tuple[Event, ...]:
    """Give the events of a run in the order of time; what has no date is not among them."""
    found = [
        *_gathers(joined),
        *_updates(joined),
        *_keys(joined),
        *_issuer(joined),
        *_providers(joined),
        *_tokens(joined),
        *(event for model in models for event in _chain(model, joined)),
    ]
    return tuple(sorted(_once(found), key=lambda e: (e.time, e.until or "", e.kind, e.text)))


def _event(
    kind: EventKind,
    when: datetime | None,
    words: str,
    cite: Cite | None = None,
    chains: Iterable[str] = (),
    until: datetime | None = None,
) -> Iterator[Event]:
    """Make one event; none where the time is not known."""
    if when is None:
        return
    place = Place(cite.input, cite.file, cite.line) if cite else None
    short = redact(" ".join(words.split()))[:_LONGEST]
    yield Event(_stamp(when), _stamp(until) if until else None, kind, short, tuple(chains), place)


def _stamp(when: datetime) -> str:
    return stamp(when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC))


def _once(events: Iterable[Event]) -> list[Event]:
    """Make one event of those that say the same of several chains, such as those of one operator."""
    merged: dict[Event, tuple[str, ...]] = {}
    for event in events:
        same = replace(event, chains=())
        merged[same] = tuple(dict.fromkeys((*merged.get(same, ()), *event.chains)))
    return [replace(event, chains=chains) for event, chains in merged.items()]


def _gathers(joined: Joined) -> Iterator[Event]:
    times = {(time.first, time.last) for time in joined.evidence.times}
    for first, last in times:
        if not any(a <= first and last <= b for a, b in times - {(first, last)}):
            yield from _event("gather", first, "The bundle was gathered.", until=last)
    files = [f for f in joined.evidence.log_files if f.first and f.last]
    starts, ends = [f.first for f in files if f.first], [f.last for f in files if f.last]
    if starts and ends:
        yield from _event(
            "logs", min(starts), "The logs that were gathered cover this time.", until=max(ends)
        )


def _updates(joined: Joined) -> Iterator[Event]:
    version = joined.objects.one("ClusterVersion", "version")
    history = items(dig(version.value, "status", "history")) if version else []
    for index, entry in enumerate(history):
        if version is None:
            break
        done, begun = parse_time(dig(entry, "completionTime")), parse_time(dig(entry, "startedTime"))
        name = text(dig(entry, "version")) or "a version without a name"
        verb = "installed" if index == len(history) - 1 else "updated to"
        words = f"The cluster was {verb} {name}." if verb != "installed" else f"{name} was installed."
        if done is None:
            words = f"An update to {name} began; it is not complete."
        where = version.where.at("status", "history", index)
        yield from _event("update", begun or done, words, where, until=done if begun else None)


def _keys(joined: Joined) -> Iterator[Event]:
    """Tell when keys came: a key that an older revision of the ConfigMap lacks came with the next one."""
    prefix = "bound-sa-token-signing-certs-"
    revisions = [
        obj
        for obj in joined.objects.all("ConfigMap", "openshift-kube-apiserver")
        if obj.name.startswith(prefix) and obj.name.removeprefix(prefix).isdecimal()
    ]
    revisions.sort(key=lambda obj: int(obj.name.removeprefix(prefix)))
    seen: set[str] = set()
    for position, obj in enumerate(revisions):
        keys = strings(dig(obj.value, "data"))
        new = sorted(name for name, pem in keys.items() if pem not in seen)
        if position and new:
            words = (
                f"Revision {obj.name.removeprefix(prefix)} of kube-apiserver accepts {', '.join(new)} too."
            )
            yield from _event("keys", _created(obj), words, obj.where.at("data", new[0]))
        seen |= set(keys.values())
    first = joined.objects.one("ConfigMap", prefix.rstrip("-"), "openshift-kube-apiserver")
    if first is not None and was_in_cluster(first):
        words = f"ConfigMap {first.name}, which holds the keys that tokens are verified with, was made."
        yield from _event("keys", _created(first), words, first.where)


def _created(obj: K8sObject) -> datetime | None:
    return parse_time(dig(obj.value, "metadata", "creationTimestamp"))


def _issuer(joined: Joined) -> Iterator[Event]:
    change = issuer_change(joined.objects, joined.view)
    if change is not None:
        words = f"kube-apiserver began to sign with the issuer in force; before, it was {change.before}."
        yield from _event("issuer", change.when, words, change.proof)


def _providers(joined: Joined) -> Iterator[Event]:
    issuer = joined.view.issuer
    record = joined.providers.find(issuer, joined.asks.account) if issuer else None
    if record is not None:
        yield from _event(
            "provider", parse_time(record.created), "The IAM OIDC provider was made.", record.where
        )


def _tokens(joined: Joined) -> Iterator[Event]:
    for token in joined.evidence.of(TokenSample):
        issued, expires = (_epoch(token.claims.get(claim)) for claim in ("iat", "exp"))
        subject = text(token.claims.get("sub")) or "an unknown subject"
        yield from _event("token", issued, f"The token of {subject} is valid.", token.where, until=expires)


def _epoch(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 32_503_680_000:
        return None
    return datetime.fromtimestamp(value, UTC)


def _chain(model: ChainModel, joined: Joined) -> Iterator[Event]:
    chain, ids = model.chain, (model.chain.id,)
    role = model.role.role
    if role is not None:
        yield from _event("role", parse_time(role.created), f"Role {role.name} was made.", role.where, ids)
    secret = chain.secret
    if secret is not None:
        words = f"Secret {chain.id} was made."
        yield from _event("secret", secret.created, words, secret.where, ids)
    for workload in chain.workloads:
        words = f"Pod {workload.name} started."
        yield from _event("pod", workload.started, words, workload.where, ids)
    yield from _conditions(model, joined)
    for symptom in model.symptoms:
        source = source_name(symptom)
        times = f"{symptom.count} {source}s" if symptom.count > 1 else f"1 {source}"
        words = f"{symptom.klass}: {times}. {symptom.message}"
        last = symptom.last if symptom.last != symptom.first else None
        yield from _event("error", symptom.first, words, symptom.quote, ids, last)


def _conditions(model: ChainModel, joined: Joined) -> Iterator[Event]:
    """Tell when the operator last became what it is; conditions that changed together are one event."""
    operator = joined.objects.one("ClusterOperator", model.operator) if model.operator else None
    if operator is None:
        return
    changes: dict[datetime, list[tuple[str, Cite]]] = {}
    for index, condition in enumerate(items(dig(operator.value, "status", "conditions"))):
        when = parse_time(dig(condition, "lastTransitionTime"))
        if when is not None and dig(condition, "type") in _CONDITIONS:
            words = f"{dig(condition, 'type')}={dig(condition, 'status')}"
            where = operator.where.at("status", "conditions", index)
            changes.setdefault(when, []).append((words, where))
    for when, found in changes.items():
        words = f"Operator {operator.name} became {' and '.join(sorted(w for w, _ in found))}."
        yield from _event("operator", when, words, found[0][1], (model.chain.id,))
