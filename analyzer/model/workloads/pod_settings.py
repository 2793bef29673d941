"""Facts about how the pods of a chain are set up: what overrides their token, how long it lives, its age."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.kubernetes import dig, items, parse_time, secret, text
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Container, Json, Symptom, Workload
from analyzer.frozen import frozen
from analyzer.model.joining.asks import Asks
from analyzer.model.joining.aws import without_scheme
from analyzer.model.joining.chains import Chain, copies_of
from analyzer.model.joining.cluster import DEFAULT_ISSUER, ClusterView, Facts
from analyzer.model.joining.credentials import KUBERNETES_TOKEN
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import aws_tokens, paths_of
from analyzer.model.joining.objects import Objects, known
from analyzer.model.symptoms.logs import all_logs_read, stamp
from analyzer.patterns import later

LONGEST, SHORTEST = 86400, 600
"""Seconds: STS refuses tokens older than a day; Kubernetes makes none for under ten minutes."""

_LEGACY_FOLDER = KUBERNETES_TOKEN.rpartition("/")[0]
REFRESHED_AT = 0.8
"""Of a token's life: then kubelet writes a new one into the volume."""

TRUSTED_FOR = timedelta(hours=24)
"""How long kube-apiserver's operator still trusts a replaced issuer (its serviceaccountissuercontroller)."""

_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")

_NAMES = (
    "static_env",
    "overrides",
    "other_profiles",
    "token_lifetimes",
    "legacy_tokens",
    "predating",
    "issuer_changed",
)
_API_SERVER = "openshift-kube-apiserver"
_STATIC = "AWS_ACCESS_KEY_ID"
_CONFIG_NAME = later(r"config-(\d+)")


@frozen
class IssuerChange:
    """When kube-apiserver began to sign with the issuer in force, and the one before."""

    when: datetime
    before: str
    proof: Where


def setting_facts(chain: Chain, joined: Joined, symptoms: Sequence[Symptom]) -> Facts:
    """Give the further ``workload.*`` facts of a chain."""
    evidence, objects, asks = joined.evidence, joined.objects, joined.asks
    if not chain.workloads:
        gathered = evidence.has_list("Pod", chain.namespace)
        none: Fact | Unknown = known([]) if gathered else asks.namespace(chain.namespace, "pods")
        facts: Facts = {f"workload.{name}": none for name in _NAMES}
        return facts | {"workload.issuer_changed": known(None), "workload.predating_proven": known(False)}
    static = [hit for found in chain.workloads for hit in static_env(found, chain, evidence, objects)]
    profiles = [hit for found in chain.workloads for hit in _other_profile(found, chain)]
    odd = [
        (f"{found.name}: {token.expiration} s", token.where)
        for found in chain.workloads
        for token in aws_tokens(found)
        if token.expiration is not None and not SHORTEST <= token.expiration <= LONGEST
    ]
    legacy = [hit for found in chain.workloads for hit in legacy_tokens(found)]
    unread = [] if static else [name for found in chain.workloads for name in _unread(found, chain, evidence)]
    secrets = asks.namespace(chain.namespace, "Secrets")
    change = _change(evidence, objects, joined.view, asks)
    return {
        "workload.static_env": secrets if unread else listed(static),
        "workload.overrides": secrets if unread and not profiles else listed(static + profiles),
        "workload.other_profiles": listed([hit for hit in profiles if hit[0].startswith("AWS_PROFILE")]),
        "workload.token_lifetimes": listed(odd),
        "workload.legacy_tokens": listed(legacy),
    } | _predating(chain, change, symptoms, joined.now, _unsaid(chain, joined))


def listed(hits: Sequence[tuple[str, Where]]) -> Fact:
    """Make a fact of what was found, each with its place."""
    return known([text for text, _ in hits], *(where for _, where in hits))


def static_env(
    found: Workload, chain: Chain, evidence: Evidence, objects: Objects
) -> Iterator[tuple[str, Where]]:
    """Long-lived keys in the environment, which every SDK takes before a token.

    A key from the chain's own Secret is another rule's matter, and one from a Secret that is not there
    or has no such key is optional: the pod would not have started otherwise.
    """
    for container in found.containers:
        source = container.env_secrets.get(_STATIC)
        if container.env.get(_STATIC):
            yield f"{_STATIC} in {found.name}/{container.name}", _env_place(found, container, _STATIC)
        elif source and source not in (chain.secret_name, *copies_of(chain.secret_name)):
            copies = objects.copies("Secret", source, found.namespace)
            copies += list(evidence.parse_raw(("Secret",), (found.namespace,), source))
            if any("access_key_id" in key.lower() for obj in copies for key in secret(obj).values):
                phrase = f"{_STATIC} in {found.name}/{container.name}, from Secret {source}"
                yield phrase, _env_place(found, container, _STATIC)


