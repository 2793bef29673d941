"""A Secret for STS: the template that ccoctl writes, with the role that was made for its request."""

from __future__ import annotations

from analyzer.fix.repair import (
    BACKUP,
    Case,
    Change,
    Document,
    Refusal,
    Repair,
    Step,
    command,
    to_file,
)
from analyzer.model.joining.aws import parse_role_arn, without_scheme
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.credentials import OPENSHIFT_TOKEN
from analyzer.model.joining.mounted_tokens import token_paths
from analyzer.model.joining.role_choice import choose
from analyzer.model.workloads.restart import owners, without_owner
from analyzer.patterns import later
from analyzer.shell import file_name

NAME = later(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""What Kubernetes takes as a name (RFC 1123)."""

_RESTART = "Restart the pods that read it only when they start."
_ON_A_LINE = later(r"[\x21-\x7e]+")


def mend_secret(case: Case, chain: Chain) -> Repair | Refusal:
    """Offer the manifest of a chain's Secret; only where its role stands in the exports."""
    joined = case.joined
    if joined.view.hosted:
        return Refusal(
            "hosted control planes write this Secret themselves, from the role ARNs of the HostedCluster"
        )
    if not NAME.fullmatch(chain.namespace) or not NAME.fullmatch(chain.secret_name):
        return Refusal("the request names a Secret that Kubernetes would not take")
    issuer = without_scheme(joined.view.issuer or "")
    found = choose(joined.book, chain.namespace, chain.secret_name, chain.subjects, issuer, joined.names)
    arn = found[0].arn if found else None
    if chain.in_cluster is not None and chain.in_cluster.sts_role_arn not in (None, arn):
        return Refusal(
            "the credential operator writes this Secret, with the role that its request names: set it there"
        )
    if arn is None or parse_role_arn(arn) is None:
        return Refusal(
            "which role the Secret must name is not known: hand in an export of the account's roles"
        )
    path = _token_path(chain)
    if not (_ON_A_LINE.fullmatch(arn) and _ON_A_LINE.fullmatch(path)):
        return Refusal("the role's ARN or the token's path could not stand on a line of a Secret")
    manifest = _manifest(chain, arn, path)
    name = f"{file_name(chain.namespace)}-{file_name(chain.secret_name)}.yaml"
    file, saved = f"secrets/{name}", f"{BACKUP}/secret-{name}"
    get = ("oc", "-n", chain.namespace, "get", "secret", chain.secret_name, "-o", "yaml")
    delete = command("oc", "-n", chain.namespace, "delete", "secret", chain.secret_name)
    make = Step("Make the Secret.", command("oc", "apply", "-f", file))
    restart = _restart(chain)
    undo = Step("Delete the new one.", delete)
    save = Step("Save the Secret as it is. The file holds its value.", to_file(get, saved))
    # unlike apply, which would let keys stay that are not in the new one
    replaced = Step("Put the new one in its place.", command("oc", "replace", "-f", file))
    again = Step("Make the old one again.", command("oc", "create", "-f", saved))
    there = chain.secret is not None
    return Repair(
        key=f"secret:{chain.id}",
        title=f"Secret {chain.id}",
        documents=(Document(file, manifest),),
        changes=(Change("secret", chain.id, manifest),),
        backup=(save,) if there else (),
        apply=(replaced, *restart) if there else (make, *restart),
        rollback=(undo, again) if there else (undo,),
        notes=_notes(chain),
    )


def _token_path(chain: Chain) -> str:
    """Give the token path that the chain's pods agree on."""
    paths = set(token_paths(chain.workloads))
    return paths.pop() if len(paths) == 1 else OPENSHIFT_TOKEN


def _manifest(chain: Chain, arn: str, path: str) -> str:
    """Write the Secret as ccoctl does."""
    lines = (
        "[default]",
        "sts_regional_endpoints = regional",
        f"role_arn = {arn}",
        f"web_identity_token_file = {path}",
    )
    return (
        "apiVersion: v1\nkind: Secret\nmetadata:\n"
        f"  namespace: {chain.namespace}\n  name: {chain.secret_name}\n"
        "type: Opaque\nstringData:\n  credentials: |-\n"
    ) + "".join(f"    {line}\n" for line in lines)


def _restart(chain: Chain) -> tuple[Step, ...]:
    """Give the steps that let pods begin anew: by what made them, which outlives their names in a gather."""
    made = [one for one in owners(chain.workloads) if NAME.fullmatch(one.partition("/")[2])]
    pods = [one for one in without_owner(chain.workloads) if NAME.fullmatch(one)]
    oc = ("oc", "-n", chain.namespace)
    steps = []
    if made or not pods:
        steps.append(Step(_RESTART, command(*oc, "rollout", "restart", *made) if made else ""))
    if pods:
        steps.append(
            Step(
                "Delete those of its pods that nothing is seen to make.", command(*oc, "delete", "pod", *pods)
            )
        )
    return tuple(steps)


def _notes(chain: Chain) -> tuple[str, ...]:
    if chain.static_keys:
        return ("Delete the long-lived access key in IAM once the operator has signed in.",)
    return ()
