"""ServiceAccounts that sign in by the pod identity webhook, as chains: from the issuer to the role's trust.

No request says what such a program needs, so its permissions are not judged, and it has no Secret.
"""

from __future__ import annotations

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence import kubernetes
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import aws_tokens
from analyzer.model.joining.objects import known
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.webhook_accounts import Account, is_mutated
from analyzer.model.role.trust import role_facts, trust_facts
from analyzer.model.subjects.chain import ChainModel
from analyzer.model.symptoms.recorded_calls import requested_session
from analyzer.model.workloads.webhook import role_of

AUDIENCE = "sts.amazonaws.com"
"""What the webhook asks for where an annotation names no other audience."""


def webhook_chains(joined: Joined) -> list[tuple[Subject, ChainModel]]:
    """Give a chain for each ServiceAccount whose role the exports tell something of."""
    taken = {chain.id for chain in joined.chains}
    found = []
    for account in joined.accounts:
        choice = _choice(account, joined)
        if choice is not None and f"{account.namespace}/{account.name}" not in taken:
            found.append(_chain(account, choice, joined))
    return found


def audiences_of(chain: Chain) -> list[str]:
    """Give the audiences of the tokens that the webhook put into a chain's pods."""
    return sorted({t.audience or "" for w in chain.workloads for t in aws_tokens(w)}) or [AUDIENCE]


def _choice(account: Account, joined: Joined) -> RoleChoice | None:
    mutated = [pod for pod in account.pods if is_mutated(pod)]
    arn = role_of(account, mutated)
    parsed = parse_role_arn(arn) if arn else None
    if arn is None or parsed is None or not joined.view.issuer:
        return None
    role = joined.book.by_arn(arn)
    gone = None if role else joined.book.missing(parsed.name, parsed.account)
    if role is None and gone is None:
        return None
    where = account.obj.where if account.obj else mutated[0].where if mutated else None
    return RoleChoice(arn, parsed.name, "annotation", role, role is not None, gone or where)


def _chain(account: Account, choice: RoleChoice, joined: Joined) -> tuple[Subject, ChainModel]:
    pods = [kubernetes.workload(pod) for pod in account.pods if is_mutated(pod)]
    chain = Chain(account.namespace, account.name, workloads=pods, webhook_account=account.name)
    where = account.obj.where if account.obj else pods[0].where if pods else None
    uses: Fact | Unknown = joined.view.facts["cluster.sts_intended"]
    facts: Facts = dict(joined.view.facts)
    facts |= {
        "chain.id": known(chain.id, where),
        "chain.request": known(None),
        "chain.namespace": known(chain.namespace, where),
        "chain.secret_name": known(None),
        "chain.operator": known(f"ServiceAccount {chain.id}", where),
        "chain.uses_sts": uses,
        "chain.optional": known(False),
        "chain.mechanism": known("webhook", where),
        "request.service_accounts": known([account.name], where),
        "request.subjects": known(chain.subjects, where, derived=True),
    }
    facts |= role_facts(chain, choice, (), requested_session(chain, joined.evidence), joined.asks)
    facts |= trust_facts(chain, choice, joined.view, audiences_of(chain), joined.asks)
    model = ChainModel(chain, None, choice, "webhook", (), None, ())
    return Subject("chain", chain.id, facts, (chain.id,)), model
