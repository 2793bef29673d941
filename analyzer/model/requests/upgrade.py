"""What a target release asks for that is not there yet: one subject for each request, one for the release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence import kubernetes
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.records import CredentialsRequest
from analyzer.evidence.values import dig, items
from analyzer.frozen import replace
from analyzer.model.joining.asks import NOT_JUDGED
from analyzer.model.joining.chain import READ_ONLY_REQUEST, Chain, brought_by_release
from analyzer.model.joining.chains import DELETE
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES
from analyzer.model.joining.objects import known
from analyzer.model.joining.release_profile import is_of_profile, read_enabled
from analyzer.model.joining.releases import CAPABILITY, actions_of, added_actions
from analyzer.model.joining.resolve import resolve_role
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.requests.requests import has_namespace
from analyzer.model.requests.upgrade_release import Target, cluster_minor, release_facts, target_version
from analyzer.model.role.permissions import permission_facts
from analyzer.model.role.trust import trust_facts


def upgrade_subjects(target: Target, joined: Joined) -> list[Subject]:
    """Give the subjects of the kind ``upgrade``: the release, each of its requests, each that it drops.

    A file of the target that was not read in whole is a subject too, of which nothing is known.
    """
    released = [kubernetes.credentials_request(obj, release=True) for obj in target.objects]
    kept = [r for r in released if r.annotations.get(DELETE) != "true"]
    wanted = [r for r in kept if _is_wanted(r, joined)]
    version = target_version(kept, target.hint, cluster_minor(joined))
    shared: Facts = joined.view.facts | {"upgrade.target": version.fact}
    subjects = [Subject("upgrade", "release", shared | release_facts(version, joined), ())]
    subjects += [_request_subject(request, joined, shared) for request in wanted]
    subjects += _removed(kept, {r.name for r in released}, target.unread, joined, shared)
    for file in target.unread:
        hidden: Facts = {"upgrade.request": known(file), "upgrade.removed": joined.asks.target([file])}
        subjects.append(Subject("upgrade", file, shared | hidden, ()))
    return subjects


# --- each request -----------------------------------------------------------------------------


def _request_subject(request: CredentialsRequest, joined: Joined, shared: Facts) -> Subject:
    chain_id = f"{request.secret_namespace}/{request.secret_name}"
    now = next((c for c in joined.chains if c.request and c.request.name == request.name), None)
    own = next((c for c in joined.chains if c.id == chain_id), None)
    old = now.request if now else None
    choice = _choice(request, own, joined)
    moved = old is not None and (old.secret_namespace, old.secret_name) != (
        request.secret_namespace,
        request.secret_name,
    )
    where = request.where
    secret_place = where.at("spec", "secretRef")
    facts: Facts = {
        "upgrade.request": known(request.name, where.at("metadata", "name")),
        "upgrade.chain": known(chain_id, secret_place),
        "upgrade.namespace": known(request.secret_namespace, secret_place),
        "upgrade.secret_name": known(request.secret_name, secret_place),
        "upgrade.removed": known(False),
        "upgrade.new": _is_new(request, now, joined),
        "upgrade.secret_was": known(
            f"{old.secret_namespace}/{old.secret_name}" if old and moved else None, secret_place
        ),
        "upgrade.namespace_present": _namespace(request, joined),
        "upgrade.secret_present": _secret(request, own, joined),
        "upgrade.role_name": known(choice.name, derived=True) if choice.name else joined.asks.roles(),
        "upgrade.role_present": (
            joined.asks.role(choice.name) if choice.exists is None else known(choice.exists, choice.proof)
        ),
    }
    facts["upgrade.lacking"] = _lacking(facts, chain_id, choice)
    facts |= _actions(request, old, choice, joined)
    facts |= _service_accounts(request, old, choice, joined)
    concerned = own or now
    return Subject("upgrade", request.name, shared | facts, (concerned.id,) if concerned else ())


def _is_wanted(request: CredentialsRequest, joined: Joined) -> bool:
    """Whether the upgraded cluster will use a request.

    A capability that the present release does not know is switched on by the upgrade for what is there.
    """
    notes = request.annotations
    on = read_enabled(joined.objects)
    if request.name == READ_ONLY_REQUEST or not on.has_features(notes):
        return False
    if not is_of_profile(notes, joined.objects):
        return False
    enabled = on.capabilities
    if enabled is None or any(c.in_cluster and c.in_cluster.name == request.name for c in joined.chains):
        return True
    version = joined.objects.one("ClusterVersion", "version")
    path = ("status", "capabilities", "knownCapabilities")
    known_here = {c for c in items(dig(version.value, *path)) if isinstance(c, str)} if version else set()
    needed = set(request.annotations.get(CAPABILITY, "").split("+")) - {""}
    return (needed & known_here if known_here else needed) <= enabled


def _chain_of(request: CredentialsRequest) -> Chain:
    """Make the chain that there would be with the target's request."""
    return Chain(request.secret_namespace, request.secret_name, in_release=request)


