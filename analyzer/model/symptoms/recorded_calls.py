"""Calls to AWS that CloudTrail or a pasted answer records, as symptoms and sign-ins of one chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from analyzer.engine.facts import Fact, Unknown
from analyzer.evidence.aws_records import SIGN_IN, CloudTrailEvent
from analyzer.evidence.gathered import Evidence
from analyzer.evidence.logs.classes import classify
from analyzer.evidence.origin import Source
from analyzer.evidence.records import FailedCall, Symptom
from analyzer.frozen import frozen, replace
from analyzer.model.joining.chain import Chain
from analyzer.model.joining.objects import known
from analyzer.model.symptoms.logs import stamp
from analyzer.model.symptoms.told import merge_repeats, told_symptom

_SERVICES = {"tagging": "Resource Groups Tagging API"}
_NO_WORDS = "An unknown error occurred"


def recorded_symptoms(
    chain: Chain, role: str | None, evidence: Evidence, issuer: str | None
) -> list[Symptom]:
    """Give the failures that are this chain's, repeats merged.

    A sign-in is known by the subject of its token, any other call by the role that made it (``role``,
    a name). A pasted failure counts where it names this role, or the issuer in force.
    """
    return merge_repeats(_symptoms(chain, role, evidence, issuer))


def _symptoms(chain: Chain, role: str | None, evidence: Evidence, issuer: str | None) -> Iterable[Symptom]:
    for event in evidence.of(CloudTrailEvent):
        if event.code is None or not _is_of(event, chain, role):
            continue
        service = _SERVICES.get(event.service, event.service)
        code = event.code.removeprefix("Client.")
        text = (
            f"operation error {service}: {event.event}, https response error StatusCode: 403, RequestID: -, "
            f"api error {code}: {event.message or _NO_WORDS}"
        )
        found = _symptom(chain, text, event.where, event.time)
        if found is not None:
            resource_role = event.role_arn if event.event == SIGN_IN else found.role_arn
            yield replace(found, role_arn=resource_role, caller=found.caller or event.caller)
    for call in evidence.of(FailedCall):
        if call.operation != SIGN_IN:
            continue
        text = f"An error occurred ({call.code}) when calling the {SIGN_IN} operation: {call.message}"
        found = _symptom(chain, text, call.where, None)
        named = (call.subject or "").rsplit("/", 1)[-1]
        if found and ((role and named == role) or (issuer and found.issuer == issuer)):
            yield found


def _is_of(event: CloudTrailEvent, chain: Chain, role: str | None) -> bool:
    if event.event == SIGN_IN and event.subject:
        return event.subject in chain.subjects
    return role is not None and (event.role_arn or "").rsplit("/", 1)[-1] == role


def _symptom(chain: Chain, text: str, where: Source, time: datetime | None) -> Symptom | None:
    found = classify(text)
    if found is None:
        return None
    klass = "action-denied" if found.klass == "node-role" else found.klass
    return told_symptom(chain, replace(found, klass=klass), where, time, time)


@frozen
class SignIn:
    """The last sign-in that worked: ``time`` is None where the answer does not tell it."""

    time: datetime | None
    role_arn: str | None
    provider: str | None
    audience: str | None
    subject: str
    where: Source

    @property
    def fact(self) -> Fact:
        """What the facts say of it."""
        value = {
            "time": stamp(self.time) if self.time else None,
            "role_arn": self.role_arn,
            "provider": self.provider,
            "audience": self.audience,
            "subject": self.subject,
        }
        return known(value, self.where)


def last_sign_in(chain: Chain, evidence: Evidence) -> SignIn | None:
    """Give the latest recorded sign-in of one of the chain's ServiceAccounts."""
    found = [
        SignIn(event.time, event.role_arn, event.provider, event.audience, event.subject, event.where)
        for event in evidence.of(CloudTrailEvent)
        if event.event == SIGN_IN and event.code is None and event.subject and event.subject in chain.subjects
    ]
    return max(found, key=lambda one: one.time.timestamp() if one.time else 0.0, default=None)


def requested_session(chain: Chain, evidence: Evidence) -> Fact | Unknown:
    """Give the session's length, in seconds, that the chain last asked for; null where it named none.

    Nothing but CloudTrail tells it: it stands in the consumer's code.
    """
    asked = [
        event
        for event in evidence.of(CloudTrailEvent)
        if event.event == SIGN_IN and event.time and event.subject in chain.subjects
    ]
    if not asked:
        return Unknown()
    newest = max(asked, key=lambda event: event.time.timestamp() if event.time else 0.0)
    return known(newest.duration, newest.where)
