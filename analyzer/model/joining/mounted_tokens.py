"""The projected tokens that pods carry for AWS, and where their containers find them."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.evidence.records import Container, TokenVolume, Workload

USUAL_AUDIENCES = ("openshift", "sts.amazonaws.com")


def aws_tokens(found: Workload) -> list[TokenVolume]:
    """Give the projected tokens with an audience of their own: ``kube-api-access`` has none."""
    return [token for token in found.tokens if token.audience is not None]


def token_paths(workloads: Iterable[Workload]) -> list[str]:
    """Give the files at which containers find those tokens, sorted."""
    paths = set()
    for found in workloads:
        volumes = {token.volume: token.path for token in aws_tokens(found)}
        for container in found.containers:
            for volume in container.mounts:
                if volume in volumes and (path := _place(container, volume, volumes[volume])):
                    paths.add(path)
    return sorted(paths)


def _place(container: Container, volume: str, path: str) -> str | None:
    """Give where a container finds a file of a volume; None where it mounts another part of that."""
    mount, part = container.mounts[volume].rstrip("/"), container.sub_paths.get(volume)
    if part is None:
        return f"{mount}/{path}"
    inside = path == part or path.startswith(f"{part}/")
    return mount + path.removeprefix(part) if inside else None


def is_mounted(path: str | None, workloads: Iterable[Workload]) -> bool:
    """Tell whether containers find a token at a path; /var/run is a link to /run in images of this family."""
    return path is not None and _real(path) in map(_real, token_paths(workloads))


def _real(path: str) -> str:
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
