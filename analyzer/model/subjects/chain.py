"""One chain as a subject: all of its facts, from the request to what the role is granted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence.records import Symptom
from analyzer.frozen import frozen, replace
from analyzer.model.joining.asks import not_judged
from analyzer.model.joining.aws import parse_role_arn, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import DEFAULT_ISSUER, Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.mounted_tokens import USUAL_AUDIENCES, aws_tokens
from analyzer.model.joining.objects import known
from analyzer.model.joining.operators import operator_of
from analyzer.model.joining.resolve import foreign_role, unsure_of_maker
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.requests.requests import hidden_by_collision, request_facts
from analyzer.model.role.permissions import permission_facts
from analyzer.model.role.role import role_facts, without_trust
from analyzer.model.role.trust import trust_facts
from analyzer.model.subjects.repairs import chain_repairs
from analyzer.model.symptoms.from_conditions import condition_symptoms, quiet_where_read
from analyzer.model.symptoms.from_events import event_symptoms
from analyzer.model.symptoms.from_terminations import termination_symptoms
from analyzer.model.symptoms.history import Change, LogCover, changes, log_cover
from analyzer.model.symptoms.hosted_conditions import hosted_operator_facts
from analyzer.model.symptoms.logs import against_logs, log_facts, unclaimed_facts
from analyzer.model.symptoms.operator_conditions import operator_facts
from analyzer.model.symptoms.overtaken import mark_overtaken
from analyzer.model.symptoms.owners import logged_by
from analyzer.model.symptoms.recorded_calls import SignIn, last_sign_in, recorded_symptoms, requested_session
from analyzer.model.symptoms.service_conditions import condition_facts
from analyzer.model.workloads.pod_settings import setting_facts
from analyzer.model.workloads.pods import open_where_torn, workload_facts
from analyzer.model.workloads.predating import predating_facts
from analyzer.model.workloads.provider_account import is_told_of_all, provider_account
from analyzer.model.workloads.secrets import secret_facts


@frozen
class ChainModel:
    """A chain with everything that the report says of it beside its findings."""

    chain: Chain
    operator: str | None
    role: RoleChoice
    mechanism: str
    symptoms: tuple[Symptom, ...]
    cover: LogCover | None
    changes: tuple[Change, ...]
    recovered: datetime | None = None
    """When a sign-in was last recorded to work."""


@frozen
class _Told:
    """What was said of a chain's calls to AWS; ``recovered`` is when a sign-in was last recorded to work."""

    symptoms: list[Symptom]
    unclaimed: list[Symptom]
    signed_in: SignIn | None
    recovered: datetime | None

    @property
    def lasting(self) -> list[Symptom]:
        """What causes may rest on: what goes with a pod or by itself is no more than a symptom."""
        return [s for s in self.symptoms if s.source not in ("event", "termination")]


def chain_subject(
    chain: Chain, joined: Joined, apart: Collection[tuple[str, str]] = ()
) -> tuple[Subject, ChainModel]:
    """Give a chain as a subject with all its facts, and what the report says of it beside them.

    ``apart`` are the pods, by namespace and name, whose errors another chain of the namespace tells.
    """
    evidence, asks, view = joined.evidence, joined.asks, joined.view
    choice = joined.choices[chain.id]
    told = _told(chain, joined, apart)
    operator = operator_of(chain, joined.objects)
    operator_name = operator.name if operator else None
    if chain.consumer is not None and (chain.of_control_plane or operator is None):
        operator_name = chain.consumer.operator
    mechanism = _mechanism(chain, joined, told.lasting)
    facts: Facts = dict(view.facts)
    facts |= _identity_facts(chain, joined, operator_name, mechanism)
    facts |= request_facts(chain, joined)
    facts |= workload_facts(
        chain,
        evidence,
        asks,
        _client_ids(joined),
        told.lasting,
        api_audience=view.issuer or DEFAULT_ISSUER,
        told_path=chain.credentials.token_path if chain.credentials else joined.lengths[chain.id].token_path,
    )
    facts |= setting_facts(chain, joined) | predating_facts(chain, joined, told.lasting)
    facts |= _role_facts(chain, joined, told.lasting)
    facts |= open_where_torn(facts, chain, evidence, asks)
    facts |= (
        hosted_operator_facts(chain, joined)
        if chain.of_control_plane
        else operator_facts(operator, asks, all_read=evidence.has_list("ClusterOperator", ""))
    )
    facts |= log_facts(chain, evidence, told.symptoms, joined.now, asks, told.recovered)
    facts |= unclaimed_facts(chain, facts, told.unclaimed, asks)
    facts["logs.signed_in"] = told.signed_in.fact if told.signed_in else Unknown()
    facts |= condition_facts(chain, joined.objects, joined.evidence, asks)
    facts |= quiet_where_read(facts, chain, joined)
    facts |= chain_repairs(chain, choice, joined, facts)
    facts |= hidden_by_collision(facts)
    subject = Subject("chain", chain.id, facts, (chain.id,))
    provider = joined.providers.find(view.issuer, joined.asks.account) if view.issuer else None
    model = ChainModel(
        chain, operator_name, choice, mechanism, tuple(told.symptoms), log_cover(chain, evidence),
        changes(chain, choice, provider, facts), told.recovered,
    )  # fmt: skip
    return subject, model


