"""Facts about the CredentialsRequests themselves: the release's text, their conditions, names of roles."""

from __future__ import annotations

from analyzer.engine.facts import Cite, Fact, Subject, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.layout import REQUESTS_NAMESPACE
from analyzer.evidence.masks.shapes import is_masked
from analyzer.evidence.values import dig, items, parse_time, text
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.aws import ROLE_NAME_LIMIT, RoleArn, parse_role_arn
from analyzer.model.joining.chain import Chain, brought_by_release, condition
from analyzer.model.joining.cluster import ClusterView, Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.joining.release_folders import ReleaseFolder
from analyzer.model.joining.release_match import ReleaseMatch
from analyzer.model.joining.releases import differences, minor_of
from analyzer.model.joining.role_choice import role_name
from analyzer.model.requests.olm import installed_operators, waiting_for_role

NOISE = "an empty awsSTSIAMRoleARN was found"
"""Early 4.14 and 4.15 say so of every request that ccoctl serves (OCPBUGS-33566)."""

STATUS_IN_MANUAL_MODE = 14
"""The first minor release whose credential operator looks at requests in Manual mode at all."""

LONGEST_USUAL_NAME = 27
"""Characters of the installer's infrastructure name; ccoctl's --name is seldom longer."""

_EVERYWHERE = frozenset({"default", "kube-system", "openshift"})
_NOT_WHOLE = ("incomplete", "unreadable")


def release_subjects(joined: Joined) -> list[Subject]:
    """Give the subject that stands for the release's requests, and one for each release left aside."""
    match, facts, asks = joined.match, joined.view.facts, joined.asks
    if not match.given:
        return []
    cites = [c.in_release.where for c in joined.chains if c.in_release]
    aside = [
        Subject("release", f"{folder.input}:{folder.folder}", facts | _aside(folder), ())
        for folder in match.beside
    ]
    open_still = asks.release() if joined.all_requests else asks.requests()
    more: Facts = {
        "release.other_version": known(match.other, *cites[:3], derived=True) if match.sure else open_still,
        "release.requests": known(len(cites), *cites[:1]),
    }
    if not cites:
        return aside
    return [Subject("release", cites[0].file.rpartition("/")[0] or cites[0].file, facts | more, ()), *aside]


def _aside(folder: ReleaseFolder) -> Facts:
    """Give the facts of a release that is not the cluster's though it was handed in with one that is."""
    place = f"input {folder.input}" + (f", {folder.folder}" if folder.folder else "")
    name = f"{folder.version or 'a version that they do not tell'}, in {place}"
    cites = [obj.where for obj in folder.objects[:3]]
    return {
        "release.other_version": known(name, *cites, derived=True),
        "release.requests": known(len(folder.objects), *cites[:1]),
    }


def request_facts(chain: Chain, joined: Joined) -> Facts:
    """Give the ``request.*`` facts of a chain."""
    evidence, asks = joined.evidence, joined.asks
    in_cluster, cite = _is_in_cluster(chain, joined)
    waiting = waiting_for_role(chain, installed_operators(joined), evidence)
    request = chain.in_cluster or chain.in_release
    where = request.where if request else None
    facts: Facts = {
        "request.waits_for_role": known(
            waiting.package if waiting else None, waiting.obj.where.at("spec") if waiting else None
        ),
        "request.drift": _drift(chain, joined.match, asks),
        "request.namespace_missing": _namespace_missing(chain, joined),
        "request.provision_failure": _provision_failure(chain, in_cluster, joined.view, asks),
        "request.namespace": known(request.namespace, where) if request else joined.no_request(chain),
        "request.token_path": (
            known(request.token_path, where.at("spec", "cloudTokenPath") if where else None)
            if request
            else asks.requests()
        ),
    }
    facts |= _own_facts(chain, joined, in_cluster, cite) | _collisions(chain, joined)
    if joined.has_none(chain):
        facts |= {
            f"request.{name}": known(None) for name in ("provision_failure", "token_path", "sts_role_arn")
        }
    return facts


def _own_facts(chain: Chain, joined: Joined, in_cluster: bool | None, cite: Cite | None) -> Facts:
    """Tell which request a chain has, and where it stands."""
    asks, request = joined.asks, chain.request
    where = request.where if request else None
    others = request is not None and joined.evidence.seen("CredentialsRequest", REQUESTS_NAMESPACE)
    not_told = asks.requests(request.name if request and others else None)
    if chain.gated:
        not_told = asks.config(chain.gated)
    has_release = joined.match.given and joined.match.other is None
    if chain.consumer is not None and chain.in_cluster is None:
        has_release = False  # what hosts a guest makes its Secrets, whatever requests are there
    return {
        "request.in_cluster": not_told if in_cluster is None else known(in_cluster, cite or where),
        "request.in_release": (
            known(
                chain.in_release is not None and brought_by_release(chain),
                chain.in_release.where if chain.in_release else None,
            )
            if has_release
            else known(None)
        ),
        "request.brought_by_release": (
            known(brought_by_release(chain), where) if request else joined.no_request(chain)
        ),
        "request.gathered": known(in_cluster is not None),
        "request.settled": not_told if request and in_cluster is None else known(True, where),
        "request.service_accounts": (
            known(list(chain.service_accounts), where.at("spec", "serviceAccountNames") if where else None)
            if request
            else _without_request(list(chain.service_accounts), asks)
        ),
        "request.subjects": (
            known(chain.subjects, where, derived=True) if request else _without_request(chain.subjects, asks)
        ),
        "request.sts_role_arn": known(request.sts_role_arn, where) if request else asks.requests(),
    }


