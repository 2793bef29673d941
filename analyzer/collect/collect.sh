# What follows is the same in every such script; the calls for this case stand at its end.
# A call that fails is evidence, and ends nothing, however the shell was started.
set +e -uf
case $- in *x*)
    echo "not run with -x: the trace would show what must not be kept" >&2
    exit 2
    ;;
esac
umask 077
LC_ALL=C AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
export LC_ALL AWS_PAGER AWS_CLI_AUTO_PROMPT

dry=
case ${1-} in
'') ;;
--dry-run) dry=yes ;;
*)
    echo "usage: sh $0 [--dry-run]" >&2
    echo "  --dry-run  print the commands, run none" >&2
    [ "$1" = --help ] || exit 2
    exit 0
    ;;
esac

tab=$(printf '\t')
name=sts-collect-$(date -u +%Y%m%dT%H%M%SZ)-$$
# Beside where it is run, so that no answer tells where that is.
out=$name
man=$out/MANIFEST.tsv
if [ -z "$dry" ]; then
    mkdir "$out" || exit 1
    printf '# sts-doctor collect manifest 1\n# started %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$man"
    printf 'status\ttime\tfile\tcommand\n' >>"$man"
fi

# --- how a call is made ---

# Write a command on one line, as it can be pasted.
shown() {
    line=
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=,@%+-]* | '')
            word=\'$(printf '%s' "$word" | tr '\n\t' '  ' | sed "s/'/'\\\\''/g")\'
            ;;
        esac
        line=$line${line:+ }$word
    done
    printf '%s\n' "$line"
}

# The Region that IAM of this partition needs, where that is not the one that aws asks by itself.
apart=

# printed COMMAND...: the same for the dry run, with the Region that the environment gives in a real one.
printed() {
    case " $* " in
    *' --region '*) ;;
    ' aws '*) [ -z "$apart" ] || set -- "$@" --region "$apart" ;;
    esac
    shown "$@"
}

# note STATUS FILE COMMAND...: one line in the manifest; empty answers are not kept.
note() {
    status=$1 file=$2
    shift 2
    [ -s "$out/$file" ] || rm -f "$out/$file"
    # What a call that succeeded says beside its answer is progress; what one that failed says is evidence.
    if [ "$status" != 0 ] && [ -s "$out/.said" ]; then cat "$out/.said" >>"$out/$file.err"; fi
    rm -f "$out/.said"
    printf '%s\t%s\t%s\t%s\n' "$status" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$file" "$(shown "$@")" >>"$man"
    [ "$status" = 0 ] && mark=ok || mark="not answered ($status)"
    printf '  %s: %s\n' "$mark" "$(shown "$@" | cut -c1-150)" >&2
}

# run FILE COMMAND...: make one call, keep its answer, its error text and its status.
run() {
    file=$1
    shift
    if [ -n "$dry" ]; then
        printed "$@"
        return 0
    fi
    if ! command -v "$1" >/dev/null 2>&1; then
        note 127 "$file" "$@"
        return 127
    fi
    "$@" >>"$out/$file" 2>"$out/.said" </dev/null
    note "$?" "$file" "$@"
}

# through FILTER FILE COMMAND...: the same, and only what the filter lets pass is ever written.
through() {
    filter=$1 file=$2
    shift 2
    if [ -n "$dry" ]; then
        printf '%s | %s\n' "$(printed "$@")" "$filter"
        return 0
    fi
    if ! command -v "$1" >/dev/null 2>&1; then
        note 127 "$file" "$@"
        return 127
    fi
    status=$({ { "$@" 2>"$out/.said" </dev/null; echo "$?" >&3; } | "$filter" >>"$out/$file"; } 3>&1)
    note "$status" "$file" "$@"
}

# words COMMAND...: names to go on with, one a line; the dry run shows the call and one stand-in.
words() {
    if [ -n "$dry" ]; then
        printed "$@" >&2
        echo EACH
    elif command -v "$1" >/dev/null 2>&1; then
        "$@" 2>/dev/null </dev/null | tr '\t' '\n' | grep -v -e '^None$' -e '^$'
    fi
}

# is_name WORD: a word that can be a name in AWS or in Kubernetes, and no option.
is_name() {
    case $1 in -* | '' | *[!A-Za-z0-9_.:/@=,+-]*) return 1 ;; esac
}

# --- what a filter lets pass ---

