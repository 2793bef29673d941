"""What stands around the chains: the release handed in, OLM, the webhook; their facts and subjects."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import Fact, Subject, Unknown
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.records import Symptom
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import Facts, value_of
from analyzer.model.joining.joined import Joined
from analyzer.model.joining.objects import known
from analyzer.model.requests.olm import (
    Installed,
    installed_operators,
    subscription_subjects,
    waiting_for_role,
)
from analyzer.model.requests.requests import release_subjects, request_facts
from analyzer.model.requests.stale import stale_subjects
from analyzer.model.symptoms.service_conditions import condition_facts
from analyzer.model.workloads.pod_settings import setting_facts
from analyzer.model.workloads.webhook import webhook_subjects

DEFAULT_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105  (a path)
DEFAULT_TEMPLATE = 82 + len(DEFAULT_TOKEN_PATH)
"""Bytes of the credential operator's Secret with its default token path, less the role's ARN."""


def surrounding_facts(
    chain: Chain, joined: Joined, symptoms: Sequence[Symptom], *, in_cluster: bool | None
) -> Facts:
    """Give what this module knows of a chain; ``in_cluster`` tells of its request, None: not known."""
    facts = request_facts(chain, joined, in_cluster=in_cluster)
    waiting = waiting_for_role(chain, _installed(joined), joined.evidence)
    facts["request.waits_for_role"] = known(
        waiting.package if waiting else None, waiting.obj.where.at("spec") if waiting else None
    )
    facts["secret.default_token_path"] = _default_token_path(chain, joined.evidence, joined.asks)
    facts |= condition_facts(chain, joined.objects, joined.asks)
    facts |= setting_facts(chain, joined, symptoms)
    return facts


def surrounding_subjects(joined: Joined) -> list[Subject]:
    """Give the subjects that are no chains."""
    return [
        *release_subjects(joined),
        *stale_subjects(joined),
        *webhook_subjects(joined),
        *subscription_subjects(_installed(joined), joined.evidence, joined.view.facts, joined.asks),
    ]


def hidden_by_collision(facts: Facts) -> Facts:
    """Take back what a role says that two requests share by the cut of its name: it is a mixture of both."""
    if not value_of(facts, "request.collides_with") or value_of(facts, "role.exists") is not True:
        return {}
    hidden = [n for n in facts if n.startswith(("trust.", "permissions.")) or n == "role.shared_with"]
    return dict.fromkeys(hidden, not_judged("request-role-name-collision"))


def _installed(joined: Joined) -> list[Installed]:
    """Find the operators of OLM that have a role, or could have one."""
    return installed_operators(joined.chains, joined.evidence, joined.objects)


def _default_token_path(chain: Chain, evidence: Evidence, asks: Asks) -> Fact | Unknown:
    """Tell whether the Secret names the path of the API server's own token; by its length where elided."""
    if chain.credentials is not None:
        path = chain.credentials.token_path
        return known(path == DEFAULT_TOKEN_PATH, chain.credentials_where)
    arn = chain.request.sts_role_arn if chain.request else None
    if not arn:
        return known(False)
    if chain.secret is None:
        gathered = evidence.has_list("Secret", chain.namespace)
        return known(False) if gathered else asks.namespace(chain.namespace, "Secrets")
    where = chain.secret.where.at("data", "credentials")
    if chain.length is None:
        return asks.secret_value(chain.namespace, chain.secret_name)
    return known(chain.length - len(arn) in (DEFAULT_TEMPLATE, DEFAULT_TEMPLATE + 1), where, derived=True)
