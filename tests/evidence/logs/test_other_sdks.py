"""Errors in the words of other SDKs than Go's, and of Go programs that drop the envelope."""

from __future__ import annotations

import json

import pytest

from analyzer.evidence.logs.scan import LogScan, classify

TOKEN = "/var/run/secrets/openshift/serviceaccount/token"
ISSUER = "https://demo-oidc.s3.eu-central-1.amazonaws.com"
CALLER = "arn:aws:sts::111122223333:assumed-role/demo-registry/1718000000000000000"
S3 = (
    f'User: {CALLER} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::demo/a" '
    "because no identity-based policy allows the s3:PutObject action"
)
DENIED = {
    "action": "s3:PutObject",
    "resource": "arn:aws:s3:::demo/a",
    "caller": CALLER,
    "layer": "identity policy: no allow",
}
WEB_IDENTITY = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
EXPIRED = "Token expired: current date/time 1718000000 must be before the expiration date/time 1717996400"

Case = tuple[str, dict[str, str], str]

# Go: S3's quotes, sentences without their code
GO: list[Case] = [
    ("action-denied", DENIED, f"api error AccessDenied: {S3}"),
    ("action-denied", DENIED, json.dumps({"m": json.dumps({"error": f"AccessDenied: {S3}"})})),
    (
        "action-denied",
        {"action": "SNS:Publish"},
        f"AuthorizationError: User: {CALLER} is not authorized to perform: SNS:Publish on "
        "resource: arn:aws:sns:x",
    ),
    (
        "action-denied",
        {},
        "error launching instance: You are not authorized to perform this operation. "
        "Encoded authorization failure message: b-xSys3hzcCdcOA2Z0bFiL9ZY",
    ),
    (
        "no-provider",
        {"issuer": ISSUER},
        f"iter: No OpenIDConnect provider found in your account for {ISSUER}",
    ),
    (
        "sts-unreachable",
        {},
        "WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestCanceled: request "
        "context canceled\\n"
        "caused by: context deadline exceeded",
    ),
    ("sts-unreachable", {}, 'Post "https://sts.us-east-1.amazonaws.com/": URLBlocked'),
    (  # the page of a proxy
        "sts-unreachable",
        {},
        "WebIdentityErr: failed to retrieve credentials\ncaused by: SerializationError: failed to unmarshal "
        "error message\n\tstatus code: 403, request id: \ncaused by: UnmarshalError: failed to unmarshal",
    ),
    (
        "sts-unreachable",
        {},
        "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: , "
        "deserialization failed, failed to decode response body, XML syntax error on line 6",
    ),
    (
        "no-provider",
        {"issuer": ISSUER},
        json.dumps(f"in your account for {ISSUER}")
        .replace("/", "\\/")[1:-1]
        .join(("No OpenIDConnect provider found ", "")),
    ),
    (
        "sts-unreachable",
        {"resource": "sts.us-iso-east-1.c2s.ic.gov"},
        'Post "https://sts.us-iso-east-1.c2s.ic.gov/": http2: client connection lost',
    ),
    (
        "no-credentials",
        {},
        "EC2RoleRequestError: no EC2 instance role found\\ncaused by: EC2MetadataError: failed to make "
        "EC2Metadata request\\n\\n\\tstatus code: 404, request id: ",
    ),
]
JAVA: list[Case] = [
    (
        "action-denied",
        {},
        "software.amazon.awssdk.services.s3.model.S3Exception: Access Denied (Service: S3, Status Code: 403, "
        "Request ID: A, Extended Request ID: x=)",
    ),
    ("action-denied", {}, "S3Exception: null (Service: S3, Status Code: 403, Request ID: A)"),
    (
        "token-expired",
        {},
        "S3Exception: The provided token has expired. (Service: S3, Status Code: 400, Request ID: X)",
    ),
    (
        "throttled",
        {},
        "sts.model.StsException: Rate exceeded (Service: Sts, Status Code: 400, Request ID: a)",
    ),
    (
        "token-file",
        {"token_path": TOKEN},
        f"UncheckedIOException: java.nio.file.NoSuchFileException: {TOKEN}",
    ),
    (
        "token-file",
        {"token_path": TOKEN},
        f"SdkClientException: java.nio.file.AccessDeniedException: {TOKEN}",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.eu-north-1.amazonaws.com"},
        "Unable to execute HTTP request: Connect to sts.eu-north-1.amazonaws.com:443 failed: "
        "Connection refused",
    ),
]
DOT_NET: list[Case] = [
    (
        "action-denied",
        {},
        "Amazon.S3.AmazonS3Exception: Access Denied\n ---> "
        "Amazon.Runtime.Internal.HttpErrorResponseException: x",
    ),
    (
        "action-denied",
        {"action": "sqs:receivemessage"},
        f"AmazonSQSException: User: {CALLER} is not authorized to perform: sqs:receivemessage "
        "on resource: arn:aws:x",
    ),
    ("token-file", {"token_path": TOKEN}, f"System.IO.FileNotFoundException: Could not find file '{TOKEN}'."),
    (
        "token-file",
        {"token_path": TOKEN},
        f"UnauthorizedAccessException: Access to the path '{TOKEN}' is denied.",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.us-east-1.amazonaws.com"},
        "HttpRequestException: Name or service not known (sts.us-east-1.amazonaws.com:443)",
    ),
]
UNREACHED = {
    "message": "Client network socket disconnected",
    "code": "NetworkingError",
    "path": None,
    "host": "sts.amazonaws.com",
    "port": 443,
}
SLOWED = {
    "name": "ThrottlingException",
    "$fault": "client",
    "$metadata": {"httpStatusCode": 400, "requestId": "63175dcc-b2a1-4a43-85e3-806b74e7a9cd", "attempts": 3},
    "message": "Rate exceeded",
}
JAVASCRIPT: list[Case] = [
    ("throttled", {}, json.dumps({"m": json.dumps({"error": json.dumps(SLOWED)})})),
    ("sts-unreachable", {"resource": "sts.amazonaws.com"}, json.dumps(UNREACHED)),
    (
        "sts-unreachable",
        {"resource": "sts.amazonaws.com"},
        json.dumps({"m": json.dumps({"error": json.dumps(UNREACHED)})}),
    ),
    (
        "sts-unreachable",
        {"resource": "sts.us-east-2.amazonaws.com"},
        "{ code: 'TimeoutError', time: 2024-05-14T08:00:01.000Z, region: 'us-east-2', "
        "hostname: 'sts.us-east-2.amazonaws.com' }",
    ),
    (
        "action-denied",
        {},
        '{"err":{"message":"Access '
        'Denied","name":"AccessDenied","$fault":"client","$metadata":{"attempts":1}}}',
    ),
    (
        "idp-communication",
        {},
        '{"err":{"type":"IDPCommunicationErrorException","message":"The identity provider '
        'could not be reached"}}',
    ),
    (
        "token-expired",
        {},
        '{"message":"The security token has expired","code":"ExpiredToken","requestId":"x"}',
    ),
    (
        "no-credentials",
        {},
        "CredentialsError: Missing credentials in config, if using AWS_CONFIG_FILE, set X",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.amazonaws.com"},
        "UnknownEndpoint: Inaccessible host: `sts.amazonaws.com' at port `443'.",
    ),
    (
        "sts-unreachable",
        {"resource": "sts.us-west-2.amazonaws.com"},
        "Error: getaddrinfo EAI_AGAIN sts.us-west-2.amazonaws.com",
    ),
]
OTHERS: list[Case] = [
    (
        "action-denied",
        {"action": "s3:GetObject"},
        "An error occurred (403) when calling the HeadObject operation: Forbidden",
    ),
    # Rust
    (
        "idp-communication",
        {},
        'unhandled error (IDPCommunicationError): Error { code: "IDPCommunicationError", '
        'message: "not reached" }',
    ),
    ("no-credentials", {}, "CredentialsNotLoaded: no providers in chain provided credentials"),
    (
        "token-file",
        {"token_path": TOKEN},
        f"failed to read web identity token from `{TOKEN}`: No such file or directory",
    ),
    # C++
    ("assume-role-denied", {}, f"Exception name: AccessDenied\nError message: {WEB_IDENTITY}"),
    (
        "token-file",
        {"token_path": TOKEN},
        f"STSAssumeRoleWithWebIdentityCredentialsProvider Can't open token file: {TOKEN}",
    ),
    # Ruby, PHP
    (
        "sts-unreachable",
        {"resource": "sts.us-east-1.amazonaws.com"},
        "Failed to open TCP connection to sts.us-east-1.amazonaws.com:443 (getaddrinfo: Name "
        "or service not known)",
    ),
    ("no-credentials", {}, "MissingCredentialsError: unable to sign request without credentials set"),
    (
        "action-denied",
        {},
        'Error executing "ListObjects" on "https://demo.s3.amazonaws.com/"; AWS HTTP error: '
        "AccessDenied (client): no",
    ),
    # the answer of STS as it came
    (
        "idp-rejected",
        {},
        "<Error><Code>IDPRejectedClaim</Code><Message>authentication failed</Message></Error>",
    ),
]