def legacy_tokens(found: Workload) -> Iterator[tuple[str, Where]]:
    """Containers that are told to sign in with the token that every pod gets for the API server."""
    for container in found.containers:
        file = container.env.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
        if file.startswith(_LEGACY_FOLDER) and not _has_own_volume(found, container):
            place = _env_place(found, container, "AWS_WEB_IDENTITY_TOKEN_FILE")
            yield f"{found.name}/{container.name}", place


def _unread(found: Workload, chain: Chain, evidence: Evidence) -> Iterator[str]:
    """Name the Secrets that a key in the environment comes from and that were not gathered."""
    if evidence.has_list("Secret", found.namespace):
        return
    known_ones = {chain.secret_name, *copies_of(chain.secret_name), *evidence.seen("Secret", found.namespace)}
    for container in found.containers:
        source = container.env_secrets.get(_STATIC)
        if source and not container.env.get(_STATIC) and source not in known_ones:
            yield source


def _env_place(found: Workload, container: Container, name: str) -> Where:
    """Give the place of one environment variable of a container."""
    base = ("spec", "template", "spec") if found.kind == "Deployment" else ("spec",)
    value: Json = found.where.place.document.value
    for step in found.where.place.path:
        value = dig(value, step)
    for kind in ("containers", "initContainers"):
        for index, entry in enumerate(items(dig(value, *base, kind))):
            if dig(entry, "name") != container.name:
                continue
            for number, variable in enumerate(items(dig(entry, "env"))):
                if dig(variable, "name") == name:
                    return found.where.at(*base, kind, index, "env", number)
    return found.where


def _other_profile(found: Workload, chain: Chain) -> Iterator[tuple[str, Where]]:
    """A profile or a file that is not the Secret's: then the role in the Secret is not used."""
    own = {volume for volume, name in found.secret_volumes.items() if name == chain.secret_name}
    for container in found.containers:
        mounts = [path.rstrip("/") for volume, path in container.mounts.items() if volume in own]
        profile = container.env.get("AWS_PROFILE")
        # what reads the Secret from the API writes it to a file, in which the SDK looks for that profile
        if profile and profile != "default" and (mounts or paths_of(found, container)):
            place = _env_place(found, container, "AWS_PROFILE")
            files = [n for n in _FILES if (path := container.env.get(n)) and not _is_in(path, mounts)]
            word = f"{', '.join(files)} and AWS_PROFILE" if files else "AWS_PROFILE"
            yield f"{word}={profile} in {found.name}/{container.name}", place
        file = container.env.get("AWS_SHARED_CREDENTIALS_FILE")
        if file and mounts and not _is_in(file, mounts):
            place = _env_place(found, container, "AWS_SHARED_CREDENTIALS_FILE")
            yield f"AWS_SHARED_CREDENTIALS_FILE={file} in {found.name}/{container.name}", place


def _is_in(path: str, mounts: Iterable[str]) -> bool:
    return any(path == mount or path.startswith(f"{mount}/") for mount in mounts)


def _has_own_volume(found: Workload, container: Container) -> bool:
    """Whether a token with an audience of its own is mounted over the legacy folder."""
    volumes = {token.volume for token in aws_tokens(found)}
    return any(path.rstrip("/") == _LEGACY_FOLDER for v, path in container.mounts.items() if v in volumes)


# --- pods older than the issuer ---------------------------------------------------------------


def _change(
    evidence: Evidence, objects: Objects, view: ClusterView, asks: Asks
) -> IssuerChange | Unknown | None:
    """Find when the issuer changed; a hosted control plane never changes its own, and shows nothing of it."""
    if (
        view.hosted
        or evidence.has_list("ConfigMap", _API_SERVER)
        or any(objects.all("ConfigMap", _API_SERVER))
    ):
        return issuer_change(objects, view)
    return _by_expiry(objects, view) or asks.namespace(_API_SERVER, "ConfigMaps")


def issuer_change(objects: Objects, view: ClusterView) -> IssuerChange | None:
    """Find when the issuer changed: by the revisions of kube-apiserver, else by its operator."""
    return _by_revision(objects, view) or _by_expiry(objects, view)