# Of an AWS configuration file: section headers, settings that are no secrets, and the signs that begin a
# comment. All else becomes x.
settings() {
    sed -e '/^[[:space:]]*\[[A-Za-z0-9 _.-]*\][[:space:]]*$/b' \
        -e '/^[[:space:]]*role_arn[[:space:]]*=/b' \
        -e '/^[[:space:]]*role_name[[:space:]]*=/b' \
        -e '/^[[:space:]]*web_identity_token_file[[:space:]]*=/b' \
        -e '/^[[:space:]]*sts_regional_endpoints[[:space:]]*=/b' \
        -e '/^[[:space:]]*region[[:space:]]*=/b' \
        -e '/^[[:space:]]*duration_seconds[[:space:]]*=/b' \
        -e '/^[[:space:]]*role_session_name[[:space:]]*=/b' \
        -e '/^[[:space:]]*ca_bundle[[:space:]]*=/b' \
        -e '/^[[:space:]]*max_attempts[[:space:]]*=/b' \
        -e '/^[[:space:]]*retry_mode[[:space:]]*=/b' \
        -e '/^[[:space:]]*output[[:space:]]*=/b' \
        -e '/^[[:space:]]*[#;]/{' -e 's/[^[:space:]#;]/x/g' -e b -e '}' \
        -e '/^[[:space:]]*POPULATE ROLE ARN AND DELETE THIS LINE[[:space:]]*$/b' \
        -e 's/^\([[:space:]]*aws_access_key_id[[:space:]]*=\).*/\1/' -e t \
        -e 's/[^[:space:]]/x/g'
}

# The same as a Secret manifest, byte for byte as long as the value in the cluster.
secret_manifest() {
    value=$(cat && printf .)
    value=${value%.}
    # Of one that was encoded once too often, what it holds is filtered, and encoded again.
    inner=$(printf '%s' "$value" | base64 -d 2>/dev/null | tr -d '\000' && printf .)
    case $inner in
    *'[default]'* | *role_arn*) value=$(printf '%s' "${inner%.}" | settings | base64 | tr -d '\r\n') ;;
    *) value=$(printf '%s' "$value" | settings && printf .) value=${value%.} ;;
    esac
    [ -n "$value" ] || return 0
    printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  namespace: "%s"\n  name: "%s"\n' "$ns" "$secret"
    printf 'data:\n  credentials: %s\n' "$(printf '%s' "$value" | base64 | tr -d '\r\n')"
    printf '%s\n' "$value" | tr -cd '\040-\176\n' | sed 's/^/# credentials: /'
}

# Of an install-config: how credentials are made, and where.
install_config_manifest() {
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  namespace: kube-system\n  name: cluster-config-v1\n'
    printf 'data:\n  install-config: |\n'
    grep -E -e '^(apiVersion|credentialsMode|platform):' -e '^  aws:' -e '^    region:' | sed 's/^/    /'
}

# Of a token: header and payload. The signature is never written.
without_signature() {
    cut -d. -f1,2
}

# Of CloudTrail's events: all but session tokens.
without_session_tokens() {
    sed 's/\(sessionToken\\*"[[:space:]]*:[[:space:]]*\\*"\)[^"\\]*/\1(removed)/g'
}

# --- what can be asked for ---

# config WHAT: a kind of the cluster's own configuration.
config() {
    run "$1.yaml" oc get "$1" -o yaml
}

# configmap NAMESPACE NAME
configmap() {
    run "configmap-$1-$2.yaml" oc -n "$1" get configmap "$2" -o yaml
}

# The four lines of install-config that say how credentials are made.
install_config() {
    through install_config_manifest install-config.yaml \
        oc -n kube-system get configmap cluster-config-v1 -o jsonpath='{.data.install-config}'
}

# The CredentialsRequests of the cluster.
requests() {
    run credentialsrequests.yaml \
        oc get credentialsrequests.cloudcredential.openshift.io --all-namespaces -o yaml
}

# inspect NAMESPACE: its pods, logs and objects; Secrets keep their key names and lengths only.
inspect() {
    run "inspect-$1.log" oc adm inspect "ns/$1" --dest-dir "$out/inspect-$1"
}

# secret_value NAMESPACE NAME: role ARN, token path and region of a credentials Secret; no keys.
secret_value() {
    ns=$1 secret=$2
    through secret_manifest "secret-$1-$2.yaml" oc -n "$1" get secret "$2" \
        -o go-template='{{with .data.credentials}}{{base64decode .}}{{end}}'
}

