"""Faults that lie in AWS or at the issuer: provider, discovery document, key set, roles."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from samples import Cluster, HttpError, Provider, edits, faults
from samples.aws import AUDIENCES, Role, ccoctl_tags
from samples.keys import jwks, rsa_key
from samples.yamlout import Json, aws_json

from .fault import (
    DISCOVERY,
    ISSUERS,
    KEY_SET,
    PROVIDERS,
    ROLES,
    SIGNING_KEYS,
    TRUST_FAULT,
    Fault,
    Second,
)
from .faults_in_cluster import assign, shared_role
from .runs import DRIVERS, INGRESS, MACHINES, Edit

OTHER_HOST = "staging-oidc.s3.us-east-2.amazonaws.com"
NOT_FOUND = HttpError(404, "Not Found", "NoSuchKey", "The specified key does not exist.")


# --- provider -------------------------------------------------------------------------------------


def only_another(cluster: Cluster) -> None:
    """The cluster's provider is gone; another cluster's is there."""
    cluster.providers = [Provider(OTHER_HOST, cluster.account, tags=ccoctl_tags("staging"))]


def provider_url(change: Callable[[str], str]) -> Edit:
    """Give an edit of the provider's Url; the trust policies still name it as it should be."""

    def edit(cluster: Cluster) -> None:
        cluster.provider.url = change(cluster.provider.url)

    return edit


def audiences(*values: str) -> Edit:
    """Give an edit of the ClientIDList."""
    return lambda cluster: setattr(cluster.provider, "client_ids", list(values))


def thumbprints(*values: str) -> Edit:
    """Give an edit of the ThumbprintList."""
    return lambda cluster: setattr(cluster.provider, "thumbprints", list(values))


def _other_account(cluster: Cluster) -> None:
    cluster.provider.account = "999999999999"
    cluster.providers.append(Provider(OTHER_HOST, cluster.account, tags=ccoctl_tags("staging")))


def _list_of_other_account(cluster: Cluster) -> dict[str, bytes]:
    listed = {"OpenIDConnectProviderList": [{"Arn": cluster.provider.arn}]}
    return {"exports/oidc/list-open-id-connect-providers-999999999999.json": aws_json(listed)}


def _second_provider(cluster: Cluster) -> None:
    other = copy.deepcopy(cluster.provider)
    other.url = "demo-old-oidc.s3.us-west-2.amazonaws.com"
    cluster.providers.append(other)


PROVIDER_FAULTS = [
    Fault("provider-missing", "provider", only_another, PROVIDERS),
    *(
        Fault("provider-url-mismatch", "provider", provider_url(change), PROVIDERS, variant=variant)
        for variant, change in (
            ("slash", lambda url: f"{url}/"),
            ("port", lambda url: f"{url}:443"),
            ("case", str.upper),
            ("path", lambda url: f"{url}/2abc"),
        )
    ),
    Fault(
        "provider-account-mismatch", "provider", _other_account, PROVIDERS, more=_list_of_other_account
    ),
    Fault("provider-audience-missing", "provider", audiences("sts.amazonaws.com"), PROVIDERS),
    Fault(
        "provider-audience-incomplete", "provider", audiences("openshift"), PROVIDERS, state="warn",
        kind="hygiene",
    ),
    Fault(
        "provider-audience-malformed", "provider", audiences("openshift", "sts.amazon.com"), PROVIDERS,
        state="warn", kind="hygiene",
    ),
    Fault(
        "provider-audience-malformed", "provider", audiences(*AUDIENCES, "openshift "), PROVIDERS,
        state="warn", kind="hygiene", variant="blank",
    ),
    Fault(
        "provider-thumbprint-malformed", "provider", thumbprints("0" * 40), PROVIDERS, state="warn",
        kind="hygiene", variant="placeholder",
    ),
    Fault(
        "provider-thumbprint-malformed", "provider", thumbprints("9e99a48a"), PROVIDERS, state="warn",
        kind="hygiene", variant="short",
    ),
    Fault("provider-duplicate", "provider", _second_provider, PROVIDERS, state="warn", kind="hygiene"),
]  # fmt: skip


