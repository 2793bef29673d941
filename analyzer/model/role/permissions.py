"""Facts about what a role is granted, compared with what its request asks for."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.aws_records import OrganizationPolicy, SimulatedAction
from analyzer.evidence.records import Symptom
from analyzer.iam.entries import Entry
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import Objects, known
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.role.asked import INGRESS, entries_of, private_zone_role
from analyzer.model.role.denied_calls import read_denials
from analyzer.model.role.organization import Denied, organization_facts
from analyzer.model.role.simulated import read_simulated

NAMES = (
    "maker", "policies", "assumes", "overwritten_by", "missing_finer", "missing_logged",
    "missing_required", "missing_likely",
    "missing_optional", "missing_summary", "missing_first", "denied", "denied_logged", "denied_optional",
    "denied_inline", "denied_attached",
    "denied_summary", "boundary", "boundary_cuts", "boundary_logged", "boundary_optional", "boundary_narrow",
    "boundary_summary", "boundary_denied", "boundary_words",
    "narrow", "narrow_logged", "conditional", "conditional_logged", "other_version",
    "other_version_logged", "other_version_first", "other_version_policy", "other_version_id",
    "shared_vpc_problem", "excess",
    "excess_levels", "risks", "unknown_actions", "simulated",
)  # fmt: skip


def permission_facts(
    chain: Chain,
    choice: RoleChoice,
    joined: Joined,
    denials: Sequence[Symptom] = (),
    sharing: Sequence[str] = (),
) -> Facts:
    """Give the ``permissions.*`` facts of a chain.

    ``denials`` are its denied actions in the logs, ``sharing`` the ids of the chains that use the same role.
    """
    asks, objects, evidence, now = joined.asks, joined.objects, joined.evidence, joined.now
    said = read_denials(denials, choice.name)
    simulated = read_simulated(evidence.of(SimulatedAction), choice.name)
    entries = entries_of(chain.request) if chain.request and chain.request.entries else None
    above = _above(chain, choice, entries, joined)
    caller = choice.arn or "its role"
    facts = organization_facts(said, simulated.denied_by("organization"), above, caller, now)
    facts |= _private_zone(chain, objects, asks)
    if choice.exists is False or not entries:
        ask = not_judged(choice.comes_first) if choice.exists is False else joined.no_request(chain)
        return facts | dict.fromkeys((f"permissions.{name}" for name in NAMES), ask)
    if choice.role is None:
        return facts | dict.fromkeys((f"permissions.{name}" for name in NAMES), asks.role(choice.name))
    # Loaded where a role was handed in: most runs hold none.
    from analyzer.model.role.granted import granted_facts

    granted = granted_facts(chain, choice.role, entries, joined, said, simulated, sharing)
    return facts | {f"permissions.{name}": fact for name, fact in granted.items()}


def _above(chain: Chain, choice: RoleChoice, entries: Sequence[Entry] | None, joined: Joined) -> list[Denied]:
    """What policies of the organization that were handed in take of what the request asks for."""
    if not entries or not joined.evidence.of(OrganizationPolicy):
        return []
    from analyzer.model.role.organization_policies import policy_denials

    return policy_denials(chain, choice, entries, joined)


def _private_zone(chain: Chain, objects: Objects, asks: Asks) -> Facts:
    name = "permissions.private_zone_role"
    if chain.namespace != INGRESS:
        return {name: known(None)}
    dns = objects.one("DNS", "cluster", group="config.openshift.io")
    if dns is None:
        return {name: asks.config("dnses.config.openshift.io")}
    where = dns.where.at("spec", "platform", "aws", "privateZoneIAMRole")
    return {name: known(private_zone_role(objects), where)}
