"""Does a role's trust policy let a web identity assume it, and if not, what single thing is wrong.

Evaluates every statement as IAM does, in three-valued logic, and explains the statement that is
nearest to working. Only the policy is judged here; the stages that STS passes before it are in
``stages``. Source: IAM User Guide, "Creating a role for web identity or OpenID Connect federation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from analyzer.frozen import frozen, replace
from analyzer.iam.document import Path, PolicyProblem
from analyzer.iam.lint import Lint
from analyzer.iam.logic import Ternary, any3
from analyzer.iam.policy import Document, Malformed, MissingDocument, Policy
from analyzer.iam.text_difference import Difference, difference
from analyzer.iam.trust_fault import Fault, Problem, independent
from analyzer.iam.trust_lint import trust_lints
from analyzer.iam.trust_statement import Judgement, judge_allow, judge_deny
from analyzer.iam.webidentity import WebIdentity
from analyzer.redact import redact


@frozen
class TrustDecision:
    """Whether the identity may assume the role, and the one thing that explains it if not.

    ``allowed`` None means not known; ``missing`` then names the inputs that would settle it. ``path``
    is the place in the document, ``expected`` what the token brings, ``found`` what stands there.
    ``assumes`` lists what was taken for granted. ``faults`` are all that keep the nearest statement from
    allowing it and do not come of one another; ``undecided`` what the token brings and is not known.
    """

    allowed: Ternary
    problem: Problem | None = None
    statement: int | None = None
    path: Path = ()
    expected: str = ""
    found: str = ""
    sentence: str = ""
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[PolicyProblem, ...] = ()
    lints: tuple[Lint, ...] = ()
    faults: tuple[Fault, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def difference(self) -> Difference:
        """The characters in which what is expected and what was found differ."""
        return difference(redact(self.expected), redact(self.found))  # a mark would cut a secret up


def evaluate_trust(
    policy: Document,
    *,
    provider_arn: str | None,
    issuer: str | None,
    subject: str | None,
    audiences: Sequence[str] | None,
    azp: str | None = None,
    role_account: str | None = None,
    extra: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> TrustDecision:
    """Judge a trust policy for one token.

    ``issuer`` may carry its ``https://``. Without ``provider_arn`` providers are compared by what
    follows ``:oidc-provider/``, and by account when ``role_account`` is known; else the decision
    assumes that the account is right. ``audiences`` are those of one token; ``azp`` None: it has none.
    ``extra`` are more condition keys with their values. The token is used at ``now`` or later.
    """
    identity = WebIdentity(
        provider_arn=provider_arn,
        issuer=issuer,
        subject=subject,
        audiences=None if audiences is None else tuple(audiences),
        azp=azp,
        role_account=role_account,
        extra=dict(extra or {}),
        now=now,
    )
    return judge_trust(policy, identity)


def judge_trust(policy: Document, identity: WebIdentity) -> TrustDecision:
    """Judge a trust policy for one identity."""
    if isinstance(policy, MissingDocument):
        return TrustDecision(None, missing=("trust policy",), because=(policy.reason,))
    if isinstance(policy, Malformed):
        return _malformed(policy)
    decision = replace(_judge(policy, identity), lints=trust_lints(policy, identity))
    return _with_repeats(decision, policy, identity) if policy.repeats else decision


def _malformed(policy: Malformed) -> TrustDecision:
    first = policy.problems[0]
    return TrustDecision(
        None,
        "malformed",
        path=first.path,
        sentence=first.reason,
        because=tuple(str(problem) for problem in policy.problems),
        problems=policy.problems,
    )


def _with_repeats(decision: TrustDecision, policy: Policy, identity: WebIdentity) -> TrustDecision:
    """Weigh keys that the text names twice: harmless only when either reading decides the same."""
    repeats = policy.repeats
    lints = tuple(
        Lint("duplicate-key", path, f"{path[-1]} is named twice, only one of its values counts")
        for path in repeats
    )
    decision = replace(decision, lints=decision.lints + lints)
    path = repeats[0]
    sentence = policy.repeat
    if isinstance(policy.alternative, Policy):
        other = _judge(policy.alternative, identity)
        differs = policy.alternative.statements != policy.statements
        if other.allowed is False and decision.allowed is False and differs:
            # which of them counts matters once the rest is mended
            fault = Fault("duplicate-key", path, "", str(path[-1]), sentence)
            return replace(decision, faults=(fault, *decision.faults))
        if other.allowed == decision.allowed:
            return decision
        of_either = {fault.problem for fault in other.faults}
        decision = replace(decision, faults=tuple(f for f in decision.faults if f.problem in of_either))
    else:  # the text is gone: what its other value was is not known, nor whether it is at fault
        decision = replace(decision, faults=tuple(f for f in decision.faults if not _at_any(f.path, repeats)))
    return replace(
        decision,
        allowed=None,
        problem="duplicate-key",
        path=path,
        expected="",
        found=str(path[-1]),
        sentence=sentence,
        because=(sentence, *decision.because),
    )


def _at_any(path: Path, keys: Sequence[Path]) -> bool:
    return any(path[: len(key)] == key for key in keys)


def _judge(policy: Policy, identity: WebIdentity) -> TrustDecision:
    allows = [judge_allow(one, identity) for one in policy.statements if one.effect == "Allow"]
    denies = [judge_deny(one, identity) for one in policy.statements if one.effect == "Deny"]
    allow = any3(one.holds for one in allows)
    deny = any3(one.holds for one in denies)
    if deny is True:
        denied = _denied(next(one for one in denies if one.holds), allow)
        if allow is True or not allows:
            return denied
        return _beside(denied, max(allows, key=lambda one: one.nearness))
    if allow is True:
        working = next(one for one in allows if one.holds)
        return _allowed(working, [one for one in denies if one.holds is None])
    if not allows:
        sentence = "no statement allows anything"
        return TrustDecision(False, "action-wrong", sentence=sentence, because=(sentence,))
    nearest = max(allows, key=lambda one: one.nearness)
    return _beside(_not_allowed(nearest, allow), nearest)


def _beside(decision: TrustDecision, nearest: Judgement) -> TrustDecision:
    """Add what else keeps the nearest statement from allowing it."""
    faults = (*nearest.faults, *nearest.latent)
    missing = tuple(dict.fromkeys(one.missing for one in faults if one.missing))
    return replace(decision, faults=independent(faults), undecided=missing)


def _denied(judgement: Judgement, allow: Ternary) -> TrustDecision:
    statement = judgement.statement
    sentence = f"{statement.label} denies it"
    because = (sentence,) if allow is not False else (sentence, "no other statement allows it either")
    return TrustDecision(
        False, "explicit-deny", statement.index, statement.path, sentence=sentence, because=because
    )


def _allowed(working: Judgement, doubtful: list[Judgement]) -> TrustDecision:
    index = working.statement.index
    if doubtful:
        judgement = doubtful[0]
        fault = judgement.primary
        because = f"{working.statement.label} allows it, but {judgement.statement.label} may deny it"
        if fault is None:
            missing = ("provider",)
            return TrustDecision(None, None, judgement.statement.index, because=(because,), missing=missing)
        return _from_fault(fault, None, judgement, (because,))
    sentence = f"{working.statement.label} allows it"
    return TrustDecision(
        True,
        statement=index,
        path=working.statement.path,
        sentence=sentence,
        because=(sentence, *working.notes),
        assumes=working.assumes,
        notes=working.notes,
    )


def _not_allowed(nearest: Judgement, allow: Ternary) -> TrustDecision:
    fault = nearest.primary
    assert fault is not None  # noqa: S101 - a statement that does not hold has a fault
    return _from_fault(fault, allow, nearest, ())


def _from_fault(
    fault: Fault, allowed: Ternary, judgement: Judgement, because: tuple[str, ...]
) -> TrustDecision:
    known = [one for one in judgement.faults if one.holds is None and not one.missing]
    missing = tuple(dict.fromkeys(one.missing for one in judgement.faults if one.missing))
    problem: Problem | None = fault.problem
    if allowed is None and missing:
        if known:
            fault = min(known, key=lambda one: one.problem == "extra-condition-unknown")
            problem = fault.problem
        else:
            problem = None
    said = (*because, f"{judgement.statement.label}: {fault.sentence}")
    return TrustDecision(
        allowed,
        problem,
        judgement.statement.index,
        fault.path,
        fault.expected,
        fault.found,
        fault.sentence,
        said,
        missing=missing if allowed is None else (),
        assumes=judgement.assumes,
        notes=judgement.notes,
    )
