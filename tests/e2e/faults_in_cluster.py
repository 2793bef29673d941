"""Faults that lie in the cluster: mode, Secrets, tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from samples import Cluster
from samples.aws import Role, permission_policy, static_credentials, sts_credentials
from samples.cluster import DEFAULT_ISSUER, EXAMPLE_KEY, REGISTRY_COPY
from samples.keys import b64url
from samples.manifests import config_map
from samples.yamlout import Json

from .fault import (
    API_SERVER,
    AUTHENTICATION,
    MODE,
    TOKEN,
    TRUST_FAULT,
    Fault,
    Second,
    secrets_in,
)
from .runs import INGRESS, MACHINES, NETWORK, REGISTRY, Edit

ARN = "arn:aws:iam::123456789012:role/demo-openshift-machine-api-aws-cloud-credentials"
TOKEN_FILE = "/var/run/secrets/openshift/serviceaccount/token"


def target(chain: str) -> tuple[str, str]:
    """Give namespace and Secret of a chain."""
    namespace, _, name = chain.partition("/")
    return namespace, name


def assign(name: str, value: object) -> Edit:
    """Give an edit that sets one field."""
    return lambda cluster: setattr(cluster, name, value)


# --- mode -----------------------------------------------------------------------------------------


def issuer_unset(cluster: Cluster) -> None:
    """The Authentication object names no issuer, and the API server runs with the default."""
    cluster.authentication_issuer = ""
    cluster.kas_issuers = [DEFAULT_ISSUER]
    cluster.previous_kas_issuers = [DEFAULT_ISSUER]


def disabled_by_configmap(cluster: Cluster) -> None:
    """The switch of old releases says disabled."""
    namespace = "openshift-cloud-credential-operator"

    def hook(path: str, body: Json) -> Json:
        if path == f"namespaces/{namespace}/core/configmaps.yaml":
            name = "cloud-credential-operator-config"
            body["items"].append(config_map(cluster, namespace, name, {"disabled": "true"}))
        return body

    cluster.hooks.append(hook)


def _sets_an_issuer(cluster: Cluster) -> None:
    issuer = "https://users-oidc.s3.us-west-2.amazonaws.com"
    cluster.authentication_issuer = issuer
    cluster.kas_issuers = [issuer]


def keys_in(chain: str) -> Edit:
    """Give an edit that puts long-lived keys into a chain's Secret."""
    return lambda cluster: cluster.set_credentials(*target(chain), static_credentials(*EXAMPLE_KEY))


def _observed_and_not_run(cluster: Cluster) -> None:
    """The operator of kube-apiserver has seen the issuer that is set, and kube-apiserver runs without it."""

    def hook(path: str, body: Json) -> Json:
        if path.endswith("kubeapiservers/cluster.yaml"):
            arguments = body["spec"]["observedConfig"]["apiServerArguments"]
            arguments["service-account-issuer"] = [cluster.authentication_issuer]
        return body

    cluster.kas_issuers = [DEFAULT_ISSUER]
    cluster.hooks.append(hook)