# --- issuer ---------------------------------------------------------------------------------------


def _not_https(cluster: Cluster) -> None:
    cluster.authentication_issuer = f"http://{cluster.issuer_host}"
    cluster.kas_issuers = [cluster.authentication_issuer]


def _observed_differs(cluster: Cluster) -> None:
    def hook(path: str, body: Json) -> Json:
        if path.endswith("kubeapiservers/cluster.yaml"):
            arguments = body["spec"]["observedConfig"]["apiServerArguments"]
            arguments["service-account-issuer"] = [f"https://{OTHER_HOST}"]
        return body

    cluster.hooks.append(hook)


def discovery(**change: Any) -> Edit:
    """Give an edit of the discovery document; None takes a member away."""

    def edit(cluster: Cluster) -> None:
        assert isinstance(cluster.discovery, dict)
        cluster.discovery |= change
        for name in [name for name, value in change.items() if value is None]:
            del cluster.discovery[name]

    return edit


def _trailing_slash(cluster: Cluster) -> None:
    discovery(issuer=f"{cluster.issuer}/")(cluster)


def _forbidden(cluster: Cluster) -> None:
    cluster.discovery = HttpError()
    cluster.jwks = HttpError()


def _public_access_block(cluster: Cluster) -> dict[str, bytes]:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    body = {"PublicAccessBlockConfiguration": dict.fromkeys(names, True)}
    return {"exports/issuer/get-public-access-block.json": aws_json(body)}


_HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in</body></html>\n"

ISSUER_FAULTS = [
    Fault("issuer-not-https", "issuer", _not_https, ISSUERS),
    Fault("issuer-inconsistent", "issuer", _observed_differs, r"kubeapiservers/"),
    Fault("discovery-unreachable", "issuer", assign("discovery", NOT_FOUND), DISCOVERY, variant="404"),
    Fault("discovery-unreachable", "issuer", _forbidden, r"exports/issuer/", variant="403"),
    Fault("discovery-not-json", "issuer", assign("discovery", _HTML), DISCOVERY, variant="html"),
    Fault("discovery-not-json", "issuer", assign("discovery", '{"issuer": '), DISCOVERY, variant="cut"),
    Fault("discovery-issuer-mismatch", "issuer", _trailing_slash, DISCOVERY, variant="slash"),
    Fault(
        "discovery-issuer-mismatch", "issuer", discovery(issuer=f"https://{OTHER_HOST}"), DISCOVERY,
        variant="other-cluster",
    ),
    Fault("discovery-jwks-uri", "issuer", discovery(jwks_uri=None), DISCOVERY, variant="absent"),
    Fault("discovery-jwks-uri", "issuer", discovery(jwks_uri="/keys.json"), DISCOVERY, variant="relative"),
    Fault(
        "discovery-jwks-uri", "issuer", discovery(jwks_uri=f"https://{OTHER_HOST}/keys.json"), DISCOVERY,
        variant="other-host",
    ),
    Fault(
        "issuer-private-bucket", "issuer", _forbidden, r"get-public-access-block", more=_public_access_block
    ),
    Fault(
        "issuer-placeholder", "issuer", lambda cluster: None, ISSUERS,
        arguments={"issuer": "https://fake-oidc.s3.us-west-2.amazonaws.com"},
    ),
    Fault(
        "issuer-bucket-dotted", "issuer", lambda cluster: None, ISSUERS, state="warn",
        arguments={"issuer": "https://demo.prod-oidc.s3.us-west-2.amazonaws.com"},
    ),
]  # fmt: skip


# --- keys -----------------------------------------------------------------------------------------


def rotated(*, published: bool) -> Edit:
    """Give an edit that lets the cluster sign with a second key."""

    def edit(cluster: Cluster) -> None:
        when = cluster.gathered - timedelta(days=3)
        edits.rotate_key(cluster, when, publish=published)
        edits.restart_pods(cluster, when + timedelta(hours=5))

    return edit


