"""What the programs that ask an issuer print where they get no document: curl, wget, PowerShell, Python."""

from __future__ import annotations

import re

from analyzer.aws_domains import ANY, OF_ROSA
from analyzer.frozen import frozen
from analyzer.patterns import later

MARKS = (
    b"curl: (",
    b"wget: ",
    b"awaiting response",
    b"Invoke-WebRequest",
    b"Invoke-RestMethod",
    b"WebCmdletWebResponseException",
    b"iwr :",
    b"irm :",
    b"iwr: ",
    b"irm: ",
    b"remote server",
    b"remote name",
    b"Response status code does not indicate success",
    b" Client Error: ",
    b" Server Error: ",
    b"HTTP Error ",
)
"""One of these stands in every such text."""

_CURL = later(rb"^[ \t]*curl: \((\d{1,3})\) ?([^\r\n]*)", re.MULTILINE)
_CURL_STATUS = later(rb"returned error: (\d{3})")
# Names not resolved, hosts not met, connections lost on the way.
_CURL_LOST = frozenset({b"5", b"6", b"7", b"28", b"35", b"52", b"55", b"56", b"97"})
_CURL_TLS = frozenset({b"51", b"60", b"77"})
_WGET = later(rb"awaiting response\.\.\. (\d{3})|^\S+ \S+ (ERROR (\d{3}):[^\r\n]*)", re.MULTILINE)
_WGET_LOST = later(rb"^wget: ([^\r\n]*)", re.MULTILINE)
_WGET_NO_WAY = later(
    rb"unable to resolve|timed out|refused|unreachable|reset by peer|bad address|proxy", re.I
)
# Windows PowerShell says it in the language of Windows, and breaks lines at the width of its window.
# There, curl and wget are other names of Invoke-WebRequest.
_CMDLET = rb"(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm|curl|wget)"
_POWERSHELL = later(
    rb"(?:The\s+remote\s+server\s+returned\s+an\s+error:"
    rb"|^" + _CMDLET + rb" ?: [^\r\n]{5,200}?:)\s+\((\d{3})\)([^\r\n.]{0,60})"
    rb"|Response\s+status\s+code\s+does\s+not\s+indicate\s+success:\s+(\d{3})(?:\s+\(([^)]{1,60})\))?",
    re.MULTILINE | re.IGNORECASE,
)
_POWERSHELL_LOST = later(
    rb"^" + _CMDLET + rb" ?: ([^\r\n]{0,300}(?:could\s+not\s+be\s+resolved|Unable\s+to\s+connect|timed\s+out"
    rb"|No\s+such\s+host|connection\s+was\s+closed|connection\s+attempt\s+failed|actively\s+refused"
    rb"|HttpClient\.Timeout)[^\r\n]{0,300})",
    re.MULTILINE | re.IGNORECASE,
)
# requests: "403 Client Error: Forbidden for url: …"; urllib: "HTTP Error 403: Forbidden".
_PYTHON = later(rb"\b(?:(\d{3}) (?:Client|Server) Error|HTTP Error (\d{3})): ([A-Za-z -]{0,60})[^\r\n]*")
_PUBLIC = "|".join((ANY, *map(re.escape, ("cloudfront.net", "cloudfront.cn", *OF_ROSA))))
_PUBLIC_HOST = later(rf"https://[^/:]+\.(?:{_PUBLIC})(?:[/:]|$)")
_PROXY_STATUS = 407


@frozen
class ClientError:
    """``words`` stand at the offset ``at``; ``error`` is what is told of them, ``status`` the answer's.

    ``lost`` says that the program did not get as far as the host, ``untrusted`` that the host showed a
    certificate of no public authority, ``needs_target`` that such words are common enough to be about
    anything: they count only beside the address or the name of what was asked for.
    """

    status: int | None
    error: bytes
    words: bytes
    at: int
    lost: bool = False
    untrusted: bool = False
    needs_target: bool = False

    def is_lost(self, url: str) -> bool:
        """Tell whether this says nothing of the host: none of AWS's or Red Hat's has such a certificate."""
        return self.lost or (self.untrusted and bool(_PUBLIC_HOST.match(url)))


def client_error(data: bytes) -> ClientError | None:
    """Find the first error in the words of a known program."""
    if not any(mark in data for mark in MARKS):
        return None
    return next((found for read in (_curl, _wget, _powershell, _python) if (found := read(data))), None)


def _curl(data: bytes) -> ClientError | None:
    match = _CURL.search(data)
    if match is None:
        return None
    code = _CURL_STATUS.search(match[2])
    return ClientError(
        int(code[1]) if code else None,
        match.group().strip(),
        match.group(),
        match.start(),
        lost=match[1] in _CURL_LOST,
        untrusted=match[1] in _CURL_TLS,
    )


def _wget(data: bytes) -> ClientError | None:
    told, lost = _WGET.search(data), _WGET_LOST.search(data)
    no_way = lost is not None and bool(_WGET_NO_WAY.search(lost[1]))
    if told and not no_way:
        error = (told[2] or told.group()).rstrip(b".")
        return ClientError(int(told[1] or told[3]), error, told.group(), told.start())
    return ClientError(None, lost.group(), lost.group(), lost.start(), lost=no_way) if lost else None


def _powershell(data: bytes) -> ClientError | None:
    if match := _POWERSHELL.search(data):
        return _answered(match, match[1] or match[3], match[2] or match[4] or b"")
    if match := _POWERSHELL_LOST.search(data):
        return ClientError(None, match[1], match.group(), match.start(), lost=True, needs_target=True)
    return None


def _python(data: bytes) -> ClientError | None:
    match = _PYTHON.search(data)
    return _answered(match, match[1] or match[2], match[3].split(b" for url")[0]) if match else None


def _answered(match: re.Match[bytes], code: bytes, reason: bytes) -> ClientError:
    words, status = b" ".join(match.group().split()), int(code)
    error = b"%d %s" % (status, reason.strip())
    lost = status == _PROXY_STATUS
    return ClientError(status, error.strip(), words, match.start(), lost=lost, needs_target=True)