CONFIG_MAPS_OF_THE_SERVER = r"namespaces/openshift-kube-apiserver/core/configmaps"
MODE_FAULTS = [
    Fault("mode-not-manual", "mode", assign("mode", ""), MODE),
    Fault("mode-not-manual", "mode", assign("mode", "Mint"), MODE, variant="mint"),
    Fault("mode-issuer-unset", "mode", issuer_unset, AUTHENTICATION),
    Fault("mode-issuer-not-rolled-out", "mode", assign("kas_issuers", [DEFAULT_ISSUER]), API_SERVER),
    Fault(
        "mode-issuer-not-rolled-out", "mode", _observed_and_not_run, CONFIG_MAPS_OF_THE_SERVER,
        variant="observed",
    ),
    Fault(
        "mode-install-config-not-manual", "mode", assign("install_credentials_mode", None),
        r"kube-system/core/configmaps", state="warn", kind="hygiene",
    ),
    Fault(
        "mode-legacy-configmap-conflict", "mode", disabled_by_configmap,
        r"openshift-cloud-credential-operator/core/configmaps", chains=(), state="warn", kind="hygiene",
        arguments={"mode": "Mint"}, second=Second("mode-not-manual", "", _sets_an_issuer),
    ),
    Fault(
        "mode-root-credentials-present", "mode", Cluster.add_root_secret, r"kube-system/core/secrets",
        state="warn", kind="hygiene",
    ),
    Fault(
        "mode-mixed-credentials", "mode", keys_in(NETWORK), secrets_in(NETWORK), kind="hygiene",
        chains=(NETWORK,), beside=("secret-static-keys",),
    ),
    Fault(
        "mode-sts-not-used", "mode", lambda cluster: None, r"/core/secrets\.yaml|" + AUTHENTICATION,
        chains=(), state="info", kind="hygiene", arguments={"mode": "Mint"},
        second=Second("mode-legacy-configmap-conflict", "", disabled_by_configmap),
    ),
]  # fmt: skip


# --- secret ---------------------------------------------------------------------------------------


def credentials(text: str | bytes | dict[str, bytes]) -> Edit:
    """Give an edit that sets the Secret of the machine API."""
    data = text.encode() if isinstance(text, str) else text
    return lambda cluster: cluster.set_credentials(*target(MACHINES), data)


def role_arn(arn: str, **options: Any) -> Edit:
    """Give an edit that makes the Secret of the machine API name another role."""
    return credentials(sts_credentials(arn, **options))


def drop_secret(chain: str) -> Edit:
    """Give an edit that takes a Secret away."""

    def edit(cluster: Cluster) -> None:
        del cluster.secrets[target(chain)]

    return edit


def move_secret(namespace: str, name: str) -> Edit:
    """Give an edit that puts the Secret of the machine API somewhere else."""

    def edit(cluster: Cluster) -> None:
        cluster.secrets[namespace, name] = cluster.secrets.pop(target(MACHINES))

    return edit


def foreign_role(cluster: Cluster) -> None:
    """The Secret names the role of another cluster in the same account."""
    other = Cluster(name="staging", infra_name="staging-9x2lm")
    cluster.roles |= other.roles
    cluster.set_role_arn(*target(MACHINES), other.role("openshift-machine-api").arn)


def role_of_another_request(cluster: Cluster) -> None:
    """The Secret names the role that was made for the image registry."""
    cluster.set_role_arn(*target(MACHINES), cluster.role("openshift-image-registry").arn)


def _path_lost(cluster: Cluster) -> None:
    """The Secret names the role without the path that it has in the account, or with another."""
    arn = cluster.role("openshift-machine-api").arn
    cluster.set_role_arn(*target(MACHINES), arn.replace(":role/", ":role/old/"))


def _made_by_hand(cluster: Cluster) -> None:
    for secret in cluster.secrets.values():
        secret.data["credentials"] += b"\n# made by hand"


def untruncated(cluster: Cluster) -> None:
    name = f"{cluster.name}-{MACHINES.replace('/', '-')}"
    assert len(name) > 64
    cluster.set_role_arn(*target(MACHINES), f"arn:aws:iam::{cluster.account}:role/{name}")


def _stale_copy(cluster: Cluster) -> None:
    former = "arn:aws:iam::123456789012:role/demo-old-openshift-image-registry-installer-cloud-credentials"
    cluster.secrets[REGISTRY_COPY].data = {"credentials": sts_credentials(former)}


def _changed_yesterday(cluster: Cluster) -> None:
    cluster.secrets[target(MACHINES)].created = cluster.gathered - timedelta(days=1)


