"""``sts-doctor inspect``: single objects, without any bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.guard import guarded, show, show_json, show_lines
from analyzer.cli.output import standard_input
from analyzer.errors import UsageProblem

app = typer.Typer(
    help="Look at single objects: a policy, a trust policy, a token, keys.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

LINE_LIMIT = 16 << 20
"""Bytes of one line of JSON lines."""

Lines = Annotated[
    str | None,
    typer.Argument(
        metavar="LINES", help="A file of JSON lines; - reads stdin. docs/inspect.md names their keys."
    ),
]
_LONGEST = 64 << 20
_YEAR_9999 = 253_370_764_800
"""Seconds since 1970 beyond which a time has no four digits of a year."""

_Places = tuple[tuple[str, ...], ...]
_TRUST: _Places = (("Role", "AssumeRolePolicyDocument"), ("AssumeRolePolicyDocument",))
_POLICY: _Places = (("PolicyVersion", "Document"), ("PolicyDocument",), ("Document",))
"""Where answers of AWS hold a policy document."""

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files; - reads stdin.")]
Json = Annotated[bool, typer.Option("--json", help="Print the decision as JSON.")]


@app.command("policy")
@guarded
def policy(
    lines: Lines = None,
    policies: Annotated[
        list[Path] | None,
        typer.Option("--policy", help="An identity policy, or an export that holds one. Repeatable."),
    ] = None,
    boundary: Annotated[
        list[Path] | None, typer.Option(help="A permissions boundary. Repeatable.", metavar="FILE")
    ] = None,
    scp: Annotated[
        list[Path] | None,
        typer.Option(help="A service control policy; each is a level. Repeatable.", metavar="FILE"),
    ] = None,
    action: Annotated[str, typer.Option(help="The action that is asked for.", metavar="SERVICE:ACTION")] = "",
    resource: Annotated[str, typer.Option(help="The ARN that it is asked for.", metavar="ARN")] = "*",
    context: Annotated[
        list[str] | None, typer.Option(help="A condition key. Repeatable.", metavar="KEY=VALUE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Decide whether a request is allowed: one with options, or many as JSON lines.

    Exit code of a single decision: 0 allowed, 1 denied, 4 not known.
    """
    from analyzer.iam.lines import evaluate_policy_line

    if lines is not None:
        _refuse_both(bool(policies or boundary or scp or action or context) or resource != "*")
        return _each_line(lines, evaluate_policy_line)
    if not policies or not action:
        raise UsageProblem("no request", do="Give --policy FILE --action SERVICE:ACTION, or JSON lines")
    if not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9]+", action):
        raise UsageProblem(f"--action {action!r} is no action", do="Write one as s3:GetObject")
    line: dict[str, object] = {
        "request": {"action": action, "resource": resource, "context": _context(context or [])},
        "identityPolicies": [_policy_of(p) for p in policies],
    }
    if boundary:
        line["permissionBoundaries"] = [_policy_of(p) for p in boundary]
    if scp:
        line["serviceControlPolicies"] = [[_policy_of(p)] for p in scp]
    decision = evaluate_policy_line(line)
    _show(decision, f"{decision['decision']}: {action} on {resource}", as_json=as_json)
    return {"Allowed": 0, "Unknown": 4}.get(str(decision["decision"]), 1)


