"""Service account tokens handed in as files: decoded for their claims, never shown.

Only descriptions leave this module: no text of a token and no byte of a signature stands in an
excerpt, a note or a problem.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping

from analyzer.evidence.origin import Quote, Source
from analyzer.evidence.records import Json, TokenSample
from analyzer.frozen import replace
from analyzer.patterns import later

LONGEST_FILE = 64 * 1024
"""A file that is longer is no token: a projected token has about 1 KiB, a header limit is 8 to 64."""

_MOST_TOKENS = 20
_SHOWN = 120
_SHORTEST_SIGNATURE = 43
"""Characters of 32 bytes, HS256's: anything shorter is "REDACTED" or the like."""

_TOKEN_NAME = later(r"(?i)(?:^|[^a-z0-9])(?:[a-z]{2}[-_]?)?(?:token|jwt)s?(?:[^a-z]|$)")
_PLAIN_NAME = later(r"(?i)^[^.]*$|\.(?:txt|jwt|token|json|out|b64|yaml|yml)$")
_JWT = later(r"[A-Za-z0-9_\-+/=]+(?:\.[A-Za-z0-9_\-+/=]*){1,4}")
_IN_TEXT = later(r"(?<![A-Za-z0-9_\-.])e[yw][A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}")
_PREFIX = later(r"(?i)(?:(?:proxy-)?authorization\s*:\s*)?bearer\s+|(?:id_|access_)?token\s*[:=]\s*")
_SEGMENT = later(r"[A-Za-z0-9_-]*")
_FOREIGN = (
    ("sha256~", "an OpenShift OAuth token (sha256~…), not a service account token"),
    ("k8s-aws-v1.", "a token of the AWS IAM authenticator (k8s-aws-v1…), not a service account token"),
)


class _BrokenError(ValueError):
    """A part of a token cannot be read; the text is a phrase for the report."""


def says_token(path: str) -> bool:
    """Tell whether the file's name claims that it holds a token."""
    name = path.rsplit("/", 1)[-1]
    return bool(_TOKEN_NAME.search(name)) and bool(_PLAIN_NAME.search(name))


def read_tokens(input_id: str, path: str, data: bytes) -> list[TokenSample]:
    """Read a text that is a token, or one token a line; an empty list where it is none.

    A file whose name says token, and that is none, gives one sample with its ``problem``.
    """
    if len(data) > LONGEST_FILE:
        return []
    notes: list[str] = []
    text = data.decode("utf-8", "replace")
    found = _tokens_in(text, notes)
    samples = []
    for line, token, trimmed in found[:_MOST_TOKENS]:
        sample = sample_of(token, input_id, path, line, tuple(dict.fromkeys((*notes, *trimmed))))
        if sample.header or says_token(path):
            samples.append(sample)
    if not samples and says_token(path):
        samples.append(_no_token(text, input_id, path))
    return samples


def token_in_object(value: Mapping[str, Json]) -> str | None:
    """Give the token that an ExecCredential, a TokenRequest or a plain answer object carries."""
    status = value.get("status")
    if value.get("kind") in ("ExecCredential", "TokenRequest"):
        token = status.get("token") if isinstance(status, Mapping) else None
        return token if isinstance(token, str) else None
    for key in ("token", "id_token", "access_token", "WebIdentityToken"):
        token = value.get(key)
        if isinstance(token, str) and _IN_TEXT.match(token):
            return token
    return None


def claims_in_object(value: Mapping[str, Json]) -> tuple[Mapping[str, Json], Mapping[str, Json]] | None:
    """Give header and claims of a ServiceAccount's token that was decoded before it was handed in.

    The object is the claims, as ``base64 -d`` or jq leave them, or holds both parts by name.
    """
    header = value.get("header")
    for inner in (value.get("payload"), value.get("claims")):
        if isinstance(header, Mapping) and isinstance(inner, Mapping) and _are_claims(inner):
            return header, inner
    return ({}, value) if _are_claims(value) else None


