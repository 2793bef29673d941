"""The facts that rules may ask about, for each kind of subject.

A fact is *known* (null is a known answer too: "looked, and there is none") or *not known*; the
rules never see the difference between "not collected", "elided" and "masked", the report does.
"""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.engine.facts import FactSpec, Vocabulary


def _specs(table: str) -> dict[str, FactSpec]:
    specs = {}
    for row in table.strip().splitlines():
        name, kind, doc = row.split(None, 2)
        specs[name] = FactSpec(type=kind, doc=doc)
    return specs


CLUSTER = _specs("""
cluster.version                string  OpenShift version in force, from ClusterVersion
cluster.id                     string  clusterID of ClusterVersion
cluster.infra_name             string  infrastructureName of Infrastructure
cluster.platform               string  platform type of Infrastructure, "AWS" here
cluster.region                 string  AWS region of Infrastructure
cluster.partition              string  AWS partition of that region: aws, aws-us-gov, aws-cn ... (derived)
cluster.sts_endpoint           string  the endpoint of its own that Infrastructure names for STS, else null
cluster.sts_global             bool    an SDK that is not told otherwise calls the global STS endpoint from its region (derived)
cluster.hosted                 bool    the control plane runs elsewhere (hosted control planes, ROSA HCP guest)
cluster.credentials_mode       string  CloudCredential spec.credentialsMode; "" is the default (mint or passthrough)
cluster.authentication_issuer  string  Authentication spec.serviceAccountIssuer; "" where it is not set
cluster.runtime_issuer         string  first service-account-issuer that kube-apiserver runs with: it signs
cluster.runtime_refusal        string  what STS answers to tokens of runtime_issuer where that is not the one set: "" where a provider for it is known or not all are listed, and where both agree (derived)
cluster.runtime_confirmed      bool    kube-apiserver's configuration or its log tells runtime_issuer; not known where its operator alone does, which may have to roll it out yet, or where that is to give it another
cluster.runtime_source         string  what tells runtime_issuer: "kube-apiserver", its configuration or the flags in its log; or "the operator of kube-apiserver", which alone is there
cluster.runtime_issuers        list    all service-account-issuers of kube-apiserver, in order
cluster.issuer                 string  issuer that all is judged by: Authentication's, else kube-apiserver's first; "" for the in-cluster default
cluster.sts                    bool    the operator's own test: mode Manual and an issuer is set
cluster.sts_intended           bool    an issuer is set, or Secrets of STS shape exist
cluster.sts_secrets            list    ids of chains whose Secret has STS shape
cluster.static_secrets         list    ids of chains whose Secret holds long-lived keys
cluster.install_mode           string  credentialsMode of install-config; "" where it names none; null without install-config
cluster.legacy_disabled        bool    ConfigMap cloud-credential-operator-config says disabled; null without that ConfigMap
cluster.root_secret            bool    kube-system/aws-creds is there
cluster.node_revisions         list    kube-apiserver revisions that the nodes run
cluster.gathered               string  time at which the bundle was gathered, RFC 3339
issuer.url                     string  the issuer that tokens must carry: the cluster's issuer in force
issuer.bucket                  string  S3 bucket behind the issuer: its host's, else the one that ccoctl makes (derived)
issuer.host                    string  host and port of the issuer (derived)
issuer.provider_arn            string  ARN that its IAM OIDC provider has in the account of the roles; <ACCOUNT_ID> stands in it where no input tells that (derived)
issuer.near                    string  the issuer of an IAM OIDC provider that is there and almost this one's, else null (derived)
issuer.near_arn                string  the ARN of that provider, else null (derived)
issuer.has_provider            bool    the account of the cluster's roles has an IAM OIDC provider for it
issuer.elsewhere               string  the account that has the provider where that of the cluster's roles has none, else null
issuer.meant                   string  the one issuer that the trust policies of the cluster's roles name (derived)
issuer.meant_arn               string  the ARN of a listed provider for that issuer, where several roles name it, else null (derived)
ccoctl.name                    string  the --name that ccoctl was given for this cluster (derived)
ccoctl.shorter_name            string  the longest shorter --name with which no two roles have one name; null where none have now (derived)
ccoctl.fits                    bool    ccoctl may have made the roles: neither ROSA nor a hosted control plane (derived)
rosa.used                      bool    it is a cluster of ROSA, by the tags of roles or provider, or the issuer (derived)
issuer.red_hats                bool    Red Hat publishes the issuer's documents (derived)
issuer.is_https                bool    it is an absolute https URL with a host
issuer.placeholder             string  placeholder text found in it (fake-oidc, <enter_...>), else null
issuer.sound                   bool    no rule says that it is none at all (issuer-not-https, issuer-placeholder): others can be held against it
issuer.dotted_bucket           string  S3 bucket name with dots in a virtual-hosted or path-style host, else null
issuer.disagreement            string  sources that name another issuer and that no finer fact covers, as one phrase, else null
issuer.public_bucket           string  S3 bucket that the issuer's host is, null where the host is none
issuer.bucket_blocked          string  how an export shows that the issuer's S3 bucket cannot be read by AWS, else null; known only with such an export
issuer.distribution            string  the exported CloudFront distribution that answers for the issuer's host, as a phrase; known only with such an export
issuer.jwks_url                string  where its keys are: jwks_uri of the discovery document if that is under the issuer, else where what publishes them puts them (derived)
issuer.jwks_key                string  the key of that in the bucket behind the issuer (derived)
issuer.discovery_key           string  the key of its discovery document there (derived)
discovery.answered             bool    a good answer for openid-configuration was recorded (false: a bad one was)
discovery.error                string  what the recorded bad answer was, such as "403 AccessDenied", else null
discovery.is_json              bool    the recorded body is a JSON object
discovery.issuer               string  its issuer, else null
discovery.jwks_uri             string  its jwks_uri, else null
discovery.jwks_uri_problem     string  what is wrong with jwks_uri as one phrase, else null
jwks.answered                  bool    a good answer for the key set was recorded (false: a bad one was)
jwks.error                     string  what the recorded bad answer was, else null
jwks.is_json                   bool    the recorded body is a JSON object with a keys list
jwks.key_ids                   list    kids in the key set
jwks.usable                    int     number of keys that STS can use
jwks.unusable                  list    keys that STS cannot use, as phrases "kid: reason"
jwks.duplicates                list    kids that stand there more than once
keys.cluster                   list    kids of the cluster's bound token signing keys
keys.signing                   string  kid that signs: the token's, else that of the newest signing key (derived)
keys.signing_published         bool    that kid is in the key set
keys.foreign                   bool    the key set has usable keys, and none of them is a key of this cluster, by id or by numbers
keys.mismatched                list    kids that stand in the key set with another public key than the cluster's key
keys.old_unpublished           list    kids of older keys of the cluster that are not in the key set
keys.renamed                   list    keys of the cluster that the key set holds under other ids alone, each as a phrase
inputs.comparable              bool    whether inputs may be of different clusters: two bundles, or exports beside one
inputs.clusters                list    the different clusters that the inputs are of, as phrases; one where they agree
inputs.doubtful                string  why the exports may be of another cluster though nothing proves it, as one phrase, else null
inputs.mixed_summary           string  what of the two stands, as a sentence, else null
inputs.cleaned                 list    inputs that were obfuscated, and by what
inputs.incomplete              list    parts that are truncated or unreadable, as phrases
inputs.unsafe                  list    members that were refused, as phrases
inputs.live_secrets            list    where live-looking secrets lie, as phrases (never the value)
inputs.denied_calls            list    AWS calls that were denied when the exports were made, as phrases
""")

