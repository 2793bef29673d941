"""Sign-ins that CloudTrail recorded of other clusters' tokens: an account's trail holds those of all.

The ServiceAccounts of operators have the same names everywhere; the provider tells whose token it was.
"""

from __future__ import annotations

from analyzer.evidence.aws_records import SIGN_IN, CloudTrailEvent
from analyzer.evidence.gathered import Evidence, Problem
from analyzer.evidence.masks.shapes import is_masked
from analyzer.frozen import replace
from analyzer.model.joining.aws import provider_of, without_scheme
from analyzer.model.joining.cluster import ClusterView, value_of

_NAMED = 5
"""How many of the other issuers are named: an account may have hundreds of clusters."""


def own_calls(evidence: Evidence, view: ClusterView) -> tuple[Evidence, list[Problem]]:
    """Leave out the sign-ins with tokens of an issuer that this cluster does not have, and say so.

    Nothing is left out where no issuer is known or none is set, or where a provider is masked.
    """
    own = _issuers(view)
    if not view.issuer:
        return evidence, []
    theirs = {
        id(event): url
        for event in evidence.of(CloudTrailEvent)
        if event.event == SIGN_IN and (url := _issuer_of(event)) is not None and url not in own
    }
    gone = [record for record in evidence.loose if id(record) in theirs]
    place = next((record.where for record in gone if isinstance(record, CloudTrailEvent)), None)
    if place is None:
        return evidence, []
    names = [f"https://{url}" for url in sorted(set(theirs.values()))]  # as such --mask knows them
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    told = ", ".join(names[:_NAMED])
    detail = f"recorded sign-ins with tokens of other issuers were left out: {told}{more}"
    left = [record for record in evidence.loose if id(record) not in theirs]
    return replace(evidence, loose=left), [Problem(place.input, place.file, "other-issuer", detail, "note")]


def _issuers(view: ClusterView) -> set[str]:
    """Give the issuers, without scheme, whose tokens may be this cluster's: that of now and those trusted."""
    runtime = value_of(view.facts, "cluster.runtime_issuers")
    named = [view.issuer, value_of(view.facts, "cluster.authentication_issuer")]
    named += runtime if isinstance(runtime, list) else []
    return {without_scheme(one) for one in named if isinstance(one, str) and one}


def _issuer_of(event: CloudTrailEvent) -> str | None:
    found = provider_of(event.provider) if event.provider and not is_masked(event.provider) else None
    return found[1] if found else None
