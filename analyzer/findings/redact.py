"""The one place where secrets are recognised by kind and taken out of what is quoted.

Excerpts come from files of strangers: an unredacted Secret, a log with a token, a proxy URL. What is
taken out is replaced by its kind, so that the line stays readable as proof.
"""

from __future__ import annotations

import base64
import binascii
import re

_TOKEN = re.compile(r"\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,})\.[A-Za-z0-9_-]+")
_KEY_ID = re.compile(r"\b((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12}\b")
_NAMED = re.compile(
    r"(?i)(aws_secret_access_key|secretaccesskey|aws_session_token|sessiontoken|password|httpsecret|client_secret)"
    r"(\\?[\"']?\s*[:=]\s*\\?[\"']?)([^\s\"'\\,}]{6,})"
)
_HEADER = re.compile(
    r"(?i)(authorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:bearer|basic|aws4-hmac-sha256)\s+)[^\s\"'\\,}]+"
)
_URL = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,200}):([^\s/@\"']{1,200})@")
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*", re.DOTALL)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_INNER = re.compile(r"(?i)aws_secret_access_key|aws_access_key_id|private key|\"auths?\"|password")


def redact(text: str) -> str:
    """Take tokens' signatures, keys, passwords and private keys out of a quoted text."""
    text = _PEM.sub("(private key)", text)
    text = _TOKEN.sub(r"\1.(signature)", text)
    text = _KEY_ID.sub(r"\1(access key id)", text)
    text = _HEADER.sub(r"\1(credential)", text)
    text = _NAMED.sub(r"\1\2(secret)", text)
    text = _URL.sub(r"\1:(password)@", text)
    return _BASE64.sub(_encoded, text)


def _encoded(match: re.Match[str]) -> str:
    """Take out base64 that holds a secret in its turn."""
    raw = match[0].rstrip("=")
    try:
        decoded = base64.b64decode(raw + "=" * (-len(raw) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return match[0]
    return "(encoded secret)" if _INNER.search(decoded) or _TOKEN.search(decoded) else match[0]