def _told(chain: Chain, joined: Joined, apart: Collection[tuple[str, str]]) -> _Told:
    """Collect the errors and sign-ins of a chain from wherever they are told."""
    evidence, role = joined.evidence, joined.choices[chain.id].name
    signed_in = last_sign_in(chain, evidence)
    recovered = signed_in.time if signed_in else None
    own = {(w.namespace, w.name) for w in chain.workloads}
    here = [s for s in evidence.symptoms if (s.namespace, s.pod) in own or (s.namespace, s.pod) not in apart]
    logged = logged_by(chain, joined.chains, evidence, here)
    symptoms = mark_overtaken(logged.own)
    symptoms += recorded_symptoms(chain, role, evidence, joined.view.issuer)
    symptoms += condition_symptoms(chain, role, joined, recovered)
    symptoms += against_logs(event_symptoms(chain, role, joined), chain, evidence)
    symptoms += termination_symptoms(chain, joined)
    return _Told(symptoms, logged.unclaimed, signed_in, recovered)


def _role_facts(chain: Chain, joined: Joined, symptoms: Sequence[Symptom]) -> Facts:
    """Give the facts about the Secret's role, who may take it, and what it grants.

    A role that is another request's, or in another account, is that fault, and is not judged itself.
    """
    evidence, asks, choice = joined.evidence, joined.asks, joined.choices[chain.id]
    issuer = without_scheme(joined.view.issuer or "")
    foreign = foreign_role(chain, joined.choices, joined.chains, joined.names, issuer)
    judged = without_trust(choice, "secret-role-foreign") if foreign else choice
    if _in_another_account(choice, joined):
        told = is_told_of_all(chain, joined)
        judged = without_trust(choice, "provider-account-mismatch" if told else "secret-account-mismatch")
    role_known = choice.role is not None and (foreign is not None or choice.role.trust is not None)
    shown_by = [choice.role.where] if foreign and choice.role else []
    foreign_fact = known(foreign, choice.proof, *shown_by) if role_known else asks.role(choice.name)
    if choice.exists is False and choice.role is None and not _may_name_another(chain, choice, joined):
        foreign_fact = not_judged(choice.comes_first)  # what no account holds, no export can show
    if unsure_of_maker(chain, choice, joined.chains, joined.names):
        foreign_fact = asks.requests()
    facts = secret_facts(chain, joined, foreign_fact)
    sharing = _sharing(chain, joined)
    facts |= role_facts(choice, sharing, requested_session(chain, evidence), asks)
    if judged.exists is False and choice.exists is not False:
        facts["role.exists"] = not_judged(judged.comes_first)
    elif _may_name_another(chain, choice, joined):
        judged = replace(choice, exists=None)
        facts["role.exists"] = asks.namespace(chain.namespace, "Secrets")
    facts |= _unsure_sharing(chain, sharing, joined)
    facts |= trust_facts(chain, judged, joined.view, _audiences(chain, joined), asks)
    denials = [s for s in symptoms if s.klass == "action-denied"]
    return facts | permission_facts(chain, judged, joined, denials, sharing)


def _may_name_another(chain: Chain, choice: RoleChoice, joined: Joined) -> bool:
    """Tell a role that was predicted and is gone, where the Secret was not read: it may name another."""
    predicted = choice.exists is False and choice.how.startswith("predicted")
    return predicted and not _secret_settled(chain, joined)


def _audiences(chain: Chain, joined: Joined) -> list[str] | None:
    """Give the audiences of the pods' tokens: the usual one without any, None where none was read."""
    found = sorted({t.audience or "" for w in chain.workloads for t in aws_tokens(w)})
    if not found and (chain.optional or chain.consumer or joined.evidence.has_list("Pod", chain.namespace)):
        return [USUAL_AUDIENCES[0]]
    return found or None


