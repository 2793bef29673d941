"""A role's permissions, corrected: what its request asks for and the role does not grant, and no more."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence

from analyzer.evidence.records import Json
from analyzer.fix.repair import (
    BACKUP,
    Case,
    Change,
    Document,
    Refusal,
    Repair,
    Step,
    as_json,
    command,
    to_file,
)
from analyzer.iam.catalogue import load_catalogue
from analyzer.iam.document import decode
from analyzer.iam.glob import matches
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.roles import Role
from analyzer.model.role.asked import entries_of, private_zone_role
from analyzer.model.role.permission_scope import judge, setting_of
from analyzer.model.role.policies import read_policies
from analyzer.shell import file_name

LONGEST = 10_240
"""Characters without white space that all inline policies of a role may have together (IAM quota)."""


def policy_of_request(chain: Chain) -> dict[str, Json]:
    """Give the policy that ccoctl writes for a request: one statement for each entry."""
    request = chain.request
    entries = request.entries if request else ()
    statements: list[Json] = [
        {
            "Effect": entry.effect,
            "Action": list(entry.actions),
            "Resource": entry.resource,
            **({"Condition": dict(entry.condition)} if entry.condition else {}),
        }
        for entry in entries
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def mend_permissions(case: Case, chain: Chain, rule: str) -> Repair | Refusal:
    """Offer a corrected inline policy for the role of a chain, by the rule that found fault with it."""
    role = case.choice(chain.id).role
    if role is None or chain.request is None or not chain.request.entries:
        return Refusal("the role's policies or the request were not handed in")
    name, before = _own_policy(role, denying=rule == "permission-explicit-deny")
    if rule == "permission-shared-vpc" and "trust policy" in str(
        case.fact(chain.id, "permissions.shared_vpc_problem")
    ):
        return Refusal(
            "the role of the zone must trust this one: its owner, in the other account, must change it"
        )
    if rule == "permission-overwritten":
        return _overwritten(case, chain, role, name, before)
    document = copy.deepcopy(before) or {"Version": "2012-10-17", "Statement": []}
    notes = _of_rosa(case, chain)
    if rule == "permission-explicit-deny":
        refusal = _without_denies(case, chain, role, name, document, notes)
        if refusal:
            return refusal
    else:
        lacking = _lacking(case, chain, role, rule)
        if not lacking:
            return Refusal("the role allows what the request asks for, and something else takes a part of it")
        _grant(document, lacking)
    return _offer(role, name, before, document, notes)


def _of_rosa(case: Case, chain: Chain) -> list[str]:
    if case.cluster_fact("rosa.used") is not True or case.fact(chain.id, "role.made_by_user") is True:
        return []
    return [
        "On ROSA, rosa upgrade operator-roles brings the policies of the roles up to date: do that first, and"
        " this only where something is still denied."
    ]


def _overwritten(
    case: Case, chain: Chain, role: Role, name: str, before: dict[str, Json] | None
) -> Repair | Refusal:
    document = policy_of_request(chain)
    users = [c for c in case.joined.chains if c.id != chain.id and case.choice(c.id).arn == role.arn]
    notes = [f"The policy {name} was another request's. All of it is replaced."]
    if users and role.arn:
        # one role for several requests: each keeps what it asks for
        for other in users:
            _grant(document, [dict(s) for s in _statements(policy_of_request(other))])
        notes = [f"The role also serves {', '.join(c.id for c in users)}: it grants what each asks for."]
    return _offer(role, name, before, document, notes)


def _own_policy(role: Role, *, denying: bool = False) -> tuple[str, dict[str, Json] | None]:
    """Give the inline policy to correct: ccoctl's own, else the first, else a new one of ccoctl's name.

    ``denying`` asks for the first that holds a Deny.
    """
    for name in (role.name, *sorted(role.inline)):
        held = role.inline.get(name)
        if denying and (held is None or not _denies(held.raw)):
            continue
        value = decode(held.raw)[0] if held else None
        if isinstance(value, Mapping) and isinstance(value.get("Statement"), list | Mapping):
            document = dict(copy.deepcopy(dict(value)))
            document["Statement"] = _statements(document)
            return name, document
    return role.name, None


def _statements(document: Mapping[str, Json]) -> list[dict[str, Json]]:
    found = document.get("Statement")
    listed = [found] if isinstance(found, Mapping) else found if isinstance(found, list) else []
    return [dict(s) for s in listed if isinstance(s, Mapping)]


# --- granting -----------------------------------------------------------------------------------

_FACTS = {
    "permission-missing": ("missing_logged", "missing_required", "missing_likely"),
    "permission-policy-version": ("other_version",),
    "permission-resource-narrow": ("narrow",),
    "permission-condition-narrow": ("conditional",),
}
_VERDICTS = {
    "permission-missing": ("denied",),
    "permission-policy-version": ("denied",),
    "permission-resource-narrow": ("partial",),
    "permission-condition-narrow": ("conditional",),
}


def _lacking(case: Case, chain: Chain, role: Role, rule: str) -> list[dict[str, Json]]:
    """Give statements for what a rule says is lacking, as the request asks for it."""
    joined = case.joined
    if rule == "permission-shared-vpc":
        arn = private_zone_role(joined.objects)
        return [{"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": arn}] if arn else []
    held = read_policies(role, joined.book, joined.asks)
    entries = entries_of(chain.request) if chain.request else None
    rows = judge(entries or (), held.identity, setting_of(chain, role, joined.view, joined.objects))
    named = _named(case, chain, rule)
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.verdict in _VERDICTS[rule] and row.denial != "explicit" and (
            rule != "permission-missing" or row.action.lower() in named
        ):  # fmt: skip
            found.setdefault(row.entry, []).append(row.asked)
    asked = chain.request.entries if chain.request else ()
    return [
        {
            "Effect": "Allow",
            "Action": list(dict.fromkeys(actions)),
            "Resource": asked[at].resource,
            **({"Condition": dict(asked[at].condition)} if asked[at].condition else {}),
        }
        for at, actions in sorted(found.items())
    ]


def _named(case: Case, chain: Chain, rule: str) -> set[str]:
    found: set[str] = set()
    for fact in _FACTS[rule]:
        value = case.fact(chain.id, f"permissions.{fact}")
        found.update(str(one).lower() for one in (value if isinstance(value, list) else ()))
    return found


def _grant(document: dict[str, Json], lacking: Iterable[dict[str, Json]]) -> None:
    """Add statements; one that allows on the same resources under the same condition gets the actions."""
    statements = _statements(document)
    for wanted in lacking:
        same = next((s for s in statements if _alike(s, wanted)), None)
        if same is None:
            statements.append(wanted)
            continue
        held = same["Action"]
        actions = [held] if isinstance(held, str) else list(held) if isinstance(held, list) else []
        more = wanted["Action"] if isinstance(wanted["Action"], list) else [wanted["Action"]]
        same["Action"] = list(dict.fromkeys([*actions, *more]))
    document["Statement"] = statements


def _alike(one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    keys = {"Effect", "Action", "Resource", "Condition", "Sid"}
    return (
        set(one) <= keys
        and "Action" in one
        and one.get("Effect") == other.get("Effect")
        and _as_list(one.get("Resource")) == _as_list(other.get("Resource"))
        and one.get("Condition") == other.get("Condition")
    )


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


# --- denies -------------------------------------------------------------------------------------


def _without_denies(
    case: Case, chain: Chain, role: Role, name: str, document: dict[str, Json], notes: list[str]
) -> Refusal | None:
    """Take the request's actions out of the Deny statements of an inline policy."""
    others = [n for n in role.inline if n != name and _denies(role.inline[n].raw)]
    if others or not _denies(document):
        return Refusal("the Deny stands in a managed policy, or in several: whoever put it there must decide")
    entries = entries_of(chain.request) if chain.request else None
    needed = {a for entry in entries or () for a in entry.actions}
    kept: list[dict[str, Json]] = []
    for statement in _statements(document):
        narrowed = _narrowed(statement, needed) if statement.get("Effect") == "Deny" else statement
        if narrowed is not statement:
            notes.append(
                "A Deny that somebody put there on purpose no longer takes what the request asks for:"
                " agree with its owner before you apply this. A wildcard in it is written out from the"
                f" actions known on {load_catalogue().date}: newer ones are not denied any more."
            )
        kept += [narrowed] if narrowed else []
    document["Statement"] = kept
    return None