def shared_role(cluster: Cluster) -> None:
    """One role, made by hand, serves ingress and the machine API."""
    chosen = [r for r in cluster.requests.values()
              if r["metadata"]["name"] in ("openshift-ingress", "openshift-machine-api-aws")]  # fmt: skip
    subjects, inline = [], {}
    for request in chosen:
        namespace = request["spec"]["secretRef"]["namespace"]
        subjects += [f"system:serviceaccount:{namespace}:{n}" for n in request["spec"]["serviceAccountNames"]]
        inline[request["metadata"]["name"]] = permission_policy(request)
        del cluster.roles[cluster.role(namespace).name]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": cluster.provider.arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{cluster.issuer_host}:sub": subjects}},
            }
        ],
    }
    cluster.roles["shared-aws"] = Role("shared-aws", cluster.account, trust, inline)
    for chain in (INGRESS, MACHINES):
        cluster.set_role_arn(*target(chain), cluster.roles["shared-aws"].arn)


def _fault(rule: str, edit: Edit, **more: Any) -> Fault:
    return Fault(
        rule,
        "secret",
        edit,
        **({"hide": secrets_in(MACHINES), "chains": (MACHINES,), "second": TRUST_FAULT} | more),
    )


def _readable(rule: str, edit: Edit, **more: Any) -> Fault:
    return _fault(rule, edit, **({"secrets": "full"} | more))


_TWICE = base64.b64encode(sts_credentials(ARN))

SECRET_FAULTS = [
    _fault("secret-missing", drop_secret(MACHINES)),
    _fault("secret-no-credentials-key", credentials({"config": sts_credentials(ARN)})),
    _fault("secret-static-keys", keys_in(MACHINES)),
    _fault("secret-role-arn-missing", role_arn(""), variant="129-bytes"),
    _fault("secret-role-arn-missing", role_arn("", regional=False), variant="95-bytes"),
    _readable(
        "secret-role-arn-missing",
        credentials(f"[default]\nrole_name = {ARN}\nweb_identity_token_file = {TOKEN_FILE}"),
        variant="role-name",
    ),
    _readable("secret-placeholder", role_arn("POPULATE ROLE ARN AND DELETE THIS LINE")),
    _readable(
        "secret-profile-header-missing", credentials(sts_credentials(ARN).removeprefix(b"[default]\n"))
    ),
    _readable("secret-malformed", credentials(_TWICE), variant="base64-twice"),
    _readable("secret-malformed", credentials(sts_credentials(ARN).replace(b"\n", b"\r\n")), variant="crlf"),
    _readable("secret-malformed", credentials(sts_credentials(ARN).replace(b"\n", b" \n")), variant="blanks"),
    _readable("secret-malformed", role_arn(f'"{ARN}"'), variant="quotes"),
    _readable("secret-role-arn-malformed", role_arn(ARN.replace("123456789012", "1234567890"))),
    _readable("secret-role-arn-malformed", role_arn(ARN.replace(":role/", ":user/")), variant="user"),
    _readable("secret-partition-mismatch", role_arn(ARN.replace("arn:aws:", "arn:aws-cn:"))),
    _readable("secret-account-mismatch", role_arn(ARN.replace("123456789012", "999999999999")),
              hide=secrets_in(MACHINES) + r"|exports/oidc/"),
    _readable("secret-role-foreign", foreign_role, hide=r"exports/iam/"),
    _readable("secret-role-foreign", role_of_another_request, variant="of-another-request",
              hide=secrets_in(MACHINES) + "|exports/iam/"),
    _readable("secret-role-foreign", _path_lost, variant="path-lost",
              hide=secrets_in(MACHINES) + "|exports/iam/"),
    _readable("secret-role-name-untruncated", untruncated,
              arguments={"name": "production-eu-central-one", "infra_name": "production-eu-central-8x2p1"}),
    _fault("secret-length-mismatch", foreign_role),
    _fault("secret-length-mismatch", role_of_another_request, variant="of-another-request"),
    _fault("secret-length-mismatch", _made_by_hand, state="warn", chains=("*",), variant="all-by-hand",
           hide=r"/core/secrets\.yaml"),
    _readable("secret-token-path-unmounted", credentials(
        sts_credentials(ARN, token_file="/var/run/secrets/eks.amazonaws.com/serviceaccount/token")
    )),
    _fault("secret-wrong-location", move_secret("openshift-machine-api", "aws-credentials"), variant="name"),
    _fault("secret-wrong-location", move_secret("openshift-config", "aws-cloud-credentials"),
           variant="namespace"),
    _fault("secret-global-endpoint", role_arn(ARN, regional=False), state="warn"),
    _readable("secret-global-endpoint", role_arn(ARN, regional=False), state="warn", variant="readable"),
    _fault("secret-stale-copy", _stale_copy, state="warn", chains=(REGISTRY,), hide=secrets_in(REGISTRY)),
    _fault("secret-newer-than-pods", _changed_yesterday, state="warn", kind="hygiene"),
]  # fmt: skip


