r"""What one AWS error text says: its class, and the issuer, role, action, host or file it names.

A text is a log line (with the lines that continue it), a condition's message or what the AWS CLI
printed. Each SDK wraps the same sentences of AWS in an envelope of its own:

- Go v1 ``WebIdentityErr: failed to retrieve credentials\ncaused by: <Code>: <sentence>\n\tstatus code: …``
- Go v2 ``operation error STS: AssumeRoleWithWebIdentity, … api error <Code>: <sentence>``
- Python ``An error occurred (<Code>) when calling the AssumeRoleWithWebIdentity operation: <sentence>``
- Java ``<sentence> (Service: …; Status Code: 400; Error Code: <Code>; …)``; JavaScript ``<Code>: <sentence>``

Words that Kubernetes, OAuth or other programs use as well count only where the envelope is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from operator import itemgetter

from analyzer.evidence.logs.answers import answered
from analyzer.evidence.logs.codes import CODE_WORDS, CODES, read_code
from analyzer.evidence.logs.denials import denial, is_encoded, is_node, operation_action, slowed_action
from analyzer.evidence.logs.error import Classified, worded, words_end
from analyzer.evidence.logs.network import STS_HOST, Unreachable, no_answer_at, unreachable_at
from analyzer.evidence.logs.text import FILLER, normalise, unescape
from analyzer.evidence.logs.token_files import token_file_at
from analyzer.frozen import replace
from analyzer.patterns import later

ANSWERS_OF_STS = frozenset(
    {
        "no-provider", "verification-key", "incorrect-audience", "missing-claim", "thumbprint",
        "invalid-token", "assume-role-denied", "token-expired", "idp-rejected", "idp-communication",
    }
)  # fmt: skip
"""The classes that only STS's own answer to a token has; the others may be of another way to sign in."""

LONGEST = 65536
"""Characters of a text that are looked at."""

MOST_MARKS = 200
"""Places of one kind that are looked at in a text: a real text has a few, a hostile one thousands."""

MOST_CALLS = 8
"""Denied calls that are looked for in one text."""


_WEB_IDENTITY = later(
    r"WebIdentity|InvalidIdentityToken|ExpiredToken|web\s?identity|jwt\s+from\s+provide|operation\serror\sSTS"
    r"|SecurityTokenService|Service:\s+Sts|refresh\s+cached\s+credentials"
)
_ROLE_ARN = later(r"arn:aws[\w-]*:iam::\d{10,12}:role/[\w+=,.@/-]*[\w+=@/]")
_ISSUER = later(r"\s+in\s+your\s+account(?:\s+for\s+((?:[^\s\"'<>`]|\x1f(?=/)){1,300}))?")
_IN_VAIN = later(
    r"context\s+deadline\s+exceeded|Client\.Timeout\s+exceeded"
    r"|status\s+code:\s\d{3},\s+request\s+id:(?=[ \w-]*(?:\s*caused|\s*$))"
)
_DISPATCH = later(r"dispatch\s+failure:\s")
_CLAIM = later(r":?\s*([\w.-]+)?")


def _fixed(klass: str, message: str, found: re.Match[str]) -> Classified:
    return Classified(klass, message, found.start(), found.end())


def _network(found: Unreachable | None, text: str) -> Classified | None:
    if found is None:
        return None
    return replace(worded("sts-unreachable", text, found.start, found.end), resource=found.host)


# --- one reader for each mark; ``signing_in``: the text speaks of web identity ------------------