def is_decoded_header(value: Json) -> bool:
    """Tell the header of a token, decoded."""
    return isinstance(value, Mapping) and "alg" in value and value.keys() <= {"alg", "kid", "typ"}


def _are_claims(value: Mapping[str, Json]) -> bool:
    subject = value.get("sub")
    whose = isinstance(subject, str) and subject.startswith("system:serviceaccount:")
    return whose and isinstance(value.get("iss"), str) and "aud" in value


def sample_of_claims(
    header: Mapping[str, Json], claims: Mapping[str, Json], input_id: str, path: str, line: int
) -> TokenSample:
    """Make a sample of decoded parts; without a header nothing is known of key and algorithm."""
    where = Quote(input_id, path, line, _described(header or {"decoded": "claims alone"}, claims, None))
    return TokenSample(header, claims, 2, None, ("decoded before it was handed in",), where)


def sample_of(
    token: str, input_id: str, path: str, line: int = 1, notes: tuple[str, ...] = ()
) -> TokenSample:
    """Decode one token text; what is wrong with it is in ``problem``, what was trimmed in ``notes``."""
    for prefix, what in _FOREIGN:
        if token.startswith(prefix):
            return _failed(what, input_id, path, line, notes)
    parts = token.split(".")
    problem: str | None = None
    header: Mapping[str, Json] = {}
    claims: Mapping[str, Json] = {}
    more: list[str] = []
    try:
        header = _json_part(parts[0], "header", more)
        if len(parts) == 5:
            problem = "an encrypted token (JWE, 5 parts): its claims cannot be read"
        elif len(parts) not in (2, 3):
            problem = f"it has {len(parts)} parts, a token has 3 (2 without its signature)"
        if problem is None:
            claims = _json_part(parts[1], "payload", more)
    except _BrokenError as error:
        problem = str(error)
    signature = b""
    if len(parts) == 3 and not _is_removed(parts[2], more):
        try:
            signature = _decoded(parts[2], "signature")
        except _BrokenError as error:
            problem = problem or str(error)
    elif len(parts) == 3:
        parts = parts[:2]
    return TokenSample(
        header=header,
        claims=claims,
        parts=len(parts),
        problem=problem,
        notes=(*notes, *more),
        where=Quote(input_id, path, line, _described(header, claims, problem)),
        signing_input=".".join(parts[:2]).encode("utf-8", "replace") if signature else b"",
        signature=signature,
    )


def _tokens_in(text: str, notes: list[str]) -> list[tuple[int, str, tuple[str, ...]]]:
    """Find the tokens of a text, each with its line and with what stood around it."""
    bare, trimmed = _trimmed(text)
    if _JWT.fullmatch(bare) and _is_header(bare):
        return [(_line(text, bare), bare, trimmed)]
    lines = [(at, *_trimmed(line)) for at, line in enumerate(text.splitlines()[:2000], 1) if line.strip()]
    if lines and all(_JWT.fullmatch(line) and _is_header(line) for _, line, _ in lines):
        return [(at, line, why) for at, line, why in lines]
    joined = "".join(bare.split())
    if len(joined) != len(bare) and _JWT.fullmatch(joined) and joined.count(".") <= 4 and _is_header(joined):
        return [(1, joined, (*trimmed, "line breaks or blanks inside it"))]
    inside = _IN_TEXT.findall(text)
    if len(inside) == 1 and _is_header(inside[0]) and len(text) - len(inside[0]) < 300:
        notes.append("text before or after it")
        return [(_line(text, inside[0]), inside[0], ())]
    if _JWT.fullmatch(bare) and bare.startswith(("ey", "ew")):
        return [(_line(text, bare), bare, trimmed)]
    return []


