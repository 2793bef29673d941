"""Facts about tokens that were handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from analyzer.engine.facts import Cite, Fact, Unknown
from analyzer.evidence.public_keys import spki_of_jwk
from analyzer.evidence.records import BucketHeaders, Collected, Json, KeySet, PublicKey, TokenSample, Workload
from analyzer.evidence.tokens import quote_of
from analyzer.evidence.values import dig, items, text
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.mounted_tokens import aws_tokens
from analyzer.model.joining.objects import known
from analyzer.model.symptoms.logs import stamp

BY_HAND = timedelta(minutes=10)
"""Lifetime of the tokens that are asked for: the shortest there is."""

TOLERANCE = timedelta(minutes=5)
"""Clock difference that is not held against a token."""

CLOCKS = "the clock of the machine that collected a token, and AWS's own, disagree about whether it is valid"
"""Why a token is asked for again."""

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""What AWS takes from an OIDC provider."""

_NAMES = (
    "algorithm",
    "kid",
    "issuer",
    "audiences",
    "subject",
    "expected_subjects",
    "subject_admitted",
    "contradiction",
    "subject_fault",
    "begins",
    "expires",
    "expired",
    "early",
    "audience_accepted",
    "signature",
)


def token_facts(
    token: TokenSample,
    chains: Sequence[Chain],
    client_ids: Fact | Unknown,
    keys: dict[str, bytes],
    times: Sequence[datetime],
    *,
    lacked: Sequence[Fact | Unknown] = (),
    all_requests: bool | None = None,
    own: bool | Unknown = False,
    again: Unknown,
) -> Facts:
    """Give the ``token.*`` facts; ``keys`` maps kids to SubjectPublicKeyInfo.

    ``times`` is when the token was taken, by each clock that tells; none where nothing does.

    ``lacked`` are lists of audiences that pods use and the provider does not list.
    ``all_requests`` tells whether every request of the cluster is among the chains, None where nothing does.
    ``own`` tells whether pods of the token's ServiceAccount have such tokens without a request for them.
    ``again`` is what to ask for where the clocks disagree about its validity.
    """
    where = token.where
    facts: Facts = {
        "token.name": known(where.file, where),
        "token.problem": known(token.problem, where),
        "token.notes": known(list(token.notes), where),
    }
    if token.problem is not None:
        return facts | {f"token.{name}": known(None, where) for name in _NAMES}
    claims = token.claims
    audiences = audiences_of(claims.get("aud"))
    subject = text(claims.get("sub"))
    expected = expected_subjects(subject, chains) if own is not True else []
    contradiction = _contradiction(claims, subject)
    facts |= {
        "token.algorithm": _of_header(token, "alg"),
        "token.kid": _of_header(token, "kid"),
        "token.issuer": known(text(claims.get("iss")), quote_of(token, "iss")),
        "token.audiences": known(audiences, quote_of(token, "aud")),
        "token.subject": known(subject, quote_of(token, "sub")),
        "token.expected_subjects": known(expected, derived=True),
        "token.subject_admitted": _admitted(
            subject, contradiction, chains, where, all_requests=all_requests, own=own
        ),
        "token.contradiction": known(contradiction, where),
        "token.subject_fault": known(_subject_fault(subject, expected, contradiction), where),
        "token.audience_accepted": _accepted(audiences, client_ids, lacked),
        "token.signature": known(_signature(token, keys), where),
    }
    return facts | _validity(token, times, again)


def _of_header(token: TokenSample, name: str) -> Fact | Unknown:
    return known(text(token.header.get(name)), quote_of(token, name)) if token.header else Unknown()


def collected_at(
    token: TokenSample, collected: Iterable[Collected], served: Iterable[BucketHeaders]
) -> list[datetime]:
    """Give the time at which our script collected a token: that is when its ages are judged.

    The clock of the machine that it ran on may be wrong. AWS's own stands in what the issuer's bucket
    answered the script, if that was there.
    """
    place = (token.where.input, token.where.file.rpartition("/")[0])
    at = next((m.at for m in collected if (m.where.input, m.where.file.rpartition("/")[0]) == place), None)
    if at is None:
        return []
    return [at, *(h.at for h in served if h.at and (h.input, h.file.rpartition("/")[0]) == place)]


def audiences_of(value: Json) -> list[str]:
    """Read an aud claim: a string or a list."""
    if isinstance(value, str):
        return [value]
    return [a for a in items(value) if isinstance(a, str)]


def expected_subjects(subject: str | None, chains: Sequence[Chain]) -> list[str]:
    """Give the subjects that the requests of the token's namespace admit, else those of all."""
    parts = (subject or "").split(":")
    namespace = parts[2] if len(parts) == 4 else ""
    same = [s for chain in chains if chain.namespace == namespace for s in chain.subjects]
    return sorted(same or [s for chain in chains for s in chain.subjects])


def namespace_and_name(token: TokenSample) -> tuple[str, str]:
    """Give the namespace and name of the ServiceAccount that a token is of; "" for what it does not say."""
    parts = (text(token.claims.get("sub")) or "").split(":")
    return (parts[2], parts[3]) if len(parts) == 4 else ("", "")


