"""Which role each chain must use: by its Secret, by its request, by its pods, else by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from analyzer.engine.facts import Cite
from analyzer.evidence.aws_records import SIGN_IN, CloudTrailEvent, RoleAssignment
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.records import FailedCall, Listing, ManagedPolicy, RoleRecord
from analyzer.model.joining.aws import ROLE_NAME_LIMIT, ccoctl_name_of, parse_role_arn, without_scheme
from analyzer.model.joining.chain import Chain, brought_by_release
from analyzer.model.joining.cluster import ClusterView
from analyzer.model.joining.credentials import KUBERNETES_TOKEN, OPENSHIFT_TOKEN, fitting
from analyzer.model.joining.providers import Providers, known_names
from analyzer.model.joining.role_choice import (
    Naming,
    RoleChoice,
    admits,
    candidates,
    choose,
    names_any,
    names_issuer,
    naming,
    prefix_of,
    role_name,
)
from analyzer.model.joining.roles import DESCRIPTION, Role, RoleBook, unite

STATED = ("secret", "stsIAMRoleARN", "rolesRef", "pod env")
"""Ways in which the cluster itself names a role."""


def read_roles(evidence: Evidence, providers: Providers) -> RoleBook:
    """Collect the roles of all exports."""
    return unite(
        evidence.of(RoleRecord),
        evidence.of(ManagedPolicy),
        [listing for listing in evidence.of(Listing) if listing.what == "roles"],
        evidence.of(FailedCall),
        evidence.of(RoleAssignment),
        callers=providers.callers,
        accounts=providers.accounts,
    )


def cluster_naming(
    book: RoleBook, chains: Sequence[Chain], view: ClusterView, providers: Providers
) -> Naming:
    """Find the ``--name`` that this cluster's roles were made with."""
    issuer = view.issuer or ""
    names = known_names(providers, issuer)
    from_bucket = ccoctl_name_of(issuer) if issuer else None
    if from_bucket:
        names.add(from_bucket)
    targets = [(c.namespace, c.secret_name) for c in chains]
    return naming(book, targets, without_scheme(issuer), names)


def resolve_role(
    chain: Chain,
    book: RoleBook,
    names: Naming,
    view: ClusterView,
    account: str | None,
    events: Sequence[CloudTrailEvent] = (),
) -> RoleChoice:
    """Find the role of one chain; ``account`` is that of the cluster's other roles, where known.

    ``events`` are recorded sign-ins: they tell which role a chain asked for at some time, which may
    be another now, so they come after what the exports tell.
    """
    stated = _stated(chain, view) or _assigned(chain, book, names)
    if stated is not None:
        arn, how, cite = stated
        role, parsed = book.by_arn(arn), parse_role_arn(arn)
        name = parsed.name if parsed else None
        if (other := book.elsewhere(arn)) is not None:
            if how == "secret":  # the Secret's own fault: see foreign_role
                return RoleChoice(arn, name, how, other, True, cite)
            return RoleChoice(arn, name, how, None, False, other.where)
        gone = book.missing(name, parsed.account) if role is None and parsed and name else None
        exists = True if role else (False if gone else None)
        return RoleChoice(arn, name, how, role, exists, gone or cite)
    made = made_for(chain, book, names, view, account)
    recorded = role_of_calls(chain, events) if made.role is None else None
    if recorded is None or not recorded.role_arn:
        return made
    arn = recorded.role_arn
    role = book.by_arn(arn)
    return RoleChoice(arn, arn.rsplit("/", 1)[-1], "CloudTrail", role, True if role else None, recorded.where)


def made_for(
    chain: Chain, book: RoleBook, names: Naming, view: ClusterView, account: str | None
) -> RoleChoice:
    """Find the role that was made for a chain's request, whatever its Secret names."""
    issuer = without_scheme(view.issuer or "")
    chosen = choose(book, chain.namespace, chain.secret_name, chain.subjects, issuer, names)
    if chosen is not None:
        role, how = chosen
        return RoleChoice(role.arn, role.name, how, role, True, role.where)
    return _predicted(chain, book, names, view, account, issuer)


