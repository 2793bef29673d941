"""What shows that AWS answered: bare codes and sentences such as "Access Denied" are everybody's."""

from __future__ import annotations

from analyzer.patterns import later

_ANSWERED = later(
    r"status\s+code:\s+\d{3},\s*request\s+id|StatusCode:\s*\d{3},\s*RequestID|An\s+error\s+occurred\s\(|host\s+id:"
    r"|HostID:|Status\s+Code:\s+\d{3}[;,]|\$metadata|requestId:|aws_request_id"
    r"|\bs3(?:[.-][\w.-]{1,60})?\.amazonaws\.|\bAmazon\.Runtime\."
    r"|\bA(?:WS|ws)::\w{2,40}::Errors::|\bAPI\s+responded\s+with\s+error\b"  # Ruby, fluent-bit
    r"|\n[\s\x1f]*status\s+code:\s+\d{3},\s*(?:[\"'\]\x1f]|$)"  # external-secrets cuts the request id off
)

# S3 gives each answer an id of the host. Stores that only speak like it give none (Ceph, IBM) or the
# request's id once more (NooBaa); the page of a proxy has neither id. Ids that somebody blacked out are the
# same too, and have no digit.
_ELSEWHERE = later(
    r"(?:request\s+id|RequestID):\s*(?P<id>[^\s,]*),\s*(?:host\s+id|HostID):"
    r"(?: *(?=[^\s,]*\d)(?P=id))?(?! *[\w+/=<*-])"
    r"|Service:\s+(?:Amazon\s+)?S3[;,][^()]{0,120}?Request\s+ID:\s+(?P<java>[^\s,;]+)[,;]"
    r"\s+(?:S3\s+)?Extended\s+Request\s+ID:\s+(?:null|(?=[^\s,;]*\d)(?P=java))(?![\w+/=-])"
    r"|\brequestId[\"'\x1f:\s]+(?P<js>[\w-]+)[\"'\x1f,\s]+extendedRequestId[\"'\x1f:\s]+"
    r"(?=[\w-]*\d)(?P=js)(?![\w+/=-])"
)

# Codes of services that only a caller gets whom they know and let in. Not those of throttling, and not
# BadRequest, which S3 says of a token that has run out too.
_LET_IN = later(
    r"\b(?:NoSuch(?:Bucket|Key|HostedZone)|HostedZoneNotFound|InvalidChangeBatch|PriorRequestNotComplete"
    r"|NotFound(?=:\s+Not\s+Found)|BucketAlready(?:Exists|OwnedByYou)|InvalidBucketName"
    r"|TooMany(?!Requests)[A-Z]\w{2,40}|(?!Request)[A-Z]\w{2,40}LimitExceeded|\w{0,40}QuotaExceeded"
    r"|Insufficient(?:FreeAddressesInSubnet|\w{0,40}Capacity)|Invalid\w{2,40}\.NotFound"
    r"|(?:LoadBalancer|Subnet|TargetGroup)NotFound|InvalidSubnet|DependencyViolation)(?:Exception)?:\s"
)


def let_in(text: str) -> bool:
    """Whether a text quotes an answer of AWS that has nothing to do with who asked."""
    return _LET_IN.search(text) is not None and answered(text, 0, len(text))


def answered(text: str, begin: int, end: int) -> bool:
    """Whether what an SDK adds to an answer of AWS stands between two places, and no other store's."""
    begin = max(0, begin)
    return _ANSWERED.search(text, begin, end) is not None and _ELSEWHERE.search(text, begin, end) is None
