"""Failures to reach an STS host, told from every other network error by the host's name."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.aws_domains import ANY
from analyzer.patterns import later

# Domains of the partitions, and what must-gather-clean writes in their place.
STS_HOST = (
    r"(?:vpce-[\w-]{1,80}\.)?sts(?:-fips)?\.(?:[a-z0-9-]{1,63}\.){0,3}?"
    rf"(?:{ANY}|domain\d{{10}}|obfuscated\.com)"
)

_FAILURE = later(
    r"i/o\s+timeout|no\s+such\s+host|server\s+misbehaving|(?:\btls:[^\n\"'\\:]{1,80}:\s+)?x509:[^\n\"'\\:]{1,120}"
    r"|\btls:[^\n\"'\\:]{1,120}"
    r"|x509:|TLS\s+handshake|proxyconnect(?:\s+tcp:[^\n\"'\\]{1,160})?"
    r"|[Cc]onnection\s+(?:refused|reset|timed\s+out|lost)|connect\s+timed\s+out"
    r"|context\s+deadline\s+exceeded|Client\.Timeout\s+exceeded|network\s+is\s+unreachable"
    r"|no\s+route\s+to\s+host|:\s+EOF\b|unexpected\s+EOF|:\s+Forbidden\b|Proxy\s+Authentication\s+Required"
    r"|Bad\s+Gateway|Gateway\s+Time-?out|Service\s+Unavailable|name\s+resolution|CERTIFICATE_VERIFY_FAILED"
    r"|PKIX\s+path|Name\s+or\s+service\s+not\s+known|Network\s+is\s+unreachable"
    r"|timed\s+out\s+after|contact(?:ing)?\s+DNS\s+servers|Domain\s+name\s+not\s+found|DNS\s+server\s+returned"
    r"|client\s+connection\s+lost|ECONNREFUSED|ECONNRESET|ETIMEDOUT|UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT",
)
_TOLD_BEFORE = later(
    r"(?:Could\s+not\s+connect\s+to\s+the\s+endpoint\s+URL|(?:Connect|Read)\s+timeout\s+on\s+endpoint\s+URL"
    r"|Connection\s+was\s+closed\s+before\s+we\s+received\s+a\s+valid\s+response\s+from\s+endpoint\s+URL"
    r"|SSL\s+validation\s+failed\s+for|Failed\s+to\s+connect\s+to\s+proxy\s+URL"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|UnknownHostException|Failed\s+to\s+open\s+TCP\s+connection\s+to"
    r"|Inaccessible\s+host|broken\s+connection\s+to|(?:Name\s+or\s+service\s+not\s+known|Connection\s+(?:refused|timed\s+out)"
    r"|Resource\s+temporarily\s+unavailable)\s\(|lookup)[:\s\"'`\\]*(?:https?://)?$",
    re.IGNORECASE,
)
_ASKED = later(
    r"(?:\b(?:Post|Get|Head|Put)\s*[\"'\s]*https?://|\blookup\s|\bConnect\s+to\s|\bHTTP\s+request:\s|\bhost='?|\bhost:\s?"
    r"|\bconnection\s+#-?\d+\s+to\s+(?:tls://)?)$"
)
# "code":"NetworkingError",…,"host":"…": the SDK for JavaScript, as an object. Codes to try again are none.
_FIELD = later(
    r"\b(?:code|errno|name)[\"'\x1f]*:\s*[\"'\x1f]*(?:NetworkingError|TimeoutError"
    r"|E(?:TIMEDOUT|CONNREFUSED|CONNRESET|HOSTUNREACH|NETUNREACH|PIPE))[\"'\x1f]+\s*,"
    r"(?:(?!\bhost(?:name)?[\"'\x1f]*:)[\w\s\"'.,:/\x1f-]){0,240}\bhost(?:name)?[\"'\x1f]*:\s*[\"'\x1f]*$"
)
_HOST = later(STS_HOST)
_PAGE = later(r"RequestID:\s*,\s+(?:deserialization\s+failed|api\s+error\s+UnknownError)")
# Go's net/url: whatever follows the address is why the request failed, of a proxy its words alone. One
# that was cancelled with its program is no failure.
_GO_FAILURE = later(r"[^\s\"\x1f]*\x1f*\":\s+(?!context\s+canceled|[1-3]\d\d\b|OK\b)[^\n\"'\\]{1,120}")


class Unreachable(NamedTuple):
    """A failed request: the span of its text, and the host it was for."""

    start: int
    end: int
    host: str | None


def unreachable_at(text: str, begin: int, end: int) -> Unreachable | None:
    """Judge the STS host named at ``begin``: None unless it was a request that got no answer."""
    host = text[begin:end].rstrip(".")
    before = text[max(0, begin - 160) : begin]
    line_end = text.find("\n", end)
    after_end = min(end + 400, len(text) if line_end < 0 else line_end)
    told = _TOLD_BEFORE.search(before)
    failure = _FAILURE.search(text, end, after_end)
    if told and (failure or not told[0].lower().startswith("lookup")):
        return Unreachable(begin - len(before) + told.start(), failure.end() if failure else end, host)
    if field := _FIELD.search(text, max(0, begin - 320), begin):
        return Unreachable(field.start(), end, host)
    asked = _ASKED.search(before)
    failed = failure or _GO_FAILURE.match(text, end, after_end)
    if asked and failed:
        start = begin - len(before) + asked.start()
        return Unreachable(start, failed.end(), host)
    return None


def no_answer_at(text: str, begin: int) -> Unreachable | None:
    """Judge a Go v2 "operation error STS: …" at ``begin``: ``StatusCode: 0`` says that no answer came."""
    window_end = min(len(text), begin + 700)
    silent = re.compile(r"StatusCode:\s*0\b").search(text, begin, window_end)
    if silent is None:
        # Every answer of AWS has a request id: a page without one is a proxy's.
        page = _PAGE.search(text, begin, window_end)
        return Unreachable(begin, page.end(), None) if page else None
    failure = _FAILURE.search(text, silent.end(), window_end)
    if failure is None:
        return None
    host = _HOST.search(text, begin, window_end)
    return Unreachable(begin, failure.end(), host[0].rstrip(".") if host else None)