def signs_in_without_request(
    token: TokenSample,
    chains: Sequence[Chain],
    pods: Callable[[str, str], tuple[list[Workload], Unknown | None]],
    of_release: Callable[[str], bool],
) -> bool | Unknown:
    """Tell a token of a program whose ServiceAccount no request has to name: of a user's, or the webhook's.

    ``pods`` gives those of a namespace and ServiceAccount, and what to ask for where there may be more;
    only of a namespace that no request is for. ``of_release`` tells a namespace in which the release's own
    programs run: what signs in there a request names. Operators of OLM are in openshift-* too.
    """
    subject = (text(token.claims.get("sub")) or "").split(":")
    if subject[:2] != ["system", "serviceaccount"] or len(subject) != 4:
        return False
    if any(chain.namespace == subject[2] for chain in chains):
        return False
    found, more = pods(subject[2], subject[3])
    if any(one.service_account == subject[3] and aws_tokens(one) for one in found):
        return True
    platform = subject[2] == "default" or subject[2].startswith("kube-") or of_release(subject[2])
    return False if platform else more or False


def _admitted(
    subject: str | None,
    contradiction: str | None,
    chains: Sequence[Chain],
    where: Cite,
    *,
    all_requests: bool | None,
    own: bool | Unknown,
) -> Fact | Unknown:
    """Tell whether a request names the token's ServiceAccount; one that was not gathered may name it."""
    if contradiction is not None:
        return known(False, where)
    if subject in expected_subjects(subject, chains):
        return known(True, where)
    namespace = (subject or "").removeprefix("system:serviceaccount:").partition(":")[0]
    here = [chain for chain in chains if chain.namespace == namespace]
    if any(chain.request is not None and not chain.subjects for chain in here):
        return Unknown()  # one that names nobody is its own fault, and may be meant for this one
    if isinstance(own, Unknown):
        return own
    sure = all_requests or (any(chain.subjects for chain in here) and all_requests is None)
    return known(False, where) if sure else Unknown()


def _contradiction(claims: object, subject: str | None) -> str | None:
    namespace = text(dig(claims, "kubernetes.io", "namespace"))
    name = text(dig(claims, "kubernetes.io", "serviceaccount", "name"))
    if namespace is None or name is None:
        return None
    own = f"system:serviceaccount:{namespace}:{name}"
    return None if own == subject else f"the kubernetes.io claims name {own}"


def _subject_fault(subject: str | None, expected: list[str], contradiction: str | None) -> str | None:
    if contradiction is not None:
        return contradiction
    return None if subject in expected else f"the CredentialsRequests admit {', '.join(expected) or 'nobody'}"


def _accepted(
    audiences: list[str], client_ids: Fact | Unknown, lacked: Sequence[Fact | Unknown]
) -> Fact | Unknown:
    """Tell whether the provider lists one; null where it lacks what pods use, which is its own fault."""
    if not isinstance(client_ids, Fact):
        return client_ids
    ids = client_ids.value if isinstance(client_ids.value, list) else None
    if ids is None:
        return known(None)
    accepted = bool(set(audiences) & set(ids))
    for missing in () if accepted else lacked:
        if isinstance(missing, Unknown):
            return missing
        if isinstance(missing.value, list) and set(audiences) & set(missing.value):
            return known(None, *missing.cites)
    return Fact(accepted, client_ids.cites)


def _validity(token: TokenSample, times: Sequence[datetime], again: Unknown) -> Facts:
    """Tell whether it is valid, where all clocks agree on that."""
    claims, ends, begins = token.claims, quote_of(token, "exp"), quote_of(token, "nbf", "iat")
    expires, early = _stamp(dig(claims, "exp")), [_stamp(dig(claims, "nbf")), _stamp(dig(claims, "iat"))]
    begun = max((t for t in early if t is not None), default=None)
    facts: Facts = {
        "token.expires": known(stamp(expires) if expires else None, ends),
        "token.begins": known(stamp(begun) if begun else None, begins),
    }
    expired = {expires is not None and now - TOLERANCE > expires for now in times}
    ahead = {begun is not None and begun > now + TOLERANCE for now in times}
    unsure = again if times else Unknown()
    by_hand = ahead == {True} and _made_by_hand(claims)
    facts["token.expired"] = known(expired.pop(), ends) if len(expired) == 1 else unsure
    if by_hand or len(ahead) != 1:
        return facts | {"token.early": Unknown() if by_hand else unsure}
    return facts | {"token.early": known(ahead.pop(), begins)}


def _made_by_hand(claims: object) -> bool:
    """Tell a token as the customer is asked to make one: of ten minutes, and no pod's."""
    begun, expires = _stamp(dig(claims, "iat")), _stamp(dig(claims, "exp"))
    short = begun is not None and expires is not None and expires - begun <= BY_HAND
    return short and dig(claims, "kubernetes.io", "pod") is None


def _stamp(value: Json) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def verification_keys(key_sets: Sequence[KeySet], own: Sequence[PublicKey]) -> dict[str, bytes]:
    """Collect the keys that a signature can be checked with, by kid."""
    keys = {key.kid: key.spki for key in own}
    for key_set in key_sets:
        for jwk in key_set.keys:
            kid, spki = text(jwk.get("kid")), spki_of_jwk(jwk)
            if kid and spki:
                keys.setdefault(kid, spki)
    return keys


def _signature(token: TokenSample, keys: dict[str, bytes]) -> str | None:
    """Verify with the key of the token's own kid; the algorithm must be one that AWS takes."""
    kid, algorithm = text(token.header.get("kid")), text(token.header.get("alg"))
    spki = keys.get(kid or "")
    if not token.signature or spki is None or algorithm not in ALGORITHMS:
        return None
    # a tenth of a second to import, and most runs have no signature to check
    import jwt
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(spki)
        good = jwt.get_algorithm_by_name(algorithm).verify(token.signing_input, key, token.signature)
    except (ValueError, TypeError, jwt.PyJWTError):
        return "invalid"
    return "valid" if good else "invalid"