def _without_request(told: list[str], asks: Asks) -> Fact | Unknown:
    """Give what is told of a chain's ServiceAccounts without a request: HyperShift has a list of its own."""
    return known(told, derived=True) if told else asks.requests()


def _is_in_cluster(chain: Chain, joined: Joined) -> tuple[bool | None, Cite | None]:
    """Tell whether the request is in the cluster, by the credential operator's own list of them.

    The operator names every request as a related object, so a file that is merely not there is told
    apart from a request that does not exist.
    """
    if chain.in_cluster is not None:
        return True, chain.in_cluster.where
    if chain.in_release is None or chain.gated:
        return None, None
    operator = joined.objects.one("ClusterOperator", "cloud-credential")
    gathered = joined.evidence.seen("CredentialsRequest", REQUESTS_NAMESPACE)
    if operator is None or not gathered or _lies_in_bundle(chain.in_release.name, joined.evidence):
        return None, None
    related = items(dig(operator.value, "status", "relatedObjects"))
    names = {text(dig(r, "name")) for r in related if dig(r, "resource") == "credentialsrequests"}
    if not names or chain.in_release.name in names or any(name and is_masked(name) for name in names):
        return None, None
    return False, operator.where.at("status", "relatedObjects")


def _lies_in_bundle(name: str, evidence: Evidence) -> bool:
    """Tell a request that was gathered, though it was too damaged or too masked to be read."""
    roots = {f"{entry.id}:{root}" for entry in evidence.inputs for root in entry.roots}
    found = (
        names for key, names in evidence.names.items() if key[0] in roots and key[1] == "CredentialsRequest"
    )
    return any(name in names for names in found)


def _drift(chain: Chain, match: ReleaseMatch, asks: Asks) -> Fact | Unknown:
    if not match.usable or chain.in_cluster is None or chain.in_release is None:
        return known(None)
    found = differences(chain.in_cluster, chain.in_release)
    if not found and (chain.in_cluster.hides_actions or chain.in_release.hides_actions):
        return asks.requests() if chain.in_cluster.hides_actions else asks.release()
    return known(found, chain.in_cluster.where.at("spec"), chain.in_release.where.at("spec"))


def _namespace_missing(chain: Chain, joined: Joined) -> Fact | Unknown:
    """Say how it shows that the namespace is not there; what lies in it shows that it is."""
    namespace, evidence, asks = chain.namespace, joined.evidence, joined.asks
    found = condition(chain.in_cluster, "MissingTargetNamespace")
    phrase = f"the request's condition MissingTargetNamespace says: {found[0]}" if found else ""
    if _has_namespace(namespace, evidence):
        still = found is not None and _is_said_still(chain, joined)
        if isinstance(still, Unknown):
            return still
        if found is None or not still:
            unasked = chain.in_cluster is None and _is_in_cluster(chain, joined)[0] is None
            mute = chain.consumer is not None or joined.view.hosted or _is_untouched(joined.view)
            return asks.requests() if unasked and not mute else known(None)
        return known(f"{phrase}, though the bundle holds it, and it is older", found[1])
    if chain.gated:
        return asks.config(chain.gated)
    if found:
        return known(phrase, found[1])
    if has_all_namespaces(evidence):
        where = chain.request.where if chain.request else None
        return known("it is not in the list of the cluster's namespaces", where)
    return asks.namespaces()


def _is_said_still(chain: Chain, joined: Joined) -> bool | Unknown:
    """Tell whether the operator missed a namespace that is there, and was not made since."""
    if _is_untouched(joined.view):
        return False
    space = joined.objects.one("Namespace", chain.namespace)
    made = parse_time(dig(space.value, "metadata", "creationTimestamp")) if space else None
    if made is None:
        return joined.asks.namespaces()
    entries = chain.in_cluster.conditions if chain.in_cluster else ()
    said = [entry for entry in entries if entry.get("type") == "MissingTargetNamespace"]
    times = (
        parse_time(entry.get(name)) for entry in said for name in ("lastTransitionTime", "lastProbeTime")
    )
    last = max(filter(None, times), default=None)
    return last is None or made < last


