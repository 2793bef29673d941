"""A role's trust policy, corrected: right statements stay, a broken one is replaced, nobody new is let in."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from analyzer.evidence.records import Json
from analyzer.fix.repair import (
    BACKUP,
    Case,
    Change,
    Document,
    Refusal,
    Repair,
    Step,
    account_of,
    as_json,
    command,
    file_name,
    to_file,
)
from analyzer.frozen import frozen
from analyzer.iam.document import decode
from analyzer.iam.policy import parse_policy
from analyzer.iam.trust import TrustDecision, evaluate_trust
from analyzer.model.aws import parse_role_arn, provider_arn, without_scheme
from analyzer.model.chains import Chain
from analyzer.model.workloads import USUAL_AUDIENCES, aws_tokens

ACTION = "sts:AssumeRoleWithWebIdentity"
LONGEST = 2048
"""Characters without white space that a trust policy may have by default (IAM quota)."""

_STRANGER = "system:serviceaccount:any-other-namespace:any-other-name"


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

    def judge(self, statements: Sequence[Json], subject: str) -> TrustDecision:
        """Judge one subject by a policy of these statements."""
        policy = parse_policy({"Version": "2012-10-17", "Statement": list(statements)})
        return evaluate_trust(
            policy, provider_arn=self.provider, issuer=self.issuer, subject=subject,
            audiences=self.audiences, role_account=self.account,
        )  # fmt: skip

    def admits(self, statements: Sequence[Json], subject: str) -> bool | None:
        """Tell whether these statements admit a subject."""
        return self.judge(statements, subject).allowed


def wanted_of(case: Case, chain: Chain) -> Wanted | Refusal:
    """Say whom the role of a chain must admit: exactly the ServiceAccounts of the requests that use it."""
    joined = case.joined
    choice, issuer = joined.choices[chain.id], joined.view.issuer
    account = choice.account or account_of(case, choice.role)
    if not issuer or not issuer.startswith("https://"):
        return Refusal("the issuer that tokens carry is not known, or is no https URL")
    if not account or not joined.view.partition_known:
        return Refusal("the account or the partition of the role is not known: hand in the Secret's value")
    users = [c for c in joined.chains if c.id == chain.id or _uses(case, c, choice.arn)]
    subjects = tuple(dict.fromkeys(s for c in users for s in c.subjects))
    if not subjects:
        return Refusal("the request names no ServiceAccount")
    provider = provider_arn(joined.view.partition, account, issuer)
    listed = {arn for arn, _ in joined.providers.listed_arns()}
    return Wanted(
        provider, issuer, subjects, _audiences(case, users), account, frozenset(listed - {provider})
    )


def _uses(case: Case, chain: Chain, arn: str | None) -> bool:
    shared = case.fact(chain.id, "role.shared_with")
    return (
        bool(arn) and case.joined.choices[chain.id].arn == arn and isinstance(shared, list) and bool(shared)
    )


def _audiences(case: Case, chains: Sequence[Chain]) -> tuple[str, ...]:
    """Give what the pods' tokens carry; an audience that nothing accepts is the pods' own fault."""
    from analyzer.engine.facts import Fact

    known = case.joined.client_ids
    accepted = {
        *USUAL_AUDIENCES,
        *(known.value if isinstance(known, Fact) and isinstance(known.value, list) else ()),
    }
    used = sorted({t.audience or "" for c in chains for w in c.workloads for t in aws_tokens(w)})
    return tuple(a for a in used if a in accepted) or (USUAL_AUDIENCES[0],)


# --- the document -------------------------------------------------------------------------------


def corrected(raw: Json, wanted: Wanted, *, doubted: bool = False) -> tuple[dict[str, Json], list[str]]:
    """Correct a trust policy; gives the document and what a reader must know of the change.

    ``doubted`` says that it names a key twice: which value IAM kept cannot be seen, so that a statement
    that speaks of this issuer is written anew.
    """
    value, _, problem = decode(raw)
    whole = dict(value) if isinstance(value, Mapping) and problem is None else {}
    statements = whole.get("Statement")
    statements = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(statements, list) or not all(isinstance(s, Mapping) for s in statements):
        return _policy({}, [wanted.statement]), ["The old document was no policy: all of it is replaced."]
    notes: list[str] = []
    kept: list[Json] = []
    replaced: list[dict[str, Json]] = []
    for number, statement in enumerate(statements, 1):
        found = _kept(dict(statement), number, wanted, notes, doubted=doubted)
        replaced += [] if found else [dict(statement)]
        kept += found
    if not all(wanted.admits(kept, subject) for subject in wanted.subjects):
        kept.insert(0, _with_limits(wanted, replaced, notes))
    return _policy(whole, kept), notes


def _with_limits(wanted: Wanted, replaced: Sequence[Mapping[str, Json]], notes: list[str]) -> dict[str, Json]:
    """Give the new statement, with the other conditions of the one that it replaces that can hold.

    A limit to addresses or times was set on purpose; one that no web identity can meet is a fault.
    """
    new = wanted.statement
    before = next((s for s in replaced if wanted.provider in _federated(s)), {})
    condition = before.get("Condition")
    for operator, clause in condition.items() if isinstance(condition, Mapping) else ():
        for key, value in clause.items() if isinstance(clause, Mapping) else ():
            if str(key).endswith((":sub", ":aud")):
                continue
            tried = copy.deepcopy(new)
            conditions = tried["Condition"]
            if isinstance(conditions, dict):
                conditions.setdefault(str(operator), {})[str(key)] = value
            if any(wanted.admits([tried], subject) is False for subject in wanted.subjects):
                notes.append(f"The condition {operator} on {key} is left out: no web identity can meet it.")
            else:
                new = tried
                notes.append(
                    f"The condition {operator} on {key} is kept: whether it holds cannot be seen offline."
                )
    return new


def _federated(statement: Mapping[str, Json]) -> list[Json]:
    principal = statement.get("Principal")
    found = principal.get("Federated") if isinstance(principal, Mapping) else None
    return found if isinstance(found, list) else [found]


def _policy(whole: Mapping[str, Json], statements: list[Json]) -> dict[str, Json]:
    other = {key: value for key, value in whole.items() if key not in ("Version", "Statement")}
    return {"Version": "2012-10-17", **other, "Statement": statements}


def _kept(
    statement: dict[str, Json], number: int, wanted: Wanted, notes: list[str], *, doubted: bool
) -> list[Json]:
    """Give what becomes of one statement: itself, a narrower Deny, or nothing."""
    if statement.get("Effect") == "Deny":
        return [_narrowed(statement, number, wanted, notes)]
    right = any(wanted.admits([statement], subject) for subject in wanted.subjects)
    broad = wanted.admits([statement], _STRANGER) is True
    whole = all(wanted.admits([statement], subject) for subject in wanted.subjects)
    if right and whole and not broad and not doubted:
        return [statement]
    reason = _reason(statement, wanted, broad=broad)
    if reason is None:
        notes.append(f"Statement {number} is kept: it is for another principal ({_principal(statement)}).")
        return [statement]
    lost = [s for s in _subjects(statement) if s not in wanted.subjects]
    notes.append(f"Statement {number} is replaced: {reason}.")
    if lost:
        notes.append(f"It named {', '.join(lost)}, which no request that uses this role names.")
    return []


def _reason(statement: Mapping[str, Json], wanted: Wanted, *, broad: bool) -> str | None:
    """Say why a statement is replaced; None for one that may serve somebody else."""
    principal = statement.get("Principal")
    names = [name for name in _federated(statement) if isinstance(name, str)]
    actions = statement.get("Action")
    words = [actions] if isinstance(actions, str) else actions if isinstance(actions, list) else []
    web = any(isinstance(a, str) and a.lower() == ACTION.lower() for a in words)
    if broad:
        return "it admits any ServiceAccount"
    if wanted.provider in names:
        return "it is for this issuer and does not admit the tokens as they are"
    if names and not set(names) & wanted.others:
        return f"it trusts {', '.join(map(str, names)) or 'nothing'}, and no such provider is known here"
    if names:
        return None
    if web:
        return "it allows web identity to a principal that cannot have one"
    return None if isinstance(principal, Mapping) and principal else "it names no principal"


def _principal(statement: Mapping[str, Json]) -> str:
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return str(principal)
    return ", ".join(f"{kind} {value}" for kind, value in principal.items())


def _subjects(statement: Mapping[str, Json]) -> list[str]:
    found: list[str] = []
    condition = statement.get("Condition")
    for clause in condition.values() if isinstance(condition, Mapping) else ():
        for key, value in clause.items() if isinstance(clause, Mapping) else ():
            if str(key).endswith(":sub"):
                found += [value] if isinstance(value, str) else [v for v in value or () if isinstance(v, str)]
    return list(dict.fromkeys(found))


def _narrowed(statement: dict[str, Json], number: int, wanted: Wanted, notes: list[str]) -> Json:
    """Let a Deny that takes these tokens except exactly them; any other Deny stays as it is."""
    if not any(wanted.admits([wanted.statement, statement], s) is False for s in wanted.subjects):
        return statement
    narrowed = copy.deepcopy(statement)
    condition = narrowed.setdefault("Condition", {})
    key = f"{without_scheme(wanted.issuer)}:sub"
    if not isinstance(condition, dict):
        return statement
    clause = condition.setdefault("StringNotEquals", {})
    before = clause.get(key, [])
    before = [before] if isinstance(before, str) else list(before)
    clause[key] = list(dict.fromkeys([*before, *wanted.subjects]))
    notes.append(
        f"Statement {number} is a Deny that somebody put there on purpose. It is kept for everybody but the"
        " ServiceAccounts of this role: agree with its owner before you apply this."
    )
    return narrowed


# --- the repair ---------------------------------------------------------------------------------


def mend_trust(case: Case, chain: Chain) -> Repair | Refusal:
    """Offer a corrected trust policy for the role of a chain."""
    choice = case.joined.choices[chain.id]
    role, wanted = choice.role, wanted_of(case, chain)
    if isinstance(wanted, Refusal):
        return wanted
    if role is None or role.trust is None:
        return Refusal("the trust policy of the role was not handed in")
    place = role.trust.where.place
    doubted = any(tuple(r[: len(place.path)]) == place.path for r in place.document.repeated)
    document, notes = corrected(
        role.trust.raw, wanted, doubted=doubted or bool(_text_repeats(role.trust.raw))
    )
    text = as_json(document)
    if any(wanted.admits(_list(document["Statement"]), s) is False for s in wanted.subjects):
        return Refusal("no document that our own evaluation admits could be made of the old one")
    if len("".join(text.split())) > LONGEST:
        notes.append(f"It is longer than {LONGEST} characters: the account's quota must be raised first.")
    name, path = role.name, f"trust/{file_name(role.name)}.json"
    saved = f"{BACKUP}/trust-{file_name(role.name)}.json"
    show = ("aws", "iam", "get-role", "--role-name", name, "--query", "Role.AssumeRolePolicyDocument",
            "--output", "json")  # fmt: skip
    return Repair(
        key=f"trust:{name}",
        title=f"Trust policy of role {name}",
        documents=(Document(path, text),),
        changes=(Change("trust", choice.arn or role.arn or name, text),),
        backup=(Step("Save the trust policy as it is.", to_file(show, saved)),),
        apply=(Step("Put the corrected one in its place.", _update(name, path)),),
        rollback=(Step("Put the old one back.", _update(name, saved)),),
        notes=tuple(notes),
    )


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _text_repeats(raw: Json) -> bool:
    return bool(decode(raw)[1])


def _update(name: str, path: str) -> str:
    return command("aws", "iam", "update-assume-role-policy", "--role-name", name, "--policy-document",
                   f"file://{path}")  # fmt: skip


def make_role(case: Case, chain: Chain) -> Repair | Refusal:
    """Offer the role that is missing, with its trust policy and the permissions that the request asks for."""
    from analyzer.fix.permissions import policy_of_request

    choice = case.joined.choices[chain.id]
    parsed = parse_role_arn(choice.arn) if choice.arn else None
    wanted = wanted_of(case, chain)
    if isinstance(wanted, Refusal):
        return wanted
    if parsed is None or choice.name is None:
        return Refusal("the ARN of the role is not known: hand in the value of the Secret that names it")
    if chain.request is None or not chain.request.entries:
        return Refusal("the request, which says what the role must allow, was not handed in")
    trust, policy = as_json(_policy({}, [wanted.statement])), as_json(policy_of_request(chain))
    name = file_name(parsed.name)
    documents = (Document(f"trust/{name}.json", trust), Document(f"permissions/{name}.json", policy))
    create = command(
        "aws", "iam", "create-role", "--role-name", parsed.name, "--path", parsed.path,
        "--assume-role-policy-document", f"file://{documents[0].path}",
        "--description", f"OpenShift role for {chain.id}", *_tags(case),
    )  # fmt: skip
    put = command("aws", "iam", "put-role-policy", "--role-name", parsed.name, "--policy-name", parsed.name,
                  "--policy-document", f"file://{documents[1].path}")  # fmt: skip
    drop = command(
        "aws", "iam", "delete-role-policy", "--role-name", parsed.name, "--policy-name", parsed.name
    )
    return Repair(
        key=f"trust:{parsed.name}",
        title=f"Role {parsed.name}, which is missing",
        documents=documents,
        changes=(
            Change("role", choice.arn or "", trust),
            Change("policy", choice.arn or "", policy, parsed.name),
        ),
        backup=(),
        apply=(Step("Make the role.", create), Step("Give it its permissions.", put)),
        rollback=(
            Step("Take its permissions.", drop),
            Step("Delete it.", command("aws", "iam", "delete-role", "--role-name", parsed.name)),
        ),
        notes=("If the account demands a permissions boundary, add --permissions-boundary to create-role.",),
    )


def _tags(case: Case) -> tuple[str, ...]:
    names = sorted(case.joined.names.prefixes)
    if len(names) != 1:
        return ()
    return (
        "--tags",
        f"Key=openshift.io/cloud-credential-operator/{names[0]},Value=owned",
        f"Key=Name,Value={names[0]}",
    )