def _stated(chain: Chain, view: ClusterView) -> tuple[str, str, Cite | None] | None:
    """A role ARN that the cluster itself names, if there can be such a role.

    Where there cannot, that is the Secret's own fault, and the role that was made for it is judged.
    """
    if chain.credentials is not None and can_be(chain.credentials.role_arn, view):
        written = chain.credentials_where
        return chain.credentials.role_arn, "secret", written.line_of("role_arn") if written else None
    if chain.in_cluster is not None and can_be(chain.in_cluster.sts_role_arn, view):
        where = chain.in_cluster.where.at("spec", "providerSpec", "stsIAMRoleARN")
        return chain.in_cluster.sts_role_arn, "stsIAMRoleARN", where
    if chain.hosted_role is not None:
        named, place = chain.hosted_role
        return named, "rolesRef", place
    for workload in chain.workloads:
        for container in workload.containers:
            if can_be(arn := container.env.get("AWS_ROLE_ARN"), view):
                return arn, "pod env", workload.where
    return None


def can_be(arn: str | None, view: ClusterView) -> TypeGuard[str]:
    """Tell an ARN that a role of this partition may have; a placeholder is none, nor is a masked one."""
    parsed = parse_role_arn(arn) if arn and not is_masked(arn) else None
    if parsed is None or len(parsed.name) > ROLE_NAME_LIMIT:
        return False
    return parsed.partition == view.partition or not view.partition_known


def _assigned(chain: Chain, book: RoleBook, names: Naming) -> tuple[str, str, Cite | None] | None:
    """Give the role that rosa or ccoctl says it made for this Secret, this cluster's where several are."""
    wanted = (chain.namespace, chain.secret_name)
    found: dict[str, tuple[bool, RoleAssignment]] = {}
    for one in book.assigned:
        prefix = prefix_of(one.arn.rsplit("/", 1)[-1], *wanted)
        if (one.namespace, one.name) == wanted or (one.namespace is None and prefix is not None):
            # Another cluster's role has another prefix; without any that is known, one alone is taken.
            found[one.arn] = (prefix is None or not names.prefixes or prefix in names.prefixes, one)
    ours = [one for ours, one in found.values() if ours]
    return (ours[0].arn, ours[0].teller, ours[0].where) if len(ours) == 1 else None


def _predicted(
    chain: Chain, book: RoleBook, names: Naming, view: ClusterView, account: str | None, issuer: str
) -> RoleChoice:
    """Name the role that ccoctl would have made, and tell whether a complete listing lacks it."""
    if len(names.prefixes) != 1:
        return RoleChoice(None, None, "not known", None, None)
    (prefix,) = names.prefixes
    name = role_name(prefix, chain.namespace, chain.secret_name)
    path = _common_path(book, prefix, issuer)
    arn = f"arn:{view.partition}:iam::{account}:role{path}{name}" if account else None
    fits = candidates(book, chain.namespace, chain.secret_name)
    fits = [f for f in fits if prefix_of(f[0].name, chain.namespace, chain.secret_name) in (None, prefix)]
    sure = names.followed and not fits and _made_by_ccoctl(chain, arn or "", view.region)
    gone = book.missing(name, account)
    if gone and not sure:
        return RoleChoice(None, None, "not known", None, None)  # it is another role, if there is one
    return RoleChoice(arn, name, "predicted from ccoctl's naming", None, False if gone else None, gone)


def _common_path(book: RoleBook, prefix: str, issuer: str) -> str:
    """Give the path that all roles of this cluster have; ccoctl's own is /, others are made by hand."""
    own = [r for r in book.roles if r.name.startswith(f"{prefix}-") and names_issuer(r, issuer)]
    paths = {parsed.path for r in own if r.arn and (parsed := parse_role_arn(r.arn))}
    return paths.pop() if len(paths) == 1 else "/"


def _made_by_ccoctl(chain: Chain, arn: str, region: str) -> bool:
    """Tell whether the role of that ARN ought to be there.

    ccoctl makes roles for requests: for the release's own that are in the cluster it did, for one of a
    user or of an operator of OLM, whose role may have any name, only where the Secret's length says so.
    What the release asks for and the cluster has not is of a capability that is off, or is request-missing.
    """
    request = chain.in_cluster
    if request is None:
        return False
    if brought_by_release(chain):
        return True
    paths = [OPENSHIFT_TOKEN, request.token_path or KUBERNETES_TOKEN]
    return chain.length is not None and bool(fitting(chain.length, len(arn), paths, region))