PROVIDER = _specs("""
provider.account               string  account of the roles that must use this provider
provider.present               bool    a provider whose Url is the issuer less https:// exists in that account
provider.expected_arn          string  ARN that the provider must have (derived)
provider.arn                   string  ARN of the provider found; null where there is none
provider.settled               bool    the same is found for the issuer that is set and the one that kube-apiserver runs with
provider.near                  string  Url of a provider that differs only by slash, case, port, path or scheme, else null
provider.near_arn              string  ARN of that provider (derived)
provider.near_difference       string  what that difference is, as one phrase, else null
provider.other_account         string  another account that holds a provider for this issuer, else null
provider.seen_elsewhere        string  that account where the providers of the roles' own were not listed, else null
provider.account_lack          string  what is known of the roles' own account then, as a phrase
provider.client_ids            list    its ClientIDList
provider.audiences_used        list    audiences that the pods' tokens carry
provider.audiences_missing     list    audiences in use that are not in ClientIDList
provider.audiences_spare       list    of openshift and sts.amazonaws.com, those neither in use nor in ClientIDList
provider.audiences_malformed   list    entries of ClientIDList with blanks or invisible characters, or near misses of a real audience
provider.audiences_worthless   list    these entries as they are, for a command
provider.thumbprints_malformed list    thumbprints that are not 40 hex digits, are placeholders, or are over five
provider.duplicates            list    Urls of several providers that carry this cluster's tag, where there is more than one
provider.duplicate_arns        list    ARNs of those of them that are not for the issuer in force (derived)
provider.near_roles            list    names of the cluster's roles whose trust policy names that almost right provider (derived)
""")

