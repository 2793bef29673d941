"""What to ask for: each piece of evidence that may be missing, and the command that gets it.

Every command only reads. A secret's command prints no keys, a token's drops the signature. What AWS
answers is kept as JSON whatever the user's settings say, and so is what it refuses: that there is no such
role, or that a call is denied, is an answer too.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.engine.facts import AFTER, Missing, Unknown
from analyzer.frozen import frozen
from analyzer.shell import argument, file_name, word

CLUSTER = "a machine with cluster access"
AWS = "a machine with AWS read access"
PUBLIC = "a machine outside the cluster's VPC"
_ALL_ROLES = ("GetAccountAuthorizationDetails", "ListRoles")
_OF_ANOTHER = "are of another cluster, or nothing ties them to this one"

_JSON = "--output json"

MANAGEMENT = "a machine with access to the management cluster (of ROSA, Red Hat's)"


@frozen
class Asks:
    """Makes the requests of one run; what is known fills the commands."""

    issuer: str | None = None
    account: str | None = None
    provider_arn: str | None = None
    exported: tuple[str, ...] = ()
    """The accounts that were exported, where the roles' own is none of them."""
    any_role: bool = True
    """Whether some role was exported: else one command for all of them is the better one to ask for."""
    denied: frozenset[str] = frozenset()
    """The AWS calls of which an answer was handed in that denies them."""
    roles_denied: frozenset[str] = frozenset()
    """The names of the roles of which ``GetRole`` was denied: a policy may let it through for others."""
    roles_left_out: bool = False
    """Whether roles were exported that are not this cluster's, or that nothing ties to it."""
    providers_left_out: bool = False
    """The same of OIDC providers."""
    hosted: bool = False
    """Whether the control plane runs elsewhere, and with it the operators."""
    control_plane: str | None = None
    """The namespace of the hosted control plane in the management cluster."""
    some_requests: bool = False
    """Whether requests of the cluster were gathered: then it is others that may lack."""
    lacking_requests: tuple[str, ...] = ()
    """Those that the credential operator names and that were not gathered."""

    def config(self, what: str, why: str = "not in the bundle") -> Unknown:
        """Ask for a cluster-wide configuration object, such as ``authentications.config.openshift.io``."""
        kept = file_name(f"{what}.yaml")
        command = f"oc get {argument(what, '<KIND>')} -o yaml > {kept}"
        return _ask(f"config:{what}", f"{what}: {why}", command, CLUSTER)

    def configmap(self, namespace: str, name: str) -> Unknown:
        """Ask for one ConfigMap."""
        return _ask(
            f"configmap:{namespace}/{name}",
            f"ConfigMap {namespace}/{name} is not in the bundle",
            f"oc -n {argument(namespace, '<NAMESPACE>')} get configmap {argument(name, '<NAME>')} -o yaml > "
            + file_name(f"configmap-{namespace}-{name}.yaml"),
            CLUSTER,
        )

    def namespace(self, namespace: str, what: str) -> Unknown:
        """Ask for a namespace that was not gathered."""
        return _ask(
            f"namespace:{namespace}",
            f"the {what} of namespace {namespace} were not gathered",
            f"oc adm inspect {argument(f'ns/{namespace}', 'ns/<NAMESPACE>')}",
            CLUSTER,
        )

    def objects(self, namespace: str, what: str) -> Unknown:
        """Ask for objects of a namespace by their kinds, such as ``subscriptions.operators.coreos.com``."""
        return _ask(
            f"objects:{namespace}/{what.partition('.')[0]}",
            f"the {what.replace(',', ' and ')} of namespace {namespace} were not gathered",
            f"oc adm inspect -n {argument(namespace, '<NAMESPACE>')} {argument(what, '<KINDS>')}",
            CLUSTER,
        )

    def namespaces(self) -> Unknown:
        """Ask for the list of all namespaces, which a bundle does not hold."""
        return _ask(
            "namespaces",
            "a bundle does not list the cluster's namespaces",
            "oc get namespaces -o yaml > namespaces.yaml",
            CLUSTER,
        )

    def requests(self, name: str | None = None) -> Unknown:
        """Ask for the CredentialsRequests in the cluster; ``name`` is one that lacks among those gathered."""
        why = "the cluster's CredentialsRequests were not gathered"
        lacking = [name] if name else self.lacking_requests[:3]
        if lacking and (name or self.some_requests):
            why = f"CredentialsRequest {' and '.join(lacking)} is not among those that were gathered"
        elif self.some_requests:
            why = "it does not show whether all of the cluster's CredentialsRequests were gathered"
        return _ask(
            "credentialsrequests",
            why,
            "oc adm inspect credentialsrequests.cloudcredential.openshift.io --all-namespaces",
            CLUSTER,
        )

    def release(self) -> Unknown:
        """Ask for all CredentialsRequests of the cluster's release."""
        return _ask(
            "release-requests",
            "not all CredentialsRequests of the release were handed in whose contents tell its version",
            "oc adm release extract --credentials-requests --cloud=aws --to=credrequests "
            "$(oc get clusterversion version -o jsonpath='{.status.desired.image}')",
            CLUSTER,
        )

    def target(self, unread: Sequence[str] = ()) -> Unknown:
        """Ask for all CredentialsRequests of the release to go to; ``unread`` are files not read in whole."""
        return _ask(
            "target-requests",
            f"of the target, {unread[0]} could not be read in whole"
            if unread
            else "the target names fewer than half of the cluster's requests: it is a part of a release",
            "oc adm release extract --credentials-requests --cloud=aws --to=credrequests TARGET_IMAGE",
            CLUSTER,
        )

    def secret_value(self, namespace: str, name: str) -> Unknown:
        """Ask for the value of a credentials Secret; the command lets no access key through."""
        command = (
            f"oc -n {argument(namespace, '<NAMESPACE>')} get secret {argument(name, '<NAME>')}"
            " -o jsonpath='{.data.credentials}' | base64 -d"
            # as long as it is, so that it can be told whether it is the whole value
            " | sed -E '/^ *(\\[|sts_regional|role_arn|role_name|web_identity|region)/!s/[^[:space:]#;]/x/g'"
            f" > secret-{file_name(f'{namespace}-{name}')}.txt"
        )
        return _ask(
            f"secret-value:{namespace}/{name}",
            f"a must-gather keeps only the byte length of Secret {namespace}/{name}",
            command,
            CLUSTER,
        )

    def role(self, name: str | None, why: str = "") -> Unknown:
        """Ask for a role's export, or for all roles where its name is not known."""
        # where the call for all roles was denied, those that are known by name may be open to the caller
        if name is None or not (self.any_role or self.denied.intersection(_ALL_ROLES)):
            return self.roles(why)
        calls = ("GetRole",) if name in self.roles_denied else ()
        return _ask(
            f"role:{name}",
            why or self._lacking(f"no export of role {name} was handed in", *calls),
            f"aws iam get-role --role-name {argument(name, '<ROLE_NAME>')} {_JSON}"
            f" > get-role-{file_name(name)}.json 2>&1",
            AWS,
        )

    def roles(self, why: str = "") -> Unknown:
        """Ask for all roles of the account with their policies."""
        return _ask(
            "roles",
            why or self._without_roles(),
            "aws iam get-account-authorization-details"
            f" --filter Role LocalManagedPolicy AWSManagedPolicy {_JSON} > roles.json 2>&1",
            AWS,
        )

    def _without_roles(self) -> str:
        if self.any_role:
            return self._lacking("the exported IAM roles lack one that this needs")
        if self.roles_left_out:
            return f"the IAM roles that were exported {_OF_ANOTHER}"
        return self._lacking(
            "no export of the account's IAM roles was handed in", "GetAccountAuthorizationDetails"
        )

    def role_policies(self, name: str, why: str) -> Unknown:
        """Ask for the policies of one role."""
        command = (
            f"R={argument(name, '<ROLE_NAME>')}; "
            f'aws iam list-role-policies --role-name "$R" {_JSON} > "list-role-policies-$R.json" 2>&1; '
            'for p in $(aws iam list-role-policies --role-name "$R" --query PolicyNames --output text); do '
            f'aws iam get-role-policy --role-name "$R" --policy-name "$p" {_JSON}'
            ' > "get-role-policy-$R-$p.json" 2>&1; done; '
            f'aws iam list-attached-role-policies --role-name "$R" {_JSON}'
            ' > "list-attached-role-policies-$R.json" 2>&1'
        )
        return _ask(f"role-policies:{name}", why, command, AWS)

    def policy_document(self, arn: str, why: str) -> Unknown:
        """Ask for the default version of a managed policy."""
        policy = argument(arn, "<POLICY_ARN>")
        command = (
            f"aws iam get-policy-version --policy-arn {policy} --version-id $(aws iam get-policy"
            f" --policy-arn {policy} --query Policy.DefaultVersionId --output text) {_JSON}"
            f" > get-policy-version-{file_name(arn.rsplit('/', 1)[-1])}.json 2>&1"
        )
        return _ask(f"policy:{arn}", why, command, AWS)

    def providers(self, why: str = "") -> Unknown:
        """Ask for the account's OIDC providers."""
        return _ask(
            "oidc-providers",
            why
            or self._without_providers(
                "no listing of the account's IAM OIDC providers was handed in", "ListOpenIDConnectProviders"
            ),
            f"aws iam list-open-id-connect-providers {_JSON} > list-oidc.json 2>&1",
            AWS,
        )

    def _without_providers(self, none: str, call: str) -> str:
        if self.providers_left_out:
            return f"the IAM OIDC providers that were exported {_OF_ANOTHER}"
        return self._lacking(none, call)

    def _lacking(self, lacks: str, *calls: str) -> str:
        """Say beside what lacks why it does, if the same command would fail or miss it again."""
        if denied := next((call for call in calls if call in self.denied), None):
            return f"{lacks}: AWS denied the call, whoever makes it needs iam:{denied}"
        if not self.exported:
            return lacks
        others = " and ".join(self.exported)
        return f"{lacks}: the roles are in account {self.account}, and {others} was exported"

    def providers_of(self, account: str | None, elsewhere: str) -> Unknown:
        """Ask for the providers of the roles' account, where another one is seen to have the issuer's."""
        return self.providers(
            f"account {elsewhere} has a provider for the issuer; "
            f"account {account}, of the roles, was not listed"
        )

    def provider(self, why: str = "") -> Unknown:
        """Ask for the one provider that the cluster's issuer needs."""
        ask = "aws iam get-open-id-connect-provider --open-id-connect-provider-arn"
        if self.provider_arn:
            command = f"{ask} {argument(self.provider_arn, '<PROVIDER_ARN>')} {_JSON} > get-oidc.json 2>&1"
        else:
            command = (
                "for arn in $(aws iam list-open-id-connect-providers"
                " --query 'OpenIDConnectProviderList[].Arn' --output text);"
                f' do {ask} "$arn" {_JSON}; done > get-oidc.json 2>&1'
            )
        return _ask(
            "oidc-provider",
            why
            or self._without_providers(
                "no export of the IAM OIDC provider of this issuer was handed in", "GetOpenIDConnectProvider"
            ),
            command,
            AWS,
        )

    def discovery(self, why: str = "") -> Unknown:
        """Ask for the issuer's discovery document, as the public sees it."""
        url = f"{self.issuer or '<issuer>'}/.well-known/openid-configuration"
        return _ask(
            "discovery",
            why or "what the issuer answers for its discovery document was not recorded",
            f"curl -sSg -D openid-configuration.headers -o openid-configuration {argument(url, '<URL>')}",
            PUBLIC,
            "public",
        )

    def bucket(self, name: str) -> Unknown:
        """Ask whether the issuer's S3 bucket lets the public read."""
        bucket = argument(name, "<BUCKET>")  # the answers do not name it: their files do
        command = "; ".join(
            f"aws s3api {call} --bucket {bucket} {_JSON} > {call}-{file_name(name)}.json 2>&1"
            for call in ("get-public-access-block", "get-bucket-policy-status")
        )
        why = f"no export of the access to S3 bucket {name} was handed in"
        return _ask(f"bucket:{name}", why, command, AWS)

    def jwks(self, uri: str | None, why: str = "") -> Unknown:
        """Ask for the issuer's key set, as the public sees it."""
        url = uri or f"{self.issuer or '<issuer>'}/keys.json"
        name = "keys" if url.endswith("keys.json") else "jwks"  # a file's name tells what was asked for
        return _ask(
            "jwks",
            why or "what the issuer answers for its key set was not recorded",
            f"curl -sSg -D {name}.headers -o {name}.json {argument(url, '<URL>')}",
            PUBLIC,
            "public",
        )

    def token(self, namespace: str, service_account: str, why: str) -> Unknown:
        """Ask for a token without its signature."""
        account = argument(service_account, "<SERVICE_ACCOUNT>")
        return _ask(
            "token",
            why,
            f"oc create token {account} -n {argument(namespace, '<NAMESPACE>')}"
            " --audience=openshift --duration=10m | cut -d. -f1,2 > token.txt",
            CLUSTER,
        )

    def logs(self, namespace: str, *, no_pods: bool = False) -> Unknown:
        """Ask for the logs of a namespace's pods; ``no_pods``: none that matters runs there."""
        if self.hosted and no_pods and self.control_plane:
            return _ask(
                f"hosted-logs:{self.control_plane}",
                "not all logs of the hosted control plane were gathered, which is in namespace"
                f" {self.control_plane} of its management cluster",
                f"oc adm inspect {argument(f'ns/{self.control_plane}', 'ns/<NAMESPACE>')}",
                MANAGEMENT,
            )
        if self.hosted and no_pods:
            return _ask(
                f"hosted-logs:{namespace}",
                f"no pod runs in {namespace} of the guest: its operator runs with the hosted control plane",
                "oc -n <NAMESPACE_OF_THE_HOSTED_CONTROL_PLANE> logs deployment/<OPERATOR> --all-containers"
                f" --timestamps > {file_name(namespace)}.log",
                MANAGEMENT,
            )
        why = f"not all logs of the pods in {namespace} were gathered"
        if no_pods:
            why = f"no pod ran in {namespace} when it was gathered: there are logs once one does"
        return _ask(
            f"logs:{namespace}",
            why,
            f"oc adm inspect {argument(f'ns/{namespace}', 'ns/<NAMESPACE>')}",
            CLUSTER,
        )

    def control_plane_status(self, what: str, namespace: str | None) -> Unknown:
        """Ask for what the management cluster tells of a hosted cluster, by the plural of its kind."""
        where = f"-n {argument(namespace or '', '<NAMESPACE_IN_THE_MANAGEMENT_CLUSTER>')}"
        return _ask(
            f"hosted-status:{what}",
            f"the {what} of this hosted cluster were not gathered",
            f"oc get {word(f'{what}.hypershift.openshift.io')} {where} -o yaml > {word(f'{what}.yaml')}",
            MANAGEMENT,
        )

    def events(self, namespace: str) -> Unknown:
        """Ask for the Events of a namespace, which the API server keeps for three hours."""
        return _ask(
            f"events:{namespace}",
            f"the Events of {namespace} were not gathered",
            f"oc adm inspect {argument(f'ns/{namespace}', 'ns/<NAMESPACE>')}",
            CLUSTER,
        )

    def zone_role(self, arn: str) -> Unknown:
        """Ask for the trust policy of the role, in another account, by which DNS records are made there."""
        name = argument(arn.rsplit("/", 1)[-1], "<ROLE_NAME>")
        return _ask(
            f"assume:{arn}",
            f"role {arn} may be assumed under conditions that cannot be seen from its trust policy",
            f"aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument {_JSON}",
            "a machine with read access to the account of the zone",
        )


def _ask(evidence: str, why: str, command: str, where: str, sensitivity: str = "identifiers") -> Unknown:
    return Unknown((Missing(evidence, why, command, where, sensitivity),))


def not_judged(rule: str) -> Unknown:
    """For a fact that cannot be judged before an earlier link is mended; nothing is to be collected.

    ``rule`` is the id of the rule that says what is broken there.
    """
    return Unknown((Missing(AFTER + rule, f"cannot be judged until {rule} is mended", "", ""),))


NOT_JUDGED = Unknown()
"""For a fact that cannot be judged though no evidence would help."""
