"""The kinds of secrets: what each looks like in text, and what stands in its place."""

from __future__ import annotations

import re
from typing import Final

from analyzer.frozen import frozen
from analyzer.patterns import later

_NAMES = (
    r"secret_?-?access_?-?key|session_?-?token|security_?-?token|pass_?word|passwd|passphrase|httpsecret"
    r"|client_?-?secret|client-key-data|api_?-?key|(?<![A-Za-z])(?:access|refresh|identity|registry|bearer|bootstrap|o?auth)_?-?token"
    r"|x-amz-signature|private_?-?key(?:_pem)?|pull_?-?secret"
)
_QUOTED = r"(?P<quote>\\*[\"'])(?P<inside>.{3,}?)(?P=quote)"
_BARE = r"(?P<bare>[^\s\"'\\,;&}\]<>|()]{3,})"


@frozen
class Kind:
    """One kind of secret; its pattern is tried where one of ``hints`` is in the text in lower case."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    instead: str
    live: bool = True
    """Whether finding it is worth a warning: the id of an access key, say, opens nothing."""


def _kind(name: str, hints: str, pattern: str, instead: str, *, live: bool = True) -> Kind:
    return Kind(name, tuple(hints.split("|")), _over_lines(pattern), instead, live)


def _over_lines(pattern: str) -> re.Pattern[str]:
    """Give a pattern in which a dot is also a line's end."""
    return later(pattern, re.DOTALL)


