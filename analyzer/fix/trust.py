"""The repair of a role's trust policy."""

from __future__ import annotations

from analyzer.evidence.records import Json
from analyzer.fix.admitted import wanted_of
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
from analyzer.fix.trust_document import corrected
from analyzer.iam.document import decode
from analyzer.model.joining.chain import Chain
from analyzer.shell import file_name

LONGEST = 2048
"""Characters without white space that a trust policy may have by default (IAM quota)."""


def mend_trust(case: Case, chain: Chain) -> Repair | Refusal:
    """Offer a corrected trust policy for the role of a chain."""
    choice = case.choice(chain.id)
    role, wanted = choice.role, wanted_of(case, chain)
    if isinstance(wanted, Refusal):
        return wanted
    if other := case.fact(chain.id, "role.exchanged_with"):
        return Refusal(
            f"rolesRef of the HostedCluster names the roles of this and of {other} the wrong way round"
        )
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