def _client_ids(joined: Joined) -> list[str] | Unknown:
    """Give the provider's client ids; where there is none, it may have listed any before it was lost."""
    listed = joined.client_ids.value if isinstance(joined.client_ids, Fact) else None
    if isinstance(listed, list):
        return [i for i in listed if isinstance(i, str)]
    if isinstance(joined.client_ids, Fact) and value_of(joined.view.facts, "issuer.has_provider") is False:
        near = value_of(joined.view.facts, "issuer.near")
        return not_judged("provider-url-mismatch" if near else "provider-missing")
    return joined.asks.provider()


def _in_another_account(choice: RoleChoice, joined: Joined) -> bool:
    """Tell a role that the Secret seeks in another account than the provider's: no export of it is of use."""
    account = provider_account(joined, choice.account)
    here = account.value if isinstance(account, Fact) else None
    return choice.how == "secret" and choice.role is None and here not in (None, choice.account)


def _mechanism(chain: Chain, joined: Joined, symptoms: Sequence[Symptom]) -> str:
    """Name the credentials that a chain works with; unknown where its Secret was not gathered, or hides them.

    A hosted control plane makes a Secret of each role in its own namespace.
    Without a Secret the AWS SDKs fall back to the node's own role: AWS names that as the caller.
    """
    if chain.static_keys:
        return "static-keys"
    if chain.secret is not None and chain.static_keys is None:
        return "unknown"
    if chain.secret_outside or chain.has_credentials:
        return "sts-secret"
    if any("AWS_ROLE_ARN" in c.env for w in chain.workloads for c in w.containers):
        return "webhook"
    if any(s.klass == "node-role" for s in symptoms):
        return "node-role"
    return "none" if _secret_settled(chain, joined) else "unknown"


def _secret_settled(chain: Chain, joined: Joined) -> bool:
    """Whether it is known if the Secret is there."""
    listed = joined.evidence.has_list("Secret", chain.namespace) and not chain.gated
    return chain.secret is not None or listed


def _identity_facts(chain: Chain, joined: Joined, operator: str | None, mechanism: str) -> Facts:
    request = chain.request
    where = request.where if request else (chain.secret.where if chain.secret else None)
    if where is None and chain.hosted_role is not None:
        where = chain.hosted_role[1]
    uses: Fact | Unknown = joined.view.facts["cluster.sts_intended"]
    if isinstance(uses, Fact):
        platform = value_of(joined.view.facts, "cluster.platform")
        uses = Fact(bool(uses.value) and platform in (None, "AWS"), uses.cites, derived=True)
    name = operator or (request.name if request else chain.namespace)
    return {
        "chain.id": known(chain.id, where),
        "chain.request": known(request.name if request else None, where),
        "chain.namespace": known(chain.namespace, where),
        "chain.secret_name": known(chain.secret_name, where),
        "chain.operator": known(name, where),
        "chain.consumer": known(f"Operator {name}", where),
        "chain.uses_sts": uses,
        "chain.optional": known(chain.optional, where),
        "chain.mechanism": (
            _ask_for_secret(chain, joined) if mechanism == "unknown" else known(mechanism, where)
        ),
    }


def _ask_for_secret(chain: Chain, joined: Joined) -> Unknown:
    if chain.secret is not None:
        return joined.asks.secret_value(chain.namespace, chain.secret_name)
    return joined.asks.namespace(chain.namespace, "Secrets")


def _unsure_sharing(chain: Chain, sharing: Sequence[str], joined: Joined) -> Facts:
    """Leave it open whether a role is shared where requests lack, or where only a trust policy says so.

    No request of the guest is for a role of its control plane.
    A role that is taken for a chain's because it admits its ServiceAccounts may not be the one that its
    Secret names.
    """
    if not sharing and chain.of_control_plane:
        return {}
    if not sharing and not joined.all_requests:
        return {"role.shared_with": joined.asks.requests()}
    guessed = [c for c in joined.chains if joined.choices[c.id].how == "trust policy"]
    own = [c for c in guessed if c.id == chain.id]
    if not sharing or not (own or all(any(c.id == s for c in guessed) for s in sharing)):
        return {}
    open_one = (own or [c for c in guessed if c.id in sharing])[0]
    return {"role.shared_with": joined.asks.secret_value(open_one.namespace, open_one.secret_name)}


def _sharing(chain: Chain, joined: Joined) -> list[str]:
    arn = joined.choices[chain.id].arn
    if arn is None or parse_role_arn(arn) is None:
        return []
    issuer = without_scheme(joined.view.issuer or "")
    return [
        other.id
        for other in joined.chains
        if other.id != chain.id
        and joined.choices[other.id].arn == arn
        # a Secret that names another request's role is that Secret's fault, and no sharing
        and not any(
            foreign_role(c, joined.choices, joined.chains, joined.names, issuer) for c in (chain, other)
        )
    ]