def old_key_removed(cluster: Cluster) -> None:
    rotated(published=True)(cluster)
    cluster.jwks = jwks(cluster.signing_keys[-1:])


def first_key(**change: str) -> Edit:
    """Give an edit of the members of the key in the key set."""

    def edit(cluster: Cluster) -> None:
        assert isinstance(cluster.jwks, dict)
        cluster.jwks["keys"][0] |= change

    return edit


def same_kid(cluster: Cluster) -> None:
    cluster.jwks = {"keys": [rsa_key("someone-else").jwk() | {"kid": cluster.signing_keys[0].kid}]}


def _padded(cluster: Cluster) -> None:
    assert isinstance(cluster.jwks, dict)
    cluster.jwks["keys"][0]["n"] += "=="


def _twice(cluster: Cluster) -> None:
    cluster.jwks = jwks([*cluster.signing_keys, *cluster.signing_keys])


def foreign(cluster: Cluster) -> None:
    cluster.jwks = jwks([rsa_key("someone-else")])


KEY_FAULTS = [
    Fault("jwks-unreachable", "keys", assign("jwks", HttpError()), KEY_SET, variant="403"),
    Fault("jwks-unreachable", "keys", assign("jwks", NOT_FOUND), KEY_SET, variant="404"),
    Fault("jwks-not-json", "keys", assign("jwks", _HTML), KEY_SET),
    Fault("jwks-empty", "keys", assign("jwks", {"keys": []}), KEY_SET),
    Fault("jwks-key-missing", "keys", rotated(published=False), KEY_SET),
    Fault(
        "jwks-key-missing", "keys", rotated(published=False), SIGNING_KEYS, variant="keys-of-the-cluster"
    ),
    Fault("jwks-key-mismatch", "keys", same_kid, KEY_SET),
    Fault("jwks-key-unusable", "keys", first_key(use="enc"), KEY_SET, variant="enc"),
    Fault("jwks-key-unusable", "keys", _padded, KEY_SET, variant="padded"),
    Fault("jwks-old-key-removed", "keys", old_key_removed, KEY_SET, state="warn", kind="hygiene"),
    Fault("jwks-foreign", "keys", foreign, KEY_SET),
    Fault("jwks-duplicate-key-id", "keys", _twice, KEY_SET, state="warn", kind="hygiene"),
    Fault(
        "key-rollout-in-progress", "keys", assign("node_revisions", [9, 9, 8]), r"kubeapiservers/",
        state="warn", kind="hygiene",
    ),
]  # fmt: skip


# --- trust ----------------------------------------------------------------------------------------

INGRESS_NAMESPACE = "openshift-ingress-operator"


def statement(cluster: Cluster, namespace: str = INGRESS_NAMESPACE) -> Json:
    """Give the one statement of a role's trust policy."""
    first: Json = cluster.role(namespace).trust["Statement"][0]
    return first


def trust(change: Callable[[Cluster, Json], object]) -> Edit:
    """Give an edit of the statement of the ingress role."""
    return lambda cluster: change(cluster, statement(cluster))


def subjects(*names: str, namespace: str = INGRESS_NAMESPACE) -> Edit:
    """Give an edit of the subjects that a role trusts."""
    return lambda cluster: edits.trust_subjects(cluster.role(namespace), list(names))


def _key(cluster: Cluster) -> str:
    return f"{cluster.issuer_host}:sub"


def _own(cluster: Cluster) -> list[str]:
    return [f"system:serviceaccount:{INGRESS_NAMESPACE}:ingress-operator"]


def condition_key(change: Callable[[str], str]) -> Edit:
    """Give an edit of the host in the condition's key."""
    return trust(
        lambda cluster, found: found.update(
            Condition={"StringEquals": {f"{change(cluster.issuer_host)}:sub": _own(cluster)}}
        )
    )


