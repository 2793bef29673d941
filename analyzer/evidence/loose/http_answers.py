"""Recorded answers of the issuer's host: curl's headers and errors, S3's error bodies, HTML pages."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal

from analyzer.evidence.loose.http_clients import client_error
from analyzer.evidence.loose.issuer_documents import Target, target_of_name, target_of_url
from analyzer.evidence.origin import Quote
from analyzer.evidence.records import HttpAnswer
from analyzer.frozen import frozen
from analyzer.patterns import later

Body = Literal["none", "json", "xml", "html", "other"]

_SHORT = 16 * 1024
_LONGEST = 300
_MOST_BLOCKS = 50
_STATUS = later(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b[^\r\n]*")
_HEADER_END = later(rb"\r?\n(?:\r?\n|$)")
_VERBOSE = later(rb"^(?:[*<>] |[<>]\r?$|[{}] \[|  % Total| +Dload| *\d+ +\d+ +\d+ )", re.MULTILINE)
_AFTERWORD = later(rb"(?<=[}\]>])\* (?:Connection #|Closing connection|Leftovers after|TLSv)[^\r\n]*")
"""What curl says once it has the answer, on the last line of one that ends without a line break."""
_VERBOSE_STATUS = later(rb"^< " + _STATUS.pattern, re.MULTILINE)
# What ccoctl publishes ends without a line break, so that the next answer begins behind its last brace.
_ANY_STATUS = later(rb"(?:^|(?<=[}\]>]))(< )?HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b[^\r\n]*", re.MULTILINE)
_VERBOSE_END = later(rb"^< ?\r?$", re.MULTILINE)
_CONNECTS = later(
    rb"^\* +(?:Trying |Host \S+ was resolved|Uses proxy|Re-using|Could not resolve|About to connect)",
    re.MULTILINE,
)
_REQUEST = later(rb"^> (?:GET|HEAD) (\S{1,2000}) HTTP/", re.MULTILINE)
_HOST = later(rb"^> [Hh]ost: (\S{1,300})", re.MULTILINE)
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_PEER = later(
    rb"^\* (?:Connected to \S+ \(|Established connection to \S+ \()([0-9a-fA-F:.]{2,45})[ )]", re.MULTILINE
)
# Makers of web gateways, which put their own page in the place of the answer.
_GATEWAY = later(
    rb"zscaler|blue ?coat|\bsquid\b|forti(?:guard|gate|net)|mcafee web gateway|skyhigh|netskope|websense"
    rb"|forcepoint|palo alto networks|cisco umbrella|ironport|iboss|proxy authentication|sophos|barracuda"
    rb"|menlo security|content categori[sz]ation|web ?filter|captive portal"
    rb"|(?:corporate|company|web) proxy|proxy (?:log|sign)[ -]?(?:in|on)\b"
    rb"|blocked by (?:your|the) (?:organi[sz]ation|administrator|company|network)",
    re.IGNORECASE,
)
_PROXY_REFUSED = later(
    rb"^(?:< )?HTTP/\d(?:\.\d)?[ \t]+407\b|^(?:< )?x-squid-error:|response (\d{3})?[^\r\n]{0,40}from proxy"
    rb"|code \d{3} from proxy after CONNECT|^\* CONNECT tunnel failed"
    rb"|^(?:< )?server:[ \t]*(?:squid|zscaler|blue ?coat|mcafee|netskope|forti\w+|sophos|barracuda)\b",
    re.MULTILINE | re.IGNORECASE,
)
_BUCKET = later(
    rb"^(?:< )?(?:server:[ \t]*(?:AmazonS3|CloudFront)|x-amz-(?:cf-id|id-2|request-id):)", re.M | re.I
)
_DATE = later(rb"^(?:< )?date:[ \t]*([ -~]{10,60}?)[ \t]*\r?$", re.M | re.I)
_AGE = later(rb"^(?:< )?age:[ \t]*(\d{1,9})[ \t]*\r?$", re.M | re.I)
_URL = later(rb"https://[^\s'\"<>)]{1,2000}")
_SECRET = later(rb"[A-Za-z0-9_+/=-]{32,}")
_TITLED = later(rb"<(?:title|h1)>\s*(?:ERROR:?\s*)?([45]\d\d)\b", re.IGNORECASE)
"""The heading of the page that CloudFront, a bucket's website or nginx sends with an error."""
_MEMBERS = later(
    rb"\bjwks_uri\b|\bkty\b|\b\w{4,40}_supported\b|[\"'][kK]eys\\?[\"'] ?:|^keys\r?\n-{2,}", re.MULTILINE
)
"""Members of the issuer's documents, quoted or not."""
_OBJECT = later(rb"\s*[\[{][^\"]{0,200}\"")
_SHELL = later(
    rb"command not found|: not found\s*\Z|is not recognized as|parse error: |No such file or directory"
    rb"|Permission denied|Traceback \(most recent call"
)
_LONGEST_SAID = 2000
_TRAILING_STATUS = later(rb"(?:^|>)\s*(?:HTTP(?: status| code)?[ :=]*)?([1-5]\d\d)\s*$")