def _by_expiry(objects: Objects, view: ClusterView) -> IssuerChange | None:
    """The operator trusts the issuer before for TRUSTED_FOR, and writes down until when."""
    operator = objects.one("KubeAPIServer", "cluster", group="operator.openshift.io")
    if operator is None:
        return None
    current = without_scheme(view.issuer or "")
    found = []
    for index, entry in enumerate(items(dig(operator.value, "status", "serviceAccountIssuers"))):
        name, until = text(dig(entry, "name")), parse_time(dig(entry, "expirationTime"))
        if name and until and without_scheme(name) != current:
            where = operator.where.at("status", "serviceAccountIssuers", index, "expirationTime")
            found.append(IssuerChange(until - TRUSTED_FOR, name, where))
    return max(found, key=lambda change: change.when, default=None)


def _by_revision(objects: Objects, view: ClusterView) -> IssuerChange | None:
    revisions = []
    for obj in objects.all("ConfigMap", _API_SERVER):
        match = _CONFIG_NAME.fullmatch(obj.name)
        issuer = _first_issuer(text(dig(obj.value, "data", "config.yaml")))
        if match and issuer:
            revisions.append((int(match[1]), issuer, obj))
    revisions.sort(key=lambda r: r[0])
    current = without_scheme(view.issuer or "")
    for (_, older, _), (_, newer, obj) in reversed(list(pairwise(revisions))):
        if older == newer:
            continue
        when = parse_time(dig(obj.value, "metadata", "creationTimestamp"))
        if without_scheme(newer) != current or when is None:
            return None
        return IssuerChange(when, older, obj.where.at("metadata", "creationTimestamp"))
    return None


def _first_issuer(config: str | None) -> str | None:
    try:
        parsed = json.loads(config or "")
    except (ValueError, RecursionError):
        return None
    listed = items(dig(parsed, "apiServerArguments", "service-account-issuer"))
    return text(listed[0]) if listed else None


def _predating(
    chain: Chain,
    change: IssuerChange | Unknown | None,
    symptoms: Sequence[Symptom],
    now: datetime | None,
    unsaid: Unknown | None,
) -> Facts:
    """Name the pods whose token at gather time may still be one of the issuer before.

    Kubelet writes a new token when four fifths of its life are over, so an old pod does not stay
    behind for long; a log line that names the old issuer after that proves that one did. So does a pod
    that is too young for a second token, where the issuer before is one that no provider can be for.
    ``unsaid`` asks for what may show one and is not there.
    """
    if isinstance(change, Unknown):
        names = ("predating", "predating_proven", "issuer_changed")
        return {f"workload.{name}": change for name in names}
    if change is None:
        return {
            "workload.predating": known([]),
            "workload.predating_proven": known(False),
            "workload.issuer_changed": known(None),
        }
    pods = [w for w in chain.workloads if w.started is not None and w.started < change.when]
    held = [w for w in pods if now is not None and _may_hold(w, change, now)]
    old = without_scheme(change.before)
    lines = [
        s
        for s in symptoms
        if s.issuer and without_scheme(s.issuer) == old and s.last is not None and s.last > change.when
    ]
    shown = pods if lines else held
    first = [w for w in held if change.before == DEFAULT_ISSUER and now is not None and _has_first(w, now)]
    may_be = bool(pods) or not any(w.started for w in chain.workloads)
    cites: list[Cite] = [*(w.where.at("status", "startTime") for w in shown), *(s.quote for s in lines[:2])]
    return {
        "workload.predating": (
            unsaid if may_be and not shown and unsaid else known([w.name for w in shown], *cites)
        ),
        "workload.predating_proven": known(bool(first or (lines and pods)), *(s.quote for s in lines[:2])),
        "workload.issuer_changed": known(stamp(change.when), change.proof),
    }


def _unsaid(chain: Chain, joined: Joined) -> Unknown | None:
    """Tell what is not there of the pods' starts, their logs and the time of the gather."""
    evidence, asks = joined.evidence, joined.asks
    if not any(w.started for w in chain.workloads) and not evidence.has_list("Pod", chain.namespace):
        return asks.namespace(chain.namespace, "pods")
    if not all_logs_read(chain, evidence):
        return asks.logs(chain.namespace)
    return Unknown() if joined.now is None else None


def _may_hold(found: Workload, change: IssuerChange, now: datetime) -> bool:
    kept = _kept_for(found)
    return bool(kept) and now - change.when < max(kept)


def _has_first(found: Workload, now: datetime) -> bool:
    """Whether none of a pod's tokens can have been renewed since it began."""
    kept = _kept_for(found)
    return found.started is not None and bool(kept) and now - found.started < min(kept)


def _kept_for(found: Workload) -> list[timedelta]:
    """For how long its tokens are kept: four fifths of their life, a day at most."""
    lives = [timedelta(seconds=token.expiration or 3600) for token in aws_tokens(found)]
    return [min(life * REFRESHED_AT, timedelta(hours=24)) for life in lives]
