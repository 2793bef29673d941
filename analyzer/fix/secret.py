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
    file_name,
    to_file,
)
from analyzer.model.aws import parse_role_arn, without_scheme
from analyzer.model.chains import Chain
from analyzer.model.credentials import OPENSHIFT_TOKEN
from analyzer.model.role_choice import choose
from analyzer.model.workloads import token_paths
from analyzer.patterns import later

NAME = later(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
"""What Kubernetes takes as a name (RFC 1123)."""


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
    if arn is None or parse_role_arn(arn) is None:
        return Refusal(
            "which role the Secret must name is not known: hand in an export of the account's roles"
        )
    paths = token_paths(chain.workloads)
    path = paths[0] if len(set(paths)) == 1 else OPENSHIFT_TOKEN
    value = (
        f"[default]\nsts_regional_endpoints = regional\nrole_arn = {arn}\nweb_identity_token_file = {path}"
    )
    manifest = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n"
        f"  namespace: {chain.namespace}\n  name: {chain.secret_name}\n"
        "type: Opaque\nstringData:\n  credentials: |-\n    " + value.replace("\n", "\n    ") + "\n"
    )
    file = f"secrets/{file_name(chain.namespace)}-{file_name(chain.secret_name)}.yaml"
    saved = f"{BACKUP}/secret-{file_name(chain.namespace)}-{file_name(chain.secret_name)}.yaml"
    get = ("oc", "-n", chain.namespace, "get", "secret", chain.secret_name, "-o", "yaml")
    delete = command("oc", "-n", chain.namespace, "delete", "secret", chain.secret_name)
    absent = chain.secret is None
    return Repair(
        key=f"secret:{chain.id}",
        title=f"Secret {chain.id}",
        documents=(Document(file, manifest),),
        changes=(Change("secret", chain.id, manifest),),
        backup=()
        if absent
        else (Step("Save the Secret as it is. The file holds its value.", to_file(get, saved)),),
        apply=(
            *(() if absent else (Step("Delete it: keys that are not in the new one would stay.", delete),)),
            Step("Make the Secret.", command("oc", "apply", "-f", file)),
            Step("Restart the pods that read it only when they start.", _restart(chain)),
        ),
        rollback=(
            Step("Delete the new one.", delete),
            *(() if absent else (Step("Make the old one again.", command("oc", "create", "-f", saved)),)),
        ),
        notes=_notes(chain),
    )


def _restart(chain: Chain) -> str:
    pods = [w.name for w in chain.workloads if w.kind == "Pod"]
    return command("oc", "-n", chain.namespace, "delete", "pod", *pods) if pods else ""


def _notes(chain: Chain) -> tuple[str, ...]:
    if chain.static_keys:
        return ("Delete the long-lived access key in IAM once the operator has signed in.",)
    return ()
