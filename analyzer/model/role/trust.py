"""Facts about the trust policy of a chain's role: whom of the request's ServiceAccounts it admits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.masks.shapes import is_masked
from analyzer.iam.policy import Policy
from analyzer.iam.trust_fault import Problem
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.aws import issuer_fault
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView, Facts, value_of
from analyzer.model.joining.consumers import foreign_workloads
from analyzer.model.joining.objects import known
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.role.trust_told import PROBLEMS, all_facts, told

if TYPE_CHECKING:
    from analyzer.model.role.trust_policy import TrustPolicy

_KEEPS_ALL_OUT: tuple[Problem, ...] = (
    "malformed",
    "placeholder",
    "principal-wrong",
    "provider-mismatch",
    "action-wrong",
    "condition-key-mismatch",
)
_OF_AN_ISSUER = ("trust.provider_mismatch", "trust.condition_key_mismatch")
"""Faults by which a policy shows that it is of another issuer."""
_TURNED_BY_AUDIENCE = ("subjects_denied", "subjects_allowed", "problem", *PROBLEMS)


def trust_facts(
    chain: Chain, choice: RoleChoice, view: ClusterView, audiences: Sequence[str] | None, asks: Asks
) -> Facts:
    """Give the ``trust.*`` facts: every ServiceAccount of the request is judged on its own."""
    facts = _trust_facts(chain, choice, view, audiences, asks)
    if view.rival is None:
        return facts
    other = _trust_facts(chain, choice, view.of_rival(), audiences, asks)
    both = [(name, value_of(facts, name), value_of(other, name)) for name in _OF_AN_ISSUER]
    waits = {name: view.rival.waits for name, ours, rivals in both if _found(ours) != _found(rivals)}
    fits = any(ours for _, ours, _ in both) and not any(rivals for _, _, rivals in both)
    return (other if fits else facts) | waits


def _found(fault: object) -> object:
    return fault["found"] if isinstance(fault, dict) else fault


def _trust_facts(
    chain: Chain, choice: RoleChoice, view: ClusterView, audiences: Sequence[str] | None, asks: Asks
) -> Facts:
    role = choice.role
    issuer = view.facts["cluster.issuer"]
    if isinstance(issuer, Unknown) and choice.exists is not False:
        return all_facts(issuer)
    first = _comes_first(chain, choice, view)
    if first is not None:
        return all_facts(not_judged(first))
    if role is None or role.trust is None:
        return all_facts(asks.role(choice.name))
    if "trust" in role.conflicts:
        disagree = f"the exports of role {choice.name} disagree about its trust policy"
        return all_facts(asks.role(choice.name, disagree))
    from analyzer.model.role.trust_policy import read_trust_policy  # most runs hold no trust policy

    trust = read_trust_policy(chain, choice, view, role.trust)
    if not chain.subjects:
        return _judged_for_anyone(trust, asks)
    facts = _judged(trust, audiences, asks)
    if audiences is None:
        for audience in trust.audiences_that_matter():
            facts = _agreed(facts, _judged(trust, [audience], asks), asks.namespace(chain.namespace, "pods"))
    return facts


def _comes_first(chain: Chain, choice: RoleChoice, view: ClusterView) -> str | None:
    """Name the rule of a fault without whose repair no trust policy can be judged."""
    if choice.exists is False:
        return choice.comes_first
    judged = choice.role is not None and choice.role.trust is not None
    if judged and chain.request is not None and not chain.subjects:
        return "request-no-service-accounts"
    if not view.issuer:
        return "mode-issuer-unset"
    return issuer_fault(view.issuer)


def _judged(trust: TrustPolicy, audiences: Sequence[str] | None, asks: Asks) -> Facts:
    decisions = {subject: trust.decide(subject, audiences) for subject in trust.chain.subjects}
    if trust.account is None and all(
        d.allowed is not False and d.problem is None for d in decisions.values()
    ):
        name = trust.choice.name
        why = "the account is masked in the trust policy" if trust.masked else "nothing tells the account"
        return all_facts(asks.role(name, f"{why} of role {name}"))
    facts = told(trust, decisions, asks)
    broad = facts["trust.too_broad"]
    if isinstance(broad, Fact) and broad.value is None and audiences and (who := trust.stranger(audiences)):
        sentence = f"a pattern in it also admits ServiceAccounts of other namespaces, such as {who}"
        facts["trust.too_broad"] = known(sentence, trust.where)
    facts["trust.admits_foreign"] = _admits_foreign(trust, audiences, asks)
    return facts


def _admits_foreign(trust: TrustPolicy, audiences: Sequence[str] | None, asks: Asks) -> Fact | Unknown:
    """Tell whether it admits those too that use the Secret and that the request does not name."""
    chain, name = trust.chain, trust.choice.name
    if not isinstance(trust.policy, Policy):
        return not_judged("trust-malformed")
    accounts = sorted({found.service_account for found in foreign_workloads(chain)})
    subjects = {a: f"system:serviceaccount:{chain.namespace}:{a}" for a in accounts}
    admitted = {a: trust.decide(subject, audiences).allowed for a, subject in subjects.items()}
    unsure = [account for account in accounts if admitted[account] is None]
    if unsure and False not in admitted.values():
        why = f"role {name} admits {', '.join(unsure)} only under a condition that cannot be known offline"
        return asks.role(name, why)
    if False not in admitted.values() and any(is_masked(found.service_account) for found in chain.workloads):
        return asks.namespace(chain.namespace, "pods")
    return known(all(admitted.values()), trust.where)


def _judged_for_anyone(trust: TrustPolicy, asks: Asks) -> Facts:
    """Judge a trust policy without the request, which alone names the ServiceAccounts.

    Only what keeps everyone out is told: then it does not matter who they are.
    """
    decision = trust.decide(None, None)
    if trust.masked or decision.allowed is not False or decision.problem not in _KEEPS_ALL_OUT:
        return all_facts(asks.requests())
    facts = told(trust, {f"system:serviceaccount:{trust.chain.namespace}:*": decision}, asks)
    return facts | {"trust.admits_foreign": known(False, trust.where)}


def _agreed(facts: Facts, other: Facts, ask: Unknown) -> Facts:
    """Leave open what another audience would turn: a fault that is there or not, of whom."""

    def gist(fact: Fact | Unknown) -> object:
        if isinstance(fact, Unknown):
            return None
        value = fact.value
        return (value["problem"], value["denied"]) if isinstance(value, dict) else value

    turned = {
        name
        for name in (f"trust.{one}" for one in _TURNED_BY_AUDIENCE)
        if not isinstance(facts[name], Unknown) and gist(facts[name]) != gist(other[name])
    }
    return {name: ask if name in turned else fact for name, fact in facts.items()}