TOKEN = _specs("""
token.name                     string  the file that it was handed in
token.problem                  string  why it is not a token, as one phrase, else null
token.notes                    list    what was trimmed
token.algorithm                string  alg of its header, else null
token.kid                      string  kid of its header, else null
token.issuer                   string  its iss, else null
token.audiences                list    its aud, as a list
token.subject                  string  its sub, else null
token.expected_subjects        list    subjects that the requests of its namespace admit
token.subject_admitted         bool    sub is one of those, and agrees with the kubernetes.io claims
token.contradiction            string  how sub and the kubernetes.io claims differ, else null
token.begins                   string  the later of nbf and iat as RFC 3339, else null
token.subject_fault            string  what is wrong with sub, as one phrase, else null
token.expires                  string  exp as RFC 3339, else null
token.expired                  bool    exp was over at gather time, five minutes allowed
token.early                    bool    nbf or iat lay ahead at gather time, five minutes allowed
token.audience_accepted        bool    one of its audiences is in the provider's ClientIDList
token.namespace                string  namespace in its kubernetes.io claims
token.pod                      string  pod in them
token.service_account          string  ServiceAccount in them
token.signature                string  valid, invalid, or null where there is no signature or no key to check it with
""")

CHAIN = _specs("""
chain.id                       string  <namespace>/<secret>
chain.request                  string  name of the CredentialsRequest
chain.namespace                string  namespace of the Secret
chain.secret_name              string  name of the Secret
chain.operator                 string  the ClusterOperator that it serves, else the request's name
chain.consumer                 string  the same with its kind before it, to begin a sentence: Operator or ServiceAccount
chain.uses_sts                 bool    this chain must be served by STS: the cluster means to, the request is enabled here
chain.optional                 bool    nothing needs it: the credential operator's own read-only request, one that is left over, or one whose operator was not given its role
chain.mechanism                string  sts-secret, static-keys, webhook, node-role or none (no credentials)
request.in_cluster             bool    the CredentialsRequest is in the cluster
request.in_release             bool    the release's requests hold it; null without release requests
request.namespace              string  namespace of the CredentialsRequest itself
request.brought_by_release     bool    a release brings it, as its annotations or its name say
request.gathered               bool    the namespace of the CredentialsRequests was gathered
request.settled                bool    what is told of the request is told of the cluster's own, not of the release's in its place
request.service_accounts       list    serviceAccountNames
request.subjects               list    system:serviceaccount:<namespace>:<name> of each (derived)
request.sts_role_arn           string  providerSpec.stsIAMRoleARN, else null
request.drift                  list    how the request in the cluster differs from the release's, as phrases; null where there is no release of this version to compare with
request.namespace_missing      string  how it shows that the namespace of the Secret does not exist, as one phrase, else null
request.provision_failure      string  what the condition CredentialsProvisionFailure says, unless that is known noise, else null
request.token_path             string  cloudTokenPath, else null
request.role_name              string  name that ccoctl gives the role, cut at 64 characters; null where the cluster's --name is not known (derived)
request.role_arn               string  ARN of the role that was made for this request, whatever the Secret names (derived)
request.role_to_write          string  that ARN for a command; <ACCOUNT_ID> stands in it where only the role's name is known (derived)
request.role_gone              bool    that role is known not to be in its account (derived)
request.role_ready             bool    its ARN is known, and so is that it is in the account (derived)
request.collides_with          list    other chains for which ccoctl gives the same role name
request.waits_for_role         string  the operator of OLM that was given no role ARN, which is why the Secret is not made, else null
secret.written_by              string  what writes the Secret whatever stands in it: control plane, or credential operator for a request that names a role, else null (derived)
secret.default_token_path      bool    it names the token path of the API server's own tokens, by its text or its length
secret.present                 bool    secretRef is among the Secrets of its gathered namespace
secret.elsewhere               list    other places with a Secret of that name, or of that purpose
secret.keys                    list    key names
secret.credentials_key         bool    it has a key named credentials, and its value is not one of no bytes
secret.static_keys             bool    it holds long-lived keys: both aws_* keys, or a credentials value of their exact length
secret.readable                bool    the credentials value can be read (not elided)
secret.length                  int     byte length of the credentials value, else null
secret.role_arn_missing        bool    role_arn is absent or empty
secret.role_arn                string  the role ARN in it, else null
secret.placeholder             string  placeholder text found in it, else null
secret.profile_header          bool    it has a [default] section
secret.profile_fault           string  what it has in its place, as a phrase, else null
secret.malformations           list    CRLF, trailing blanks, quotes, base64 twice ... as phrases
secret.arn_wellformed          bool    the ARN has the form of a role ARN
secret.arn_partition           string  partition of the ARN
secret.arn_account             string  account of the ARN
secret.arn_role_name           string  role name of the ARN, without its path
secret.arn_name_length         int     length of that name
secret.provider_account        string  account that holds the provider of the cluster's issuer
secret.account_told            bool    the role is in the account of all roles, of which provider-account-mismatch says that it has no provider
secret.foreign                 string  how it shows that the role is not the one made for this request, as one phrase, else null
secret.length_fits             bool    the byte length fits a template for the role that this request must use
secret.length_expected         list    byte lengths that would fit
secret.length_for              string  what the length was compared with: a role, or what others are named like
secret.length_instead          string  what it fits if not that, as a phrase: other roles, another token path, line ends of Windows
secret.length_alike            bool    the role that was found for it is named like those of the other Secrets of the release's requests, as far as the length tells (derived)
secret.peers_fit               bool    the other chains' Secrets fit their templates to the byte; without exports, those of the release's requests (derived)
secret.maker                   string  what makes it anew: control plane (where that is hosted), hand (its role is ready), credential operator (the request names its role), ccoctl, else null (derived)
secret.token_path              string  web_identity_token_file, else null
secret.token_path_told         string  what the Secret tells the SDK about it, as a phrase (derived)
secret.token_path_mounted      bool    the pods mount a projected token at that path
secret.token_path_refusal      string  what the SDK or STS answers where they do not (derived)
secret.regional                bool    it asks for regional STS endpoints
secret.copy_differs            string  how a copy that the operator made differs from it, else null
secret.changed_after_pods      list    pods that began before the Secret was made, or its values were last set
workload.pods                  list    pods (else deployments) that use this chain
workload.without_token         list    those that need a projected token and have none at the path
workload.token_paths           list    paths at which projected tokens are mounted
workload.token_path            string  that path, where there is one; where none is known, the usual one (derived)
workload.audiences             list    audiences of those tokens
workload.audiences_wrong       list    audiences that are neither in the provider's ClientIDList nor openshift or sts.amazonaws.com
workload.audiences_odd         list    those; where there are none, the API server's own, which the provider may list
workload.audience_fault        string  what is odd about them, as a phrase (derived)
workload.service_accounts      list    ServiceAccounts that the pods run as
workload.service_accounts_foreign list those that the request does not name
workload.presumed              bool    nothing but token and namespace shows that the pods use the Secret, and STS refused none
workload.static_env            list    containers whose environment holds a long-lived access key, as phrases
workload.overrides             list    the same, and containers whose environment names a profile or file other than the Secret's
workload.other_profiles        list    containers whose environment names a profile that is not default, and no file where it might be
workload.token_lifetimes       list    token volumes that live over a day or under ten minutes, as phrases
workload.legacy_tokens         list    containers that sign in with the API server's own token, as pod/container
workload.issuer_changed        string  when kube-apiserver began to sign with the issuer in force; null where no change shows
workload.predating             list    pods that began before that and whose token may still be of the issuer before
workload.outside               bool    it runs with the hosted control plane, outside the guest (derived)
workload.restart               list    for a command: what made the pods, as deployment/name and its like; where not all is known, such kinds, which is all of the namespace (derived)
workload.predating_owners      list    what made those pods, as deployment/name and its like
workload.predating_alone       list    those of which nothing tells what made them
workload.predating_proven      bool    a log line, or how young a pod is, shows that a token is of the issuer before
role.arn                       string  ARN of the role that this chain must use
role.to_write                  string  that ARN for a command; <ACCOUNT_ID> stands in it where only the role's name is known (derived)
role.name                      string  its name
role.account                   string  its account
role.how                       string  how the role was found: secret, stsIAMRoleARN, pod env, description, name
role.exchanged_with            string  the chain for which rolesRef of a hosted cluster names the role that admits this one, and whose role it names for another; else null (derived)
role.exchanged_arn             string  ARN of the role that it names for that chain; else null
role.made_by_user              bool    whoever added the program or its operator made the role, and not what makes those of the release's requests
role.exists                    bool    the role is in the account (false: a complete listing lacks it, or NoSuchEntity was recorded)
role.inline_policy             string  name of its only inline policy, or of the one that bears the role's name, as ccoctl's do
role.added_policy              string  a name that none of its inline policies has, for one that is added to them (derived)
role.shared_with               list    other chains that use the same role
role.max_session               int     MaxSessionDuration in seconds
role.requested_session         int     session duration that the consumer last asked for, as CloudTrail records it; null where it names none
trust.problem                  string  the one thing that keeps tokens out: the evaluator's class, else null
trust.sentence                 string  that as a sentence
trust.expected                 string  what the call carries at the clause that fails
trust.found                    string  what the clause asks for instead
trust.difference               string  the differing characters, marked
trust.subjects_denied          list    subjects of the request that are not admitted
trust.subjects_allowed         list    subjects of the request that are admitted
trust.admits_foreign           bool    ServiceAccounts that use the Secret and are not named by the request are admitted too
trust.statement                string  the statement that was nearest, by number or Sid
trust.conditions               list    conditions that cannot be known offline and must hold
trust.malformed                map     it is no policy document of IAM: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.placeholder              map     a text that nobody filled in: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.duplicate_key            map     a key that the text names twice: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.explicit_deny            map     a Deny that applies: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.principal_wrong          map     a principal that is no identity provider: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.provider_mismatch        map     another identity provider: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.action_wrong             map     no sts:AssumeRoleWithWebIdentity: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.condition_key_mismatch   map     a condition key of another issuer: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.wildcard_literal         map     a wildcard under an operator that takes it literally: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.subject_mismatch         map     another subject: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.audience_mismatch        map     another audience: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.extra_condition          map     a condition besides sub and aud: problem, sentence, expected, found, denied and others (subjects); null where that is not at fault
trust.too_broad                string  how any ServiceAccount could assume the role, else null
trust.checks_audience          bool    a condition on aud is there
trust.stale                    list    other issuers that a statement still admits
trust.length                   int     characters without white space
permissions.maker              string  what made the role: ccoctl, ROSA, hosted (control planes that bring policies of their own), else null
permissions.policies           list    names of the role's own policies, inline and attached
permissions.assumes            list    policies that nobody handed in and that are taken to deny nothing, as phrases
permissions.overwritten_by     string  the chain whose request the role's policies serve wholly, while they hardly serve their own, else null
permissions.missing_finer      bool    what is missing, or denied in the logs, is said by another rule: in another version, for a shared VPC, granted in part, taken by a Deny
permissions.missing_logged     list    actions of the request that no policy allows and that a log line denies
permissions.missing_required   list    actions of the request that no policy of a role made by ccoctl allows, of features in use
permissions.missing_likely     list    the same, of a role that neither ccoctl nor a product made
permissions.missing_optional   list    the same, of features that are not in use here, or of a product's role
permissions.missing_summary    string  all of these as one phrase, with what stands almost right in the policies; null where there is none
permissions.missing_first      string  the first of missing_logged and missing_required, else null
permissions.denied             list    actions of the request that a Deny in the role's own policies takes
permissions.denied_logged      list    those of them that a log line denies
permissions.denied_optional    list    the same as denied, of features that are not in use here
permissions.denied_inline      string  name of the first inline policy of the role that holds such a Deny, else null
permissions.denied_attached    string  ARN of the first attached policy that holds such a Deny, else null
permissions.denied_summary     string  denied and denied_optional as one phrase, else null
permissions.boundary           string  ARN of the role's permissions boundary; null where it has none
permissions.boundary_cuts      list    actions that the role's own policies allow and its boundary does not
permissions.boundary_logged    list    actions for which a log line names the boundary
permissions.boundary_optional  list    the same as boundary_cuts, of features that are not in use here
permissions.boundary_narrow    list    actions that the boundary allows in part only, with its limits, as phrases
permissions.boundary_summary   string  boundary_cuts, boundary_optional and boundary_narrow as one phrase, else null
permissions.boundary_denied    list    those of boundary_cuts and boundary_optional that a Deny of the boundary takes
permissions.boundary_words     string  how AWS says that the boundary denies what it cuts
permissions.organization_denied list    actions that a service or resource control policy denies: AWS says so in a log or a simulation, or such a policy was handed in; known only then
permissions.organization_layer string  which of the two; known as above
permissions.organization_caller string  ARN of the caller in that log line, else the role; known as above
permissions.organization_account string  that caller's account; known as above
permissions.organization_recency string  ongoing or stopped at gather time where a log line alone says it, else unknown; known as above
permissions.organization_proof string  what says that the organization denies it, as a phrase; known as above
permissions.organization_bearing string  that the policy bears on the account is shown, by AWS or a listing, or given, by who handed in it alone, or among others, or not listed; known as above
permissions.simulated          list    what AWS's own simulation decides otherwise than the exported policies, as phrases
permissions.narrow             list    actions granted on fewer resources than asked for and used here, with those resources, as phrases
permissions.narrow_logged      list    those of these actions that a log line denies
permissions.conditional        list    actions granted under conditions that the request does not have, with the conditions, as phrases
permissions.conditional_logged list    those of these actions that a log line denies
permissions.other_version      list    actions that the default version of an attached policy lacks and another version has, as phrases
permissions.other_version_logged list    those of these actions that a log line denies
permissions.other_version_first string  the first of them, one that is denied in a log before others, else null
permissions.other_version_policy string  ARN of the first such policy, else null
permissions.other_version_id   string  id of that version, else null
permissions.private_zone_role  string  role for a private zone in another account that DNS names; null where it names none, and for all but the ingress operator
permissions.shared_vpc_problem string  what keeps the role from assuming that one, as one phrase, else null
permissions.excess             list    actions granted that no request of the role asks for, the first of them
permissions.excess_levels      list    how many these are for each access level, as phrases
permissions.risks              list    grants that are named whatever was asked for: every action, iam:*, iam:PassRole on everything, as phrases
permissions.unknown_actions    list    actions in the role's policies that AWS did not have on the catalogue's date, with the nearest name, as phrases
operator.unhealthy             string  the condition that is not as it should be, else null
operator.message               string  its message
operator.served                bool    it quotes an answer that AWS gives to those alone whom it lets in, such as of a quota
operator.since                 string  its lastTransitionTime
operator.reporter              string  what reports it: a ClusterOperator, or an object of the hosted control plane, else null
operator.namespace             string  namespace of that object in the management cluster, null for a ClusterOperator
operator.resource              string  kind and name of what reports it, as oc get takes them, else null
operator.dns_problem           string  the condition of ingress or its DNS records that is not as it should be, else null; null for other operators
operator.dns_message           string  its message
operator.dns_error             string  class of the AWS error in it, as of a log line, else null
operator.dns_served            bool    AWS's words in it are an answer that it gives to those alone whom it lets in, such as that a zone is not there
operator.dns_since             string  its lastTransitionTime
operator.storage_problem       string  StorageExists of the image registry with an error of AWS, else null; null for other operators
operator.storage_message       string  its message
operator.storage_error         string  class of the AWS error in it, as of a log line, else null
operator.storage_served        bool    AWS's words in it are an answer that it gives to those alone whom it lets in, such as that a bucket is not there
operator.storage_since         string  its lastTransitionTime
logs.scanned                   bool    logs of the pods of this chain were gathered
logs.window                    string  time that those logs cover
logs.signed_in                 map     last recorded sign-in that worked, of one of the chain's ServiceAccounts (CloudTrail, or a pasted answer of STS): time, role_arn, provider, audience, subject; known only with such a record
logs.no_provider               map     symptom, in log lines or else in conditions: source (which of them), count, first, last, recency, message, issuer, and besides, which lists other issuers, if any, in words; null where there is none
logs.verification_key          map     the same
logs.incorrect_audience        map     the same
logs.missing_claim             map     the same
logs.thumbprint                map     the same
logs.invalid_token             map     the same
logs.assume_role_denied        map     the same, with layer: which policy denies, where AWS names it; role_arn: the role that was asked for, where that is told, which asked says in words
logs.token_expired             map     the same
logs.idp_rejected              map     the same
logs.idp_communication         map     the same
logs.region_disabled           map     the same
logs.token_file                map     the same
logs.no_credentials            map     the same
logs.node_role                 map     the same
logs.sts_unreachable           map     the same
logs.throttled                 map     the same
logs.clock_skew                map     the same
logs.action_denied             map     the same, with action, resource, caller (caller_role is the name of its role) and layer; call says these in words, besides lists other actions
""")

