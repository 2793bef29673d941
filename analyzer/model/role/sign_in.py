"""Whether a policy about a role, beside its trust policy, keeps the web identities of a chain from it.

The role is the resource of this call. Its caller has no identity of AWS yet: what is known of the role's
sessions, as that they are of its account, does not hold for it. Which of the keys of an identity such a
policy sees instead is not documented: they stay open.
"""

from __future__ import annotations

from analyzer.frozen import frozen
from analyzer.iam.logic import all3
from analyzer.iam.policy import Policy
from analyzer.iam.trust_statement import judge_deny
from analyzer.iam.webidentity import WebIdentity
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import ClusterView

_NOT_DOCUMENTED = (
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalType",
)


@frozen
class SignIn:
    """The sign-in of a chain: its role, as far as its ARN is known, and those who call."""

    role_arn: str | None
    callers: tuple[WebIdentity, ...]

    def denied_by(self, policy: Policy) -> bool:
        """Tell whether a Deny of the policy certainly applies to one of the callers."""
        for statement in policy.statements:
            if statement.effect != "Deny":
                continue
            for caller in self.callers:
                resources, keys = statement.resource_matcher, caller.context(())
                on = resources.matches(self.role_arn or "", keys, short=False)
                if all3((on, judge_deny(statement, caller).holds)):
                    return True
        return False


def sign_in_of(chain: Chain, role_arn: str | None, view: ClusterView) -> SignIn:
    """Give the sign-in of a chain; where two issuers are in question none is known."""
    issuer = view.issuer if view.issuer and view.rival is None else None
    open_keys = dict.fromkeys(_NOT_DOCUMENTED)
    callers = (
        WebIdentity(issuer=issuer, subject=subject, extra=open_keys) for subject in chain.subjects or (None,)
    )
    return SignIn(role_arn, tuple(callers))
