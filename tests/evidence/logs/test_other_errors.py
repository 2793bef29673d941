"""Errors around STS: denials of services, files, credentials, the network, throttling, clocks."""

from __future__ import annotations

import pytest

from analyzer.evidence.logs.scan import Classified, classify

ROLE = "arn:aws:sts::111122223333:assumed-role/demo-ingress/1690000000000000000"
REQUEST = "6aa3127f-e9b8-44e1-87e6-a739746f0370"


def found_in(text: str) -> Classified:
    found = classify(text)
    assert found is not None, text
    return found


DENIED = (
    f"User: {ROLE} is not authorized to perform: route53:ListHostedZones on resource: "
    "arn:aws:route53:::hostedzone/*"
)
LAYERS = [
    (
        "because no identity-based policy allows the route53:ListHostedZones action",
        "identity policy: no allow",
    ),
    ("with an explicit deny in an identity-based policy", "identity policy: explicit deny"),
    ("because no permissions boundary allows the route53:X action", "permissions boundary: no allow"),
    ("with an explicit deny in a permissions boundary", "permissions boundary: explicit deny"),
    ("because no service control policy allows the route53:X action", "service control policy: no allow"),
    ("with an explicit deny in a service control policy", "service control policy: explicit deny"),
    (
        "with an explicit deny in a service control policy: "
        "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1",
        "service control policy: explicit deny",
    ),
    ("because no resource control policy allows the X action", "resource control policy: no allow"),
    ("with an explicit deny in a resource control policy", "resource control policy: explicit deny"),
    ("because no VPC endpoint policy allows the route53:X action", "VPC endpoint policy: no allow"),
    ("with an explicit deny in a VPC endpoint policy", "VPC endpoint policy: explicit deny"),
    ("because no session policy allows the route53:X action", "session policy: no allow"),
    ("with an explicit deny in a sessions policy", "session policy: explicit deny"),
    ("because no resource-based policy allows the route53:X action", "resource-based policy: no allow"),
    ("with an explicit deny in a resource-based policy", "resource-based policy: explicit deny"),
    ("because no role trust policy allows the sts:AssumeRole action", "trust policy: no allow"),
    ("with an explicit deny", "explicit deny"),
    ("", None),
]
WRAPS = [
    "failed to list route53 hosted zones: AccessDenied: {}\\n\\tstatus code: 403, request id: " + REQUEST,
    "operation error Route 53: ListHostedZones, https response error StatusCode: 403, RequestID: "
    + REQUEST
    + ", api error AccessDenied: {}",
    "An error occurred (AccessDenied) when calling the ListHostedZones operation: {}",
    "AccessDeniedException: {}",
    "com.amazonaws.X: {} (Service: AmazonRoute53; Status Code: 403; Error Code: AccessDenied; Request ID: 1)",
]


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("words, layer", LAYERS)
def test_denied_actions_name_the_layer(wrap: str, words: str, layer: str | None) -> None:
    found = found_in(wrap.format(f"{DENIED} {words}".strip()))
    assert found.klass == "action-denied"
    assert found.action == "route53:ListHostedZones"
    assert found.resource == "arn:aws:route53:::hostedzone/*"
    assert found.caller == ROLE
    assert found.layer == layer
    assert "1690000000000000000" not in found.message


def test_assuming_another_role_is_an_action_denied() -> None:
    found = found_in(
        f"AccessDenied: User: {ROLE} is not authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::444455556666:role/shared-vpc\\n\\tstatus code: 403, request id: x"
    )
    assert (found.klass, found.action) == ("action-denied", "sts:AssumeRole")
    assert found.resource == "arn:aws:iam::444455556666:role/shared-vpc"
    assert found.role_arn is None


@pytest.mark.parametrize(
    "text, action",
    [
        (
            "error launching instance: UnauthorizedOperation: You are not authorized to perform this "
            "operation. "
            "Encoded authorization failure message: 7ymu2Bq0mPGcb\\n\\tstatus code: 403, request id: 1",
            None,
        ),
        (
            "operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: 1, api "
            "error "
            "UnauthorizedOperation: You are not authorized to perform this operation.",
            "ec2:CreateVolume",
        ),
        (
            "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not "
            "authorized to perform this operation. Encoded authorization failure message: 7ymu2Bq0mPGcb",
            "ec2:RunInstances",
        ),
    ],
)
def test_ec2_says_unauthorized_operation(text: str, action: str | None) -> None:
    found = found_in(text)
    assert (found.klass, found.action) == ("action-denied", action)
    assert found.message == "UnauthorizedOperation: You are not authorized to perform this operation"