@app.command("trust")
@guarded
def trust(
    lines: Lines = None,
    document: Annotated[
        Path | None, typer.Option("--policy", help="A trust policy, or a get-role answer that holds one.")
    ] = None,
    issuer: Annotated[str, typer.Option(help="The issuer of the token.", metavar="URL")] = "",
    provider: Annotated[
        str | None, typer.Option(help="The ARN of the IAM OIDC provider, where known.", metavar="ARN")
    ] = None,
    sub: Annotated[str | None, typer.Option(help="The subject of the token.", metavar="SUBJECT")] = None,
    aud: Annotated[
        list[str] | None, typer.Option(help="An audience of the token. Repeatable.", metavar="AUDIENCE")
    ] = None,
    as_json: Json = False,
) -> int:
    """Decide whether a token may assume a role: one with options, or many as JSON lines.

    Exit code of a single decision: 0 allowed, 1 denied, 4 not known.
    """
    from analyzer.iam.lines import evaluate_trust_line

    if lines is not None:
        _refuse_both(bool(document or issuer or provider or sub or aud))
        return _each_line(lines, evaluate_trust_line)
    if document is None or not (issuer or provider):
        raise UsageProblem("no token", do="Give --policy FILE --issuer URL --sub SUBJECT, or JSON lines")
    claims = {"iss": issuer or None, "sub": sub, "aud": aud or None}
    given = {key: value for key, value in claims.items() if value is not None}
    decision = evaluate_trust_line(
        {"trustPolicy": _trust_of(document), "providerArn": provider, "claims": given}
    )
    word = {True: "Allowed", False: "Denied", None: "Unknown"}[decision["allowed"]]
    _show(
        decision, f"{word}: sts:AssumeRoleWithWebIdentity for {sub or 'a token without sub'}", as_json=as_json
    )
    return {True: 0, False: 1, None: 4}[decision["allowed"]]


@app.command("token")
@guarded
def token(files: Files) -> int:
    """Show a token's header and claims; its signature is never shown, and nothing is verified."""
    from analyzer.evidence.loose.sniff import read_loose
    from analyzer.evidence.records import TokenSample

    found = 0
    for path in files:
        for record in read_loose("i1", path.name, _bytes(path)).records:
            if not isinstance(record, TokenSample):
                continue
            found += 1
            shown = {
                "file": path.name, "problem": record.problem, "notes": list(record.notes),
                "header": record.header, "claims": record.claims, "times": _times(record.claims),
                "signature": bool(record.signature),
            }  # fmt: skip
            show_json(shown)
    if not found:
        raise UsageProblem("no token found", do="A token is three, or without signature two, base64url parts")
    return 0


def _times(claims: Mapping[str, object]) -> dict[str, str]:
    """Write the times that a token claims as people read them, in UTC."""
    named = ((name, claims.get(name)) for name in ("iat", "nbf", "exp"))
    return {
        name: datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, value in named
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _YEAR_9999
    }


@app.command("keys")
@guarded
def keys(files: Files) -> int:
    """Show the key ids of public keys, key sets and ConfigMaps, as Kubernetes computes them."""
    from tabulate import tabulate

    rows = [row for path in files for row in _key_rows(path)]
    if not rows:
        raise UsageProblem("no key found", do="Pass PEM files, key sets or ConfigMaps with public keys")
    show_lines(tabulate(rows, headers=("file", "where", "kid", "computed kid", "remark"), tablefmt="simple"))
    return 0


def _key_rows(path: Path) -> Iterable[tuple[str, str, str, str, str]]:
    from analyzer.evidence.loose.sniff import read_loose
    from analyzer.evidence.public_keys import jwk_problem, kid_of_jwk, read_pem
    from analyzer.evidence.records import K8sObject, KeySet, PublicKey
    from analyzer.evidence.values import dig, strings, text

    for record in read_loose("i1", path.name, _bytes(path)).records:
        if isinstance(record, PublicKey):
            yield path.name, record.name, "", record.kid, f"{record.bits} bits" if record.bits else ""
        elif isinstance(record, KeySet):
            for number, jwk in enumerate(record.keys, 1):
                stated, computed = text(jwk.get("kid")) or "", kid_of_jwk(jwk) or ""
                other = "" if stated == computed or not computed else "the kid is not the computed one"
                yield path.name, f"key {number}", stated, computed, jwk_problem(jwk) or other
        elif isinstance(record, K8sObject):
            for name, pem in strings(dig(record.value, "data")).items():
                for key in read_pem("i1", name, pem.encode())[0]:
                    place = f"{record.namespace}/{record.name}: {name}".lstrip("/")
                    yield path.name, place, "", key.kid, f"{key.bits} bits" if key.bits else ""