def _is_untouched(view: ClusterView) -> bool:
    """Tell a cluster whose credential operator leaves the status of requests as it was before Manual mode."""
    minor = minor_of(text(value_of(view.facts, "cluster.version")))
    mode, older = view.facts["cluster.credentials_mode"], minor is not None and minor < STATUS_IN_MANUAL_MODE
    return isinstance(mode, Fact) and mode.value == "Manual" and older


def has_namespace(namespace: str, evidence: Evidence) -> bool | None:
    """Tell whether a namespace exists; None where neither it nor a list of all was gathered."""
    if _has_namespace(namespace, evidence):
        return True
    return False if has_all_namespaces(evidence) else None


def _has_namespace(namespace: str, evidence: Evidence) -> bool:
    gathered = any(key[2] == namespace for key in evidence.listed)
    return gathered or namespace in evidence.seen("Namespace", "")


def has_all_namespaces(evidence: Evidence) -> bool:
    """Tell whether a list of all namespaces was read, in the bundle or beside it."""
    if evidence.has_list("Namespace", ""):
        return True
    left_out = {(entry.id, root) for entry in evidence.inputs for root in entry.roots}
    # what is cut, or a page of more, holds whom it names and proves no absence
    left_out |= {
        (problem.input, problem.member) for problem in evidence.problems if problem.severity in _NOT_WHOLE
    }
    return any(
        key[1:] == ("Namespace", "") and tuple(key[0].split(":", 1)) not in left_out and names >= _EVERYWHERE
        for key, names in evidence.names.items()
    )


def _provision_failure(
    chain: Chain, in_cluster: bool | None, view: ClusterView, asks: Asks
) -> Fact | Unknown:
    if chain.in_cluster is None:
        return asks.requests() if in_cluster is None else known(None)
    found = condition(chain.in_cluster, "CredentialsProvisionFailure")
    minor = minor_of(text(value_of(view.facts, "cluster.version")))
    mode, older = view.facts["cluster.credentials_mode"], minor is not None and minor < STATUS_IN_MANUAL_MODE
    if found is None or NOISE in found[0] or _is_untouched(view):
        return known(None, chain.in_cluster.where.at("status"))
    if isinstance(mode, Unknown) and (older or minor is None):
        return mode
    if minor is None and isinstance(mode, Fact) and mode.value == "Manual":
        return asks.config("clusterversions.config.openshift.io")
    if not found[0] or is_masked(found[0]):
        return asks.requests()
    return known(found[0], found[1].at("message"))


# --- names of roles ---------------------------------------------------------------------------


def _collisions(chain: Chain, joined: Joined) -> Facts:
    """Find the other requests for which ccoctl gives the same role name, cut at 64 characters.

    One that was not read may be of the same name.
    """
    names, asks, cut = joined.names, joined.asks, joined.cut_names
    where = chain.request.where if chain.request else None
    if len(names.prefixes) != 1:
        near = cut.others(chain, LONGEST_USUAL_NAME)
        sure = [c.id for c in cut.others(chain, 1)]
        why = "the name that ccoctl made this cluster's roles with is not known"
        found: Fact | Unknown = known(sure, where) if sure or not near else asks.roles(why)
        return {"request.collides_with": found, "request.role_name": known(None)}
    (prefix,) = names.prefixes
    name = role_name(prefix, chain.namespace, chain.secret_name)
    hits = [c for c in cut.others(chain, len(prefix)) if not _apart(chain, c, name)]
    cites = [where, *(c.request.where for c in hits if c.request)]
    return {
        "request.collides_with": (
            known([c.id for c in hits], *cites, derived=True)
            if hits or joined.all_requests
            else asks.requests()
        ),
        "request.role_name": known(name, where, derived=True),
    }


def _apart(one: Chain, other: Chain, cut: str) -> bool:
    """Whether they name different roles, or one names another than ``cut``: ccoctl did not name both then."""
    roles = [_role_named(chain) for chain in (one, other)]
    if None not in roles:
        return roles[0] != roles[1]
    return any(role is not None and role.name[:ROLE_NAME_LIMIT] != cut for role in roles)


def _role_named(chain: Chain) -> RoleArn | None:
    """Give the role that a Secret names, else its request: an operator of OLM has a role of its own."""
    named = chain.request.sts_role_arn if chain.request is not None else None
    if chain.credentials is not None:
        named = chain.credentials.role_arn
    return parse_role_arn(named) if named and not is_masked(named) else None


def hidden_by_collision(facts: Facts) -> Facts:
    """Take back what a role says that two requests share by the cut of its name: it is a mixture of both."""
    if not value_of(facts, "request.collides_with") or value_of(facts, "role.exists") is not True:
        return {}
    hidden = [n for n in facts if n.startswith(("trust.", "permissions.")) or n == "role.shared_with"]
    return dict.fromkeys(hidden, not_judged("request-role-name-collision"))