RELEASE = _specs("""
release.other_version          string  the version that the release's requests are of, where it is another than the cluster's, else null (derived)
release.requests               int     number of requests of AWS in it
""")

REQUEST = _specs("""
stale.request                  string  name of the CredentialsRequest
stale.namespace                string  its namespace
stale.secret                   string  the Secret that it asks for, as <namespace>/<name>
stale.reasons                  list    why nothing needs it any more, as phrases
""")

WORKLOAD = _specs("""
account.name                   string  name of a ServiceAccount that has, or seems meant to have, a role by the pod identity webhook
account.namespace              string  its namespace
account.role_arn               string  the role, from its annotation or its pods, else null
account.annotated              bool    it has the annotation eks.amazonaws.com/role-arn
account.near                   list    annotations that miss it by some letters or stand on a pod, as phrases
account.annotation_fault       string  that, or a value of it that is no ARN of a role, as one phrase, else null
account.pods                   list    running pods of the ServiceAccount
account.pods_bare              list    those that the webhook gave nothing
account.pods_other_role        list    those whose AWS_ROLE_ARN is not the annotation's
account.remake_owners          list    what made both of these, as deployment/name and its like
account.remake_alone           list    those of both of which nothing tells what made them
account.pods_phrase            string  what is wrong with them, else null
account.bare_reason            string  why, as far as the bundle shows it; null where there are none
account.bare_cause             string  the same in a word: run-level (of the namespace), skipped (by an annotation), older (than the annotation), down (the webhook) or unknown; null where there are none
account.needs_region           bool    the cluster's region is one that the global STS endpoint does not serve
account.pods_without_region    list    pods with a role and without AWS_REGION
""")