@pytest.mark.parametrize("klass, fields, text", GO + JAVA + DOT_NET + JAVASCRIPT + OTHERS)
def test_a_line_is_found_and_read(klass: str, fields: dict[str, str], text: str) -> None:
    found = classify(text)
    assert found is not None
    assert (found.klass, {name: getattr(found, name) for name in fields}) == (klass, fields)
    scan = LogScan()
    scan.feed("a", "x.log", ["".join(f"2024-05-14T08:00:00Z {line}\n" for line in text.split("\n")).encode()])
    assert [symptom.klass for symptom in scan.symptoms()] == [klass]


def test_several_denied_calls_of_one_line_are_told_each() -> None:
    """As the ingress operator lists what it tried; what says the same again is not told twice."""
    calls = ("route53:ListHostedZones", "tag:GetResources", "tag:GetResources", "ec2:DescribeVpcs")
    texts = [f"AccessDenied: User: {CALLER} is not authorized to perform: {call} because x" for call in calls]
    log = "".join(f"2024-05-14T08:0{n}:00.5Z failed: [{', '.join(texts)}]\n" for n in range(3))
    scan = LogScan()
    scan.feed("a", "x.log", [log.encode()])
    found = {(s.action, s.count, s.quote.line) for s in scan.symptoms()}
    assert found == {(call, 3, 3) for call in calls}