# token NAMESPACE SERVICEACCOUNT: header and payload of a token as a running pod has it.
# shellcheck disable=SC2016  # a Go template, filled in by oc
token_places='{{range .items}}{{$pod := .}}{{range .spec.volumes}}{{$volume := .}}{{if .projected}}
{{- range .projected.sources}}{{if .serviceAccountToken}}{{if .serviceAccountToken.audience}}
{{- $path := .serviceAccountToken.path}}{{range $pod.spec.containers}}{{$container := .name}}
{{- range .volumeMounts}}{{if eq .name $volume.name}}{{$pod.spec.serviceAccountName}} {{$pod.status.phase}} {{$pod.metadata.name}} {{$container}} {{.mountPath}}/{{$path}}{{"\n"}}
{{- end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}'
token() {
    if [ -n "$dry" ]; then
        through without_signature token oc -n "$1" exec "POD of $2" -c CONTAINER -- cat TOKEN_PATH
        return 0
    fi
    words oc -n "$1" get pods -o go-template="$token_places" | while read -r account phase pod container path; do
        if [ "$account $phase" = "$2 Running" ] && is_name "$pod" && is_name "$container" && is_name "$path"; then
            through without_signature "token-$1-$2" oc -n "$1" exec "$pod" -c "$container" -- cat "$path"
            break
        fi
    done
}

# identity: the account that the answers are of.
identity() {
    run caller-identity.json aws sts get-caller-identity --output json
}

# role NAME: its trust policy, its permissions and its boundary.
role() {
    role=$1
    run "role-$role.json" aws iam get-role --role-name "$role" --output json
    run "role-$role.json" aws iam list-role-policies --role-name "$role" --output json
    for each in $(words aws iam list-role-policies --role-name "$role" --query 'PolicyNames[]' --output text); do
        if is_name "$each"; then
            run "role-$role.json" \
                aws iam get-role-policy --role-name "$role" --policy-name "$each" --output json
        fi
    done
    run "role-$role.json" aws iam list-attached-role-policies --role-name "$role" --output json
    for each in $(words aws iam list-attached-role-policies --role-name "$role" \
        --query 'AttachedPolicies[].PolicyArn' --output text); do
        policy "$each"
    done
    for each in $(words aws iam get-role --role-name "$role" \
        --query 'Role.PermissionsBoundary.PermissionsBoundaryArn' --output text); do
        policy "$each"
    done
}

# policy ARN: a managed policy, and the document of its default version.
policy() {
    is_name "$1" || return 0
    kept=policy-${1##*/}.json
    if [ -z "$dry" ] && [ -e "$out/$kept" ]; then return 0; fi
    run "$kept" aws iam get-policy --policy-arn "$1" --output json
    for version in $(words aws iam get-policy --policy-arn "$1" \
        --query 'Policy.DefaultVersionId' --output text); do
        run "$kept" aws iam get-policy-version --policy-arn "$1" --version-id "$version" --output json
    done
}

# roles: all roles of the account with their policies.
roles() {
    run roles.json aws iam get-account-authorization-details \
        --filter Role LocalManagedPolicy AWSManagedPolicy --output json
}

# providers [ARN]: the account's OIDC providers; the one that is named also where they cannot be listed.
providers() {
    wanted=${1-} number=0
    run oidc-providers.json aws iam list-open-id-connect-providers --output json
    for each in $(words aws iam list-open-id-connect-providers \
        --query 'OpenIDConnectProviderList[].Arn' --output text); do
        is_name "$each" || continue
        number=$((number + 1))
        [ "$each" != "$wanted" ] || wanted=
        run "oidc-provider-$number.json" \
            aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$each" --output json
    done
    if [ -n "$wanted" ] && [ "$number" = 0 ]; then
        run oidc-provider-0.json \
            aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$wanted" --output json
    fi
}

# fetch FILE URL HOST: what the public gets; run this where no VPC endpoint and no proxy stands between.
# A failure to connect is the issuer's only if HOST, which AWS serves to all, can be reached from here.
fetch() {
    if [ -n "$dry" ]; then
        run "$1" curl -sSg --proto '=https' --max-time 30 -D "$1.headers" -- "$2"
        return 0
    fi
    run "$1" curl -sSg --proto '=https' --max-time 30 -D "$out/$1.headers" -- "$2"
    [ -s "$out/$1.headers" ] || rm -f "$out/$1.headers"
    if [ -e "$out/$1.err" ] && ! curl -sSg --proto '=https' --max-time 30 -- "https://$3/" >/dev/null 2>&1; then
        rm -f "$out/$1.err"
        printf 'unreachable\t%s\t%s\t%s is not reached from here either\n' \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$3" >>"$man"
        echo "  this machine does not reach $3 either: its failure to reach the issuer tells nothing" >&2
    fi
}

# issuer URL HOST: its discovery document, and the keys that this names.
issuer() {
    case $1 in https://?* | EACH) ;; *) return 0 ;; esac
    fetch openid-configuration "$1/.well-known/openid-configuration" "$2"
    keys=
    if [ -z "$dry" ] && [ -e "$out/openid-configuration" ]; then
        keys=$(sed -n 's/.*"jwks_uri"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$out/openid-configuration" | head -n 1)
    fi
    case $keys in https://?*) ;; *) keys=$1/keys.json ;; esac
    # The file's name tells what was asked for.
    case $keys in */keys.json) fetch keys.json "$keys" "$2" ;; *) fetch jwks.json "$keys" "$2" ;; esac
}

# sign_ins REGION: AWS's own record of the last sign-ins with a token, and why they failed.
sign_ins() {
    through without_session_tokens cloudtrail.json aws cloudtrail lookup-events \
        --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRoleWithWebIdentity \
        --max-items 200 --region "$1" --output json
}

# everything: for a cluster of which nothing is known yet.
everything() {
    for each in authentications.config.openshift.io cloudcredentials.operator.openshift.io \
        infrastructures.config.openshift.io clusterversions.config.openshift.io \
        clusteroperators.config.openshift.io kubeapiservers.operator.openshift.io dnses.config.openshift.io \
        configs.imageregistry.operator.openshift.io; do
        config "$each"
    done
    configmap openshift-kube-apiserver config
    configmap openshift-kube-apiserver bound-sa-token-signing-certs
    install_config
    requests
    targets=$(words oc get credentialsrequests.cloudcredential.openshift.io --all-namespaces -o go-template='{{range .items}}
{{- if eq .spec.providerSpec.kind "AWSProviderSpec"}}{{.spec.secretRef.namespace}}/{{.spec.secretRef.name}}{{"\n"}}{{end}}{{end}}')
    for each in $targets; do
        if is_name "$each"; then secret_value "${each%%/*}" "${each##*/}"; fi
    done
    for each in $(printf '%s\n' "$targets" | sed 's,/.*,,' | sort -u); do
        if is_name "$each"; then inspect "$each"; fi
    done
    regions=$(words oc get infrastructures.config.openshift.io cluster -o jsonpath='{.status.platformStatus.aws.region}')
    for each in $regions; do
        # IAM of these partitions answers in its own Regions only.
        case $each in us-gov-* | cn-* | us-iso* | eu-iso* | eusc-*)
            is_name "$each" || continue
            AWS_DEFAULT_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$each}}
            export AWS_DEFAULT_REGION
            apart=$AWS_DEFAULT_REGION
            ;;
        esac
    done
    identity
    roles
    providers ''
    for each in $(words oc get authentications.config.openshift.io cluster -o jsonpath='{.spec.serviceAccountIssuer}'); do
        issuer "$each" sts.amazonaws.com
    done
    for each in $regions; do
        if is_name "$each"; then sign_ins "$each"; fi
    done
}

