"""Facts about the role of a chain and its trust policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.origin import Source, Where
from analyzer.evidence.withheld import hides_accounts
from analyzer.iam.policy import Malformed, Policy
from analyzer.iam.trust import TrustDecision, evaluate_trust
from analyzer.iam.trust_fault import PRECEDENCE, Fault, Problem
from analyzer.iam.webidentity import key_claim
from analyzer.model.joining.asks import Asks, not_judged
from analyzer.model.joining.aws import issuer_fault, parse_role_arn, provider_arn
from analyzer.model.joining.chains import Chain
from analyzer.model.joining.cluster import ClusterView, Facts, value_of
from analyzer.model.joining.objects import known
from analyzer.model.joining.role_choice import RoleChoice
from analyzer.model.joining.roles import Role, policy_of
from analyzer.patterns import later

_NAMES = (
    "problem",
    "sentence",
    "expected",
    "found",
    "difference",
    "subjects_denied",
    "subjects_allowed",
    "statement",
    "conditions",
    "too_broad",
    "checks_audience",
    "stale",
    "length",
)
_PROBLEMS: dict[str, tuple[Problem, ...]] = {
    problem.replace("-", "_"): (problem,)
    for problem in PRECEDENCE
    if problem not in ("extra-condition-never", "extra-condition-unknown")
}
_PROBLEMS["extra_condition"] = ("extra-condition-never", "extra-condition-unknown")
_ALL_NAMES = (*_NAMES, *_PROBLEMS)
UNUSED_WHERE_HOSTED = frozenset(
    {"system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator"}
)
"""Subjects that a request names and that need no role where the control plane is hosted.

HyperShift's own roles leave them out (its cmd/infra/aws/iam.go); ROSA's admit them.
"""
_KEEPS_ALL_OUT: tuple[Problem, ...] = (
    "malformed",
    "placeholder",
    "principal-wrong",
    "provider-mismatch",
    "action-wrong",
    "condition-key-mismatch",
)
_SUBJECT = later(r"system:serviceaccount:(?P<namespace>[a-z0-9-]+):[a-z0-9.-]+")
_TURNED = ("subjects_denied", "subjects_allowed", "problem")
_OF_AN_ISSUER = ("trust.provider_mismatch", "trust.condition_key_mismatch")
"""Faults by which a policy shows that it is of another issuer."""
_MOST_AUDIENCES = 8
_OF_THE_AUDIENCE = ("audience_mismatch", "wildcard_literal")


def role_facts(choice: RoleChoice, shared: Sequence[str], requested: Fact | Unknown, asks: Asks) -> Facts:
    """Give the ``role.*`` facts of a chain; ``requested`` is the session's length that it asks for."""
    ask = asks.role(choice.name)
    derived = choice.how.startswith("predicted")
    role_where = choice.role.where if choice.role else None
    if isinstance(role_where, Where):
        role_where = role_where.at("Arn")
    return {
        "role.arn": known(choice.arn, choice.proof, role_where, derived=derived) if choice.arn else ask,
        "role.name": known(choice.name, role_where, derived=derived) if choice.name else ask,
        "role.account": known(choice.account, role_where, derived=derived) if choice.account else ask,
        "role.how": known(choice.how),
        "role.exists": ask if choice.exists is None else known(choice.exists, choice.proof or role_where),
        "role.shared_with": known(list(shared), derived=True),
        "role.max_session": _max_session(choice, role_where, asks),
        "role.requested_session": requested,
    }


def _max_session(choice: RoleChoice, where: Source | None, asks: Asks) -> Fact | Unknown:
    """The longest session of the role, which get-role tells, and neither its policies nor a list of all."""
    role = choice.role
    if role is None:
        return asks.role(choice.name)
    if role.max_session is None:
        return asks.role(role.name, f"no export tells the MaxSessionDuration of role {role.name}")
    return known(role.max_session, where)