def test_the_sentence_of_aws_says_more_than_the_program() -> None:
    found = classify(
        f'Not authorized to perform: s3:PutObject, missing: "StatusCode: 403, RequestID: x, {S3}"'
    )
    assert found is not None
    assert {name: getattr(found, name) for name in DENIED} == DENIED


MESSAGES = [
    ("<Code>InvalidIdentityToken</Code><Message>not a JWT.</Message>", "InvalidIdentityToken: not a JWT"),
    (f"ExpiredToken: {EXPIRED} (ProviderError(ProviderError {{ source: x", "expiration date/time <time>"),
    ("x.InvalidIdentityTokenException: An error occurred (InvalidIdentityToken) when calling the "
     "AssumeRoleWithWebIdentity operation: no JWT", "InvalidIdentityToken: no JWT"),
    ("ExpiredToken: Token too old: 1718000000 must be newer than 1717000000", "must be newer than <time>"),
    ('Post "https://sts.amazonaws.com/": proxyconnect tcp: dial tcp: lookup proxy.corp: no such host',
     "proxyconnect tcp: dial tcp: lookup proxy.corp: no such host"),
]  # fmt: skip


@pytest.mark.parametrize("text, end", MESSAGES)
def test_a_message_ends_where_the_words_do(text: str, end: str) -> None:
    found = classify(text)
    assert found is not None
    assert found.message.endswith(end)
