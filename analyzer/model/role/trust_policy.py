"""The trust policy of a chain's role, and how IAM decides by it on the tokens of the chain's pods."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.evidence.masks.withheld import hides_accounts
from analyzer.evidence.origin import Where
from analyzer.evidence.records import PolicyDocument
from analyzer.frozen import frozen
from analyzer.iam.policy import Malformed, Policy
from analyzer.iam.trust import TrustDecision, evaluate_trust
from analyzer.iam.webidentity import key_claim
from analyzer.model.joining.aws import parse_role_arn, provider_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.roles import policy_of
from analyzer.model.role.strangers import strangers

_MOST_AUDIENCES = 8


@frozen
class TrustPolicy:
    """A role's trust policy as it was exported, for one chain of one cluster."""

    chain: Chain
    choice: RoleChoice
    view: ClusterView
    where: Where
    policy: Policy | Malformed
    masked: bool
    """Accounts in it are masked."""
    provider: str | None
    """The ARN of the provider that it should name, as far as account and partition are known."""
    account: str | None
    """The role's, which the provider must be of; None where nothing tells it, or accounts are masked."""

    def decide(self, subject: str | None, audiences: Sequence[str] | None) -> TrustDecision:
        """Decide as IAM does on a token of a ServiceAccount, None for anyone's."""
        return evaluate_trust(
            self.policy,
            provider_arn=self.provider,
            issuer=self.view.issuer or "",
            subject=subject,
            audiences=audiences,
            role_account=self.account,
            now=self.view.now,
        )

    def audiences_that_matter(self) -> list[str]:
        """Give audiences of which the nearest statement may depend: those named, and one that is not.

        Nothing depends on it where one statement alone allows anything.
        """
        statements = self.policy.statements if isinstance(self.policy, Policy) else ()
        allows = [s for s in statements if s.effect == "Allow"]
        clauses = [clause for s in allows for clause in s.conditions if key_claim(clause.key) == "aud"]
        named = dict.fromkeys(value for clause in clauses for value in clause.values)
        return [*list(named)[:_MOST_AUDIENCES], "no-such-audience"] if named and len(allows) > 1 else []

    def stranger(self, audiences: Sequence[str]) -> str | None:
        """Give a ServiceAccount of a foreign namespace that is admitted: a pattern lets it in."""
        statements = self.policy.statements if isinstance(self.policy, Policy) else ()
        clauses = (clause for statement in statements for clause in statement.conditions)
        values = [value for clause in clauses if key_claim(clause.key) == "sub" for value in clause.values]
        for subject in strangers(values, self.chain.service_accounts, (self.chain.namespace,)):
            if self.decide(subject, audiences).allowed is True:
                return subject
        return None


def read_trust_policy(
    chain: Chain, choice: RoleChoice, view: ClusterView, document: PolicyDocument
) -> TrustPolicy:
    """Read the trust policy of the role that a chain uses."""
    role = choice.role.account if choice.role else None
    masked = hides_accounts(document)
    account = None if masked else choice.account or role
    partition = _partition(choice, view)
    provider = provider_arn(partition, account, view.issuer or "") if account and partition else None
    return TrustPolicy(chain, choice, view, document.where, policy_of(document), masked, provider, account)


def _partition(choice: RoleChoice, view: ClusterView) -> str | None:
    """Give the partition that the role's provider is in: the region's, else the exported role's own."""
    if view.partition_known:
        return view.partition
    arn = choice.role.arn if choice.role else None
    parsed = parse_role_arn(arn) if arn else None
    return parsed.partition if parsed else None
