"""The records that evidence is read into: plain frozen data, each with its origin.

A field that is ``None`` was not in the file. What was never collected is not a record at all:
the model turns the absence of a record into "not known", with the command that collects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from analyzer.evidence.origin import Quote, Source, Where
from analyzer.frozen import field, frozen

Json = object
"""A value as the parsers give it: mappings, lists, strings, numbers, booleans, None."""


# --- the cluster ------------------------------------------------------------------------------


@frozen
class K8sObject:
    """One Kubernetes object: ``value`` is the whole parsed object."""

    kind: str
    group: str
    namespace: str
    name: str
    value: Mapping[str, Json]
    where: Where
    root: str
    """The bundle root (or loose file) that holds it: objects of one root are of one cluster."""
    second_hand: bool = False
    """From an Insights archive, with fewer fields and masked names: of equal copies the other counts."""


@frozen
class PolicyEntry:
    """One statementEntry of a CredentialsRequest."""

    effect: str
    actions: tuple[str, ...]
    resource: str
    condition: Mapping[str, Json]


@frozen
class CredentialsRequest:
    """What an operator asks of the cloud; ``service_accounts`` is empty where none is named."""

    name: str
    namespace: str
    annotations: Mapping[str, str]
    provider_kind: str
    secret_namespace: str
    secret_name: str
    service_accounts: tuple[str, ...]
    entries: tuple[PolicyEntry, ...]
    sts_role_arn: str | None
    token_path: str | None
    conditions: tuple[Mapping[str, Json], ...]
    where: Where
    origin: Literal["cluster", "release"]
    hides_actions: bool = False
    """Whether some of the actions were masked; they are not among the entries' own."""


@frozen
class SecretValue:
    """One value of a Secret: ``text`` where it is readable, else only its byte length."""

    length: int | None
    text: str | None = None
    masked: bool = False


@frozen
class Secret:
    """A Secret: key names survive elision, values do not."""

    namespace: str
    name: str
    values: Mapping[str, SecretValue]
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    created: datetime | None
    where: Where
    changed: datetime | None = None
    """When what set its values last changed something, by ``managedFields``; None where they do not tell."""

    def at(self, *key: str) -> Where:
        """Point at its values, or at the one of a key: manifests give them as text, the API encoded."""
        text = self.where.at("stringData", *key)
        return text if text.place.exists else self.where.at("data", *key)


@frozen
class CredentialsText:
    """A credentials value outside its Secret; ``secret`` is namespace and name where a command tells."""

    text: str
    secret: tuple[str, str] | None
    where: Where


@frozen
class TokenVolume:
    """A projected serviceAccountToken; ``audience`` is None where the volume names none."""

    volume: str
    audience: str | None
    path: str
    expiration: int | None
    where: Where


@frozen
class Container:
    """A container: plain environment values, secrets it takes values from, mounts by volume name."""

    name: str
    env: Mapping[str, str]
    env_secrets: Mapping[str, str]
    mounts: Mapping[str, str]
    sub_paths: Mapping[str, str] = field(default_factory=dict)
    """By volume name, what of it alone is mounted (``subPath``), where that is not the whole."""
    secret_keys: Mapping[str, str] = field(default_factory=dict)
    """By variable, the key of the Secret that it takes its value from."""
    env_from: tuple[tuple[str, str], ...] = ()
    """Secrets of which each key is a variable (``envFrom``), with the prefix that its name gets."""
    through: bool | None = False
    """Whether it is an init container that its pod does not wait for; None where nothing tells."""


@frozen
class Termination:
    """A run of a container that ended, with the last lines of its log (at most 2048 bytes, or 80 lines).

    ``again`` is when the next run began; None where none runs.
    """

    container: str
    message: str
    finished: datetime | None
    again: datetime | None
    where: Where


@frozen
class Workload:
    """A Pod, or the pod template of a Deployment."""

    kind: str
    namespace: str
    name: str
    service_account: str
    containers: tuple[Container, ...]
    tokens: tuple[TokenVolume, ...]
    secret_volumes: Mapping[str, str]
    started: datetime | None
    phase: str | None
    where: Where
    terminations: tuple[Termination, ...] = ()
    cut: bool = False
    """Whether its volumes or mounts are not all there, or masked: the API server refuses such a pod."""
    controlled: bool = False
    """Whether something keeps it running, which its ownerReferences name."""
    debugging: bool = False
    """Whether ``oc debug`` made it, as a copy of another pod."""
    running: Mapping[str, datetime] = field(default_factory=dict)
    """By container, since when it runs: a restart is later than the pod's start."""
    owner: str | None = None
    """What ``oc rollout restart`` restarts it by: ``deployment/name`` and its like."""
    over: bool = False
    """Whether it is a pod that ended, or was told to end and is still stopping."""


# --- logs -------------------------------------------------------------------------------------


@frozen
class IssuerFlag:
    """The issuers that kube-apiserver says it started with, the one that it signs as first."""

    issuers: tuple[str, ...]
    where: Quote


@frozen
class LogFile:
    """One scanned log: the window is that of its first and last stamped lines."""

    input: str
    path: str
    namespace: str
    pod: str
    container: str
    empty: bool
    first: datetime | None
    last: datetime | None
    issuer_flag: IssuerFlag | None = None


