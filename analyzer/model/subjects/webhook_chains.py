"""ServiceAccounts that sign in by the pod identity webhook, as chains: from the issuer to the role's trust.

Pods whose own template sets what the webhook would are judged in the same way. No request says what such
a program needs, so its permissions are not judged, and it has no Secret.
"""

from __future__ import annotations

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence import kubernetes
from analyzer.evidence.records import Symptom
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import aws_tokens
from analyzer.model.joining.objects import known
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.webhook_accounts import Account, is_mutated
from analyzer.model.role.role import role_facts
from analyzer.model.role.trust import trust_facts
from analyzer.model.subjects.chain import ChainModel
from analyzer.model.symptoms.history import log_cover
from analyzer.model.symptoms.logs import log_facts
from analyzer.model.symptoms.recorded_calls import last_sign_in, recorded_symptoms, requested_session
from analyzer.model.workloads.pod_settings import legacy_tokens, listed, static_facts
from analyzer.model.workloads.restart import to_restart
from analyzer.model.workloads.webhook import role_of

AUDIENCE = "sts.amazonaws.com"
"""What the webhook asks for where an annotation names no other audience."""


def webhook_chains(joined: Joined) -> list[tuple[Subject, ChainModel]]:
    """Give a chain for each ServiceAccount of which something is told.

    That is by exports of its role, by the logs of its pods, or by what keeps its pods from using it.
    """
    taken = {chain.id for chain in joined.chains}
    found = []
    for account in joined.accounts:
        if f"{account.namespace}/{account.name}" in taken:
            continue
        logged, settings = _logged(account, joined), _settings(account, joined)
        overridden = any(isinstance(fact, Fact) and fact.value for fact in settings.values())
        choice = _choice(account, joined, told=bool(logged) or overridden)
        if choice is not None:
            found.append(_chain(account, choice, logged, settings, joined))
    return found


def audiences_of(chain: Chain) -> list[str]:
    """Give the audiences of the tokens that the webhook put into a chain's pods."""
    return sorted({t.audience or "" for w in chain.workloads for t in aws_tokens(w)}) or [AUDIENCE]


def _logged(account: Account, joined: Joined) -> list[Symptom]:
    """Give the failures in the logs of the account's pods; of its load on AWS nobody asks."""
    pods = {pod.name for pod in account.pods}
    return [
        symptom
        for symptom in joined.evidence.symptoms
        if symptom.namespace == account.namespace and symptom.pod in pods and symptom.klass != "throttled"
    ]


def _settings(account: Account, joined: Joined) -> Facts:
    """Give what in the environment of the account's pods goes before the role that is meant for them."""
    pods = [kubernetes.workload(pod) for pod in account.pods if is_mutated(pod)]
    chain = Chain(account.namespace, account.name)
    static = static_facts(pods, chain, joined)
    return {
        "workload.static_env": static,
        "workload.overrides": static,
        "workload.legacy_tokens": listed([hit for pod in pods for hit in legacy_tokens(pod)]),
    }


def _choice(account: Account, joined: Joined, *, told: bool) -> RoleChoice | None:
    mutated = [pod for pod in account.pods if is_mutated(pod)]
    arn = role_of(account, mutated)
    if not joined.view.issuer:
        return None
    if arn is None:  # its pods take it from a Secret, of which a bundle keeps no value
        return RoleChoice(None, None, "not known", None, None) if told and mutated else None
    parsed = parse_role_arn(arn)
    if parsed is None:
        return None
    role = joined.book.by_arn(arn)
    gone = None if role else joined.book.missing(parsed.name, parsed.account)
    if role is None and gone is None and not told:
        return None
    where = account.obj.where if account.obj else mutated[0].where if mutated else None
    exists = True if role else None if gone is None else False
    return RoleChoice(arn, parsed.name, "annotation", role, exists, gone or where)


def _chain(
    account: Account, choice: RoleChoice, logged: list[Symptom], settings: Facts, joined: Joined
) -> tuple[Subject, ChainModel]:
    evidence = joined.evidence
    pods = [kubernetes.workload(pod) for pod in account.pods if is_mutated(pod)]
    chain = Chain(account.namespace, account.name, workloads=pods, webhook_account=account.name)
    where = account.obj.where if account.obj else pods[0].where if pods else None
    uses: Fact | Unknown = joined.view.facts["cluster.sts_intended"]
    recorded = recorded_symptoms(chain, choice.name, evidence, joined.view.issuer)
    symptoms = logged + [s for s in recorded if s.klass not in ("action-denied", "throttled")]
    signed_in = last_sign_in(chain, evidence)
    recovered = signed_in.time if signed_in else None
    facts: Facts = dict(joined.view.facts)
    facts |= {
        "chain.id": known(chain.id, where),
        "chain.request": known(None),
        "chain.namespace": known(chain.namespace, where),
        "chain.secret_name": known(None),
        "chain.operator": known(f"ServiceAccount {chain.id}", where),
        "chain.consumer": known(f"ServiceAccount {chain.id}", where),
        "chain.uses_sts": uses,
        "chain.optional": known(False),
        "chain.mechanism": known("webhook", where),
        "request.service_accounts": known([account.name], where),
        "request.subjects": known(chain.subjects, where, derived=True),
        "role.made_by_user": known(True, derived=True),
        "role.exchanged_with": known(None),
        "role.exchanged_arn": known(None),
        "workload.restart": known(to_restart(pods), derived=True),
        "workload.pods": known([pod.name for pod in pods], *(pod.where for pod in pods)),
    }
    facts |= settings
    facts |= role_facts(choice, (), requested_session(chain, evidence), joined.asks)
    facts |= trust_facts(chain, choice, joined.view, audiences_of(chain), joined.asks)
    facts |= log_facts(chain, evidence, symptoms, joined.now, joined.asks, recovered)
    read = {file.pod for file in evidence.log_files if file.namespace == chain.namespace and not file.empty}
    cover = log_cover(chain, evidence) if read & {pod.name for pod in pods} else None
    model = ChainModel(chain, None, choice, "webhook", tuple(symptoms), cover, (), recovered)
    return Subject("chain", chain.id, facts, (chain.id,)), model
