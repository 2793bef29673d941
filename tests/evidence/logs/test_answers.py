"""Whether AWS answered: stores that speak S3's language and proxies say "Access Denied" too."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.evidence.logs.scan import LogScan, classify

HOST = "q8Xo2Zk5b1/rT0wJ+Vn7dYl3sGhCe9uA6fIpKxMzRtE4vBnQyUjW2LcDoSgHa5mXqPkF8iN7T0="
OBJECT = "cluster-b/chunks/0001"

V1 = "s3aws: AccessDenied: Access Denied\\n\\tstatus code: 403, request id: {}, host id: {}"
V1_LINES = (
    "unable to sync storage: Forbidden: Forbidden\n\tstatus code: 403, request id: {}, host id: {}, requeuing"
)
V2 = (
    "put chunk: operation error S3: PutObject, https response error StatusCode: 403, RequestID: {}, "
    "HostID: {}, api error AccessDenied: Access Denied, num_chunks: 3"
)
JAVA_1 = (
    "AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; "
    "Request ID: {}; S3 Extended Request ID: {}; Proxy: null)"
)
JAVA_2 = "S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: {}, Extended Request ID: {})"
JAVASCRIPT = (
    '{{"err":{{"message":"Access Denied","name":"AccessDenied","$fault":"client","$metadata":{{"status":'
    '403,"requestId":"{}","extendedRequestId":"{}","attempts":3}}}}}}'
)
SLOW = "SlowDown: Please reduce your request rate.\n\tstatus code: 503, request id: {}, host id: {}"

GO = (V1, V1_LINES, V2, SLOW)
JAVA = (JAVA_1, JAVA_2)
OTHER = (*JAVA, JAVASCRIPT)


@pytest.mark.parametrize("text", GO + OTHER)
@pytest.mark.parametrize(
    "ids", [("M4QX7Z0B2KD9T1RW", HOST), ("XXXXXX", "XXXXXX"), ("<removed>", "<removed>")]
)
def test_s3_of_aws_gives_the_id_of_its_host(text: str, ids: tuple[str, str]) -> None:
    assert classify(text.format(*ids)) is not None


@pytest.mark.parametrize(
    ("texts", "request_id", "host_id"),
    [
        (GO, "tx00000000000000a1b2c-0065f0-1a2b-default", ""),  # Ceph
        (JAVA, "tx00000000000000a1b2c-0065f0-1a2b-default", "null"),
        (GO, "3b1e0c52-1f2d-4a7c-9d10-aa55e0f7b0c4", ""),
        (GO + OTHER, "lw3k9a0c-7r1xqe-b2", "lw3k9a0c-7r1xqe-b2"),  # NooBaa
        (GO, "", ""),  # the page of a proxy
    ],
)
def test_a_store_that_only_speaks_like_it_is_not_aws(
    texts: tuple[str, ...], request_id: str, host_id: str
) -> None:
    assert [classify(text.format(request_id, host_id)) for text in texts] == [None] * len(texts)


def test_an_answer_of_aws_after_one_of_another_store_is_found() -> None:
    role = "arn:aws:sts::111122223333:assumed-role/demo-loki/1718000000000000000"
    other = f"User: {role} is not authorized to perform: s3:GetObject because no session policy allows it"
    found = classify(f"{V2.format('tx1', '')}; then: {V2.format('M4QX7Z0B', HOST)}: {other}")
    assert found is not None
    assert (found.klass, found.action, found.caller) == ("action-denied", "s3:GetObject", role)


Case = tuple[str, dict[str, Any], str]

FLUENTD = '2024-05-14 08:00:01 +0000 [warn]: #0 [out] failed to flush the buffer. chunk="61a" error_class='
RUBY: list[Case] = [
    (
        "action-denied",
        {"message": "AccessDenied: Access Denied"},
        f'{FLUENTD}Aws::S3::Errors::AccessDenied error="Access Denied"',
    ),
    (
        "action-denied",
        {"message": "AccessDenied: Access Denied"},
        f'{FLUENTD}"Aws::S3::Errors::AccessDenied" error="Access Denied" plugin_id="object:2a"',
    ),
    ("action-denied", {}, "check the bucket, error = #<Aws::S3::Errors::AccessDenied: Access Denied>"),
    ("throttled", {}, f'{FLUENTD}Aws::CloudWatchLogs::Errors::ThrottlingException error="Rate exceeded"'),
    (
        "token-expired",
        {},
        f"{FLUENTD}Aws::Firehose::Errors::ExpiredTokenException "
        'error="The security token included in the request is expired"',
    ),
]
FLB = "[2024/05/14 08:00:01] [error] "
FLUENT_BIT: list[Case] = [
    (
        "action-denied",
        {"action": "s3:PutObject", "message": "AccessDenied: Access Denied"},
        f"{FLB}[output:s3:s3.3] PutObject API responded with error='AccessDenied', message='Access Denied'",
    ),
    (
        "throttled",
        {},
        f"{FLB}[output:cloudwatch_logs:cw] PutLogEvents API responded with error='ThrottlingException', "
        "message='Rate exceeded'",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.eu-west-3.amazonaws.com"},
        f"{FLB}[http_client] broken connection to sts.eu-west-3.amazonaws.com:443 ?",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.eu-west-3.amazonaws.com"},
        f"{FLB}[upstream] connection #-1 to sts.eu-west-3.amazonaws.com:443 timed out after 10 seconds",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.eu-west-3.amazonaws.com"},
        f"{FLB}[upstream] connection #7 to tls://sts.eu-west-3.amazonaws.com:443 timed out after 5 seconds",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.eu-west-3.amazonaws.com"},
        f"{FLB}[net] getaddrinfo(host='sts.eu-west-3.amazonaws.com', err=4): Domain name not found",
    ),
]
OTHERS: list[Case] = [
    # external-secrets takes the request's id out
    (
        "action-denied",
        {"message": "AccessDeniedException: Access to KMS is not allowed"},
        '{"msg":"no data","error":"AccessDeniedException: Access to KMS is not allowed\\n\\t'
        'status code: 400, ","stacktrace":"main.go:1"}',
    ),
    # an address of another service for all of them
    (
        "sts-unreachable",
        {},
        "WebIdentityErr: failed to retrieve credentials\\ncaused by: SerializationError: failed to unmarshal "
        "error message\\n\\tstatus code: 404, request id: 0c9d7a4e-11\\ncaused by: UnmarshalError: failed",
    ),
    (
        "throttled",
        {"action": "ec2:CreateTags"},
        "Ec2Exception: Request limit exceeded. Account 111122223333 has been throttled on ec2:CreateTags "
        "because it exceeded its request rate limit. (Service: Ec2, Status Code: 503, Request ID: 1)",
    ),
    (
        "throttled",
        {"action": "ec2:CreateTags"},
        "RequestLimitExceeded: Request limit exceeded. Account 111122223333 has been throttled on "
        "ec2:CreateTags because it exceeded its request rate limit.\\n\\tstatus code: 503, request id: 1",
    ),
    # Rust: what provides the credentials, and no host
    (
        "sts-unreachable",
        {"message": "dispatch failure: timeout: error trying to connect: timed out"},
        "WARN aws_config::meta::credentials::chain: provider failed to provide credentials "
        "provider=WebIdentityToken error=an error occurred while loading credentials: dispatch failure: "
        "timeout: error trying to connect: timed out (ProviderError(x))",
    ),
    (
        "sts-unreachable",
        {},
        '{"message":"provider failed to provide credentials","provider":"WebIdentityToken","error":"an error '
        'occurred while loading credentials: dispatch failure: io error: dns error (ProviderError(x))"}',
    ),
    # an empty token
    (
        "invalid-token",
        {},
        "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 1, "
        "api error ValidationError: 1 validation error detected: Value '' at 'webIdentityToken' failed to "
        "satisfy constraint: Member must have length greater than or equal to 4",
    ),
    (
        "invalid-token",
        {},
        "WebIdentityErr: failed to retrieve credentials\\ncaused by: InvalidParameter: 1 validation error(s) "
        "found.\\n- minimum field size of 4, AssumeRoleWithWebIdentityInput.WebIdentityToken.",
    ),
    # EFS
    (
        "action-denied",
        {"message": "Access Denied. Please ensure you have the right AWS permissions"},
        "E0514 08:00:01.000001 1 driver.go:110] GRPC error: rpc error: code = Unauthenticated desc = Access "
        "Denied. Please ensure you have the right AWS permissions: Access denied",
    ),
    (
        "action-denied",
        {"message": "AccessDenied: Access Denied"},
        "nested: IOException[no upload]; nested: AmazonS3Exception[Access Denied (Service: Amazon S3; Status "
        "Code: 403; Error Code: AccessDenied; Request ID: 7)]; ",
    ),
]


@pytest.mark.parametrize(("klass", "fields", "text"), RUBY + FLUENT_BIT + OTHERS)
def test_programs_with_words_of_their_own(klass: str, fields: dict[str, Any], text: str) -> None:
    scan = LogScan()
    scan.feed("a", "x.log", [f"2024-05-14T08:00:01.000000001Z {text}\n".encode()])
    (found,) = scan.symptoms()
    assert (found.klass, {name: getattr(found, name) for name in fields}) == (klass, fields)


@pytest.mark.parametrize(
    "text",
    [
        f"{FLB}[upstream] KA connection #7 to sts.eu-west-3.amazonaws.com:443 is now available",
        f"{FLB}[output:s3:s3.3] PutObject API responded with error='NoSuchBucket', message='No bucket'",
        f'{FLUENTD}Errno::EACCES error="Permission denied @ rb_sysopen - /var/log/app.pos"',
        'level=warn msg=AccessDenied error="the tenant has no such group"',
        "Access Denied. Please ensure you have the right permissions",
    ],
)
def test_their_other_words(text: str) -> None:
    assert classify(text) is None
