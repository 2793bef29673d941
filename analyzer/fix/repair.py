"""What a repair is: documents, the commands that apply them, and what they change in the exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from analyzer.engine.facts import Fact
from analyzer.evidence.records import Json
from analyzer.frozen import frozen
from analyzer.model.join import Model
from analyzer.model.joining.aws import is_https, issuer_fault
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.roles import Role
from analyzer.patterns import later
from analyzer.shell import argument

BACKUP = "backup"

_OPTIONS = frozenset({
    "--assume-role-policy-document", "--body", "--bucket", "--cli-input-json", "--client-id",
    "--content-type", "--description", "--key", "--open-id-connect-provider-arn", "--output", "--path",
    "--policy-document", "--policy-name", "--query", "--region", "--role-name", "--tagging", "--tags",
    "--thumbprint-list", "-f", "-fsSg", "-n", "-o",
})  # fmt: skip
"""What of a command begins with a dash: all that begins so besides comes from an input."""

_OURS = later(r"file://[a-z]+/[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]*")
"""A document of ours as ``aws`` reads it."""

_IN_A_TAG = later(r"[A-Za-z0-9][A-Za-z0-9._:/+-]*")
"""What ``aws`` takes as it is in ``Key=…,Value=…``: a comma would begin another key, ``@=`` name a file."""


@frozen
class Change:
    """What a document changes in the evidence: ``text`` is the document, or "" where the thing goes.

    ``name`` is a role's for ``trust`` and ``policy`` (with ``part`` the policy's name), a provider's ARN
    for ``provider``, ``<namespace>/<name>`` for ``secret``, and "" for what there is one of.
    """

    what: Literal["trust", "role", "policy", "provider", "discovery", "keys", "secret"]
    name: str
    text: str
    part: str = ""


@frozen
class Step:
    """One command and what it is for; ``command`` is "" where somebody must do something by hand."""

    text: str
    command: str


@frozen
class Document:
    """A file to write: its path below the output folder, and its text."""

    path: str
    text: str


@frozen
class Repair:
    """One thing that is mended. ``key`` tells it apart: a role's trust is mended once for all its rules.

    ``notes`` say what a reader must weigh: what was taken out, what was left, who must agree.
    """

    key: str
    title: str
    documents: tuple[Document, ...]
    changes: tuple[Change, ...]
    backup: tuple[Step, ...]
    apply: tuple[Step, ...]
    rollback: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@frozen
class Refusal:
    """Why no document is offered: what is not known, or who must decide."""

    reason: str


@frozen
class Case:
    """What repairs are made from: the joined evidence and the facts."""

    model: Model

    @property
    def joined(self) -> Joined:
        """The chains, roles and providers as they were joined."""
        return self.model.joined

    @property
    def chains(self) -> dict[str, Chain]:
        """The chains by id, those of the pod identity webhook too."""
        return {one.chain.id: one.chain for one in self.model.chains}

    def choice(self, chain: str) -> RoleChoice:
        """Give the role of a chain."""
        return next(one.role for one in self.model.chains if one.chain.id == chain)

    def fact(self, chain: str, name: str) -> object:
        """Give the known value of a chain's fact, None where it is not known."""
        subject = next((s for s in self.model.subjects if s.kind == "chain" and s.name == chain), None)
        found = subject.facts.get(name) if subject else None
        return found.value if isinstance(found, Fact) else None

    def cluster_fact(self, name: str) -> object:
        """Give the known value of a fact of the cluster, None where it is not known."""
        subject = next((s for s in self.model.subjects if s.kind == "cluster"), None)
        found = subject.facts.get(name) if subject else None
        return found.value if isinstance(found, Fact) else None


def as_json(document: Json) -> str:
    """Write a policy or a document as AWS prints it."""
    return json.dumps(document, indent=4, ensure_ascii=True) + "\n"


def command(*words: str) -> str:
    """Write a command line; a word of an input becomes no option, and nothing that the shell reads."""
    ours = (one in _OPTIONS or _OURS.fullmatch(one) is not None for one in words)
    return " ".join(one if own else argument(one, "<VALUE>") for own, one in zip(ours, words, strict=True))


def to_file(words: Sequence[str], path: str) -> str:
    """Write a command whose answer goes into a file."""
    return f"{command(*words)} > {path}"


def name_in_tags(case: Case) -> str | None:
    """Give the name by whose tags a later ccoctl finds what it made; None where it did not make the rest."""
    name = case.cluster_fact("ccoctl.name")
    return name if isinstance(name, str) and _IN_A_TAG.fullmatch(name) else None


def issuer_to_mend_for(case: Case) -> str | Refusal:
    """Give the issuer that documents are made for; the host of a placeholder may be a stranger's."""
    issuer = case.joined.view.issuer
    if not issuer or not is_https(issuer):
        return Refusal("the issuer that tokens carry is not known, or is no https URL")
    if issuer_fault(issuer) is not None or issuer == DEFAULT_ISSUER:
        return Refusal("the issuer itself must change first, which every token of the cluster carries")
    return issuer


def account_of(case: Case, role: Role | None) -> str | None:
    """Give the account that a role is in, else the cluster's."""
    return (role.account if role else None) or case.joined.asks.account
