"""The full list for an STS cluster of which nothing is at hand yet."""

from __future__ import annotations

from analyzer.collect.listing import Item
from analyzer.findings.missing import MUST_GATHER
from analyzer.findings.report import Missing
from analyzer.model.joining.asks import AWS, CLUSTER, PUBLIC

_ISSUER = "$(oc get authentication.config cluster -o jsonpath='{.spec.serviceAccountIssuer}')"

_ROWS = (
    ("must-gather", "modes, requests, pods, logs and signing keys of the cluster",
     MUST_GATHER, CLUSTER),
    ("roles", "the trust policies and permissions of the roles, and which roles there are",
     "aws iam get-account-authorization-details --filter Role LocalManagedPolicy AWSManagedPolicy"
     " --output json > roles.json", AWS),
    ("oidc-providers", "the account's OIDC providers with their URLs and audiences",
     "aws iam list-open-id-connect-providers --output json > oidc-providers.json; for a in $(aws iam"
     " list-open-id-connect-providers --query 'OpenIDConnectProviderList[].Arn' --output text); do aws iam"
     ' get-open-id-connect-provider --open-id-connect-provider-arn "$a" --output json; done > oidc.json',
     AWS),
    ("discovery", "what the issuer answers for its discovery document, as AWS sees it",
     "curl -sSg -D openid-configuration.headers -o openid-configuration"
     f' "{_ISSUER}/.well-known/openid-configuration"', PUBLIC),
    ("jwks", "the keys that AWS verifies tokens with",
     f'curl -sSg -D keys.headers -o keys.json "{_ISSUER}/keys.json"', PUBLIC),
    ("secret-values", "the role ARN in each operator's Secret; the script masks all that could be a key",
     "sts-doctor collect -f sh -o collect.sh && sh collect.sh", CLUSTER),
    ("release-credrequests", "what the operators of this release ask for",
     "oc adm release extract --credentials-requests --cloud=aws --to=credrequests"
     " \"$(oc get clusterversion version -o jsonpath='{.status.desired.image}')\"", CLUSTER),
    ("sign-ins", "AWS's own record of the last sign-ins and why they failed",
     "aws cloudtrail lookup-events --lookup-attributes"
     " AttributeKey=EventName,AttributeValue=AssumeRoleWithWebIdentity --max-items 200 --output json"
     " > cloudtrail.json", AWS),
)  # fmt: skip

_NOT_SCRIPTED = ("must-gather", "release-credrequests")


def full_list() -> list[Item]:
    """Give what settles most on an STS cluster, in the order in which it does."""
    return [
        Item(rank, 0, name not in _NOT_SCRIPTED, Missing(name, why, command, where, "identifiers", (), ()))
        for rank, (name, why, command, where) in enumerate(_ROWS, 1)
    ]