def _trimmed(text: str) -> tuple[str, tuple[str, ...]]:
    """Take away what people leave around a token; say what was more than white space."""
    notes = []
    bare = text.strip().strip("\ufeff\u200b\x00")
    if match := _PREFIX.match(bare.lstrip("\"'")):
        bare = bare.lstrip("\"'")[match.end() :].strip()
        notes.append(f'"{" ".join(match.group().split())}" before it')
    unquoted = bare.strip("\"'`,;")
    if unquoted != bare:
        bare = unquoted.strip()
        notes.append("quotes or punctuation around it")
    return bare, tuple(notes)


def _is_header(token: str) -> bool:
    try:
        return bool(_json_part(token.split(".", 1)[0], "header", []))
    except _BrokenError:
        return False


def _line(text: str, token: str) -> int:
    return text.count("\n", 0, max(text.find(token), 0)) + 1


def _is_removed(segment: str, notes: list[str]) -> bool:
    """Tell a signature that was taken out or written over before the token was handed in."""
    if len(segment) >= _SHORTEST_SIGNATURE and len(set(segment)) > 3:
        return False
    if segment:
        notes.append("a placeholder in the place of its signature")
    return True


def _json_part(segment: str, name: str, notes: list[str]) -> Mapping[str, Json]:
    raw = _decoded(segment, name)

    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        whole = dict(pairs)
        if len(whole) < len(pairs):
            notes.append(f"its {name} names a key twice")
        return whole

    def refuse(constant: str) -> Json:
        raise ValueError(constant)

    try:
        value: Json = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise _BrokenError(f"its {name} is not JSON") from error
    if not isinstance(value, dict):
        raise _BrokenError(f"its {name} is not a JSON object")
    return value


def _decoded(segment: str, name: str) -> bytes:
    if not segment:
        raise _BrokenError(f"its {name} is empty")
    if segment.endswith("="):
        raise _BrokenError(f"its {name} is padded with =, which a token never is")
    if not _SEGMENT.fullmatch(segment):
        raise _BrokenError(f"its {name} is not base64url")
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError) as error:
        raise _BrokenError(f"its {name} is not base64url: it was cut, or a character is missing") from error


def quote_of(token: TokenSample, *names: str) -> Source:
    """Quote these members of a token's header or claims; where it has none of them, all that is shown."""
    where = token.where
    head, claims = _members(token.header, names), _members(token.claims, names)
    said = [f"{part} {text}" for part, text in (("header", head), ("claims", claims)) if text]
    return replace(where, excerpt=" ".join(said)) if said and isinstance(where, Quote) else where


def _described(header: Mapping[str, Json], claims: Mapping[str, Json], problem: str | None) -> str:
    if not header:
        return f"no token: {problem}"
    head = {key: header[key] for key in ("alg", "kid", "typ", "enc") if key in header}
    said = _members(claims, ("iss", "sub", "aud", "exp"))
    return f"header {_shown(head)} claims {said}" if said else f"header {_shown(head)}"


def _members(of: Mapping[str, Json], names: Iterable[str]) -> str:
    return " ".join(f"{name}={_shown(of[name])}" for name in names if name in of)


def _shown(value: Json) -> str:
    shown = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _failed(what: str, input_id: str, path: str, line: int, notes: tuple[str, ...]) -> TokenSample:
    return TokenSample({}, {}, 0, what, notes, Quote(input_id, path, line, f"no token: {what}"))


def _no_token(text: str, input_id: str, path: str) -> TokenSample:
    bare, notes = _trimmed(text)
    for prefix, what in _FOREIGN:
        if bare.startswith(prefix):
            return _failed(what, input_id, path, 1, notes)
    if not bare:
        what = "the file is empty"
    elif len(_IN_TEXT.findall(text)) > 1:
        what = "it holds several tokens among other text"
    elif _looks_decoded(bare):
        what = "it holds decoded claims, not a token: hand in header.payload as it stands in the pod"
    elif "." not in bare:
        what = "it is not three base64url parts with dots between them"
    else:
        what = "it is not a token: its parts are not base64url JSON"
    return _failed(what, input_id, path, 1, ())


def _looks_decoded(text: str) -> bool:
    return text.startswith("{") and '"sub"' in text and '"iss"' in text
