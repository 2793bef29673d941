"""The role that is missing, made with its trust policy and permissions."""

from __future__ import annotations

from analyzer.fix.admitted import wanted_of
from analyzer.fix.permissions import policy_of_request
from analyzer.fix.repair import Case, Change, Document, Refusal, Repair, Step, as_json, command, name_in_tags
from analyzer.fix.trust_document import policy_of
from analyzer.model.joining.aws import parse_role_arn
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.roles import DESCRIPTION, OWNED
from analyzer.shell import file_name


def make_role(case: Case, chain: Chain) -> Repair | Refusal:
    """Offer the role that is missing, with its trust policy and the permissions that the request asks for."""
    choice = case.choice(chain.id)
    parsed = parse_role_arn(choice.arn) if choice.arn else None
    wanted = wanted_of(case, chain)
    if isinstance(wanted, Refusal):
        return wanted
    if parsed is None or choice.name is None:
        return Refusal("the ARN of the role is not known: hand in the value of the Secret that names it")
    by_user = case.fact(chain.id, "role.made_by_user") is True
    if case.cluster_fact("rosa.used") is True and not by_user:
        return Refusal("on ROSA, rosa makes the role, with tags and policies that it goes on to look for")
    if chain.request is None or not chain.request.entries:
        return Refusal("the request, which says what the role must allow, was not handed in")
    trust, policy = as_json(policy_of({}, [wanted.statement])), as_json(policy_of_request(chain))
    name = file_name(parsed.name)
    documents = (Document(f"trust/{name}.json", trust), Document(f"permissions/{name}.json", policy))
    create = command(
        "aws", "iam", "create-role", "--role-name", parsed.name, "--path", parsed.path,
        "--assume-role-policy-document", f"file://{documents[0].path}",
        "--description", DESCRIPTION + chain.id, *(() if by_user else _tags(case)),
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
    name = name_in_tags(case)
    return () if name is None else ("--tags", f"Key={OWNED}{name},Value=owned", f"Key=Name,Value={name}")
