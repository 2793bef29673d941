"""Secrets of every kind, places to put them, and the search for any byte of them."""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

_RNG = random.Random("canaries")
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_WINDOW = 10
"""Characters of a secret in a row that count as a leak: no text of ours holds so many by chance."""


_RUNS = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def _made(length: int, alphabet: str = _ALNUM) -> str:
    return "".join(_RNG.choice(alphabet) for _ in range(length))


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SIGNATURE = _made(342, _ALNUM + "-_")
KEY_ID = _made(12, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
SECRET_KEY = _made(38) + "/+"
SESSION = "IQoJb3JpZ2luX2Vj" + _made(300, _ALNUM + "/+") + "=="
PEM = _made(128, _ALNUM + "/+")
URL_PASSWORD = _made(14) + "!" + _made(6)
PULL_PASSWORD = _made(24)
BEARER = _made(43, _ALNUM + "-_")
BASIC_PASSWORD = _made(20)
OAUTH = _made(43, _ALNUM + "-_")
PLAIN_PASSWORD = _made(23)

VALUES = {
    "signature": SIGNATURE, "key id": KEY_ID, "secret key": SECRET_KEY, "session": SESSION, "pem": PEM,
    "url": URL_PASSWORD, "pull": PULL_PASSWORD, "bearer": BEARER, "basic": BASIC_PASSWORD, "oauth": OAUTH,
    "password": PLAIN_PASSWORD,
}  # fmt: skip

TOKEN = f"eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.{SIGNATURE}"
PRIVATE_KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{PEM[:64]}\n{PEM[64:]}\n-----END RSA PRIVATE KEY-----\n"
PULL_SECRET = json.dumps({"auths": {"quay.io": {"auth": _b64(f"bot:{PULL_PASSWORD}"), "email": "a@b"}}})

PHRASES = {
    "token": TOKEN,
    "key id": f"AKIAABCD{KEY_ID}",
    "temporary id": f"ASIAABCD{KEY_ID}",
    "secret key": f"aws_secret_access_key = {SECRET_KEY}",
    "secret key of JSON": f'{{"SecretAccessKey": "{SECRET_KEY}", "SessionToken": "{SESSION}"}}',
    "environment": f"AWS_SECRET_ACCESS_KEY={SECRET_KEY} AWS_SESSION_TOKEN={SESSION}",
    "pair": f"AKIAABCD{KEY_ID},{SECRET_KEY}",
    "pem": PRIVATE_KEY,
    "proxy": f"http://user:{URL_PASSWORD}@proxy.example.com:3128",
    "pull secret": PULL_SECRET,
    "bearer": f"Authorization: Bearer {BEARER}",
    "Go's header": f"Authorization:[Bearer {BEARER}]",
    "basic": f"Proxy-Authorization: Basic {_b64('u:' + BASIC_PASSWORD)}",
    "oauth": f"token sha256~{OAUTH}",
    "password": f"password: {PLAIN_PASSWORD}",
    "flag": f"curl -u admin:{PLAIN_PASSWORD} --proxy-user x:{PLAIN_PASSWORD}",
}


def dressed(phrase: str) -> Iterator[str]:
    """Give a phrase in the encodings in which it may lie in an input."""
    yield phrase
    yield _b64(phrase)
    yield base64.urlsafe_b64encode(phrase.encode()).decode().rstrip("=")
    yield quote(phrase, safe="")
    yield phrase.encode().hex()
    yield _b64(_b64(phrase))


def leaks(output: bytes | str, layers: int = 2) -> list[str]:
    """Name the secrets of which a text holds ten characters in a row: plain, base64, URL- or hex-encoded."""
    text = output.decode("utf-8", "replace") if isinstance(output, bytes) else output
    seen = {text, unquote(text)}
    for _ in range(layers):
        seen |= {decoded for one in seen for run in _RUNS.findall(one) for decoded in _decodings(run)}
    whole = "\n".join(seen)
    return [name for name, value in VALUES.items() if any(part in whole for part in _windows(value))]


def _windows(value: str) -> Iterator[str]:
    for at in range(len(value) - _WINDOW + 1):
        yield value[at : at + _WINDOW]


def _decodings(run: str) -> Iterator[str]:
    plain = run.rstrip("=").translate({45: 43, 95: 47})
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        yield base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", run):
        yield bytes.fromhex(run).decode("latin-1")


def scattered(files: Mapping[str, bytes], seed: int, share: float = 0.1) -> dict[str, bytes]:
    """Give the files with a secret behind many of their values, in every log line, and in some names."""
    rng = random.Random(seed)
    spoken = [form for phrase in PHRASES.values() for form in dressed(phrase)]
    found: dict[str, bytes] = {}
    for path, data in files.items():
        if path.endswith((".yaml", ".json", ".log")):
            lines = data.decode().split("\n")
            how = _in_json if path.endswith(".json") else _in_yaml if path.endswith(".yaml") else _in_log
            data = "\n".join(how(line, rng.choice(spoken)) if rng.random() < _odds(path, share) else line
                             for line in lines).encode()  # fmt: skip
        found[_renamed(path, rng)] = data
    return found


def _odds(path: str, share: float) -> float:
    return 1.0 if path.endswith(".log") else share


def _in_log(line: str, phrase: str) -> str:
    return f"{line} {phrase}".replace("\n", "\\n") if line else line


def _in_yaml(line: str, phrase: str) -> str:
    found = re.fullmatch(r"(\s*(?:- )?[\w./-]+: )([\w:/.-]+)", line)
    return f"{found[1]}{json.dumps(found[2] + ' ' + phrase)}" if found else line


def _in_json(line: str, phrase: str) -> str:
    found = re.fullmatch(r'(.*": ")([^"\\]*)(",?)', line)
    return f"{found[1]}{found[2]} {json.dumps(phrase)[1:-1]}{found[3]}" if found else line


def _renamed(path: str, rng: random.Random) -> str:
    if path.startswith("exports/") and rng.random() < 0.1:
        folder, _, name = path.rpartition("/")
        secrets = [f"x_{TOKEN[:140]}", f"AKIAABCD{KEY_ID}", f"password={PLAIN_PASSWORD}", f"sha256~{OAUTH}"]
        return f"{folder}/{rng.choice(secrets)}.{name}"
    return path
