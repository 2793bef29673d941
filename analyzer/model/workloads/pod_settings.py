"""Facts about how the pods of a chain are set up: what overrides their token, and how long it lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.kubernetes import secret
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.origin import Where
from analyzer.evidence.records import Container, Json, Workload
from analyzer.evidence.values import dig, items
from analyzer.model.joining.chain import Chain, copies_of
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.consumers import signing_in
from analyzer.model.joining.credentials import KUBERNETES_TOKEN
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import aws_tokens, paths_of
from analyzer.model.joining.objects import known

LONGEST, SHORTEST = 86400, 600
"""Seconds: STS refuses tokens older than a day; Kubernetes makes none for under ten minutes."""

_LEGACY_FOLDER = KUBERNETES_TOKEN.rpartition("/")[0]
_FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")

_NAMES = (
    "static_env",
    "overrides",
    "other_profiles",
    "token_lifetimes",
    "legacy_tokens",
)
_STATIC = "AWS_ACCESS_KEY_ID"


def setting_facts(chain: Chain, joined: Joined) -> Facts:
    """Give the further ``workload.*`` facts of a chain."""
    evidence, asks = joined.evidence, joined.asks
    if not chain.workloads:
        gathered = evidence.has_list("Pod", chain.namespace)
        none: Fact | Unknown = known([]) if gathered else asks.namespace(chain.namespace, "pods")
        return {f"workload.{name}": none for name in _NAMES}
    static = static_facts(chain.workloads, chain, joined)
    profiles = [hit for found in chain.workloads for hit in _other_profile(found, chain)]
    odd = [
        (f"{found.name}: {token.expiration} s", token.where)
        for found in chain.workloads
        for token in aws_tokens(found)
        if token.expiration is not None and not SHORTEST <= token.expiration <= LONGEST
    ]
    legacy = [hit for found in chain.workloads for hit in legacy_tokens(found)]
    return {
        "workload.static_env": static,
        "workload.overrides": _together(static, profiles),
        "workload.other_profiles": listed([hit for hit in profiles if hit[0].startswith("AWS_PROFILE")]),
        "workload.token_lifetimes": listed(odd),
        "workload.legacy_tokens": listed(legacy),
    }


def static_facts(workloads: Sequence[Workload], chain: Chain, joined: Joined) -> Fact | Unknown:
    """Give the long-lived keys in the environment of some pods; not known where their Secret was not read."""
    static = [hit for found in workloads for hit in _static_env(found, chain, joined)]
    if not static and any(_is_unread(found, chain, joined) for found in workloads):
        return joined.asks.namespace(chain.namespace, "Secrets")
    return listed(static)


def _together(static: Fact | Unknown, profiles: Sequence[tuple[str, Where]]) -> Fact | Unknown:
    if not profiles:
        return static
    found = static.value if isinstance(static, Fact) and isinstance(static.value, list) else []
    cites = static.cites if isinstance(static, Fact) else ()
    return known([*found, *(text for text, _ in profiles)], *cites, *(where for _, where in profiles))


def listed(hits: Sequence[tuple[str, Where]]) -> Fact:
    """Make a fact of what was found, each with its place."""
    return known([text for text, _ in hits], *(where for _, where in hits))


def _static_env(found: Workload, chain: Chain, joined: Joined) -> Iterator[tuple[str, Where]]:
    """Long-lived keys in the environment, which every SDK takes before a token.

    A key from the chain's own Secret is another rule's matter, and one from a Secret that is not there
    or has no such key is optional: the pod would not have started otherwise.
    """
    for container in signing_in(found, chain.secret_name):
        if container.env.get(_STATIC):
            yield f"{_STATIC} in {found.name}/{container.name}", _env_place(found, container, _STATIC)
            continue
        for source, wanted in _sources(container, chain):
            if wanted in (_keys_of(source, found.namespace, joined) or ()):
                phrase = f"{_STATIC} in {found.name}/{container.name}, from Secret {source}"
                yield phrase, _env_place(found, container, _STATIC)
                break


def _is_unread(found: Workload, chain: Chain, joined: Joined) -> bool:
    """Tell whether a key in the environment may come from a Secret whose keys are not known."""
    sources = (
        pair for container in signing_in(found, chain.secret_name) for pair in _sources(container, chain)
    )
    return any(
        is_masked(wanted) or _keys_of(name, found.namespace, joined) is None for name, wanted in sources
    )


def _keys_of(name: str, namespace: str, joined: Joined) -> set[str] | None:
    """Give the keys of a Secret; None where it was not read, or they were taken out of it."""
    evidence = joined.evidence
    copies = joined.objects.copies("Secret", name, namespace)
    copies += list(evidence.parse_raw(("Secret",), (namespace,), name))
    if not copies:
        return set() if evidence.has_list("Secret", namespace) and not is_masked(name) else None
    keys = {key for obj in copies for key in secret(obj).values}
    return None if not keys or any(map(is_masked, keys)) else keys


def _sources(container: Container, chain: Chain) -> Iterator[tuple[str, str]]:
    """Give the other Secrets that an access key id may come from, each with the key that it has there.

    A variable of its own comes before what ``envFrom`` brings.
    """
    own = (chain.secret_name, *copies_of(chain.secret_name))
    if _STATIC in container.env:
        return
    if source := container.env_secrets.get(_STATIC):
        if source not in own:
            yield source, container.secret_keys.get(_STATIC, "")
        return
    for prefix, source in container.env_from:
        if _STATIC.startswith(prefix) and source not in own:
            yield source, _STATIC.removeprefix(prefix)


def legacy_tokens(found: Workload) -> Iterator[tuple[str, Where]]:
    """Containers that are told to sign in with the token that every pod gets for the API server."""
    for container in found.containers:
        file = container.env.get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
        if file.startswith(_LEGACY_FOLDER) and not _has_own_volume(found, container):
            place = _env_place(found, container, "AWS_WEB_IDENTITY_TOKEN_FILE")
            yield f"{found.name}/{container.name}", place


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
            if items(dig(entry, "envFrom")):
                return found.where.at(*base, kind, index, "envFrom")
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