def trust_facts(
    chain: Chain, choice: RoleChoice, view: ClusterView, audiences: Sequence[str] | None, asks: Asks
) -> Facts:
    """Give the ``trust.*`` facts: every ServiceAccount of the request is judged on its own."""
    facts = _trust_facts(chain, choice, view, audiences, asks)
    if view.rival is None:
        return facts
    other = _trust_facts(chain, choice, view.of_rival(), audiences, asks)
    told = [(name, value_of(facts, name), value_of(other, name)) for name in _OF_AN_ISSUER]
    waits = {name: view.rival.waits for name, ours, rivals in told if _found(ours) != _found(rivals)}
    fits = any(ours for _, ours, _ in told) and not any(rivals for _, _, rivals in told)
    return (other if fits else facts) | waits


def _found(fault: object) -> object:
    return fault["found"] if isinstance(fault, dict) else fault


def _trust_facts(
    chain: Chain, choice: RoleChoice, view: ClusterView, audiences: Sequence[str] | None, asks: Asks
) -> Facts:
    role = choice.role
    issuer = view.facts["cluster.issuer"]
    if isinstance(issuer, Unknown) and choice.exists is not False:
        return {f"trust.{name}": issuer for name in _ALL_NAMES}
    first = _comes_first(chain, choice, view)
    if first is not None:
        return {f"trust.{name}": not_judged(first) for name in _ALL_NAMES}
    if role is None or role.trust is None:
        return {f"trust.{name}": asks.role(choice.name) for name in _ALL_NAMES}
    if "trust" in role.conflicts:
        again = asks.role(choice.name, f"the exports of role {choice.name} disagree about its trust policy")
        return {f"trust.{name}": again for name in _ALL_NAMES}
    policy = policy_of(role.trust)
    if not chain.subjects:
        return _judged_for_anyone(chain, choice, role, policy, view, audiences, asks)
    facts = _judged(chain, choice, role, policy, view, audiences, asks)
    if audiences is None:
        for audience in _audiences_that_matter(policy):
            told = _judged(chain, choice, role, policy, view, [audience], asks)
            facts = _agreed(facts, told, asks.namespace(chain.namespace, "pods"))
    return facts


def _audiences_that_matter(policy: Policy | Malformed) -> list[str]:
    """Give audiences of which the nearest statement may depend: those named, and one that is not.

    Nothing depends on it where one statement alone allows anything.
    """
    allows = [s for s in policy.statements if s.effect == "Allow"] if isinstance(policy, Policy) else []
    clauses = [clause for s in allows for clause in s.conditions if key_claim(clause.key) == "aud"]
    named = dict.fromkeys(value for clause in clauses for value in clause.values)
    return [*list(named)[:_MOST_AUDIENCES], "no-such-audience"] if named and len(allows) > 1 else []


def _agreed(facts: Facts, told: Facts, ask: Unknown) -> Facts:
    """Leave open what another audience would turn: a fault that is there or not, of whom."""

    def gist(fact: Fact | Unknown) -> object:
        if isinstance(fact, Unknown):
            return None
        value = fact.value
        return (value["problem"], value["denied"]) if isinstance(value, dict) else value

    turned = {
        name
        for name in (f"trust.{one}" for one in (*_TURNED, *_PROBLEMS))
        if not isinstance(facts[name], Unknown) and gist(facts[name]) != gist(told[name])
    }
    return {name: ask if name in turned else fact for name, fact in facts.items()}


def _judged(
    chain: Chain,
    choice: RoleChoice,
    role: Role,
    policy: Policy | Malformed,
    view: ClusterView,
    audiences: Sequence[str] | None,
    asks: Asks,
) -> Facts:
    assert role.trust is not None  # noqa: S101 - the caller looked
    at, expected = view.issuer or "", _expected_provider(choice, role, view)
    decisions = {
        subject: _decision(choice, role, policy, view, audiences, subject) for subject in chain.subjects
    }
    if hides_accounts(role.trust) and all(
        d.allowed is not False and d.problem is None for d in decisions.values()
    ):
        masked = asks.role(choice.name, f"the account is masked in the trust policy of role {choice.name}")
        return {f"trust.{name}": masked for name in _ALL_NAMES}
    facts = _facts_of(decisions, role.trust.where, policy, asks, chain, hosted=bool(view.hosted))
    broad = facts.get("trust.too_broad")
    if isinstance(broad, Fact) and broad.value is None and audiences:
        stranger = _admitted_stranger(chain, policy, expected, at, audiences)
        facts["trust.too_broad"] = known(stranger, role.trust.where if stranger else None)
    return facts