def _choice(request: CredentialsRequest, own: Chain | None, joined: Joined) -> RoleChoice:
    if own is not None:
        return joined.choices[own.id]
    chain = _chain_of(request)
    chain.in_cluster = request  # as it will be then
    return resolve_role(chain, joined.book, joined.names, joined.view, joined.asks.account)


def _lacking(facts: Facts, chain_id: str, choice: RoleChoice) -> Fact:
    """Name what is known not to be there."""
    words = {
        "namespace": chain_id.partition("/")[0],
        "secret": chain_id,
        "role": choice.name or "for it",
    }
    shown = {"namespace": "namespace", "secret": "Secret", "role": "role"}
    gone = [what for what in words if value_of(facts, f"upgrade.{what}_present") is False]
    cites = [c for what in gone if isinstance(f := facts[f"upgrade.{what}_present"], Fact) for c in f.cites]
    return known([f"{shown[what]} {words[what]}" for what in gone], *cites)


def _is_new(request: CredentialsRequest, now: Chain | None, joined: Joined) -> Fact | Unknown:
    if now is not None:
        return known(False, now.request.where if now.request else None)
    if not joined.evidence.seen("CredentialsRequest", REQUESTS_NAMESPACE):
        return joined.asks.requests()
    return known(True, request.where)


def _namespace(request: CredentialsRequest, joined: Joined) -> Fact | Unknown:
    found = has_namespace(request.secret_namespace, joined.evidence)
    return joined.asks.namespaces() if found is None else known(found, request.where.at("spec", "secretRef"))


def _secret(request: CredentialsRequest, own: Chain | None, joined: Joined) -> Fact | Unknown:
    namespace, place = request.secret_namespace, request.where.at("spec", "secretRef")
    if own is not None and own.secret is not None:
        return known(True, own.secret.where)
    evidence = joined.evidence
    if request.secret_name in evidence.seen("Secret", namespace):
        return known(True, place)
    if evidence.has_list("Secret", namespace) or has_namespace(namespace, evidence) is False:
        return known(False, place)
    return joined.asks.namespace(namespace, "Secrets")


def _actions(
    request: CredentialsRequest, old: CredentialsRequest | None, choice: RoleChoice, joined: Joined
) -> Facts:
    """Hold the actions that the target adds against the role's policies."""
    added = added_actions(old, request) if old else sorted(actions_of(request).values())
    names = {action.lower() for action in added}
    entries = tuple(
        replace(entry, actions=actions)
        for entry in request.entries
        if (actions := tuple(a for a in entry.actions if a.lower() in names))
    )
    place = request.where.at("spec", "providerSpec", "statementEntries")
    facts: Facts = {"upgrade.actions_new": known(added, place)}
    if not entries:
        none = joined.asks.target() if request.hides_actions else known([])
        facts |= {f"upgrade.actions_{name}": none for name in ("missing", "withheld", "unused")}
        return facts | {"upgrade.actions_summary": known(None)}
    judged = permission_facts(_chain_of(replace(request, entries=entries)), choice, joined)
    facts |= {f"upgrade.actions_{name}": _joined(judged, parts) for name, parts in _PARTS.items()}
    facts["upgrade.actions_summary"] = known(_summary(facts))
    return facts


_PARTS = {
    "missing": ("missing_logged", "missing_required", "missing_likely", "other_version"),
    "withheld": ("denied", "boundary_cuts"),
    "unused": ("missing_optional", "denied_optional", "boundary_optional"),
}
"""Which of the role's permission facts tell what the upgraded operator may not do, and why."""