def _code(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    return read_code(text, found)


def _provider(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    said = _ISSUER.match(text, found.end())
    issuer = (said[1] or "").replace(FILLER, "").rstrip(".,;:)]}") or None if said else None
    message = "InvalidIdentityToken: No OpenIDConnect provider found in your account"
    if issuer:
        message += f" for {normalise(issuer)}"
    end = said.end() if said else found.end()
    return Classified("no-provider", message, found.start(), end, issuer=issuer)


def _key(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    return _fixed(
        "verification-key",
        "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, "
        "please reference AssumeRoleWithWebIdentity documentation for requirements",
        found,
    )


def _audience(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    if not signing_in:
        return None
    return _fixed("incorrect-audience", "InvalidIdentityToken: Incorrect token audience", found)


def _claim(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    if not signing_in:
        return None
    named = _CLAIM.match(text, found.end())
    claim = f": {named[1].rstrip('.')}" if named and named[1] else ""
    return _fixed("missing-claim", f"InvalidIdentityToken: Missing a required claim{claim}", found)


def _thumb(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    return _fixed(
        "thumbprint",
        "InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate "
        "doesn't match configured thumbprint",
        found,
    )


def _denied(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    said = denial(text, found.start())
    if said is None or said.action is None:
        whole = found[0].endswith("operation") and is_encoded(text, found.end())
        message = "UnauthorizedOperation: You are not authorized to perform this operation"
        return _fixed("action-denied", message, found) if whole else None
    if said.action == "sts:AssumeRoleWithWebIdentity":
        role = said.resource if said.resource and ":role/" in said.resource else None
        message = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
        if said.layer:
            message += f" ({said.layer})"
        result = _fixed("assume-role-denied", message, found)
        return replace(result, role_arn=role, caller=said.caller, layer=said.layer, action=said.action)
    start = found.start()
    if not (said.caller or said.layer or (said.resource or "").startswith("arn:") or _near(text, start)):
        return None
    if said.caller:
        start = max(text.rfind(said.caller, 0, start), 0)
        start -= 6 if text.startswith("User: ", start - 6) else 0
    return replace(
        worded("node-role" if is_node(said.caller) else "action-denied", text, start, said.end),
        caller=said.caller,
        action=said.action,
        resource=said.resource,
        layer=said.layer,
    )


def _near(text: str, position: int) -> bool:
    """Whether a code of AWS or what an SDK adds to an answer stands around a place."""
    near = text[max(0, position - 200) : position + 400]
    return "AccessDenied" in near or "AuthorizationError" in near or answered(near, 0, len(near))


def _expired(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    if not signing_in:
        return None
    sentence = worded("token-expired", text, found.start())
    return replace(sentence, message=f"ExpiredTokenException: {sentence.message}")


def _session(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read what Java's second SDK says without the code."""
    if not answered(text, found.start() - 200, found.end() + 200):
        return None
    return _fixed("token-expired", f"ExpiredToken: {normalise(found[0])}", found)


def _s3(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read a bare denial of Java's second SDK or of .NET, which print no code."""
    if not answered(text, found.end(), found.end() + 400):
        return None
    return _fixed("action-denied", "AccessDenied: Access Denied", found)


def _empty(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    """Read of an empty token file, which the SDK or STS refuses before it is read."""
    return worded("invalid-token", text, found.start())


def _permissions(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    """Read what the driver of EFS puts in the place of AWS's words: neither code nor action are told."""
    return _fixed("action-denied", normalise(found[0]), found)


def _early(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    if not signing_in:
        return None
    return _fixed("clock-skew", "InvalidIdentityToken: Token used before issued", found)


def _region(text: str, found: re.Match[str], signing_in: bool) -> Classified:
    sentence = worded("region-disabled", text, found.start())
    return replace(sentence, message=f"RegionDisabledException: {sentence.message}")


def _file(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    said = token_file_at(text, found.start(), found.end(), signing_in)
    if said is None:
        return None
    message = normalise(f"unable to read file at {said.path}: {said.reason}" if said.path else said.reason)
    return Classified("token-file", message, found.start(), found.end(), token_path=said.path)


def _silent(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    return _network(no_answer_at(text, found.start()), text)


def _no_sign_in(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read Go v1's sign-in that ran out of time, or got an answer that is not of STS.

    That is of a proxy, or of another service whose address the program was told to use for all. One that
    was stopped with its program is no failure.
    """
    end = _IN_VAIN.search(text, found.end(), found.end() + 160)
    return worded("sts-unreachable", text, found.start(), end.end()) if end else None


def _not_sent(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read a sign-in by Rust's SDK whose request found no way, which names no host."""
    sent = _DISPATCH.search(text, found.end(), found.end() + 200)
    return worded("sts-unreachable", text, sent.start()) if sent else None


def _refused(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read what a proxy answered in the place of STS, where the SDK names no host."""
    return worded("sts-unreachable", text, found.start(), found.end()) if signing_in else None


def _host(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    return _network(unreachable_at(text, found.start(), found.end()), text)


def _rate(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    near = text[max(0, found.start() - 400) : found.end() + 200]  # JSON within JSON takes much room
    if ("Throttl" not in near and "(Service: " not in near) or not answered(near, 0, len(near)):
        return None
    action = operation_action(text, found.start())
    return replace(_fixed("throttled", "Throttling: Rate exceeded", found), action=action)


def _slowed(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    """Read EC2's sentence where Java's second SDK leaves the code out."""
    if not answered(text, found.start(), found.end() + 300):
        return None
    sentence = worded("throttled", text, found.start())
    message = f"RequestLimitExceeded: {sentence.message}"
    return replace(sentence, message=message, action=slowed_action(sentence.message))


def _none(text: str, found: re.Match[str], signing_in: bool) -> Classified | None:
    if found[0].startswith(("role", "token", "Request", "at ", "open")) and not signing_in:
        return None
    end = words_end(text, found.start(), 200)
    for stop in (". Deprecated", ". For verbose", ". You can configure"):
        cut = text.find(stop, found.end(), end)
        end = cut if cut >= 0 else end
    return worded("no-credentials", text, found.start(), max(end, found.end()))


# --- the choice -------------------------------------------------------------------------------

_Reader = Callable[[str, re.Match[str], bool], Classified | None]

# Where an error may begin: words one of which must be in the text, the pattern, its reader. Looking for
# the words first makes a text with thousands of repeats fifteen times cheaper than one long alternation.
_MARKS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Reader], ...] = tuple(
    (words, later(pattern), reader)
    for words, pattern, reader in (
        (CODE_WORDS, CODES, _code),
        (("OpenIDConnect",), r"No\s+OpenIDConnect\s+provider\s+found", _provider),
        (
            ("verification",),
            r"Could(?:n.{1,9}?t|\s+not)\s+retrieve\s+verification\s+key\s+from\s+your\s+identity\s+provider",
            _key,
        ),
        (("Incorrect",), r"Incorrect\s+token\s+audience", _audience),
        (("Missing",), r"Missing\s+a\s+required\s+claim", _claim),
        (("thumbprint",), r"match\s+configured\s+thumbprint", _thumb),
        (("authorized",), r"[Nn]ot\s+authorized\s+to\s+perform:?\s(?:this\s+operation)?", _denied),
        (("Exception: ",), r"S3Exception:\s+(?:Access\s+Denied|Forbidden|null)\b", _s3),
        (
            ("right AWS permissions",),
            r"Access\s+Denied\.\s+Please\s+ensure\s+you\s+have\s+the\s+right\s+AWS\s+permissions",
            _permissions,
        ),
        (
            ("expired",),
            r"[Tt]he\s+(?:provided|security)\s+token\s+(?:included\s+in\s+the\s+request\s+is|has)\s+expired",
            _session,
        ),
        (("Token",), r"Token\s+expired:\s+current\s+date|Token\s+too\s+old", _expired),
        (("issued",), r"Token\s+used\s+before\s+issued", _early),
        (
            ("ebIdentityToken",),
            r"at\s+'webIdentityToken'\s+failed\s+to\s+satisfy"
            r"|minimum\s+field\s+size\s+of\s+\d+,\s+AssumeRoleWithWebIdentityInput\.WebIdentityToken",
            _empty,
        ),
        (("activated",), r"STS\s+is\s+not\s+activated\s+in\s+this\s+region", _region),
        (
            ("file", "denied", "fetching", "NoSuchFile", "AccessDenied"),
            r"[Nn]o\s+such\s+file\s+or\s+directory|[Pp]ermission\s+denied|unable\s+to\s+read\s+file\s+at"
            r"|[Uu]nable\s+to\s+(?:\w+\s+){1,3}web\s+identity\s+token\s+file"
            r"|failed\s+fetching\s+WebIdentity\s+token"
            r"|Can't\s+open\s+token\s+file|Could\s+not\s+find\s+file|Access\s+to\s+the\s+path"
            r"|(?:NoSuchFile|AccessDenied)Exception:(?=\s+/)",
            _file,
        ),
        (("STS:",), r"operation\serror\sSTS:\s", _silent),
        (("WebIdentityToken",), r"\bprovider[\"'\x1f:=\s]+WebIdentityToken\b", _not_sent),
        (
            ("RequestCanceled", "SerializationError"),
            r"WebIdentityErr:\s[\w\s]{1,40}caused\s+by:\s+(?:RequestCanceled|SerializationError):",
            _no_sign_in,
        ),
        (
            ("refused by proxy", "unnel connection failed"),
            r"CONNECT\s+refused\s+by\s+proxy(?::\s+HTTP/[\d.]+\s+\d{3}[\w ]{0,40})?"
            r"|Tunnel\s+connection\s+failed:\s+\d{3}[\w ]{0,40}",
            _refused,
        ),
        (("Rate",), r"Rate\s+exceeded", _rate),
        (("has been throttled",), r"Request\s+limit\s+exceeded\.\s+Account\s", _slowed),
        (
            ("redential", "ARN", "token", "oleArn", "open :", "IMDS", "StaticCreds", "EC2 inst", "hared"),
            r"NoCredentialProviders|role\s+ARN\s+is\s+not\s+set|token\s+file\s+path\s+is\s+not\s+set"
            r"|invalid\s+secret\s+for\s+aws\s+credentials|no\s+EC2\s+IMDS\s+role\s+found"
            r"|Unable\s+to\s+locate\s+credentials(?!\s*\w)|Could\s+not\s+load\s+credentials\s+from\s+any\s+provider"
            r"|Unable\s+to\s+load\s+(?:AWS\s+)?credentials\s+from\s+any\s+(?:of\s+the\s+)?provider"
            r"|no\s+providers\s+in\s+chain\s+provided\s+credentials"
            r"|Missing\s+credentials\s+in\s+config|no\s+EC2\s+instance\s+role\s+found"
            r"|unable\s+to\s+sign\s+request\s+without\s+credentials\s+set"
            r"|Request\s+ARN\s+is\s+invalid|open\s:\s+no\s+such\s+file\s+or\s+directory"
            r"|(?:minimum\s+field\s+size\s+of\s+\d+|missing\s+required\s+field),\s+AssumeRoleWithWebIdentityInput\.RoleArn"
            r"|credential\s+type\s+\w{1,40}\s+requires\s+role_arn|failed\s+to\s+get\s+shared\s+config\s+profile"
            r"|failed\s+to\s+load\s+shared\s+config\s+file|SharedConfigLoadError"
            r"|static\s+credentials\s+are\s+empty|EmptyStaticCreds|at\s+'roleArn'\s+failed\s+to\s+satisfy",
            _none,
        ),
        (("sts.", "sts-fips."), rf"\b{STS_HOST}", _host),
    )
)

# What a service answered, and what only wraps another error, give way to what STS said.
_RANK = {"action-denied": 1, "node-role": 1, "throttled": 1, "no-credentials": 2}


def _says_more(result: Classified, best: Classified | None) -> bool:
    """Whether AWS's sentence names the caller of the same call that the program's own words only name."""
    return (
        best is not None
        and best.caller is None
        and result.caller is not None
        and result.action == best.action
    )


def classify_all(text: str) -> tuple[Classified, ...]:
    """Classify a text; where a call was denied, with the other calls that were, if it lists several."""
    found: list[Classified] = []
    begin = repeated = 0
    for _ in range(MOST_CALLS):
        error = classify(text[begin:])
        if error is None or (found and error.klass != "action-denied"):
            break
        if not found or (error.action and all(error.action != other.action for other in found)):
            found.append(replace(error, start=begin + error.start, end=begin + error.end))
        else:
            repeated += 1
        if error.klass != "action-denied" or repeated > 1:
            break
        begin += error.end
    return tuple(found)


def classify(text: str) -> Classified | None:
    """Say what the first STS error of a text is; without one, its first other AWS error; None without any.

    A wrapper ("WebIdentityErr", "NoCredentialProviders", "failed to refresh cached credentials") gives
    way to the cause inside it.
    """
    plain = unescape(text[:LONGEST])
    marks = [
        (found.start(), reader, found)
        for words, pattern, reader in _MARKS
        if any(word in plain for word in words)
        for found in islice(pattern.finditer(plain), MOST_MARKS)
    ]
    if not marks:
        return None
    marks.sort(key=itemgetter(0))
    signing_in = _WEB_IDENTITY.search(plain) is not None
    best: Classified | None = None
    rank = 3
    for _, reader, found in marks:
        result = reader(plain, found, signing_in)
        if result is None:
            continue
        told = _RANK.get(result.klass, 0)
        if told < rank or (told == rank == 1 and _says_more(result, best)):
            best, rank = result, told
            if rank == 0:
                break
    if best is not None and best.role_arn is None and rank != 1 and ":role/" in plain:
        role = _ROLE_ARN.search(plain)
        best = replace(best, role_arn=role[0] if role else None)
    return best