@frozen
class Exchange:
    """One recorded answer: ``first_line`` is the line of the file on which its body begins."""

    status: int
    status_line: int
    status_text: str
    url: str | None
    location: str | None
    peer: str | None
    """The private address that curl says it connected to: who asks from there does not ask as AWS does."""
    body: bytes
    first_line: int
    headers_only: bool
    length: int | None = None
    """How many bytes the headers announce."""

    @property
    def is_cut(self) -> bool:
        """Whether nothing shows that the body is here to its end."""
        return self.length is None or self.length > len(self.body)


def read_exchange(data: bytes) -> Exchange | None:
    """Read ``curl -i``, ``-D`` or ``-v`` output; of several answers (redirects, proxy) the last counts."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    if _STATUS.match(data, start):
        return _plain_exchange(data, start)
    if _VERBOSE_STATUS.search(data):
        return _verbose_exchange(data)
    return None


def answers_apart(data: bytes) -> list[bytes]:
    """Cut a file to which several fetches were saved one after the other; one fetch is given whole.

    What a redirect, a proxy or a question for a password is followed by belongs to the same fetch. Blank
    lines in the place of what stands before keep the lines where they are.
    """
    starts = [0]
    end, status = 0, 0
    for found in islice(_ANY_STATUS.finditer(data), _MOST_BLOCKS):
        if _is_final(status) and data[end : found.start()].strip():
            starts.append(_begins(data, end, found.start()))
        headers = (
            _HEADER_END.search(data, found.end())
            if found[1] is None
            else _VERBOSE_END.search(data, found.end())
        )
        if headers is None or headers.end() == len(data):  # all that is left is of this fetch
            break
        end, status = headers.end(), int(found[2])
    pieces = zip(starts, [*starts[1:], len(data)], strict=True)
    return [b"\n" * data.count(b"\n", 0, start) + data[start:stop] for start, stop in pieces]


def _is_final(status: int) -> bool:
    return 200 <= status < 300 or (status >= 400 and status not in (401, 407))


def _begins(data: bytes, after: int, status: int) -> int:
    """Give where the fetch begins whose status stands there: with ``curl -v`` that is before the request."""
    talk = _CONNECTS.search(data, after, status) or _REQUEST.search(data, after, status)
    return talk.start() if talk else status


def lost_on_the_way(data: bytes, url: str | None = None) -> str | None:
    """Give what shows that the one who asked did not get as far as the issuer's host; else None.

    A proxy that refuses, a name that does not resolve or a connection that is not made there tell
    of that machine's network, and so does a certificate of AWS's own hosts that no public authority
    signed. AWS asks over the internet.
    """
    if match := _PROXY_REFUSED.search(data):
        line = data.rfind(b"\n", 0, match.start()) + 1
        return _shown(data[line:].split(b"\n", 1)[0])
    said = client_error(data)
    return _shown(said.words) if said and said.is_lost(url or "") else None


def is_from_bucket(headers: bytes) -> bool:
    """Tell an answer of S3 or CloudFront by its headers: it is none of the API server's."""
    return _BUCKET.search(headers) is not None