def _decision(
    choice: RoleChoice,
    role: Role,
    policy: Policy | Malformed,
    view: ClusterView,
    audiences: Sequence[str] | None,
    subject: str | None,
) -> TrustDecision:
    return evaluate_trust(
        policy,
        provider_arn=_expected_provider(choice, role, view),
        issuer=view.issuer or "",
        subject=subject,
        audiences=audiences,
        role_account=_account(choice, role),
    )


def _account(choice: RoleChoice, role: Role) -> str | None:
    """Give the role's account; masked ones are not compared: the rest is judged, and a pass stays unknown."""
    hidden = role.trust is not None and hides_accounts(role.trust)
    return None if hidden else choice.account or role.account


def _expected_provider(choice: RoleChoice, role: Role, view: ClusterView) -> str | None:
    """Give the ARN that the trust policy should name, as far as account and partition are known."""
    account, partition = _account(choice, role), _partition(choice, view)
    return provider_arn(partition, account, view.issuer or "") if account and partition else None


def _judged_for_anyone(
    chain: Chain,
    choice: RoleChoice,
    role: Role,
    policy: Policy | Malformed,
    view: ClusterView,
    audiences: Sequence[str] | None,
    asks: Asks,
) -> Facts:
    """Judge a trust policy without the request, which alone names the ServiceAccounts.

    Only what keeps everyone out is told: then it does not matter who they are.
    """
    assert role.trust is not None  # noqa: S101 - the caller looked
    decision = _decision(choice, role, policy, view, audiences, None)
    if hides_accounts(role.trust) or decision.allowed is not False or decision.problem not in _KEEPS_ALL_OUT:
        return dict.fromkeys((f"trust.{name}" for name in _ALL_NAMES), asks.requests())
    anyone = {f"system:serviceaccount:{chain.namespace}:*": decision}
    return _facts_of(anyone, role.trust.where, policy, asks, chain, hosted=False)


def _partition(choice: RoleChoice, view: ClusterView) -> str | None:
    """Give the partition that the role's provider is in: the region's, else the exported role's own."""
    if view.partition_known:
        return view.partition
    arn = choice.role.arn if choice.role else None
    parsed = parse_role_arn(arn) if arn else None
    return parsed.partition if parsed else None


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


def _admitted_stranger(
    chain: Chain, policy: Policy | Malformed, provider: str | None, issuer: str, audiences: Sequence[str]
) -> str | None:
    """Name a ServiceAccount of a foreign namespace that is admitted: a pattern lets it in."""
    strangers = [
        f"system:serviceaccount:any-other-namespace:{name}"
        for name in ("any-other-name", *chain.service_accounts)
    ]
    for subject in (*strangers, *_of_patterns(chain, policy)):
        decision = evaluate_trust(
            policy, provider_arn=provider, issuer=issuer, subject=subject, audiences=audiences
        )
        if decision.allowed is True:
            return f"a pattern in it also admits ServiceAccounts of other namespaces, such as {subject}"
    return None


def _of_patterns(chain: Chain, policy: Policy | Malformed) -> Iterator[str]:
    """Make up a ServiceAccount of a foreign namespace for each pattern over subjects, by filling it in."""
    if isinstance(policy, Malformed):
        return
    clauses = (clause for statement in policy.statements for clause in statement.conditions)
    for value in (value for clause in clauses if key_claim(clause.key) == "sub" for value in clause.values):
        made = value.replace("*", "any-other-name").replace("?", "x")
        found = _SUBJECT.fullmatch(made) if made != value else None
        if found and found["namespace"] != chain.namespace:
            yield made