def _denies(raw: Json) -> bool:
    value = decode(raw)[0]
    return isinstance(value, Mapping) and any(s.get("Effect") == "Deny" for s in _statements(value))


def _narrowed(statement: dict[str, Json], needed: set[str]) -> dict[str, Json] | None:
    """Give a Deny without the needed actions; None where nothing is left of it."""
    if "NotAction" in statement:
        held = [str(a) for a in _as_list(statement["NotAction"])]
        more = sorted(a for a in needed if not any(matches(p, a, ignore_case=True) for p in held))
        return statement if not more else {**statement, "NotAction": [*held, *more]}
    actions = [str(a) for a in _as_list(statement.get("Action"))]
    taken = [p for p in actions if any(matches(p, a, ignore_case=True) for a in needed)]
    if not taken:
        return statement
    left = [p for p in actions if p not in taken]
    for pattern in taken:
        names = (action.name for action in load_catalogue().expand(pattern))
        left += [a for a in names if not any(matches(n, a, ignore_case=True) for n in needed)]
    return {**statement, "Action": left} if left else None


# --- the repair ---------------------------------------------------------------------------------


def _offer(
    role: Role, name: str, before: dict[str, Json] | None, document: dict[str, Json], notes: Sequence[str]
) -> Repair | Refusal:
    text = as_json(document)
    others = sum(len("".join(as_json(p.raw).split())) for n, p in role.inline.items() if n != name)
    if len("".join(text.split())) + others > LONGEST:
        return Refusal(
            f"the corrected inline policy would be longer than the {LONGEST} characters that IAM allows"
        )
    path = f"permissions/{file_name(role.name)}--{file_name(name)}.json"
    saved = f"{BACKUP}/policy-{file_name(role.name)}--{file_name(name)}.json"
    show = ("aws", "iam", "get-role-policy", "--role-name", role.name, "--policy-name", name, "--query",
            "PolicyDocument", "--output", "json")  # fmt: skip
    put = (
        "aws",
        "iam",
        "put-role-policy",
        "--role-name",
        role.name,
        "--policy-name",
        name,
        "--policy-document",
    )
    if before is None:
        backup: tuple[Step, ...] = ()
        drop = ("aws", "iam", "delete-role-policy", "--role-name", role.name, "--policy-name", name)
        rollback = Step("Delete the added policy.", command(*drop))
    else:
        backup = (Step("Save the policy as it is.", to_file(show, saved)),)
        rollback = Step("Put the old one back.", command(*put, f"file://{saved}"))
    return Repair(
        key=f"policy:{role.name}/{name}",
        title=f"Inline policy {name} of role {role.name}",
        documents=(Document(path, text),),
        changes=(Change("policy", role.arn or role.name, text, name),),
        backup=backup,
        apply=(Step("Put the corrected policy in its place.", command(*put, f"file://{path}")),),
        rollback=(rollback,),
        notes=tuple(dict.fromkeys(notes)),
    )