def test_ec2_names_the_user_since_2022() -> None:
    found = found_in(
        f"UnauthorizedOperation: You are not authorized to perform this operation. User: {ROLE} is not "
        f"authorized "
        "to perform: ec2:CreateTags on resource: "
        "arn:aws:ec2:us-east-2:111122223333:volume/vol-0123456789abcdef0 "
        "because no identity-based policy allows the ec2:CreateTags action. Encoded authorization failure "
        "message: 7ymu2Bq0mPGcbAAAAAAAAAAAAAAAAAAAAA\n\tstatus code: 403, request id: 1"
    )
    assert (found.klass, found.action, found.caller) == ("action-denied", "ec2:CreateTags", ROLE)
    assert found.layer == "identity policy: no allow"
    assert found.resource == "arn:aws:ec2:us-east-2:111122223333:volume/vol-0123456789abcdef0"
    assert "7ymu2Bq0" not in found.message


@pytest.mark.parametrize(
    "text, action",
    [
        ("s3aws: AccessDenied: Access Denied\\n\\tstatus code: 403, request id: TX1, host id: abc=", None),
        ("Forbidden: Forbidden\\n\\tstatus code: 403, request id: TX1, host id: abc=", None),
        (
            "operation error S3: HeadBucket, https response error StatusCode: 403, RequestID: TX1, HostID: "
            "abc=, "
            "api error Forbidden: Forbidden",
            "s3:ListBucket",
        ),
        (
            "operation error S3: PutObject, https response error StatusCode: 403, RequestID: TX1, HostID: a, "
            "api error AccessDenied: Access Denied",
            "s3:PutObject",
        ),
        (
            "operation error S3: PutPublicAccessBlock, https response error StatusCode: 403, RequestID: TX1, "
            "HostID: a, api error AccessDenied: Access Denied",
            "s3:PutBucketPublicAccessBlock",
        ),
        (
            "An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
            "s3:PutObject",
        ),
        (
            "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied",
            "s3:ListBucket",
        ),
        (
            "com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status "
            "Code: 403; "
            "Error Code: AccessDenied; Request ID: TX1; S3 Extended Request ID: abc=; Proxy: null)",
            None,
        ),
    ],
)
def test_bare_denials_count_where_aws_answered(text: str, action: str | None) -> None:
    found = found_in(text)
    assert (found.klass, found.action) == ("action-denied", action)
    assert "TX1" not in found.message


@pytest.mark.parametrize(
    "caller",
    [
        "arn:aws:sts::111122223333:assumed-role/demo-x7k2p-worker-role/i-0123456789abcdef0",
        "arn:aws:sts::111122223333:assumed-role/anything/i-0123456789abcdef0",
        "arn:aws-us-gov:sts::111122223333:assumed-role/ManagedOpenShift-ControlPlane-Role/i-0123456789abcdef0",
    ],
)
def test_an_instance_as_caller_is_the_node_role(caller: str) -> None:
    found = found_in(
        f"AccessDenied: User: {caller} is not authorized to perform: s3:CreateBucket because no "
        f"identity-based "
        "policy allows the s3:CreateBucket action"
    )
    assert (found.klass, found.caller, found.action) == ("node-role", caller, "s3:CreateBucket")
    assert "i-0123456789abcdef0" not in found.message
    ec2 = found_in(
        f"UnauthorizedOperation: You are not authorized to perform this operation. User: {caller} is not "
        "authorized to perform: ec2:CreateTags on resource: x"
    )
    assert (ec2.klass, ec2.action) == ("node-role", "ec2:CreateTags")


@pytest.mark.parametrize(
    "session", ["1718000000000000000", "botocore-session-1718000000", "aws-sdk-java-1718000000000"]
)
def test_a_session_that_a_token_gave_is_not_the_nodes(session: str) -> None:
    caller = f"arn:aws:sts::111122223333:assumed-role/invoices-worker-role/{session}"
    found = found_in(f"AccessDenied: User: {caller} is not authorized to perform: sqs:SendMessage because x")
    assert (found.klass, found.caller) == ("action-denied", caller)


TOKEN = "/var/run/secrets/openshift/serviceaccount/token"


