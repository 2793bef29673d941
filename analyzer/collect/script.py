"""The customer's script: a fixed body, and one line for each call with its arguments quoted."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from importlib import resources

from analyzer.collect.wanted import Call, Plan
from analyzer.version import __version__

_DISCLOSES = {
    "secret_value": "the role ARN, token path, region and such settings of a Secret, no keys",
    "role": "a role's trust policy, permissions and boundary",
    "roles": "the names, trust policies and permissions of all roles of the account",
    "policy": "a managed policy",
    "providers": "the URLs and audiences of the account's OIDC providers",
    "issuer": "what the public can read of the issuer",
    "config": "a configuration object of the cluster",
    "configmap": "a ConfigMap with settings or public keys",
    "install_config": "credentialsMode, platform and region of install-config",
    "inspect": "pods, logs and objects of a namespace; of Secrets the key names and lengths",
    "requests": "what the operators ask of AWS",
    "token": "header and payload of a token, without its signature",
    "identity": "who runs this script in AWS",
    "sign_ins": "CloudTrail's record of the last sign-ins, without session tokens",
}

EVERYTHING = Plan((Call("everything", (), ()),), (), ())
"""For a cluster of which no bundle is at hand."""

_WITHIN = {
    "everything": (
        "config", "configmap", "install_config", "requests", "secret_value", "inspect", "identity", "roles",
        "providers", "issuer", "sign_ins",
    ),
}  # fmt: skip
"""The functions that one of the script calls in its turn."""


def write_script(plan: Plan) -> str:
    """Write the script of a plan: POSIX sh that only reads, for the customer to look through and run."""
    body = resources.files("analyzer.collect").joinpath("collect.sh").read_text("utf-8")
    return "\n".join([*_head(plan.calls), body.rstrip("\n"), "", *_calls(plan), "finish", ""])


def _head(calls: Sequence[Call]) -> list[str]:
    lines = [
        "#!/bin/sh",
        f"# Made by sts-doctor {__version__}. It only reads, and sends nothing: it writes one folder and one",
        "# archive where it is run. `sh FILE --dry-run` prints the commands and runs none.",
        "# Where oc or aws is not installed, those calls are left out: run it on each machine that has one.",
        "# The answers of curl count only from outside the cluster's network. What is kept:",
    ]
    called = [_WITHIN.get(call.function, (call.function,)) for call in calls]
    functions = dict.fromkeys(function for group in called for function in group)
    return lines + [f"#   {function}: {_DISCLOSES[function]}" for function in functions]


def _calls(plan: Plan) -> list[str]:
    lines = ["# --- the calls for this case, the most decisive first ---", ""]
    if plan.region:
        own = f"${{AWS_REGION:-${{AWS_DEFAULT_REGION:-{shlex.quote(plan.region)}}}}}"
        lines += ["# IAM of this partition answers in its own Regions only.", f"AWS_DEFAULT_REGION={own}"]
        lines += ["export AWS_DEFAULT_REGION", "apart=$AWS_DEFAULT_REGION", ""]
    return lines + [shlex.join([call.function, *call.arguments]) for call in plan.calls]