_SAID = {
    "missing": "{}",
    "withheld": "{} (taken by a Deny in its policies, or by its permissions boundary)",
    "unused": "{} (nothing shows that it is needed here)",
}


def _summary(facts: Facts) -> str | None:
    parts = []
    for name, words in _SAID.items():
        found = value_of(facts, f"upgrade.actions_{name}")
        if isinstance(found, list) and found:
            parts.append(words.format(", ".join(found)))
    return "; ".join(parts) or None


def _joined(facts: Facts, names: Iterable[str]) -> Fact | Unknown:
    found = [facts[f"permissions.{name}"] for name in names]
    actions = [a for f in found if isinstance(f, Fact) and isinstance(f.value, list) for a in f.value]
    unknown = next((f for f in found if isinstance(f, Unknown)), None)
    if unknown is not None and not actions:
        return unknown
    return known(sorted(set(actions)), *(c for f in found if isinstance(f, Fact) for c in f.cites))


def _service_accounts(
    request: CredentialsRequest, old: CredentialsRequest | None, choice: RoleChoice, joined: Joined
) -> Facts:
    """Hold the ServiceAccounts that the target adds against the role's trust policy."""
    before = set(old.service_accounts) if old else set()
    added = [name for name in request.service_accounts if name not in before]
    place = request.where.at("spec", "serviceAccountNames")
    facts: Facts = {"upgrade.service_accounts_new": known(added, place)}
    if not added:
        return facts | {"upgrade.subjects_denied": known([])}
    chain = _chain_of(replace(request, service_accounts=tuple(added)))
    judged = trust_facts(chain, choice, joined.view, list(USUAL_AUDIENCES[:1]), joined.asks)
    denied = judged["trust.subjects_denied"]
    if isinstance(denied, Fact):
        denied = Fact(denied.value, (*denied.cites, place))
    return facts | {"upgrade.subjects_denied": denied}


def _removed(
    kept: Sequence[CredentialsRequest],
    named: set[str],
    unread: Sequence[str],
    joined: Joined,
    shared: Facts,
) -> list[Subject]:
    """Give the requests of the present release that the target has no more; those of OLM are nobody's.

    A release keeps most of its requests. A target that names fewer than half of them is a part of one,
    and what it does not name may stand in the rest, or in a file that was not read in whole. A Secret
    that the target asks for under another request's name stays.
    """
    present = [(c, c.in_cluster) for c in joined.chains if c.in_cluster and brought_by_release(c)]
    is_part = 2 * sum(request.name in named for _, request in present) < len(present)
    names = {r.name for r in kept}
    secrets = {f"{r.secret_namespace}/{r.secret_name}" for r in kept}
    subjects = []
    for chain, request in present:
        if request.name in names or chain.id in secrets:
            continue
        rest = (is_part or bool(unread)) and request.name not in named
        facts: Facts = {
            "upgrade.request": known(request.name, request.where),
            "upgrade.chain": known(chain.id, request.where.at("spec", "secretRef")),
            "upgrade.namespace": known(chain.namespace, request.where),
            "upgrade.secret_name": known(chain.secret_name, request.where),
            "upgrade.removed": joined.asks.target(unread) if rest else known(True, request.where),
            "upgrade.new": known(False),
            "upgrade.secret_was": known(None),
        }
        facts |= _left_over(chain, joined)
        subjects.append(Subject("upgrade", request.name, shared | facts, (chain.id,)))
    return subjects


def _left_over(chain: Chain, joined: Joined) -> Facts:
    """Tell what nothing uses after a request is gone: its Secret, and its role unless others have it too."""
    name = joined.choices[chain.id].name
    is_shared = name is not None and any(
        joined.choices[other.id].name == name for other in joined.chains if other.id != chain.id
    )
    role = f"role {name}" if name else "its role"
    return {
        "upgrade.role_name": known(name, derived=True) if name else NOT_JUDGED,
        "upgrade.role_shared": known(is_shared, derived=True),
        "upgrade.left_over": known(f"Secret {chain.id}" if is_shared else f"Secret {chain.id} and {role}"),
    }