WEBHOOK = _specs("""
webhook.ready                  int     ready replicas of the pod identity webhook
webhook.wanted                 int     replicas that its Deployment asks for
webhook.accounts               list    ServiceAccounts that are seen to use it
""")

SUBSCRIPTION = _specs("""
subscription.name              string  name of the Subscription
subscription.namespace         string  its namespace
subscription.package           string  name of the package
subscription.csv               string  the installed version
subscription.token_auth        bool    that version says that it can sign in to AWS with a token
subscription.role_arn          string  ROLEARN of the Subscription's config, else null
subscription.approval          string  installPlanApproval
subscription.requests          list    CredentialsRequests of the operator
subscription.waiting           list    those without a role ARN whose Secret does not exist
subscription.has_role          bool    a role reaches the operator: by ROLEARN, by its request, or by a Secret
""")

UPGRADE = _specs("""
upgrade.target                 string  the minor release to go to, as far as its requests tell; null where they do not (derived)
upgrade.request                string  name of one of its CredentialsRequests; null for the subject that is the release as a whole
upgrade.minor                  string  the same where it is one release alone (derived)
upgrade.older                  bool    it is an earlier minor release than the cluster's
upgrade.between                list    minor releases between the cluster's and it
upgrade.minor_update           bool    it is a later minor release than the cluster's; null where that is not known
upgrade.gated                  bool    the credential operator holds upgrades back that nobody vouched for, as it does not in hosted guests before 4.22
upgrade.annotation             string  upgradeable-to of CloudCredential, else null
upgrade.annotation_problem     string  why it does not let the upgrade begin, as one phrase, else null
upgrade.chain                  string  the Secret that the request asks for, as <namespace>/<name>
upgrade.secret_name            string  its name
upgrade.namespace              string  its namespace
upgrade.removed                bool    the release does not ask for it any more
upgrade.new                    bool    the cluster has no such request yet
upgrade.secret_was             string  the Secret that the request asks for now, where the release names another, else null
upgrade.namespace_present      bool    the namespace exists
upgrade.secret_present         bool    the Secret exists
upgrade.lacking                list    which of namespace, Secret and role are known not to exist, as phrases
upgrade.role_name              string  name of the role
upgrade.role_present           bool    the role exists
upgrade.role_shared            bool    of a request that goes: another request's role is the same
upgrade.left_over              string  what nothing uses after that, as one phrase
upgrade.actions_new            list    actions that the release adds
upgrade.actions_missing        list    those that the role's policies do not allow
upgrade.actions_withheld       list    those that a Deny in the role's policies or its permissions boundary takes
upgrade.actions_unused         list    the same, of features that are not in use here, or of a product's role
upgrade.actions_summary        string  all of these as one phrase; null where there are none
upgrade.service_accounts_new   list    ServiceAccounts that the release adds
upgrade.subjects_denied        list    their subjects that the role's trust policy does not admit
""")

