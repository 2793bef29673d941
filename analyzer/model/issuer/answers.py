"""Which documents the issuer serves, and what the bad answers recorded for them say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from analyzer.engine.facts import Cite
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.origin import Where
from analyzer.evidence.records import DiscoveryDocument, HttpAnswer, KeySet, ProviderRecord
from analyzer.model.joining.aws import bucket_of, without_scheme
from analyzer.model.joining.cluster import Facts
from analyzer.model.joining.objects import known
from analyzer.model.joining.urls import is_red_hats
from analyzer.patterns import later

_KEYS, _JWKS = "keys.json", "openid/v1/jwks"
_NAMED_KEYS = later(r"(?:.*[^a-z])?keys(?:[^a-z]|$)")
"""A file that is named after keys.json, for which its answer then is."""

D = TypeVar("D", DiscoveryDocument, KeySet)


def in_force(evidence: Evidence, kind: type[D]) -> list[D]:
    """Give the documents that the issuer may have served, without those that ccoctl only planned.

    A dry run leaves them beside its input for creating the provider, whatever their names are now.
    """
    folders = {
        _folder(record.where)
        for record in evidence.of(ProviderRecord)
        if record.planned and record.client_ids and (record.url or "").startswith("https://")
    }
    found: list[D] = [document for document in evidence.of(kind) if not document.planned]
    beside = [document for document in found if _folder(document.where) in folders]
    return [d for d in found if d not in beside] if len(beside) == 1 else found


def _folder(where: Where) -> tuple[str, str]:
    return where.input, where.file.rpartition("/")[0]


def assign_targets(evidence: Evidence, documents: Sequence[DiscoveryDocument]) -> dict[str, list[HttpAnswer]]:
    """Sort bad answers by the document that was asked for.

    One that does not tell is about the document of which no good copy was handed in, if there is
    just one such.
    """
    sorted_answers: dict[str, list[HttpAnswer]] = {"discovery": [], "jwks": []}
    nameless = []
    for answer in evidence.of(HttpAnswer):
        if answer.target is None:
            nameless.append(answer)
        else:
            sorted_answers[answer.target].append(answer)
    have_jwks = bool(in_force(evidence, KeySet))
    if documents and not have_jwks:
        sorted_answers["jwks"] += nameless
    elif have_jwks and not documents:
        sorted_answers["discovery"] += nameless
    return sorted_answers


def of_key_set(answers: Sequence[HttpAnswer], issuer: str, uri: str | None) -> list[HttpAnswer]:
    """Leave out the answers for keys.json where the issuer's keys are not there, or need not be.

    ``uri`` is what the discovery document says, None where that is not known. HyperShift publishes its keys
    under another name, and S3 says 403 to whoever asks for what is not there. So may whoever has an issuer
    on a host of his own: without the document they are known to be there where ccoctl or rosa put them.
    """
    if uri.endswith(_KEYS) if uri else writes_keys_json(issuer):
        return list(answers)
    return [a for a in answers if not (a.url.endswith(_KEYS) if a.url else _NAMED_KEYS.match(_name(a)))]


def writes_keys_json(issuer: str) -> bool:
    """Tell an issuer of the form that ccoctl or rosa makes, which publish their keys as keys.json.

    ccoctl's has no path: it is a bucket's own host, or a distribution of CloudFront before one.
    """
    host, _, path = without_scheme(issuer).partition("/")
    of_ccoctl = not path and (bucket_of(issuer) is not None or host.endswith(".cloudfront.net"))
    return of_ccoctl or is_red_hats(issuer)


def usual_key_set(issuer: str, hosted: bool | None = None) -> str:
    """Give where the keys of an issuer are by the custom of what publishes them.

    ccoctl and rosa write keys.json; HyperShift, whose issuers have a path each, what kube-apiserver has
    (openshift/hypershift, support for OIDC documents).
    """
    of_hypershift = hosted is not False and "/" in without_scheme(issuer) and not is_red_hats(issuer)
    return f"{issuer}/{_JWKS if of_hypershift else _KEYS}"


def _name(answer: HttpAnswer) -> str:
    return answer.where.file.rpartition("/")[2].lower()


def _describe(answers: Sequence[HttpAnswer]) -> str | None:
    status = next((a.status for a in answers if a.status is not None), None)
    error = next((a.error for a in answers if a.error), None)
    words = [str(status)] if status is not None and str(status) not in (error or "") else []
    words += [error] if error else []
    return " ".join(words) or None


def bad_answer_facts(prefix: str, answers: Sequence[HttpAnswer]) -> Facts:
    """Give the facts on a document that was answered badly: not JSON, and the error as a phrase."""
    cites: list[Cite] = [a.where for a in answers]
    failed = [a for a in answers if a.error or (a.status is not None and not 200 <= a.status < 300)]
    return {
        f"{prefix}.answered": known(False, *cites),
        f"{prefix}.error": known(_describe(failed), *cites),
        f"{prefix}.is_json": known(False, *cites),
    }
