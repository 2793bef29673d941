"""AWS errors as the SDKs of this field print them; ``{}`` takes a code, a sentence and a status."""

from __future__ import annotations

REQUEST = "6aa3127f-e9b8-44e1-87e6-a739746f0370"


def go_v1(code: str, sentence: str, status: int = 400) -> str:
    return (
        "failed to create DNS provider: failed to validate aws provider service endpoints: [failed to list "
        f"route53 hosted zones: WebIdentityErr: failed to retrieve credentials\ncaused by: {code}: "
        f"{sentence}\n"
        f"\tstatus code: {status}, request id: {REQUEST}, failed to list elb]"
    )


def go_v1_escaped(code: str, sentence: str, status: int = 400) -> str:
    inner = go_v1(code, sentence, status).replace("\n", "\\n").replace("\t", "\\t").replace('"', '\\"')
    return (
        "2021-08-03T09:24:28.536Z\tERROR\toperator.init\tcontroller/controller.go:253\tReconciler error\t"
        f'{{"name": "default-wildcard", "namespace": "openshift-ingress-operator", "error": "{inner}"}}'
    )


def go_v1_unicode_escaped(code: str, sentence: str, status: int = 400) -> str:
    return go_v1_escaped(code, sentence.replace("'", "\\u0027"), status)


def go_v1_escaped_twice(code: str, sentence: str, status: int = 400) -> str:
    inner = go_v1(code, sentence, status).replace("\n", "\\\\n").replace("\t", "\\\\t")
    return f'{{"level":"error","ts":"2024-05-14T08:00:00Z","err":"\\"{inner}\\""}}'


def go_v1_one_line(code: str, sentence: str, status: int = 400) -> str:
    return (
        'E0514 08:00:00.000001       1 controller.go:329] "Reconciler error" err="sts-x7k2p-worker-a: error '
        "describing subnets: WebIdentityErr: failed to retrieve credentials caused by: "
        f'{code}: {sentence}\\n\\tstatus code: {status}, request id: {REQUEST}" '
        f'controller="machine-controller"'
    )


def go_v1_with_path(code: str, sentence: str, status: int = 400) -> str:
    """A program that names the token's file, though nothing is wrong with it."""
    return (
        'time="2024-05-14T08:00:00Z" level=warning msg="no session with the role demo and the web identity '
        f"token file /var/run/secrets/openshift/serviceaccount/token, {code}: {sentence}\\n\\tstatus code: "
        f'{status}, request id: {REQUEST}" sys=demo'
    )


def go_v2(code: str, sentence: str, status: int = 400) -> str:
    return (
        'E0514 08:00:00.000001       1 driver.go:107] "GRPC error" err=<rpc error: code = Internal desc = '
        "Could "
        'not create volume "pvc-1": could not create volume in EC2: operation error EC2: CreateVolume, get '
        "identity: get credentials: failed to refresh cached credentials, failed to retrieve credentials, "
        "operation error STS: AssumeRoleWithWebIdentity, exceeded maximum number of attempts, 3, https "
        "response "
        f"error StatusCode: {status}, RequestID: {REQUEST}, api error {code}: {sentence}>"
    )


def go_v2_typed(code: str, sentence: str, status: int = 400) -> str:
    return (
        "operation error STS: AssumeRoleWithWebIdentity, https response error "
        f"StatusCode: {status}, RequestID: {REQUEST}, {code}: {sentence}"
    )


def botocore(code: str, sentence: str, status: int = 400) -> str:
    return (
        f"botocore.exceptions.ClientError: An error occurred ({code}) when calling the "
        f"AssumeRoleWithWebIdentity operation: {sentence}"
    )


def aws_cli(code: str, sentence: str, status: int = 400) -> str:
    return (
        f"\nAn error occurred ({code}) when calling the AssumeRoleWithWebIdentity operation "
        f"(reached max retries: 4): {sentence}\n"
    )


def javascript(code: str, sentence: str, status: int = 400) -> str:
    return (
        f"{code}: {sentence}\n    at throwDefaultError "
        f"(/app/node_modules/@smithy/smithy-client/index.js:838:20)\n"
        f"    at de_AssumeRoleWithWebIdentityCommandError {{ requestId: '{REQUEST}' }}"
    )


def java_v1(code: str, sentence: str, status: int = 400) -> str:
    return (
        f"com.amazonaws.services.securitytoken.model.AWSSecurityTokenServiceException: {sentence} (Service: "
        f"AWSSecurityTokenService; Status Code: {status}; Error Code: {code}; Request ID: {REQUEST}; Proxy: "
        f"null)"
    )


def java_v2(code: str, sentence: str, status: int = 400) -> str:
    name = code if code.endswith("Exception") else f"{code}Exception"
    return (
        f"software.amazon.awssdk.services.sts.model.{name}: {sentence} "
        f"(Service: Sts, Status Code: {status}, Request ID: {REQUEST})"
    )


ALL = (
    go_v1,
    go_v1_escaped,
    go_v1_unicode_escaped,
    go_v1_escaped_twice,
    go_v1_one_line,
    go_v1_with_path,
    go_v2,
    go_v2_typed,
    botocore,
    aws_cli,
    javascript,
    java_v1,
    java_v2,
)