@frozen
class Symptom:
    """Repeats of one error in the logs of one container, merged; or told elsewhere of one chain.

    ``klass`` is the symptom's class, named as its rule without ``log-`` ("no-provider"…).
    """

    klass: str
    namespace: str
    pod: str
    container: str
    message: str
    count: int
    first: datetime | None
    last: datetime | None
    quote: Quote
    issuer: str | None = None
    role_arn: str | None = None
    action: str | None = None
    resource: str | None = None
    caller: str | None = None
    layer: str | None = None
    token_path: str | None = None
    began: datetime | None = None
    """When the run began that the last is of: before it, none came for longer than a day."""
    log_end: datetime | None = None
    """When the container last logged anything; of Events, when they were gathered."""
    source: Literal["log", "event", "termination", "condition"] = "log"
    """What tells it; ``count`` is of that. Conditions and Events are of no pod."""
    contradicted: bool = False
    """Whether the logs in which it would show are all there, and none has it."""
    overtaken: bool = False
    """Whether its container has since logged errors of calls that stop before they get this far."""


# --- AWS --------------------------------------------------------------------------------------


@frozen
class PolicyDocument:
    """A policy document as handed in: an object, JSON text or URL-encoded JSON text."""

    name: str
    raw: Json
    where: Where
    arn: str | None = None
    version: str | None = None
    is_default: bool | None = None


@frozen
class RoleRecord:
    """What one export says of one role; several records of a role are united by the model.

    ``inline_names`` and ``attached`` are None where this export does not list them.
    ``trust`` is None where this export does not carry it.
    ``planned`` marks what ccoctl would make (a dry run), not what is in the account.
    """

    name: str
    arn: str | None
    trust: PolicyDocument | None
    where: Where
    description: str | None = None
    path: str | None = None
    created: str | None = None
    max_session: int | None = None
    boundary_arn: str | None = None
    boundary_known: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    untagged: bool = False
    """Whether the export lists the tags, and there are none; many exports leave them out."""
    inline: tuple[PolicyDocument, ...] = ()
    inline_names: tuple[str, ...] | None = None
    attached: tuple[tuple[str, str], ...] | None = None
    page: tuple[str, ...] = ()
    """Inline policies by name, attached ones by ARN, of a page of their list of which more follow."""
    planned: bool = False
    last_seen: bool = False
    """Whether it is what a tool remembers of the account (Terraform's state): an export wins over it."""


@frozen
class ManagedPolicy:
    """A managed policy or one version of it; ``arn`` may be missing (get-policy-version has none)."""

    arn: str | None
    name: str | None
    default_version: str | None
    documents: tuple[PolicyDocument, ...]
    where: Where
    disputed: bool = False
    """Exports of it disagree about which version is the default, or about what a version says."""


@frozen
class ProviderRecord:
    """An IAM OIDC provider; ``url`` as exported (without scheme), ``arn`` where the export has it."""

    url: str | None
    arn: str | None
    client_ids: tuple[str, ...] | None
    thumbprints: tuple[str, ...] | None
    tags: Mapping[str, str]
    where: Where
    planned: bool = False
    created: str | None = None
    last_seen: bool = False
    """Not asked of the account, but what a tool remembers of it."""


@frozen
class Listing:
    """A listing of an account: what is not in a complete one does not exist there."""

    what: Literal["roles", "providers"]
    account: str | None
    complete: bool
    names: tuple[str, ...]
    where: Where


_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "Unauthorized")


@frozen
class FailedCall:
    """A recorded AWS call that failed: the CLI's own sentence, saved."""

    operation: str
    code: str
    message: str
    subject: str | None
    where: Source

    @property
    def denied(self) -> bool:
        """Whether whoever made the call may not make it."""
        return self.code in _DENIED


@frozen
class BucketAccess:
    """What an export says of the public's access to a bucket; ``blocked`` is None where nothing bars it."""

    blocked: str | None
    where: Where
    bucket: str | None = None
    """Its name, where the export or its command tells it."""


@frozen
class CallerIdentity:
    """The account that the exports were made in."""

    account: str
    arn: str
    where: Where


@frozen
class Collected:
    """When the answers in a folder were collected by our own script; ``where`` is its manifest."""

    at: datetime
    where: Source


# --- issuer -----------------------------------------------------------------------------------


@frozen
class DiscoveryDocument:
    """An openid-configuration; ``value`` is the whole object, ``asked`` the URL it came from, if recorded.

    ``from_bucket`` tells that S3 or CloudFront gave it, as the headers of the answer show.
    """

    issuer: str | None
    jwks_uri: str | None
    value: Mapping[str, Json]
    where: Where
    planned: bool = False
    asked: str | None = None
    from_bucket: bool = False


@frozen
class KeySet:
    """A JWKS: ``keys`` as they stand in the document."""

    keys: tuple[Mapping[str, Json], ...]
    where: Where
    planned: bool = False


@frozen
class HttpAnswer:
    """A recorded answer of the issuer that is not a good document.

    ``target`` is None where neither the content nor the file's name tells which document was asked for.
    ``status`` is None where only the body was saved.
    """

    target: Literal["discovery", "jwks"] | None
    status: int | None
    error: str | None
    body: Literal["none", "json", "xml", "html", "other"]
    url: str | None
    where: Source


@frozen
class BucketHeaders:
    """The headers, saved by themselves, of a good answer that S3 or CloudFront gave, and AWS's time of it."""

    input: str
    file: str
    at: datetime | None = None


@frozen
class TokenSample:
    """A token handed in. ``problem`` says why it is not one; the signature's bytes are never shown.

    ``notes`` names what was trimmed. ``signing_input`` and ``signature`` serve verification only.
    """

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    parts: int
    problem: str | None
    notes: tuple[str, ...]
    where: Source
    signing_input: bytes = field(default=b"", repr=False)
    signature: bytes = field(default=b"", repr=False)


@frozen
class PublicKey:
    """A public key from a PEM block: ``kid`` as Kubernetes computes it."""

    kid: str
    modulus: int | None
    bits: int | None
    spki: bytes = field(repr=False)
    name: str
    where: Source