def _facts_of(
    decisions: dict[str, TrustDecision],
    where: Where,
    policy: Policy | Malformed,
    asks: Asks,
    chain: Chain,
    *,
    hosted: bool,
) -> Facts:
    denied = [s for s, d in decisions.items() if d.allowed is False or d.problem is not None]
    if hosted and len(decisions) > 1:
        decisions = {s: d for s, d in decisions.items() if s not in denied or s not in UNUSED_WHERE_HOSTED}
        denied = [s for s in denied if s in decisions]
    unsure = [s for s, d in decisions.items() if d.allowed is None and d.problem is None]
    allowed = [s for s, d in decisions.items() if d.allowed is True]
    decision = decisions[denied[0]] if denied else next(iter(decisions.values()))
    cite = where.at(*decision.path) if isinstance(policy, Policy) else where
    facts: Facts = {
        "trust.subjects_denied": known(denied, cite),
        "trust.subjects_allowed": known(allowed, cite),
    }
    if unsure and not denied:
        ask = asks.namespace(chain.namespace, "pods")
        facts = dict.fromkeys((f"trust.{name}" for name in _ALL_NAMES), ask)
    else:
        marked = decision.difference.marked() if decision.expected and decision.found else None
        facts |= {
            "trust.problem": known(decision.problem, cite),
            "trust.sentence": known(decision.sentence or None, cite),
            "trust.expected": known(decision.expected or None, derived=True),
            "trust.found": known(decision.found or None, cite),
            "trust.difference": known(f"{marked[0]} / {marked[1]}" if marked else None, cite),
            "trust.statement": known(_statement(policy, decision), _statement_place(where, policy, decision)),
            "trust.conditions": known(_conditions(decision), cite),
        }
        facts |= _problems(decisions, where, policy, asks, chain)
    return facts | _lint_facts(decision, where)


def _problems(
    decisions: dict[str, TrustDecision], where: Where, policy: Policy | Malformed, asks: Asks, chain: Chain
) -> Facts:
    """Give a fact for each kind of fault: what is wrong, and for which subjects; null where it is not there.

    What an audience that is not known would show stays open, also beside another fault.
    """
    undecided = any("audience" in one.undecided for one in decisions.values())
    facts: Facts = {}
    for name, problems in _PROBLEMS.items():
        found = {s: fault for s, d in decisions.items() if (fault := _first(d, problems)) is not None}
        if not found:
            unread = undecided and name in _OF_THE_AUDIENCE
            facts[f"trust.{name}"] = asks.namespace(chain.namespace, "pods") if unread else known(None, where)
            continue
        fault = next(iter(found.values()))
        value = {
            "problem": fault.problem,
            "sentence": fault.sentence,
            "expected": fault.expected or None,
            "found": fault.found or None,
            "denied": list(found),
            "others": [subject for subject in decisions if subject not in found],
        }
        facts[f"trust.{name}"] = known(value, where.at(*fault.path) if isinstance(policy, Policy) else where)
    return facts


def _first(decision: TrustDecision, problems: tuple[Problem, ...]) -> Fault | TrustDecision | None:
    """Give the fault of one of these kinds: what explains the decision, or what stands beside it."""
    if decision.problem in problems:
        return decision
    return next((fault for fault in decision.faults if fault.problem in problems), None)


def _statement(policy: Policy | Malformed, decision: TrustDecision) -> str | None:
    if not isinstance(policy, Policy) or decision.statement is None:
        return None
    return policy.statements[decision.statement].sid or f"statement {decision.statement + 1}"


def _statement_place(where: Where, policy: Policy | Malformed, decision: TrustDecision) -> Where:
    if not isinstance(policy, Policy) or decision.statement is None:
        return where
    return where.at(*policy.statements[decision.statement].path)


def _conditions(decision: TrustDecision) -> list[str]:
    return [decision.sentence] if decision.problem == "extra-condition-unknown" else []


def _lint_facts(decision: TrustDecision, where: Where) -> Facts:
    by_code: dict[str, list[tuple[str, Where]]] = {}
    for lint in decision.lints:
        by_code.setdefault(lint.code, []).append((lint.text, where.at(*lint.path)))
    broad = by_code.get("missing-subject-condition", []) + by_code.get("subject-too-broad", [])
    no_audience, stale = by_code.get("no-audience-condition", []), by_code.get("stale-statement", [])
    long = by_code.get("too-long", [])
    return {
        "trust.too_broad": known(broad[0][0] if broad else None, *(w for _, w in broad)),
        "trust.checks_audience": known(not no_audience, *(w for _, w in no_audience)),
        "trust.stale": known([t for t, _ in stale], *(w for _, w in stale)),
        "trust.length": known(int(long[0][0].split()[0]) if long else 0, where),
    }


def without_trust(choice: RoleChoice, first: str) -> RoleChoice:
    """Take the role out of a choice: it is another's, and nothing is judged before ``first`` is mended."""
    return replace(choice, role=None, exists=False, comes_first=first)