VOCABULARY: Vocabulary = {
    "cluster": CLUSTER,
    "provider": PROVIDER,
    "token": TOKEN,
    "chain": CHAIN,
    "release": RELEASE,
    "request": REQUEST,
    "workload": WORKLOAD,
    "webhook": WEBHOOK,
    "subscription": SUBSCRIPTION,
    "upgrade": UPGRADE,
}

SUBJECTS: Mapping[str, str] = {
    "cluster": "The cluster and its issuer: a rule is asked once.",
    "provider": "The IAM OIDC provider that the issuer needs in the account of the operators' roles; once more "
    "for ServiceAccounts of the pod identity webhook.",
    "token": "A token that was handed in.",
    "chain": "A Secret with credentials, from the CredentialsRequest that asks for it to the role that it "
    "names; also a ServiceAccount of the pod identity webhook whose role was exported.",
    "release": "A set of a release's CredentialsRequests that was handed in.",
    "request": "A CredentialsRequest in the cluster that nothing seems to need any more.",
    "workload": "A ServiceAccount that has, or seems meant to have, a role by the pod identity webhook.",
    "webhook": "The pod identity webhook.",
    "subscription": "An operator that OLM installed.",
    "upgrade": "The release to go to as a whole, and each of its CredentialsRequests (`upgrade` alone).",
}
"""What a rule about each kind of subject is asked about."""
