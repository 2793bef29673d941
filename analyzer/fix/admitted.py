"""Whom a role must admit: exactly the ServiceAccounts of the requests that use it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from analyzer.engine.facts import Fact
from analyzer.evidence.records import Json
from analyzer.fix.repair import Case, Refusal, account_of, issuer_to_mend_for
from analyzer.frozen import frozen
from analyzer.iam.policy import parse_policy
from analyzer.iam.trust import TrustDecision, evaluate_trust
from analyzer.iam.webidentity import ACTION
from analyzer.model.joining.aws import provider_arn, provider_of, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES, aws_tokens
from analyzer.model.subjects.webhook_chains import AUDIENCE


@frozen
class Wanted:
    """Whom a role must admit: the tokens' issuer, subjects and audiences."""

    provider: str
    issuer: str
    subjects: tuple[str, ...]
    audiences: tuple[str, ...]
    account: str
    others: frozenset[str]
    """Provider ARNs of other issuers that exist: what trusts them may be in use."""
    all_listed: bool = True
    """Whether the account's providers were listed: else another may be there that nothing shows."""
    elsewhere: frozenset[str] = frozenset()
    """ServiceAccounts whose Secrets are known to name other roles."""
    alone: bool = True
    """Whether the inputs show all who use the role; users' workloads may be in namespaces not gathered."""
    now: datetime | None = None
    """When the inputs were gathered: a time that was over then is never met again."""

    @property
    def statement(self) -> dict[str, Json]:
        """The one statement that admits them and nobody else."""
        host = without_scheme(self.issuer)
        audience: Json = self.audiences[0] if len(self.audiences) == 1 else list(self.audiences)
        return {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": ACTION,
            "Condition": {"StringEquals": {f"{host}:aud": audience, f"{host}:sub": list(self.subjects)}},
        }

    @property
    def accounts(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each subject."""
        parts = (subject.split(":") for subject in self.subjects)
        return frozenset((part[2], part[3]) for part in parts if len(part) == 4)

    def may_exist(self, provider: Json) -> bool:
        """Tell whether another issuer's provider is there, or may be as far as these inputs show."""
        found = provider_of(provider) if isinstance(provider, str) and provider != self.provider else None
        unseen = found is not None and found[0] == self.account and not self.all_listed
        return provider in self.others or unseen

    def judge(
        self, statements: Sequence[Json], subject: str, audiences: Sequence[str] | None = None
    ) -> TrustDecision:
        """Judge one subject by a policy of these statements, with the pods' audiences or others."""
        policy = parse_policy({"Version": "2012-10-17", "Statement": list(statements)})
        return evaluate_trust(
            policy, provider_arn=self.provider, issuer=self.issuer, subject=subject,
            audiences=audiences or self.audiences, role_account=self.account, now=self.now,
        )  # fmt: skip

    def admits(self, statements: Sequence[Json], subject: str) -> bool | None:
        """Tell whether these statements admit a subject."""
        return self.judge(statements, subject).allowed


def wanted_of(case: Case, chain: Chain) -> Wanted | Refusal:
    """Say whom the role of a chain must admit: exactly the ServiceAccounts of the requests that use it."""
    joined = case.joined
    choice, issuer = case.choice(chain.id), issuer_to_mend_for(case)
    account = choice.account or account_of(case, choice.role)
    if isinstance(issuer, Refusal):
        return issuer
    if not account or not joined.view.partition_known:
        return Refusal("the account or the partition of the role is not known: hand in the Secret's value")
    users = [c for c in case.chains.values() if c.id == chain.id or _uses(case, c, choice.arn)]
    subjects = tuple(dict.fromkeys(s for c in users for s in c.subjects))
    if not subjects:
        return Refusal("the request names no ServiceAccount")
    provider = provider_arn(joined.view.partition, account, issuer)
    listed = {arn for arn, _ in joined.providers.listed_arns()}
    others = (c for c in case.chains.values() if c not in users and case.choice(c.id).how == "secret")
    return Wanted(
        provider, issuer, subjects, _audiences(case, users), account, frozenset(listed - {provider}),
        all_listed=joined.providers.complete(account) is not None,
        elsewhere=frozenset(s for c in others for s in c.subjects), alone=chain.webhook_account is None,
        now=joined.now,
    )  # fmt: skip


def _uses(case: Case, chain: Chain, arn: str | None) -> bool:
    shared = case.fact(chain.id, "role.shared_with")
    return bool(arn) and case.choice(chain.id).arn == arn and isinstance(shared, list) and bool(shared)


def _audiences(case: Case, chains: Sequence[Chain]) -> tuple[str, ...]:
    """Give what the pods' tokens carry; an audience that nothing accepts is the pods' own fault."""
    known = case.joined.client_ids
    accepted = {
        *USUAL_AUDIENCES,
        *(known.value if isinstance(known, Fact) and isinstance(known.value, list) else ()),
    }
    used = sorted({t.audience or "" for c in chains for w in c.workloads for t in aws_tokens(w)})
    usual = AUDIENCE if any(c.webhook_account for c in chains) else USUAL_AUDIENCES[0]
    return tuple(a for a in used if a in accepted) or (usual,)