def _show(decision: Mapping[str, object], headline: str, *, as_json: bool) -> None:
    if as_json:
        show_json({k: v for k, v in decision.items() if k != "id"})
        return
    show(headline)
    because = decision.get("because")
    for reason in because if isinstance(because, list) else []:
        show(f"  {reason}")
    for name in ("problem", "path", "expected", "found"):
        if decision.get(name):
            show(f"  {name + ':':10} {decision[name]}")
    difference = decision.get("difference")
    if isinstance(difference, Mapping):
        difference = difference.get("sentence")
    if difference:
        show(f"  {'differs:':10} {difference}")


def _context(pairs: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise UsageProblem(f"--context {pair!r} is not KEY=VALUE")
        before = found.get(key)
        if isinstance(before, list):
            before.append(value)
        else:
            found[key] = value if before is None else [before, value]
    return found


def _policy_of(path: Path) -> object:
    return _document(path, _POLICY, _TRUST, "a trust policy: inspect trust decides about one")


def _trust_of(path: Path) -> object:
    return _document(path, _TRUST, _POLICY, "no trust policy: inspect policy decides about what it holds")


def _document(path: Path, wanted: _Places, other: _Places, what: str) -> object:
    """Give the policy document of a file: itself, or the first that an AWS answer holds.

    Raises UsageProblem, saying what the file holds, where that is a document of the other kind.
    """
    raw = _bytes(path)
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
    inner = _within(value, wanted)
    if inner is not None:
        return inner
    if _within(value, other) is not None:
        raise UsageProblem(f"{path} holds {what}")
    # the text, not the parsed value: the parser must see keys that are named twice
    return raw.decode("utf-8", "replace")


def _within(value: object, places: _Places) -> object:
    for keys in places:
        inner = value
        for key in keys:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if inner is not None:
            return inner
    return None


def _bytes(path: Path) -> bytes:
    """Read a file, or stdin for ``-``."""
    try:
        if str(path) == "-":
            return standard_input().read(_LONGEST)
        with path.open("rb") as file:
            return file.read(_LONGEST)
    except OSError as error:
        raise UsageProblem(f"cannot read {path}: {error.strerror}") from None


def _refuse_both(given: bool) -> None:
    if given:
        raise UsageProblem(
            "a request in options and JSON lines", do="Give one of them: each line holds its own request"
        )


def _each_line(source: str, decide: Callable[[object], dict[str, object]]) -> int:
    for line in _lines(source):
        if line is not None and not line.strip("\ufeff \t\r\n"):
            continue
        try:
            answer = decide(_parsed(line))
        except ValueError as error:
            # one bad line must not cost the answers to the others
            answer = {**decide(None), "because": [str(error)]}
        show_json(answer, indent=None)
    return 0


def _parsed(line: str | None) -> object:
    """Read one line; raises ValueError with what is wrong with it."""
    from analyzer.iam.document import read_json

    if line is None:
        raise ValueError(f"the line is longer than {LINE_LIMIT >> 20} MiB")
    try:
        # PowerShell writes a mark before what it pipes
        return read_json(line.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("not JSON: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _lines(source: str) -> Iterator[str | None]:
    """Give the lines of a file or of stdin, in UTF-8 whatever the locale; for one that is too long, None."""
    try:
        with nullcontext(standard_input()) if source == "-" else Path(source).open("rb") as file:
            while line := file.readline(LINE_LIMIT):
                whole = len(line) < LINE_LIMIT or line.endswith(b"\n")
                yield line.decode("utf-8", "replace") if whole else None
                while line and not line.endswith(b"\n"):
                    line = file.readline(LINE_LIMIT)
    except OSError as error:
        raise UsageProblem(f"cannot read {source}: {error.strerror}") from None
