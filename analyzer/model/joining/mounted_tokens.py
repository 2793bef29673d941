"""The projected tokens that pods carry for AWS, and where their containers find them."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import normpath

from analyzer.evidence.records import Container, TokenVolume, Workload
from analyzer.model.joining.credentials import KUBERNETES_TOKEN, OPENSHIFT_TOKEN

USUAL_AUDIENCES = ("openshift", "sts.amazonaws.com")

_FOLDER = OPENSHIFT_TOKEN.rpartition("/")[0]
"""Where a token is for a cloud, whatever its audience: ccoctl's Secrets name a file in it."""


def aws_tokens(found: Workload, told_path: str | None = None) -> list[TokenVolume]:
    """Give the projected tokens for AWS, ``told_path`` being the file that the Secret names.

    They have an audience that AWS is usually shown, or lie where AWS is told to look. Others beside such a
    one are for something else, a service mesh say; where there is no such one, not even one without an
    audience, any may be meant for AWS.
    """
    if plain := _plainly_for_aws(found, told_path):
        return plain
    return [] if tokens_without_audience(found, told_path) else _with_audience(found)


def _plainly_for_aws(found: Workload, told_path: str | None) -> list[TokenVolume]:
    places = {_real(path) for path in (told_path, OPENSHIFT_TOKEN) if path}
    tokens = _with_audience(found)
    return [t for t in tokens if t.audience in USUAL_AUDIENCES or _lies_at(found, t, places)]


def other_tokens(found: Workload) -> list[TokenVolume]:
    """Give those tokens with an audience that are for AWS only where the Secret names their file."""
    reading = {v for c in found.containers if "AWS_WEB_IDENTITY_TOKEN_FILE" not in c.env for v in c.mounts}
    ours = aws_tokens(found)
    return [t for t in _with_audience(found) if t not in ours and t.volume in reading]


def _with_audience(found: Workload) -> list[TokenVolume]:
    """Give the projected tokens with an audience of their own: ``kube-api-access`` has none."""
    return [token for token in found.tokens if token.audience is not None]


def _lies_at(found: Workload, token: TokenVolume, places: set[str]) -> bool:
    """Tell whether a container finds a token at one of these places, or where its environment says."""
    return any(
        _real(path) in {*places, _real(container.env.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""))}
        for container in found.containers
        if token.volume in container.mounts and (path := _place(container, token.volume, token.path))
    )


def signs_in(found: Workload) -> bool:
    """Tell a workload with a mounted token for AWS that is not served by the pod identity webhook."""
    tokens = {t.volume for t in aws_tokens(found) if t.audience in USUAL_AUDIENCES}
    return any(tokens & set(c.mounts) and "AWS_ROLE_ARN" not in c.env for c in found.containers)


def tokens_without_audience(found: Workload, told_path: str | None = None) -> list[TokenVolume]:
    """Give the tokens where those for a cloud are whose volume names no audience: they have the API server's.

    A workload with another token for AWS may have such a one for something else.
    """
    if _plainly_for_aws(found, told_path):
        return []
    places = {v for c in found.containers for v, path in c.mounts.items() if path.rstrip("/") == _FOLDER}
    return [token for token in found.tokens if token.volume in places]


def has_api_token(found: Workload) -> bool:
    """Tell whether a container finds the API server's own token where Kubernetes mounts it."""
    volumes = {token.volume for token in found.tokens if token.audience is None}
    folder = KUBERNETES_TOKEN.rpartition("/")[0]
    return any(c.mounts.get(volume, "").rstrip("/") == folder for c in found.containers for volume in volumes)


def token_paths(workloads: Iterable[Workload]) -> list[str]:
    """Give the files at which containers find the tokens for AWS, sorted."""
    return sorted({path for w in workloads for c in w.containers for path in paths_of(w, c)})


def paths_of(found: Workload, container: Container) -> set[str]:
    """Give the files at which one container of a workload finds its tokens for AWS."""
    tokens = [*_with_audience(found), *tokens_without_audience(found)]
    places = (_place(container, t.volume, t.path) for t in tokens if t.volume in container.mounts)
    return {path for path in places if path}


def _place(container: Container, volume: str, path: str) -> str | None:
    """Give where a container finds a file of a volume; None where it mounts another part of that."""
    mount, part = container.mounts[volume].rstrip("/"), container.sub_paths.get(volume)
    if part is None:
        return f"{mount}/{path}"
    inside = path == part or path.startswith(f"{part}/")
    return mount + path.removeprefix(part) if inside else None


def is_mounted(path: str | None, workloads: Iterable[Workload]) -> bool:
    """Tell whether containers find a token at a path; /var/run is a link to /run in images of this family."""
    return path is not None and is_among(path, token_paths(workloads))


def is_among(path: str, paths: Iterable[str]) -> bool:
    """Tell whether a path is one of these, by whichever of both names of that folder."""
    return _real(path) in map(_real, paths)


def _real(path: str) -> str:
    """Give the file that a path leads to: ``//`` and ``/./`` lead to where ``/`` does."""
    path = normpath(path).replace("//", "/")  # two at the begin it leaves
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