def answered_at(headers: bytes) -> datetime | None:
    """Read by the clock of whoever answered when that was; a cache adds how old its answer is."""
    date, age = _DATE.search(headers), _AGE.search(headers)
    if date is None:
        return None
    try:
        at = datetime.strptime(date[1].decode("ascii"), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        return at + timedelta(seconds=int(age[1]) if age else 0)
    except (ValueError, OverflowError):
        return None


def gateway_page(body: bytes) -> str | None:
    """Give the words of a page that a web gateway on the way served; None for any other body."""
    if body_kind(body) != "html":
        return None
    match = _GATEWAY.search(body, 0, _SHORT)
    return f"a page of a web gateway: {_shown(match.group())}" if match else None


def answer_of_exchange(
    input_id: str, path: str, exchange: Exchange, body: Body, hint: str | None = None
) -> HttpAnswer | None:
    """Give the answer that is not a good document; ``hint`` is a name or URL that tells what was asked for.

    None for the headers alone of a good answer: they prove nothing about the document.
    """
    if exchange.headers_only and 200 <= exchange.status < 300:
        return None
    error = _error_code(exchange.body)
    if error is None and exchange.location and 300 <= exchange.status < 400:
        error = f"redirect to {exchange.location}"
    target = (
        (target_of_url(exchange.url) if exchange.url else None)
        or _target_of_body(exchange.body)
        or target_of_name(hint or path)
    )
    where = Quote(input_id, path, exchange.status_line, exchange.status_text)
    return HttpAnswer(target, exchange.status, error, body, exchange.url, where)


def answer_of_body(input_id: str, path: str, data: bytes, body: Body, hint: str | None = None) -> HttpAnswer:
    """Give the answer of which only the body was saved."""
    target = _target_of_body(data) or target_of_name(hint or path)
    trailing = _TRAILING_STATUS.search(data[-40:]) if body != "json" else None
    titled = _TITLED.search(data, 0, _SHORT) if body == "html" else None
    status = int(trailing[1]) if trailing else int(titled[1]) if titled else None
    line, excerpt = _first_line(data)
    return HttpAnswer(target, status, _error_code(data), body, None, Quote(input_id, path, line, excerpt))


def retold(data: bytes) -> bool:
    """Tell a body that names the members of the issuer's documents and does not begin as JSON does.

    PowerShell's lists and tables, a page that a browser saved, quotes that an editor made round: what the
    issuer served was another text.
    """
    return _OBJECT.match(data) is None and _MEMBERS.search(data, 0, _SHORT) is not None


def is_of_the_shell(data: bytes) -> bool:
    """Tell the words of a program on the machine that asked, saved in the place of an answer."""
    return len(data) < _LONGEST_SAID and body_kind(data) == "other" and _SHELL.search(data) is not None


def answer_of_error(input_id: str, path: str, data: bytes, asked: str | None = None) -> HttpAnswer | None:
    """Read the error of the program that asked; None where there is none, or it is about other things."""
    url = _url_of(data) or (_address(asked.encode()) if asked else None)
    target = (target_of_url(url) if url else None) or target_of_name(path)
    if target is None and len(data) > _SHORT:
        return None
    said = client_error(data)
    if said is None or (said.status is not None and said.status < 300):
        return None
    if said.needs_target and target is None:
        return None
    line = data.count(b"\n", 0, said.at) + 1
    return HttpAnswer(
        target, said.status, _shown(said.error), "none", url, Quote(input_id, path, line, _shown(said.words))
    )


def body_kind(data: bytes) -> Body:
    """Tell what a body is that is not JSON."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if not start:
        return "none"
    if start.startswith((b"<!doctype html", b"<html")) or (start[:1] == b"<" and b"<html" in start):
        return "html"
    return "xml" if start.startswith((b"<?xml", b"<error")) else "other"


def is_bucket_error(data: bytes) -> bool:
    """Tell S3's XML error body, whatever the file is called."""
    head = data.lstrip()[:4096]
    return body_kind(head) == "xml" and b"<Error>" in head and b"<Code>" in head


def _plain_exchange(data: bytes, start: int) -> Exchange:
    at, after = start, start
    for _ in range(_MOST_BLOCKS):
        end = _HEADER_END.search(data, after)
        at, after = after, end.end() if end else len(data)
        if not _STATUS.match(data, after):
            break
    headers, body = data[at:after], data[after:]
    status = _STATUS.match(headers)
    return Exchange(
        status=int(status[1]) if status else 0,
        status_line=data.count(b"\n", 0, at) + 1,
        status_text=_shown(headers.split(b"\n", 1)[0]),
        url=None,
        location=_location(headers),
        peer=None,
        body=body,
        first_line=data.count(b"\n", 0, after) + 1,
        headers_only=not body.strip() and _length(headers) != 0,
        length=_length(headers),
    )


def _verbose_exchange(data: bytes) -> Exchange:
    status = list(_VERBOSE_STATUS.finditer(data))[-1]
    answer = data[status.start() :]
    headers = b"\n".join(line[2:] for line in answer.splitlines() if line.startswith(b"< "))
    # Blank lines in the place of curl's own keep the lines of the body where they are.
    plain = _AFTERWORD.sub(b"", data)
    body = b"\n".join(b"" if _VERBOSE.match(line) else line for line in plain.split(b"\n"))
    request, host = _REQUEST.findall(data), _HOST.findall(data)
    url = _address(b"https://" + host[-1] + request[-1]) if request and host else _url_of(data)
    return Exchange(
        status=int(status[1]),
        status_line=data.count(b"\n", 0, status.start()) + 1,
        status_text=_shown(status.group()[2:]),
        url=url,
        location=_location(headers),
        peer=_private_peer(data),
        body=body,
        first_line=1,
        headers_only=not body.strip(),
        length=_length(headers),
    )


def _private_peer(data: bytes) -> str | None:
    """Give the private address of the last connection; a proxy's is no sign of where the host was met."""
    if b"CONNECT " in data or re.search(rb"(?i)^\* Uses proxy|^\* Establish HTTP proxy", data, re.MULTILINE):
        return None
    found = _PEER.findall(data)
    try:
        address = ipaddress.ip_address(found[-1].decode("ascii")) if found else None
    except ValueError:
        return None
    return str(address) if address and any(address in network for network in _PRIVATE) else None


def _length(headers: bytes) -> int | None:
    match = re.search(rb"(?im)^content-length:[ \t]*(\d{1,12})\r?$", headers)
    return int(match[1]) if match else None


def _location(headers: bytes) -> str | None:
    match = re.search(rb"(?im)^location:[ \t]*([^\r\n?]{1,500})", headers)
    return _shown(match[1]) if match else None


def _url_of(data: bytes) -> str | None:
    """Find the URL that was asked for in a saved terminal: one that ends like the issuer's documents."""
    for match in _URL.finditer(data.lstrip()[:_SHORT]):
        if target_of_url(url := _address(match.group())):
            return url
    return None


def _address(url: bytes) -> str:
    """Give a URL without its query: a presigned one is a secret."""
    return _shown(re.split(rb"[?#]", url, maxsplit=1)[0])


def _target_of_body(body: bytes) -> Target | None:
    """Read S3's ``<Key>`` or ``<Resource>`` in an error; a listing of a bucket names others."""
    if b"<Error>" not in body.lstrip()[:4096]:
        return None
    match = re.search(rb"<(Key|Resource)>([^<]{1,1000})</\1>", body.lstrip()[:8192])
    return target_of_url(_shown(match[2])) if match else None


def _error_code(body: bytes) -> str | None:
    match = re.search(rb"<Code>([A-Za-z0-9.]{1,80})</Code>", body.lstrip()[:8192])
    return match[1].decode("ascii") if match else None


def _first_line(data: bytes) -> tuple[int, str]:
    """Give the first line that is not blank, without what could be a key or a token."""
    blank = len(data) - len(data.lstrip(b"\r\n"))
    before = data.count(b"\n", 0, blank)
    for number, line in enumerate(data[blank : blank + _SHORT].splitlines(), before + 1):
        if line.strip():
            return number, _shown(_SECRET.sub("…".encode(), line))
    return 1, ""


def _shown(raw: bytes) -> str:
    shown = raw.decode("utf-8", "replace").strip()
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