def former_provider(cluster: Cluster, found: Json) -> None:
    found["Principal"] = {"Federated": cluster.provider.arn.replace(cluster.issuer_host, OTHER_HOST)}
    found["Condition"] = {"StringEquals": {f"{OTHER_HOST}:sub": _own(cluster)}}


def _audience(cluster: Cluster, found: Json) -> None:
    found["Condition"]["StringEquals"][f"{cluster.issuer_host}:aud"] = "sts.amazonaws.com"


def deny(cluster: Cluster) -> None:
    denied = {
        "Effect": "Deny",
        "Principal": {"Federated": cluster.provider.arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    cluster.role(INGRESS_NAMESPACE).trust["Statement"].append(denied)


def _twice_named(cluster: Cluster) -> None:
    role = cluster.role(INGRESS_NAMESPACE)
    text = json.dumps(role.trust)
    nobody = json.dumps({_key(cluster): "system:serviceaccount:default:nobody"})
    role.trust = text.replace('"StringEquals"', f'"StringEquals": {nobody}, "StringEquals"')  # type: ignore[assignment]


def _whole(value: object) -> Edit:
    return lambda cluster: setattr(cluster.role(INGRESS_NAMESPACE), "trust", value)


def _dry_run(cluster: Cluster, found: Json) -> None:
    found["Principal"] = {"Federated": "<enter_issuer_url_here>"}
    found["Condition"] = {"StringEquals": {"<enter_issuer_url_here>:sub": _own(cluster)}}


def _old_statement(cluster: Cluster) -> None:
    role = cluster.role(INGRESS_NAMESPACE)
    old = copy.deepcopy(role.trust["Statement"][0])
    former_provider(cluster, old)
    role.trust["Statement"].insert(0, old)


def subjects_like(pattern: str) -> Edit:
    """Give an edit that trusts every subject of a form."""
    return trust(lambda cluster, found: found.update(Condition={"StringLike": {_key(cluster): pattern}}))


def _no_subject(cluster: Cluster, found: Json) -> None:
    found["Condition"] = {"StringEquals": {f"{cluster.issuer_host}:aud": "openshift"}}


def _many(cluster: Cluster) -> None:
    more = [f"system:serviceaccount:openshift-ingress-operator:made-up-account-{n}" for n in range(40)]
    subjects(*_own(cluster), *more)(cluster)


def _extra(operator: str, key: str, value: str) -> Edit:
    return trust(lambda cluster, found: found["Condition"].setdefault(operator, {}).update({key: value}))


def drop_role(*, recorded: bool) -> Edit:
    """Give an edit that deletes the ingress role; `recorded` leaves the answer NoSuchEntity."""
    return lambda cluster: edits.drop_role(cluster, INGRESS_NAMESPACE, recorded=recorded)


def _fault(rule: str, edit: Edit, **more: Any) -> Fault:
    return Fault(rule, "trust", edit, **({"hide": ROLES, "chains": (INGRESS,)} | more))


TRUST_FAULTS = [
    _fault("trust-role-missing", drop_role(recorded=True)),
    _fault("trust-role-missing", drop_role(recorded=False), details=True, variant="not-listed"),
    _fault("trust-provider-mismatch", trust(former_provider)),
    _fault("trust-provider-mismatch", trust(
        lambda cluster, found: found["Principal"].update(
            Federated=cluster.provider.arn.replace(cluster.account, "999999999999"))
    ), variant="account"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: f"https://{host}"), variant="scheme"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: f"{host}/"), variant="slash"),
    _fault("trust-condition-key-mismatch", condition_key(lambda host: OTHER_HOST), variant="host"),
    _fault(
        "trust-subject-mismatch", subjects("system:serviceaccount:openshift-ingress-operator:router"),
        variant="account",
    ),
    _fault(
        "trust-subject-mismatch", subjects("system:serviceaccount:openshift-ingress:ingress-operator"),
        variant="namespace",
    ),
    _fault(
        "trust-subject-partial",
        subjects(
            "system:serviceaccount:openshift-cluster-csi-drivers:aws-ebs-csi-driver-operator",
            namespace="openshift-cluster-csi-drivers",
        ),
        chains=(DRIVERS,),
    ),
    _fault("trust-audience-mismatch", trust(_audience)),
    _fault("trust-wildcard-literal", subjects("system:serviceaccount:openshift-ingress-operator:*")),
    _fault("trust-action-wrong", trust(lambda _, found: found.update(Action="sts:AssumeRole"))),
    _fault("trust-principal-wrong", trust(
        lambda _, found: found.update(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    ), variant="ec2"),
    _fault("trust-principal-wrong", trust(
        lambda cluster, found: found.update(Principal={"AWS": f"arn:aws:iam::{cluster.account}:root"})
    ), variant="account"),
    _fault("trust-explicit-deny", deny),
    _fault("trust-extra-condition", _extra("StringEquals", "sts:ExternalId", "case-0123"), variant="never"),
    _fault(
        "trust-extra-condition", _extra("IpAddress", "aws:SourceIp", "203.0.113.0/24"), state="warn",
        variant="address",
    ),
    _fault("trust-placeholder", trust(_dry_run)),
    _fault("trust-placeholder", trust(lambda _, found: found.update(Principal={"Federated": ""})),
           variant="empty"),
    _fault("trust-duplicate-key", _twice_named),
    _fault("trust-malformed", _whole({"Version": "2012-10-17", "Statement": "none"})),
    _fault("trust-malformed", _whole("{'Version': '2012-10-17'}"), variant="no-json"),
    *(
        _fault("trust-too-broad", edit, state="info", kind="hygiene", variant=variant)
        for variant, edit in (
            ("no-subject", trust(_no_subject)),
            ("anything", subjects_like("*")),
            ("any-account", subjects_like("system:serviceaccount:*")),
            ("any-namespace", subjects_like("system:serviceaccount:*:ingress-operator")),
        )
    ),
    _fault("trust-no-audience", lambda cluster: None, state="info", kind="hygiene", chains=("*",)),
    _fault("trust-stale-statement", _old_statement, state="info", kind="hygiene"),
    _fault("trust-too-long", _many, state="warn", kind="hygiene"),
    _fault(
        "role-shared", shared_role, state="warn", kind="hygiene", secrets="full",
        chains=(INGRESS, MACHINES),
        second=Second("jwks-unreachable", INGRESS, assign("jwks", HttpError())),
    ),
]  # fmt: skip


# --- permissions ----------------------------------------------------------------------------------


def take_away(start: str, namespace: str = "openshift-machine-api") -> Edit:
    """Give an edit that takes actions out of a role's policy."""

    def edit(cluster: Cluster) -> None:
        role: Role = cluster.role(namespace)
        role.inline = copy.deepcopy(role.inline)
        (policy,) = role.inline.values()
        for entry in policy["Statement"]:
            entry["Action"] = [action for action in entry["Action"] if not action.startswith(start)]
        policy["Statement"] = [entry for entry in policy["Statement"] if entry["Action"]]

    return edit


def _denied_in_log(cluster: Cluster) -> None:
    take_away("kms:Decrypt")(cluster)
    since = cluster.gathered - timedelta(hours=9)
    faults.call_denied(cluster, "kms:Decrypt", namespace="openshift-machine-api", since=since)


PERMISSION_FAULTS = [
    Fault(
        "permission-missing", "permissions", take_away("ec2:RunInstances"), ROLES, chains=(MACHINES,),
        second=TRUST_FAULT,
    ),
    Fault(
        "permission-missing", "permissions", _denied_in_log, ROLES, chains=(MACHINES,),
        variant="log-denies-it", second=TRUST_FAULT,
    ),
    Fault(
        "permission-missing", "permissions", take_away("kms:"), ROLES, chains=(MACHINES,), state="info",
        variant="feature-not-used", second=TRUST_FAULT,
    ),
]  # fmt: skip

FAULTS = [*PROVIDER_FAULTS, *ISSUER_FAULTS, *KEY_FAULTS, *TRUST_FAULTS, *PERMISSION_FAULTS]
