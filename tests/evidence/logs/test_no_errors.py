"""What looks like an AWS error and is none."""

from __future__ import annotations

import pytest

from analyzer.evidence.logs.scan import LogScan, classify
from analyzer.evidence.logs.text import LogName

HARMLESS = [
    # Kubernetes: permissions, tokens, limits
    'pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods" in API group ""',
    'configmaps "x" is forbidden: User "system:anonymous" cannot get path "/healthz": Forbidden',
    "You are not authorized to perform this operation.",
    "Throttling request took 1.196s, request: GET:https://172.30.0.1:443/apis?timeout=32s",
    "Waited for 1.2s due to client-side throttling, not priority and fairness, request: "
    "GET:https://172.30.0.1:443/",
    "client rate limiter Wait returned an error: context deadline exceeded",
    "the server has received too many requests and has asked us to try again later",
    "toomanyrequests: Rate exceeded for docker.io pulls",
    'Unable to authenticate the request: [invalid bearer token, Token has expired.]"',
    "square/go-jose/jwt: validation failed, token is expired (exp)",
    "oidc: token used before issued",
    "oidc: Token used before issued",
    "verify token: Missing a required claim: email",
    "Incorrect token audience",
    'secret "aws-credentials" not found',
    'error retrieving credentials secret a/b: secret "c" not found (attempt 3)',
    # OAuth and others that say access denied
    "error=access_denied&error_description=The+resource+owner+denied+the+request",
    "oauth: access denied",
    "AccessDenied: Access Denied",
    "AccessDenied: user is not a member of the group",
    'level=info msg="login" result=AccessDenied',
    "Forbidden: Forbidden",
    # files
    "open /etc/kubernetes/kubelet.conf: no such file or directory",
    "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory",
    "open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
    "failed to read aws config: open /.aws/config: no such file or directory",
    "Unable to locate credentials file for registry, permission denied",
    "stat /etc/docker/token.json: no such file or directory",
    # network
    "OSError: Tunnel connection failed: 403 Forbidden",
    "Could not transfer artifact: CONNECT refused by proxy: HTTP/1.1 407 Proxy Authentication Required",
    'Get "https://172.30.0.1:443/api/v1/pods": dial tcp 172.30.0.1:443: connect: connection refused',
    'Get "https://quay.io/v2/": x509: certificate signed by unknown authority',
    'Post "https://sts.windows.net/common/oauth2/token": dial tcp: i/o timeout',
    'Post "https://ec2.us-east-2.amazonaws.com/": dial tcp 52.95.16.2:443: i/o timeout',
    'Get "https://hosts.amazonaws.com/": dial tcp: i/o timeout',
    '[INFO] 10.0.0.1:1 - 2 "A IN sts.amazonaws.com. udp 57 false 1232" NOERROR qr,rd,ra 96 0.1s',
    "[ERROR] plugin/errors: 2 example.com. A: read udp 10.0.0.1:1->10.0.0.2:53: i/o timeout",
    '{"code":"ok","host":"sts.amazonaws.com","note":"NetworkingError is retried"}',
    '{"msg":"recovered from ETIMEDOUT","host":"sts.us-east-2.amazonaws.com"}',
    '{"retryCodes":"ECONNRESET,ETIMEDOUT","host":"sts.us-east-2.amazonaws.com"}',
    '{"retryable": "Throttling, TimeoutError", "host": "sts.us-east-2.amazonaws.com", "status": 200}',
    '{"code":"ECONNREFUSED","host":"db.example.com","peers":"x","hostname":"sts.us-east-2.amazonaws.com"}',
    "using endpoint https://sts.us-east-2.amazonaws.com for sts, timeout 30s",
    # mention of the words
    "retryable codes: IDPCommunicationError, IDPRejectedClaim, ExpiredToken, Throttling",
    "FLAG: --error-codes=AccessDenied,UnauthorizedOperation",
    "AssumeRoleWithWebIdentity succeeded for arn:aws:iam::111122223333:role/demo",
    "credentials refreshed with WebIdentityRoleProvider",
    "signing in with the web identity token file /var/run/secrets/openshift/serviceaccount/token",
    "provider in chain did not provide credentials provider=WebIdentityToken context=not enabled",
    "provider failed to provide credentials provider=Imds error=dispatch failure: timeout",
    "open : no such file or directory",
    "NoSuchBucket: The specified bucket does not exist\\n\\tstatus code: 404, request id: 1, host id: 2",
    "operation error S3: HeadBucket, https response error StatusCode: 404, RequestID: 1, HostID: 2, "
    "NotFound: ",
    "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
    "retry quota exceeded, failed to get rate limit token, 4 available, 5 requested",
    "Could not load credentials from any of the configured vaults",
    'Post "https://sts.us-east-1.amazonaws.com/": context canceled',
    'oss: service returned error: StatusCode=403, ErrorCode=AccessDenied, ErrorMessage="no", RequestId=1',
    "Access to the path '/app/data' is denied.",
    "[debug] [aws_credentials] Not initializing EKS provider because AWS_ROLE_ARN was not set",
    "The user is not authorized to perform: admin:Write",
    "java.nio.file.AccessDeniedException: /usr/share/data/nodes",
    "Token must be renewed: the provided token has expired",
    '{"Code":"AccessDenied","Message":"Access Denied.","Resource":"/bucket","RequestId":"17","HostId":"dd9"}',
    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message><Resource>/first</Resource></Error>",
    "WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestCanceled: request context canceled\\n"
    "caused by: context canceled",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless(text: str) -> None:
    assert classify(text) is None


def test_a_log_of_harmless_lines_gives_no_symptom() -> None:
    scan = LogScan()
    stamp = "2024-05-14T08:00:00.123456789Z "
    scan.feed("a", "x.log", [("".join(f"{stamp}{text}\n" for text in HARMLESS)).encode()])
    assert scan.symptoms() == ()


DENIED = (
    "WebIdentityErr: failed to retrieve credentials\\ncaused by: AccessDenied: "
    "Not authorized to perform sts:AssumeRoleWithWebIdentity"
)
PASSED_ON = [
    # Vector
    'WARN vector::internal_events::parser: Failed to parse message: {"kubernetes":{"container_name":'
    f'"app","namespace_name":"shop","pod_name":"app-1"}},"message":"{DENIED}"}}',
    '{"level":"WARN","message":"Failed to parse: {\\"kubernetes\\":{\\"namespace_name\\":\\"shop\\"},'
    f'\\"message\\":\\"{DENIED}\\"}}"}}',
    # fluentd
    '[warn]: dump an error event: error_class=ElasticsearchError error="400 - Rejected"'
    f' record={{"message"=>"{DENIED}", "kubernetes"=>{{"container_name"=>"app", "namespace_name"=>"shop"}}}}',
]


@pytest.mark.parametrize("text", PASSED_ON)
def test_what_a_collector_prints_of_another_containers_log_is_no_error_of_its_own(text: str) -> None:
    assert _symptoms(text) == []


def test_what_a_collector_says_before_the_record_is_its_own_error() -> None:
    assert _symptoms(f"{DENIED}, dropped: {PASSED_ON[0]}") == [("assume-role-denied", 1)]


def test_a_log_of_such_records_of_the_container_itself_has_its_errors() -> None:
    record = (
        f'2024-05-14T08:00:00Z {{"message":"{DENIED}","kubernetes":{{"namespace_name":"n","pod_name":"p"}}}}'
    )
    error = ("assume-role-denied", 1)
    assert _symptoms(record) == [error]
    assert _symptoms(record, "n_other.log", LogName("n", "", "")) == [error]
    assert _symptoms(record, "x.log", LogName("", "", "")) == [error]
    assert _symptoms(record.replace('"n"', '"shop"')) == []
    assert _symptoms(record.replace('"p"', '"q"')) == []


def _symptoms(
    line: str, path: str = "namespaces/n/pods/p/c/c/logs/current.log", name: LogName | None = None
) -> list[tuple[str, int]]:
    scan = LogScan()
    scan.feed("i", path, [f"{line}\n".encode()], name=name)
    return [(one.klass, one.count) for one in scan.symptoms()]
