"""The policies that together decide about a principal, each layer with what may be missing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from analyzer.frozen import frozen
from analyzer.iam.policy import Document, MissingDocument

LayerKind = Literal[
    "identity", "boundary", "organization", "resource-control", "session", "resource", "endpoint"
]

LAYER_NAMES: dict[LayerKind, str] = {
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "organization": "service control policy",
    "resource-control": "resource control policy",
    "session": "session policy",
    "resource": "resource-based policy",
    "endpoint": "VPC endpoint policy",
}
"""How AWS names each layer in its messages."""


@frozen
class Layers:
    """All policies of one principal.

    ``identity`` are inline and attached policies; a document that is known to exist and was not
    supplied stands there as ``MissingDocument``. ``boundary``, ``session`` and ``endpoint`` are None
    when there is none. ``organization`` and ``resource_control`` hold one tuple a level (root, each
    unit, account); empty: not supplied. ``resource`` is the policy of the resource, None when it has
    none. ``complete`` False means that the list of identity policies was cut off.
    """

    identity: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] | None = None
    organization: tuple[tuple[Document, ...], ...] = ()
    resource_control: tuple[tuple[Document, ...], ...] = ()
    session: tuple[Document, ...] | None = None
    endpoint: tuple[Document, ...] | None = None
    resource: Document | None = None
    complete: bool = True

    @property
    def identity_documents(self) -> tuple[Document, ...]:
        """The identity policies, with one missing document more when their list was cut off."""
        if self.complete:
            return self.identity
        return (*self.identity, MissingDocument("", "the list of policies was cut off"))

    def limits(self) -> Iterator[tuple[LayerKind, tuple[Document, ...]]]:
        """Yield the layers that can only take away; each must allow what the identity layer allows."""
        if self.boundary is not None:
            yield "boundary", self.boundary
        if self.session is not None:
            yield "session", self.session
        for level in self.organization:
            yield "organization", level
        for level in self.resource_control:
            yield "resource-control", level
        if self.endpoint is not None:
            yield "endpoint", self.endpoint