# --- the end ---

# Leave out of the archive what looks like a secret. Key ids that begin with ASIA are those of
# sessions that are over, and of no use without their secret: CloudTrail shows them.
withhold() {
    find "$out" -type f -exec grep -l -a -E \
        -e 'AKIA[0-9A-Z]{16}' \
        -e '-----BEGIN [A-Z ]*PRIVATE KEY' \
        -e 'aws_secret_access_key[[:space:]]*[=:][[:space:]]*[^[:space:]x]' \
        -e 'ey[JI][A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}' \
        -e '[Bb]earer [A-Za-z0-9._~+/-]{20,}' \
        -e 'sha256~[A-Za-z0-9_-]{20,}' {} + | while read -r found; do
        rm -f "$found"
        printf 'withheld\t%s\t%s\tit looks as if it held a secret\n' \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${found#"$out/"}" >>"$man"
        echo "  left out, it looks as if it held a secret: ${found#"$out/"}" >&2
    done
}

finish() {
    [ -z "$dry" ] || return 0
    withhold
    tar -C "$PWD" -czf "$PWD/$name.tar.gz" "$name" || exit 1
    failed=$(grep -c "^[1-9][0-9]*$tab" "$man")
    echo "$name.tar.gz is ready to send: $(grep -c "^[0-9][0-9]*$tab" "$man") calls, $failed not answered (which tells something too)." >&2
    echo "Look through $name/ first. What you delete there is not sent if you then pack it anew:" >&2
    echo "  tar -czf $name.tar.gz $name" >&2
}