def foreign_role(
    chain: Chain, choices: Mapping[str, RoleChoice], chains: Sequence[Chain], names: Naming, issuer: str
) -> str | None:
    """Say how it shows that the role named in a Secret is not the one made for this request."""
    choice = choices[chain.id]
    role = choice.role
    if role is not None and choice.how == "rolesRef":
        owner = _owner(role, chain, choices, chains)
        return f"it was made for {owner}" if owner else None
    if role is None or choice.how != "secret":
        return None
    if role.arn and choice.arn and role.arn != choice.arn:
        return f"the account has the role of that name under another path, {role.arn}"
    maker = _maker(role, chain, chains, names)
    shared = bool(issuer) and names_issuer(role, issuer) and admits(role, chain.subjects)
    # only its trust policy tells whether it is shared
    if maker and role.trust and not shared and not may_admit(chain, role):
        return f"it was made for {maker}"
    prefix = prefix_of(role.name, chain.namespace, chain.secret_name)
    other_issuer = issuer and role.trust and not names_issuer(role, issuer)
    if other_issuer and prefix is not None and names.prefixes and prefix not in names.prefixes:
        ours = ", ".join(sorted(names.prefixes))
        return f"its name begins with {prefix}, this cluster's roles with {ours}"
    return None


def _owner(
    role: Role, chain: Chain, choices: Mapping[str, RoleChoice], chains: Sequence[Chain]
) -> str | None:
    """Give the consumer that a role of a hosted cluster admits in the place of the one it is named for.

    That one is named for the same role, or has none that admits it: two were exchanged, or one named twice.
    What made the roles tells of itself neither in their names nor in their descriptions.
    """
    if chain.secret is None or chain.of_control_plane or names_any(role, chain.subjects):
        return None
    for other in chains:
        own = choices[other.id].role
        if other.id == chain.id or not names_any(role, other.subjects):
            continue
        if own is None or own is role or not names_any(own, other.subjects):
            return other.id
    return None


def exchanged_with(
    chain: Chain, choices: Mapping[str, RoleChoice], chains: Sequence[Chain]
) -> tuple[str, RoleChoice] | None:
    """Give the consumer for which a hosted cluster names the role that admits this one, and that role.

    Each of the two roles admits another than the one it is named for. Where a role bears the name of its
    consumer, it is the trust policies that were exchanged.
    """
    role = choices[chain.id].role
    if not _admits_another(chain, choices[chain.id]):
        return None
    for other in chains:
        own = choices[other.id]
        theirs = own.role if other.id != chain.id and _admits_another(other, own) else None
        if theirs and theirs is not role and names_any(theirs, chain.subjects):
            return other.id, own
    return None


def _admits_another(chain: Chain, choice: RoleChoice) -> bool:
    """Tell whether a hosted cluster names for a consumer a role that was not made for it."""
    role = choice.role
    if role is None or choice.how != "rolesRef" or names_any(role, chain.subjects):
        return False
    return prefix_of(role.name, chain.namespace, chain.secret_name) is None


def may_admit(chain: Chain, role: Role) -> bool:
    """Tell whether a role's trust policy may be for a chain whose ServiceAccounts nothing names."""
    return not chain.subjects and f'"system:serviceaccount:{chain.namespace}:' in role.trust_text


def unsure_of_maker(chain: Chain, choice: RoleChoice, chains: Sequence[Chain], names: Naming) -> bool:
    """Tell whether a Secret's role was made for another request, and may be meant for this one too."""
    role = choice.role
    if role is None or choice.how != "secret" or not may_admit(chain, role):
        return False
    return _maker(role, chain, chains, names) is not None


def _maker(role: Role, chain: Chain, chains: Sequence[Chain], names: Naming) -> str | None:
    """Give the other chain that a role was made for, where it was not made for this one."""
    if _made_for(role, chain, names):
        return None
    return next((one.id for one in chains if one.id != chain.id and _made_for(role, one, names)), None)


def _made_for(role: Role, chain: Chain, names: Naming) -> bool:
    if role.description == DESCRIPTION + chain.id:
        return True
    return any(role.name == role_name(p, chain.namespace, chain.secret_name) for p in names.prefixes)


def role_of_calls(chain: Chain, events: Sequence[CloudTrailEvent]) -> CloudTrailEvent | None:
    """Give the newest event in which one of the chain's ServiceAccounts asked for a role, with its ARN."""
    asked = [
        event
        for event in events
        if event.event == SIGN_IN and event.role_arn and event.subject and event.subject in chain.subjects
    ]
    return max(asked, key=lambda event: event.time.timestamp() if event.time else 0.0, default=None)