# --- token ----------------------------------------------------------------------------------------

ACCOUNT = ("openshift-ingress-operator", "ingress-operator")


def signed(header: dict[str, Any] | None = None, **claims: Any) -> Callable[[Cluster], str]:
    def make(cluster: Cluster) -> str:
        if header is None:
            return cluster.token(*ACCOUNT, **claims)
        key = cluster.signing_keys[-1]
        payload = _payload(cluster) | claims
        return key.sign(payload, {"kid": key.kid, **header} if "no-kid" not in header else {"alg": "RS256"})

    return make


def _payload(cluster: Cluster) -> dict[str, Any]:
    body = cluster.token(*ACCOUNT).split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def later(**hours: int) -> Callable[[Cluster], str]:
    def make(cluster: Cluster) -> str:
        moved = {
            name: int((cluster.gathered + timedelta(hours=count)).timestamp())
            for name, count in hours.items()
        }
        return cluster.token(*ACCOUNT, **moved)  # type: ignore[arg-type]

    return make


def forged(cluster: Cluster) -> str:
    head, body, signature = cluster.token(*ACCOUNT).split(".")
    made = bytearray(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    made[7] ^= 0x55
    return f"{head}.{body}.{b64url(bytes(made))}"


def _encrypted(cluster: Cluster) -> str:
    head = b64url(b'{"alg":"RSA-OAEP","enc":"A256GCM"}')
    return ".".join([head, *[b64url(bytes([n]) * 40) for n in range(1, 5)]])


def cut(cluster: Cluster) -> str:
    head, body, signature = cluster.token(*ACCOUNT).split(".")
    return f"{head}.{body[: len(body) // 2]}.{signature}"


def _token(rule: str, make: Callable[[Cluster], str], **more: Any) -> Fault:
    return Fault(rule, "token", lambda cluster: None, TOKEN, **({"chains": (INGRESS,), "token": make} | more))


TOKEN_FAULTS = [
    _token("token-malformed", cut, chains=(), variant="cut"),
    _token("token-malformed", _encrypted, chains=(), variant="encrypted"),
    _token("token-algorithm", signed({"alg": "HS256"})),
    _token("token-algorithm", signed({"alg": "HS256", "kid": "another"}), variant="of another maker"),
    _token("token-key-id-missing", signed({"no-kid": True})),
    _token("token-issuer-mismatch", signed(iss=DEFAULT_ISSUER)),
    _token("token-audience-mismatch", signed(audience="https://kubernetes.default.svc")),
    _token(
        "token-subject-mismatch",
        lambda cluster: cluster.token("openshift-ingress-operator", "default"),
    ),
    _token(
        "token-subject-mismatch",
        signed(sub="system:serviceaccount:openshift-machine-api:machine-api-controllers"),
        chains=(MACHINES,), variant="claims-differ", second=TRUST_FAULT,
    ),
    _token("token-expired", later(iat=-6, nbf=-6, exp=-5)),
    _token("token-not-yet-valid", later(iat=2, nbf=2, exp=3)),
    _token("token-signature-invalid", forged),
]  # fmt: skip

FAULTS = [*MODE_FAULTS, *SECRET_FAULTS, *TOKEN_FAULTS]