@pytest.mark.parametrize(
    "text, path",
    [
        (
            f"WebIdentityErr: failed fetching WebIdentity token: \\ncaused by: WebIdentityErr: unable to "
            f"read file "
            f"at {TOKEN}\\ncaused by: open {TOKEN}: no such file or directory",
            TOKEN,
        ),
        (
            "get credentials: failed to refresh cached credentials, failed to retrieve jwt from provide "
            "source, "
            f"unable to read file at {TOKEN}: open {TOKEN}: permission denied",
            TOKEN,
        ),
        (
            "failed to retrieve jwt from provide source, unable to read file at /tmp/own/jwt: open "
            "/tmp/own/jwt: "
            "no such file or directory",
            "/tmp/own/jwt",
        ),
        (f"open {TOKEN}: no such file or directory", TOKEN),
        (f"FileNotFoundError: [Errno 2] No such file or directory: '{TOKEN}'", TOKEN),
        (f"PermissionError: [Errno 13] Permission denied: '{TOKEN}'", TOKEN),
        (f"Error: ENOENT: no such file or directory, open '{TOKEN}'", TOKEN),
        (f"java.io.FileNotFoundException: {TOKEN} (No such file or directory)", TOKEN),
        (f"SdkClientException: Unable to locate specified web identity token file: {TOKEN}", TOKEN),
        (
            "open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied",
            "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        ),
        ("WebIdentityErr: failed fetching WebIdentity token: EOF", None),
    ],
)
def test_token_files(text: str, path: str | None) -> None:
    found = found_in(text)
    assert (found.klass, found.token_path) == ("token-file", path)


@pytest.mark.parametrize(
    "text",
    [
        "NoCredentialProviders: no valid providers in chain. Deprecated.\\n\\tFor verbose messaging see "
        "aws.Config",
        "WebIdentityErr: role ARN is not set",
        "WebIdentityErr: token file path is not set",
        "failed to create client: invalid secret for aws credentials",
        "get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, "
        "operation "
        "error ec2imds: GetMetadata, canceled, context deadline exceeded",
        'Unable to locate credentials. You can configure credentials by running "aws configure".',
        "CredentialsProviderError: Could not load credentials from any providers",
        "Unable to load AWS credentials from any provider in the chain",
        "Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain",
        "failed to refresh cached credentials, static credentials are empty",
        "CredentialRequiresARNError: credential type web_identity_token_file requires role_arn, profile x",
        "SharedConfigLoadError: failed to load config file, /tmp/c\\ncaused by: INIParseError: invalid state",
        "unable to load AWS config, failed to get shared config profile, default",
        "failed to load shared config file, /var/run/secrets/aws/credentials, invalid token",
        "An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: Request "
        "ARN is invalid",
        "WebIdentityErr: failed to retrieve credentials\\ncaused by: ValidationError: 1 validation error "
        "detected: "
        "Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal "
        "to 20",
        "WebIdentityErr: failed to retrieve credentials\\ncaused by: InvalidParameter: 1 validation error(s) "
        "found.\\n- minimum field size of 20, AssumeRoleWithWebIdentityInput.RoleArn.",
        "WebIdentityErr: failed fetching WebIdentity token: \\ncaused by: WebIdentityErr: unable to read "
        "file at \\ncaused by: open : no such file or directory",
        "Temporary Error: could not read WebIdentityToken from path , open : no such file or directory",
    ],
)
def test_no_credentials(text: str) -> None:
    assert found_in(text).klass == "no-credentials"


V1 = (
    "WebIdentityErr: failed to retrieve credentials\\ncaused by: RequestError: send request failed\\n"
    "caused by: "
)
UNREACHABLE = [
    (
        V1 + 'Post \\"https://sts.amazonaws.com/\\": dial tcp 54.239.29.25:443: i/o timeout',
        "sts.amazonaws.com",
    ),
    (
        V1 + 'Post "https://sts.us-east-2.amazonaws.com/": dial tcp: lookup sts.us-east-2.amazonaws.com on '
        "172.30.0.10:53: no such host",
        "sts.us-east-2.amazonaws.com",
    ),
    (
        V1 + "Post https://sts.us-gov-west-1.amazonaws.com/: x509: certificate signed by unknown authority",
        "sts.us-gov-west-1.amazonaws.com",
    ),
    (
        'Post "https://sts.cn-north-1.amazonaws.com.cn/": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: '
        "connection refused",
        "sts.cn-north-1.amazonaws.com.cn",
    ),
    (V1 + 'Post "https://sts.us-east-2.amazonaws.com/": Forbidden', "sts.us-east-2.amazonaws.com"),
    (V1 + 'Post "https://sts.us-east-2.domain0000000001/": EOF', "sts.us-east-2.domain0000000001"),
    (
        "operation error EC2: DescribeVolumes, get identity: get credentials: failed to refresh cached "
        "credentials, "
        "failed to retrieve credentials, operation error STS: AssumeRoleWithWebIdentity, exceeded maximum "
        "number of "
        "attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post "
        '"https://sts.us-east-2.amazonaws.com/": dial tcp: lookup sts.us-east-2.amazonaws.com: i/o timeout',
        "sts.us-east-2.amazonaws.com",
    ),
    (
        "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 0, RequestID: , "
        "canceled, "
        "context deadline exceeded",
        None,
    ),
    (
        "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 407, RequestID: , "
        "api error UnknownError: UnknownError",
        None,
    ),
    (
        "Unable to load credentials from any of the providers in the chain: [WebIdentityTokenCredentials"
        "Provider(): Unable to execute HTTP request: CONNECT refused by proxy: HTTP/1.1 407 Proxy "
        "Authentication Required, ContainerCredentialsProvider(): Cannot fetch credentials from container]",
        None,
    ),
    ("AssumeRoleWithWebIdentity: OSError: Tunnel connection failed: 503 Service Unavailable", None),
    (
        "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "
        '"https://sts.amazonaws.com/"',
        "sts.amazonaws.com",
    ),
    (
        'Connect timeout on endpoint URL: "https://sts.us-east-2.amazonaws.com/"',
        "sts.us-east-2.amazonaws.com",
    ),
    (
        "SSL validation failed for https://sts.us-east-2.amazonaws.com/ [SSL: CERTIFICATE_VERIFY_FAILED]",
        "sts.us-east-2.amazonaws.com",
    ),
    ("Error: getaddrinfo ENOTFOUND sts.us-east-2.amazonaws.com", "sts.us-east-2.amazonaws.com"),
    ("java.net.UnknownHostException: sts.us-east-2.amazonaws.com", "sts.us-east-2.amazonaws.com"),
    (
        "Unable to execute HTTP request: Connect to sts.amazonaws.com:443 [sts.amazonaws.com/54.239.29.25] "
        "failed: "
        "connect timed out",
        "sts.amazonaws.com",
    ),
    (
        'Post "https://vpce-0a1b-xyz.sts.us-east-2.vpce.amazonaws.com/": net/http: TLS handshake timeout',
        "vpce-0a1b-xyz.sts.us-east-2.vpce.amazonaws.com",
    ),
]


@pytest.mark.parametrize("text, host", UNREACHABLE)
def test_sts_unreachable_names_the_host(text: str, host: str | None) -> None:
    found = found_in(text)
    assert (found.klass, found.resource) == ("sts-unreachable", host)


@pytest.mark.parametrize(
    "reason",
    [
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "x509: certificate is valid for *.corp, not sts.us-east-2.amazonaws.com",
        "proxyconnect tcp: dial tcp: lookup proxy.corp: no such host",
    ],
)
def test_the_reason_is_told_whole(reason: str) -> None:
    text = f'Post "https://sts.us-east-2.amazonaws.com/": {reason}'
    found = found_in(text)
    assert found.message.endswith(reason)


@pytest.mark.parametrize(
    "text, action",
    [
        ("Throttling: Rate exceeded\\n\\tstatus code: 400, request id: 1", None),
        ("RequestLimitExceeded: Request limit exceeded.\\n\\tstatus code: 503, request id: 1", None),
        (
            "operation error EC2: DescribeInstances, exceeded maximum number of attempts, 3, https response "
            "error "
            "StatusCode: 503, RequestID: 1, api error RequestLimitExceeded: Request limit exceeded.",
            "ec2:DescribeInstances",
        ),
        (
            "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, "
            "RequestID: 1, "
            "api error Throttling: Rate exceeded",
            "sts:AssumeRoleWithWebIdentity",
        ),
        (
            "An error occurred (Throttling) when calling the AssumeRoleWithWebIdentity operation (reached "
            "max "
            "retries: 4): Rate exceeded",
            "sts:AssumeRoleWithWebIdentity",
        ),
        ("SlowDown: Please reduce your request rate.\\n\\tstatus code: 503, request id: 1, host id: 2", None),
    ],
)
def test_throttled(text: str, action: str | None) -> None:
    found = found_in(text)
    assert (found.klass, found.action) == ("throttled", action)


@pytest.mark.parametrize(
    "text",
    [
        "RequestExpired: Request has expired.\\n\\tstatus code: 400, request id: 1",
        "SignatureDoesNotMatch: Signature not yet current: 20240514T090000Z is still later than "
        "20240514T080500Z",
        "RequestTimeTooSkewed: The difference between the request time and the current time is too large.",
        "An error occurred (InvalidSignatureException) when calling the GetResources operation: Signature "
        "expired: 1",
    ],
)
def test_clock_skew(text: str) -> None:
    assert found_in(text).klass == "clock-skew"


@pytest.mark.parametrize(
    "text",
    [
        'time="2024-05-14T08:00:00Z" level=error error="ExpiredToken: The security token included in the '
        "request "
        'is expired"',
        "ExpiredToken: The provided token has expired.\\n\\tstatus code: 400, request id: 1, host id: 2",
    ],
)
def test_a_session_that_expired(text: str) -> None:
    assert found_in(text).klass == "token-expired"