KINDS: Final = (
    _kind(
        "a private key", "private key-----",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
        r"(?:[A-Za-z0-9+/=\s\\]|[A-Za-z-]{3,20}: [\w,-]+|%0[AaDd]|%2[BbFf]|%3[Dd])*+(?:-----END [A-Z0-9 ]{0,40}-----)?",
        "(private key)",
    ),
    _kind(
        "a token with its signature", "eyj|eya|ewo|ew0|eyi",
        r"(e[yw][A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,})\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]+)*", r"\1.(signature)",
    ),
    _kind("a token of OpenShift", "sha256~", r"sha256~[A-Za-z0-9_-]{8,}", "sha256~(token)"),
    _kind("a token of EKS", "k8s-aws-v1.", r"k8s-aws-v1\.[A-Za-z0-9_%=-]{8,}", "k8s-aws-v1.(token)"),
    _kind("a token of GitHub", "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_", r"\b(gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,}", r"\1(token)"),
    _kind("a secret access key", "akia|asia",
          r"((?:AKIA|ASIA)[A-Z0-9]{16,124}[^A-Za-z0-9/+]{1,12})"
          r"(?:[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])"
          r"|(?=[A-Za-z0-9/+]{0,39}[A-Z])(?=[A-Za-z0-9/+]{0,39}[0-9])[A-Za-z0-9/+]{40,})", r"\1(secret)"),
    _kind("an access key id", "akia|asia", r"(?<![A-Z0-9])((?:AKIA|ASIA)[A-Z0-9]{4})[A-Z0-9]{12,}",
          r"\1(access key id)", live=False),
    _kind(
        "a credential in a header", "authorization",
        r"(?i)(authorization(?:\\*[\"'])?\s{0,4}[:=]\s{0,4}\[?(?:\\*[\"'])?(?:bearer|basic|digest|negotiate|ntlm|token"
        r"|aws4-hmac-sha256)\s+)(?![$<{])[^\s\"'\\}\]]+(?:,\s*(?:SignedHeaders|Signature)=[^\s\"'\\,}\]]+)*", r"\1(credential)",
    ),
    _kind("a credential in a header", "bearer |basic ",
          r"(?i)\b(bearer (?!tokens?\b|auth)|basic (?=\S{0,200}[\d=+/]))(?![$<{])[^\s\"'\\,;}\]]{8,}", r"\1(credential)"),
    _kind("a cookie", "cookie", r"(?i)\b((?:set-)?cookie(?:\\*[\"'])?:\s{0,4}\[?(?:\\*[\"'])?)[^\r\n\"\\]{4,}",
          r"\1(cookie)", live=False),
    _kind("a signature of AWS", "signature", r"(?i)\b(signature=)[0-9a-f]{32,}", r"\1(signature)", live=False),
    _kind(
        "a secret access key", "secretaccess|secret_access|secret-access|secret_-access",
        r"(?i)(secret_?-?access_?-?key(?:\\*[\"'])?[ \t]{0,8}[:=][ \t]{0,8}(?:\\*[\"'])?)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        r"\1(secret)",
    ),
    _kind(  # as the value of a container's variable
        "a secret access key", "secret_access",
        r"(?i)(secret_access_key(?:\\*[\"'])?[ \t]{0,8},?\s{0,60}(?:\\*[\"'])?value(?:\\*[\"'])?[ \t]{0,8}:[ \t]{0,8}(?:\\*[\"'])?)"
        r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])", r"\1(secret)",
    ),
    _kind(
        "temporary AWS keys",
        "sessiontoken|session_token|session-token|session_-token|securitytoken|security_token|security-token|security_-token",
        r"(?i)((?:session|security)_?-?token(?:\\*[\"'])?[ \t]{0,8}[:=][ \t]{0,8}(?:\\*[\"'])?)[A-Za-z0-9/+%=]{100,}",
        r"\1(secret)",
    ),
    _kind("a pull secret", '"auth',
          r"(?i)(\"auth\\*\"\s{0,8}:\s{0,8}\\*\")[A-Za-z0-9+/=]{6,}", r"\1(secret)"),
    _kind("a password in a URL", "@",
          r"((?<=[A-Za-z0-9+.-]):(?:\\*/){1,2}[^\s/:@\"'<>]{0,200}):([^\s/\"'<>]{1,200})@", r"\1:(password)@"),
    _kind("a password in a URL", "@",
          r"((?<=[A-Za-z0-9+.-]):(?:\\*/){1,2})[^\s/:@\"'<>]{20,200}@", r"\1(password)@"),
    _kind(
        "a password in a URL", "://",
        # A condition key that was written with its scheme is no password: https://<issuer>:sub.
        r"((?<=[A-Za-z0-9+.-])://[^\s/:@\"'<>\[\]]{1,200}):(?!\d{1,5}(?:\D|\Z))(?!(?:sub|aud|azp|amr)(?:\W|\Z))[^\s/\"'<>@]{3,200}(?=[\s\"'…]|\Z)",
        r"\1:(password)", live=False,
    ),
    _kind("a password of a proxy", "@",
          r"((?:^|[\s=\"'(])[A-Za-z0-9._-]{1,60}):([^\s/@:\"'<>]{3,200})@(?=[A-Za-z0-9.-]{1,200}:\d{2,5}\b)(?!sha\d)",
          r"\1:(password)@"),
    _kind("a password hash", "$", r"\$(?:2[abxy]?|[156y]|apr1)\$[./A-Za-z0-9$]{16,}", "(password hash)", live=False),
    _kind("an encoded message", "encoded authorization", r"(Encoded authorization failure message: ?)[\w-]{16,}", r"\1…",
          live=False),
)  # fmt: skip

NAMED: Final = _over_lines(
    rf"(?i)(?P<name>(?:{_NAMES})[\w-]{{0,24}}(?:\\*[\"'])?"
    r"(?:\s{0,8}[:=]\s{0,8}|[ \t]{0,8},\s{0,8}(?:\\*[\"'])?(?:parameter_?)?value(?:\\*[\"'])?[ \t]{0,8}[:=][ \t]{0,8}))"
    rf"(?:{_QUOTED}|{_BARE})"
)
SECRET_NAME: Final = _over_lines(rf"(?i)(?:{_NAMES})$")
FLAG: Final = _over_lines(
    r"(?i)((?:^|\s)(?:--(?:proxy-)?(?:user|header-auth)|-u|-U)[ =][\"']?[^\s:\"']{1,100}:|(?:^|\s)--[\w-]{0,30}(?:password|"
    r"passwd|secret|token)[ =][\"']?)((?!\$|fileb?:|~|\.|/(?:var|tmp|etc|run|home|root|mnt)/)[^\s\"']{3,})"
)
NAME_HINT: Final = later(r"secret|token|pass|key|signature| -u |--(?:proxy-)?user")
