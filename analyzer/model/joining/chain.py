"""A chain: one consumer of one role, from its request to its pods."""

from __future__ import annotations

from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.origin import Where
from analyzer.evidence.records import CredentialsRequest, Secret, Workload
from analyzer.evidence.values import message_of
from analyzer.frozen import field, slotted
from analyzer.model.joining.credentials import STATIC_LENGTH, Credentials
from analyzer.model.joining.hosted import Consumer
from analyzer.model.joining.release_profile import names_release

READ_ONLY_REQUEST = "cloud-credential-operator-iam-ro"
"""The credential operator's own request: nothing uses it in Manual mode."""
READ_ONLY_SECRET = f"{REQUESTS_NAMESPACE}/cloud-credential-operator-iam-ro-creds"
"""Its Secret in every release (its request was not gathered with all bundles)."""

ROLE_VARIABLES = "credentials.openshift.io/role-arns-vars"
"""The annotation that names the variables by which an operator of OLM is given the roles of a request."""

STATIC_KEYS = frozenset({"aws_access_key_id", "aws_secret_access_key"})
"""The keys of a Secret that hold a long-lived pair: operators use both or none."""

COPIES = {"image-registry-private-configuration": "installer-cloud-credentials"}
"""Secrets that an operator copies from another of its namespace: no consumer of their own."""


@slotted
class Chain:
    """One consumer of one role, as far as the evidence joins.

    ``secret`` is None where none was seen; ``credentials`` where its value cannot be read.
    ``in_cluster`` and ``in_release`` are the request's two sources, either may be None.
    """

    namespace: str
    secret_name: str
    in_cluster: CredentialsRequest | None = None
    in_release: CredentialsRequest | None = None
    secret: Secret | None = None
    length: int | None = None
    credentials: Credentials | None = None
    credentials_where: Where | None = None
    workloads: list[Workload] = field(default_factory=list)
    without_pods: list[Workload] = field(default_factory=list)
    """Deployments of its own that no pod of is there, where others have some."""
    presumed: bool = False
    """Whether its workloads are taken for its own by their token and namespace alone."""
    hosted_role: tuple[str, Where] | None = None
    """The role that the hosted cluster's own object names for it, and where."""
    consumer: Consumer | None = None
    """What uses its role outside the guest, where the control plane is hosted."""
    ended: set[str] = field(default_factory=set)
    """Pods that used it and are over."""
    debugged: set[str] = field(default_factory=set)
    """Copies of its pods that ``oc debug`` made: they log what somebody typed."""
    strangers: set[str] = field(default_factory=set)
    """Pods of its namespace that sign in with a token, and are no chain's: it may be with its role."""
    others_sign_in: bool = False
    """Whether something beside it signs in that is no chain's: a user's operator may leave AWS to that."""
    pods_outside: frozenset[str] = frozenset()
    """The pods there that left a log."""
    gated: str | None = None
    """The resource that would tell whether the capability or feature that asks for it is on."""
    left_over: bool = False
    """Whether nothing needs its request any more: its operator is gone, or its release deletes it."""
    webhook_account: str | None = None
    """The ServiceAccount of a chain that the pod identity webhook serves: it has no request and no Secret."""

    @property
    def id(self) -> str:
        """Stable id: ``<namespace>/<secret>``."""
        return f"{self.namespace}/{self.secret_name}"

    @property
    def request(self) -> CredentialsRequest | None:
        """The request in the cluster, else the release's."""
        return self.in_cluster or self.in_release

    @property
    def service_accounts(self) -> tuple[str, ...]:
        """The ServiceAccounts that the request names."""
        if self.webhook_account is not None:
            return (self.webhook_account,)
        if self.request is None and self.consumer is not None:
            return self.consumer.accounts
        return self.request.service_accounts if self.request else ()

    @property
    def subjects(self) -> list[str]:
        """The sub claims that their tokens carry."""
        return [f"system:serviceaccount:{self.namespace}:{name}" for name in self.service_accounts]

    @property
    def of_control_plane(self) -> bool:
        """Whether a hosted control plane alone uses its role: the guest has neither request nor Secret."""
        return self.consumer is not None and self.consumer.is_of_control_plane

    @property
    def secret_outside(self) -> bool:
        """Whether its Secret is in the control plane's namespace alone, as far as is seen."""
        return self.consumer is not None and not self.consumer.has_secret and self.secret is None

    @property
    def optional(self) -> bool:
        """Whether nothing needs it: it is left over, of use in other modes, or its role was not given."""
        if self.request is None:
            return self.left_over or self.id == READ_ONLY_SECRET
        return self.left_over or self.request.name == READ_ONLY_REQUEST or waits_for_role(self.request)

    @property
    def static_keys(self) -> bool | None:
        """Whether the Secret holds long-lived keys; None without a Secret, or beside hidden credentials.

        Operators take its credentials value, where there is one, before the pair of keys beside it.
        """
        if self.secret is None:
            return None
        keys = self.secret.values
        pair = all(name in keys and keys[name].length != 0 for name in STATIC_KEYS)
        beside = pair and "credentials" in keys
        if beside and keys["credentials"].masked:
            return None
        if self.credentials is not None:
            return self.credentials.static or (pair and not beside)
        if beside and self.length and self.length - STATIC_LENGTH not in (0, 1):
            return None  # it may be for STS
        return pair or (self.length == STATIC_LENGTH and "credentials" in keys)

    @property
    def has_credentials(self) -> bool:
        """Whether the Secret has a credentials value that is not elided as one of no bytes.

        A value that can be read and is blank may have been blanked for us.
        """
        empty = self.length == 0 and self.credentials is None
        return self.secret is not None and "credentials" in self.secret.values and not empty

    @property
    def sts_shaped(self) -> bool:
        """Whether the Secret has a credentials value and no long-lived keys."""
        return self.has_credentials and self.static_keys is False


def waits_for_role(request: CredentialsRequest) -> bool:
    """Tell a request that its operator makes in Manual mode only where it was given the role for it.

    Such as that of the EFS driver's nodes, which need one for volumes of One Zone alone. Without a role, and
    without ServiceAccounts for which one could be made, it is of another mode or put there by hand
    (openshift/library-go pkg/operator/credentialsrequestcontroller).
    """
    return ROLE_VARIABLES in request.annotations and not (request.sts_role_arn or request.service_accounts)


def brought_by_release(chain: Chain) -> bool:
    """Tell whether a release brings a chain's request, as its annotations or its name say."""
    return any(r is not None and names_release(r) for r in (chain.in_release, chain.in_cluster))


def copies_of(secret_name: str) -> tuple[str, ...]:
    """Name the Secrets that are made as copies of one."""
    return tuple(copy for copy, original in COPIES.items() if original == secret_name)


def condition(request: CredentialsRequest | None, kind: str) -> tuple[str, Where] | None:
    """Give message and place of a condition that is true, None where it is not."""
    for index, entry in enumerate(request.conditions if request else ()):
        if entry.get("type") == kind and entry.get("status") == "True":
            assert request is not None  # noqa: S101  (it has conditions)
            return message_of(entry) or "", request.where.at("status", "conditions", index)
    return None
